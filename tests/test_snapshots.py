"""Snapshots: what is read is what was kept; what is damaged, misplaced or half-written is never taken for one."""

from __future__ import annotations

import json
import random
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import instances
import pytest
from projects import holding

from fa_stats import catalogue, payload, snapshots, storage
from fa_stats.checks import Check, Outcome
from fa_stats.collection import Collection, Load
from fa_stats.consent import Agreement, Circumstances, Created, Plan
from fa_stats.errors import StorageError
from fa_stats.policy import PolicyRecord, State
from fa_stats.snapshots import Snapshot

DAY = instances.DAY
RUN = "20261123T020000Z-3f9c"
LOAD = Load(
    rows_read=4_100_000_000,
    blocks_hit=11,
    blocks_read=7,
    temporary_bytes=5_000_000_000,
    temporary_files=2,
    bytes_returned=321,
    server_us=1_234,
    estimated_rows=4_000_000_000,
    plan='Aggregate ~1 rows\n  Seq Scan on tenants ~40 rows: it\'s "quoted" — and more',
    plan_sha256="a" * 64,
    whole_server=("temporary_bytes", "temporary_files"),
)

CIRCUMSTANCES = Circumstances(
    mode="on",
    usage_data=True,
    metrics=False,
    deployment="cloud",
    air_gapped=True,
    created=Created.BEFORE,
    switch=None,
    plan=Plan.COMMUNITY,
    definitions="b" * 64,
    agreement=Agreement('Ada "A" O\'Neill', datetime(2026, 11, 23, 2, tzinfo=UTC), "b" * 64, "it's — fine"),
)


@cache
def collected() -> Collection:
    return instances.collect(instances.instance())


def snapshot(day: date = DAY, run: str = RUN, identity: str = "duckdb:one", *, load: Load | None = None) -> Snapshot:
    collection = replace(collected(), day=day, waited_microseconds=250_000)
    if load:
        loaded = tuple(replace(each, load=load) for each in collection.statements)
        collection = replace(collection, statements=loaded)
    return Snapshot(
        run=run,
        collection=collection,
        source_identity=identity,
        payload=payload.usage_data(collection),
        metrics=payload.metrics(collection),
        budget_microseconds=60_000_000,
        versions={"fa_stats": "0", "python": "it's 3"},
        again_because='it\'s "quoted", and — more',
    )


def write(
    data: Path, day: date = DAY, run: str = RUN, identity: str = "duckdb:one", *, load: Load | None = None
) -> Path:
    return snapshots.write(data, snapshot(day, run, identity, load=load), catalogue.load())


def without_load(kept: Snapshot) -> Snapshot:
    """What format 1 holds of a snapshot."""
    collection = kept.collection
    return replace(
        kept,
        collection=replace(
            collection,
            stats=tuple(replace(each, alone_microseconds=None) for each in collection.stats),
            metrics=tuple(replace(each, alone_microseconds=None) for each in collection.metrics),
            statements=tuple(replace(each, load=Load()) for each in collection.statements if not each.alone),
            waited_microseconds=0,
            switch=None,
        ),
    )


def write_format(number: int, folder: Path) -> Path:
    """Write a snapshot as 0.2.0 (format 2) or 0.3.0 (format 3) did, by its own tables."""
    now, path = write(folder / "now", load=LOAD), snapshots.path_of(folder, DAY, RUN)
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute((Path(__file__).parent / f"format_{number}.sql").read_text())
        connection.execute(f"ATTACH '{now}' AS now (READ_ONLY)")
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name <> 'now'").fetchall()
        for (table,) in tables:
            listed = _columns(connection, table)
            connection.execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM now.{table}")
        connection.execute("UPDATE run SET format = ?", [number])
    path.chmod(0o444)
    return path


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    found = "SELECT column_name FROM duckdb_columns() WHERE database_name <> 'now' AND table_name = ?"
    return ", ".join(name for (name,) in connection.execute(found, [table]).fetchall())


def write_format_1(data: Path, day: date = DAY, run: str = RUN, identity: str = "duckdb:one") -> Path:
    """Write a snapshot as 0.1.0 did, by its own tables."""
    kept = without_load(snapshot(day, run, identity))
    collection = kept.collection
    path = snapshots.path_of(data, day, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute((Path(__file__).parent / "format_1.sql").read_text())
        row: list[object] = [
            1, run, day, collection.started.replace(tzinfo=None), collection.microseconds, collection.source_kind,
            collection.source_label, identity, collection.source_version, collection.instance_id,
            collection.application_version, collection.report_timezone, collection.catalogue_sha256,
            collection.isolated, kept.again_because, kept.budget_microseconds, json.dumps(kept.versions),
            kept.payload.decode(), kept.metrics.decode(),
        ]  # fmt: skip
        _insert(connection, "run", [row])
        figures = [("stats", each) for each in collection.stats] + [("metrics", each) for each in collection.metrics]
        _insert(
            connection,
            "figures",
            [
                [each.name, payload_, each.status, None if each.value is None else json.dumps(each.value), None,
                 each.microseconds, each.measured, each.statement, each.reason, "what it counts"]
                for payload_, each in figures
            ],
        )  # fmt: skip
        _insert(
            connection,
            "statements",
            [
                [at, each.name, each.sql, each.sha256, each.started_us, each.microseconds, list(each.figures),
                 each.failure]
                for at, each in enumerate(collection.statements)
            ],
        )  # fmt: skip
        scans = [[at, *scan] for at, each in enumerate(collection.statements) for scan in each.scans]
        _insert(connection, "scans", scans)
    path.chmod(0o444)
    return path


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: list[list[object]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return write(tmp_path / "it's data")


def test_what_is_read_equals_what_was_kept(kept: Path) -> None:
    assert snapshots.read(kept) == snapshot()


def test_the_load_of_a_statement_is_kept_field_by_field(tmp_path: Path) -> None:
    kept = snapshot(load=LOAD)
    [first, *others] = kept.collection.statements
    statements = (replace(first, alone=True), *(replace(each, load=Load(rows_read=0)) for each in others))
    stats = (replace(kept.collection.stats[0], alone_microseconds=77), *kept.collection.stats[1:])
    kept = replace(kept, collection=replace(kept.collection, statements=statements, stats=stats))
    assert snapshots.read(snapshots.write(tmp_path, kept, catalogue.load())) == kept


def test_a_snapshot_of_format_1_is_read_as_it_was_kept(tmp_path: Path) -> None:
    path = write_format_1(tmp_path)
    before = path.read_bytes()
    assert snapshots.read(path) == without_load(snapshot())
    assert path.read_bytes() == before


def test_a_snapshot_of_format_2_is_read_as_it_was_kept(tmp_path: Path) -> None:
    path = write_format(2, tmp_path)
    before = path.read_bytes()
    kept = snapshot(load=LOAD)
    assert kept.collection.switch == "true"
    assert snapshots.read(path) == replace(kept, collection=replace(kept.collection, switch=None))
    assert path.read_bytes() == before


def test_a_snapshot_of_format_3_is_read_as_it_was_kept(tmp_path: Path) -> None:
    path = write_format(3, tmp_path)
    before = path.read_bytes()
    assert snapshots.read(path) == snapshot(load=LOAD)
    assert path.read_bytes() == before


def test_what_allowed_the_collection_and_what_was_checked_is_kept(tmp_path: Path) -> None:
    kept = replace(
        snapshot(),
        collection=replace(collected(), active_list=("nodes", "tenantNumber")),
        circumstances=CIRCUMSTANCES,
        policy=PolicyRecord(State.KEPT, "a" * 64, collected().started, 'It\'s "old".', follows_active_list=True),
        checks=(Check("one", 'A "promise".', Outcome.HELD, "seen"), Check("two", "Another.", Outcome.NOT_RUN, "it's")),
    )
    found = snapshots.read(snapshots.write(tmp_path, kept, catalogue.load()))
    assert (found.circumstances, found.policy, found.checks) == (kept.circumstances, kept.policy, kept.checks)
    assert (found.collection.switch, found.collection.active_list) == ("true", ("nodes", "tenantNumber"))


def test_a_snapshot_of_a_newer_fa_stats_is_refused_as_such(kept: Path) -> None:
    kept.chmod(0o644)
    with duckdb.connect(str(kept)) as connection:
        connection.execute("UPDATE run SET format = 5")
    with pytest.raises(StorageError, match="written by a newer fa_stats"):
        snapshots.read(kept)


def test_a_snapshot_is_one_file_that_nobody_is_to_write(kept: Path) -> None:
    assert [path.name for path in kept.parent.iterdir()] == [f"{RUN}.duckdb"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444


def test_reading_changes_nothing(kept: Path) -> None:
    before = kept.read_bytes()
    snapshots.read(kept)
    assert kept.read_bytes() == before
    assert len(list(kept.parent.iterdir())) == 1


@cache
def _lengths() -> list[float]:
    chance = random.Random(11)
    return [0, 0.001, *sorted(chance.random() for _ in range(25)), 0.9999]


def damaged(kept: Path) -> Iterator[bytes]:
    """A snapshot cut short at many lengths, overwritten with noise at many places, and what never was one."""
    whole, chance = kept.read_bytes(), random.Random(7)
    for part in _lengths():
        yield whole[: int(len(whole) * part)]
    for _ in range(25):
        place = chance.randrange(len(whole) - 64)
        yield whole[:place] + chance.randbytes(64) + whole[place + 64 :]
    yield from (b"garbage", chance.randbytes(100_000), b"\0" * 50_000, b"{}")


def test_a_damaged_snapshot_is_read_whole_or_refused_by_name(kept: Path) -> None:
    refused = 0
    contents = list(damaged(kept))
    kept.chmod(0o644)
    for content in contents:
        kept.write_bytes(content)
        try:
            assert snapshots.read(kept) == snapshot()  # the noise fell where nothing is
        except StorageError as error:
            assert str(error).startswith(f"The snapshot {kept} cannot be read (")  # noqa: PT017
            refused += 1
    assert refused > len(_lengths()) + 4


@pytest.mark.parametrize(
    "statement",
    ["DROP TABLE scans", "ALTER TABLE run DROP versions", "DELETE FROM run", "UPDATE figures SET status = 'fine'",
     "UPDATE run SET started = NULL", "INSERT INTO run FROM run", "UPDATE run SET versions = '{'",
     "UPDATE figures SET value = 'x' WHERE value IS NOT NULL", "ALTER TABLE statements DROP plan",
     "ALTER TABLE figures DROP alone_microseconds", "ALTER TABLE run DROP waited_microseconds"],
)  # fmt: skip
def test_another_file_than_ours_is_refused(kept: Path, statement: str) -> None:
    kept.chmod(0o644)
    with duckdb.connect(str(kept)) as connection:
        connection.execute(statement)
    with pytest.raises(StorageError, match="cannot be read"):
        snapshots.read(kept)


def test_a_snapshot_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no snapshot"):
        snapshots.read(tmp_path / "none.duckdb")


def test_a_snapshot_in_the_place_of_another_is_refused(tmp_path: Path) -> None:
    other = snapshots.path_of(tmp_path, DAY - timedelta(days=1), RUN)
    other.parent.mkdir(parents=True)
    shutil.copy(write(tmp_path), other)
    with pytest.raises(StorageError, match=f"holds run {RUN} of {DAY}: it was put in a wrong place"):
        snapshots.of_run(tmp_path, DAY - timedelta(days=1), RUN)


def test_only_files_with_the_name_of_a_run_are_snapshots(tmp_path: Path) -> None:
    kept = write(tmp_path)
    for name in (f".{RUN}.duckdb.17.part", f"{RUN}.duckdb.wal", f"{RUN} (copy).duckdb", "notes.duckdb", f"{RUN}.bak"):
        (kept.parent / name).write_bytes(b"")
    for folder in ("not-a-da-y", "2026-13-01", "elsewhere"):
        (kept.parent.parent / folder).mkdir()
        shutil.copy(kept, kept.parent.parent / folder)
    assert snapshots.found(tmp_path) == [(DAY, RUN)]


def test_the_damaged_are_passed_over_with_a_note(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, DAY, "20261123T020000Z-0001")
    later = write(tmp_path, DAY, "20261123T030000Z-0000")
    write(tmp_path, DAY, "20261123T040000Z-0000", "duckdb:two")
    write(tmp_path, DAY - timedelta(days=2), "20261121T020000Z-0000")
    yesterday = write(tmp_path, DAY - timedelta(days=1), "20261122T020000Z-0000")
    for path in (later, yesterday):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:20_000])
    of_day, of_any = snapshots.of_day(tmp_path, DAY, "duckdb:one"), snapshots.of_day(tmp_path, DAY)
    before = list(snapshots.earlier(tmp_path, DAY, "duckdb:one"))
    assert of_day
    assert of_any
    assert [of_day.run, of_any.run] == ["20261123T020000Z-0001", "20261123T040000Z-0000"]
    assert [each.run for each in before] == ["20261121T020000Z-0000"]
    assert [str(path) in "".join(caplog.messages) for path in (later, yesterday)] == [True, True]
    assert len(caplog.messages) == 2


@pytest.mark.parametrize("same_process", [True, False])
def test_whoever_has_a_snapshot_open_for_writing_keeps_nobody_from_reading(kept: Path, same_process: bool) -> None:
    statement = "CREATE TABLE more (i INTEGER); INSERT INTO run FROM run"
    if same_process:
        with duckdb.connect(str(kept)) as connection:
            connection.execute(statement)
            assert snapshots.read(kept) == snapshot()
        return
    with holding(kept, statement):
        assert Path(f"{kept}.wal").exists()
        assert snapshots.read(kept) == snapshot()
    assert snapshots.read(kept) == snapshot()  # its log stayed behind, and is none of ours


def test_what_duckdb_says_of_a_full_disk_becomes_a_sentence(tmp_path: Path) -> None:
    error = storage.unwritten(tmp_path / "x", duckdb.IOException("IO Error: Could not write: No space left on device"))
    assert str(error).startswith(f"The disk is full: {tmp_path / 'x'} could not be written.")
    assert "(ConversionException)" in str(storage.unwritten(tmp_path, duckdb.ConversionException("a value")))
