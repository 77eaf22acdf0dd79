"""FusionAuth's own options, read from its fusionauth.properties or its environment.

They are in no database and no API. Only the options that the catalogue names are kept, no password of the same file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import duckdb

from fa_stats import query, timing, values
from fa_stats.catalogue import CONFIGURATION, Catalogue, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Figure, StatementRun, Status
from fa_stats.dialects import DIALECTS, DuckDB
from fa_stats.errors import QueryError
from fa_stats.settings import Settings
from fa_stats.sources import SILENT, Options

_UNNAMED = (
    "it is in FusionAuth's configuration, in no database: name its fusionauth.properties or its environment "
    "under [configuration] in fa_stats.toml"
)
_PROPERTY = re.compile(r"((?:[^=:\s\\]|\\.)+)\s*[=:]?\s*(.*)", re.DOTALL)
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)


def read(
    catalogue: Catalogue,
    wanted: Sequence[Stat],
    settings: Settings,
    clock: Clock,
    begun: int,
    weights: Mapping[str, int],
    observed: Options = SILENT,
) -> tuple[tuple[Figure, ...], StatementRun | None]:
    """Read the figures of the configuration statement; also its record, None where nobody tells of the configuration.

    `observed` is what the instance tells of it, which counts where the settings name none: then only the stats whose
    options it tells can be had. `begun` is the microsecond at which the collection began.
    """
    statement = catalogue.statement[CONFIGURATION]
    own, problem = _options(settings, statement.columns_of(wanted).get(CONFIGURATION, ()))
    columns = {stat.name: frozenset(statement.columns_of([stat])[CONFIGURATION]) for stat in wanted}
    # What the configuration does not set is at its default; what the instance does not tell is unknown.
    known = frozenset[str]().union(*columns.values()) if own is not None else observed.told.keys()
    readable = [stat for stat in wanted if columns[stat.name] and columns[stat.name] <= known]
    asked = readable or [stat for stat in wanted if columns[stat.name] & observed.untold.keys()]
    others = [_absent(stat, columns[stat.name], problem, observed) for stat in wanted if stat not in readable]
    if not asked:
        return tuple(others), None
    [found] = query.compose(catalogue, asked, DIALECTS["duckdb"])
    start = clock.microseconds()
    options = observed.told if own is None else own
    row = _ask(found.sql, {name: options.get(name) for name in statement.columns_of(asked)[CONFIGURATION]})
    record = StatementRun(
        name=CONFIGURATION,
        sql=found.sql,
        sha256=found.sha256,
        started_us=start - begun,
        microseconds=clock.microseconds() - start + observed.microseconds,
        scans=observed.scans,
        failure=None if readable else str(next(iter(observed.untold.values()))),
        load=observed.load,
        figures=tuple(stat.name for stat in found.stats),
    )
    shares = timing.apportion(record.microseconds, record.figures, weights)
    figures = (
        values.figure(stat, [row], False, record, share)
        for stat, share in zip(found.stats, shares, strict=True)
        if stat in readable
    )
    return (*figures, *others), record


def is_named(settings: Settings) -> bool:
    """Whether the settings say where FusionAuth's configuration stands."""
    return bool(settings.properties or settings.configuration.environment)


def _ask(statement: str, options: Mapping[str, str | None]) -> dict[str, Any]:
    """Run the statement over a table of one row that holds the options."""
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{name}" VARCHAR' for name in options)
        connection.execute(f"CREATE TABLE {CONFIGURATION} ({columns})")
        row = ", ".join("NULL" if value is None else DuckDB.literal(value) for value in options.values())
        connection.execute(f"INSERT INTO {CONFIGURATION} VALUES ({row})")
        cursor = connection.execute(statement)
        names = [column[0] for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchall()[0], strict=True))


def _absent(stat: Stat, columns: Set[str], problem: str, observed: Options) -> Figure:
    """Say why there is no figure of a stat; one that the instance was asked for in vain has taken its time."""
    if not columns:
        return Figure(stat.name, Status.UNAVAILABLE, reason=stat.absent)
    why = next((observed.untold[name] for name in columns if name in observed.untold), None)
    if isinstance(why, QueryError):
        took = observed.microseconds // len(observed.untold)
        return Figure(stat.name, Status.of(why), microseconds=took, statement=CONFIGURATION, reason=str(why))
    if why:
        problem = f"{problem}; its metrics can tell it too, but {why}"
    return Figure(stat.name, Status.UNAVAILABLE, reason=problem)


def _options(settings: Settings, names: Sequence[str]) -> tuple[dict[str, str] | None, str]:
    """Return the options that are set, None with the reason where nobody says where to look."""
    found: dict[str, str] = {}
    if path := settings.properties:
        try:
            found |= parse(_text(path.read_bytes()), names)
        except OSError:
            return None, f"the file {path.name} that [configuration] in fa_stats.toml names cannot be read"
    elif not settings.configuration.environment:
        return None, _UNNAMED
    if settings.configuration.environment:
        found |= from_environment(os.environ, names)
    return found, ""


def _text(content: bytes) -> str:
    """Return the text of a .properties file: UTF-8, else the Latin-1 that Java once demanded."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse(text: str, names: Sequence[str]) -> dict[str, str]:
    """Return the named options of a .properties file, the last value of each; nothing else of the file is kept.

    As Java reads it: `key=value`, `key: value` or `key value`, comments after # or !, lines continued by a backslash.
    """
    found: dict[str, str] = {}
    for line in _logical_lines(text):
        match = _PROPERTY.fullmatch(line)
        if match and (key := _unescaped(match.group(1))) in names:
            found[key] = _unescaped(match.group(2)).strip()
    return {key: value for key, value in found.items() if value}


def _logical_lines(text: str) -> Iterator[str]:
    """Give the lines that are no comments, each with those that continue it."""
    held = ""
    for line in re.split(r"\r\n|\r|\n", text):
        line = line.lstrip(" \t\f")
        if not held and line.startswith(("#", "!")):
            continue
        if _CONTINUED.search(line):
            held += line[:-1]
            continue
        yield held + line
        held = ""
    yield held


def _unescaped(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code, letter = match.groups()
        return chr(int(code, 16)) if code else {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(letter, letter)

    return _printable(_ESCAPE.sub(plain, text))


def _printable(text: str) -> str:
    """Return the text without what no database takes: a question mark for each half of a character, no zero bytes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def from_environment(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return the named options of FusionAuth's environment: by the literal name, else upper-cased with underscores."""
    found = {}
    for name in names:
        value = environment.get(name) or environment.get(re.sub(r"[.-]", "_", name).upper()) or ""
        if value.strip():
            found[name] = _printable(value.strip())
    return found
