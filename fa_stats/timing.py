"""How a statement's measured time is shared out among its stats, and which stats are timed alone on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from fa_stats.catalogue import Stat


def apportion(microseconds: int, names: Sequence[str], weights: Mapping[str, int]) -> list[int]:
    """Split a time among stats; the shares are whole microseconds and add up to it exactly.

    The weight of a stat is the time that it last took alone; a stat without one weighs as much as the others on
    average, so that without any weights the shares are even.
    """
    known = [weights[name] for name in names if weights.get(name)]
    # In whole numbers throughout: a weight counts as often as there are weights, an unknown one as their sum.
    parts = [weights.get(name, 0) * len(known) or sum(known) or 1 for name in names]
    whole = sum(parts)
    shares = [microseconds * part // whole for part in parts]
    by_remainder = sorted(range(len(names)), key=lambda place: (-(microseconds * parts[place] % whole), place))
    for place in by_remainder[: microseconds - sum(shares)]:
        shares[place] += 1
    return shares


def whose_turn(stats: Sequence[Stat], day: date, number: int) -> list[Stat]:
    """Return the stats that are measured alone on a day: another few each day, until all have had their turn."""
    begin = day.toordinal() * number
    return [stats[(begin + place) % len(stats)] for place in range(min(number, len(stats)))]


def milliseconds(microseconds: int) -> int:
    """Whole milliseconds, rounded up."""
    return -(-microseconds // 1000)
