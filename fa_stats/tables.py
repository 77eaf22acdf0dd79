"""The tables and lists of a report: changes, figures and their definitions, gaps and their reasons, queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from fa_stats.catalogue.stat import Kind, Stat
from fa_stats.collection import Figure, StatementRun, Status, Value
from fa_stats.diff import Added, Change, Changed, Removed, StatusChanged
from fa_stats.load import Plans, changed_since
from fa_stats.render import (
    Content,
    Fragment,
    code,
    count,
    day,
    duration,
    element,
    folded,
    join,
    listing,
    number,
    outcome,
    paragraph,
    percent,
    shown,
    signed,
    status,
    table,
)

Catalogue = Mapping[str, Stat]
_DIGITS = 12  # of a plan's digest: enough to tell two plans apart; the snapshot has the others
_AROUND = 450  # letters of a page that a query takes besides its text and plan
_FEW = 3  # names that stand open in a cell; more are folded

_AREAS = {
    "api": "API keys",
    "atd": "Advanced threat detection",
    "application": "Applications",
    "entities": "Entities",
    "group": "Groups",
    "instance": "Instance",
    "integrations": "Integrations",
    "messengers": "Messengers",
    "scim": "SCIM",
    "tenant": "Tenants",
    "webhook": "Webhooks",
}


def changes(found: Sequence[Change], catalogue: Catalogue) -> Fragment:
    """Make a table for each kind of change that there is: gone, new, other status, other value."""
    gone = [_removed(change, catalogue) for change in found if isinstance(change, Removed)]
    new = [_added(change, catalogue) for change in found if isinstance(change, Added)]
    moved = [_moved(change, catalogue) for change in found if isinstance(change, StatusChanged)]
    values = [_changed(change, catalogue) for change in found if isinstance(change, Changed)]
    return join(
        _change_table("Gone", ["Last value", "Why"], gone),
        _change_table("New", ["Value", "Why"], new),
        _change_table("Other status", ["Before", "Now", "Why"], moved),
        _change_table("Other value, largest relative change first", ["Before", "Now", "Change", "Relative"], values),
    )


def area(group: str, figures: Sequence[Figure], changed: frozenset[str], catalogue: Catalogue) -> Fragment:
    """Fold the stats of one area under a line that says how many there are and how many were counted."""
    name = area_name(group)
    counted = sum(figure.status is Status.OK for figure in figures)
    line = f"{count(len(figures), 'stat')}, {'all' if counted == len(figures) else counted or 'none'} counted"
    moved = sum(figure.name in changed for figure in figures)
    line += f", {moved} changed" if moved else ""
    return folded(
        join(element("b", name), f" {line}"),
        figures_table(f"{name}: {count(len(figures), 'stat')}", figures, catalogue),
        class_="area",
    )


def area_name(group: str) -> str:
    """Return what people call a group of stats."""
    return _AREAS.get(group, group)


def areas(figures: Iterable[Figure], catalogue: Catalogue) -> dict[str, list[Figure]]:
    """Sort the figures into areas, these by name."""
    found: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        found[catalogue[figure.name].group if figure.name in catalogue else "Not in the catalogue"].append(figure)
    return {group: found[group] for group in sorted(found, key=area_name)}


def figures_table(caption: str, figures: Sequence[Figure], catalogue: Catalogue) -> Fragment:
    """List figures with their definitions; the facts that most of them share are said once, above."""
    common = _common([catalogue[figure.name] for figure in figures if figure.name in catalogue])
    note = "; ".join(f"{label}: {text}" for label, text in common.items() if text)
    rows: list[list[Content]] = []
    for figure in figures:
        stat = catalogue.get(figure.name)
        words: list[Content] = [stat.definition if stat else "The catalogue at hand does not know this name."]
        if figure.status is not Status.OK:
            words.append(element("span", f"Not counted: {figure.reason or figure.status.meaning}"))
        elif figure.reason:
            words.append(element("span", figure.reason))
        facts = _differences(_facts(stat), common) if stat else ""
        words.append(element("small", facts) if facts else "")
        rows.append([code(figure.name), outcome(figure, stat.kind if stat else None), join(*words)])
    return join(
        paragraph(f"Unless a row says otherwise: {note}.", class_="note") if note else "",
        table(caption, ["Name", "Value", "What it counts"], rows, numeric={1}, class_="stack figures"),
    )


def gaps(caption: str, figures: Iterable[Figure]) -> Fragment:
    """Group the figures without a value by status and reason: failures first, then the largest groups."""
    groups: dict[tuple[Status, str], list[str]] = defaultdict(list)
    for figure in figures:
        groups[figure.status, figure.reason or figure.status.meaning].append(figure.name)
    ranked = sorted(groups.items(), key=lambda item: (not item[0][0].partial, -len(item[1]), item[0]))
    rows: list[list[Content]] = [
        [status(state), number(len(names)), reason, _names(names)] for (state, reason), names in ranked
    ]
    return table(caption, ["Status", "How many", "Reason", "Which"], rows, numeric={1}, class_="stack gaps")


def scans(statements: Iterable[StatementRun]) -> Fragment:
    """Sum up the rows that the statements read, by table, as the database reports them; or the calls that they made."""
    statements = tuple(statements)
    calls = any(each.load.calls is not None for each in statements)
    times: Counter[str] = Counter()
    read: Counter[str] = Counter()
    for statement in statements:
        for name, scanned, rows in statement.scans:
            times[name] += scanned
            read[name] += rows
    if not times:
        return paragraph("This source does not say how many rows it read.")
    if calls:
        return folded(
            "Calls, one by one",
            table(
                "Calls of the HTTP API, and the objects that they brought",
                ["Call", "Times", "Objects"],
                [[code(f"GET {name}"), number(times[name]), number(read[name])] for name in sorted(times)],
                numeric={1, 2},
            ),
        )
    most, rows = max(read.items(), key=lambda item: (item[1], item[0]))
    lead = f"The statements read {count(sum(read.values()), 'row')} of {count(len(times), 'table')}"
    ranked = sorted(times, key=lambda name: (-read[name], name))
    return join(
        paragraph(f"{lead}, most of {most}: {number(rows)}."),
        folded(
            "Rows read, table by table",
            table(
                "Rows read, as the database reports them",
                ["Table", "Times scanned", "Rows read"],
                [[code(name), number(times[name]), number(read[name])] for name in ranked],
                numeric={1, 2},
            ),
        ),
    )


def queries(statements: Sequence[StatementRun], plans: Plans, room: int) -> Fragment:
    """List the queries that ran, each folded with its plan; `room` is the number of letters to show in all."""
    found: dict[bool, list[Fragment]] = {False: [], True: []}
    for statement in statements:
        room -= _AROUND + len(statement.sql) + len(statement.load.plan or "")
        found[statement.alone].append(_query(statement, changed_since(statement, plans), whole=room >= 0))
    again = f"{count(len(found[True]), 'statement')} that ran once more, each for a stat that was measured alone"
    return join(*found[False], folded(again, *found[True]) if found[True] else "")


def _query(statement: StatementRun, since: date | None, *, whole: bool) -> Fragment:
    line = f" {duration(statement.microseconds)}, "
    line += statement.figures[0] if statement.alone else count(len(statement.figures), "stat")
    line += ", failed" if statement.failure else ""
    changed = f"plan changed since {day(since)}" if since else ""
    since_when = f": {changed}" if changed else ""
    left_out = f"Its {count(len(statement.sql), 'character')} are left out to keep this page small."
    plan, digest = statement.load.plan, statement.load.plan_sha256
    return folded(
        join(code(statement.name), line, f", {changed}" if changed else ""),
        paragraph("sha256 ", code(statement.sha256)),
        paragraph(element("strong", "Failed: "), statement.failure) if statement.failure else "",
        listing(statement.sql) if whole else paragraph(left_out, " The snapshot has them."),
        paragraph("Its plan, of the shape ", code(digest[:_DIGITS]), since_when) if digest else "",
        listing(plan) if plan and whole else "",
    )


def _change_table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Content]]) -> Fragment:
    if not rows:
        return Fragment("")
    numeric = {at for at, name in enumerate(head, 1) if name != "Why"}
    return table(caption, ["Stat", *head], rows, numeric=numeric, class_="stack changes")


def _removed(change: Removed, catalogue: Catalogue) -> list[Content]:
    return [_named(change.name, catalogue), _shown(change.name, change.value, catalogue), change.why]


def _added(change: Added, catalogue: Catalogue) -> list[Content]:
    return [_named(change.name, catalogue), _shown(change.name, change.value, catalogue), change.why]


def _moved(change: StatusChanged, catalogue: Catalogue) -> list[Content]:
    kind = _kind(change.name, catalogue)
    before = outcome(Figure(change.name, change.before, change.before_value), kind)
    after = outcome(Figure(change.name, change.after, change.after_value), kind)
    return [_named(change.name, catalogue), before, after, change.why]


def _changed(change: Changed, catalogue: Catalogue) -> list[Content]:
    before, after = _unlike(change.before, change.after)
    size = "" if change.by is None else signed(number(abs(change.by)), change.by) if change.by else "same sum"
    relative = "from zero" if change.by and change.ratio is None else ""
    if change.ratio:
        relative = signed(percent(abs(change.ratio)), change.ratio)
    name = change.name
    return [_named(name, catalogue), _shown(name, before, catalogue), _shown(name, after, catalogue), size, relative]


def _unlike(before: Value, after: Value) -> tuple[Value, Value]:
    """Of two breakdowns or objects only the entries that differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        return {key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}
    if isinstance(before, list) and isinstance(after, list):
        fewer, more = [each for each in before if each not in after], [each for each in after if each not in before]
        return (fewer, more) if fewer or more else (before, after)
    return before, after


def _named(name: str, catalogue: Catalogue) -> Fragment:
    stat = catalogue.get(name)
    return join(code(name), element("small", stat.definition) if stat else "")


def _shown(name: str, value: Value | None, catalogue: Catalogue) -> Fragment:
    return element("em", "no value") if value is None else shown(name, value, _kind(name, catalogue))


def _kind(name: str, catalogue: Catalogue) -> Kind | None:
    return catalogue[name].kind if name in catalogue else None


def _names(names: Sequence[str]) -> Fragment:
    whole = element("ul", *(element("li", code(name)) for name in sorted(names)), class_="names")
    return whole if len(names) <= _FEW else folded(count(len(names), "name"), whole)


def _facts(stat: Stat) -> dict[str, str]:
    return {
        "kind": stat.kind,
        "reported since": stat.since,
        "setting since": stat.setting,
        "plan": stat.plan,
        "privacy": stat.privacy,
        "certainty": stat.confidence,
        "why": stat.why.rstrip("."),
        "not documented": stat.ambiguity.rstrip("."),
    }


def _common(stats: Sequence[Stat]) -> dict[str, str]:
    """Find the facts that most of the stats share."""
    if len(stats) < 2:
        return {}
    common = {}
    for label in _facts(stats[0]):
        text, times = Counter(_facts(stat)[label] for stat in stats).most_common(1)[0]
        if times > len(stats) / 2:
            common[label] = text
    return common


def _differences(facts: Mapping[str, str], common: Mapping[str, str]) -> str:
    said = [f"{label}: {text or 'none'}" for label, text in facts.items() if text != common.get(label, "")]
    return "; ".join(said)
