"""Where a query that failed is cut, so that its culprit is found in few steps."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from fa_stats import query
from fa_stats.catalogue import Catalogue, Stat
from fa_stats.errors import QueryError
from fa_stats.session import UsedUpError


def parts(catalogue: Catalogue, stats: Sequence[Stat], error: QueryError, *, whole: bool) -> Iterator[list[Stat]]:
    """Cut the stats of a failed query in parts, along a seam where there is one, else in halves; none is the end.

    The seams are the statements, then the documents that are read, then the tables. A document that cannot be
    parsed fails every stat that reads it, and a query beyond its limits is as slow in halves: neither is halved.
    Nothing is cut where some stats fell away already (`whole` is false), or the connection was lost.
    """
    if error.lost or isinstance(error, UsedUpError):
        return
    if not whole:
        yield list(stats)
        return
    too_much = error.timed_out or error.over_budget
    for seam in _seams(catalogue, tables=too_much):
        found: dict[Hashable, list[Stat]] = {}
        for stat in stats:
            found.setdefault(seam(stat), []).append(stat)
        if len(found) > 1:
            yield from found.values()
            return
    if len(stats) > 1 and not (too_much or error.document):
        middle = len(stats) // 2
        yield list(stats[:middle])
        yield list(stats[middle:])


def _seams(catalogue: Catalogue, *, tables: bool) -> Iterator[Callable[[Stat], Hashable]]:
    yield lambda stat: stat.statement
    yield lambda stat: query.documents(catalogue, stat)
    if tables:
        yield lambda stat: frozenset(catalogue.statement[stat.statement].columns_of([stat]))
