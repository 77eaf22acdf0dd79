"""Stats that somebody switched off: a policy can only take away, and says who, when, why and until when."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from fa_stats.settings import SwitchedOff


def disabled(entries: Iterable[SwitchedOff], day: date) -> dict[str, str]:
    """Return the stats that are off on a day, each with the sentence that the report shows."""
    return {
        entry.stat: f"switched off by {entry.by} on {entry.on}: {entry.why}"
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


def dump(record: PolicyRecord) -> str:
    """Return the text that a snapshot keeps."""
    return json.dumps(asdict(record), ensure_ascii=False, default=datetime.isoformat)


def parse(text: str) -> PolicyRecord:
    """Read what `dump` wrote; raises ValueError, KeyError or TypeError for anything else."""
    data = json.loads(text)
    fetched = data["fetched"] and datetime.fromisoformat(data["fetched"])
    return PolicyRecord(**data | {"state": State(data["state"]), "fetched": fetched})
