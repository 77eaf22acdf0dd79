"""What is loaded into a server, and what a server has to be able to do for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from fa_stats.demo.schema import read_facts
from fa_stats.errors import SourceError


@dataclass(frozen=True, slots=True)
class Column:
    """A column, its type as PostgreSQL names it."""

    name: str
    kind: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A key or index; its kind is `primary key`, `unique` or `index`."""

    kind: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns and keys."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]


class Server(Protocol):
    """A connection to an empty database, to be filled table by table."""

    def has_tables(self) -> bool:
        """Whether somebody's tables are there."""

    def create(self, table: Table) -> None:
        """Create a table, without the keys that are better made when it is full."""

    def unload(self, table: Table) -> str:
        """Return the DuckDB statement that writes the table as `fill` wants it, `{pipe}` standing for where to."""

    def fill(self, table: Table, blocks: Iterable[bytes]) -> None:
        """Take the table's rows."""

    def index(self, table: Table) -> None:
        """Make the keys that are missing, and the statistics."""

    def keep(self) -> None:
        """Make all of it last."""

    def undo(self) -> bool:
        """Leave, and the database as it was found; say whether that could be done."""


def read_tables(columns: dict[str, list[str]]) -> list[Table]:
    """Return the tables that have these columns, with all their keys."""
    facts = {(fact["table"], fact["column"]): fact for fact in read_facts("schema.csv")}
    keys: dict[str, list[Key]] = defaultdict(list)
    for fact in read_facts("indexes.csv"):
        keys[fact["table"]].append(Key(fact["kind"], tuple(fact["columns"].split())))
    return [
        Table(
            table,
            tuple(Column(name, facts[table, name]["type"], facts[table, name]["nullable"] == "yes") for name in names),
            tuple(keys[table]),
        )
        for table, names in columns.items()
    ]


@contextmanager
def opened(url: str) -> Iterator[Server]:
    """Connect to the database that a URL names. What is not kept when the block ends is undone."""
    from fa_stats.demo import mysql, postgresql

    errors, server = (mysql if url.startswith("mysql:") else postgresql).open_server(url)
    try:
        yield server
    except errors as error:
        raise SourceError(_stopped(error, undone=server.undo())) from None
    except BaseException:
        server.undo()
        raise


def _stopped(error: Exception, *, undone: bool) -> str:
    # The server's own words may quote a row, a name or an address: its code is enough to look them up in its log.
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    code = number or getattr(error, "sqlstate", None) or "without a code"
    said = f"{type(error).__name__} {code}"
    left = "what was made is taken back" if undone else "what was made is still there: drop and create the database"
    return (
        f"The server refused part of the instance ({said}); {left}. "
        "Check the user's right to create tables, the space on its disk and its log, then call again."
    )


def listed(names: Iterable[str], quote: str) -> str:
    """Return names in quotes, with commas between."""
    return ", ".join(f"{quote}{name}{quote}" for name in names)
