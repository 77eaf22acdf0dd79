"""What people who sign in notice of a collection: windows with one and windows without, in turns."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.engines import NAMES, served
from benchmarks.instances import BUSY, made
from benchmarks.measure import Latency, Row, Spread

RATE = 100  # sign-ins a second
SECONDS = 5  # of a window
WINDOWS = 10  # of each sort
WARM = 10  # seconds before any of them
BAR = 1.05
_PERCENTS = (50, 95, 99)


def measure(folder: Path) -> Iterator[Row | Latency]:
    """Yields the percentiles of both sorts of windows, and a line per bar."""
    for kind in ("postgresql", "mysql"):
        try:
            with served(kind, [made(folder, BUSY)]) as (_, [database]):
                quiet, collecting, ran = _windows(database.url)
        except pytest.skip.Exception as missing:
            print(missing.msg, file=sys.stderr)
            continue
        yield from rows(NAMES[kind], quiet, collecting, ran)


def _windows(url: str) -> tuple[list[list[int]], list[list[int]], list[float]]:
    """Let people sign in, in one window after the other; the second of each two is with collections."""
    with ExitStack() as stack:
        people = stack.enter_context(_started("benchmarks.signing_in", url, str(RATE)))
        collector = stack.enter_context(_started("benchmarks.repeating", url))
        for process in (people, collector):
            _ask(process, WARM)
            _answer(process)
        quiet: list[list[int]] = []
        collecting: list[list[int]] = []
        ran: list[float] = []
        for number in range(2 * WINDOWS):
            alone = number % 4 in (0, 3)  # without, with, with, without: a drift meets both alike
            if not alone:
                _ask(collector, SECONDS)
            _ask(people, SECONDS)
            (quiet if alone else collecting).append(json.loads(_answer(people)))
            if not alone:
                ran.append(float(_answer(collector).split()[0]))
        return quiet, collecting, ran


def rows(
    engine: str, quiet: Sequence[Sequence[int]], collecting: Sequence[Sequence[int]], ran: Sequence[float]
) -> Iterator[Row | Latency]:
    """Yields the percentiles, and a line for each with its ratio and what chance alone would do to it."""
    for name, windows in (("without", quiet), ("with", collecting)):
        for percent in _PERCENTS:
            spread = Spread(tuple(percentile(window, percent) / 1000 for window in windows))
            yield Latency(engine, name, percent, percentile(_all(windows), percent) / 1000, spread)
    what = f"{engine}: {RATE} sign-ins a second with collections ({sum(ran):.0f} of them) / without"
    for percent in _PERCENTS:
        one, other = percentile(_all(collecting), percent), percentile(_all(quiet), percent)
        control = percentile(_all(quiet[::2]), percent) / percentile(_all(quiet[1::2]), percent)
        ratios = sorted(percentile(a, percent) / percentile(b, percent) for a, b in zip(collecting, quiet, strict=True))
        low, _, high = statistics.quantiles(ratios, n=4)
        figure = (
            f"{one / 1000:.2f} ms / {other / 1000:.2f} ms = {one / other:.3f} (middle half of {len(ratios)} pairs of "
            f"windows {low:.2f}-{high:.2f}; half of the windows without / the other half {control:.3f})"
        )
        noisy = not 1 / BAR <= control <= BAR
        figure += "; the machine was too noisy to tell" if noisy else ""
        bar, holds = (f"<= {BAR}", one / other <= BAR and not noisy) if percent == 99 else ("none", True)
        yield Row(f"{what}, p{percent}", figure, bar, holds)


def percentile(values: Sequence[int], percent: int) -> float:
    """The smallest value that this part of all values does not exceed."""
    ranked = sorted(values)
    return float(ranked[max(0, -(-len(ranked) * percent // 100) - 1)])


def _all(windows: Sequence[Sequence[int]]) -> list[int]:
    return [each for window in windows for each in window]


def _started(module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", module, *arguments],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(process: subprocess.Popen[str], seconds: float) -> None:
    assert process.stdin
    process.stdin.write(f"{seconds}\n")
    process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    line = process.stdout.readline()
    assert line, "a process of the benchmark ended early"
    return line
