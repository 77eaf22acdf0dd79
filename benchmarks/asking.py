"""A large instance over the HTTP API: the time, the calls, the bytes, and the memory of each process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.instances import HUGE, made
from benchmarks.measure import Row, Spread, seconds, under
from benchmarks.ways import DAY
from fa_stats import demo, snapshots

_TESTS = Path(__file__).parent.parent / "tests"
_BIN = Path(sys.executable).parent
KEY = "benchmark-key"


def measure(folder: Path, size: demo.Size = HUGE) -> Iterator[Row]:
    """Yields a line per bar; the settings are those that a project begins with, but that nobody waits between calls."""
    project = folder / "asking"
    project.mkdir(exist_ok=True)
    (project / "fa_stats.toml").write_text("[api]\ncalls_per_second = 1000.0\n", encoding="utf-8")
    with _serving(made(folder, size)) as url:
        peaks: list[float] = []
        took = Spread((seconds(lambda: peaks.extend(run(project, url))),))
    what = f"HTTP API, {size.tenants:,} tenants, {size.applications:,} applications"
    calls, received, counted = _asked(project)
    yield under(f"{what}: largest process of fa-stats run", Spread((max(peaks),)), "MB", 500)
    yield under(f"{what}: all processes of fa-stats run together", Spread((sum(peaks),)), "MB", None)
    yield under(f"{what}: fa-stats run, a stand-in answering", took, "s", None)
    yield Row(f"{what}: calls, of the 5,000 that a run may make", f"{calls:,}", "<= 5,000", calls <= 5_000)
    yield Row(f"{what}: received", f"{received / 1_000_000:,.0f} MB", "<= 2,000 MB", received <= 2_000_000_000)
    yield Row(f"{what}: stats that failed, or did not fit", str(counted), "0", counted == 0)


@contextmanager
def _serving(path: Path) -> Iterator[str]:
    """Serve an instance as a process of its own, and give the URL."""
    command = [sys.executable, "-m", "standin", str(path.resolve()), "--key", KEY]
    process = subprocess.Popen(command, cwd=_TESTS, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def run(project: Path, url: str) -> list[float]:
    """Do a daily run, and return the peak of the resident memory of each of its processes, in MB."""
    command = [str(_BIN / "fa-stats"), "run", "--day", str(DAY), "--source", url, "--again", "--reason", "benchmark"]
    peaks: dict[int, float] = {}
    with subprocess.Popen(  # noqa: S603 - our own
        command,
        cwd=project,
        env={**os.environ, "FUSIONAUTH_API_KEY": KEY},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            for each in _family(process.pid):
                peaks[each.pid] = max(peaks.get(each.pid, 0), _peak(each.pid))
            time.sleep(0.02)
    assert process.returncode in (0, 5)
    return list(peaks.values())


def _family(number: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(number)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _peak(number: int) -> float:
    """Return the peak of a process so far, which the kernel keeps; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{number}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0)


def _asked(project: Path) -> tuple[int, int, int]:
    """Return the calls and bytes of the newest run, and how many stats are not had though they could be."""
    newest = max(project.glob("reports/*/*/run.json"), key=lambda path: path.stat().st_mtime)
    record = json.loads(newest.read_text(encoding="utf-8"))
    collection = snapshots.of_run(project / "data", DAY, record["run"]).collection
    loads = [each.load for each in collection.statements]
    partial = sum(each.status.partial for each in collection.stats + collection.metrics)
    return sum(each.calls or 0 for each in loads), sum(each.bytes_returned or 0 for each in loads), partial
