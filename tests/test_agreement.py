"""Who agreed: said in the ledger, taken back in the ledger, and never by nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from projects import Fixed

from fa_stats import agreement, catalogue, definitions, ledger
from fa_stats.clock import Clock
from fa_stats.consent import Agreement
from fa_stats.errors import UsageError
from fa_stats.settings import Settings

CLOCK = Fixed()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Later(Clock):
    """A clock that stands still at another moment."""

    instant: datetime = field(default=NOW + timedelta(hours=1, microseconds=300))

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def at(tmp_path: Path) -> Settings:
    return Settings(folder=tmp_path)


def events(at: Settings) -> list[str]:
    return [entry["event"] for entry in ledger.entries(at.data)]


def test_nobody_has_agreed_at_first(at: Settings) -> None:
    assert agreement.current(at.data) is None
    assert not at.data.exists()


def test_an_agreement_holds_with_name_time_and_what_it_is_to(at: Settings) -> None:
    agreed = agreement.agree(at, "  Ada Lovelace ", "meeting 5", CLOCK)
    digest = definitions.digest(definitions.of(catalogue.load()))
    assert agreed == Agreement("Ada Lovelace", NOW, digest, "meeting 5")
    assert agreement.current(at.data) == agreed
    assert definitions.path_of(at.data, digest).is_file()
    [entry] = ledger.entries(at.data)
    named = {name: entry[name] for name in ("day", "event", "by", "note", "definitions")}
    assert named == {
        "day": "2026-11-23",
        "event": "agreed",
        "by": "Ada Lovelace",
        "note": "meeting 5",
        "definitions": digest,
    }


def test_to_agree_once_more_changes_nothing(at: Settings) -> None:
    agreed = agreement.agree(at, "Ada", None, CLOCK)
    assert agreement.agree(at, "Bob", "me too", Later()) == agreed
    assert events(at) == ["agreed"]


def test_a_withdrawal_ends_it_and_another_agreement_begins_anew(at: Settings) -> None:
    agreement.agree(at, "Ada", None, CLOCK)
    agreement.withdraw(at, "Bob", "no more", CLOCK)
    assert agreement.current(at.data) is None
    again = agreement.agree(at, "Ada", None, Later())
    assert again.at == NOW + timedelta(hours=1)  # the ledger has whole seconds
    assert agreement.current(at.data) == again
    assert events(at) == ["agreed", "withdrawn", "agreed"]


def test_other_definitions_are_agreed_to_anew(at: Settings) -> None:
    ledger.enter(at, CLOCK, day=NOW.date(), event="agreed", by="Ada", note=None, definitions="0" * 64)
    assert agreement.agree(at, "Bob", None, Later()).by == "Bob"
    assert events(at) == ["agreed", "agreed"]


def test_other_entries_do_not_touch_it(at: Settings) -> None:
    agreed = agreement.agree(at, "Ada", None, CLOCK)
    ledger.enter(at, CLOCK, day=NOW.date(), event="off", reason="x")
    assert agreement.current(at.data) == agreed


@pytest.mark.parametrize("by", ["", " ", "\t\n"])
def test_nobody_cannot_agree_or_withdraw(by: str, at: Settings) -> None:
    with pytest.raises(UsageError, match="Say who you are"):
        agreement.agree(at, by, None, CLOCK)
    with pytest.raises(UsageError, match="Say who you are"):
        agreement.withdraw(at, by, None, CLOCK)
    assert not at.data.exists()


@pytest.mark.parametrize(
    "entry",
    [
        {"event": "agreed"},
        {"event": "withdrawn", "by": "Ada", "definitions": "d", "at": "2026-11-23T02:00:00Z"},
        {"event": "agreed", "by": "Ada", "definitions": "d", "at": "yesterday"},
        {"event": "agreed", "by": "Ada", "definitions": "d", "at": "2026-11-23T02:00:00"},
        {"event": "agreed", "by": "Ada", "definitions": "d", "at": 5},
        {"event": "agreed", "by": " ", "definitions": "d", "at": "2026-11-23T02:00:00Z"},
        {"event": "agreed", "by": "Ada", "definitions": None, "at": "2026-11-23T02:00:00Z"},
    ],
)
def test_an_entry_that_does_not_say_all_of_it_is_no_agreement(entry: dict[str, object], at: Settings) -> None:
    agreement.agree(at, "Ada", None, CLOCK)
    with ledger.path_of(at.data).open("a") as handle:
        handle.write(json.dumps(entry) + "\n")
    assert agreement.current(at.data) is None
