"""FusionAuth's own options, read from its fusionauth.properties or its environment.

They are in no database and no API. Only the options that the catalogue names are kept; passwords in the same file are not.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence

import duckdb

from fa_stats import query, timing, values
from fa_stats.catalogue import CONFIGURATION, Catalogue, Stat
from fa_stats.clock import Clock
from fa_stats.collection import Figure, StatementRun, Status
from fa_stats.dialect import DIALECTS
from fa_stats.settings import Settings

_UNNAMED = (
    "it is in FusionAuth's configuration, in no database: name its fusionauth.properties or its environment "
    "under [configuration] in fa_stats.toml"
)


def read(
    catalogue: Catalogue,
    wanted: Sequence[Stat],
    settings: Settings,
    clock: Clock,
    begun: int,
    weights: Mapping[str, int],
) -> tuple[tuple[Figure, ...], StatementRun | None]:
    """The figures of the configuration statement, and its record; none was run where the settings name no configuration.

    `begun` is the microsecond at which the collection began.
    """
    columns = catalogue.statement[CONFIGURATION].columns_of(wanted).get(CONFIGURATION, ())
    options, problem = _options(settings, columns)
    if not wanted or options is None:
        return tuple(_unavailable(stat, problem) for stat in wanted), None
    [found] = query.compose(catalogue, wanted, DIALECTS["duckdb"])
    start = clock.microseconds()
    with duckdb.connect() as connection:
        names = ", ".join(f'"{name}" VARCHAR' for name in columns)
        connection.execute(f"CREATE TABLE {CONFIGURATION} ({names})")
        row = [options.get(name) for name in columns]
        connection.execute(f"INSERT INTO {CONFIGURATION} VALUES ({', '.join('?' * len(row))})", row)
        cursor = connection.execute(found.sql)
        rows = [dict(zip([column[0] for column in cursor.description or ()], each, strict=True)) for each in cursor.fetchall()]
    record = StatementRun(
        name=CONFIGURATION,
        sql=found.sql,
        sha256=hashlib.sha256(found.sql.encode()).hexdigest(),
        started_us=start - begun,
        microseconds=clock.microseconds() - start,
        figures=tuple(stat.name for stat in found.stats),
    )
    shares = timing.apportion(record.microseconds, [stat.name for stat in found.stats], weights)
    return tuple(
        values.figure(stat, rows, False, record, share) for stat, share in zip(found.stats, shares, strict=True)
    ), record


def _unavailable(stat: Stat, problem: str) -> Figure:
    in_configuration = "NULL" not in stat.expression
    return Figure(stat.name, Status.UNAVAILABLE, reason=problem if in_configuration else stat.absent)


def _options(settings: Settings, names: Sequence[str]) -> tuple[dict[str, str] | None, str]:
    """The options that are set, None with the reason where nobody says where to look."""
    found: dict[str, str] = {}
    if path := settings.properties:
        try:
            found |= parse(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None, f"the file {path.name} that [configuration] in fa_stats.toml names cannot be read"
    elif not settings.configuration.environment:
        return None, _UNNAMED
    if settings.configuration.environment:
        found |= from_environment(os.environ, names)
    return found, ""


def parse(text: str) -> dict[str, str]:
    """The options of a .properties file: `key=value`, `key: value`, # and ! comments, lines continued by a backslash."""
    found = {}
    for line in re.sub(r"\\\r?\n[ \t]*", "", text).splitlines():
        match = re.match(r"\s*([^#!=:\s][^=:\s]*)\s*[=:\s]\s*(.*?)\s*$", line)
        if match and match.group(2):
            found[match.group(1)] = match.group(2)
    return found


def from_environment(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """The named options of FusionAuth's environment: by the literal name, else upper-cased with underscores."""
    found = {}
    for name in names:
        value = environment.get(name) or environment.get(re.sub(r"[.-]", "_", name).upper())
        if value:
            found[name] = value
    return found
