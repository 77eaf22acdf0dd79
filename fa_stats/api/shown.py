"""What the HTTP API shows: the calls, the rows that their answers hold, and which stats need which of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from fa_stats import catalogue, query
from fa_stats.catalogue import Stat
from fa_stats.dialects import DIALECTS, Reading, readings

METRICS = "/api/prometheus/metrics"
LACKS = "the API key may not "
_COUNTING = (1, 53)  # the first version of FusionAuth that counts its features


@dataclass(frozen=True, slots=True)
class Call:
    """One GET, made once a run; `list` is where its objects are (empty: the answer is the object).

    `holds` names what every answer that is an object has, with its JSON type: without it, nothing is not none. So do
    the tables in `never_empty` tell that something is amiss: every instance has rows for them.
    `paged` is how many objects a page asks for, 0 where the answer holds them all. `older` are the calls that stand in
    for it in versions that have it not. `span` is the period that a report is asked for. Of a list that is `narrowed`,
    a key that is for one tenant sees only what is that tenant's.
    """

    name: str
    path: str
    list: str = ""
    paged: int = 0
    older: tuple[str, ...] = ()
    span: str = ""
    narrowed: bool = False
    holds: tuple[tuple[str, str], ...] = ()
    never_empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column's value is in an object; `is_` and `numbers` turn its text into a boolean or an ordinal.

    Where an object has nothing at the path, a boolean is at `otherwise`. What is `always` the same is in no object, nor
    is what is `given`, by the name of a statement's parameter.
    """

    path: str = ""
    is_: str = ""
    otherwise: str = ""
    numbers: tuple[str, ...] = ()
    always: int | None = None
    given: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table that one call brings; the fields are those of `shown.toml`."""

    table: str
    call: str
    columns: Mapping[str, Column]
    within: str = ""
    each: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    where: str = ""
    stats: tuple[str, ...] = ()
    document: bool = False
    demanded: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def serves(self, stat: str, columns: tuple[str, ...]) -> bool:
        """Whether a stat that reads these columns of the table needs these rows."""
        if self.stats and stat not in self.stats:
            return False
        return not columns or bool(set(columns) & {*self.columns, *(("data",) if self.document else ())})


@dataclass(frozen=True, slots=True)
class Shown:
    """All that `shown.toml` says."""

    calls: Mapping[str, Call]
    rows: tuple[Rows, ...]
    types: Mapping[str, str]
    shapes: Mapping[str, str]
    fitting: Mapping[str, str]
    since: Mapping[str, str]
    gauges: Mapping[str, tuple[str, ...]]
    not_shown: Mapping[str, str]
    partly: Mapping[str, str]

    def calls_of(self, stat: Stat) -> tuple[Call, ...]:
        """Return the calls whose answers a stat is counted in, or judged by; none for what is not shown."""
        if {stat.name, stat.statement} & self.not_shown.keys():
            return ()
        names = {
            rows.call: None
            for table, columns in _needs(stat).items()
            for rows in self.rows
            if rows.table == table and rows.serves(stat.name, columns)
        }
        names |= {"version": None} if self.is_new(stat) else {}
        # FusionAuth's own application among them shows that a key sees all tenants.
        names |= {"applications": None} if any(self.calls[name].narrowed for name in names) else {}
        return tuple(self.calls[name] for name in names)

    def type_of(self, table: str, column: str) -> str:
        """Return the DuckDB type of a column."""
        return self.types.get(f"{table}.{column}") or self.types.get(column) or "UUID"

    def tables(self) -> dict[str, dict[str, str]]:
        """Return the tables with their columns and types."""
        found: dict[str, dict[str, str]] = {}
        for rows in self.rows:
            columns = found.setdefault(rows.table, {})
            columns |= {name: self.type_of(rows.table, name) for name in rows.columns}
            columns |= {"data": "VARCHAR"} if rows.document else {}
        return found

    def key_of(self, table: str) -> tuple[str, ...]:
        """Return the columns that tell the rows of a table apart; none where nothing does."""
        return next((rows.key for rows in self.rows if rows.table == table), ())

    def is_new(self, stat: Stat) -> bool:
        """Whether there are instances that count their features themselves and have not what a stat is counted in."""
        first = self.first_version(stat)
        return first is not None and numbers(first) > _COUNTING

    def first_version(self, stat: Stat) -> str | None:
        """Return the first version whose objects have what a stat is counted in, where that is not all of them."""
        needed = [f"{table}.{column}" for table, columns in _needs(stat).items() for column in columns]
        found = [version for pattern, version in self.since.items() for name in needed if fnmatchcase(name, pattern)]
        return max(found, key=numbers, default=None)


def numbers(version: str) -> tuple[int, ...]:
    """Return a version's numbers, such as (1, 60, 2), to compare it by; none where it has none."""
    return tuple(int(each) for each in re.findall(r"\d{1,9}", version.partition("-")[0])[:3])


def documents(table: str) -> tuple[Reading, ...]:
    """Return what the catalogue's statements read in the documents of a table."""
    loaded = catalogue.load()
    texts = (text for statement in loaded.statements for text in statement.texts_of(statement.stats))
    return tuple(dict.fromkeys(each for text in texts for each in readings(text) if each.table == table))


def _needs(stat: Stat) -> dict[str, tuple[str, ...]]:
    return query.needs(catalogue.load(), [stat], DIALECTS["duckdb"])


@cache
def load() -> Shown:
    """Read `shown.toml`."""
    table = tomllib.loads(files("fa_stats.api").joinpath("shown.toml").read_text(encoding="utf-8"))
    calls = {
        name: Call(
            name,
            **{
                **each,
                "older": tuple(each.get("older", ())),
                "holds": tuple(each.get("holds", {}).items()),
                "never_empty": tuple(each.get("never_empty", ())),
            },
        )
        for name, each in table["calls"].items()
    }
    return Shown(
        calls=calls,
        rows=tuple(_rows(each) for each in table["rows"]),
        types={name: kind for kind, names in table["types"].items() for name in names},
        shapes=table["shapes"],
        fitting=table["fitting"],
        since={pattern: version for version, patterns in table["since"].items() for pattern in patterns},
        gauges={option: tuple(names) for option, names in table["gauges"].items()},
        not_shown=table["not_shown"],
        partly=table["partly"],
    )


_LISTS = ("each", "key", "stats", "demanded", "texts")


def _rows(given: dict[str, Any]) -> Rows:
    columns = {name: _column(each) for name, each in given.get("columns", {}).items()}
    lists: dict[str, Any] = {key: tuple(given[key]) for key in _LISTS if key in given}
    return Rows(**{**given, **lists, "columns": columns})


def _column(given: str | dict[str, Any]) -> Column:
    if isinstance(given, str):
        return Column(given)
    return Column(
        path=given.get("path", ""),
        is_=given.get("is", ""),
        otherwise=given.get("otherwise", ""),
        numbers=tuple(given.get("numbers", ())),
        always=given.get("always"),
        given=given.get("given", ""),
    )


def lacking(path: str) -> str:
    """Return the reason of what a key may not ask for; FusionAuth answers alike to a key that it does not know."""
    why = "it lacks that permission, or FusionAuth does not know the key (mistyped, expired, deleted?)"
    return f"{LACKS}{permission(path)}: {why}; look under Settings, API Keys"


def permission(path: str) -> str:
    """Return the permission of an API key that a call needs, as FusionAuth's page of the key names it."""
    return f"GET {path.partition('?')[0]}"
