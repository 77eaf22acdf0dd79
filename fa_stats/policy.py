"""Stats that somebody switched off: a policy can only take away, and says who, when, why and until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fa_stats.settings import SwitchedOff


def disabled(entries: Iterable[SwitchedOff], day: date) -> dict[str, str]:
    """Return the stats that are off on a day, each with the sentence that the report shows."""
    return {
        entry.stat: f"switched off by {entry.by} on {entry.on}: {entry.why}"
        + (f" (until {entry.until})" if entry.until else "")
        for entry in entries
        if entry.on <= day and (entry.until is None or day <= entry.until)
    }
