"""The ledger: one line for each run and each day without one, each chained to the line before, never rewritten."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fa_stats import files

_FIRST = "0" * 64


def path_of(data: Path) -> Path:
    """Where the ledger is."""
    return data / "ledger.jsonl"


def append(data: Path, *, at: datetime, day: date, event: str, **details: Any) -> None:
    """Add one entry and flush it to the disk; raises StorageError. Only one process at a time may do so.

    `previous` is the SHA-256 of the line before, as it stands, so that no line can be changed or taken out unnoticed.
    """
    path = path_of(data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as handle:
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
            handle.write(gap + json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise files.refused(path, error) from error


def entries(data: Path) -> Iterator[dict[str, Any]]:
    """Every entry that can be read, oldest first; a line that a crash cut short is passed over."""
    try:
        lines = path_of(data).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue
