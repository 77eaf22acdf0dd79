"""fa_stats.toml: everything that can be set, read strictly; an unknown key is an error, never ignored."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args, get_type_hints

from fa_stats.errors import SettingsError

FILE = "fa_stats.toml"
SOURCE_VARIABLE = "FA_STATS_SOURCE"
_MANY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Source:
    """[source]: where the instance is. The environment variable FA_STATS_SOURCE goes before `url`."""

    url: str = "demo:"


@dataclass(frozen=True, slots=True)
class Collection:
    """[collection]: whether anything is collected, and how much of the database's time it may take."""

    mode: str = "local"  # `off`: not one connection is opened; `local`: collected and reported, never sent
    statement_timeout_seconds: float = 10.0
    budget_seconds: float = 60.0  # time in the database, all statements together
    pause_ratio: float = 0.5  # rest after each statement, as a part of the time that it took
    lock_timeout_seconds: float = 1.0  # how long a statement waits for a lock that another session holds
    statement_rows: int = 50_000_000  # a statement whose plan is expected to read more rows is not run
    measured_alone: int = 8  # stats a day that are asked for once more, alone, for a timing of their own; 0: none


@dataclass(frozen=True, slots=True)
class BackOff:
    """[back_off]: a server that is busier than this is left alone for a while."""

    sessions: int = 50  # other sessions at work
    lock_waits: int = 5  # locks that sessions wait for
    replica_lag_seconds: float = 60.0  # how far a read replica may be behind
    wait_seconds: float = 60.0  # how long a run waits in all; what is left then is not asked for


@dataclass(frozen=True, slots=True)
class Paths:
    """[paths]: relative to the folder of fa_stats.toml, else to the working directory."""

    data: Path = Path("data")
    reports: Path = Path("reports")
    notebooks: Path = Path("notebooks")


@dataclass(frozen=True, slots=True)
class Configuration:
    """[configuration]: where FusionAuth's own options are, for the stats that are in no database."""

    properties: Path | None = None  # its fusionauth.properties
    environment: bool = False  # whether fa_stats runs with FusionAuth's own environment variables


@dataclass(frozen=True, slots=True)
class Demo:
    """[demo]: the size of the embedded demo instance."""

    seed: int = 1
    tenants: int = 40
    applications: int = 120
    users: int = 2000


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """[[switched_off]]: a stat that is not to be collected; who said so, when, why, and the last day of it."""

    stat: str
    by: str
    on: date
    why: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with the folder that relative paths start from."""

    folder: Path
    file: Path | None = None
    source: Source = field(default_factory=Source)
    collection: Collection = field(default_factory=Collection)
    back_off: BackOff = field(default_factory=BackOff)
    paths: Paths = field(default_factory=Paths)
    configuration: Configuration = field(default_factory=Configuration)
    demo: Demo = field(default_factory=Demo)
    switched_off: tuple[SwitchedOff, ...] = ()

    @property
    def data(self) -> Path:
        """The folder of snapshots, payloads, ledger and history."""
        return self.folder / self.paths.data

    @property
    def reports(self) -> Path:
        """The folder of reports."""
        return self.folder / self.paths.reports

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks that runs execute."""
        return self.folder / self.paths.notebooks

    @property
    def properties(self) -> Path | None:
        """FusionAuth's own fusionauth.properties, where the settings name one."""
        return self.folder / self.configuration.properties if self.configuration.properties else None


def load(start: Path | None = None) -> Settings:
    """Read the fa_stats.toml of a folder, by default the working directory, or else of the nearest folder above it.

    Without such a file, everything is at its default. Raises SettingsError with every mistake of the file.
    """
    folder = (start or Path.cwd()).resolve()
    file = next((above / FILE for above in (folder, *folder.parents) if (above / FILE).is_file()), None)
    settings = _parse(file) if file else Settings(folder=folder)
    if url := os.environ.get(SOURCE_VARIABLE):
        settings = replace(settings, source=Source(url))
    return settings


def _parse(file: Path) -> Settings:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}. Mend that line; nothing was touched.") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from None
    mistakes: list[str] = []
    sections = {each.name: each for each in fields(Settings) if each.name not in ("folder", "file")}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in sections:
            mistakes.append(_unknown(key, "", sections))
        elif key == "switched_off":
            values[key] = tuple(
                _section(SwitchedOff, entry, "[switched_off]", mistakes) for entry in _list(value, mistakes)
            )
        else:
            values[key] = _section(get_type_hints(Settings)[key], value, key, mistakes)
    _check(values, mistakes)
    if mistakes:
        number = f"{len(mistakes)} mistake{'s' * (len(mistakes) > 1)}"
        raise SettingsError(f"{file} has {number}; nothing was touched:\n  " + "\n  ".join(mistakes))
    return Settings(folder=file.parent, file=file, **values)


def _list(value: Any, mistakes: list[str]) -> list[Any]:
    if isinstance(value, list):
        return value
    mistakes.append("`switched_off` is written as [[switched_off]], once for each stat")
    return []


def _section(kind: Any, table: Any, name: str, mistakes: list[str]) -> Any:
    known = {each.name: each for each in fields(kind)}
    if not isinstance(table, dict):
        mistakes.append(f"`{name.strip('[]')}` is a section: write [{name}]")
        return None
    hints = get_type_hints(kind)
    values = {}
    wrong = False
    for key, value in table.items():
        converted = _convert(value, hints[key]) if key in known else None
        if key not in known:
            mistakes.append(_unknown(key, f" in [{name}]", known))
        elif converted is None:
            # A list or table is not repeated: it may hold a source with its credentials.
            given = f"a {type(value).__name__}" if isinstance(value, list | dict) else repr(value)
            mistakes.append(f"`{key}` in [{name}] is to be {_words(hints[key])}, not {given}")
            wrong = True
        else:
            values[key] = converted
    missing = [key for key, each in known.items() if key not in table and each.default is each.default_factory]
    if missing:
        mistakes.append(f"[{name}] lacks {', '.join(f'`{key}`' for key in missing)}")
    return None if missing or wrong else kind(**values)


def _convert(value: Any, hint: Any) -> Any:
    """Return the value as its field wants it, None where it is of another type."""
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    kind = kinds[0]
    if kind is Path:
        return Path(os.path.expanduser(value)) if isinstance(value, str) and value else None  # noqa: PTH111 - never raises
    if kind is float:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind is date:
        return value if isinstance(value, date) and not isinstance(value, datetime) else None
    return value if type(value) is kind else None


def _words(hint: Any) -> str:
    kind = (get_args(hint) or (hint,))[0]
    return {
        Path: "a path in quotes",
        float: "a number",
        int: "a whole number",
        bool: "true or false",
        str: "a text in quotes",
        date: "a day such as 2026-11-23, without quotes",
    }[kind]


def _unknown(key: str, where: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    hint = f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"
    return f"unknown key `{key}`{where}{hint}"


def _check(values: dict[str, Any], mistakes: list[str]) -> None:
    """Check what a type alone cannot say; a section with a value of a wrong type is None."""
    if source := values.get("source"):
        _demand(
            mistakes, bool(source.url.strip()), "`url` in [source] is to name a source; without the line it is the demo"
        )
    if collection := values.get("collection"):
        mode = f'`mode` in [collection] is to be "off" or "local", not {collection.mode!r}'
        _demand(mistakes, collection.mode in ("off", "local"), mode)
        for name in ("statement_timeout_seconds", "budget_seconds"):
            above = 0 < getattr(collection, name) <= _MANY_SECONDS
            _demand(
                mistakes,
                above,
                f"`{name}` in [collection] is to be above zero, and a day ({_MANY_SECONDS}) at the most",
            )
        _demand(
            mistakes,
            0 < collection.lock_timeout_seconds <= 3600,
            "`lock_timeout_seconds` in [collection] is to be above zero, and an hour (3600) at the most",
        )
        for name in ("statement_rows", "measured_alone"):
            least = int(name == "statement_rows")
            _demand(mistakes, getattr(collection, name) >= least, f"`{name}` in [collection] is to be at least {least}")
        ratio = "`pause_ratio` in [collection] is to be between 0 and 100"
        _demand(mistakes, 0 <= collection.pause_ratio <= 100, ratio)
    if back_off := values.get("back_off"):
        for each in fields(back_off):
            within = 0 <= getattr(back_off, each.name) <= 10**6
            _demand(mistakes, within, f"`{each.name}` in [back_off] is to be between 0 and 1000000")
    if demo := values.get("demo"):
        for name in ("tenants", "applications", "users"):
            _demand(mistakes, getattr(demo, name) >= 1, f"`{name}` in [demo] is to be at least 1")
    _check_switched_off([entry for entry in values.get("switched_off", ()) if entry], mistakes)


def _check_switched_off(entries: list[SwitchedOff], mistakes: list[str]) -> None:
    from fa_stats import catalogue

    names = catalogue.load().by_name
    for entry in entries:
        if entry.stat not in names:
            mistakes.append(_unknown(entry.stat, " as `stat` of [[switched_off]]", dict(names)))
        if entry.until and entry.until < entry.on:
            mistakes.append(f"`until` of {entry.stat} in [[switched_off]] is before its `on`")


def _demand(mistakes: list[str], holds: bool, sentence: str) -> None:
    if not holds:
        mistakes.append(sentence)
