"""One record of the catalogue: what a figure counts, and everything a reviewer asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The shape of a figure's value."""

    COUNT = "count"
    BOOLEAN = "boolean"
    STRING = "string"
    MILLIS = "millis"
    BYTES = "bytes"
    BREAKDOWN = "breakdown"
    OBJECT = "object"


class Payload(StrEnum):
    """Where a figure goes: one of the two payloads, or nowhere (it only tells the run something)."""

    STATS = "stats"
    METRICS = "metrics"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure's record, as its comment block in the .sql file states it."""

    name: str
    definition: str
    statement: str
    expression: str
    group: str
    kind: Kind
    payload: Payload
    since: str  # first version known to report it
    setting: str  # first version that has the setting it counts
    plan: str  # what licence the feature needs; empty: none
    privacy: str  # count, setting, version, enumeration, identifier
    confidence: str  # documented, inferred, ambiguous
    why: str
    ambiguity: str
    absent: str  # why there may be no value, where there may be none
    within: str  # the figure of the same statement that it is a part of, and so never larger than; empty: none
    file: str
    line: int
