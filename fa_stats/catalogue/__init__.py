"""Every figure with its definition; nothing outside the catalogue is ever collected or sent.

One .sql file per statement, found by listing the folder: adding a stat is adding one commented line to one file.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from fa_stats.catalogue.files import Mistakes, read_statement
from fa_stats.catalogue.stat import Kind, Payload, Stat
from fa_stats.catalogue.statement import Cte, Join, Statement
from fa_stats.errors import CatalogueError

__all__ = ["Catalogue", "Cte", "Elsewhere", "Join", "Kind", "Payload", "Stat", "Statement", "load", "read"]

FOLDER = Path(__file__).parent
# What has to be known before the rest may or can be asked: the switch, the version, the instance. Others follow.
_FIRST = ("system_configuration", "version", "instance")
# The statement that reads fusionauth.properties or the environment instead of the instance's database.
CONFIGURATION = "configuration"
# The statements for what FusionAuth wrote down of itself: no collection runs them, `fa-stats reconcile` alone does.
_RECORDS = ("usage_stats", "system_configuration_change", "current_usage_stats_change")
# The published payload that the 222 names are those of (statsVersion of the example on the vendor's page).
STATS_VERSION = "0.2.0"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A name that other lists or samples have: recognised and explained, never collected."""

    name: str
    where: str
    meaning: str


@dataclass(frozen=True)
class Catalogue:
    """All statements in the order in which they run, and what the catalogue knows of names it does not collect.

    `records` are statements that no collection runs: they read what FusionAuth wrote down of itself.
    """

    statements: tuple[Statement, ...]
    records: tuple[Statement, ...]
    elsewhere: tuple[Elsewhere, ...]
    removed: dict[str, str]

    def __iter__(self) -> Iterator[Stat]:
        return (stat for statement in self.statements for stat in statement.stats)

    @cached_property
    def by_name(self) -> dict[str, Stat]:
        """Every figure by its name, statistics and metrics alike."""
        return {stat.name: stat for stat in self}

    @cached_property
    def statement(self) -> dict[str, Statement]:
        """Every statement by its name, those for records included."""
        return {statement.name: statement for statement in (*self.statements, *self.records)}

    def of(self, payload: Payload) -> tuple[Stat, ...]:
        """Return the figures of one payload, by name."""
        return tuple(sorted((stat for stat in self if stat.payload is payload), key=lambda stat: stat.name))

    @cached_property
    def sha256(self) -> str:
        """The digest of all definitions: it changes with any letter of any file."""
        texts = "\0".join(f"{statement.name}\0{statement.text}" for statement in self.statements)
        return hashlib.sha256(texts.encode()).hexdigest()


@cache
def load() -> Catalogue:
    """Return the catalogue that ships with fa_stats."""
    return read(FOLDER)


def read(folder: Path) -> Catalogue:
    """Read a folder of .sql files; raises CatalogueError with all mistakes of all files."""
    mistakes = Mistakes()
    found = [read_statement(path, mistakes) for path in sorted(folder.glob("*.sql"))]
    statements = [statement for statement in found if statement]
    _refuse_duplicates(statements, mistakes)
    if mistakes.found:
        number = f"{len(mistakes.found)} mistake{'s' * (len(mistakes.found) > 1)}"
        raise CatalogueError(f"The catalogue in {folder} has {number}:\n  " + "\n  ".join(mistakes.found))
    order = {name: place for place, name in enumerate(_FIRST)}
    statements.sort(key=lambda statement: (order.get(statement.name, len(order)), statement.name))
    other = folder / "elsewhere.toml"
    names = tomllib.loads(other.read_text(encoding="utf-8")) if other.exists() else {}
    return Catalogue(
        statements=tuple(statement for statement in statements if statement.name not in _RECORDS),
        records=tuple(statement for statement in statements if statement.name in _RECORDS),
        elsewhere=tuple(Elsewhere(name, **entry) for name, entry in names.get("elsewhere", {}).items()),
        removed=names.get("removed", {}),
    )


def _refuse_duplicates(statements: list[Statement], mistakes: Mistakes) -> None:
    stats: dict[str, Stat] = {}
    ctes: dict[str, Statement] = {}
    for statement in statements:
        path = Path(statement.file)
        for stat in statement.stats:
            if first := stats.get(stat.name):
                mistakes.add(path, stat.line, f"{stat.name} is defined already, at {first.file}:{first.line}")
            stats.setdefault(stat.name, stat)
        for cte in statement.ctes:
            if cte.name in ctes:
                mistakes.add(path, 1, f"`{cte.name}` of the WITH clause has that name in {ctes[cte.name].file} too")
            ctes[cte.name] = statement
