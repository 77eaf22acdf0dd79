"""Shows what benchmarks found: bars, the time of each way by size, what people who sign in notice of a collection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from fa_stats import settings
from fa_stats.charts import FILL, INK, picture
from fa_stats.errors import StorageError
from fa_stats.render import NOTHING, Content, Fragment, count, join, number, paragraph, prose, table, terms

if TYPE_CHECKING:
    import altair

_OURS, _CLASSICAL = "all at once", "one query per stat"
_WAYS = {_OURS: FILL, _CLASSICAL: "#b5533c", "in Python": "#7a68a6", "bare scan": INK}
_HOW = "There are no results in this folder. In a checkout, `make bench` makes them; that takes about half an hour."


@dataclass(frozen=True, slots=True)
class Results:
    """The newest result of each part of the benchmark."""

    parts: tuple[Mapping[str, Any], ...]

    def about(self) -> Fragment:
        """Say when and on what machine the benchmark ran, or how to come by results."""
        if not self.parts:
            return paragraph(prose(_HOW))
        return terms((f"{each['part']}, {each['day']}", _machine(each["machine"])) for each in self.parts)

    def bars(self) -> Fragment:
        """List every figure that has a bar, and whether it holds."""
        rows: list[list[Content]] = [
            [each["what"], each["figure"], each["bar"], "yes" if each["holds"] else "NO"]
            for each in self._all("bars")
            if each["bar"] != "none"
        ]
        if not rows:
            return Fragment("")
        missed = sum(row[-1] == "NO" for row in rows)
        found = f"{count(missed, 'bar')} of {len(rows)} missed." if missed else f"All {len(rows)} bars hold."
        return join(paragraph(found), table("Medians, (smallest-largest)", ["What", "Figure", "Bar", "Holds"], rows))

    def ratios(self) -> Fragment:
        """List how many times longer each way takes than all stats at once, by database and size."""
        found = self._by_instance()
        ways = [way for way in _WAYS if way != _OURS]
        rows: list[list[Content]] = [
            [
                engine,
                f"{number(tenants)} + {number(applications)}",
                f"{ours * 1000:,.1f}",
                *(f"{times[way] / ours:,.2f}" if way in times else NOTHING for way in ways),
            ]
            for (engine, tenants, applications), times in found.items()
            if (ours := times.get(_OURS))
        ]
        head = ["Database", "Tenants + applications", f"{_OURS.capitalize()}, ms", *(f"{way}, times" for way in ways)]
        return table("Each way against all stats at once", head, rows, numeric={2, 3, 4, 5}) if rows else Fragment("")

    def times(self) -> Fragment:
        """Draw the time of each way by the instance's size, one picture for each database."""
        found = self._by_instance()
        points = [
            {"engine": engine, "size": tenants + applications, "way": way, "ms": seconds * 1000}
            for (engine, tenants, applications), times in found.items()
            for way, seconds in times.items()
        ]
        if not points:
            return Fragment("")
        gains = {
            engine: times[_CLASSICAL] / times[_OURS]
            for (engine, _, _), times in found.items()
            if _OURS in times and _CLASSICAL in times
        }
        said = ", ".join(f"{gain:.1f} in {engine}" for engine, gain in gains.items())
        finding = f"On the largest instance, one query per stat takes so many times longer than all at once: {said}."
        legend = " Median milliseconds by tenants and applications in all; both scales are logarithmic."
        return picture(partial(_time_chart, points), finding, legend)

    def observer(self) -> Fragment:
        """Draw how long people who sign in wait, with collections and without."""
        points = []
        for each in self._all("latencies"):
            low, _, high = quantiles(each["windows"]["samples"], n=4)
            shown = {"engine": each["engine"], "collections": each["collections"], "percent": f"p{each['percent']}"}
            points.append({**shown, "ms": each["milliseconds"], "low": low, "high": high})
        if not points:
            return Fragment("")
        ratios = ", ".join(f"{ratio:.3f} in {engine}" for engine, ratio in self._slowest_percent())
        finding = f"The slowest hundredth waits so many times longer while collections run: {ratios}."
        legend = " Milliseconds of a sign-in; the lines span the middle half of the windows."
        return picture(partial(_latency_chart, points), finding, legend)

    def _slowest_percent(self) -> Iterator[tuple[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for each in self._all("latencies"):
            if each["percent"] == 99:
                found.setdefault(each["engine"], {})[each["collections"]] = each["milliseconds"]
        return ((engine, both["with"] / both["without"]) for engine, both in found.items())

    def _all(self, key: str) -> Iterator[Mapping[str, Any]]:
        return (each for part in self.parts for each in part[key])

    def _by_instance(self) -> dict[tuple[str, int, int], dict[str, float]]:
        found: dict[tuple[str, int, int], dict[str, float]] = {}
        for each in self._all("times"):
            instance = each["engine"], each["tenants"], each["applications"]
            found.setdefault(instance, {})[each["way"]] = median(each["seconds"]["samples"])
        return found


def load(folder: str) -> Results:
    """Read the results in a folder, which starts where the settings are; raises StorageError."""
    newest: dict[str, Mapping[str, Any]] = {}
    for path in sorted((settings.load().folder / folder).glob("*.json")):  # by day, for their names begin with it
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            newest[found["part"]] = found
        except (OSError, ValueError, KeyError, TypeError):
            raise StorageError(f"{path} is no result of a benchmark. Move it away.") from None
    return Results(tuple(newest.values()))


def _machine(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items())


def _time_chart(points: list[dict[str, Any]]) -> altair.Chart:
    import altair as alt

    lines = alt.Chart().mark_line(strokeWidth=2, point={"size": 40}, aria=False)
    ways = alt.Color("way:N", title=None, scale=alt.Scale(domain=list(_WAYS), range=list(_WAYS.values())))
    log, axis = alt.Scale(type="log"), alt.Axis(gridOpacity=0.4, tickCount=4, format="~s")
    bare = alt.Axis(grid=False, tickCount=4, format="~s")
    whole = (
        lines.encode(
            x=alt.X("size:Q", title="tenants and applications", scale=log, axis=bare),
            y=alt.Y("ms:Q", title="ms", scale=log, axis=axis),
            color=ways,
            strokeDash=alt.StrokeDash("way:N", legend=None, sort=list(_WAYS)),
        )
        .properties(width=230, height=190)
        .facet(facet=alt.Facet("engine:N", title=None, sort=None), columns=2, data=alt.Data(values=points))
    )
    return _inked(whole)


def _latency_chart(points: list[dict[str, Any]]) -> altair.Chart:
    import altair as alt

    colours = alt.Scale(domain=["without", "with"], range=[INK, FILL])
    base = alt.Chart().encode(
        x=alt.X("percent:N", title=None, axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("collections:N", sort=["without", "with"]),
        color=alt.Color("collections:N", title="collections", scale=colours),
    )
    spans = base.mark_rule(strokeWidth=2, aria=False).encode(y=alt.Y("low:Q", title="ms"), y2="high:Q")
    marks = base.mark_point(filled=True, size=70, aria=False).encode(y=alt.Y("ms:Q", title="ms"))
    both = alt.layer(spans, marks).properties(width=200, height=180)
    return _inked(both.facet(alt.Facet("engine:N", title=None, sort=None), columns=2, data=alt.Data(values=points)))


def _inked(chart: altair.Chart) -> altair.Chart:
    """Colour the letters of legends and titles, too, so that they can be read on white and on black."""
    legend = {"labelColor": INK, "titleColor": INK, "labelFontSize": 13, "labelLimit": 300}
    return chart.configure(legend=legend, header={"labelColor": INK, "labelFontSize": 14}, axis={"titleColor": INK})
