"""Snapshots: the immutable DuckDB file of one run, which is the evidence; everything else can be made from it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from fa_stats import checks, consent, files, layout, policy, storage
from fa_stats.catalogue import Catalogue, Payload
from fa_stats.checks import Check
from fa_stats.collection import Collection
from fa_stats.consent import Circumstances
from fa_stats.errors import StorageError
from fa_stats.policy import PolicyRecord

_NAME = re.compile(r"\d{8}T\d{6}Z-\w+")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that one run keeps: what was collected, the two payloads, and how the run came about.

    `circumstances`, `policy` and `checks` are what the run knew when it collected: whether that was allowed and whether
    the promises held. A snapshot of an older format has none of them.
    """

    run: str
    collection: Collection
    source_identity: str
    payload: bytes
    metrics: bytes
    budget_microseconds: int
    versions: dict[str, str]
    again_because: str | None = None
    circumstances: Circumstances | None = None
    policy: PolicyRecord | None = None
    checks: tuple[Check, ...] = ()


def path_of(data: Path, day: date, run: str) -> Path:
    """Where the snapshot of a run is."""
    return data / "snapshots" / day.isoformat() / f"{run}.duckdb"


def run_id(started: datetime, tail: str) -> str:
    """Return the name of a run: its UTC start and a short random tail."""
    return f"{started:%Y%m%dT%H%M%SZ}-{tail}"


def found(data: Path) -> list[tuple[date, str]]:
    """Return the day and run of every snapshot, oldest day first, runs of a day in the order in which they started.

    A file of any other name, a copy or one that is being written, is no snapshot.
    """
    kept = []
    for path in (data / "snapshots").glob("*/*.duckdb"):
        with suppress(ValueError):
            if _NAME.fullmatch(path.stem):
                kept.append((date.fromisoformat(path.parent.name), path.stem))
    return sorted(kept)


def write(data: Path, snapshot: Snapshot, catalogue: Catalogue) -> Path:
    """Write a snapshot beside, then rename it; it is never opened for writing again. Raises StorageError."""
    path = path_of(data, snapshot.collection.day, snapshot.run)
    with files.replacing(path) as beside:
        try:
            with duckdb.connect() as connection:
                connection.execute(
                    f"ATTACH {storage.quoted(str(beside))} AS snapshot (BLOCK_SIZE 16384, STORAGE_VERSION 'v1.2.0')"
                )
                connection.execute("USE snapshot")
                for table, rows in _rows(snapshot, catalogue).items():
                    _fill(connection, table, rows)
                connection.execute("USE memory")
                connection.execute("DETACH snapshot")
        except duckdb.Error as error:
            raise storage.unwritten(path, error) from None
        beside.chmod(0o444)
    return path


def read(path: Path) -> Snapshot:
    """Read a snapshot; raises StorageError where it is absent, cut short or not one of ours."""
    try:
        with storage.opened(path) as connection:
            [(written,)] = connection.execute("SELECT format FROM run").fetchall()
            if written > layout.FORMAT:
                raise StorageError(f"The snapshot {path} was written by a newer fa_stats, which this one cannot read.")
            [run] = _records(connection, "run", written)
            figures = _records(connection, "figures", written)
            statements = _records(connection, "statements", written)
            scans = _records(connection, "scans", written)
            checked = _records(connection, "checks", written)
        return _snapshot(run, figures, statements, scans, checked)
    except FileNotFoundError:
        raise StorageError(f"There is no snapshot {path}.") from None
    except (duckdb.Error, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"The snapshot {path} cannot be read ({type(error).__name__}): it is damaged, or was cut short."
        raise StorageError(message) from None


def of_run(data: Path, day: date, run: str) -> Snapshot:
    """Read the snapshot of a run; raises StorageError, also where the file holds another run's."""
    path = path_of(data, day, run)
    snapshot = read(path)
    if (snapshot.collection.day, snapshot.run) != (day, run):
        other = f"run {snapshot.run} of {snapshot.collection.day}"
        raise StorageError(f"The snapshot {path} holds {other}: it was put in a wrong place.")
    return snapshot


def earlier(data: Path, day: date, identity: str) -> Iterator[Snapshot]:
    """Give the snapshots of one source before a day, newest first, those that cannot be read passed over."""
    for other, run in reversed(found(data)):
        if other < day and (snapshot := if_readable(data, other, run)) and snapshot.source_identity == identity:
            yield snapshot


def of_day(data: Path, day: date, identity: str | None = None) -> Snapshot | None:
    """Return the newest readable snapshot of a day, of one source if it is named."""
    for other, run in reversed(found(data)):
        snapshot = if_readable(data, day, run) if other == day else None
        if snapshot and identity in (None, snapshot.source_identity):
            return snapshot
    return None


def if_readable(data: Path, day: date, run: str) -> Snapshot | None:
    """Read the snapshot of a run; None, and a note on stderr, where it cannot be read."""
    try:
        return of_run(data, day, run)
    except StorageError as error:
        _note(f"{error} It is passed over; `fa-stats doctor` lists what is damaged.")
        return None


@cache  # each of them once is enough
def _note(text: str) -> None:
    logging.getLogger(__name__).warning(text)


def _snapshot(
    run: dict[str, Any],
    figures: Sequence[dict[str, Any]],
    statements: Sequence[dict[str, Any]],
    scans: Sequence[dict[str, Any]],
    checked: Sequence[dict[str, Any]],
) -> Snapshot:
    collection = Collection(
        day=run["day"],
        started=run["started"].replace(tzinfo=UTC),
        microseconds=run["microseconds"],
        source_kind=run["source_kind"],
        source_label=run["source_label"],
        source_version=run["source_version"],
        instance_id=run["instance_id"],
        application_version=run["application_version"],
        report_timezone=run["report_timezone"],
        catalogue_sha256=run["catalogue_sha256"],
        stats=tuple(layout.figure(row) for row in figures if row["payload"] == Payload.STATS),
        metrics=tuple(layout.figure(row) for row in figures if row["payload"] == Payload.METRICS),
        statements=tuple(layout.statement(row, scans) for row in statements),
        isolated=run["isolated"],
        waited_microseconds=run["waited_microseconds"],
        switch=run["switch"],
        active_list=None if run["active_list"] is None else tuple(run["active_list"]),
    )
    return Snapshot(
        run=run["run"],
        collection=collection,
        source_identity=run["source_identity"],
        payload=run["payload"].encode(),
        metrics=run["metrics"].encode(),
        budget_microseconds=run["budget_microseconds"],
        versions=json.loads(run["versions"]),
        again_because=run["again_because"],
        circumstances=consent.parse(run["circumstances"]) if run["circumstances"] else None,
        policy=policy.parse(run["policy"]) if run["policy"] else None,
        checks=tuple(checks.of_row(row) for row in checked),
    )


def _rows(snapshot: Snapshot, catalogue: Catalogue) -> dict[str, list[dict[str, Any]]]:
    collection = snapshot.collection
    run = {name: getattr(collection, name, getattr(snapshot, name, None)) for name in layout.TABLES["run"]}
    run |= {
        "format": layout.FORMAT,
        "day": collection.day.isoformat(),
        "started": collection.started.astimezone(UTC).replace(tzinfo=None).isoformat(),
        "isolated": collection.isolated,
        "versions": json.dumps(snapshot.versions),
        "circumstances": consent.dump(snapshot.circumstances) if snapshot.circumstances else None,
        "policy": policy.dump(snapshot.policy) if snapshot.policy else None,
        "payload": snapshot.payload.decode(),
        "metrics": snapshot.metrics.decode(),
    }
    checked = [{"place": place, **checks.to_row(each)} for place, each in enumerate(snapshot.checks)]
    return {"run": [run], **layout.rows(collection, catalogue), "checks": checked}


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    columns = layout.TABLES[table]
    listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {table} ({listed})")
    shape = json.dumps([columns])
    text = json.dumps(rows, ensure_ascii=False)
    # One literal: binding values row by row takes longer than the whole collection, and imports pandas.
    parsed = f"from_json({storage.quoted(text)}, {storage.quoted(shape)})"
    connection.execute(f"INSERT INTO {table} SELECT unnest({parsed}, recursive := true)")


def _records(connection: duckdb.DuckDBPyConnection, table: str, written: int) -> list[dict[str, Any]]:
    if not layout.has(table, written):
        return []
    cursor = connection.execute(f"FROM {table} ORDER BY ALL")
    names = [column[0] for column in cursor.description or ()]
    return [layout.completed(table, dict(zip(names, row, strict=True)), written) for row in cursor.fetchall()]
