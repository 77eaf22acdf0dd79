"""One statement of the catalogue: one file, one pass over one table, many stats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from fa_stats.catalogue import sql
from fa_stats.catalogue.stat import Stat


@dataclass(frozen=True, slots=True)
class Cte:
    """A named row source of a WITH clause."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class Join:
    """A LEFT JOIN; it may not multiply rows, so one that no item mentions can be left out."""

    source: str
    alias: str
    condition: str


@dataclass(frozen=True)
class Statement:
    """The parts of one .sql file; `tail` holds GROUP BY and ORDER BY, `text` the whole file."""

    name: str
    intro: str
    ctes: tuple[Cte, ...]
    stats: tuple[Stat, ...]
    base: str | None
    joins: tuple[Join, ...]
    tail: str
    file: str
    text: str

    @cached_property
    def _ctes(self) -> dict[str, Cte]:
        return {cte.name: cte for cte in self.ctes}

    @cached_property
    def _joins(self) -> dict[str, Join]:
        return {join.alias: join for join in self.joins}

    @property
    def grouped(self) -> bool:
        """Whether it brings back a row for each group instead of a single row."""
        return bool(self.tail)

    def joins_of(self, stats: Iterable[Stat]) -> tuple[Join, ...]:
        """Return the joins that these stats need, those that a join's own condition needs included."""
        needed: set[str] = set()
        todo = [alias for stat in stats for alias, _, _ in sql.references(stat.expression)]
        todo += [alias for alias, _, _ in sql.references(self.tail)]
        while todo:
            alias = todo.pop()
            if alias in self._joins and alias not in needed:
                needed.add(alias)
                todo += [other for other, _, _ in sql.references(self._joins[alias].condition)]
        return tuple(join for join in self.joins if join.alias in needed)

    def ctes_of(self, stats: Iterable[Stat]) -> tuple[Cte, ...]:
        """Return the named row sources that these stats need, in the file's order."""
        stats = tuple(stats)
        needed: set[str] = set()
        todo = [join.source for join in self.joins_of(stats)]
        todo += [name for stat in stats for name in sql.tables(stat.expression)]
        while todo:
            name = todo.pop()
            if name in self._ctes and name not in needed:
                needed.add(name)
                todo += sql.tables(self._ctes[name].body)
        return tuple(cte for cte in self.ctes if cte.name in needed)

    def texts_of(self, stats: Iterable[Stat]) -> tuple[str, ...]:
        """Every piece of SQL that runs for these stats."""
        stats = tuple(stats)
        return (
            *(stat.expression for stat in stats),
            *(join.condition for join in self.joins_of(stats)),
            *(cte.body for cte in self.ctes_of(stats)),
            self.tail,
        )

    def columns_of(self, stats: Iterable[Stat]) -> dict[str, tuple[str, ...]]:
        """Return the tables that these stats read, each with the columns it is read for, in order of appearance."""
        stats = tuple(stats)
        found: dict[str, dict[str, None]] = {self.base: {}} if self.base else {}
        sources = {join.alias: join.source for join in self.joins}
        for text in self.texts_of(stats):
            for table in sql.tables(text):
                if table not in self._ctes:
                    found.setdefault(table, {})
            for alias, column, _ in sql.references(text):
                table = sources.get(alias, alias)
                if table not in self._ctes:
                    found.setdefault(table, {})[column] = None
        return {table: tuple(columns) for table, columns in found.items()}

    def parameters_of(self, stats: Iterable[Stat]) -> tuple[str, ...]:
        """Return the `:parameters` that these stats need."""
        return tuple(dict.fromkeys(name for text in self.texts_of(stats) for name in sql.parameters(text)))

    def unknown_names(self) -> Iterator[tuple[int, str]]:
        """Names before a dot that no FROM, JOIN or WITH of the file introduces, as (line, sentence)."""
        known = {self.base, *self._joins, *self._ctes}
        for cte in self.ctes:
            known.update(sql.tables(cte.body))
        for name, column, offset in sql.references(self.text):
            if name not in known:
                line = self.text.count("\n", 0, offset) + 1
                yield line, f"`{name}.{column}`: no FROM, LEFT JOIN or WITH of this file names `{name}`"
