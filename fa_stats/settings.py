"""fa_stats.toml: everything that can be set, read strictly; an unknown key is an error, never ignored."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

from fa_stats import bounds, strict
from fa_stats.errors import SettingsError

FILE = "fa_stats.toml"
SOURCE_VARIABLE = "FA_STATS_SOURCE"


@dataclass(frozen=True, slots=True)
class Source:
    """[source]: where the instance is. The environment variable FA_STATS_SOURCE goes before `url`."""

    url: str = "demo:"


@dataclass(frozen=True, slots=True)
class Collection:
    """[collection]: whether anything is collected, and how much of the database's time it may take."""

    # `off`: not one connection is opened; `local`: collected and reported, never sent; `on`: sent where it may be
    mode: str = "local"
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
class Instance:
    """[instance]: what no table says of the instance, and the consent rules of the vendor's page ask."""

    deployment: str = "self-hosted"  # or `cloud`
    air_gapped: bool = False  # whether its licence is an air-gapped one
    created_with: str = ""  # the version of FusionAuth that it began with; empty where nobody knows
    id: str = ""  # where the source does not show it, as the HTTP API does not


@dataclass(frozen=True, slots=True)
class Api:
    """[api]: what a run may ask of FusionAuth's HTTP API."""

    calls: int = 5_000  # in a run
    calls_per_second: float = 10.0
    megabytes: int = 2_000  # received in a run
    call_seconds: float = 30.0  # for one call, from the connection to the last byte of the answer
    budget_seconds: float = 600.0  # for all calls of a run, the rests between them included
    ca: Path | None = None  # certificates of a private authority


@dataclass(frozen=True, slots=True)
class RemotePolicy:
    """[policy]: who else may switch stats off. Nothing of it ever switches one on."""

    url: str = ""  # a JSON document; empty: none
    days: float = 7.0  # how long a copy that is kept stands in for a document that cannot be fetched
    follow_active_list: bool = False  # count what the instance's own `current_usage_stats` names, and nothing else


@dataclass(frozen=True, slots=True)
class Sending:
    """[sending]: where the two payloads go. There is no default receiver: the vendor's is not publicly specified."""

    usage_data: bool = True
    metrics: bool = True
    usage_data_url: str = ""
    metrics_url: str = ""
    approvals: int = 0  # how many people have to approve the bytes: 0, 1 or 2
    headers: Mapping[str, str] = field(default_factory=dict)  # the environment variable that holds each header's value
    ca: Path | None = None  # certificates of a private authority
    certificate: Path | None = None  # ours, where the receiver asks for one
    key: Path | None = None  # of that certificate
    attempt_seconds: float = 30.0  # for one attempt, from the connection to the last byte of the answer
    budget_seconds: float = 120.0  # for all attempts of a run
    days: int = 14  # how long a payload that could not be sent waits


@dataclass(frozen=True, slots=True)
class Signing:
    """[signing]: the Ed25519 key that signs the ledger's checkpoints. Without one, they are unsigned and say so."""

    key: Path | None = None  # a private key in PEM
    trusted: tuple[str, ...] = ()  # public keys, in hexadecimal, that signed before or elsewhere


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
    api: Api = field(default_factory=Api)
    instance: Instance = field(default_factory=Instance)
    policy: RemotePolicy = field(default_factory=RemotePolicy)
    sending: Sending = field(default_factory=Sending)
    signing: Signing = field(default_factory=Signing)

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

    def budget_seconds(self, kind: str) -> float:
        """What all statements of a run may take at a kind of source; over the HTTP API, its calls count with them."""
        return self.api.budget_seconds if kind == "api" else self.collection.budget_seconds

    def path(self, named: Path | None) -> Path | None:
        """Return a path that the settings name, from the folder that relative ones start from."""
        return self.folder / named if named else None

    @property
    def properties(self) -> Path | None:
        """FusionAuth's own fusionauth.properties, where the settings name one."""
        return self.path(self.configuration.properties)


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
            mistakes.append(strict.unknown(key, "", sections))
        elif key == "switched_off":
            values[key] = tuple(
                strict.section(SwitchedOff, entry, "[switched_off]", mistakes) for entry in _list(value, mistakes)
            )
        else:
            values[key] = strict.section(get_type_hints(Settings)[key], value, key, mistakes)
    mistakes += bounds.mistakes(values)
    if mistakes:
        number = f"{len(mistakes)} mistake{'s' * (len(mistakes) > 1)}"
        raise SettingsError(f"{file} has {number}; nothing was touched:\n  " + "\n  ".join(mistakes))
    return Settings(folder=file.parent, file=file, **values)


def _list(value: Any, mistakes: list[str]) -> list[Any]:
    if isinstance(value, list):
        return value
    mistakes.append("`switched_off` is written as [[switched_off]], once for each stat")
    return []
