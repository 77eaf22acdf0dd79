"""Checks of what is in the two payloads, byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785

from fa_stats.catalogue import STATS_VERSION, Catalogue, Kind, Payload, Stat, sql
from fa_stats.checks import forms, privacy
from fa_stats.checks.privacy import Identifier
from fa_stats.checks.promises import Evidence, Finding, failed, held, listed, number, verdict
from fa_stats.collection import Figure, Status
from fa_stats.timing import milliseconds

_COUNTING = re.compile(r"(?:count|count_if)\(")
_IN_DOCUMENT = re.compile(r"\b([a-z_]+\.[a-z_]+), '([^']+)'")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS = timedelta(minutes=1)  # by how much two clocks may differ


def no_personal_data(evidence: Evidence) -> Finding:
    """Look for the shapes of what belongs to a person, in every text of both payloads."""
    return _no_shapes(evidence, privacy.PERSONAL)


def no_addresses(evidence: Evidence) -> Finding:
    """Look for the shapes of addresses, secrets and free text, in every text of both payloads."""
    return _no_shapes(evidence, privacy.CONFIGURATION)


def _no_shapes(evidence: Evidence, kinds: frozenset[str]) -> Finding:
    wrong, looked = [], 0
    for name, content in (("usage data", evidence.payload), ("metrics", evidence.metrics)):
        for place, text in _texts(_parsed(content), name, evidence.catalogue):
            looked += 1
            if found := privacy.shapes(text, allowed=_allowed(place)) & kinds:
                wrong.append(f"{place}: looks like {listed(found)}.")
    return verdict(wrong, f"{number(looked, 'text')} of both payloads looked at, keys too: none looks like that.")


def _allowed(place: str) -> Identifier | None:
    """Return the identifier of the page that has its place there."""
    if place in ("usage data: instanceId", "metrics: instanceId"):
        return Identifier.INSTANCE
    return Identifier.LICENSE if place == "metrics: licenseId" else None


def _texts(value: Any, place: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Give every text within a value, keys too, each with words for its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield f"{place}: a name", key
            yield from _texts(each, f"{place}: {_named(key, catalogue)}", catalogue)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, place, catalogue)


def _named(key: str, catalogue: Catalogue) -> str:
    """Return a name as it may be shown: one that nobody knows might be anybody's."""
    known = key in catalogue.by_name or key in forms.ENVELOPE | forms.SETUP | {"count", "idp"}
    return key if known else "an unknown name"


def only_counts_and_versions(evidence: Evidence) -> Finding:
    """Hold each value to the form of the page and to the kind of the catalogue, and the bytes to RFC 8785."""
    try:
        usage, metrics = _parsed(evidence.payload), _parsed(evidence.metrics)
    except ValueError:
        return failed("The payloads are not two JSON objects, each key once: nothing like the published shape.")
    if usage.keys() != forms.ENVELOPE or not isinstance(usage["stats"], dict) or not isinstance(usage["timings"], dict):
        return failed("The usage data does not have the published shape.")
    values = [*usage["stats"].items(), *metrics.items()]
    wrong = [
        f"The bytes of the {name} are not canonical JSON (RFC 8785)."
        for name, value, content in (("usage data", usage, evidence.payload), ("metrics", metrics, evidence.metrics))
        if _bytes_of(value) != content
    ]
    for name, value in values:
        stat = evidence.catalogue.by_name.get(name)
        if said := forms.wrong(name, value):
            wrong.append(f"{_named(name, evidence.catalogue)} {said}.")
        elif stat and not forms.of_kind(stat.kind, value):
            wrong.append(f"{name} is not the {stat.kind} that the catalogue says.")
    if misplaced := [stat.name for stat in evidence.catalogue.of(Payload.STATS) if stat.privacy == "identifier"]:
        wrong.append(f"{listed(misplaced)}: an identifier, which is none of the stats.")
    wrong += _envelope(usage, evidence.catalogue)
    return verdict(
        wrong,
        f"{number(len(values), 'value')} have the form that the page shows and the kind that the catalogue says; "
        "the bytes are canonical JSON (RFC 8785).",
    )


def _envelope(usage: dict[str, Any], catalogue: Catalogue) -> Iterator[str]:
    duration, instant = usage["collectionDuration"], usage["collectionInstant"]
    if type(duration) is not int or not 0 <= duration <= forms.DURATION_BOUND:
        yield "collectionDuration is no number of milliseconds within a day."
    if type(instant) is not int or instant < 0:
        yield "collectionInstant is no number of milliseconds since 1970."
    for key, name in (("applicationVersion", "productVersion"), ("instanceId", "instanceId")):
        if usage[key] is not None and (said := forms.wrong(name, usage[key])):
            yield f"{key} {said}."
    timings = usage["timings"].items()
    odd = [name for name, each in timings if type(each) is not int or not 0 <= each <= forms.DURATION_BOUND]
    if odd:
        yield f"{listed(_named(name, catalogue) for name in odd)}: a timing that is no number of milliseconds of a day."


def _bytes_of(value: Any) -> bytes | None:
    try:
        return rfc8785.dumps(value)
    except ValueError:  # also a text that has no UTF-8
        return None


def only_aggregates(evidence: Evidence) -> Finding:
    """Check how each figure is made: by counting rows, or from one of the columns of sums, versions and options."""
    made = [stat for stat in evidence.catalogue if stat.payload is not Payload.CONTEXT]
    wrong = [stat.name for stat in made if not _aggregate(evidence.catalogue, stat)]
    if wrong:
        return failed(
            f"{listed(wrong)}: neither counts rows nor reads one of the columns that are known to hold sums, "
            "versions or options. Mend the catalogue's entry; nothing is sent until then."
        )
    counting = sum(bool(_COUNTING.match(stat.expression)) for stat in made)
    return held(
        f"{counting} of {len(made)} figures count rows; the others read sums, versions and options, from columns that "
        "are listed apart from the catalogue."
    )


def _aggregate(catalogue: Catalogue, stat: Stat) -> bool:
    if stat.kind in (Kind.BOOLEAN, Kind.OBJECT):
        return True  # true or false, whatever is read
    if (known := forms.SOURCES.get(stat.name)) is not None:
        return _sources(catalogue, stat) == known
    begun = _COUNTING.match(stat.expression)
    whole = begun and sql.closing(stat.expression, begun.end()) == len(stat.expression) - 1
    return bool(whole) and stat.kind in (Kind.COUNT, Kind.BREAKDOWN)


def _sources(catalogue: Catalogue, stat: Stat) -> frozenset[str]:
    """Return the columns that a figure reads, and the paths into their documents."""
    columns = catalogue.statement[stat.statement].columns_of([stat])
    read = {f"{table}.{column}" for table, names in columns.items() for column in names}
    return frozenset(read | {"/".join(pair) for pair in _IN_DOCUMENT.findall(stat.expression)})


def only_published_names(evidence: Evidence) -> Finding:
    """Check that every key of both payloads is one of the page's, or a name of the catalogue in its own payload."""
    usage, metrics = _parsed(evidence.payload), _parsed(evidence.metrics)
    if usage.keys() != forms.ENVELOPE:
        return failed("The keys of the usage data are not the published seven.")
    stats = {stat.name for stat in evidence.catalogue.of(Payload.STATS)}
    wrong = []
    for part, names, known in (
        ("stats", usage["stats"].keys(), stats),
        ("timings", usage["timings"].keys(), stats),
        ("the metrics", metrics.keys(), forms.METRICS),
    ):
        if strange := names - known:
            shown = listed(_named(name, evidence.catalogue) for name in strange)
            wrong.append(f"{number(len(strange), 'name')} in {part} that do not belong there: {shown}.")
    return verdict(
        wrong,
        f"{number(len(usage['stats']), 'stat')}, {number(len(usage['timings']), 'timing')} and "
        f"{number(len(metrics), 'metric')}, all of them in the catalogue; the keys around them are the seven.",
    )


def statuses_complete(evidence: Evidence) -> Finding:
    """Check that each name has one status, and that the payloads hold exactly the values and timings that there are."""
    collection, usage = evidence.collection, _parsed(evidence.payload)
    wrong: list[str] = []
    for payload, figures in ((Payload.STATS, collection.stats), (Payload.METRICS, collection.metrics)):
        wrong += _statuses({stat.name for stat in evidence.catalogue.of(payload)}, figures)
    timings = {f.name: milliseconds(f.microseconds) for f in collection.stats if f.microseconds is not None}
    for what, found, expected in (
        ("stats", usage["stats"], _values(collection.stats)),
        ("timings", usage["timings"], timings),
        ("metrics", _parsed(evidence.metrics), _values(collection.metrics)),
    ):
        if _bytes_of(found) != _bytes_of(expected):
            other = [n for n in found.keys() | expected.keys() if _bytes_of(found.get(n)) != _bytes_of(expected.get(n))]
            shown = listed(_named(name, evidence.catalogue) for name in other)
            wrong.append(f"{shown}: in {what}, something else than what was collected.")
    counts = ", ".join(f"{count} {status}" for status, count in collection.counts().items() if count)
    return verdict(
        wrong,
        f"{number(len(collection.stats), 'stat')} ({counts}) and {number(len(collection.metrics), 'metric')}; "
        "the payloads hold those that are ok, with their values.",
    )


def _statuses(names: set[str], figures: tuple[Figure, ...]) -> Iterator[str]:
    found = [figure.name for figure in figures]
    if twice := {name for name in found if found.count(name) > 1}:
        yield f"{listed(twice)}: more than one status."
    if missing := names - set(found):
        yield f"{listed(missing)}: no status."
    if mute := [f.name for f in figures if f.status is not Status.OK and not (f.reason or "").strip()]:
        yield f"{listed(mute)}: no reason for its status."
    if empty := [f.name for f in figures if (f.status is Status.OK) is (f.value is None)]:
        yield f"{listed(empty)}: status and value do not fit."


def _values(figures: tuple[Figure, ...]) -> dict[str, Any]:
    return {figure.name: figure.value for figure in figures if figure.status is Status.OK}


def versions(evidence: Evidence) -> Finding:
    """Check that the payload names the instance, the version and the moment that the collection has."""
    collection, usage, metrics = evidence.collection, _parsed(evidence.payload), _parsed(evidence.metrics)
    wrong = []
    # A source that does not show the id was never asked for it; what names no instance is not sent.
    hidden = any(figure.name == "instanceId" and figure.microseconds is None for figure in collection.metrics)
    needed = ("applicationVersion",) if hidden else ("applicationVersion", "instanceId")
    if missing := [key for key in needed if usage[key] is None]:
        wrong.append(f"The payload does not say its {listed(missing)}, without which it tells nothing.")
    if usage["applicationVersion"] != collection.application_version:
        wrong.append("applicationVersion is not the instance's version.")
    if usage["applicationVersion"] != metrics.get("productVersion", usage["applicationVersion"]):
        wrong.append("The two payloads name different versions.")
    if usage["instanceId"] != collection.instance_id:
        wrong.append("instanceId is not the instance's id.")
    if usage["instanceId"] != metrics.get("instanceId", usage["instanceId"]):
        wrong.append("The two payloads name different instances.")
    if usage["statsVersion"] != STATS_VERSION:
        wrong.append("statsVersion is not the catalogue's.")
    if collection.catalogue_sha256 != evidence.catalogue.sha256:
        wrong.append("The figures were collected with another catalogue.")
    if usage["collectionInstant"] != (collection.started - _EPOCH) // timedelta(milliseconds=1):
        wrong.append("collectionInstant is not the moment at which the run began.")
    if collection.started > evidence.now + _CLOCKS:
        wrong.append("The run began later than now: look at the clock.")
    if collection.day > collection.started.date():
        wrong.append("The day is later than the moment at which the run began.")
    if usage["instanceId"] is None:
        said = (
            "The source does not show the instance's id, so the payload names none and cannot be sent: see `id` under "
        )
        return verdict(wrong, f"{said}[instance] in fa_stats.toml. Version, catalogue and moment are those of the run.")
    return verdict(wrong, "Version, instance, catalogue and moment are those of the run, and none lies in the future.")


def _parsed(content: bytes) -> dict[str, Any]:
    """Read a payload's bytes; raises ValueError for what is no JSON object. A key twice is not canonical."""
    found = json.loads(content.decode("utf-8"), parse_constant=_refused)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(constant)
