"""Charts: each a static picture whose alternative text states the finding, with the figures behind it folded below."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from fa_stats.collection import Figure, StatementRun
from fa_stats.render import (
    NOTHING,
    Content,
    Fragment,
    code,
    count,
    day,
    duration,
    element,
    figure,
    folded,
    join,
    milliseconds,
    number,
    paragraph,
    percent,
    table,
    visible,
)

if TYPE_CHECKING:
    import altair

_BARS = 12  # more cannot be told apart at a glance; the table has them all
_WIDTH = 280  # of the bars and their numbers, in pixels
_LETTERS = 28  # of a name beside its bar
_SLOW = 2.0  # a statement this many times its median is worth a sentence
# Mid-tones: legible on white paper and, should a notebook be dark, on black as well.
INK, FILL, _RULE = "#6b6b6b", "#2a8580", "#9a9a9a"
_LOOK = {
    "background": None,
    "font": "system-ui, sans-serif",
    "padding": 2,
    "view": {"stroke": None},
    "text": {"fontSize": 13},
    "axis": {
        "labelColor": INK,
        "labelFontSize": 13,
        "domainColor": _RULE,
        "tickColor": _RULE,
        "gridColor": _RULE,
        "aria": False,
    },
}


@dataclass(frozen=True, slots=True)
class _Time:
    """The time of all the queries of one statement: one, or several where it was cut in parts."""

    name: str
    microseconds: int
    usual: float | None
    queries: int
    stats: int
    failed: int


def statement_times(statements: Sequence[StatementRun], earlier: Mapping[str, Sequence[int]]) -> Fragment:
    """Draw the measured time of each statement beside the median of earlier runs."""
    if not statements:
        return paragraph("No statement ran, so there is no time to show.")
    times = _times(statements, earlier)
    total = sum(each.microseconds for each in times)
    finding = f"The {times[0].name} statement took {_share(times[0].microseconds, total)} of {duration(total)}"
    finding += f", the most of {len(times)} statements. " if len(times) > 1 else ". "
    finding += _against(times)
    caption = " Measured time of each statement, in milliseconds" + _cut(len(times), "statement")
    caption += "; the upright line is the median of earlier runs." if any(each.usual for each in times) else "."
    runs = max((len(each) for each in earlier.values()), default=0)
    return join(
        picture(partial(_bar_chart, times[:_BARS]), finding, caption),
        folded(f"The times of {count(len(times), 'statement')}", _time_table(times, total, runs)),
    )


def stat_times(figures: Sequence[Figure]) -> Fragment:
    """Show the time of each stat: measured where it ran alone, else its share of its statement's time."""
    timed = [(each, each.microseconds) for each in figures if each.microseconds]
    if not timed:
        return paragraph("No stat has a time of its own or a share of one.")
    timed.sort(key=lambda pair: (-pair[1], pair[0].name))
    caption = f"The stats that took longest{_cut(len(timed), 'stat')}"
    rows: list[list[Content]] = [[code(each.name), milliseconds(time), _origin(each)] for each, time in timed[:_BARS]]
    shown = table(caption, ["Stat", "ms", "How it is known"], rows, numeric={1})
    note = paragraph(
        "A statement counts many stats in one pass and is timed as a whole, so “share of its statement” marks an "
        "estimate. Only a stat that ran alone was measured."
    )
    measured = [_Time(each.name, time, None, 1, 1, 0) for each, time in timed if each.measured]
    # A picture of estimates would claim more than is known, so only measured times are drawn.
    if len(measured) < 2:
        return folded("The stats that took longest", note, shown)
    finding = f"Of {count(len(measured), 'stat')} that ran alone, {measured[0].name} took longest: "
    finding += f"{duration(measured[0].microseconds)}."
    legend = f" Measured time of each stat, in milliseconds{_cut(len(measured), 'stat')}."
    return join(
        picture(partial(_bar_chart, measured[:_BARS]), finding, legend),
        folded("The stats that took longest", note, shown),
    )


def over_days(trend: Sequence[tuple[date, int, int]]) -> Fragment:
    """Draw the time of the statements run by run; runs that counted fewer stats than the fullest are hollow."""
    if len(trend) < 2:
        return paragraph("There is no earlier run yet: the line over days begins with the second one.")
    best = max(counted for _, counted, _ in trend)
    fewer = sum(counted < best for _, counted, _ in trend)
    last_day, _, last = trend[-1]
    usual = median(time for _, _, time in trend[:-1])
    finding = f"On {day(last_day)} the statements took {duration(last)};"
    finding += f" the median of {count(len(trend) - 1, 'earlier run')} is {duration(usual)}."
    if fewer:
        finding += f" {count(fewer, 'run')} of {len(trend)} counted fewer stats than the fullest one ({number(best)})."
    else:
        finding += f" Each run counted {count(best, 'stat')}."
    points = [
        {"day": each.isoformat(), "ms": time / 1000, "run": at, "mark": "fewer" if counted < best else ""}
        for at, (each, counted, time) in enumerate(trend)
    ]
    points[-1]["mark"] = points[-1]["mark"] or "last"
    legend = " Milliseconds of all statements, run by run" + (
        "; a hollow point counted fewer stats than the fullest run." if fewer else "."
    )
    rows: list[list[Content]] = [
        [day(each), number(counted), milliseconds(time)] for each, counted, time in reversed(trend)
    ]
    return join(
        picture(partial(_line_chart, points), finding, legend),
        folded(
            f"The figures of {count(len(trend), 'run')}",
            table("Earlier runs and this one, newest first", ["Day", "Stats counted", "ms"], rows, numeric={1, 2}),
        ),
    )


def _times(statements: Sequence[StatementRun], earlier: Mapping[str, Sequence[int]]) -> list[_Time]:
    by_name: dict[str, list[StatementRun]] = defaultdict(list)
    for each in statements:
        by_name[each.name].append(each)
    times = [
        _Time(
            name,
            sum(run.microseconds for run in runs),
            median(earlier[name]) if earlier.get(name) else None,
            len(runs),
            len({stat for run in runs for stat in run.figures}),
            sum(run.failure is not None for run in runs),
        )
        for name, runs in by_name.items()
    ]
    return sorted(times, key=lambda each: (-each.microseconds, each.name))


def _time_table(times: Sequence[_Time], total: int, runs: int) -> Fragment:
    rows: list[list[Content]] = [
        [
            code(each.name),
            milliseconds(each.microseconds),
            _share(each.microseconds, total),
            NOTHING if each.usual is None else milliseconds(each.usual),
            f"{each.microseconds / each.usual:,.1f} times" if each.usual else NOTHING,
            number(each.stats),
            number(each.queries),
            f"{each.failed} failed" if each.failed else "done",
        ]
        for each in times
    ]
    caption = f"Time of each statement, measured; medians of at most {count(runs, 'earlier run')}"
    head = ["Statement", "ms", "Share", "Median, ms", "Against it", "Stats", "Queries", "Outcome"]
    return table(caption, head, rows, numeric={1, 2, 3, 4, 5, 6})


def _against(times: Sequence[_Time]) -> str:
    if not any(each.usual for each in times):
        return "There is no earlier run to compare with."
    slow = [each.name for each in times if each.usual and each.microseconds > _SLOW * each.usual]
    if not slow:
        return "None took more than twice its median of earlier runs."
    names = ", ".join(slow[:3]) + (f" and {len(slow) - 3} more" if len(slow) > 3 else "")
    return f"More than twice {'its' if len(slow) == 1 else 'their'} median of earlier runs: {names}."


def _origin(each: Figure) -> str:
    return "measured alone" if each.measured else f"share of its statement ({each.statement or 'not named'})"


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else percent(0)


def _cut(available: int, noun: str) -> str:
    return f" ({_BARS} of {count(available, noun)} shown)" if available > _BARS else ""


def _bar_chart(bars: Sequence[_Time]) -> altair.LayerChart:
    import altair as alt

    rows = [
        {
            "name": _label(each.name),
            "ms": each.microseconds / 1000,
            "usual": None if each.usual is None else each.usual / 1000,
            "text": milliseconds(each.microseconds),
        }
        for each in bars
    ]
    longest = max(max(each.microseconds, each.usual or 0) / 1000 for each in bars) or 1
    # Names begin at the left edge, with room for a font that is wider than the one at hand.
    room = 8 * max(len(str(row["name"])) for row in rows)
    names = alt.Axis(labelAlign="left", labelPadding=room, labelLimit=0, ticks=False, domain=False)
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("name:N", sort=None, title=None, axis=names))
    # The scale goes on beyond the longest bar, where its number stands.
    number_room = 12 + 8 * max(len(str(row["text"])) for row in rows)
    x = alt.X("ms:Q", axis=None, scale=alt.Scale(domain=[0, longest * _WIDTH / (_WIDTH - number_room)]))
    layers = [
        base.mark_bar(color=FILL, height=12, aria=False).encode(x=x),
        base.mark_text(align="left", dx=6, color=INK, aria=False).encode(x=x, text="text:N"),
    ]
    if any(each.usual is not None for each in bars):
        tick = base.transform_filter("isValid(datum.usual)")
        layers.append(tick.mark_tick(color=INK, thickness=2, height=18, aria=False).encode(x="usual:Q"))
    return alt.layer(*layers).properties(width=_WIDTH, height=alt.Step(22))


def _line_chart(points: Sequence[Mapping[str, Any]]) -> altair.LayerChart:
    import altair as alt

    base = alt.Chart(alt.Data(values=list(points))).encode(
        x=alt.X(
            "day:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(format="%-d %b", tickCount=5, grid=False)
        ),
        y=alt.Y("ms:Q", title=None, axis=alt.Axis(tickCount=4, gridOpacity=0.4), scale=alt.Scale(zero=True)),
        order="run:Q",
    )
    marks = [
        base.mark_line(color=FILL, strokeWidth=2, aria=False),
        base.transform_filter("datum.mark == 'fewer'").mark_point(color=INK, fill="white", size=55, aria=False),
        base.transform_filter("datum.mark == 'last'").mark_point(color=FILL, filled=True, size=90, aria=False),
    ]
    return alt.layer(*marks).properties(width=430, height=130)


def _label(name: str) -> str:
    """Cut a long name short; a control character, or half a letter of it, would break the picture or the process."""
    name = visible(name)
    return name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"


def picture(chart: Callable[[], altair.LayerChart], finding: str, legend: str) -> Fragment:
    """Embed a chart; where it cannot be drawn its finding remains, and the table beside it."""
    try:
        import vl_convert

        svg: str = vl_convert.vegalite_to_svg(chart().to_dict(validate=False), config=_LOOK)
    except (ImportError, ValueError) as error:
        return paragraph(element("strong", finding), f" The chart could not be drawn ({type(error).__name__}).")
    small = re.sub(r'\b(?:d|transform)="[^"]*"', _rounded, svg)
    return figure(small, alt=finding, caption=join(element("strong", finding), legend))


def _rounded(attribute: re.Match[str]) -> str:
    """Two decimal places are finer than any screen, and half the size."""
    return re.sub(r"(\.\d\d)\d+", r"\1", attribute[0])
