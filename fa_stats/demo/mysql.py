"""MySQL and MariaDB: LOAD DATA is off on most servers, so rows come by INSERTs of many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from fa_stats import address
from fa_stats.demo.servers import Column, Key, Server, Table, listed

if TYPE_CHECKING:
    import pymysql

_TYPES = {"uuid": "binary(16)", "boolean": "bit(1)", "bytea": "mediumblob", "text": "mediumtext"}
_LONG = ("themes", "system_configuration")
_PIECE = 64 << 20  # bytes in one transaction, so that the server's undo log stays small
# Backslashes first, or those of the others would be doubled.
_ESCAPES = (("chr(92)", r"\\"), ("chr(39)", r"\'"), ("chr(10)", r"\n"), ("chr(13)", r"\r"))


def open_server(url: str) -> tuple[type[Exception], Server]:
    """Connect; returns the errors of the driver too. Raises UsageError or SourceError."""
    import pymysql

    connect = partial(pymysql.connect, **address.MySQLAddress.parse(url).arguments())
    try:
        return pymysql.Error, MySQL(connect)
    except (pymysql.Error, OSError, RuntimeError) as error:
        raise address.mysql_unreached(error) from None


class MySQL:
    """An empty database, and the tables that were created in it."""

    def __init__(self, connect: Callable[[], pymysql.Connection[Any]]) -> None:
        self._connect = connect
        self._connection = connect()
        self._created: list[str] = []
        for setting in ("sql_mode = 'STRICT_ALL_TABLES'", "unique_checks = 0", "foreign_key_checks = 0"):
            self._run(f"SET SESSION {setting}")

    def has_tables(self) -> bool:
        """Whether somebody's tables are there."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM information_schema.tables WHERE table_schema = database() LIMIT 1")
            return cursor.fetchone() is not None

    def create(self, table: Table) -> None:
        """Create a table with the key that its rows are kept in the order of: another one would copy it later."""
        import pymysql

        definitions = [
            f"`{each.name}` {_type(table, each)} {'NULL' if each.nullable else 'NOT NULL'}" for each in table.columns
        ]
        if order := _order(table):
            definitions.append(f"{order.kind.upper()} ({listed(order.columns, '`')})")
        self._created.append(table.name)  # before it is: an interruption may come in between
        try:
            self._run(
                f"CREATE TABLE `{table.name}` ({', '.join(definitions)}) "
                "ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            )
        except pymysql.Error:
            self._created.remove(table.name)  # somebody else's, perhaps
            raise

    def unload(self, table: Table) -> str:
        """Return the statement that writes one tuple of literals a line, in the order of the table's key."""
        literals = " || ',' || ".join(_literal(each) for each in table.columns)
        order = _order(table)
        by = f" ORDER BY {listed(order.columns, chr(34))}" if order else ""
        return f"""COPY (SELECT '(' || {literals} || '),' FROM "{table.name}"{by})
            TO '{{pipe}}' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', NULLSTR '\x02')"""

    def fill(self, table: Table, blocks: Iterable[bytes]) -> None:
        """Take the table's rows, a few megabytes at a time."""
        names = listed([each.name for each in table.columns], "`")
        start = f"INSERT INTO `{table.name}` ({names}) VALUES\n".encode()
        size = 0
        for lines in _whole_lines(blocks):
            self._connection.query(start + lines.removesuffix(b","))
            size += len(lines)
            if size > _PIECE:
                self._connection.commit()
                size = 0
        self._connection.commit()

    def index(self, table: Table) -> None:
        """Make the other keys in one go, and the statistics."""
        order = _order(table)
        keys = [f"ADD {key.kind.upper()} ({listed(key.columns, '`')})" for key in table.keys if key != order]
        if keys:
            self._run(f"ALTER TABLE `{table.name}` {', '.join(keys)}")
        self._run(f"ANALYZE TABLE `{table.name}`")

    def keep(self) -> None:
        """Leave; all is committed."""
        self._connection.close()

    def undo(self) -> bool:
        """Drop what was created; where the server is gone, nobody can.

        An interrupted connection is of no more use, and what it was doing would hold up the dropping.
        """
        import pymysql

        old = self._connection.thread_id()  # type: ignore[no-untyped-call] # the stubs say nothing of it
        self._connection.close()
        if not self._created:
            return True
        with suppress(pymysql.Error, OSError, RuntimeError):
            self._connection = self._connect()
            with closing(self._connection):
                with suppress(pymysql.Error):  # it has noticed by itself
                    self._run(f"KILL {old}")
                self._run(f"DROP TABLE IF EXISTS {listed(self._created, '`')}")
                return True
        return False

    def _run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()


def _type(table: Table, column: Column) -> str:
    if column.kind == "text" and table.name in _LONG:
        return "longtext"
    return _TYPES.get(column.kind, column.kind)


def _literal(column: Column) -> str:
    """Return DuckDB's SQL for a value as a literal of MySQL's SQL; no literal holds a line break."""
    name = f'"{column.name}"'
    if column.kind == "uuid":
        text = f"'x''' || replace({name}::VARCHAR, '-', '') || ''''"
    elif column.kind == "bytea":
        text = f"'x''' || hex({name}) || ''''"
    elif column.kind == "boolean":
        text = f"{name}::TINYINT::VARCHAR"
    elif column.kind.startswith(("text", "varchar", "char")):
        text = name
        for character, escaped in _ESCAPES:
            literal = escaped.replace("'", "''")
            text = f"replace({text}, {character}, '{literal}')"
        text = f"'''' || {text} || ''''"
    else:
        text = f"{name}::VARCHAR"
    return f"coalesce({text}, 'NULL')" if column.nullable else text


def _order(table: Table) -> Key | None:
    """Return the key that InnoDB keeps the rows in the order of."""
    required = {each.name for each in table.columns if not each.nullable}
    unique = [key for key in table.keys if key.kind == "primary key"] + [
        key for key in table.keys if key.kind == "unique" and required.issuperset(key.columns)
    ]
    return next(iter(unique), None)


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        lines, _, rest = (rest + block).rpartition(b"\n")
        if lines:
            yield lines
