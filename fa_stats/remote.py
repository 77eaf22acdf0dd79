"""The remote policy document: fetched with care, kept, and never able to do more than switch stats off.

It is JSON: {"switched_off": [{"stat": "...", "by": "...", "on": "2026-11-23", "why": "...", "until": "2026-12-31"}]}.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from fa_stats import catalogue, files, policy, strict
from fa_stats.catalogue import Payload
from fa_stats.clock import Clock
from fa_stats.policy import Policy, PolicyRecord, State
from fa_stats.settings import Settings, SwitchedOff

SECONDS = 10.0
MOST = 1_000_000  # bytes
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_LONGEST = 300  # characters of what is said of mistakes, and of one of a document's texts


class RefusedError(Exception):
    """A document is no policy; the message ends a sentence that begins with its name."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of the remote document: how it was had, and its entries, those out of force included."""

    state: State
    entries: tuple[SwitchedOff, ...] = ()
    sha256: str | None = None
    fetched: datetime | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Copy:
    """The copy that is kept."""

    entries: tuple[SwitchedOff, ...]
    sha256: str
    fetched: datetime
    etag: str | None
    last_modified: str | None


@dataclass
class Asking:
    """Asks for the policy when the collector comes to it, and remembers the answer for the snapshot.

    With `keep` false nothing is written; a copy that is at hand is used all the same.
    """

    settings: Settings
    day: date
    clock: Clock
    keep: bool = True
    answer: Policy = policy.NONE

    def __call__(self, fetch: bool) -> Policy:
        """Return the policy of the day; without `fetch`, no request is made. Raises StorageError."""
        document = ask(self.settings, self.clock, fetch=fetch, keep=self.keep)
        known = {stat.name for stat in catalogue.load() if stat.payload is not Payload.CONTEXT}
        problems = [document.problem, _passed_over(entry.stat for entry in document.entries if entry.stat not in known)]
        record = PolicyRecord(
            state=document.state,
            sha256=document.sha256,
            fetched=document.fetched,
            problem=" ".join(filter(None, problems)) or None,
            follows_active_list=self.settings.policy.follow_active_list,
        )
        entries = [entry for entry in document.entries if entry.stat in known]
        self.answer = Policy(record, policy.disabled(entries, self.day, where="in the policy document"))
        return self.answer

    def record(self, active_list: tuple[str, ...] | None) -> PolicyRecord:
        """Return what a snapshot keeps, once the collection has the vendor's list of active stats or has none."""
        return policy.recorded(self.answer.record, catalogue.load(), active_list)


def _passed_over(names: Iterable[str]) -> str | None:
    unknown = sorted(set(names))
    said = "The policy document names what is no stat here, which is passed over"
    return f"{said}: {_short(', '.join(unknown))}." if unknown else None


def ask(settings: Settings, clock: Clock, *, fetch: bool, keep: bool) -> Document:
    """Return the remote document that the settings name: fetched now, else the copy at hand. Raises StorageError.

    Where it cannot be had, or is no policy, the copy holds as long as the settings let it. After that it goes on to
    switch off what it switched off, and the state says that it is too old.
    """
    if not settings.policy.url:
        return Document(State.UNSET)
    kept = _kept(settings)
    if not fetch:
        return _standing_in(settings, clock, kept, "was not asked for, since collection is off")
    try:
        copy, content = _fetched(settings, kept, clock.now())
    except RefusedError as error:
        return _standing_in(settings, clock, kept, str(error))
    if keep:
        _keep(settings, copy, content)
    return Document(State.CURRENT, copy.entries, copy.sha256, copy.fetched)


def _fetched(settings: Settings, kept: _Copy | None, now: datetime) -> tuple[_Copy, bytes | None]:
    """Ask for the document; its bytes are None where the copy is what it still is. Raises RefusedError."""
    from fa_stats.download import NotHadError, download  # slow to import, and few have such a document

    try:
        answer = download(
            settings.policy.url,
            etag=kept.etag if kept else None,
            last_modified=kept.last_modified if kept else None,
            ca=settings.path(settings.sending.ca),
            seconds=SECONDS,
            most=MOST,
        )
    except NotHadError as error:
        raise RefusedError(str(error)) from None
    if answer:
        sha256 = hashlib.sha256(answer.content).hexdigest()
        return _Copy(read(answer.content), sha256, now, answer.etag, answer.last_modified), answer.content
    if kept is None:
        raise RefusedError("could not be fetched: the server says that it has not changed, but there is no copy")
    return replace(kept, fetched=now), None


def _standing_in(settings: Settings, clock: Clock, kept: _Copy | None, why: str) -> Document:
    """Return the copy in place of the document that could not be had."""
    said = f"The policy document {why}."
    if kept is None:
        return Document(State.ABSENT, problem=f"{said} There is no copy of it.")
    young = timedelta(0) <= clock.now() - kept.fetched <= timedelta(days=settings.policy.days)
    state = State.KEPT if young else State.EXPIRED
    said += f" The copy of {kept.fetched:%Y-%m-%dT%H:%M:%SZ} stands in for it"
    said += "." if young else f", but is older than `days` in [policy] allows ({settings.policy.days:g})."
    return Document(state, kept.entries, kept.sha256, kept.fetched, said)


def _cache(settings: Settings) -> Path:
    return settings.data / "policies" / "cache.json"


def path_of(data: Path, sha256: str) -> Path:
    """Where a policy document is kept, as it was received."""
    return data / "policies" / f"{sha256}.json"


def _of_url(settings: Settings) -> str:
    return hashlib.sha256(settings.policy.url.encode()).hexdigest()


def _keep(settings: Settings, copy: _Copy, content: bytes | None) -> None:
    if content is not None and not path_of(settings.data, copy.sha256).is_file():
        files.write(path_of(settings.data, copy.sha256), content)
    held = {
        "url_sha256": _of_url(settings),  # another address does not get this copy
        "sha256": copy.sha256,
        "fetched": copy.fetched.isoformat(),
        "etag": copy.etag,
        "last_modified": copy.last_modified,
    }
    files.write(_cache(settings), json.dumps(held, indent=2).encode() + b"\n")


def _kept(settings: Settings) -> _Copy | None:
    """Return the copy at hand; None where there is none, or none that is whole and of this address."""
    with suppress(OSError, ValueError, KeyError, TypeError, RefusedError):
        held = json.loads(_cache(settings).read_bytes())
        content = path_of(settings.data, held["sha256"]).read_bytes()
        fetched = datetime.fromisoformat(held["fetched"])
        whole = hashlib.sha256(content).hexdigest() == held["sha256"] and fetched.tzinfo is not None
        if whole and held["url_sha256"] == _of_url(settings):
            etag, last_modified = _validator(held["etag"]), _validator(held["last_modified"])
            return _Copy(read(content), held["sha256"], fetched, etag, last_modified)
    return None


def _validator(text: Any) -> str | None:
    """Return what may be put into the header of a request."""
    good = isinstance(text, str) and len(text) <= _LONGEST and text.isascii() and text.isprintable()
    return text.strip() if good else None


def read(content: bytes) -> tuple[SwitchedOff, ...]:
    """Return the entries of a policy document; raises RefusedError, which names every mistake in it."""
    try:
        table = json.loads(content.decode(), object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        raise RefusedError("was refused: it is not valid JSON in UTF-8") from None
    if not isinstance(table, dict) or not isinstance(table.get("switched_off"), list):
        raise RefusedError('was refused: it is to be an object with the list "switched_off"')
    mistakes = [strict.unknown(key, "", ["switched_off"]) for key in table if key != "switched_off"]
    entries = []
    for number, given in enumerate(table["switched_off"], 1):
        name = f"entry {number}"
        if not isinstance(given, dict):
            mistakes.append(f"{name} is to be an object")
            continue
        entry = strict.section(SwitchedOff, _with_days(given), name, mistakes)
        if entry is None:
            continue
        entries.append(entry)
        if entry.until and entry.until < entry.on:
            mistakes.append(f"`until` in [{name}] is before its `on`")
        if not all(text.strip() and len(text) <= _LONGEST for text in (entry.stat, entry.by, entry.why)):
            mistakes.append(f"the texts in [{name}] are to be of 1 to {_LONGEST} characters")
    if mistakes:
        raise RefusedError(f"was refused: {_short('; '.join(mistakes))}")
    return tuple(entries)


def _with_days(entry: dict[str, Any]) -> dict[str, Any]:
    """Turn the texts of days into days; what is none stays, and is told as a mistake."""
    entry = dict(entry)
    for key in ("on", "until"):
        if isinstance(entry.get(key), str) and _DAY.fullmatch(entry[key]):
            with suppress(ValueError):
                entry[key] = date.fromisoformat(entry[key])
    return entry


def _without_repetition(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
