"""PostgreSQL: everything in one transaction, rows by COPY."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fa_stats import address
from fa_stats.demo.servers import Server, Table, listed
from fa_stats.errors import UsageError

if TYPE_CHECKING:
    import psycopg


def open_server(url: str) -> tuple[type[Exception], Server]:
    """Connect; returns the errors of the driver too. Raises UsageError or SourceError."""
    import psycopg

    try:
        connection = psycopg.connect(url, client_encoding="utf8", application_name="fa_stats")
    except psycopg.ProgrammingError:
        raise UsageError(
            "The PostgreSQL URL cannot be read. Write it as postgresql://user:password@host:5432/database, special "
            "characters of the password as %XX."
        ) from None
    except psycopg.Error as error:
        raise address.postgresql_unreached(error) from None
    return psycopg.Error, PostgreSQL(connection)


class PostgreSQL:
    """An empty database, and one transaction."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        # A bulk load takes long and sorts much; what the role is told for its daily work does not fit.
        for setting in ("statement_timeout = 0", "maintenance_work_mem = '256MB'"):
            self._run(f"SET LOCAL {setting}")

    def has_tables(self) -> bool:
        """Whether somebody's tables are there, in whatever schema."""
        found = self._connection.execute(
            "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') LIMIT 1"
        )
        return found.fetchone() is not None

    def create(self, table: Table) -> None:
        """Create a table without keys."""
        columns = (f'"{each.name}" {each.kind}{"" if each.nullable else " NOT NULL"}' for each in table.columns)
        self._run(f'CREATE TABLE "{table.name}" ({", ".join(columns)})')

    def unload(self, table: Table) -> str:
        """Return the statement that writes CSV: text in quotes, so that nothing is left bare but nulls."""
        columns = (
            f"""'\\x' || hex("{each.name}")""" if each.kind == "bytea" else f'"{each.name}"' for each in table.columns
        )
        texts = ", ".join(
            f'"{each.name}"' for each in table.columns if each.kind.startswith(("text", "varchar", "char"))
        )
        quotes = f", FORCE_QUOTE ({texts})" if texts else ""
        return f"""COPY (SELECT {", ".join(columns)} FROM "{table.name}")
            TO '{{pipe}}' (FORMAT csv, HEADER false, NULLSTR ''{quotes})"""

    def fill(self, table: Table, blocks: Iterable[bytes]) -> None:
        """Take the table's rows; nobody saw the table empty, so they can come as if they were old."""
        with self._connection.cursor().copy(_sql(f'COPY "{table.name}" FROM STDIN (FORMAT csv, FREEZE)')) as copy:
            for block in blocks:
                copy.write(block)

    def index(self, table: Table) -> None:
        """Make all keys, and the statistics."""
        for key in table.keys:
            columns = listed(key.columns, '"')
            if key.kind == "index":
                self._run(f'CREATE INDEX ON "{table.name}" ({columns})')
            else:
                self._run(f'ALTER TABLE "{table.name}" ADD {key.kind.upper()} ({columns})')
        self._run(f'ANALYZE "{table.name}"')

    def keep(self) -> None:
        """Commit."""
        self._connection.commit()
        self._connection.close()

    def undo(self) -> bool:
        """Leave; the server forgets the transaction even if it has crashed."""
        self._connection.close()
        return True

    def _run(self, statement: str) -> None:
        self._connection.execute(_sql(statement))


def _sql(statement: str) -> Any:  # psycopg wants a literal, which a table's name cannot be
    return statement
