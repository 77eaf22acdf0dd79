"""The report of a reconciliation: its sections, and the whole page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from fa_stats import render, tables
from fa_stats.reconcile.findings import Finding
from fa_stats.reconcile.pairs import Cell, Row
from fa_stats.reconcile.phrases import apart, by_how_much, rest
from fa_stats.reconcile.result import Result
from fa_stats.reconcile.shown import Masked, Shown
from fa_stats.render import (
    NOTHING,
    Content,
    Fragment,
    code,
    count,
    element,
    folded,
    join,
    milliseconds,
    number,
    paragraph,
    prose,
    table,
    terms,
)

_DAYS = 3  # that are named one by one
_TOLD = 12  # findings of a kind that stand open
_SHOWN = 60  # rows that stand open
_SLOWEST = 15
_MONTH = 31  # collections that stand open
_SQL_LETTERS = 60_000
_CLASSES = {"GRAVE": "blocked", "FINDINGS": "changed", "AGREES": "ok", "NOTHING": "off"}


def to_html(result: Result, cells: Sequence[str]) -> str:
    """Render the whole report: one file without scripts, links or anything else to load."""
    from jinja2 import Environment, PackageLoader

    house = Environment(loader=PackageLoader("fa_stats"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    evidence = result.evidence
    title = f"FusionAuth usage data reconciled, {render.day(evidence.first)} to {render.day(evidence.last)}"
    return house.get_template("reconcile.html").render(
        title=Fragment(render.escape(title)),
        verdict_word=result.verdict,
        opening=join(verdict(result), numbers(result), compared(result)),
        sections=[*((heading, section(result)) for heading, section in SECTIONS), ("Code", _code(cells))],
    )


def verdict(result: Result) -> Fragment:
    """Say in a word and a sentence what was found, and how much of each kind, grave kinds first."""
    word = element("strong", result.verdict, class_=f"word {_CLASSES[result.verdict]}")
    kinds = [(heading, join(*_size(found))) for heading, found in result.kinds()]
    return join(
        paragraph(word, " ", result.headline, class_="verdict"),
        terms(kinds, "terms trouble kinds") if kinds else "",
    )


def _size(found: Sequence[Finding]) -> list[Content]:
    """Say how much there is of one kind, and of what."""
    names = sorted({name for finding in found for name in finding.stats})
    days = sorted({day for finding in found for day in finding.days})
    grave: list[Content] = [element("b", "grave"), ", "] if any(finding.grave for finding in found) else []
    said = count(len(names), "stat") if names else count(len(found), "finding")
    few = f": {', '.join(names)}" if 0 < len(names) <= 3 else ""
    if days:
        few += f", {days[0]}" if len(days) == 1 else f", {days[0]} to {days[-1]}"
    return [*grave, said, few]


def _had(result: Result) -> str:
    """Say how the collections came here."""
    return "captured" if result.evidence.captured else "recorded"


def numbers(result: Result) -> Fragment:
    """Show three numbers: grave findings, other findings, recorded collections that were compared."""
    evidence = result.evidence
    others = len(result.findings) - result.grave
    beside = sum(own is not None for _, own in evidence.pairs())
    cells = [
        ("Grave findings", str(result.grave), "exit code 1" if result.grave else "exit code 0"),
        ("Other findings", str(others), "nothing grave"),
        ("Collections compared", str(beside), f"of {len(evidence.recorded)} {_had(result)}"),
    ]
    return terms(
        ((name, join(element("b", big), " ", element("small", small))) for name, big, small in cells), "numbers"
    )


def compared(result: Result) -> Fragment:
    """Say what was compared, and what was not, and why."""
    origin: list[tuple[str, Content]] = [
        *result.compared,
        ("Source", f"{result.source_label} ({result.source_kind})"),
        ("Instance", code(result.instance) if result.instance else "not known"),
    ]
    notes = [paragraph(prose(note), class_="note") for note in result.notes]
    return join(terms(origin, "terms answers"), *notes)


def findings(result: Result) -> Fragment:
    """Tell every finding in words, grave ones first, and what to do about each kind."""
    if result.verdict == "NOTHING":
        return paragraph(
            "Nothing could be compared, so nothing can be said: the notes above tell what was not at hand."
        )
    if not result.findings:
        return paragraph("There is nothing to report.")
    return join(*(_told(heading, found) for heading, found in result.kinds()))


def _told(heading: str, found: Sequence[Finding]) -> Fragment:
    grave = any(finding.grave for finding in found)
    rows: list[list[Content]] = [[join(finding.sentence, _names(finding)), _days(finding.days)] for finding in found]
    caption = join(element("b", heading), f" {NOTHING} grave" if grave else "")
    told = table(caption, ["Finding", "Days"], rows[:_TOLD], class_="stack told")
    more = rows[_TOLD:]
    return join(
        told,
        folded(count(len(more), "more finding"), table(caption, ["Finding", "Days"], more, class_="stack told"))
        if more
        else "",
        paragraph(element("b", "What to do: "), prose(found[0].advice), class_="note"),
    )


def _days(days: Sequence[date]) -> str:
    if len(days) <= _DAYS:
        return ", ".join(f"{day}" for day in days)
    return f"{days[0]} to {days[-1]}, {count(len(days), 'day')}"


def _names(finding: Finding) -> Content:
    if not rest(finding.stats):
        return ""
    items = (element("li", code(name)) for name in finding.stats)
    return folded(f"All {count(len(finding.stats), 'name')}", element("ul", *items, class_="names"))


def sides(result: Result) -> Fragment:
    """Put every stat side by side: what differs stands open, the rest is folded away, what agrees by area."""
    differing = sorted((row for row in result.rows if row.differs), key=lambda row: (row.on_page, row.name))
    lacking = [row for row in result.rows if row.one_sided and not row.differs]
    others = [row for row in result.rows if not (row.differs or row.one_sided)]
    stats = result.evidence.stats
    areas: dict[str, list[Row]] = {}
    for row in others:
        stat = stats.get(row.name)
        areas.setdefault(tables.area_name(stat.group) if stat else "Not on the page", []).append(row)
    without = f"not asked for, or never {_had(result)}" if result.evidence.recorded else "not asked for"
    lead = f"{count(len(result.rows), 'name')}, {number(len(differing))} with something to look at"
    lead += f", {number(len(lacking))} on the page and {without}" if lacking else ""
    lead += f". {_had(result).capitalize()} and ours are of the newest collection that has both, else of the newest."
    more = differing[_SHOWN:]
    caption = "Not on the page, failed, or of another value"
    return join(
        paragraph(lead),
        _sides(caption, differing[:_SHOWN]) if differing else "",
        folded(count(len(more), "more name"), _sides(caption, more)) if more else "",
        folded(
            f"{count(len(lacking), 'name')} on the page and {without}",
            _sides(f"On the page and {without}", lacking),
            class_="more",
        )
        if lacking
        else "",
        *(
            folded(join(element("b", name), f" {count(len(found), 'name')}"), _sides(name, found), class_="agreeing")
            for name, found in sorted(areas.items())
        ),
    )


def _sides(caption: str, rows: Iterable[Row]) -> Fragment:
    heads = ["Stat", "Published", "Asked for", "Recorded", "Ours", "Difference"]
    return table(caption, heads, [_side(row) for row in rows], numeric={3, 4, 5}, class_="stack sides")


def _side(row: Row) -> list[Content]:
    where = "on the page" if row.on_page else f"elsewhere: {', '.join(row.published)}" if row.published else "nowhere"
    asked = NOTHING if row.listed is None else "yes" if row.listed else "no"
    cell = _telling(row)
    if cell is None:
        ours = render.outcome(row.ours) if row.ours else NOTHING
        return [code(row.name), where, asked, element("em", "never") if row.cells else NOTHING, ours, ""]
    theirs: Content = element("em", "failed") if cell.failed else _value(cell.value)
    recorded = join(theirs, element("small", f"{cell.recorded.day}{'' if cell.recorded.sent else ', not sent'}"))
    return [code(row.name), where, asked, recorded, _ours(cell), _difference(cell)]


def _telling(row: Row) -> Cell | None:
    """Return the newest collection that has something to tell: one that differs, has both sides, or has the name."""
    tests: list[Callable[[Cell], bool]] = [
        lambda cell: cell.differs or cell.lost,
        lambda cell: cell.value is not None and cell.ours is not None,
        lambda cell: cell.present,
    ]
    return next((cell for test in tests for cell in reversed(row.cells) if test(cell)), None)


def _ours(cell: Cell) -> Content:
    if cell.figure is None:
        return NOTHING
    if cell.ours is None:
        return element("em", render.status(cell.figure.status))
    return _value(cell.ours)


def _value(value: Shown) -> Content:
    if value is None:
        return element("em", "no value")
    return element("em", value.words) if isinstance(value, Masked) else render.value(value)


def _difference(cell: Cell) -> Content:
    if not cell.differs or cell.apart is None:
        return ""
    size = by_how_much(cell.value, cell.ours).strip(" ()") or "another value"
    return join(size, element("small", apart(cell.apart)))


def timings(result: Result) -> Fragment:
    """Put the two own timings side by side: of whole collections, then of the stats that took FusionAuth longest."""
    pairs = result.evidence.pairs()
    if not pairs:
        return paragraph("No recorded collection is at hand, so there are no timings of FusionAuth's own.")
    whole: list[list[Content]] = [
        [
            render.moment(recorded.collected),
            "yes" if recorded.sent else "no",
            recorded.application_version or NOTHING,
            number(len(recorded.names)),
            NOTHING if recorded.milliseconds is None else number(recorded.milliseconds),
            milliseconds(own.collection.microseconds) if own else NOTHING,
            apart(abs(own.taken - recorded.collected)) if own else "no run",
        ]
        for recorded, own in reversed(pairs)
    ]
    timed = [(row, cell) for row in result.rows if (cell := _timed(row))]
    timed.sort(key=lambda each: (-(each[1].milliseconds or 0), each[0].name))
    stats: list[list[Content]] = [
        [
            code(row.name),
            number(cell.milliseconds or 0),
            milliseconds(cell.figure.microseconds) if cell.figure and cell.figure.microseconds is not None else NOTHING,
        ]
        for row, cell in timed
    ]
    caption, columns = (
        "The newest time of each stat, FusionAuth's slowest first",
        ["Stat", "FusionAuth, ms", "Ours, ms"],
    )
    more = stats[_SLOWEST:]
    return join(
        paragraph(
            "FusionAuth writes whole milliseconds of each query of its own. Ours is a share of the time of a statement "
            "that counts many stats at once, so the two show where time goes, not who is faster."
        ),
        _whole("Whole collections, newest first", whole[:_MONTH]),
        folded(count(len(whole) - _MONTH, "older collection"), _whole("Older", whole[_MONTH:]))
        if whole[_MONTH:]
        else "",
        table(caption, columns, stats[:_SLOWEST], numeric={1, 2}),
        folded(count(len(more), "more stat"), table(caption, columns, more, numeric={1, 2})) if more else "",
    )


def _whole(caption: str, rows: Iterable[Sequence[Content]]) -> Fragment:
    heads = ["Collected", "Sent", "Version", "Names", "FusionAuth, ms", "Ours, ms", "Ours was taken"]
    return table(caption, heads, rows, numeric={3, 4, 5}, class_="stack whole")


def _timed(row: Row) -> Cell | None:
    return next((cell for cell in reversed(row.cells) if cell.milliseconds is not None), None)


def provenance(result: Result) -> Fragment:
    """Say when and from what it was made, and list the queries that ran, as the database received them."""
    made: list[tuple[str, Content]] = [
        ("Made", render.moment(result.made)),
        ("Published names", "fa_stats/catalogue/published.toml"),
        ("Recorded names", "usage_stats and current_usage_stats of the instance, or the files that were named"),
        ("All figures", "reconcile.json, beside this page"),
    ]
    ran = tables.queries(result.statements, {}, _SQL_LETTERS) if result.statements else paragraph("No statement ran.")
    return join(terms(made), ran)


def _code(cells: Sequence[str]) -> Fragment:
    if not cells:
        return paragraph("This report was made without a notebook.")
    return folded(count(len(cells), "cell") + " of the notebook", *(render.listing(cell) for cell in cells))


SECTIONS: tuple[tuple[str, Callable[[Result], Fragment]], ...] = (
    ("Findings", findings),
    ("Side by side", sides),
    ("The two timings", timings),
    ("Provenance", provenance),
)
