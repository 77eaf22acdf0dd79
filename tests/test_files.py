"""Files that are whole or not there, the lock of runs, and what is swept away after processes that died."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fa_stats import files
from fa_stats.errors import BusyError, StorageError

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
def gone() -> int:
    """Return the number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def living() -> Iterator[int]:
    """Return the number of a process that goes on."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.communicate(b"\n")


def test_a_file_is_written_whole_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    files.write(path, b"one")
    files.write(path, b"two")
    assert [path.read_bytes(), os.listdir(path.parent)] == [b"two", ["file"]]  # noqa: PTH208
    assert files.digest(path) == hashlib.sha256(b"two").hexdigest()


def test_a_device_stays_a_device() -> None:
    files.write(Path(os.devnull), b"nothing")
    assert Path(os.devnull).is_char_device()


def test_what_fails_in_the_middle_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write(path, b"old")
    with suppress(ZeroDivisionError), files.replacing(path) as beside:
        beside.write_bytes(b"half")
        Path(f"{beside}.wal").write_bytes(b"log")
        raise ZeroDivisionError
    assert [path.read_bytes(), os.listdir(tmp_path)] == [b"old", ["file"]]  # noqa: PTH208


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(StorageError) as caught:
        files.write(tmp_path / "data" / "payloads" / "file", b"")
    assert str(caught.value) == (
        f"{tmp_path / 'data'} is not a folder. Move what is in its place, or set [paths] in fa_stats.toml."
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
def test_a_folder_that_belongs_to_somebody_else_is_named(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from fa_stats import files\n"
        "os.setuid(65534)\n"
        "try: files.write(Path(sys.argv[1]), b'')\n"
        "except files.StorageError as error: print(error)"
    )
    with tempfile.TemporaryDirectory() as shared:
        Path(shared).chmod(0o755)
        path = Path(shared) / "reports" / "2026-11-23" / "run.json"
        called = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
        assert called.stdout.startswith(f"{shared} cannot be written to. Give this user the right to")


def test_one_run_at_a_time_and_the_other_is_told_who(tmp_path: Path) -> None:
    with files.only_run(tmp_path, "20261123T020000Z-3f9c", NOW):
        with pytest.raises(BusyError) as caught, files.only_run(tmp_path, "another", NOW):
            pass
        assert str(caught.value) == (
            f"Run 20261123T020000Z-3f9c is at work since 2026-11-23T02:00:00Z (process {os.getpid()}). "
            "This one did nothing. Wait for it, then look at its report."
        )
    with files.only_run(tmp_path, "another", NOW):
        pass


def test_the_lock_is_also_held_by_a_kernel_that_inherits_it(tmp_path: Path) -> None:
    with files.only_run(tmp_path, "one", NOW) as lock:
        heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,))
    with pytest.raises(BusyError, match="Run one"), files.only_run(tmp_path, "two", NOW):
        pass
    heir.send_signal(signal.SIGKILL)
    heir.communicate()
    with files.only_run(tmp_path, "two", NOW):
        pass


def test_the_lock_cannot_be_taken_in_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with (
        pytest.raises(StorageError, match=r"data is not a folder\. Move"),
        files.only_run(tmp_path / "data", "one", NOW),
    ):
        pass


def test_errors_within_the_lock_are_not_taken_for_its_own(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="elsewhere"), files.only_run(tmp_path, "one", NOW):
        raise FileNotFoundError("elsewhere")


def test_only_what_the_dead_were_writing_is_swept_away(
    tmp_path: Path, gone: int, living: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    data, reports = tmp_path / "data", tmp_path / "reports"
    left = [
        data / f".history.duckdb.{gone}.part",
        data / "snapshots" / "2026-11-23" / f".run.duckdb.{gone}.part",
        data / "snapshots" / "2026-11-23" / f".run.duckdb.{gone}.part.wal",
        data / "payloads" / "2026-11-23" / f".run.json.{os.getpid()}.part",  # numbers come round, in containers at once
        reports / "2026-11-23" / "run" / f".report.html.{gone}.part",
        tmp_path / "temporary" / f"fa_stats-{gone}-x" / "kernel.json",
    ]
    kept = [
        data / "snapshots" / "2026-11-23" / "run.duckdb",
        data / f".history.duckdb.{living}.part",
        data / ".someone.else.part",
        tmp_path / "temporary" / f"fa_stats-{living}-x" / "kernel.json",
        tmp_path / "temporary" / "fa_stats-notes" / "mine",
    ]
    for path in left + kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    begun = reports / "2026-11-23" / "20261123T020000Z-3f9c"
    begun.mkdir()
    files.sweep(data, reports, NOW)
    assert [path for path in (*left, begun) if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def test_a_demo_instance_that_nobody_finished_is_swept_away_after_an_hour(tmp_path: Path) -> None:
    old, new = (tmp_path / "demo" / f".demo-2026-11-23-1-4-6-60.duckdb.{tail}" for tail in ("old", "new"))
    for folder, hours in ((old, 2), (new, 0.5)):
        folder.mkdir(parents=True)
        (folder / "instance").write_text("")
        then = (NOW - timedelta(hours=hours)).timestamp()
        os.utime(folder, (then, then))
    files.sweep(tmp_path, tmp_path, NOW)
    assert [old.exists(), new.exists()] == [False, True]


def test_nothing_is_left_of_a_scratch_folder() -> None:
    with files.scratch() as folder:
        (folder / "file").write_text("")
    assert not folder.exists()
