"""Taking turns: two sides are timed alternately, so that a busy machine slows both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Repeated measurements of one thing, in its own unit."""

    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.samples)

    def __str__(self) -> str:
        if len(self.samples) == 1:
            return f"{self.median:.4g} (once)"
        return f"{self.median:.4g} ({min(self.samples):.4g}-{max(self.samples):.4g})"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: what was measured, the figure, its bar, and whether it holds."""

    what: str
    figure: str
    bar: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Times:
    """How long one way of counting took, on an instance of one size in one database."""

    engine: str
    version: str
    tenants: int
    applications: int
    way: str
    queries: int
    seconds: Spread


@dataclass(frozen=True, slots=True)
class Latency:
    """One percentile of the times that people waited, in milliseconds: over all windows of a sort, and of each."""

    engine: str
    collections: str  # with or without
    percent: int
    milliseconds: float
    windows: Spread


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def in_turns(actions: Sequence[Callable[[], object]], rounds: int) -> list[Spread]:
    """Time each action once a round, in seconds."""
    samples: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, kept in zip(actions, samples, strict=True):
            kept.append(seconds(action))
    return [Spread(tuple(each)) for each in samples]


def at_least(what: str, slow: Spread, fast: Spread, bar: float | None) -> Row:
    """How many times faster one side is than the other."""
    ratio = slow.median / fast.median
    return Row(what, f"{slow} s / {fast} s = {ratio:.1f}", *_judged(">=", bar, "", bar is None or ratio >= bar))


def at_most(what: str, ours: Spread, other: Spread, bar: float | None) -> Row:
    """How many times longer our side takes than the other."""
    ratio = ours.median / other.median
    return Row(what, f"{ours} s / {other} s = {ratio:.2f}", *_judged("<=", bar, "", bar is None or ratio <= bar))


def under(what: str, found: Spread, unit: str, bar: float | None) -> Row:
    """A figure of its own against a bar in the same unit."""
    return Row(what, f"{found} {unit}", *_judged("<=", bar, f" {unit}", bar is None or found.median <= bar))


def _judged(sign: str, bar: float | None, unit: str, holds: bool) -> tuple[str, bool]:
    """Put a bar in words; a figure without one is for information."""
    return ("none" if bar is None else f"{sign} {bar:g}{unit}"), holds
