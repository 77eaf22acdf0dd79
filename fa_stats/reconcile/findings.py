"""What the comparison comes to, in words, worst first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from fa_stats.collection import Figure, Status
from fa_stats.reconcile.pairs import Cell, Evidence, Row, rows
from fa_stats.reconcile.phrases import NAMED, apart, by_how_much, count, listed, rest, words
from fa_stats.reconcile.recorded import Recorded, Unreadable


class Kind(StrEnum):
    """What a finding is about, in the order in which findings are told."""

    SENT_UNDOCUMENTED = "sent_undocumented"
    ASKED_UNDOCUMENTED = "asked_undocumented"
    SENT_WHILE_OFF = "sent_while_off"
    VALUE_DIFFERS = "value_differs"
    NEVER_COLLECTED = "never_collected"
    KEYS_CHANGED = "keys_changed"
    RECORDED_FAILED = "recorded_failed"
    RECORDED_UNDOCUMENTED = "recorded_undocumented"
    NO_VALUE = "no_value"
    NOT_COMPARABLE = "not_comparable"
    NOT_SENT = "not_sent"
    NOT_LISTED = "not_listed"
    UNREADABLE = "unreadable"

    @property
    def heading(self) -> str:
        """The words that a heading has for it."""
        return _TITLES[self]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE[self]


_TITLES = {
    Kind.SENT_UNDOCUMENTED: "Sent but not documented",
    Kind.ASKED_UNDOCUMENTED: "Asked for but not documented",
    Kind.SENT_WHILE_OFF: "Sent while the switch was off",
    Kind.VALUE_DIFFERS: "Recorded value differs from ours",
    Kind.NEVER_COLLECTED: "Documented but never collected",
    Kind.KEYS_CHANGED: "Other names under the same version",
    Kind.RECORDED_FAILED: "Failed in FusionAuth",
    Kind.RECORDED_UNDOCUMENTED: "Recorded but not documented",
    Kind.NO_VALUE: "Recorded without a value",
    Kind.NOT_COMPARABLE: "Cannot be compared",
    Kind.NOT_SENT: "Recorded but not sent",
    Kind.NOT_LISTED: "Recorded but not on the list",
    Kind.UNREADABLE: "Record cannot be read",
}
_ADVICE = {
    Kind.SENT_UNDOCUMENTED: (
        "Ask the vendor what it is and why the page does not have it; until then, consider to turn the switch off."
    ),
    Kind.ASKED_UNDOCUMENTED: "Ask the vendor what it is and why the page does not have it.",
    Kind.SENT_WHILE_OFF: (
        "Ask the vendor why, with these times; until that is clear, block the host that the page names in the network."
    ),
    Kind.VALUE_DIFFERS: (
        "`fa-stats catalogue show STAT` has our definition; a difference alone is no fault of either side."
    ),
    Kind.NEVER_COLLECTED: "Nothing has to be done: less is collected than the page says.",
    Kind.KEYS_CHANGED: (
        "Ask the vendor: by the page, new stats come with new features, and the release notes tell of them. "
        "A name that only went is no cause to worry: the page says that the vendor can switch stats off from afar."
    ),
    Kind.RECORDED_FAILED: "Look into FusionAuth's own log around that time.",
    Kind.RECORDED_UNDOCUMENTED: "Ask the vendor what it is; it was counted, and stayed in the house.",
    Kind.NO_VALUE: "Nothing has to be done: FusionAuth leaves out what has no value.",
    Kind.NOT_COMPARABLE: "The reason says what is missing on our side; `fa-stats doctor` helps to mend it.",
    Kind.NOT_SENT: "Nothing has to be done: it was counted, and stayed in the house.",
    Kind.NOT_LISTED: "Nothing has to be done where the list changed since; else ask the vendor why it was collected.",
    Kind.UNREADABLE: "Look at that row of usage_stats in the database; what it holds could not be checked.",
}
_GRAVE = (Kind.SENT_UNDOCUMENTED, Kind.ASKED_UNDOCUMENTED, Kind.SENT_WHILE_OFF)
_TOGETHER = timedelta(minutes=5)  # within which an instance hardly changes
_ORDER = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: the stats and the days that it is about, what it is, and what to do."""

    kind: Kind
    grave: bool
    stats: tuple[str, ...]
    days: tuple[date, ...]
    sentence: str


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Return all findings, grave ones first, and within these in the order of their kinds."""
    table = rows(evidence)
    found = [
        *_sent_undocumented(evidence),
        *_asked_undocumented(evidence),
        *_sent_while_off(evidence),
        *_differences(evidence, table),
        *_never_collected(evidence, table),
        *_keys_changed(evidence),
        *_failed(table),
        *_recorded_undocumented(evidence, table),
        *_no_value(table),
        *_not_comparable(table),
        *_not_sent(evidence),
        *_not_listed(table),
        *_unreadable(evidence),
    ]
    return tuple(sorted(found, key=lambda finding: (not finding.grave, _ORDER[finding.kind])))


def _sent_undocumented(evidence: Evidence) -> Iterator[Finding]:
    sent = [each for each in evidence.recorded if each.sent]
    undocumented = [(each.collected, each.names - evidence.page.names) for each in sent]
    times = {time for time, names in undocumented if names}
    if not times:
        return
    names = sorted(frozenset[str]().union(*(names for _, names in undocumented)))
    said = f"FusionAuth sent {count(len(names), 'name')} that the page does not have, in {len(times)} of "
    said += f"{count(len(sent), 'sent collection')}: {_explained(evidence, names)}"
    yield _undocumented(evidence, Kind.SENT_UNDOCUMENTED, names, {time.date() for time in times}, said)


def _asked_undocumented(evidence: Evidence) -> Iterator[Finding]:
    names = sorted(set(evidence.listed or ()) - evidence.page.names)
    if names:
        said = (
            f"The vendor's list asks for {count(len(evidence.listed or ()), 'stat')}, {len(names)} of which the page "
        )
        said += f"does not have: {_explained(evidence, names)}"
        yield _undocumented(evidence, Kind.ASKED_UNDOCUMENTED, names, (), said)


def _undocumented(evidence: Evidence, kind: Kind, names: Sequence[str], days: Iterable[date], said: str) -> Finding:
    """Return a finding on names that the page lacks: a grave one, unless other revisions of it have them all."""
    nowhere = [name for name in names if not evidence.published_in(name)]
    return Finding(kind, kind in _GRAVE and bool(nowhere), tuple(names), tuple(sorted(days)), said)


def _explained(evidence: Evidence, names: Sequence[str]) -> str:
    """Name each with where else it is published, if anywhere, and what it seems to be."""
    parts = []
    for name in names[:NAMED]:
        where, known = evidence.published_in(name), evidence.elsewhere.get(name)
        said = f"documented in another revision only: {', '.join(where)}" if where else "in no known revision"
        meaning = known.meaning.partition(". ")[0].rstrip(".") if known else ""
        parts.append(f"{name} ({said}{f'; {meaning[0].lower()}{meaning[1:]}' if meaning else ''})")
    return "; ".join(parts) + rest(names) + "."


def _sent_while_off(evidence: Evidence) -> Iterator[Finding]:
    every: list[Recorded | Unreadable] = [*evidence.recorded, *evidence.unreadable]
    for each in sorted(every, key=lambda one: one.collected):
        how = evidence.switch.off_at(each.collected) if each.sent else None
        if how:
            said = f"FusionAuth sent what it collected at {each.collected:%Y-%m-%d %H:%M} UTC while its own switch for "
            said += f"usage data was off: {how}."
            yield _finding(Kind.SENT_WHILE_OFF, (), {each.collected.date()}, said)


def _differences(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    for row in table:
        cells = [cell for cell in row.cells if cell.differs]
        if cells:
            said = f"{row.name}: {_difference(cells[-1])}"
            compared = sum(cell.value is not None and cell.ours is not None for cell in row.cells)
            said += f" It differs in {len(cells)} of {count(compared, 'comparison')}." if compared > 1 else ""
            yield _finding(Kind.VALUE_DIFFERS, [row.name], _days(cells), f"{said} {_reason(evidence, row, cells[-1])}")


def _difference(cell: Cell) -> str:
    theirs, ours, at = cell.value, cell.ours, cell.recorded.collected
    said = f"FusionAuth recorded {words(theirs)} on {at:%Y-%m-%d %H:%M} UTC, we counted {words(ours)}"
    return f"{said}{by_how_much(theirs, ours)}, {apart(cell.apart or timedelta())}."


def _reason(evidence: Evidence, row: Row, cell: Cell) -> str:
    stat = evidence.stats.get(row.name)
    reasons = ["the time between the two counts"] if cell.apart and cell.apart >= _TOGETHER else []
    reasons += [f"nothing official defines it: {stat.ambiguity.rstrip('.')}"] if stat and stat.ambiguity else []
    if not reasons:
        return "The catalogue knows of no other reading, and the counts were taken together: look into it."
    return f"Likely {'reason' if len(reasons) == 1 else 'reasons'}: {'; or '.join(reasons)}."


def _never_collected(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    if evidence.listed is None and not evidence.recorded:
        return  # nothing to look for them in
    one = len(evidence.recorded) == 1
    which = "in the only collection" if one else f"in any of the {len(evidence.recorded):,} collections"
    which = f"not {which} that FusionAuth recorded"
    unknown = f" What {len(evidence.unreadable)} more held cannot be read." if evidence.unreadable else ""
    missing = [row for row in table if row.on_page and not row.recorded]
    if names := [row.name for row in missing if not row.listed]:
        places = ["are not on the vendor's list"] if evidence.listed is not None else []
        places += [f"are {which}"] if evidence.recorded else []
        said = f"The page has {count(len(evidence.page.names), 'name')}, {len(names)} of which {' and '.join(places)}"
        yield _finding(Kind.NEVER_COLLECTED, names, (), f"{said}: {listed(names)}.{unknown}")
    # What we cannot count either may have no value at all, and FusionAuth leaves such out.
    asked = [row.name for row in missing if row.listed and (row.ours is None or row.ours.status is Status.OK)]
    if asked and evidence.recorded:
        said = f"The vendor's list, as it is now, asks for {count(len(asked), 'name')} of the page that "
        said += f"{'is' if len(asked) == 1 else 'are'} {which}: {listed(asked)}.{unknown}"
        yield _finding(Kind.NEVER_COLLECTED, asked, (), said)


def _keys_changed(evidence: Evidence) -> Iterator[Finding]:
    """Tell of each change of names; it is grave where a name came that no collection before had."""
    latest: dict[tuple[str | None, str | None], Recorded] = {}
    known: set[str] = set()
    for after in evidence.recorded:
        unheard, known = after.names - known, known | after.names
        # Nodes of two versions may take turns for a while.
        versions = (after.application_version, after.stats_version)
        before, latest[versions] = latest.get(versions, after), after
        gained, lost = sorted(after.names - before.names), sorted(before.names - after.names)
        if not (gained or lost):
            continue
        parts = [f"brought {count(len(gained), 'new name')}: {listed(gained)}"] if gained else []
        parts += [f"lacks {count(len(lost), 'name')}: {listed(lost)}"] if lost else []
        said = f"Against the collection of {before.collected:%Y-%m-%d %H:%M} UTC, "
        said += f"that of {after.collected:%Y-%m-%d %H:%M} UTC {' and '.join(parts)}. "
        said += f"Both name {before.application_version or 'no version'} as FusionAuth's version and "
        said += f"{before.stats_version or 'none'} as statsVersion."
        found = _finding(Kind.KEYS_CHANGED, [*gained, *lost], {before.day, after.day}, said)
        yield replace(found, grave=bool(unheard))


def _failed(table: Sequence[Row]) -> Iterator[Finding]:
    found = {row.name: [cell for cell in row.cells if cell.failed] for row in table}
    names = [name for name, cells in found.items() if cells]
    if names:
        days = {day for name in names for day in _days(found[name])}
        said = f"FusionAuth itself could not count {count(len(names), 'stat')}, by its own record: {listed(names)}."
        yield _finding(Kind.RECORDED_FAILED, names, days, said)


def _recorded_undocumented(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    """Tell of names that are not published, and neither sent nor asked for, which other findings are about."""
    found = {row.name: [cell for cell in row.cells if cell.present] for row in table if not (row.on_page or row.listed)}
    found = {name: cells for name, cells in found.items() if not any(cell.recorded.sent for cell in cells)}
    if names := sorted(found):
        days = {day for cells in found.values() for day in _days(cells)}
        said = f"FusionAuth recorded {count(len(names), 'name')} that the page does not have, and sent none of them: "
        yield _finding(Kind.RECORDED_UNDOCUMENTED, names, days, said + _explained(evidence, names))


def _no_value(table: Sequence[Row]) -> Iterator[Finding]:
    found = {row.name: [cell for cell in row.cells if cell.lost] for row in table}
    names = [name for name, cells in found.items() if cells]
    if names:
        days = {day for name in names for day in _days(found[name])}
        said = f"FusionAuth recorded {count(len(names), 'stat')} without a value, where we have one: "
        parts = [f"{name} (ours: {words(found[name][-1].ours)})" for name in names[:NAMED]]
        yield _finding(Kind.NO_VALUE, names, days, f"{said}{', '.join(parts)}{rest(names)}.")


def _not_comparable(table: Sequence[Row]) -> Iterator[Finding]:
    groups: dict[str, list[tuple[str, Cell]]] = defaultdict(list)
    for row in table:
        for cell in row.cells[::-1]:
            if cell.missed and (row.on_page or cell.figure):
                groups[_why_missing(cell.figure)].append((row.name, cell))
                break
    for reason, cells in sorted(groups.items(), key=lambda item: -len(item[1])):
        names = [name for name, _ in cells]
        said = f"FusionAuth recorded {count(len(names), 'stat')} that our count beside it has not ({reason})"
        yield _finding(Kind.NOT_COMPARABLE, names, _days(cell for _, cell in cells), f"{said}: {listed(names)}.")


def _why_missing(figure: Figure | None) -> str:
    if figure is None:
        return "that run was made before our catalogue had it"
    return f"{figure.status.replace('_', ' ')}: {(figure.reason or figure.status.meaning).rstrip('.')}"


def _not_sent(evidence: Evidence) -> Iterator[Finding]:
    kept = [each for each in evidence.recorded if not each.sent]
    if kept:
        days = {each.day for each in kept}
        said = f"{count(len(kept), 'collection')} of {len(evidence.recorded)} that FusionAuth recorded "
        said += f"{'was' if len(kept) == 1 else 'were'} not sent: {listed(f'{day}' for day in sorted(days))}."
        yield _finding(Kind.NOT_SENT, (), days, said)


def _not_listed(table: Sequence[Row]) -> Iterator[Finding]:
    found = {
        row.name: [cell for cell in row.cells if cell.present] for row in table if row.on_page and row.listed is False
    }
    names = [name for name, cells in found.items() if cells]
    if names:
        days = {day for name in names for day in _days(found[name])}
        said = f"FusionAuth recorded {count(len(names), 'stat')} that the vendor's list, as it is now, does not ask for"
        yield _finding(Kind.NOT_LISTED, names, days, f"{said}: {listed(names)}.")


def _unreadable(evidence: Evidence) -> Iterator[Finding]:
    for each in evidence.unreadable:
        said = f"What FusionAuth recorded at {each.collected:%Y-%m-%d %H:%M} UTC cannot be read: {each.why}. "
        said += "It was sent." if each.sent else "It was not sent."
        yield _finding(Kind.UNREADABLE, (), {each.collected.date()}, said)


def _finding(kind: Kind, stats: Iterable[str], days: Iterable[date], sentence: str) -> Finding:
    return Finding(kind, kind in _GRAVE, tuple(stats), tuple(sorted(days)), sentence)


def _days(cells: Iterable[Cell]) -> set[date]:
    return {cell.recorded.day for cell in cells}
