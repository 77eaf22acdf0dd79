"""From the figures that are wanted to the queries that run: each table is read once, each document parsed once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from fa_stats.catalogue import Catalogue, Stat, Statement
from fa_stats.dialects import Dialect, Extraction, readings


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL query: the very text that runs, the figures that it yields, and what it needs and reads."""

    name: str
    sql: str
    stats: tuple[Stat, ...]
    parameters: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    documents: tuple[str, ...]
    grouped: bool

    @property
    def sha256(self) -> str:
        """The digest of the query's text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def compose(catalogue: Catalogue, wanted: Iterable[Stat], dialect: Dialect) -> tuple[Query, ...]:
    """Return the queries that yield the wanted figures, in the catalogue's order.

    No document is parsed twice. Where the dialect keeps row sources, statements that read a table in common become one
    query, so that no table is read twice either; where it does not, to read a few columns of a table again, for a join,
    is far cheaper than to carry what was taken out of its documents through that join.
    """
    chosen = set(wanted)
    parts = [
        _Part(statement.name, statement, kept)
        for statement in catalogue.statement.values()
        if (kept := tuple(stat for stat in statement.stats if stat in chosen))
    ]
    if dialect.shares:
        return tuple(_Composer(group, dialect).query() for group in _sharing(parts))
    return tuple(_Composer([part], dialect).query() for whole in parts for part in whole.split())


@dataclass(frozen=True)
class _Part:
    """A statement cut down to the figures that are wanted of it."""

    name: str
    statement: Statement
    stats: tuple[Stat, ...]

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        return self.statement.columns_of(self.stats)

    def split(self) -> list[_Part]:
        """Part what reads documents from what needs joins only; nothing is parted where one of the two is missing."""
        reading = {stat for stat in self.stats if readings(stat.expression)}
        joined = tuple(stat for stat in self.stats if stat not in reading and self.statement.joins_of([stat]))
        if not reading or not joined:
            return [self]
        rest = tuple(stat for stat in self.stats if stat not in joined)
        return [_Part(self.name, self.statement, rest), _Part(f"{self.name}_joined", self.statement, joined)]


def _sharing(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Group the parts so that no table is read by two groups; a group stands where its first part stood."""
    groups: list[list[_Part]] = []
    for part in parts:
        touching = [group for group in groups if any(part.columns.keys() & other.columns.keys() for other in group)]
        if not touching:
            groups.append([part])
            continue
        first = touching[0]
        for group in touching[1:]:
            first.extend(group)
            groups.remove(group)
        first.append(part)
    return groups


@dataclass
class _Composer:
    """Puts one query together."""

    parts: Sequence[_Part]
    dialect: Dialect
    extractions: dict[str, dict[str, Extraction]] = field(default_factory=dict)

    def query(self) -> Query:
        stats = tuple(stat for part in self.parts for stat in part.stats)
        columns = self._columns()
        pieces = [piece for part in self.parts for piece in part.split()]
        selects = {f"{piece.name}_figures": self._select(piece) for piece in pieces}
        sources = [
            f"{cte.name} AS {self.dialect.keeps}(\n{_indent(self.dialect.kept(self._render(cte.body)))}\n)"
            for part in self.parts
            for cte in part.statement.ctes_of(part.stats)
        ]
        tables = [self._table(table, names) for table, names in columns.items() if self._fenced(table)]
        name = "+".join(part.name for part in self.parts)
        with_clause = f"WITH {', '.join([*tables, *sources])}\n" if tables or sources else ""
        [first, *others] = selects.values()
        body = _side_by_side(selects) if others else first
        return Query(
            name=name,
            sql=f"/* fa_stats: {name} */\n{with_clause}{body}",
            stats=stats,
            parameters=tuple(
                dict.fromkeys(each for part in self.parts for each in part.statement.parameters_of(part.stats))
            ),
            columns=columns,
            documents=tuple(f"{table}.{column}" for table, found in self.extractions.items() for column in found),
            grouped=any(part.statement.grouped for part in self.parts),
        )

    def _columns(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for part in self.parts:
            for table, names in part.columns.items():
                found.setdefault(table, {}).update(dict.fromkeys(names))
        return {table: tuple(names) for table, names in found.items()}

    def _extraction(self, table: str, column: str) -> Extraction:
        return self.extractions.setdefault(table, {}).setdefault(column, Extraction())

    def _render(self, piece: str) -> str:
        return self.dialect.render(piece, self._extraction)

    def _select(self, part: _Part) -> str:
        items = [f"  {self._render(stat.expression)} AS {self.dialect.quoted(stat.name)}" for stat in part.stats]
        if part.statement.grouped:
            key = re.sub(r"(?s)^GROUP BY (\S+).*", r"\1", part.statement.tail)
            items.insert(0, f"  {key} AS group_key")
        lines = ["SELECT", ",\n".join(items)]
        if part.statement.base:
            lines.append(f"FROM {part.statement.base}")
        for join in part.statement.joins_of(part.stats):
            alias = f" AS {join.alias}" if join.alias != join.source else ""
            lines.append(f"LEFT JOIN {join.source}{alias} ON {self._render(join.condition)}")
        if part.statement.tail:
            lines.append(part.statement.tail)
        return "\n".join(lines)

    def _fenced(self, table: str) -> bool:
        """Whether the query reads a table through a row source of its own: for its documents, or to read it once."""
        uses = sum(
            piece.count(f"FROM {table}\n") + piece.count(f"FROM {table} ")
            for part in self.parts
            for cte in part.statement.ctes_of(part.stats)
            for piece in [cte.body + "\n"]
        )
        for part in self.parts:
            uses += part.statement.base == table
            uses += sum(join.source == table for join in part.statement.joins_of(part.stats))
        return (bool(self.extractions.get(table)) and not self.dialect.views) or (uses > 1 and self.dialect.shares)

    def _table(self, table: str, columns: Sequence[str]) -> str:
        documents = self.extractions.get(table, {})
        return f"{table} AS {self.dialect.keeps}(\n{_indent(self.dialect.source(table, columns, documents))}\n)"


def _side_by_side(selects: Mapping[str, str]) -> str:
    rows = [f"(\n{_indent(select)}\n) AS {name}" for name, select in selects.items()]
    return "SELECT *\nFROM " + "\nCROSS JOIN ".join(rows)


def _indent(lines: str) -> str:
    return "\n".join(f"  {line}" if line else line for line in lines.splitlines())


def documents(catalogue: Catalogue, stat: Stat) -> frozenset[tuple[str, str]]:
    """Return the document columns that a figure reads, itself or through a join, as (table, column)."""
    texts = catalogue.statement[stat.statement].texts_of([stat])
    return frozenset((reading.table, reading.column) for text in texts for reading in readings(text))


def needs(catalogue: Catalogue, stats: Sequence[Stat], dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the columns that figures need, by table: over views, what is read in documents has columns of its own."""
    found: dict[str, dict[str, None]] = {}
    for stat in stats:
        statement = catalogue.statement[stat.statement]
        read = [reading for text in statement.texts_of([stat]) for reading in readings(text)] if dialect.views else []
        hidden = {(reading.table, reading.column) for reading in read}
        for table, columns in statement.columns_of([stat]).items():
            kept = [column for column in columns if (table, column) not in hidden]
            kept += [reading.name for reading in read if reading.table == table]
            found.setdefault(table, {}).update(dict.fromkeys(kept))
    return {table: tuple(columns) for table, columns in found.items()}
