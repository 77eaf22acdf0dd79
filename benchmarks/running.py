"""The whole run, the command line and the memory, against what the tools alone cost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.measure import Row, Spread, at_most, in_turns, under

ROUNDS = 5
_BASE = "import pandas, altair, duckdb"
# Not getrusage: its peak takes in the process that started this one.
_PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
_BIN = Path(sys.executable).parent


def measure(folder: Path) -> Iterator[Row]:
    """Yields a line per bar."""
    project = folder / "project"
    project.mkdir(exist_ok=True)
    (project / "fa_stats.toml").touch()  # so that it is a project of its own
    base = project / "base.ipynb"
    base.write_text(json.dumps(_notebook(_BASE)), encoding="utf-8")
    again = ["fa-stats", "run", "--again", "--reason", "benchmark"]
    _call(project, again)  # makes the demo instance
    ours, theirs = in_turns(
        [
            lambda: _call(project, again),
            lambda: _call(project, ["papermill", "--no-progress-bar", str(base), str(project / "out.ipynb")]),
        ],
        ROUNDS,
    )
    yield at_most("fa-stats run on the demo / papermill of a notebook that only imports", ours, theirs, 1.3)
    for words in (["--help"], ["catalogue", "list"]):
        command, nothing = in_turns(
            [partial(_call, project, ["fa-stats", *words]), partial(_call, project, ["python", "-c", "pass"])], 7
        )
        more = Spread(tuple(a - b for a, b in zip(command.samples, nothing.samples, strict=True)))
        yield under(f"fa-stats {' '.join(words)}, more than python -c pass", more, "s", 0.5)
    newest = max(project.glob("data/snapshots/*/*.duckdb"))
    yield under("one run's snapshot", Spread((newest.stat().st_size / 1000,)), "KB", 300)
    report = max(project.glob("reports/*/*/report.html"))
    yield under("report", Spread((report.stat().st_size / 1000,)), "KB", 300)
    yield under("memory of collecting, above an idle interpreter with a kernel", memory(project, 3), "MB", 150)


def memory(project: Path, rounds: int, source: str = "demo:") -> Spread:
    """Peak resident memory of `fa-stats collect` less that of a process that only imports what a kernel does."""
    words = ["fa-stats", "collect", "--output", "out.json", "--source", source]
    collect = f"import sys; sys.argv = {words}\nfrom fa_stats.cli import main\n"
    collect += "try:\n    main()\nexcept SystemExit as end:\n    assert end.code in (None, 0, 5)\n"
    samples = []
    for _ in range(rounds):
        ours = int(_call(project, ["python", "-c", collect + _PEAK]).split()[-1])
        idle = int(_call(project, ["python", "-c", "import ipykernel.kernelapp\n" + _PEAK]).split()[-1])
        samples.append((ours - idle) / 1000)
    return Spread(tuple(samples))


def _call(project: Path, words: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands
        [str(_BIN / words[0]), *words[1:]], cwd=project, capture_output=True, text=True, check=True
    )
    return done.stdout


def _notebook(code: str) -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "only",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": code,
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
