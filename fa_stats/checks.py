"""The promises of the vendor's page, each a named check: its sentence, whether it held, and by what that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a check came out; one that could not run is never a pass."""

    HELD = "held"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. `sentence` is the page's, or ours where it says so; `evidence` holds no value of the instance."""

    name: str
    sentence: str
    outcome: Outcome
    evidence: str


def to_row(check: Check) -> dict[str, Any]:
    """Return what a snapshot keeps of a check."""
    return asdict(check)


def of_row(row: Mapping[str, Any]) -> Check:
    """Return the check that a row of a snapshot holds."""
    return Check(row["name"], row["sentence"], Outcome(row["outcome"]), row["evidence"])
