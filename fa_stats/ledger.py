"""The ledger: one line for each run and each day without one, each chained to the line before, never rewritten.

After every entry a checkpoint is written beside it, signed where there is a key, so that a ledger that was cut shows.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any

from fa_stats import files, signing
from fa_stats.clock import Clock
from fa_stats.errors import StorageError
from fa_stats.settings import Settings
from fa_stats.signing import Signer

_FIRST = "0" * 64
NO_RUN = "no run was started on this day: the machine was asleep or off, or the scheduler did not call"
WITH_PAYLOAD = ("run", "recovered")
WITHOUT_PAYLOAD = ("off", "failed")
_OLD = {*WITH_PAYLOAD, *WITHOUT_PAYLOAD}  # all that versions up to 0.2.0 wrote, without checkpoints
_RUNS = (*WITH_PAYLOAD, *WITHOUT_PAYLOAD, "no run")


def path_of(data: Path) -> Path:
    """Where the ledger is."""
    return data / "ledger.jsonl"


def checkpoints_of(data: Path) -> Path:
    """Where the ledger's checkpoints are."""
    return data / "checkpoints.jsonl"


def enter(settings: Settings, clock: Clock, *, day: date, event: str, **details: Any) -> None:
    """Add one entry, dated now, and its checkpoint, and flush both to the disk.

    Raises StorageError, and then leaves the ledger as it was, and SettingsError for a signing key that cannot be used.
    """
    _enter(settings, clock, [{"day": day.isoformat(), "event": event, **details}])


def enter_missing(settings: Settings, clock: Clock) -> None:
    """Add a `no run` entry for each day that has gone by without a run; a second call adds nothing.

    To be called by the run that holds the lock, once it has seen through what others left. Raises as `enter` does.
    """
    missing = missing_days(settings, clock.now().date())
    if missing or settings.signing.key:  # a key that cannot be used is better said now than after the collection
        _enter(settings, clock, [{"day": day.isoformat(), "event": "no run", "reason": NO_RUN} for day in missing])


def missing_days(settings: Settings, today: date) -> list[date]:
    """Return the days from that of the first entry's writing to yesterday that have neither an entry nor a record."""
    kept = list(entries(settings.data))
    about = {entry.get("day") for entry in kept if entry.get("event") in _RUNS}
    try:
        first = date.fromisoformat(kept[0]["at"][:10])
    except (IndexError, KeyError, TypeError, ValueError):
        return []
    days = (first + timedelta(number) for number in range((today - first).days))
    absent = [day for day in days if day.isoformat() not in about]
    return [day for day in absent if not any(settings.reports.glob(f"{day}/*/run.json"))]


def entries(data: Path) -> Iterator[dict[str, Any]]:
    """Every entry that can be read, oldest first; a line that a crash cut short is passed over."""
    try:
        lines = path_of(data).read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        if entry := _parsed(line):
            yield entry


def has(data: Path, day: date, run: str, events: Sequence[str]) -> bool:
    """Whether there is an entry of one of these kinds about a run of a day."""
    about = (entry for entry in entries(data) if (entry.get("day"), entry.get("run")) == (day.isoformat(), run))
    return any(entry.get("event") in events for entry in about)


def _enter(settings: Settings, clock: Clock, asked: Sequence[Mapping[str, Any]]) -> None:
    """Add entries under one lock and one checkpoint; a `key` entry comes first where the key is a new one.

    `previous` is the SHA-256 of the line before, as it stands, so that no line can be changed or taken out unnoticed.
    """
    signer = signing.signer(settings)
    with _opened(path_of(settings.data)) as ledger, _opened(checkpoints_of(settings.data)) as checkpoints:
        now = clock.now()  # under the lock, else the one who waited for it would seem to have set the clock back
        lines = _lines(ledger)
        covered, by = _newest(_lines(checkpoints))
        vouched = _vouched(lines, _lines(checkpoints))
        # After a crash in between; in a ledger of an older version; or the key was not at hand, or is a new one.
        if lines and vouched and (covered != len(lines) or (signer and signer.public != by)):
            _check_in(checkpoints, lines, now, signer)
        if signer and signer.public != _last_key(lines):
            key = {"day": now.date().isoformat(), "event": "key", "public": signer.public}
            lines = _grow(ledger, checkpoints if vouched else None, lines, [key], now, signer)
        if asked:
            _grow(ledger, checkpoints if vouched else None, lines, asked, now, signer)


def _vouched(lines: Sequence[bytes], checkpoints: Sequence[bytes]) -> bool:
    """Whether the ledger is the one that was checked in last, but for what a crash leaves.

    One that is not gets no checkpoint any more: the next entry is not to vouch for what somebody put there.
    """
    newest = next((found for each in reversed(checkpoints) if (found := _parsed(each))), None)
    if newest is None:
        kept = [found for line in lines if (found := _parsed(line))]
        return all(each.get("event") in _OLD and "definitions" not in each for each in kept)
    covered = newest.get("entries")
    if not isinstance(covered, int) or not 0 < covered <= len(lines):
        return False
    rest = [(_parsed(line) or {}).get("event") for line in lines[covered:]]
    return _digest_of_last(lines[:covered]) == newest.get("head") and (len(rest) <= 1 or {*rest} == {"no run"})


def _grow(
    ledger: FileIO,
    checkpoints: FileIO | None,
    lines: list[bytes],
    asked: Sequence[Mapping[str, Any]],
    now: datetime,
    signer: Signer | None,
) -> list[bytes]:
    """Write entries and their checkpoint: both, or none where the disk does not take the second."""
    end = ledger.seek(0, os.SEEK_END)
    grown = list(lines)
    for entry in asked:
        grown.append(_line(entry, grown, now))
    _append(ledger, grown[len(lines) :])
    try:
        if checkpoints:
            _check_in(checkpoints, grown, now, signer)
    except StorageError:
        ledger.truncate(end)
        raise
    return grown


def _line(entry: Mapping[str, Any], lines: Sequence[bytes], now: datetime) -> bytes:
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    before = next((found["at"] for each in reversed(lines) if (found := _parsed(each)) and "at" in found), at)
    back = {"clock_set_back": True} if isinstance(before, str) and at < before else {}
    line = {"entry": len(lines) + 1, "at": at, **entry, **back, "previous": _digest_of_last(lines)}
    return json.dumps(line, ensure_ascii=False).encode()


def _check_in(checkpoints: FileIO, lines: Sequence[bytes], now: datetime, signer: Signer | None) -> None:
    """Write a checkpoint: how many lines the ledger has, and the digest of the last one."""
    checkpoint: dict[str, Any] = {
        "entries": len(lines),
        "head": _digest_of_last(lines),
        "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "previous": _digest_of_last(_lines(checkpoints)),
        "public": signer.public if signer else None,
    }
    checkpoint["signature"] = signer.sign(json.dumps(checkpoint).encode()).hex() if signer else None
    checkpoint["sha256"] = hashlib.sha256(json.dumps(checkpoint).encode()).hexdigest()
    _append(checkpoints, [json.dumps(checkpoint).encode()])


def _newest(checkpoints: Sequence[bytes]) -> tuple[Any, Any]:
    """Return how many lines the newest whole checkpoint covers, and the key that signed it."""
    found = next((each for line in reversed(checkpoints) if (each := _parsed(line))), {})
    return found.get("entries"), found.get("public")


def _last_key(lines: Sequence[bytes]) -> Any:
    marked = (line for line in reversed(lines) if b'"event": "key"' in line)
    return next((found.get("public") for line in marked if (found := _parsed(line))), None)


def _parsed(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):
        found = json.loads(line)
        return found if isinstance(found, dict) else None
    return None


def _digest_of_last(lines: Sequence[bytes]) -> str:
    return hashlib.sha256(lines[-1]).hexdigest() if lines else _FIRST


@contextmanager
def _opened(path: Path) -> Iterator[FileIO]:
    """Open a file to append to, locked for a moment; apart from the lock of runs. Raises StorageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
    except OSError as error:
        raise files.refused(path, error) from error


def _lines(handle: FileIO) -> list[bytes]:
    handle.seek(0)
    lines = handle.readall().split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _append(handle: FileIO, lines: Sequence[bytes]) -> None:
    """Write lines whole or not at all: a full disk takes a part of them without a word. Raises StorageError."""
    end = handle.seek(0, os.SEEK_END)
    handle.seek(max(end - 1, 0))
    # A line that a crash cut short stays as it is; the next begins on a line of its own.
    left = (b"" if handle.read(1) in (b"", b"\n") else b"\n") + b"".join(line + b"\n" for line in lines)
    try:
        while left:
            left = left[handle.write(left) :]
        os.fsync(handle.fileno())
    except OSError as error:
        handle.truncate(end)
        raise files.refused(Path(handle.name), error) from error
