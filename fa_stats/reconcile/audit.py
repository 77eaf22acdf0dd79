"""One reconciliation, as its notebook goes through it: bring the evidence, show it, write the report."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from fa_stats import catalogue, consent, files, notebook, parameters, run
from fa_stats import settings as settings_module
from fa_stats.catalogue import Payload
from fa_stats.clock import Clock
from fa_stats.collector import Progress, silent
from fa_stats.errors import DayError, ParameterError, UsageError
from fa_stats.progress import watch
from fa_stats.reconcile import gaps, own, page, published, reading, result, switch
from fa_stats.reconcile.own import NEAR, Own
from fa_stats.reconcile.pairs import Evidence
from fa_stats.reconcile.reading import Reading
from fa_stats.reconcile.recorded import Recorded, of_file, once
from fa_stats.reconcile.result import Result
from fa_stats.reconcile.switch import Switch
from fa_stats.render import Fragment, paragraph
from fa_stats.settings import Settings
from fa_stats.sources import Source

NOTEBOOK = "reconcile.ipynb"
NAME_VARIABLE = "FA_STATS_RECONCILIATION"  # which a command names before its kernel begins
_DAYS = 30
_SOME = 3  # days that are named one by one
_ID = 8  # of an instance's id: enough to tell two apart


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be reconciled: a source, a span of UTC days, and payloads in files that stand in for its records."""

    source: str | None = None
    first: date | None = None
    last: date | None = None
    payloads: tuple[Path, ...] = ()

    def captured(self) -> tuple[Recorded, ...]:
        """Read the files, oldest payload first; raises UsageError."""
        found = [each for path in self.payloads for each in of_file(path)]
        return tuple(sorted(found, key=lambda each: each.collected))

    def span(self, today: date, captured: tuple[Recorded, ...]) -> tuple[date, date]:
        """Return the first and last day: those named, else those of the files, else the last 30. Raises DayError."""
        for day in (self.first, self.last):
            if day and day > today:
                raise DayError(f"{day} is still to come: today is {today} (UTC). Give today or an earlier day.")
        if self.first is None and self.last is None and captured:
            return captured[0].day, captured[-1].day
        last = self.last or today
        first = self.first or date.fromordinal(max(last.toordinal() - _DAYS + 1, 1))
        if first > last:
            raise DayError(f"{first} is after {last}. Give the earlier day as --from, the later one as --to.")
        return first, last


@dataclass
class Audit:
    """A reconciliation and what is known of it so far; `name` is that of its folder."""

    name: str
    settings: Settings
    asked: Asked
    clock: Clock
    progress: Progress = silent
    result: Result | None = None

    def gather(self) -> Fragment:
        """Read, count where that is needed, and compare. Raises UsageError and SourceError."""
        self.result = gather(self.settings, self.asked, self.clock, self.progress)
        return paragraph(self.result.headline)

    def show(self, section: Callable[[Result], Fragment]) -> Fragment:
        """Show one section of the report."""
        return section(self._found)

    def finish(self) -> Fragment:
        """Write the report, what it says as JSON, and the notebook as it ran; raises StorageError."""
        found = self._found
        folder = folder_of(self.settings, found.evidence.first, found.evidence.last, self.name)
        inside = folder.is_relative_to(self.settings.folder)
        said = paragraph(
            f"Report: {(folder.relative_to(self.settings.folder) if inside else folder) / 'reconcile.html'}"
        )
        notebook.keep(self.settings, folder / NOTEBOOK, said, NOTEBOOK)
        files.write(folder / "reconcile.html", page.to_html(found, notebook.code(self.settings, NOTEBOOK)).encode())
        told = json.dumps(found.to_json(), ensure_ascii=False)
        files.write(folder / "reconcile.json", f"{told}\n".encode())
        return said

    @property
    def _found(self) -> Result:
        if self.result is None:
            self.gather()
        assert self.result is not None  # noqa: S101 - gather has seen to it
        return self.result


def folder_of(settings: Settings, first: date, last: date, name: str) -> Path:
    """Where the report of a reconciliation is: beside those of the same days, of which none takes another's place."""
    return settings.reports / "reconcile" / f"{first}--{last}" / name


def start(namespace: Mapping[str, Any], clock: Clock | None = None) -> Audit:
    """Begin with a notebook's parameters `source`, `first`, `last` and `payloads`.

    Raises UsageError for parameters and settings that are wrong.
    """
    given = parameters.among(namespace, ("source", "first", "last", "payloads"))
    source = parameters.of_notebook({"source": given.get("source")}).source
    first, last = (parameters.day_of(name, given.get(name)) for name in ("first", "last"))
    asked = Asked(source, first, last, _paths(given.get("payloads")))
    clock = clock or Clock()
    name = os.environ.get(NAME_VARIABLE) or run.new_name(clock.now())
    return Audit(name, settings_module.load(), asked, clock, watch())


def _paths(given: Any) -> tuple[Path, ...]:
    named = [given] if isinstance(given, str) else [] if given is None else given
    if not isinstance(named, list | tuple) or not all(isinstance(each, str) and each for each in named):
        raise ParameterError("`payloads` is to be the path of a file, or a list of such paths.")
    return tuple(Path(each) for each in named)


def gather(settings: Settings, asked: Asked, clock: Clock, progress: Progress = silent) -> Result:
    """Bring all evidence and compare it; nothing is written. Raises UsageError, SourceError and StorageError."""
    today = clock.now().date()
    given = asked.captured()
    captured = once(given)
    first, last = asked.span(today, captured)
    # What somebody captured may be older than the demo, or from a clock that is ahead.
    day = min(last, today) if last >= run.DEMO_BEGINS or not captured else today
    source = run.source_of(settings, asked.source, day)
    twice = len(given) - len(captured)
    said = f"{twice} of {len(given)} payloads in files repeat another one: each is counted once."
    notes = [said] if twice else []
    found = _read(settings, source, clock, (first, last), notes, records=not captured)
    recorded = _in_span(captured, first, last, notes) if captured else found.recorded if found else ()
    ids = {each.instance_id for each in found.recorded if each.instance_id} if found else set()
    ids |= {found.instance} if found and found.instance else {settings.instance.id} - {""}
    owns = list(own.kept(settings, source.identity, ids, first, last))
    ids |= {each.collection.instance_id for each in owns if each.collection.instance_id}
    _check_instance(captured, ids, notes)
    statements = found.statements if found else ()
    if found and found.switch is not False and not any(first <= each.day <= last for each in owns):
        counted = _count_now(settings, source, day, clock, progress, recorded, notes, (first, last))
        owns += counted
        ids |= {each.collection.instance_id for each in counted if each.collection.instance_id}
        statements += tuple(each for one in counted for each in one.collection.statements)
    evidence = _evidence(
        (first, last), found, recorded, tuple(owns), _switch(settings, source, found, owns, clock.now()), ids
    )
    notes += gaps.found(evidence, found.instance if found else None)
    return result.of_evidence(
        evidence,
        made=clock.now(),
        source=(source.kind, source.label),
        instance=next(iter(sorted(ids)), None) if len(ids) == 1 else None,
        notes=tuple(notes),
        statements=statements,
    )


def _evidence(
    span: tuple[date, date],
    found: Reading | None,
    recorded: tuple[Recorded, ...],
    owns: tuple[Own, ...],
    known: Switch,
    ids: set[str],
) -> Evidence:
    """Put what was brought together; `found` is None where no connection was opened."""
    loaded = catalogue.load()
    return Evidence(
        first=span[0],
        last=span[1],
        revisions=published.load(),
        stats={stat.name: stat for stat in loaded.of(Payload.STATS)},
        elsewhere={each.name: each for each in loaded.elsewhere},
        listed=found.listed if found else None,
        recorded=recorded,
        unreadable=found.unreadable if found else (),
        owns=owns,
        switch=known,
        list_changed=found.list_changed if found else None,
        list_checked=found.list_checked if found else None,
        instances=frozenset(ids),
    )


def _switch(settings: Settings, source: Source, found: Reading | None, owns: Iterable[Own], now: datetime) -> Switch:
    """Put together what is known of the instance's own switch."""
    seen = [each for kept in owns if kept.run for each in switch.seen_by(kept.collection, kept.taken, kept.run)]
    seen += switch.seen_in_ledger(settings, source.identity, source.kind)
    return Switch(
        read=now if found else None,
        on=found.switch if found else None,
        since=found.saved if found else None,
        seen=tuple(seen),
        deployment=settings.instance.deployment,
        created=consent.created_of(settings.instance.created_with),
    )


def _read(
    settings: Settings, source: Source, clock: Clock, span: tuple[date, date], notes: list[str], *, records: bool
) -> Reading | None:
    """Read the instance where the settings allow a connection at all."""
    decision = consent.may_connect(settings.collection.mode)
    if not decision.allowed:
        notes.append(f"{decision.reason} Only kept runs and the files that were named are compared.")
        return None
    found = reading.read(source, settings, clock, *span, records=records)
    if found.switch is False:
        notes.append(
            "The instance's own switch for usage data is off: nothing was counted. Only what FusionAuth wrote down of "
            "its own collecting was read, and compared with kept runs."
        )
    notes += found.problems
    return found


def _in_span(captured: tuple[Recorded, ...], first: date, last: date, notes: list[str]) -> tuple[Recorded, ...]:
    inside = tuple(each for each in captured if first <= each.day <= last)
    if not inside:
        days = sorted({f"{each.day}" for each in captured})
        theirs = ", ".join(days[:_SOME]) + (f" and {len(days) - _SOME} other days" if len(days) > _SOME else "")
        raise UsageError(
            f"No payload in the files that were named is of {first} to {last}: they are of {theirs}. Name those days, "
            "or none at all."
        )
    notes.append("The files that were named stand in for what FusionAuth recorded itself, which was not read.")
    if left := len(captured) - len(inside):
        notes.append(f"{left} of {len(captured)} payloads in files are not of these days, and were left out.")
    return inside


def _check_instance(captured: Collection[Recorded], known: set[str], notes: list[str]) -> None:
    """Refuse payloads of another instance than the source's, or of several ones. Raises UsageError."""
    if silent := sum(each.instance_id is None for each in captured):
        notes.append(f"{silent} of {len(captured)} payloads in files name no instance: it is not known whose they are.")
    others = {each.instance_id: each.origin for each in captured if each.instance_id}
    if not others:
        return
    if not known and len(others) == 1:
        notes.append(
            "Whether the payload in the file is of this instance could not be looked up: `id` under [instance] in "
            "fa_stats.toml can say which it is."
        )
        return
    expected = known or set(list(others)[:1])
    for instance, name in others.items():
        if instance not in expected:
            here = ", ".join(each[:_ID] for each in sorted(expected))
            raise UsageError(
                f"{name} is a payload of the instance {instance[:_ID]}, and this is about the instance {here}: they "
                "are not compared. Name the source of that instance, or another file."
            )


def _count_now(
    settings: Settings,
    source: Source,
    day: date,
    clock: Clock,
    progress: Progress,
    recorded: tuple[Recorded, ...],
    notes: list[str],
    span: tuple[date, date],
) -> list[Own]:
    """Count once in memory where no run is kept of these days, and where that tells something about them."""
    now = clock.now()
    near = (span[0] <= day <= span[1] and (source.kind == "demo" or day == now.date())) or any(
        abs(now - each.collected) <= NEAR for each in recorded
    )
    if not near:
        notes.append("No run is kept of these days, and to count now would not tell what was there then.")
        return []
    notes.append("No run is kept of these days: everything was counted once now, in memory; nothing was stored.")
    return [own.count_now(settings, source, day, clock, progress)]


def default_days(today: date) -> str:
    """Say which days are looked at where none are named."""
    return f"No days were named: these are the last {_DAYS}, {today - timedelta(days=_DAYS - 1)} to {today}."
