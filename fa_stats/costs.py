"""What the stats cost the database, for an engineer who explores: the sections of `notebooks/timings.ipynb`.

Each is about the stat or statement of that name, else about the notebook's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import median

from fa_stats import catalogue, charts, curves, history, saving
from fa_stats.book import Reading
from fa_stats.collection import Figure
from fa_stats.history import StatementDay
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
    listing,
    milliseconds,
    number,
    paragraph,
    prose,
    table,
    terms,
)

_SHOWN = 15  # stats before the fold
_FEW = 12  # names of stats in a sentence
_DAYS = 90  # of load, day by day
_SIZES = {"tenantNumber": "tenants", "applicationNumber": "applications"}


def overview(reading: Reading) -> Fragment:
    """Say what there is to explore, and which stat and statement the other sections are about."""
    days = history.days(reading.book.data, reading.source, reading.collection.day, 100_000)
    span = f"{count(len(days), 'day')}, from {day(days[0][0])}" if days else "none; `fa-stats run` makes the history"
    kind = f"{reading.collection.source_label} ({reading.collection.source_kind})"
    return terms(
        [
            ("Source", kind),
            ("Day", f"{day(reading.collection.day)}, run {reading.snapshot.run}"),
            ("History", prose(span)),
            ("Statements", number(len(reading.statements))),
            ("Stat below", code(reading.stat_named(None).name)),
            ("Statement below", code(reading.statement_named(None) or NOTHING)),
        ]
    )


def slowest(reading: Reading) -> Fragment:
    """List the stats, the slowest first: by the time of their own where it was measured, else by their share."""
    ranked = reading.ranked()
    if not ranked:
        return paragraph("No stat has a time: no statement ran.")
    measured = sum(since is not None for _, _, since in ranked)
    lead = (
        f"{count(measured, 'stat')} of {number(len(ranked))} have been measured alone so far; of the others there is "
        "only a share of their statement's time, which is an estimate. A run measures a few more each day."
    )
    rows = [_slow(figure, time, since) for figure, time, since in ranked]
    head = ["Stat", "ms", "How it is known", "Statement"]
    rest = rows[_SHOWN:]
    return join(
        paragraph(lead),
        table(f"The slowest {count(len(rows[:_SHOWN]), 'stat')}", head, rows[:_SHOWN], numeric={1}),
        folded(count(len(rest), "more stat"), table("The other stats", head, rest, numeric={1})) if rest else "",
    )


def stat_history(reading: Reading, stat: str | None = None) -> Fragment:
    """Draw and list the times of one stat day by day: its share, and its own time where it was measured."""
    name = reading.stat_named(stat).name
    days = history.stat_days(reading.book.data, reading.source, name, reading.collection.day)
    shares = [(each.day, each.microseconds) for each in days if each.microseconds is not None and not each.measured]
    own = [(each.day, time) for each in days if (time := each.own) is not None]
    if not shares and not own:
        return paragraph(code(name), " has no time on any day: it is not asked for in the database.")
    finding = f"{name} was measured alone on {count(len(own), 'day')} of {number(len(days))}"
    finding += f", last with {duration(own[-1][1])}." if own else "."
    finding += f" Its share of its statement was {duration(shares[-1][1])} on {day(shares[-1][0])}." if shares else ""
    rows: list[list[Content]] = [
        [day(each.day), each.status, _ms(each.own), NOTHING if each.measured else _ms(each.microseconds)]
        for each in reversed(days)
    ]
    return join(
        curves.over_days(shares, own, finding, " Milliseconds: the line is the share, a dot a time of its own."),
        folded(
            f"The times of {count(len(days), 'day')}",
            table(f"{name}, newest day first", ["Day", "Status", "Alone, ms", "Share, ms"], rows, numeric={2, 3}),
        ),
    )


def statement_text(reading: Reading, statement: str | None = None) -> Fragment:
    """Show the queries of a statement as they last ran, each with its plan."""
    name = reading.statement_named(statement)
    if not name:
        return paragraph("No statement ran.")
    parts: list[Content] = []
    for each in reading.statements[name]:
        plan = each.load.plan
        said = f" counts {count(len(each.figures), 'stat')} and took {duration(each.microseconds)}."
        parts += [paragraph(code(name), said), folded("Its text, as it ran", listing(each.sql))]
        parts.append(folded("Its plan", listing(plan)) if plan else paragraph(f"{_no_plan(reading)}"))
    return join(*parts)


def plan_changes(reading: Reading, statement: str | None = None) -> Fragment:
    """List the days on which the database ran a statement another way, or its text changed."""
    name = reading.statement_named(statement)
    days = reading.statement_days(name)
    rows: list[list[Content]] = []
    for at, (before, now) in enumerate(pairwise(days), 1):
        if what := _change(before, now):
            usual = round(median(each.microseconds for each in days[:at]))
            rows.append([day(now.day), what, milliseconds(usual), milliseconds(now.microseconds)])
    if not any(each.plans for each in days):
        return paragraph(f"When the plan of {name} changed is not known. {_no_plan(reading)}")
    if not rows:
        return paragraph(f"The plan of {name} was the same on each of {count(len(days), 'day')}.")
    head = ["Day", "What changed", "Median before, ms", "On the day, ms"]
    return table(f"Changes of {name}, newest first", head, rows[::-1], numeric={2, 3})


def growth(reading: Reading, statement: str | None = None) -> Fragment:
    """Draw a statement's time against tenants, applications and the rows that it reads."""
    name = reading.statement_named(statement)
    days = reading.statement_days(name)
    time = {each.day: each.microseconds for each in days}
    what = f"the {name} statement"
    parts = []
    for stat, noun in _SIZES.items():
        sizes = history.trend(reading.book.data, reading.source, stat)
        parts.append(
            curves.against([(size, time[on]) for on, size in sizes if size is not None and on in time], noun, what)
        )
    read = [(each.rows_read, each.microseconds) for each in days if each.rows_read is not None]
    return join(*parts, curves.against(read, "rows read", what))


def switched_off(reading: Reading, stat: str | None = None) -> Fragment:
    """Estimate what a run would be spared if one stat were switched off, and say what the estimate rests on."""
    figure = reading.stat_named(stat)
    days = reading.statement_days(figure.statement) if figure.statement else []
    usual = round(median([each.microseconds for each in days] or [reading.time_of(figure.statement or "")]))
    own = reading.own_times().get(figure.name)
    found = saving.estimate(catalogue.load(), reading.collection, figure, own[1] if own else None, usual)
    if found.microseconds is None:
        return paragraph(code(figure.name), f": {found.reason}")
    times = history.stat_days(reading.book.data, reading.source, figure.name, reading.collection.day)
    seen = saving.observed(times, days)
    facts: list[tuple[str, Content]] = [
        ("Stat", code(figure.name)),
        ("Would save", element("strong", f"up to {duration(found.microseconds)}")),
        ("Because", found.reason),
        ("Alone", f"{duration(own[1])}, measured on {day(own[0])}" if own else "never measured"),
        ("Its statement", join(code(str(figure.statement)), f", median {duration(usual)}")),
    ]
    if found.beside:
        facts.append(("Read along", f"{count(len(found.beside), 'other stat')}: {_some(found.beside)}"))
    if seen:
        facts.append(
            (
                "Seen",
                f"without it the statement's median was {duration(seen[1])} ({count(seen[2], 'day')}), "
                f"with it {duration(seen[0])}",
            )
        )
    return terms(facts)


def load_per_day(reading: Reading) -> Fragment:
    """Draw and list the time in the database and the load of each day, what was measured alone included."""
    last = reading.collection.day
    days = reading.statement_days(None)[-_DAYS:]
    rows: list[list[Content]] = [
        [
            day(each.day),
            milliseconds(each.microseconds),
            _ms(each.server_us),
            _number(each.rows_read),
            _number(each.bytes_returned),
            _number(each.temporary_bytes),
        ]
        for each in reversed(days)
    ]
    if not rows:
        return paragraph("The history holds no statement of this source.")
    head = ["Day", "ms", "In the server, ms", "Rows read", "Bytes returned", "Temporary bytes"]
    return join(
        charts.over_days(history.days(reading.book.data, reading.source, last, _DAYS)),
        table(f"Load of {count(len(rows), 'day')}, newest first", head, rows, numeric=set(range(1, 6))),
        paragraph(f"{NOTHING} is what {_server(reading)} does not report.") if NOTHING in rows[0] else "",
    )


def _slow(figure: Figure, time: int, since: date | None) -> list[Content]:
    how = f"measured alone on {day(since)}" if since else "share of its statement"
    return [code(figure.name), milliseconds(time), how, code(figure.statement) if figure.statement else NOTHING]


def _change(before: StatementDay, now: StatementDay) -> str | None:
    if before.sha256 != now.sha256:
        return "the statement itself"
    return "the plan" if before.plans and now.plans and before.plans != now.plans else None


def _server(reading: Reading) -> str:
    return (reading.collection.source_version or "").partition(" ")[0] or "the source"


def _no_plan(reading: Reading) -> str:
    return f"{_server(reading)} does not report its plans."


def _ms(microseconds: int | None) -> str:
    return NOTHING if microseconds is None else milliseconds(microseconds)


def _number(value: int | None) -> str:
    return NOTHING if value is None else number(value)


def _some(names: Sequence[str]) -> str:
    more = f" and {number(len(names) - _FEW)} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
