"""An instance in a server is the very same as in the DuckDB file; a database with tables is left alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest
import servers
from click.testing import CliRunner, Result
from instances import BEFORE, DAY, changed, instance

from fa_stats import demo
from fa_stats.cli import main
from fa_stats.demo import loading, mysql, postgresql
from fa_stats.demo.schema import read_facts
from fa_stats.demo.servers import Table
from fa_stats.errors import ExitCode, FaStatsError, SourceError, StorageError, UsageError

HOSTILE = (
    "'",
    "''; DROP TABLE users; --",
    '"quoted"',
    "back\\slash \\' \\n \\\\",
    "ends in \\",
    "\\.",
    "\\N",
    "NULL",
    "",
    " spaces ",
    "two\nlines\r\nand\rmore\n\\.\n",
    "tab\tbell\x07 one\x01two\x02three",
    "🦊 Änderung „später“ 移行 \u2028 \ufeff",
    "a,b;(c),\n('d'),",
    "{pipe} %s %% $1 ?",
    "x" * 70_000,
    "\\" * 3_000_000,
)


@dataclass(frozen=True)
class Database:
    """A database that is empty at first."""

    server: servers.Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def ask(self, sql: str) -> list[Any]:
        return self.server.ask(sql, database=self.name)

    def tables(self) -> list[str]:
        return sorted(
            row[0]
            for row in self.ask(
                "SELECT table_name FROM information_schema.tables "
                f"WHERE table_schema = '{'public' if self.server.kind == 'postgresql' else self.name}'"
            )
        )


@pytest.fixture(params=servers.KINDS)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    server = servers.shared(request.param)
    name = server.create_database()
    yield Database(server, name)
    server.drop_database(name)


def small(day: date) -> Path:
    return instance(day=day, size=demo.Size(3, 5, 20))


def silent(text: str) -> None:
    """Say nothing."""


def columns_of(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY table_name, column_index"
        ).fetchall():
            found[table].append(column)
    return found


def values(path: Path, columns: dict[str, list[str]]) -> dict[str, Counter[Any]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            table: Counter(connection.execute(f'SELECT {", ".join(map(_quoted, names))} FROM "{table}"').fetchall())
            for table, names in columns.items()
        }


def _quoted(name: str) -> str:
    return f'"{name}"'


def loaded(database: Database, columns: dict[str, list[str]]) -> Iterator[tuple[str, Counter[Any]]]:
    types = {(fact["table"], fact["column"]): fact["type"] for fact in read_facts("schema.csv")}
    with database.server.admin(database.name) as connection, connection.cursor() as cursor:
        for table, names in columns.items():
            query = f'SELECT {", ".join(map(_quoted, names))} FROM "{table}"'
            cursor.execute(query if database.server.kind == "postgresql" else query.replace('"', "`"))
            kinds = [types[table, name] for name in names]
            yield table, Counter(tuple(map(value_of, row, kinds)) for row in cursor.fetchall())


def value_of(value: Any, kind: str) -> Any:
    """What a driver of MySQL gives as bytes, as the type it stands for."""
    if isinstance(value, bytes) and kind == "uuid":
        return UUID(bytes=value)
    if isinstance(value, bytes) and kind == "boolean":
        return value == b"\x01"
    return value


def assert_same(database: Database, path: Path) -> int:
    """Compare all rows, and return how many there are."""
    columns = columns_of(path)
    assert database.tables() == sorted(columns)
    expected = values(path, columns)
    for table, rows in loaded(database, columns):
        assert rows == expected[table], table
    return sum(rows.total() for rows in expected.values())


@pytest.mark.parametrize("day", [BEFORE, DAY], ids=["before the upgrade", "after it"])
def test_every_value_of_every_table_arrives(database: Database, day: date) -> None:
    path = small(day)
    tables, rows = loading.load(path, database.url, silent)
    assert rows == assert_same(database, path)
    assert tables == len(columns_of(path))
    if day == DAY:
        assert_keys(database)
        assert_types(database)


def test_hostile_text_and_bytes_arrive_as_they_are(database: Database, tmp_path: Path) -> None:
    path = changed(tmp_path, of=small(DAY))
    with duckdb.connect(str(path)) as connection:
        for text in HOSTILE:
            connection.execute(
                "INSERT INTO lambdas BY NAME SELECT * REPLACE (uuid() AS id, ? AS body, ? AS name) "
                "FROM (SELECT * FROM lambdas LIMIT 1)",
                [text, text[:100]],
            )
            connection.execute(
                "INSERT INTO audit_logs BY NAME SELECT * REPLACE (-1 - id - ? AS id, ? AS message, ? AS data) "
                "FROM (SELECT * FROM audit_logs ORDER BY id LIMIT 1)",
                [HOSTILE.index(text) * 1000, text, text if len(text) < 99 else None],
            )
        for number, content in enumerate((b"", bytes(range(256)), b"\\x41'\"\n")):
            for fact in read_facts("schema.csv"):
                if fact["type"] == "bytea":
                    fill_row(connection, fact["table"], fact["column"], content, number)
    loading.load(path, database.url, silent)
    assert_same(database, path)


def fill_row(connection: duckdb.DuckDBPyConnection, table: str, column: str, content: bytes, number: int) -> None:
    values: dict[str, Any] = {}
    for fact in read_facts("schema.csv"):
        if fact["table"] != table:
            continue
        kind = fact["type"]
        if fact["column"] == column:
            values[fact["column"]] = content
        elif kind == "uuid":
            values[fact["column"]] = UUID(int=number)
        else:
            values[fact["column"]] = str(number) if kind.startswith(("text", "varchar")) else number
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(values.values()))


def found_indexes(database: Database) -> set[tuple[str, bool, str]]:
    if database.server.kind == "postgresql":
        rows = database.ask(
            "SELECT t.relname, i.indisunique, string_agg(a.attname, ' ' ORDER BY k.place) "
            "FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
            "CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY AS k(number, place) "
            "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number "
            "WHERE n.nspname = 'public' GROUP BY t.relname, i.indexrelid, i.indisunique"
        )
    else:
        rows = database.ask(
            "SELECT table_name, max(non_unique) = 0, group_concat(column_name ORDER BY seq_in_index SEPARATOR ' ') "
            "FROM information_schema.statistics WHERE table_schema = database() GROUP BY table_name, index_name"
        )
    return {(table, bool(unique), columns) for table, unique, columns in rows}


def assert_keys(database: Database) -> None:
    facts = read_facts("indexes.csv")
    assert found_indexes(database) == {(fact["table"], fact["kind"] != "index", fact["columns"]) for fact in facts}
    if database.server.kind == "postgresql":
        # -1 is what a table has that nobody has looked at.
        assert database.ask("SELECT count(*) FROM pg_class WHERE relname = 'users' AND reltuples > 0")[0][0] == 1
        return
    primary = "SELECT table_name FROM information_schema.statistics WHERE table_schema = database()"
    found = {row[0] for row in database.ask(f"{primary} AND index_name = 'PRIMARY'")}
    assert found == {fact["table"] for fact in facts if fact["kind"] == "primary key"}


def assert_types(database: Database) -> None:
    if database.server.kind == "postgresql":
        return
    columns = "FROM information_schema.columns WHERE table_schema = database()"
    types = {
        (table, name): kind
        for table, name, kind in database.ask(f"SELECT table_name, column_name, column_type {columns}")
    }
    assert types["users", "id"] == "binary(16)"
    assert types["users", "active"] == "bit(1)"
    assert types["users", "data"] == types["tenants", "data"] == "mediumtext"
    assert types["themes", "data"] == types["system_configuration", "data"] == "longtext"
    assert types["identities", "value"] == "varchar(191)"
    collations = database.ask(f"SELECT DISTINCT collation_name {columns} AND collation_name IS NOT NULL")
    assert [row[0] for row in collations] == ["utf8mb4_bin"]


def create(url: str, *options: str) -> Result:
    sizes = ["--tenants", "3", "--applications", "5", "--users", "20", "--seed", "7", "--day", "2026-11-23"]
    return CliRunner().invoke(main, ["demo", "create", url, *sizes, *options])


def test_the_command_makes_the_same_instance_as_in_a_file(database: Database, tmp_path: Path) -> None:
    result = create(database.url)
    assert result.exit_code == ExitCode.DONE, result.stderr
    path = tmp_path / "same.duckdb"
    assert create(f"duckdb://{path}").exit_code == ExitCode.DONE
    assert_same(database, path)
    assert result.stdout.startswith(f"{len(columns_of(path))} tables with ")
    assert_discreet(result.output, database)


def assert_discreet(text: str, database: Database) -> None:
    for part in (database.name, database.server.host, str(database.server.port), database.server.user):
        assert part not in text


def test_a_database_with_tables_is_left_as_it_is(database: Database) -> None:
    database.ask("CREATE TABLE mine (a int)")
    database.ask("INSERT INTO mine VALUES (7)")
    result = create(database.url)
    assert result.exit_code == ExitCode.USAGE
    assert (
        result.stderr == "fa-stats: The database holds tables already; it is left as it is. Name an empty database.\n"
    )
    with pytest.raises(UsageError, match="holds tables already"):
        loading.load(small(DAY), database.url, silent)
    assert database.tables() == ["mine"]
    assert [tuple(row) for row in database.ask("SELECT a FROM mine")] == [(7,)]


def test_what_the_server_refuses_half_way_leaves_nothing(database: Database, tmp_path: Path) -> None:
    path = changed(tmp_path, "INSERT INTO users SELECT * FROM users LIMIT 1", of=small(DAY))
    with pytest.raises(SourceError, match="what was made is taken back") as caught:
        loading.load(path, database.url, silent)
    # MariaDB checks keys where it commits, and has no better number for it then.
    assert re.search("23505" if database.server.kind == "postgresql" else "1062|1180", str(caught.value))
    assert "quorwen" not in str(caught.value).lower()
    assert database.tables() == []
    loading.load(small(DAY), database.url, silent)  # so one can call again


def test_what_duckdb_cannot_read_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = postgresql.PostgreSQL if database.server.kind == "postgresql" else mysql.MySQL
    usual = kind.unload

    def unload(self: Any, table: Table) -> str:
        return usual(self, table) if table.name < "users" else "SELECT error('no space')"

    monkeypatch.setattr(kind, "unload", unload)
    with pytest.raises(StorageError):
        loading.load(small(DAY), database.url, silent)
    assert database.tables() == []


def test_an_interruption_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = postgresql.PostgreSQL if database.server.kind == "postgresql" else mysql.MySQL

    def interrupt(self: Any, table: Table, blocks: Iterator[bytes]) -> None:
        next(blocks)
        raise KeyboardInterrupt

    monkeypatch.setattr(kind, "fill", interrupt)
    with pytest.raises(KeyboardInterrupt):
        loading.load(small(DAY), database.url, silent)
    assert database.tables() == []


def test_a_wrong_user_or_database_or_server_is_told_discreetly(database: Database) -> None:
    server = database.server
    cases = [
        (server.url("nowhere_7f3a9c"), "has no database of that name"),
        (server.url(database.name, user="nobody_7f3a9c", password="pw-7f3a9c"), "the user or the password"),
        (database.url.replace(f":{server.port}", ":1"), "cannot be reached"),
        (database.url.replace(server.host, "host-7f3a9c.invalid"), "cannot be reached"),
    ]
    for url, said in cases:
        result = create(url)
        assert result.exit_code == ExitCode.NO_PAYLOAD, result.output
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
        assert "7f3a9c" not in result.output
        assert_discreet(result.output, database)


@pytest.mark.parametrize("database", ["mysql", "mariadb"], indirect=True)  # the private PostgreSQL trusts everybody
def test_a_wrong_password_is_told(database: Database) -> None:
    user = f"u_{database.name}"
    database.ask(f"CREATE USER {user}@'%' IDENTIFIED BY 'right-7f3a9c'")
    database.ask(f"GRANT ALL ON {database.name}.* TO {user}@'%'")
    wrong = create(database.server.url(database.name, user=user, password="wrong-7f3a9c"))
    assert (wrong.exit_code, "7f3a9c" in wrong.output) == (ExitCode.NO_PAYLOAD, False)
    assert "the user or the password" in wrong.stderr
    right = create(database.server.url(database.name, user=user, password="right-7f3a9c"))
    assert right.exit_code == ExitCode.DONE, right.stderr
    database.ask(f"DROP USER {user}@'%'")


def test_who_may_not_create_is_told(database: Database) -> None:
    user = f"r_{database.name}"
    if database.server.kind == "postgresql":
        database.ask(f"CREATE ROLE {user} LOGIN")
        database.ask("REVOKE CREATE ON SCHEMA public FROM public")
    else:
        database.ask(f"CREATE USER {user}@'%'")
        database.ask(f"GRANT SELECT ON {database.name}.* TO {user}@'%'")
    result = create(database.server.url(database.name, user=user))
    assert result.exit_code == ExitCode.NO_PAYLOAD
    assert "right to create tables" in result.stderr
    assert_discreet(result.output, database)
    database.ask(f"DROP {'ROLE' if database.server.kind == 'postgresql' else 'USER'} {user}")


@pytest.mark.parametrize("url", ["postgresql://u:pw-7f3a9c@h:x:y/d", "postgresql://u:pw-7f3a9c@h/d?pw-7f3a9c=1"])
def test_a_url_that_libpq_cannot_read_is_told_without_it(url: str) -> None:
    with pytest.raises(FaStatsError) as caught:
        loading.load(small(DAY), url, silent)
    assert "7f3a9c" not in str(caught.value)


def test_a_killed_server_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    server = servers.private("mariadb")
    name = server.create_database()
    usual = mysql.MySQL.index

    def index(self: Any, table: Table) -> None:
        if table.name == "users":
            server.kill()
        usual(self, table)

    monkeypatch.setattr(mysql.MySQL, "index", index)
    with pytest.raises(SourceError, match="still there: drop and create"):
        loading.load(small(DAY), server.url(name), silent)


def test_sigterm_leaves_nothing(database: Database, tmp_path: Path) -> None:
    arguments = [database.url, "--tenants", "40", "--applications", "120", "--users", "50000"]
    with subprocess.Popen(
        command(arguments),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr
        assert "now it is loaded" in process.stderr.readline()
        time.sleep(0.3)
        process.terminate()
        assert process.wait(60) == ExitCode.NO_PAYLOAD
        assert "interrupted" in process.stderr.read()
    assert database.tables() == []
    assert list(tmp_path.iterdir()) == []


def command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-c", "from fa_stats.cli import main; main()", "demo", "create", *arguments]
