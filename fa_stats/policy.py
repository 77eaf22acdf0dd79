"""Stats that somebody switched off: a policy can only take away, and says who, when, why and until when.

Three can switch off: the settings, a remote document (see remote.py), and the vendor's list of active stats in the
instance itself, where the settings follow it. None of them can switch on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from fa_stats.catalogue import Catalogue, Payload
from fa_stats.settings import SwitchedOff

NOT_ON_THE_LIST = "not on the vendor's list of active stats (current_usage_stats), which the settings follow"
_NAME = re.compile("[A-Za-z][A-Za-z0-9]{0,99}")


def disabled(entries: Iterable[SwitchedOff], day: date, *, where: str = "in fa_stats.toml") -> dict[str, str]:
    """Return the stats that are off on a day, each with the sentence that the report shows."""
    return {
        entry.stat: f"switched off {where} by {entry.by} on {entry.on}: {entry.why}"
        + (f" (until {entry.until})" if entry.until else "")
        for entry in entries
        if entry.on <= day and (entry.until is None or day <= entry.until)
    }


class State(StrEnum):
    """How the remote policy document was had."""

    UNSET = "not set"  # the settings name none
    CURRENT = "current"  # fetched now, or the receiver said that it has not changed
    KEPT = "kept copy"  # could not be fetched; the copy at hand is young enough
    EXPIRED = "copy too old"  # could not be fetched, and the copy is older than the settings let it be
    ABSENT = "never had"  # could not be fetched, and there is no copy


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """What a snapshot keeps of the policy: how the remote document was had, which one it was, and what went wrong."""

    state: State
    sha256: str | None = None  # of the document's bytes
    fetched: datetime | None = None  # when it was last confirmed
    problem: str | None = None
    follows_active_list: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """What others than the settings switch off: stats with their sentences, and how that is known."""

    record: PolicyRecord
    disabled: Mapping[str, str] = field(default_factory=dict)


NONE = Policy(PolicyRecord(State.UNSET))


def unasked(_: bool) -> Policy:
    """Answer for whoever has no policy but the settings' own."""
    return NONE


def active(text: str | None) -> tuple[str, ...] | None:
    """Return the names of the vendor's list of active stats, whose text is comma-separated; None without a list.

    What is no name is left out, so that no free text of an instance is ever kept.
    """
    if text is None:
        return None
    return tuple(dict.fromkeys(name for each in text.split(",") if _NAME.fullmatch(name := each.strip())))


def inactive(catalogue: Catalogue, active_list: tuple[str, ...] | None) -> dict[str, str]:
    """Return the stats that are not on the list of active ones; none where it names no stat at all. Metrics stay."""
    on = _listed(catalogue, active_list)
    stats = catalogue.of(Payload.STATS) if on else ()
    return {stat.name: NOT_ON_THE_LIST for stat in stats if stat.name not in on}


def recorded(record: PolicyRecord, catalogue: Catalogue, active_list: tuple[str, ...] | None) -> PolicyRecord:
    """Return the record with what is wrong with the list of active stats, where the settings follow it."""
    if not record.follows_active_list or _listed(catalogue, active_list):
        return record
    said = "could not be read" if active_list is None else "names no stat"
    problem = f"The vendor's list of active stats (current_usage_stats) {said}: nothing was switched off by it."
    return replace(record, problem=f"{record.problem} {problem}" if record.problem else problem)


def _listed(catalogue: Catalogue, active_list: tuple[str, ...] | None) -> set[str]:
    return {stat.name for stat in catalogue.of(Payload.STATS)} & set(active_list or ())


def dump(record: PolicyRecord) -> str:
    """Return the text that a snapshot keeps."""
    return json.dumps(asdict(record), ensure_ascii=False, default=datetime.isoformat)


def parse(text: str) -> PolicyRecord:
    """Read what `dump` wrote; raises ValueError, KeyError or TypeError for anything else."""
    data = json.loads(text)
    fetched = data["fetched"] and datetime.fromisoformat(data["fetched"])
    return PolicyRecord(**data | {"state": State(data["state"]), "fetched": fetched})
