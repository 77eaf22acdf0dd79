"""What switching one stat off would save: an estimate from what was measured, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from fa_stats import query
from fa_stats.catalogue import Catalogue
from fa_stats.collection import Collection, Figure, StatementRun, Status
from fa_stats.history import StatDay, StatementDay


@dataclass(frozen=True, slots=True)
class Saving:
    """An estimate in microseconds, None where there is nothing to save; `reason` says what it rests on.

    `beside` are the other stats that need the part of the statement which the fewest others need.
    """

    microseconds: int | None
    reason: str
    beside: tuple[str, ...] = ()


def estimate(catalogue: Catalogue, collection: Collection, figure: Figure, own: int | None, usual: int) -> Saving:
    """Estimate what a run would be spared: `own` is the stat's time alone, `usual` its statement's median."""
    statement = _holding(collection, figure)
    if statement is None or figure.microseconds is None:
        return Saving(None, "it is not asked for in the database, so there is nothing to save.")
    if len(statement.figures) == 1:
        return Saving(usual, "It is the only stat of its statement, which would not run at all.")
    counted = {each.name for each in collection.stats + collection.metrics if each.status is Status.OK}
    others = [name for name in statement.figures if name != figure.name and name in counted]
    readers = {
        part: tuple(name for name in others if part in _parts(catalogue, name))
        for part in sorted(_parts(catalogue, figure.name))
    }
    part = min(readers, key=lambda each: len(readers[each]), default="")
    if part and not readers[part]:
        whose = f"It is the only stat of its statement that reads {part}, which would not be read any more: "
        if own is None:
            return Saving(min(figure.microseconds, usual), f"{whose}its share, for it was never measured alone.")
        rest = "up to what it takes alone, less what it takes to read the rest."
        return Saving(min(own, usual), whose + rest)
    # The share by weight holds the reading and parsing too, which would go on without this stat.
    even = statement.microseconds // len(statement.figures)
    reason = (
        f"All that it reads is read for other stats anyway, {part} for the fewest of them. To look at a row or a "
        f"parsed document once more costs little: one part in {len(statement.figures)} of the statement's time is the "
        "most that is likely to be saved."
    )
    return Saving(min(figure.microseconds, even), reason, readers.get(part, ()))


def observed(times: Sequence[StatDay], statement: Sequence[StatementDay]) -> tuple[int, int, int] | None:
    """Return the statement's median with the stat and without it, and the days without; None if it was never off."""
    off = {each.day for each in times if each.status == Status.DISABLED}
    without = [each.microseconds for each in statement if each.day in off]
    with_it = [each.microseconds for each in statement if each.day not in off]
    if not without or not with_it:
        return None
    return round(median(with_it)), round(median(without)), len(without)


def _holding(collection: Collection, figure: Figure) -> StatementRun | None:
    runs = (each for each in collection.statements if not each.alone and each.failure is None)
    return next((each for each in runs if figure.name in each.figures), None)


def _parts(catalogue: Catalogue, name: str) -> set[str]:
    """Name the tables and the documents that a stat reads."""
    stat = catalogue.by_name.get(name)
    if stat is None:
        return set()
    tables = {f"the table {table}" for table in catalogue.statement[stat.statement].columns_of([stat])}
    return tables | {f"the documents {table}.{column}" for table, column in query.documents(catalogue, stat)}
