"""What a check looks at, and what it finds: everything that is known of a run before its bytes may leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from fa_stats.catalogue import Catalogue
from fa_stats.collection import Collection
from fa_stats.consent import Circumstances
from fa_stats.policy import PolicyRecord

_SHOWN = 8


class Outcome(StrEnum):
    """How a check came out; one that could not run is never a pass."""

    HELD = "held"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the checks look at. Times are UTC, durations microseconds.

    `known` are the names, in any status, that the first run under the same application version had, None where that
    cannot be told; `first_of_version` is whether that run is this one. `reasons` are why each run of this day and
    source was begun again (None for a run that gave no reason), this one last. `ledger_problem` is what is wrong with
    the ledger, in words, and `ledger_newest` the moment of its newest entry.
    """

    collection: Collection
    catalogue: Catalogue
    payload: bytes
    metrics: bytes
    policy: PolicyRecord | None
    circumstances: Circumstances | None
    budget_microseconds: int
    statement_timeout_microseconds: int
    known: frozenset[str] | None
    first_of_version: bool
    reasons: tuple[str | None, ...]
    ledger_problem: str | None
    ledger_newest: datetime | None
    now: datetime


class Finding(NamedTuple):
    """What one check found, in words without any value of the instance."""

    outcome: Outcome
    evidence: str


Look: TypeAlias = Callable[[Evidence], Finding]


def held(evidence: str) -> Finding:
    """Say that a promise held, and by what that was seen."""
    return Finding(Outcome.HELD, evidence)


def failed(evidence: str) -> Finding:
    """Say that a promise did not hold, where, and what to do now."""
    return Finding(Outcome.FAILED, evidence)


def not_run(evidence: str) -> Finding:
    """Say why nobody could look."""
    return Finding(Outcome.NOT_RUN, evidence)


def verdict(wrong: Iterable[str], otherwise: str) -> Finding:
    """Fail with everything that is wrong, a sentence each; hold where nothing is."""
    found = list(wrong)
    return failed(" ".join(found)) if found else held(otherwise)


def listed(names: Iterable[str]) -> str:
    """Name a few of many, in order."""
    found = sorted(set(names))
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def number(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
