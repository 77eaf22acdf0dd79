"""Writing files so that nobody ever sees half of one, and saying plainly where that fails."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fa_stats.errors import BusyError, StorageError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what is written there takes its place when the block ends well.

    Raises StorageError where the folder or the disk does not let it.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        with beside.open("rb") as handle:
            os.fsync(handle.fileno())
        beside.replace(path)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        beside.unlink(missing_ok=True)


def write(path: Path, content: bytes) -> None:
    """Write a whole file at once."""
    with replacing(path) as beside:
        beside.write_bytes(content)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(path: Path, error: OSError) -> StorageError:
    """The error of a folder or disk, in words."""
    if error.errno == errno.ENOSPC:
        return StorageError(f"The disk is full: {path} could not be written. Earlier days are whole. Free space, then run again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(f"{path.parent} cannot be written to. Give this user the right to, or set [paths] in fa_stats.toml.")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return StorageError(f"{path.parent} is not a folder. Move what is in its place, or set [paths] in fa_stats.toml.")
    return StorageError(f"{path} could not be written: {error.strerror or type(error).__name__}.")


@contextmanager
def only_run(data: Path, run: str, since: datetime) -> Iterator[None]:
    """Hold the lock that keeps runs from overlapping; it falls with the process, however that ends.

    Raises BusyError, naming the run that holds it.
    """
    path = data / "run.lock"
    try:
        data.mkdir(parents=True, exist_ok=True)
        handle = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise refused(path, error) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BusyError(_holder(path)) from None
        handle.truncate(0)
        handle.write(json.dumps({"run": run, "pid": os.getpid(), "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}))
        handle.flush()
        yield


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        who = f"Run {held['run']} is at work since {held['since']} (process {held['pid']})."
    except (OSError, ValueError, KeyError):
        who = "Another run is at work."
    return f"{who} This one did nothing. Wait for it, then look at its report."
