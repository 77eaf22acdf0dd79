"""How names, numbers and values are put in words, for findings and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from fa_stats.reconcile.shown import Masked, Shown

NAMED = 12  # names that a sentence gives; the finding itself has all of them


def by_how_much(theirs: Shown, ours: Shown) -> str:
    """Say by how much our number is above or below theirs, in parentheses; nothing where they are no two numbers."""
    numbers = [each for each in (theirs, ours) if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) < 2:
        return ""
    before, after = numbers
    ratio = f", {(after - before) / abs(before):+.1%}" if before else ""
    return f" ({after - before:+,}{ratio})"


def listed(names: Iterable[str]) -> str:
    """Return the first names, and how many more there are."""
    given = list(names)
    return ", ".join(given[:NAMED]) + rest(given)


def rest(names: Sequence[str]) -> str:
    """Say how many names there are beyond the first."""
    return f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""


def count(number: int, noun: str) -> str:
    """Return a number of things: 1 stat, 2 stats."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def apart(between: timedelta) -> str:
    """Say how far apart two counts were taken."""
    minutes = round(between.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute apart"
    hours, minutes = divmod(minutes, 60)
    said = [f"{hours} h"] if hours else []
    said += [f"{minutes} min"] if minutes else []
    return f"{' '.join(said)} apart"


def words(value: Shown) -> str:
    """Return a value as a sentence has it."""
    if value is None:
        return "no value"
    if isinstance(value, Masked):
        return value.words
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else f'"{value}"'
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(f"{entry['idp']} {entry['count']}" for entry in value) or "an empty list"
    return ", ".join(f"{key} {words(each)}" for key, each in value.items()) or "an empty object"
