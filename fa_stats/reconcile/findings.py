"""What the comparison comes to, in words, worst first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fa_stats import consent
from fa_stats.checks import ONCE_A_DAY
from fa_stats.collection import Figure, Status
from fa_stats.reconcile.kinds import NEW_NAMES, Kind, newer
from fa_stats.reconcile.pairs import Cell, Evidence, Row, rows
from fa_stats.reconcile.phrases import NAMED, apart, by_how_much, count, listed, rest, words
from fa_stats.reconcile.recorded import Recorded, Unreadable
from fa_stats.reconcile.switch import Off

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
    advice: str


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Return all findings, grave ones first, and within these in the order of their kinds."""
    table = rows(evidence)
    found = [
        *_sent_undocumented(evidence),
        *_asked_undocumented(evidence),
        *_while_off(evidence),
        *_differences(evidence, table),
        *_never_collected(evidence, table),
        *_keys_changed(evidence),
        *_too_often(evidence),
        *_failed(evidence, table),
        *_recorded_undocumented(evidence, table),
        *_no_value(evidence, table),
        *_not_comparable(evidence, table),
        *_not_sent(evidence),
        *_not_listed(evidence, table),
        *_unreadable(evidence),
        *_partly_unreadable(evidence),
    ]
    return tuple(sorted(found, key=lambda finding: (not finding.grave, _ORDER[finding.kind])))


def _holds(evidence: Evidence) -> str:
    """Begin a sentence on what is recorded, or what a payload holds that somebody captured."""
    if not evidence.captured:
        return "FusionAuth recorded"
    return "The captured payload holds" if len(evidence.recorded) == 1 else "The captured payloads hold"


def _sent_undocumented(evidence: Evidence) -> Iterator[Finding]:
    sent = [each for each in evidence.recorded if each.sent]
    found = [each for each in sent if each.names - evidence.page.names]
    if not found:
        return
    names = sorted(frozenset[str]().union(*(each.names for each in found)) - evidence.page.names)
    who = _holds(evidence) if evidence.captured else "FusionAuth sent"
    said = f"{who} {count(len(names), 'name')} that the page does not have, in {len(found)} of "
    said += count(len(sent), "captured payload" if evidence.captured else "sent collection")
    yield _undocumented(evidence, Kind.SENT_UNDOCUMENTED, names, found, said)


def _asked_undocumented(evidence: Evidence) -> Iterator[Finding]:
    names = sorted(set(evidence.listed or ()) - evidence.page.names)
    if names:
        said = f"The vendor's list asks for {count(len(evidence.listed or ()), 'stat')}, {len(names)} of which the "
        yield _undocumented(evidence, Kind.ASKED_UNDOCUMENTED, names, (), f"{said}page does not have")


def _undocumented(
    evidence: Evidence, kind: Kind, names: Sequence[str], found: Iterable[Recorded], said: str
) -> Finding:
    """Return a finding on names that the page lacks: a grave one, unless other revisions of it have them all.

    `found` are the collections that have them; none are needed where the names are asked for now.
    """
    found = tuple(found)
    nowhere = [name for name in names if not evidence.published_in(name)]
    said, advice = f"{said}: {_explained(evidence, names)}", kind.advice
    versions = {each.application_version for each in found} or {evidence.version}
    if all(evidence.page.older_than(each) for each in versions):
        page = evidence.page.application_version
        said += f" FusionAuth is {' and '.join(sorted(f'{each}' for each in versions))} here, and the page at hand is "
        said += f"of {page}: that of today may have {'it' if len(names) == 1 else 'them'}."
        advice = newer(advice, page)
    days = tuple(sorted({each.day for each in found}))
    return Finding(kind, kind.grave and bool(nowhere), tuple(names), days, said, advice)


def _explained(evidence: Evidence, names: Sequence[str]) -> str:
    """Name each with where else it is published, if anywhere, and what it seems to be."""
    parts = []
    for name in names[:NAMED]:
        where, known = evidence.published_in(name), evidence.elsewhere.get(name)
        said = f"documented in another revision only: {', '.join(where)}" if where else "in no known revision"
        meaning = known.meaning.partition(". ")[0].rstrip(".") if known else ""
        parts.append(f"{name} ({said}{f'; {meaning[0].lower()}{meaning[1:]}' if meaning else ''})")
    return "; ".join(parts) + rest(names) + "."


def _while_off(evidence: Evidence) -> Iterator[Finding]:
    every: list[Recorded | Unreadable] = [*evidence.recorded, *evidence.unreadable]
    found: dict[Off, list[Recorded | Unreadable]] = defaultdict(list)
    for each in sorted(every, key=lambda one: one.collected):
        if each.sent and (off := evidence.switch.off_at(each.collected)):
            found[off if evidence.of_the_instance(each) else off.doubted].append(each)
    for off, sent in found.items():
        said, kind = (
            f"{_sent(evidence, sent)} {off.why}.",
            Kind.SENT_WHILE_OFF if off.proved else Kind.PERHAPS_WHILE_OFF,
        )
        if evidence.switch.deployment == "cloud":
            kind = Kind.OFF_IN_CLOUD
            said += f' The instance is in the vendor\'s cloud, of which the page says: "{consent.CLOUD_CANNOT}"'
        yield _finding(kind, (), {each.collected.date() for each in sent}, said)


def _sent(evidence: Evidence, sent: Sequence[Recorded | Unreadable]) -> str:
    """Begin a sentence on when something was sent."""
    first, last = (f"{each.collected:%Y-%m-%d %H:%M}" for each in (sent[0], sent[-1]))
    many = len(sent) > 1
    if evidence.captured:
        who = count(len(sent), "captured payload") if many else f"The payload in {sent[0].origin}"
        when = f"from {first} to {last}" if many else f"at {first}"
        return f"{who}, taken for sent, {'were' if many else 'was'} collected {when} UTC"
    if many:
        return f"FusionAuth sent {count(len(sent), 'collection')}, of {first} to {last} UTC,"
    return f"FusionAuth sent what it collected at {first} UTC"


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
    said = f"FusionAuth recorded {words(theirs)} on {at:%Y-%m-%d %H:%M} UTC"
    if cell.recorded.captured:
        said = f"the payload in {cell.recorded.origin}, of {at:%Y-%m-%d %H:%M} UTC, has {words(theirs)}"
    said += f", we counted {words(ours)}"
    return f"{said}{by_how_much(theirs, ours)}, {apart(cell.apart or timedelta())}."


def _reason(evidence: Evidence, row: Row, cell: Cell) -> str:
    stat = evidence.stats.get(row.name)
    reasons = ["the time between the two counts"] if cell.apart and cell.apart >= _TOGETHER else []
    if cell.figure and cell.figure.reason:
        reasons.append(f"ours is not the whole figure ({cell.figure.reason.rstrip('.')})")
    reasons += [f"nothing official defines it: {stat.ambiguity.rstrip('.')}"] if stat and stat.ambiguity else []
    if not reasons:
        return "The catalogue knows of no other reading, and the counts were taken together: look into it."
    return f"Likely {'reason' if len(reasons) == 1 else 'reasons'}: {'; or '.join(reasons)}."


def _never_collected(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    if evidence.listed is None and not evidence.recorded:
        return  # nothing to look for them in
    one = len(evidence.recorded) == 1
    what = "captured payload" if evidence.captured else "collection"
    which = f"not in the only {what}" if one else f"not in any of the {len(evidence.recorded):,} {what}s"
    which += "" if evidence.captured else " that FusionAuth recorded"
    unknown = f" What {len(evidence.unreadable)} more held cannot be read." if evidence.unreadable else ""
    missing = [row for row in table if row.on_page and not row.recorded]
    if names := [row.name for row in missing if not row.listed]:
        places = ["are not on the vendor's list"] if evidence.listed is not None else []
        places += [f"are {which}"] if evidence.recorded else []
        said = f"The page has {count(len(evidence.page.names), 'name')}, {len(names)} of which {' and '.join(places)}"
        kind = Kind.NEVER_COLLECTED if evidence.recorded else Kind.NOT_ASKED
        yield _finding(kind, names, (), f"{said}: {listed(names)}.{unknown}")
    asked = [row for row in missing if row.listed]
    if asked and evidence.recorded:
        names = [row.name for row in asked]
        said = f"The vendor's list, as it is now, asks for {count(len(names), 'name')} of the page that "
        said += f"{'is' if len(names) == 1 else 'are'} {which}: {listed(names)}.{unknown}"
        if neither := [row.name for row in asked if row.ours and row.ours.status is not Status.OK]:
            said += f" We could not count {listed(neither)} either: they may have no value here."
        yield _finding(Kind.NEVER_COLLECTED, names, (), said)


def _too_often(evidence: Evidence) -> Iterator[Finding]:
    """Tell of three collections within a day: whatever time zone its day is of, two of them were on the same one."""
    every = [each for each in evidence.recorded if each.instance_id is not None]
    found = []
    for instance in sorted({each.instance_id or "" for each in every}):
        its = [each for each in every if each.instance_id == instance]
        pairs = zip(its, its[2:], strict=False)
        found += [(first, last) for first, last in pairs if last.collected - first.collected < timedelta(days=1)]
    if found:
        first, last = found[0]
        many = f", the first of {len(found)} such times" if len(found) > 1 else ""
        said = "Three captured payloads were collected" if evidence.captured else "FusionAuth collected three times"
        said += f" from {first.collected:%Y-%m-%d %H:%M} to {last.collected:%Y-%m-%d %H:%M} UTC{many}. "
        said += f'The page says: "{ONCE_A_DAY}"'
        yield _finding(Kind.TOO_OFTEN, (), {each.day for pair in found for each in pair}, said)


def _keys_changed(evidence: Evidence) -> Iterator[Finding]:
    """Tell of each change of names; it is grave where one came that is not on the page, nor in a collection before."""
    latest: dict[tuple[str | None, str | None], Recorded] = {}
    known: set[str] = set()
    for after in evidence.recorded:
        unheard, known = after.names - known, known | after.names
        if after.unread:
            continue  # some of its names are not known
        # Nodes of two versions may take turns for a while.
        versions = (after.application_version, after.stats_version)
        before, latest[versions] = latest.get(versions, after), after
        if after.names != before.names:
            new = unheard - evidence.page.names
            said, advice = _changed(evidence, before, after), NEW_NAMES if new else Kind.KEYS_CHANGED.advice
            stats = (*sorted(after.names - before.names), *sorted(before.names - after.names))
            days = tuple(sorted({before.day, after.day}))
            yield Finding(Kind.KEYS_CHANGED, bool(new), stats, days, said, advice)


def _changed(evidence: Evidence, before: Recorded, after: Recorded) -> str:
    """Say what names came and went between two collections."""
    gained, lost = sorted(after.names - before.names), sorted(before.names - after.names)
    parts = [f"brought {count(len(gained), 'new name')}: {listed(gained)}"] if gained else []
    parts += [f"lacks {count(len(lost), 'name')}: {listed(lost)}"] if lost else []
    said = f"Against the {'captured payload' if evidence.captured else 'collection'} of "
    said += f"{before.collected:%Y-%m-%d %H:%M} UTC, that of {after.collected:%Y-%m-%d %H:%M} UTC "
    said += f"{' and '.join(parts)}. Both name {before.application_version or 'no version'} as FusionAuth's version "
    said += f"and {before.stats_version or 'none'} as statsVersion."
    new = [name for name in gained if name not in evidence.page.names]
    if new:
        return f"{said} Not on the page: {listed(new)}."
    return f"{said} The page has what came." if gained else said


def _failed(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    found = {row.name: [cell for cell in row.cells if cell.failed] for row in table}
    names = [name for name, cells in found.items() if cells]
    if names:
        days = {day for name in names for day in _days(found[name])}
        by = "by what was captured" if evidence.captured else "by its own record"
        said = f"FusionAuth itself could not count {count(len(names), 'stat')}, {by}: {listed(names)}."
        yield _finding(Kind.RECORDED_FAILED, names, days, said)


def _recorded_undocumented(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    """Tell of names that are not published, and neither sent nor asked for, which other findings are about."""
    found = {row.name: [cell for cell in row.cells if cell.present] for row in table if not (row.on_page or row.listed)}
    found = {name: cells for name, cells in found.items() if not any(cell.recorded.sent for cell in cells)}
    if names := sorted(found):
        said = f"FusionAuth recorded {count(len(names), 'name')} that the page does not have, and sent none of them"
        having = [each for each in evidence.recorded if any(each.has(name) for name in names)]
        yield _undocumented(evidence, Kind.RECORDED_UNDOCUMENTED, names, having, said)


def _no_value(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    found = {row.name: [cell for cell in row.cells if cell.lost] for row in table}
    names = [name for name, cells in found.items() if cells]
    if names:
        days = {day for name in names for day in _days(found[name])}
        said = f"{_holds(evidence)} {count(len(names), 'stat')} without a value, where we have one: "
        parts = [f"{name} (ours: {words(found[name][-1].ours)})" for name in names[:NAMED]]
        yield _finding(Kind.NO_VALUE, names, days, f"{said}{', '.join(parts)}{rest(names)}.")


def _not_comparable(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    groups: dict[str, list[tuple[str, Cell]]] = defaultdict(list)
    for row in table:
        for cell in row.cells[::-1]:
            if cell.missed and (row.on_page or cell.figure):
                groups[_why_missing(cell.figure)].append((row.name, cell))
                break
    for reason, cells in sorted(groups.items(), key=lambda item: -len(item[1])):
        names = [name for name, _ in cells]
        said = f"{_holds(evidence)} {count(len(names), 'stat')} that our count beside it has not ({reason})"
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


def _not_listed(evidence: Evidence, table: Sequence[Row]) -> Iterator[Finding]:
    found = {
        row.name: [cell for cell in row.cells if cell.present] for row in table if row.on_page and row.listed is False
    }
    names = [name for name, cells in found.items() if cells]
    if names:
        days = {day for name in names for day in _days(found[name])}
        said = f"{_holds(evidence)} {count(len(names), 'stat')} that the vendor's list, as it is now, does not ask for"
        said += f": {listed(names)}."
        if changed := evidence.list_changed:
            before = changed <= min(cell.recorded.collected for name in names for cell in found[name])
            when = "before that was collected" if before else "after some of that was collected"
            said += f" The list last changed {when}, at {changed:%Y-%m-%d %H:%M} UTC."
        yield _finding(Kind.NOT_LISTED, names, days, said)


def _unreadable(evidence: Evidence) -> Iterator[Finding]:
    for each in evidence.unreadable:
        said = f"What FusionAuth recorded at {each.collected:%Y-%m-%d %H:%M} UTC cannot be read: {each.why}. "
        said += "It was sent." if each.sent else "It was not sent."
        yield _finding(Kind.UNREADABLE, (), {each.collected.date()}, said)


def _partly_unreadable(evidence: Evidence) -> Iterator[Finding]:
    found: dict[str, list[Recorded]] = defaultdict(list)
    for each in evidence.recorded:
        for what in each.unread:
            found[what].append(each)
    for what, every in found.items():
        kind = "captured payload" if evidence.captured else "recorded collection"
        said = f"In {count(len(every), kind)}, {what}. What else it holds is compared."
        yield _finding(Kind.PARTLY_UNREADABLE, (), {each.day for each in every}, said)


def _finding(kind: Kind, stats: Iterable[str], days: Iterable[date], sentence: str) -> Finding:
    return Finding(kind, kind.grave, tuple(stats), tuple(sorted(days)), sentence, kind.advice)


def _days(cells: Iterable[Cell]) -> set[date]:
    return {cell.recorded.day for cell in cells}
