"""Sources: found by their URL, opened read-only, and clear about what is wrong with a file."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import instances
import pytest

from fa_stats import catalogue, sources
from fa_stats.dialects import DIALECTS
from fa_stats.errors import DayError, QueryError, SourceError, UsageError
from fa_stats.query import Query, compose
from fa_stats.sources import Limits
from fa_stats.sources.duckdb import DemoInstance, DuckDBFile

DEMO = {"seed": 1, "tenants": 3, "applications": 4, "users": 10}
SECRET = "vexlorn-s3cret"


def find(url: str, data: Path = Path("data"), day: date = instances.DAY) -> sources.Source:
    return sources.find(url, day=day, data=data, demo=DEMO)


def query(sql: str, **more: Any) -> Query:
    """A query that the catalogue would never make."""
    [made] = compose(catalogue.load(), [catalogue.load().by_name["tenantNumber"]], DIALECTS["duckdb"])
    return replace(made, sql=sql, **more)


# ---------------------------------------------------------------------------------------------------------- finding one


def test_a_url_names_its_source() -> None:
    assert find("demo:").kind == "demo"
    assert find("demo").kind == "demo"
    found = find("duckdb:///tmp/some%20where/x.duckdb")
    assert isinstance(found, DuckDBFile)
    assert found.kind == "duckdb"
    assert found.path == Path("/tmp/some%20where/x.duckdb")


def test_space_around_a_url_and_capitals_in_its_kind_do_not_matter() -> None:
    typed = "typed-key"
    for url, same in (
        (" demo:\n", "demo:"),
        ("Demo", "demo:"),
        ("DuckDB:///tmp/Some/X.duckdb ", "duckdb:///tmp/Some/X.duckdb"),
        (f" HTTPS://{typed}@Host:9011/\t", f"https://{typed}@host:9011"),
        (f"Http://{typed}@localhost", f"http://{typed}@localhost"),
        ("MySQL://Jo@h/D", "mysql://Jo@h/D"),
        ("PostgreSQL://Jo@h/D", "postgresql://Jo@h/D"),
    ):
        assert (find(url).kind, find(url).identity, find(url).label) == (
            find(same).kind,
            find(same).identity,
            find(same).label,
        )


def refused(url: str) -> str:
    """What is said of a URL that names no source, without a word of it."""
    with pytest.raises(UsageError) as raised:
        find(url)
    said = str(raised.value)
    for word in (SECRET, "auth", "127.0.0.1", "localhost:", "internal", "oracle", "18999"):
        assert word not in said
    assert "`demo:`, `duckdb:///absolute/path`" in said
    return said


@pytest.mark.parametrize("url", [f"oracle://user:{SECRET}@internal/db", f"ftp://{SECRET}", "auth.internal://x"])
def test_an_unknown_kind_is_refused_without_being_repeated(url: str) -> None:
    assert refused(url).startswith("There is no source of that kind. A source is one of")


@pytest.mark.parametrize(
    "url",
    [
        "auth.internal",
        "127.0.0.1:18999",
        "localhost:18999",
        "auth.internal:18999/path",
        f"jo:{SECRET}@internal/db",
        f"C:\\{SECRET}",
        f"{SECRET}",
        "//auth.internal",
        "https//auth.internal",
        "",
        "  ",
    ],
)
def test_a_source_without_a_kind_is_told_how_a_url_begins(url: str) -> None:
    assert refused(url).startswith("The source does not begin with its kind, as `https://host` does.")


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        (f"postgress://jo:{SECRET}@internal/db", "postgres://"),
        ("postgressql://internal/db", "postgresql://"),
        ("postgresql+psycopg://internal/db", "postgresql://"),
        ("htps://auth.internal", "https://"),
        ("httpss://auth.internal", "https://"),
        ("htp://localhost", "http://"),
        ("mysqll://internal/db", "mysql://"),
        ("mariadb://internal/db", "mysql://"),
        ("duckbd:///internal", "duckdb://"),
    ],
)
def test_a_kind_that_is_mistyped_is_told_the_one_that_was_meant(url: str, meant: str) -> None:
    assert f"There is no source of that kind: did you mean `{meant}`?" in refused(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https:/auth.internal", "`https:` is followed by two slashes, as in `https://host`."),
        ("https:auth.internal", "`https:` is followed by two slashes, as in `https://host`."),
        ("HTTP:/localhost:18999", "`http:` is followed by two slashes, as in `http://localhost`."),
        (f"mysql:jo:{SECRET}@internal/d", "`mysql:` is followed by two slashes, as in `mysql://user@host/database`."),
        ("postgres:/internal/d", "`postgres:` is followed by two slashes, as in `postgresql://user@host/database`."),
        ("demo:x", "`demo:` is followed by nothing"),
    ],
)
def test_a_kind_without_its_slashes_is_told_what_follows_it(url: str, said: str) -> None:
    assert said in refused(url)


@pytest.mark.parametrize("url", ["duckdb:x.duckdb", "duckdb://x.duckdb", "duckdb:/tmp/x", "DUCKDB:x"])
def test_a_relative_duckdb_url_is_told_how_to_be_one(url: str) -> None:
    with pytest.raises(UsageError, match="after three slashes: duckdb:///absolute/path"):
        find(url)


def test_labels_and_identities_hold_no_path(tmp_path: Path) -> None:
    folder = tmp_path / SECRET
    found = find(f"duckdb://{folder}/instance.duckdb")
    assert found.label == "DuckDB file instance.duckdb"
    assert SECRET not in found.identity
    assert found.identity == find(f"duckdb://{folder}/../{SECRET}/instance.duckdb").identity
    assert found.identity != find(f"duckdb://{tmp_path}/instance.duckdb").identity
    assert find("demo:").identity == find("demo", day=instances.BEFORE).identity
    assert (
        find("demo:").identity
        != sources.find("demo:", day=instances.DAY, data=Path(), demo={**DEMO, "seed": 2}).identity
    )


# ---------------------------------------------------------------------------------------------------------- opening one


def opened(path: Path) -> str:
    """What opening a file says."""
    with pytest.raises(SourceError) as raised, DuckDBFile(path).connect() as connection:
        connection.schema()
    return str(raised.value)


def test_an_absent_file_and_a_folder_are_told(tmp_path: Path) -> None:
    assert opened(tmp_path / "absent.duckdb") == (
        f"There is no file {tmp_path}/absent.duckdb. Name an existing DuckDB file: duckdb:///absolute/path."
    )
    assert opened(tmp_path).startswith("There is no file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"hello, this is no database" * 500, b"\0" * 20_000, b"SQLite format 3\0" * 800]
)
def test_what_is_no_duckdb_file_is_told(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    path.write_bytes(content)
    assert opened(path) == f"{path} is not a DuckDB file."
    assert path.read_bytes() == content


def test_a_file_that_is_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    path.write_bytes(instances.instance().read_bytes()[:100_000])
    assert re.match(r".*x\.duckdb cannot be opened \(\w+\)\. Check that it is a whole DuckDB file", opened(path))


@contextmanager
def writer(path: Path) -> Iterator[None]:
    """Another process that has the file open for writing."""
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('ready', flush=True); input()"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.communicate("\n")


def test_a_file_that_somebody_writes_to_is_told(tmp_path: Path) -> None:
    path = instances.changed(tmp_path)
    with writer(path):
        assert opened(path) == f"{path} is open for writing in another program. Close that program, then call again."
    with DuckDBFile(path).connect() as connection:
        assert "tenants" in connection.schema().columns


def test_a_file_that_this_program_has_open_is_told(tmp_path: Path) -> None:
    path = instances.changed(tmp_path)
    with duckdb.connect(str(path)):
        assert opened(path) == f"{path} is open in this program already. Close that connection, then call again."
    with DuckDBFile(path).connect():
        assert "open in this program already" in opened(path)


def test_reading_leaves_the_file_as_it_is() -> None:
    path = instances.instance()
    before, content = path.stat().st_mtime_ns, path.read_bytes()
    instances.collect(path)
    assert path.stat().st_mtime_ns == before
    assert path.read_bytes() == content
    assert not path.with_name(path.name + ".wal").exists()


# --------------------------------------------------------------------------------------------------------- a connection


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE tenants",
        "UPDATE tenants SET data = NULL",
        "CREATE TABLE x (a INT)",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname.csv'",
        "COPY (SELECT 1) TO '{}/leak.csv'",
        "ATTACH '{}/leak.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '8GB'",
    ],
)
def test_a_connection_can_neither_write_nor_leave_the_file(sql: str, tmp_path: Path) -> None:
    with DuckDBFile(instances.instance()).connect() as connection, pytest.raises(QueryError):
        connection.run(query(sql.format(tmp_path)), {}, Limits(5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (f"SELECT CAST('{SECRET}' AS INT)", "a value is of another type than expected (ConversionException)"),
        (f"SELECT CAST('{SECRET}' AS UUID)", "a value is of another type than expected (ConversionException)"),
        (f"SELECT json_extract('{{{SECRET}', '$.a')", "a document in tenants.data is not valid JSON"),
        (f"SELECT error('{SECRET}')", "a value is of another type than expected (InvalidInputException)"),
        (f"SELECT {SECRET.replace('-', '_')} FROM tenants", "the schema is not as expected (BinderException)"),
        (f"SELECT 1 FROM {SECRET.replace('-', '_')}", "the schema is not as expected (CatalogException)"),
        ("SELECT 2147483647::INT + 1::INT", "a value is of another type than expected (OutOfRangeException)"),
        (f"SELECT '{SECRET}", "the database refused the statement (ParserException)"),
    ],
)
def test_an_error_is_put_in_words_that_quote_nothing(sql: str, said: str) -> None:
    with DuckDBFile(instances.instance()).connect() as connection, pytest.raises(QueryError) as raised:
        connection.run(query(sql, documents=("tenants.data",)), {}, Limits(20))
    assert str(raised.value) == said
    assert SECRET not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert raised.value.document is ("valid JSON" in said)


@pytest.mark.parametrize("timeout", [0.3, 0.01, 0.000001])
def test_a_query_is_stopped_at_its_limit_and_the_next_one_runs(timeout: float) -> None:
    with DuckDBFile(instances.instance()).connect() as connection:
        with pytest.raises(QueryError, match=r"stopped after .* s, the time it was given") as raised:
            connection.run(query("SELECT sum(hash(i)) FROM range(20000000000) t(i)"), {}, Limits(timeout))
        assert raised.value.timed_out
        answer = connection.run(query("SELECT count(*) AS n FROM tenants"), {}, Limits(10))
        assert answer.rows[0]["n"] > 0


def test_parameters_are_values_and_never_sql() -> None:
    hostile = "x'); DROP TABLE tenants; --"
    with DuckDBFile(instances.instance()).connect() as connection:
        found = connection.run(
            query("SELECT getvariable('name') AS a, getvariable('number') AS b", parameters=("name", "number")),
            {"name": hostile, "number": -5},
            Limits(10),
        )
    assert found.rows == ({"a": hostile, "b": -5},)


def test_a_running_query_imports_no_pandas() -> None:
    code = """
import sys, datetime, pathlib
from fa_stats import catalogue, collector, settings
from fa_stats.clock import Clock
from fa_stats.sources.duckdb import DuckDBFile
path = pathlib.Path(sys.argv[1])
properties = path.with_name("memory.properties")
properties.write_text("fusionauth-app.memory=2G")
given = settings.Settings(folder=path.parent, configuration=settings.Configuration(properties=properties))
order = collector.Order(day=datetime.date(2026, 11, 23), settings=given)
found = collector.collect(DuckDBFile(path), catalogue.load(), order, Clock())
assert not found.partial
print([name for name in ("pandas", "numpy", "pyarrow", "altair") if name in sys.modules])
"""
    command = [sys.executable, "-c", code, str(instances.instance())]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


# ------------------------------------------------------------------------------------------------------------- the demo


def test_the_demo_is_made_on_first_use_and_again_for_another_day(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = find("demo:", data)
    assert isinstance(first, DemoInstance)
    assert not data.exists()
    with first.connect() as connection:
        assert "tenants" in connection.schema().columns
    made = first.path.stat().st_mtime_ns
    with find("demo:", data).connect():
        assert first.path.stat().st_mtime_ns == made
    with find("demo:", data, instances.BEFORE).connect():
        assert [path.name for path in (data / "demo").iterdir()] == [f"demo-{instances.BEFORE}-1-3-4-10.duckdb"]


def test_a_demo_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("in the way")
    source = find("demo:", tmp_path)
    with (
        pytest.raises(SourceError, match=r"The demo instance cannot be written to .*: .* Free or open that folder"),
        source.connect(),
    ):
        pass


def test_a_demo_before_its_company_was_founded_is_told(tmp_path: Path) -> None:
    source = find("demo:", tmp_path, date(2020, 1, 1))
    with pytest.raises(DayError, match="does not exist before"), source.connect():
        pass
