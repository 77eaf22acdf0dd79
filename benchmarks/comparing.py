"""The four ways in turns on one instance; what comes out of them must be the same."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.engines import Asking
from benchmarks.measure import Spread, Times, seconds
from benchmarks.ways import Ways, count_in_python, run, scan
from fa_stats.query import Query

ROUNDS = 5
# By size. One query per stat takes minutes on the large instance: there it runs once, dealt out over the rounds.
PASSES = (ROUNDS, 1, 1)
OURS, CLASSICAL, PYTHON, FLOOR = "all at once", "one query per stat", "in Python", "bare scan"


def agree(ways: Ways, asking: Asking) -> None:
    """Check that each way comes to the same figures, as far as it has them."""
    ours = run(asking, ways.ours)
    counted = count_in_python(asking, ways.read)
    wrong = [stat.name for stat, reading in ways.one_flag_each if ours[stat.name] != [{stat.name: counted[reading]}]]
    assert not wrong, f"counted otherwise in Python: {wrong}"
    check(ours, run(asking, ways.classical))


def check(ours: dict[str, list[dict[str, object]]], theirs: dict[str, list[dict[str, object]]]) -> None:
    """Check that two ways gave each stat the same."""
    wrong = [name for name, rows in theirs.items() if ours[name] != rows]
    assert not wrong, f"counted otherwise by one query per stat: {wrong}"


def compare(ways: Ways, *, passes: int) -> list[Times]:
    """Time the ways in turns, 5 rounds of each.

    Where the slow ones, one query per stat and Python, make fewer passes than that, the queries are dealt out evenly.
    """
    database, classical = ways.database, Dealt(ways.classical, passes, ROUNDS)
    samples: dict[str, list[float]] = {OURS: [], PYTHON: [], FLOOR: []}
    with database.opened(ways.parameters) as asking:
        ours = run(asking, ways.ours)
        scan(asking, ways.floor)
        for round_ in range(ROUNDS):
            check(ours, classical.run(asking, round_))
            samples[OURS].append(seconds(lambda: run(asking, ways.ours)))
            samples[FLOOR].append(seconds(lambda: scan(asking, ways.floor)))
            if round_ < passes:
                samples[PYTHON].append(seconds(lambda: count_in_python(asking, ways.read)))
    counted = {OURS: len(ways.ours), CLASSICAL: len(ways.classical), PYTHON: len(ways.read), FLOOR: len(ways.floor)}
    [tenants, applications] = _rows(ways, "tenants", "applications")
    samples[CLASSICAL] = classical.passes()
    return [
        Times(database.name, ways.collection.source_version or "", tenants, applications, way, counted[way], times)
        for way, times in ((way, Spread(tuple(samples[way]))) for way in counted)
    ]


class Dealt:
    """Queries dealt out over the rounds, where they make fewer passes than that: all sides meet the same noise."""

    def __init__(self, queries: Sequence[Query], passes: int, rounds: int) -> None:
        stack = [(number, each) for number in range(passes) for each in queries]
        size = -(-len(stack) // rounds)
        self._hands = [stack[begin : begin + size] for begin in range(0, size * rounds, size)]
        self._sums = [0.0] * passes

    def run(self, asking: Asking, round_: int) -> dict[str, list[dict[str, object]]]:
        """Run one round's queries, and return what each stat got."""
        found: dict[str, list[dict[str, object]]] = {}
        for number, each in self._hands[round_]:
            self._sums[number] += seconds(lambda each=each: found.update(run(asking, (each,))))  # type: ignore[misc]
        return found

    def passes(self) -> list[float]:
        """How long each full pass took."""
        return self._sums


def _rows(ways: Ways, *tables: str) -> list[int]:
    with ways.database.opened({}) as asking:
        return [next(iter(asking.rows(f"SELECT count(*) FROM {table}")[0].values())) for table in tables]
