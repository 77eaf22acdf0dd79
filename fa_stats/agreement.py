"""Who agreed that what is counted is sent: said in the ledger, taken back in the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from fa_stats import catalogue, definitions, ledger, verification
from fa_stats.clock import Clock
from fa_stats.consent import Agreement
from fa_stats.errors import UsageError
from fa_stats.settings import Settings


def current(data: Path) -> Agreement | None:
    """Return the agreement that holds: the ledger's last one, unless it was withdrawn or cannot be read."""
    said = [entry for entry in ledger.entries(data) if entry.get("event") in ("agreed", "withdrawn")]
    if not said or said[-1]["event"] == "withdrawn":
        return None
    last = said[-1]
    try:
        at = datetime.fromisoformat(last["at"])
        by, digest, note = last["by"], last["definitions"], last.get("note")
    except (KeyError, TypeError, ValueError):
        return None
    good = at.tzinfo is not None and all(isinstance(text, str) and text.strip() for text in (by, digest))
    return Agreement(by=by, at=at, definitions=digest, note=note) if good else None


def agree(settings: Settings, by: str, note: str | None, clock: Clock) -> Agreement:
    """Enter that somebody agrees to what is counted now, and return the agreement that holds.

    Where the same definitions are agreed to already, nothing is entered: that agreement is older, and so covers more.
    Raises UsageError for an empty name, CheckFailedError where the ledger does not hold, StorageError where nothing can
    be written.
    """
    by = _name(by)
    verification.refuse_broken_ledger(settings, "Nothing was entered.")
    sha256 = definitions.keep(settings.data, catalogue.load())
    held = current(settings.data)
    if held and held.definitions == sha256:
        return held
    day = clock.now().date()
    ledger.enter(settings, clock, day=day, event="agreed", by=by, note=note or None, definitions=sha256)
    return Agreement(by, clock.now().replace(microsecond=0), sha256, note or None)


def withdraw(settings: Settings, by: str, note: str | None, clock: Clock) -> None:
    """Enter that nothing is to be sent any more, whoever agreed to it before.

    Raises UsageError for an empty name, StorageError where nothing can be written.
    """
    ledger.enter(settings, clock, day=clock.now().date(), event="withdrawn", by=_name(by), note=note or None)


def _name(by: str) -> str:
    if not by.strip():
        raise UsageError('Say who you are: --by "Ada Lovelace". The name stays in the ledger; nothing was entered.')
    return by.strip()
