"""Projects with runs that are ready to be sent: agreed to, checked, kept, entered into the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from instances import collection_of, figure
from projects import Fixed, Project

from fa_stats import agreement, catalogue, consent, files, ledger, payload, settings, snapshots
from fa_stats.checks import Check, Outcome
from fa_stats.clock import Clock
from fa_stats.consent import Agreement
from fa_stats.outbox import letters
from fa_stats.settings import Sending, Settings
from fa_stats.snapshots import Snapshot

DAY = date(2026, 11, 23)
NIGHT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # of the collection
CLOCK = Fixed(datetime(2026, 11, 23, 2, 5, tzinfo=UTC))
AGREED = Agreement("Ada Lovelace", datetime(2026, 11, 1, 8, 0, tzinfo=UTC), "d" * 64)
HELD = (Check("closed schema", "We will not.", Outcome.HELD, "220 names"),)


def silent(_: str) -> None:
    """Say nothing."""


def given(folder: Path, url: str, *, agreed: datetime = AGREED.at, **sending: Any) -> Settings:
    """Settings that have both payloads sent, and an agreement in the ledger."""
    made = Settings(
        folder=folder,
        collection=settings.Collection(mode="on"),
        sending=Sending(usage_data_url=f"{url}/stats", metrics_url=f"{url}/metrics", **sending),
    )
    if not ledger.path_of(made.data).exists():
        said = {"by": AGREED.by, "note": None, "definitions": AGREED.definitions}
        ledger.enter(made, Fixed(agreed), day=agreed.date(), event="agreed", **said)
    return made


def run_of(day: date = DAY, tail: str = "3f9c") -> str:
    return snapshots.run_id(datetime.combine(day, NIGHT.timetz()), tail)


def kept(
    where: Settings, day: date = DAY, tail: str = "3f9c", *, checked: tuple[Check, ...] = HELD, stored: bool = False,
    **collected: Any,
) -> Snapshot:  # fmt: skip
    """A run of a day whose payloads are on the disk and in the ledger; its snapshot too if it is to be found."""
    started = datetime.combine(day, NIGHT.timetz())
    users = figure("totalUsers", 40 + int(tail, 16) % 1000 + day.toordinal())
    collection = collection_of(
        [figure(value=int(tail, 16))], [users], day=day, started=started, **{"switch": "true", **collected}
    )
    snapshot = Snapshot(
        run=run_of(day, tail),
        collection=collection,
        source_identity="duckdb:one",
        payload=payload.usage_data(collection),
        metrics=payload.metrics(collection),
        budget_microseconds=60_000_000,
        versions={"fa_stats": "0"},
        circumstances=consent.circumstances(where, collection, agreement.current(where.data), AGREED.definitions),
        checks=checked,
    )
    for letter in letters.of(where, snapshot):
        files.write(letter.path, letter.content)
    if stored:
        snapshots.write(where.data, snapshot, catalogue.load())
    enter(where, snapshot)
    return snapshot


def enter(where: Settings, snapshot: Snapshot) -> None:
    ledger.enter(
        where, Fixed(snapshot.collection.started + timedelta(minutes=1)), day=snapshot.collection.day, event="run",
        run=snapshot.run, source="duckdb", verdict="OK", payload_sha256=payload.digest(snapshot.payload),
        metrics_sha256=payload.digest(snapshot.metrics), submission="not asked for",
    )  # fmt: skip


def events(where: Settings, *kinds: str) -> list[tuple[str, str]]:
    """What the ledger says of sending: event and payload, of these kinds if they are named."""
    return [
        (each["event"], each["payload"])
        for each in ledger.entries(where.data)
        if "key" in each and (not kinds or each["event"] in kinds)
    ]


def later(**more: float) -> Clock:
    return Fixed(CLOCK.now() + timedelta(**more))


def with_mode(where: Settings, mode: str) -> Settings:
    return replace(where, collection=replace(where.collection, mode=mode))


def without_last_entry(where: Settings) -> None:
    """Have the ledger as it was before its last entry, as if the process had died before it."""
    for path in (ledger.path_of(where.data), ledger.checkpoints_of(where.data)):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def project(folder: Path, url: str, sending: str = "", *, days: int = 1) -> tuple[Project, Settings, list[Snapshot]]:
    """A project that the commands work in, with a run of each of the last days, the newest first."""
    folder.mkdir()
    (folder / "fa_stats.toml").write_text(
        '[collection]\nmode = "on"\n[sending]\n'
        f'{sending}usage_data_url = "{url}/stats"\nmetrics_url = "{url}/metrics"\n'
    )
    today = datetime.now(UTC).date()
    given(folder, url, agreed=datetime.combine(today, NIGHT.timetz()) - timedelta(days=40))
    loaded = settings.load(folder)
    made = [kept(loaded, today - timedelta(days=back), stored=True) for back in range(days, 0, -1)]
    return Project(folder, "demo:"), loaded, made[::-1]
