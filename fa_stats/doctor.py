"""`fa-stats doctor`: what is set up, what is missing, and how to mend it; nothing is changed and no stat is read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from fa_stats import (
    access,
    agreement,
    catalogue,
    consent,
    definitions,
    files,
    ledger,
    notebook,
    signing,
    snapshots,
    verification,
)
from fa_stats import run as runs
from fa_stats import settings as settings_module
from fa_stats.clock import Clock
from fa_stats.errors import FaStatsError, StorageError
from fa_stats.finding import CLOSE, Finding
from fa_stats.settings import Settings

_ROOM = 200_000_000  # bytes; a run takes less than one, the demo some ten


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
    else:
        yield from access.examine(source, settings)


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
    days = sorted({day for day, _ in kept})
    said = f"1 day is kept, {days[0]}." if len(days) == 1 else f"{len(days)} days are kept, {days[0]} to {days[-1]}."
    yield Finding(
        not broken,
        said + (f" {len(broken)} cannot be read." if broken else ""),
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
        yield Finding(False, exposed, CLOSE)
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
