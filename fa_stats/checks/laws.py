"""The check of the laws between figures: what the catalogue says to be a part of another figure is never larger."""

from __future__ import annotations

from collections.abc import Iterator

from fa_stats.checks.promises import Evidence, Finding, failed, held, listed, not_run, number
from fa_stats.collection import Collection, Status, Value


def hold(evidence: Evidence) -> Finding:
    """Look at every law of the catalogue whose two figures were counted by the same query."""
    laws = {stat.name: stat.within for stat in evidence.catalogue if stat.within}
    values = {
        figure.name: figure.value
        for figure in evidence.collection.stats + evidence.collection.metrics
        if figure.status is Status.OK and figure.value is not None
    }
    together = _together(evidence.collection)
    looked = [
        (part, whole)
        for part, whole in laws.items()
        if {part, whole} <= values.keys() & together.keys() and together[part] == together[whole]
    ]
    if not looked:
        return not_run(
            f"None of the {number(len(laws), 'law')} could be looked at: their figures were not counted together."
        )
    if broken := [f"{part} within {whole}" for part, whole in looked if not _is_part(values[part], values[whole])]:
        return failed(
            f"{number(len(broken), 'law')} broken: {listed(broken)}. A part is larger than its whole, so one of them "
            "was not counted rightly. Run again; if it stays, report it."
        )
    left = len(laws) - len(looked)
    return held(f"Laws that hold: {len(looked)}" + (f"; not looked at, for want of a value: {left}." if left else "."))


def _together(collection: Collection) -> dict[str, int]:
    """Return by which query each figure was counted: figures of two queries are of two moments."""
    return {
        name: place
        for place, statement in enumerate(collection.statements)
        if statement.failure is None and not statement.alone
        for name in statement.figures
    }


def _is_part(part: Value, whole: Value) -> bool:
    """Whether a figure is not above another; breakdowns type by type, or by their sum beside a count."""
    if isinstance(part, list) and isinstance(whole, list):
        wholes = dict(_counts(whole))
        return all(count <= wholes.get(kind, 0) for kind, count in _counts(part))
    return _sum(part) <= _sum(whole)


def _counts(value: list[dict[str, int | str]]) -> Iterator[tuple[str, int]]:
    for each in value:
        yield str(each["idp"]), int(each["count"])


def _sum(value: Value) -> int:
    if isinstance(value, list):
        return sum(count for _, count in _counts(value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("no count")
    return value
