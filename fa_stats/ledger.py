"""The ledger: one line for each run and each day without one, each chained to the line before, never rewritten."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from fa_stats import files
from fa_stats.clock import Clock
from fa_stats.settings import Settings

_FIRST = "0" * 64


def path_of(data: Path) -> Path:
    """Where the ledger is."""
    return data / "ledger.jsonl"


def enter(settings: Settings, clock: Clock, *, day: date, event: str, **details: Any) -> None:
    """Add one entry, dated now. Raises StorageError."""
    append(settings.data, at=clock.now(), day=day, event=event, **details)


def append(data: Path, *, at: datetime, day: date, event: str, **details: Any) -> None:
    """Add one entry and flush it to the disk; raises StorageError, and then leaves the ledger as it was.

    `previous` is the SHA-256 of the line before, as it stands, so that no line can be changed or taken out unnoticed.
    """
    path = path_of(data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)  # for a moment, and apart from the lock of runs
            handle.seek(0)
            content = handle.read()
            lines = content.splitlines()
            # A line that a crash cut short stays as it is; the next begins on a line of its own.
            gap = b"" if not content or content.endswith(b"\n") else b"\n"
            entry = {
                "entry": len(lines) + 1,
                "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "day": day.isoformat(),
                "event": event,
                **details,
                "previous": hashlib.sha256(lines[-1]).hexdigest() if lines else _FIRST,
            }
            _write(handle, len(content), gap + json.dumps(entry, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise files.refused(path, error) from error


def _write(handle: FileIO, end: int, line: bytes) -> None:
    """Write a line whole or not at all: a full disk takes a part of it without a word."""
    try:
        while line:
            line = line[handle.write(line) :]
        os.fsync(handle.fileno())
    except OSError:
        handle.truncate(end)
        raise


def entries(data: Path) -> Iterator[dict[str, Any]]:
    """Every entry that can be read, oldest first; a line that a crash cut short is passed over."""
    try:
        lines = path_of(data).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry
