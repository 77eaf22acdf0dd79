"""What a run put on the database, as the database itself reports it: in sum, statement by statement, stat by stat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from fa_stats.catalogue import CONFIGURATION
from fa_stats.catalogue.stat import Kind
from fa_stats.collection import NO_LOAD, Collection, Figure, StatementRun
from fa_stats.render import (
    NOTHING,
    Content,
    Fragment,
    code,
    count,
    day,
    duration,
    element,
    folded,
    join,
    milliseconds,
    number,
    paragraph,
    percent,
    table,
    terms,
    value,
)

# By the digest of a statement: the last earlier day on which it ran, and the digest of its plan then.
Plans = Mapping[str, tuple[date, str]]
_MOST = 30  # statements in the table; a run that isolated its stats has hundreds of them
_OFF = 10  # an estimate this many times off is worth a sentence,
_MANY = 1_000  # where as many rows are at stake
_NAMES = {
    "rows_read": "rows read",
    "calls": "calls",
    "blocks_hit": "blocks from memory",
    "blocks_read": "blocks from disk",
    "temporary_files": "temporary files",
    "temporary_bytes": "bytes in temporary files",
    "bytes_returned": "bytes returned",
    "server_us": "time in the server",
    "estimated_rows": "rows expected",
}


def fused(statements: Iterable[StatementRun]) -> list[StatementRun]:
    """Leave out what ran once more for a stat of its own."""
    return [each for each in statements if not each.alone]


def rows_read(statement: StatementRun) -> int | None:
    """Return the rows that a statement read; None where the database does not say."""
    if statement.load.calls is not None:
        return None
    if statement.load.rows_read is None and statement.scans:  # all that 0.1.0 kept
        return sum(read for _, _, read in statement.scans)
    return statement.load.rows_read


def changed_since(statement: StatementRun, plans: Plans) -> date | None:
    """Return the day on which the same statement last had another plan, where that was its last run."""
    before = plans.get(statement.sha256)
    if before is None or statement.load.plan_sha256 in (None, before[1]):
        return None
    return before[0]


def summary(collection: Collection) -> Fragment:
    """Sum up the load of a run, with what the database does not report, and what it reports of all its sessions."""
    ran = [each for each in collection.statements if each.name != CONFIGURATION]
    if not ran:
        return Fragment("")
    name = _name(collection)
    if any(each.load.calls is not None for each in collection.statements):
        return terms(_of_calls(collection))
    silent = f"not reported by {name}" if any(each.load != NO_LOAD for each in ran) else "not on record for this run"
    facts = (
        ("One connection", _connection(collection, ran)),
        ("A busy server", _waited(collection)),
        ("Rows read", _rows(ran)),
        ("Largest statement", _largest(ran)),
        ("Blocks", _blocks_in_sum(ran)),
        ("On the wire", _wire_in_sum(ran)),
        ("Returned", _bytes_in_sum(ran)),
        ("On disk", _temporary_in_sum(ran)),
    )
    shared = [words for field, words in _NAMES.items() if any(field in each.load.whole_server for each in ran)]
    bound = f"{name} counts {_listed(shared)} for all its sessions together, so these are no more than an upper bound."
    return join(
        terms((label, fact or element("em", silent)) for label, fact in facts),
        paragraph(bound) if shared else "",
        _astray(ran),
    )


def _of_calls(collection: Collection) -> list[tuple[str, Content]]:
    """Sum up what a run asked of the HTTP API, the call for its metrics included."""
    ran = collection.statements
    calls, size = _sum(each.load.calls for each in ran) or 0, _sum(each.load.bytes_returned for each in ran) or 0
    most = max(ran, key=lambda each: (each.load.calls or 0, each.microseconds))
    return [
        ("Calls", f"{number(calls)}, all of them GET"),
        ("Most of them", f"{most.name}: {count(most.load.calls or 0, 'call')} in {duration(most.microseconds)}"),
        ("Received", _bytes(size)),
        ("Objects", number(sum(objects for each in ran for _, _, objects in each.scans))),
    ]


def of_statements(statements: Sequence[StatementRun], plans: Plans) -> Fragment:
    """List the load of each statement, the longest first; a column that no statement has anything for is left out."""
    asked = [each for each in fused(statements) if each.name != CONFIGURATION]
    ranked = sorted(asked, key=lambda each: (-each.microseconds, each.name))[:_MOST]
    columns: list[tuple[str, Callable[[StatementRun], Content]]] = [
        ("Time", _time),
        ("Calls", _calls),
        ("Rows", _rows_of),
        ("Blocks", _blocks),
        ("Returned", _returned),
        ("On disk", _temporary),
    ]
    columns = [(head, cell) for head, cell in columns if any(cell(each) != NOTHING for each in ranked)]
    rows: list[list[Content]] = [[_named(each, plans), *(cell(each) for _, cell in columns)] for each in ranked]
    if not rows:
        return Fragment("")
    cut = f", the longest {_MOST} of {len(asked)}" if len(asked) > _MOST else ""
    where = "asked of the HTTP API" if any(each.load.calls is not None for each in ranked) else "put on the database"
    caption = f"What each statement {where}{cut}"
    heads = ["Statement", *(head for head, _ in columns)]
    return folded(
        f"The load of {count(len(rows), 'statement')}",
        table(caption, heads, rows, numeric=set(range(1, len(heads))), class_="stack"),
        class_="more",
    )


def plans_changed(statements: Sequence[StatementRun], plans: Plans) -> Fragment:
    """Name the statements that the database runs another way than before."""
    found = {each.name: since for each in fused(statements) if (since := changed_since(each, plans))}
    if not found:
        return Fragment("")
    said = _listed([f"{name} (since {day(since)})" for name, since in found.items()])
    whose = "The plan of this statement" if len(found) == 1 else "The plans of these statements"
    return paragraph(f"{whose} changed: {said}. The new plan is beside the statement's text.")


def measured_alone(collection: Collection) -> Fragment:
    """List the stats whose turn it was to run once more, alone, beside their share of the statement that counts all."""
    figures = [each for each in collection.stats + collection.metrics if each.alone_microseconds is not None]
    failed = [each for each in collection.statements if each.alone and each.failure]
    if not figures and not failed:
        return Fragment("")
    lead = (
        f"{count(len(figures), 'stat')} ran once more on this day, each as a statement of its own, and "
        f"{'its' if len(figures) == 1 else 'their'} time was measured. It is no part of the statements above: a stat "
        "that is counted along with others adds less than it takes alone, for the table is read once for all of them."
    )
    ranked = sorted(figures, key=lambda each: (-(each.alone_microseconds or 0), each.name))
    rows: list[list[Content]] = [[code(each.name), *_both_times(each), _statement_of(each)] for each in ranked]
    heads = ["Stat", "Alone, ms", "Share, ms", "Share of"]
    return join(
        paragraph(lead) if figures else "",
        table("Measured alone on this day", heads, rows, numeric={1, 2}) if figures else "",
        *(paragraph(f"{_listed(each.figures)} could not be measured alone: {each.failure}.") for each in failed),
    )


def _both_times(figure: Figure) -> tuple[str, str]:
    share = NOTHING if figure.microseconds is None else milliseconds(figure.microseconds)
    return milliseconds(figure.alone_microseconds or 0), share


def _statement_of(figure: Figure) -> Content:
    return code(figure.statement) if figure.statement else NOTHING


def _name(collection: Collection) -> str:
    """Return what the database calls itself."""
    return (collection.source_version or "").partition(" ")[0] or "the source"


def _connection(collection: Collection, ran: Sequence[StatementRun]) -> str | None:
    if not collection.microseconds:
        return None
    share = percent(sum(each.microseconds for each in ran) / collection.microseconds)
    return f"busy for {share} of the {duration(collection.microseconds)} that it was open"


def _waited(collection: Collection) -> str:
    waited = collection.waited_microseconds
    return f"was left alone for {duration(waited)}" if waited else "did not have to be waited for"


def _rows(ran: Sequence[StatementRun]) -> str | None:
    read, expected = _sum(rows_read(each) for each in ran), _sum(each.load.estimated_rows for each in ran)
    if read is None:
        return None
    return number(read) + (f"; {number(expected)} expected by the plans" if expected is not None else "")


def _largest(ran: Sequence[StatementRun]) -> str:
    largest = max(fused(ran) or ran, key=lambda each: (rows_read(each) or 0, each.microseconds))
    read = rows_read(largest)
    rows = f"{count(read, 'row')} in " if read is not None else ""
    return f"{largest.name}: {rows}{duration(largest.microseconds)}"


def _blocks_in_sum(ran: Sequence[StatementRun]) -> str | None:
    hit, read = _sum(each.load.blocks_hit for each in ran), _sum(each.load.blocks_read for each in ran)
    if hit is None and read is None:
        return None
    return f"{number(hit or 0)} from the server's memory, {number(read or 0)} from disk or the system's cache"


def _wire_in_sum(ran: Sequence[StatementRun]) -> str | None:
    timed = [(each.microseconds, wire) for each in ran if (wire := _wire(each)) is not None]
    if not timed:
        return None
    on_wire, whole = sum(wire for _, wire in timed), sum(time for time, _ in timed)
    return f"{duration(on_wire)}, {percent(on_wire / whole if whole else 0)} of the statements' time"


def _bytes_in_sum(ran: Sequence[StatementRun]) -> Content | None:
    size = _sum(each.load.bytes_returned for each in ran)
    return None if size is None else _bytes(size)


def _temporary_in_sum(ran: Sequence[StatementRun]) -> Content | None:
    files, size = _sum(each.load.temporary_files for each in ran), _sum(each.load.temporary_bytes for each in ran)
    return _files(files, size)


def _astray(ran: Sequence[StatementRun]) -> Fragment:
    """Name the statements whose plan expected far more or far fewer rows than there were."""
    names = []
    for each in fused(ran):
        read, expected = each.load.rows_read, each.load.estimated_rows
        if read is None or expected is None or max(read, expected) < _MANY:
            continue
        if max(read, expected) >= _OFF * max(min(read, expected), 1):
            names.append(each.name)
    if not names:
        return Fragment("")
    words = f"more than {_OFF} times more or fewer rows than were read"
    return paragraph(f"Expected {words}: {_listed(names)}. The database's statistics may be out of date.")


def _named(statement: StatementRun, plans: Plans) -> Fragment:
    since = changed_since(statement, plans)
    return join(
        code(statement.name),
        element("small", f"plan changed since {day(since)}") if since else "",
        element("small", "failed") if statement.failure else "",
    )


def _time(statement: StatementRun) -> Content:
    wire = _wire(statement)
    return join(
        duration(statement.microseconds), element("small", f"{duration(wire)} on the wire") if wire is not None else ""
    )


def _calls(statement: StatementRun) -> Content:
    return NOTHING if not statement.load.calls else number(statement.load.calls)


def _rows_of(statement: StatementRun) -> Content:
    read, expected = rows_read(statement), statement.load.estimated_rows
    if read is None:
        return NOTHING
    words = "as expected" if read == expected else f"{number(expected)} expected" if expected is not None else ""
    return join(f"{number(read)} read", element("small", words) if words else "")


def _blocks(statement: StatementRun) -> Content:
    hit, read = statement.load.blocks_hit, statement.load.blocks_read
    if hit is None and read is None:
        return NOTHING
    small = element("small", f"{number(read)} from disk") if read is not None else ""
    return join(f"{number(hit)} from memory" if hit is not None else NOTHING, small)


def _returned(statement: StatementRun) -> Content:
    size = statement.load.bytes_returned
    return NOTHING if size is None else join(_bytes(size), element("small", "returned"))


def _temporary(statement: StatementRun) -> Content:
    return _files(statement.load.temporary_files, statement.load.temporary_bytes) or NOTHING


def _files(files: int | None, size: int | None) -> Content | None:
    if files is None and size is None:
        return None
    if not files and not size:
        return "no temporary files"
    named = count(files, "temporary file") if files is not None else "temporary files"
    return join(named, " of ", _bytes(size)) if size is not None else named


def _wire(statement: StatementRun) -> int | None:
    inside = statement.load.server_us
    return None if inside is None else max(statement.microseconds - inside, 0)


def _bytes(size: int) -> Content:
    return count(size, "byte") if size < 1024 else value(size, Kind.BYTES)


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Add up what is known; None where nothing is."""
    known = [each for each in numbers if each is not None]
    return sum(known) if known else None


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
