"""Project folders that `fa-stats` runs in as a process of its own, and what it leaves in them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psutil

from fa_stats import catalogue, definitions
from fa_stats.clock import Clock

BIN = Path(sys.executable).parent
NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "daily.ipynb"
DAY = date(2025, 6, 2)  # long past, so that it is never still to come
SETTINGS = "[demo]\ntenants = 4\napplications = 6\nusers = 60\n"


# What a project with any run has once.
ONCE = {
    "data/run.lock",
    "data/ledger.jsonl",
    "data/checkpoints.jsonl",
    "data/history.duckdb",
    f"data/definitions/{definitions.digest(definitions.of(catalogue.load()))}.json",
}


@dataclass(frozen=True)
class Project:
    """A folder that fa_stats works in, and its source."""

    folder: Path
    source: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    def start(self, *command: str | Path, **environment: str) -> subprocess.Popen[str]:
        """Start a command of this environment as a shell does, in a process group of its own."""
        return subprocess.Popen(
            [BIN / command[0], *command[1:]],
            cwd=self.folder,
            env={**os.environ, "FA_STATS_SOURCE": self.source, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def call(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Call `fa-stats` and wait for its end, which is never a traceback."""
        with self.start("fa-stats", *arguments, **environment) as process:
            ended = wait(process)
        assert "Traceback" not in ended.stdout + ended.stderr, ended.stderr
        return ended

    def run(self, *arguments: str | Path, day: date = DAY, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.call("run", "--day", str(day), *arguments, **environment)

    def folders(self) -> list[Path]:
        return sorted(self.reports.glob("*/*"))

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(self.reports.glob("*/*/run.json"))]

    def entries(self, *, records: bool = False) -> list[dict[str, Any]]:
        """The ledger's entries; those that only hold the digest of a run.json if they are asked for."""
        entries = [json.loads(line) for line in (self.data / "ledger.jsonl").read_text().splitlines()]
        return [entry for entry in entries if records or entry["event"] != "record"]

    def files(self) -> set[str]:
        """Every file but the demo instances, relative to the folder."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)) for path in paths if path.parent.name != "demo"}


def wait(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for the end of a process."""
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def kernel_of(process: subprocess.Popen[str]) -> psutil.Process | None:
    """The kernel that a process has started, if it has."""
    try:
        return next(iter(psutil.Process(process.pid).children()), None)
    except psutil.NoSuchProcess:
        return None


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def holding(path: Path, statement: str = "SELECT 1", *, read_only: bool = False) -> Iterator[None]:
    """Have another process open a DuckDB file and run a statement in it; it is killed in the end."""
    code = (
        "import duckdb, sys; connection = duckdb.connect(sys.argv[1], read_only=sys.argv[3] == 'True')\n"
        "connection.execute(sys.argv[2]); print('ready', flush=True); input()"
    )
    command = [sys.executable, "-c", code, str(path), statement, str(read_only)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for what has to come true; what it gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
    return found


@dataclass(frozen=True, slots=True)
class Fixed(Clock):
    """A clock that stands still at an instant and never waits."""

    instant: datetime = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        pass
