"""Writing files so that nobody ever sees half of one, and saying plainly where that fails."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from fa_stats.errors import BusyError, StorageError

# What is being written carries its process's number, so that a later run can tell what nobody will ever finish.
_PART = re.compile(r"\.(\d+)\.part(?:\.wal)?$")
_SCRATCH = re.compile(r"fa_stats-(\d+)-")
_HOUR = 3600
_PATIENCE = 1.0  # seconds


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; what is written there takes its place when the block ends well.

    Raises StorageError where the folder or the disk does not let it.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _flush(beside)
        beside.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise refused(path, error) from error
    finally:
        for left in (beside, Path(f"{beside}.wal")):
            with suppress(OSError):  # the error that counts is on its way already
                left.unlink()


def _flush(path: Path) -> None:
    """Have the disk hold what was written: a rename alone does not outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, content: bytes) -> None:
    """Write a whole file at once; a device or a pipe stays what it is."""
    if path.is_char_device() or path.is_fifo():
        path.write_bytes(content)
        return
    with replacing(path) as beside:
        beside.write_bytes(content)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(path: Path, error: OSError) -> StorageError:
    """Put the error of a folder or disk in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return full(path)
    there = next((each for each in path.parents if each.exists()), path.parent)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(
            f"{there} cannot be written to. Give this user the right to, or set [paths] in fa_stats.toml."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return StorageError(f"{there} is not a folder. Move what is in its place, or set [paths] in fa_stats.toml.")
    return StorageError(f"{path} could not be written: {error.strerror or type(error).__name__}.")


def full(path: Path) -> StorageError:
    """Put a full disk in words."""
    return StorageError(
        f"The disk is full: {path} could not be written. Earlier days are whole. Free space, then run again."
    )


@contextmanager
def only_run(data: Path, run: str, since: datetime) -> Iterator[int]:
    """Hold the lock that keeps runs from overlapping; it falls with the process, however that ends.

    Gives the lock's file descriptor: a kernel that inherits it holds the lock as well. Raises BusyError, naming the
    run that is at work.
    """
    holding = {"run": run, "pid": os.getpid(), "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
    with _alone(data / "run.lock", holding, _holder) as descriptor:
        yield descriptor


@contextmanager
def only_sender(data: Path) -> Iterator[None]:
    """Hold the lock that keeps two processes from sending at once; it falls with the process. Raises BusyError."""
    with _alone(data / "outbox.lock", {"pid": os.getpid()}, _sender):
        yield


@contextmanager
def _alone(path: Path, holding: dict[str, Any], busy: Callable[[Path], str]) -> Iterator[int]:
    """Hold a lock, whose file says who holds it; raises BusyError with what `busy` says of that file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+", buffering=0) as handle:
            if not _locked(handle.fileno()):
                raise BusyError(busy(path))
            handle.truncate(0)
            handle.write(json.dumps(holding).encode())
            descriptor = os.dup(handle.fileno())
    except OSError as error:
        raise refused(path, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(handle: int) -> bool:
    """Take a lock; a holder that was killed a moment ago may still be on its way out."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        else:
            return True


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        who = f"Run {held['run']} is at work since {held['since']} (process {held['pid']})."
    except (OSError, ValueError, KeyError, TypeError):
        who = "Another run is at work."
    return f"{who} This one did nothing. Wait for it, then look at its report."


def _sender(path: Path) -> str:
    try:
        who = f"Another process ({json.loads(path.read_text(encoding='utf-8'))['pid']}) is sending."
    except (OSError, ValueError, KeyError, TypeError):
        who = "Another process is sending."
    return f"{who} This one sent nothing. Wait for it, then call `fa-stats submit`."


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder for what nobody keeps; its short path leaves room for the names of sockets."""
    with tempfile.TemporaryDirectory(prefix=f"fa_stats-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def sweep(data: Path, reports: Path, now: datetime) -> None:
    """Take away what processes that died were writing. To be called by the run that holds the lock."""
    for folder in (data, reports):
        for path in folder.rglob(".*.part*"):
            if (found := _PART.search(path.name)) and _gone(int(found[1])):
                path.unlink(missing_ok=True)
    for folder in reports.glob("????-??-??/*Z-*"):
        with suppress(OSError):  # only one that is empty goes
            folder.rmdir()
    for path in data.glob("demo/.demo-*.duckdb.*"):  # the folder in which an instance is made has no number
        if path.is_dir() and path.stat().st_mtime < now.timestamp() - _HOUR:
            shutil.rmtree(path, ignore_errors=True)
    for path in Path(tempfile.gettempdir()).glob("fa_stats-*-*"):
        if (found := _SCRATCH.match(path.name)) and _gone(int(found[1])) and path.lstat().st_uid == os.getuid():
            shutil.rmtree(path, ignore_errors=True)


def _gone(process: int) -> bool:
    """Whether a process is no more; our own number, in what we did not write ourselves, was that of another one."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return process == os.getpid()
