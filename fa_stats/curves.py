"""Charts for exploring: a time over days, and a time against the size of the instance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from statistics import StatisticsError, correlation, linear_regression
from typing import TYPE_CHECKING

from fa_stats.charts import FILL, INK, picture
from fa_stats.render import Fragment, duration, number, paragraph

if TYPE_CHECKING:
    import altair

_ENOUGH = 3  # days for a line to mean anything
_WHOLE = 10  # smaller sizes keep a decimal place
_GROWN = 1.1  # below this the scatter of the days weighs more than the growth
_MARKS = 8
_CLEAR = 0.5  # a correlation below this is scatter


def over_days(
    line: Sequence[tuple[date, int]], dots: Sequence[tuple[date, int]], finding: str, legend: str
) -> Fragment:
    """Draw microseconds day by day: one series as a line, another as dots."""
    return picture(partial(_over_days, line, dots), finding, legend)


def against(points: Sequence[tuple[float, int]], noun: str, what: str) -> Fragment:
    """Draw microseconds against a size of the instance, and say whether the one grows with the other."""
    if not points:
        return paragraph(f"How the time of {what} grows with {noun} cannot be said: it is on record for no day.")
    sizes = [size for size, _ in points]
    if min(sizes) == max(sizes):
        on = f"each of {number(len(points))} days" if len(points) > 1 else "the only day"
        return paragraph(f"{noun.capitalize()}: {_size(sizes[0])} on {on}, so nothing can be said of growth.")
    finding = f"From {_size(min(sizes))} to {_size(max(sizes))} {noun}, {_growth(points, what)}"
    legend = f" Milliseconds of {what}, a dot for each day, by {noun}."
    return picture(partial(_against, points, noun), finding, legend)


def _growth(points: Sequence[tuple[float, int]], what: str) -> str:
    if len(points) < _ENOUGH:
        return f"{what} has been timed on {len(points)} days only: too few to tell how it grows."
    sizes, times = [size for size, _ in points], [time for _, time in points]
    if max(sizes) < _GROWN * min(sizes):
        return f"the instance grew too little to tell how {what} grows with it."
    try:
        strength = correlation(sizes, times)
    except StatisticsError:
        return f"{what} took the same time every day."
    if strength < _CLEAR:
        return f"{what} did not clearly take longer (correlation {strength:.2f})."
    step = (max(sizes) - min(sizes)) / 10
    more = duration(linear_regression(sizes, times).slope * step)
    return f"each {_size(step)} more add about {more} to {what} (correlation {strength:.2f})."


def _size(size: float) -> str:
    return number(round(size) if size >= _WHOLE else round(size, 1))


def _over_days(line: Sequence[tuple[date, int]], dots: Sequence[tuple[date, int]]) -> altair.LayerChart:
    import altair as alt

    # Fewer days than marks would have several marks each, all of the same name.
    ticks: int | str = 5 if len({day for day, _ in (*line, *dots)}) > _MARKS else "day"
    layers = []
    for series, is_line in ((line, True), (dots, False)):
        rows = [{"day": day.isoformat(), "ms": time / 1000} for day, time in series]
        chart = alt.Chart(alt.Data(values=rows))
        marks = (
            chart.mark_line(color=FILL, strokeWidth=2, point={"color": FILL, "size": 30}, aria=False)
            if is_line
            else chart.mark_point(color=INK, filled=True, size=90, aria=False)
        )
        layers.append(
            marks.encode(
                x=alt.X(
                    "day:T",
                    title=None,
                    scale=alt.Scale(type="utc"),
                    axis=alt.Axis(format="%-d %b", tickCount=ticks, grid=False),
                ),
                y=alt.Y("ms:Q", title=None, axis=alt.Axis(tickCount=4, gridOpacity=0.4), scale=alt.Scale(zero=True)),
            )
        )
    return alt.layer(*layers).properties(width=430, height=150)


def _against(points: Sequence[tuple[float, int]], noun: str) -> altair.Chart:
    import altair as alt

    rows = [{"size": size, "ms": time / 1000} for size, time in points]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_point(color=FILL, filled=True, size=60, aria=False)
        .encode(
            x=alt.X("size:Q", title=noun, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5, grid=False)),
            y=alt.Y("ms:Q", title=None, axis=alt.Axis(tickCount=4, gridOpacity=0.4), scale=alt.Scale(zero=True)),
        )
        .properties(width=430, height=150)
    )
