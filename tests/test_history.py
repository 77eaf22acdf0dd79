"""The history: made from the snapshots, the same however it came about, and never in the way of a run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from projects import holding
from test_snapshots import LOAD, snapshot, write, write_format_1

from fa_stats import catalogue, history, snapshots
from fa_stats.errors import StorageError

FIRST = date(2026, 11, 20)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with three days, one of them run again, one with a second source."""
    for number in range(3):
        write(tmp_path, FIRST + timedelta(days=number), f"2026112{number}T020000Z-0000")
    write(tmp_path, FIRST, "20261120T030000Z-0000")
    write(tmp_path, FIRST, "20261120T040000Z-0000", "duckdb:two")
    return tmp_path


def test_the_names_of_the_first_run_of_a_version_are_remembered(data: Path) -> None:
    assert history.known_runs(data) == set()
    assert history.first_names(data, "duckdb:two", "1.60.2") is None
    history.rebuild(data)
    names = frozenset(figure.name for figure in snapshot().collection.stats + snapshot().collection.metrics)
    assert history.known_runs(data) == {run for _, run in snapshots.found(data)}
    assert history.first_names(data, "duckdb:two", "1.60.2") == (FIRST, "20261120T040000Z-0000", names)
    identity = snapshot().source_identity
    assert history.first_names(data, identity, "1.60.2") == (FIRST, "20261120T030000Z-0000", names)  # the day's last
    assert history.first_names(data, identity, "1.60.3") is None
    assert history.first_names(data, "it's", "1.60.2") is None


def content(data: Path) -> dict[str, list[Any]]:
    with history.open(data) as connection:
        tables = ("runs", "figures", "statements", "seen")
        return {table: connection.execute(f"FROM {table} ORDER BY ALL").fetchall() for table in tables}


def runs(data: Path) -> list[str]:
    return [row[3] for row in content(data)["runs"]]


def test_catching_up_day_by_day_gives_what_a_rebuild_gives(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, FIRST + timedelta(days=number), f"2026112{number}T020000Z-0000")
        assert history.catch_up(tmp_path) == 1
    for run in ("20261121T030000Z-0000", "20261121T040000Z-0000"):  # run again, and again
        write(tmp_path, FIRST + timedelta(days=1), run)
        assert history.catch_up(tmp_path) == 1
    assert history.catch_up(tmp_path) == 0
    caught_up = content(tmp_path)
    assert history.rebuild(tmp_path) == 5
    assert content(tmp_path) == caught_up
    assert runs(tmp_path) == ["20261120T020000Z-0000", "20261121T040000Z-0000", "20261122T020000Z-0000"]


def test_the_last_run_of_a_day_counts_in_whichever_order_they_come(data: Path) -> None:
    late = snapshots.path_of(data, FIRST, "20261120T020000Z-0000")
    content_of_late = late.read_bytes()
    late.unlink()
    history.catch_up(data)
    late.write_bytes(content_of_late)
    assert history.catch_up(data) == 1
    caught_up = content(data)
    history.rebuild(data)
    assert content(data) == caught_up
    assert sorted(runs(data)) == [
        f"202611{tail}Z-0000" for tail in ("20T030000", "20T040000", "21T020000", "22T020000")
    ]


def test_it_answers_by_source(data: Path) -> None:
    history.catch_up(data)
    last = FIRST + timedelta(days=2)
    assert [day for day, _, _ in history.days(data, "duckdb:one", last, 90)] == [
        FIRST, FIRST + timedelta(days=1), last,
    ]  # fmt: skip
    assert len(history.days(data, "duckdb:two", last, 90)) == 1
    times = history.statement_times(data, "duckdb:one", last, 30)
    assert times
    assert {len(each) for each in times.values()} == {2}
    assert set(history.weights(data, "duckdb:one")) <= set(catalogue.load().by_name)


def test_without_a_history_there_are_no_answers_and_no_errors(tmp_path: Path) -> None:
    assert history.days(tmp_path, "duckdb:one", FIRST, 90) == []
    assert history.weights(tmp_path, "duckdb:one") == {}
    with pytest.raises(StorageError, match="There is no readable history"), history.open(tmp_path):
        pass


def damaged(whole: bytes) -> Iterator[bytes]:
    chance = random.Random(5)
    yield from (b"", b"garbage", b"\0" * len(whole))
    yield from (whole[: int(len(whole) * chance.random())] for _ in range(8))
    for _ in range(8):
        place = chance.randrange(len(whole) - 64)
        yield whole[:place] + chance.randbytes(64) + whole[place + 64 :]


def test_a_damaged_history_is_made_anew(tmp_path: Path) -> None:
    data = tmp_path
    write(data, FIRST, "20261120T020000Z-0000")
    history.rebuild(data)
    path, expected = history.path_of(data), content(data)
    for bytes_ in damaged(path.read_bytes()):
        path.write_bytes(bytes_)
        history.days(data, "duckdb:one", FIRST, 90)
        history.catch_up(data)
        assert content(data) == expected
    path.unlink()
    history.catch_up(data)
    assert content(data) == expected


def test_a_history_of_an_older_kind_is_made_anew(data: Path) -> None:
    history.rebuild(data)
    expected = content(data)
    with duckdb.connect(str(history.path_of(data))) as connection:
        connection.execute("DROP TABLE seen")
    history.catch_up(data)
    assert content(data) == expected


@pytest.mark.parametrize("read_only", [True, False])
def test_who_has_it_open_neither_waits_nor_blocks_nor_writes(data: Path, read_only: bool) -> None:
    history.catch_up(data)
    new = FIRST + timedelta(days=5)
    write(data, new, "20261125T020000Z-0000")
    meddling = "FROM runs" if read_only else "DELETE FROM runs; CREATE TABLE mine (i INTEGER)"
    with holding(history.path_of(data), meddling, read_only=read_only):
        assert len(history.days(data, "duckdb:one", new, 90)) == 3
        assert history.catch_up(data) in (1, 6)  # all of them, where what others wrote cannot be told from ours
        assert len(history.days(data, "duckdb:one", new, 90)) == 4
        assert not Path(f"{history.path_of(data)}.wal").exists()
    with history.open(data) as connection:
        assert ("mine",) not in connection.execute("SHOW TABLES").fetchall()
    caught_up = content(data)
    history.rebuild(data)
    assert content(data) == caught_up


def test_one_that_is_open_in_this_process_does_not_block_either(data: Path) -> None:
    history.catch_up(data)
    write(data, FIRST + timedelta(days=5), "20261125T020000Z-0000")
    with duckdb.connect(str(history.path_of(data))) as connection:
        history.catch_up(data)
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (4,)
    assert len(runs(data)) == 5


def test_a_snapshot_that_somebody_writes_to_is_added_as_it_was_kept(data: Path) -> None:
    history.catch_up(data)
    path = write(data, FIRST + timedelta(days=5), "20261125T020000Z-0000")
    with holding(path, "DELETE FROM figures"):
        assert history.catch_up(data) == 1
    with history.open(data) as connection:
        counted = connection.execute("SELECT count(*) FROM figures GROUP BY run").fetchall()
    assert len(set(counted)) == 1


def test_a_damaged_snapshot_is_passed_over_and_added_when_it_is_mended(data: Path) -> None:
    path = snapshots.path_of(data, FIRST + timedelta(days=1), "20261121T020000Z-0000")
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[: len(whole) // 2])
    assert history.catch_up(data) == 4
    assert history.catch_up(data) == 0
    path.write_bytes(whole)
    assert history.catch_up(data) == 1
    assert len(runs(data)) == 4


def test_a_history_that_cannot_be_written_is_said(data: Path) -> None:
    history.path_of(data).mkdir()
    with pytest.raises(StorageError, match=r"history\.duckdb could not be written"):
        history.catch_up(data)
    assert [path.name for path in data.glob(".*")] == []


def add_day(data: Path, day: date, **figure: Any) -> str:
    """Keep a day whose first stat has such times, and no other stat any; return its name."""
    kept = snapshot(day, f"{day:%Y%m%d}T020000Z-0000")
    none: dict[str, Any] = {"measured": False, "microseconds": 1, "alone_microseconds": None}
    stats = [replace(each, **none) for each in kept.collection.stats]
    metrics = tuple(replace(each, **none) for each in kept.collection.metrics)
    collection = replace(kept.collection, stats=(replace(stats[0], **figure), *stats[1:]), metrics=metrics)
    snapshots.write(data, replace(kept, collection=collection), catalogue.load())
    history.catch_up(data)
    return stats[0].name


def test_what_is_measured_alone_weighs_as_it_was_last_measured(tmp_path: Path) -> None:
    name = add_day(tmp_path, FIRST, microseconds=900)
    assert history.weights(tmp_path, "duckdb:one") == {}
    add_day(tmp_path, FIRST + timedelta(days=1), measured=True, microseconds=17)
    assert history.weights(tmp_path, "duckdb:one") == {name: 17}
    add_day(tmp_path, FIRST + timedelta(days=2), microseconds=900, alone_microseconds=23)
    assert history.weights(tmp_path, "duckdb:one") == {name: 23}
    add_day(tmp_path, FIRST + timedelta(days=3), measured=True, microseconds=900, alone_microseconds=31)
    assert history.weights(tmp_path, "duckdb:one") == {name: 31}
    add_day(tmp_path, FIRST + timedelta(days=4), microseconds=900)
    assert history.weights(tmp_path, "duckdb:one") == {name: 31}


def test_what_ran_once_more_is_no_time_of_its_statement(tmp_path: Path) -> None:
    collection = snapshot(FIRST).collection
    fused = {each.name: each.microseconds for each in collection.statements if not each.alone}
    assert [each for each in collection.statements if each.alone]
    write(tmp_path, FIRST, "20261120T020000Z-0000")
    history.catch_up(tmp_path)
    found = history.statement_times(tmp_path, "duckdb:one", FIRST + timedelta(days=1), 30)
    assert found == {name: [time] for name, time in fused.items()}


def test_it_holds_the_load_of_each_statement(tmp_path: Path) -> None:
    write(tmp_path, FIRST, "20261120T020000Z-0000", load=LOAD)
    history.catch_up(tmp_path)
    with history.open(tmp_path) as connection:
        columns = "rows_read, estimated_rows, server_us, bytes_returned, temporary_bytes, plan_sha256"
        found = connection.execute(f"SELECT DISTINCT {columns} FROM statements").fetchall()
        sha256 = connection.execute("SELECT sha256 FROM statements ORDER BY ALL").fetchall()
    expected = (
        LOAD.rows_read, LOAD.estimated_rows, LOAD.server_us, LOAD.bytes_returned, LOAD.temporary_bytes,
        LOAD.plan_sha256,
    )  # fmt: skip
    assert found == [expected]
    assert [each for (each,) in sha256] == sorted(each.sha256 for each in snapshot(FIRST).collection.statements)


def test_a_history_of_the_layout_of_0_1_0_is_made_anew(data: Path) -> None:
    history.rebuild(data)
    expected = content(data)
    with duckdb.connect(str(history.path_of(data))) as connection:
        for column in ("alone", "sha256", "rows_read", "estimated_rows", "server_us", "plan_sha256"):
            connection.execute(f"ALTER TABLE statements DROP {column}")
        connection.execute("ALTER TABLE figures DROP alone_microseconds")
    assert history.catch_up(data) == 5
    assert content(data) == expected


def test_snapshots_of_format_1_are_taken_in(tmp_path: Path) -> None:
    write_format_1(tmp_path, FIRST, "20261120T020000Z-0000")
    write(tmp_path, FIRST + timedelta(days=1), "20261121T020000Z-0000")
    assert history.catch_up(tmp_path) == 2
    caught_up = content(tmp_path)
    assert history.rebuild(tmp_path) == 2
    assert content(tmp_path) == caught_up
    times = history.statement_times(tmp_path, "duckdb:one", FIRST + timedelta(days=2), 30)
    assert {len(each) for each in times.values()} == {2}
    with history.open(tmp_path) as connection:
        old = f"FROM statements WHERE day = DATE '{FIRST}'"
        assert connection.execute(f"SELECT DISTINCT alone, rows_read, plan_sha256 {old}").fetchall() == [
            (False, None, None)
        ]
