"""Instances to count in, and the collections that they give: real DuckDB files, made once for a whole test session."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from fa_stats import catalogue, collector, demo, settings
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Figure
from fa_stats.collector import Order
from fa_stats.sources.duckdb import DuckDBFile

DAY = date(2026, 11, 23)  # after the demo's upgrade
BEFORE = date(2026, 11, 5)  # before it
SMALL = demo.Size(tenants=7, applications=16, users=60)


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fa_stats_tests_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def instance(seed: int = 1, day: date = DAY, size: demo.Size = SMALL) -> Path:
    """A demo instance; never write to it, `changed` makes a copy."""
    path = _folder() / f"{seed}-{day}-{size.tenants}-{size.applications}-{size.users}.duckdb"
    demo.create(path, day=day, seed=seed, size=size)
    return path


def changed(folder: Path, *statements: str, of: Path | None = None) -> Path:
    """A copy of an instance in which these statements ran."""
    path = folder / "changed.duckdb"
    shutil.copy(of or instance(), path)
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


def limits(**values: Any) -> settings.Settings:
    """Settings without a rest between statements, and with these of [collection]."""
    return settings.Settings(folder=_folder(), collection=settings.Collection(**{"pause_ratio": 0.0, **values}))


def collect(
    path: Path, day: date = DAY, *, given: settings.Settings | None = None, clock: Clock | None = None, **order: Any
) -> Collection:
    """Count everything in an instance."""
    asked = Order(day=day, settings=given or limits(), **order)
    return collector.collect(DuckDBFile(path), catalogue.load(), asked, clock or Clock())


def figures(collection: Collection) -> dict[str, Figure]:
    """Every stat of a collection by its name."""
    return {figure.name: figure for figure in collection.stats}


def metrics(collection: Collection) -> dict[str, Figure]:
    """Every metric of a collection by its name."""
    return {figure.name: figure for figure in collection.metrics}


def names(collection: Collection, status: str) -> set[str]:
    """The stats of one status."""
    return {figure.name for figure in collection.stats if figure.status == status}


def of_table(*tables: str) -> set[str]:
    """The stats that need one of these tables."""
    loaded = catalogue.load()
    return {
        stat.name
        for stat in loaded.of(catalogue.Payload.STATS)
        if loaded.statement[stat.statement].columns_of([stat]).keys() & set(tables)
    }


def figure(name: str = "tenantNumber", value: Any = 1, status: Any = None, **more: Any) -> Figure:
    """One figure, `ok` unless another status is given."""
    from fa_stats.collection import Status

    status = status or Status.OK
    return Figure(name, status, value if status is Status.OK else None, **more)


def collection_of(stats: Iterable[Figure], metrics: Iterable[Figure] = (), **more: Any) -> Collection:
    """A collection that holds these figures."""
    made = Collection(
        day=DAY,
        started=datetime(2026, 11, 23, 2, 0, 0, 125_000, tzinfo=UTC),
        microseconds=41_001,
        source_kind="demo",
        source_label="embedded demo, seed 1",
        source_version="DuckDB 1.5.6",
        instance_id="0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44",
        application_version="1.60.2",
        report_timezone="America/Denver",
        catalogue_sha256="00",
        stats=tuple(stats),
        metrics=tuple(metrics),
        statements=(),
    )
    return replace(made, **more)


@dataclass(frozen=True, slots=True)
class Ticking(Clock):
    """A clock on which every look takes the same time, and a rest takes what it asks for."""

    step: int = 1000
    state: dict[str, float] = field(default_factory=lambda: {"now": 0.0, "rested": 0.0})

    def microseconds(self) -> int:
        self.state["now"] += self.step
        return int(self.state["now"])

    def sleep(self, seconds: float) -> None:
        self.state["now"] += seconds * 1_000_000
        self.state["rested"] += seconds


def plain(table: Mapping[str, Figure]) -> dict[str, Any]:
    """The values by name."""
    return {name: each.value for name, each in table.items()}
