"""`fa-stats doctor`: what is set up, what is missing, and how to mend it; nothing is changed and no stat is read."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fa_stats import (
    agreement,
    catalogue,
    consent,
    definitions,
    files,
    grants,
    ledger,
    notebook,
    query,
    rights,
    signing,
    snapshots,
    verification,
)
from fa_stats import run as runs
from fa_stats import settings as settings_module
from fa_stats.clock import Clock
from fa_stats.demo.schema import read_facts
from fa_stats.dialects import Dialect
from fa_stats.errors import FaStatsError, StorageError
from fa_stats.rights import Standing
from fa_stats.settings import Settings
from fa_stats.sources import Schema
from fa_stats.sources.api import HTTPInstance

_LOOKED_UP = re.compile(r"_[0-9a-f]{6}$")  # so ends the column of a view that shows a value of a document
_PROBLEMS = 3  # of an API, named one by one
_ROOM = 200_000_000  # bytes; a run takes less than one, the demo some ten


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is as it should be, and how to mend it where it is not."""

    good: bool
    what: str
    mend: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return asdict(self)


def examine(clock: Clock, start: Path | None = None) -> list[Finding]:
    """Look at settings, catalogue, folders, notebook, kernel, source, kept days, ledger and sending, in this order."""
    try:
        settings = settings_module.load(start)
    except FaStatsError as error:
        return [Finding(False, "The settings cannot be used.", str(error))]
    where = f"Settings from {settings.file}." if settings.file else "No fa_stats.toml: everything is at its default."
    looks = (_catalogue, _folders, _notebook, _kernel, _source, _days, _ledger, _sending)
    return [Finding(True, where), *(finding for look in looks for finding in _guarded(look, settings, clock))]


def _guarded(look: Callable[[Settings, Clock], Iterator[Finding]], settings: Settings, clock: Clock) -> list[Finding]:
    try:
        return list(look(settings, clock))
    except FaStatsError as error:
        return [Finding(False, f"{look.__name__.strip('_').capitalize()}: not as it should be.", str(error))]


def _catalogue(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    loaded = catalogue.load()
    stats, metrics = loaded.of(catalogue.Payload.STATS), loaded.of(catalogue.Payload.METRICS)
    yield Finding(
        True, f"The catalogue has {len(stats)} stats and {len(metrics)} metrics in {len(loaded.statements)} statements."
    )


def _folders(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    for folder in (settings.data, settings.reports):
        there = next(each for each in (folder, *folder.parents) if each.exists())
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as error:
            raise files.refused(there / "x", error) from error
        free = shutil.disk_usage(there).free
        mend = None if free > _ROOM else f"Free some: {_ROOM // 1_000_000} MB are enough for a long time."
        yield Finding(mend is None, f"{folder} can be written to; {free // 1_000_000:,} MB are free.", mend)


def _notebook(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    path = notebook.find(settings)
    if path.is_file():
        yield Finding(True, f"The daily run executes {path}.")
    else:
        yield Finding(False, "The daily notebook is missing.", "`fa-stats init .` lays it out.")


def _kernel(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    missing = [name for name in ("ipykernel", "papermill") if find_spec(name) is None]
    if missing:
        yield Finding(False, f"The notebook cannot be executed: {', '.join(missing)} missing.", "pip install fa-stats")
    else:
        yield Finding(True, "papermill and a kernel of this Python are there.")


def _source(settings: Settings, clock: Clock) -> Iterator[Finding]:
    decision = consent.may_connect(settings.collection.mode)
    if not decision.allowed:
        yield Finding(True, decision.reason)
        return
    source = runs.source_of(settings, None, clock.now().date())
    if source.kind == "demo":
        yield Finding(True, f"The source is the {source.label}; the first run of a day makes the day's instance.")
        return
    if isinstance(source, HTTPInstance):
        yield from _api(source, settings)
        return
    loaded = catalogue.load()
    with source.connect() as connection:
        dialect, version, schema = connection.dialect, connection.version(), connection.schema()
        needed = query.needs(loaded, grants.read_in_database(loaded), dialect)
        standing = connection.standing(needed)
    if "system_configuration" not in schema.columns:
        mend = "Check the database and schema that the source names, and the role's rights (`fa-stats grants`)."
        yield Finding(False, f"The source ({source.label}) holds no FusionAuth tables that can be seen.", mend)
        return
    tables = f"{len(schema.columns)} {'views that hide the documents' if dialect.views else 'tables'}"
    yield Finding(True, f"The source ({source.label}, {version}) answers and has {tables}.")
    if standing.encrypted is not None:
        yield from _session(dialect.name, standing)
        yield from _rights(dialect, schema, needed, standing)


def _api(source: HTTPInstance, settings: Settings) -> Iterator[Finding]:
    with source.connect() as connection:
        trial = connection.trial()
    keys = "in FusionAuth under Settings, API Keys"
    rest = len(trial.problems) - _PROBLEMS
    for place, problem in enumerate(trial.problems[:_PROBLEMS], 1):
        more = f" {rest} more calls fail." if place == _PROBLEMS and rest > 0 else ""
        mend = "See the source's URL and FusionAuth's own log."
        yield Finding(False, f"The source ({source.label}): {problem}.{more}", mend)
    if trial.refused:
        mend = f"See that it is whole, that it has not expired, and what it may do, {keys}."
        yield Finding(False, "The source (HTTP API) refuses the API key for every call.", mend)
        return
    if trial.unknown:
        said = f"What answers as the source ({source.label}) knows none of FusionAuth's calls."
        yield Finding(False, said, "Check the source's URL: host, port and path.")
        return
    if not trial.problems:
        yield Finding(True, f"The source ({source.label}) answers.")
    if trial.lacking:
        said = "a permission" if len(trial.lacking) == 1 else f"{len(trial.lacking)} permissions"
        yield Finding(False, f"The API key lacks {said}: {', '.join(trial.lacking)}.", f"Give it that, {keys}.")
    if trial.posts:
        said = f"The API key can do more than it needs: it may POST to {rights.several(trial.posts)}"
        mend = f"Leave it no more than GET, {keys}; a key with no permission set at all may do everything."
        yield Finding(False, f"{said}, where GET is enough.", mend)
    elif not (trial.lacking or trial.problems):
        said = "The API key may GET all that is counted in, and may not POST; PUT, PATCH and DELETE are not tried."
        yield Finding(True, said)
    if not settings.instance.id:
        good = settings.collection.mode != "on"
        said = "The HTTP API does not show the instance's id, without which nothing can be sent."
        yield Finding(
            good, said, "Set `id` under [instance] in fa_stats.toml; in the database it is in the column instance.id."
        )


def _session(dialect: str, standing: Standing) -> Iterator[Finding]:
    if standing.encrypted:
        yield Finding(True, "The connection is encrypted.")
    elif standing.local:
        yield Finding(True, "The connection is not encrypted, and does not leave the server's machine.")
    else:
        option = "sslmode=verify-full" if dialect == "postgresql" else "ssl_mode=verify_identity"
        mend = f"Add `{option}` to the URL of the source, after a `?`, and see that the server has a certificate."
        yield Finding(False, "The connection is not encrypted: whoever is on the way can read it.", mend)
    where = "takes no writes, as a replica does" if standing.read_only else "takes writes, so it is no replica"
    yield Finding(True, f"The server {where}.")


def _rights(
    dialect: Dialect, schema: Schema, needed: Mapping[str, Sequence[str]], standing: Standing
) -> Iterator[Finding]:
    option = " --views" if dialect.views else ""
    mend = f"`fa-stats grants --dialect {dialect.name} --role ROLE{option}` prints the SQL that gives what is needed"
    lacking = _lacking(dialect, schema, needed)
    if lacking:
        said = f"{len(lacking)} columns" if len(lacking) > 1 else "a column"
        yield Finding(False, f"The role cannot read {said} that it needs: {rights.several(lacking)}.", f"{mend}.")
    if standing.excess:
        said = f"The role can do more than it needs: {'; '.join(standing.excess)}."
        yield Finding(False, said, f"{mend}, and no more: run it for a new role, and name that in the source.")
    elif not lacking:
        yield Finding(True, "The role can read what is counted, and nothing else.")


def _lacking(dialect: Dialect, schema: Schema, needed: Mapping[str, Sequence[str]]) -> list[str]:
    """Name the columns that are needed and that the role cannot read; what only some versions have is not missed."""
    columns = [(table, column) for table, names in needed.items() for column in names]
    hidden = [each for each in columns if each[1] in schema.unreadable.get(each[0], ())]
    if dialect.views or dialect.name != "postgresql":  # where what may not be read looks as if it were not there
        always = {(fact["table"], fact["column"]) for fact in read_facts("schema.csv") if not fact["since"]}
        absent = [each for each in columns if each[1] not in schema.columns.get(each[0], ())]
        hidden += [each for each in absent if each in always or _LOOKED_UP.search(each[1])]
    return [f"{table}.{column}" for table, column in hidden]


def _days(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    kept = snapshots.found(settings.data)
    if not kept:
        yield Finding(True, "No day is kept yet. `fa-stats run` makes the first.")
        return
    broken = []
    for day, run in kept:
        try:
            snapshots.of_run(settings.data, day, run)
        except StorageError:
            broken.append(str(snapshots.path_of(settings.data, day, run)))
    days = len({day for day, _ in kept})
    yield Finding(
        not broken,
        f"{days} days are kept, {kept[0][0]} to {kept[-1][0]}." + (f" {len(broken)} cannot be read." if broken else ""),
        f"Damaged: {', '.join(broken)}. Restore them from a backup, or take them away." if broken else None,
    )


def _ledger(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    if problem := verification.ledger_problem(settings):
        yield Finding(
            False, f"The ledger does not hold: {problem}", "`fa-stats verify` names everything that does not."
        )
    elif ledger.path_of(settings.data).exists():
        yield Finding(True, "The ledger holds from its first entry to its last.")
    signer = signing.signer(settings)
    if signer is None:
        yield Finding(True, "The ledger's checkpoints are not signed: [signing] in fa_stats.toml names no key.")
    elif exposed := signing.exposed(settings):
        yield Finding(False, exposed, "Take those rights away: chmod 600.")
    else:
        yield Finding(True, f"The ledger's checkpoints are signed with the key {signer.public}.")


def _sending(settings: Settings, clock: Clock) -> Iterator[Finding]:  # noqa: ARG001
    sending = settings.sending
    if settings.collection.mode != "on":
        yield Finding(True, f'Nothing is ever sent: [collection] mode is "{settings.collection.mode}".')
        return
    agreed = agreement.current(settings.data)
    if agreed is None:
        mend = "`fa-stats consent show` tells what is counted, `fa-stats consent agree --by NAME` agrees to it."
        yield Finding(False, "Nobody has agreed that anything is sent.", mend)
    elif agreed.definitions != definitions.digest(definitions.of(catalogue.load())):
        mend = "`fa-stats consent show` tells the difference, `fa-stats consent agree --by NAME` agrees to it."
        yield Finding(False, f"What is counted is not what {agreed.by} agreed to.", mend)
    else:
        yield Finding(True, f"{agreed.by} agreed to what is counted, on {agreed.at:%Y-%m-%d}.")
    for name, wanted, url in (
        ("usage_data", sending.usage_data, sending.usage_data_url),
        ("metrics", sending.metrics, sending.metrics_url),
    ):
        if wanted and not url:
            mend = (
                f"Set `{name}_url` in [sending], or `{name} = false`. There is no default: the vendor's is not public."
            )
            yield Finding(False, f"There is no receiver for {name.replace('_', ' ')}.", mend)
    for header, variable in sending.headers.items():
        if not os.environ.get(variable):
            said = f"The environment variable {variable}, for the header {header}, is not set."
            yield Finding(False, said, "Set it where the scheduler starts fa_stats.")
    for name in ("ca", "certificate", "key"):
        path = settings.path(getattr(sending, name))
        if path and not path.is_file():
            yield Finding(False, f"There is no file {path}, which `{name}` in [sending] names.", "Put it there.")
