"""What changed between two collections: a plain list of small records, one per stat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fa_stats.collection import Figure, Status, Value


@dataclass(frozen=True, slots=True)
class Added:
    """A stat that the later day has and the earlier has not. `why` says how it came: `new version`, `new stat`."""

    name: str
    value: Value | None
    why: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A stat that the earlier day had and the later has not. `why`: `removed on purpose`, `no longer known`."""

    name: str
    value: Value | None
    why: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A stat counted on both days, with other values. `by` and `ratio` are None where a value is not a number.

    `ratio` is the relative change (0.5 is half as much again), None from zero.
    """

    name: str
    before: Value
    after: Value
    by: int | float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A stat known on both days that was counted on one of them only, or missed for another reason.

    `why` puts the later status in words: `new version`, `disabled`, or the reason that the collection gave.
    """

    name: str
    before: Status
    after: Status
    before_value: Value | None
    after_value: Value | None
    why: str


@dataclass(frozen=True, slots=True)
class Same:
    """A stat with the same status and the same value on both days."""

    name: str
    value: Value | None


Change: TypeAlias = Added | Removed | Changed | StatusChanged | Same


def compare(
    before: Iterable[Figure],
    after: Iterable[Figure],
    *,
    versions: tuple[str | None, str | None] = (None, None),
    removed: Mapping[str, str] | None = None,
) -> tuple[Change, ...]:
    """Compare two days' figures, names in alphabetical order; every name of either day appears exactly once.

    `versions` are the application versions of the two days. `removed` names the stats that the catalogue took out on
    purpose, each with its reason.
    """
    old = {figure.name: figure for figure in before}
    new = {figure.name: figure for figure in after}
    upgraded = versions[0] != versions[1] and None not in versions
    changes: list[Change] = []
    for name in sorted(old.keys() | new):
        if name not in old:
            changes.append(Added(name, new[name].value, "new version" if upgraded else "new stat"))
        elif name not in new:
            reason = (removed or {}).get(name)
            why = "no longer known" if reason is None else f"removed on purpose: {reason}"
            changes.append(Removed(name, old[name].value, why))
        else:
            changes.append(_compare_one(old[name], new[name], upgraded))
    return tuple(changes)


def differences(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that are not Same: gone, new, other status, then those of value, the largest first."""
    return tuple(sorted((change for change in changes if not isinstance(change, Same)), key=_weight))


def _compare_one(old: Figure, new: Figure, upgraded: bool) -> Change:
    if old.status is not new.status:
        return StatusChanged(new.name, old.status, new.status, old.value, new.value, _why(old, new, upgraded))
    if old.value is None or new.value is None or (old.value == new.value and type(old.value) is type(new.value)):
        return Same(new.name, new.value)
    by = _difference(old.value, new.value)
    size = abs(_size(old.value) or 0)
    return Changed(new.name, old.value, new.value, by, by / size if by is not None and size else None)


def _why(old: Figure, new: Figure, upgraded: bool) -> str:
    if new.status is Status.DISABLED:
        return f"disabled: {new.reason}"
    if new.status is Status.OK:
        if old.status is Status.UNAVAILABLE and upgraded:
            return "new version"
        return f"counted again, was {old.status}: {old.reason}"
    return new.reason or new.status.meaning


def _difference(before: Value, after: Value) -> int | float | None:
    small, large = _size(before), _size(after)
    return None if small is None or large is None else large - small


def _size(value: Value) -> int | float | None:
    """Return a number, or the sum of a breakdown's counts; None where a value has no size."""
    if isinstance(value, list):
        return sum(int(row["count"]) for row in value)
    return None if isinstance(value, bool | str | dict) else value


def _weight(change: Change) -> tuple[int, float, str]:
    rank = {Removed: 0, Added: 1, StatusChanged: 2, Changed: 3}[type(change)]
    size = abs(change.ratio if change.ratio is not None else float("inf")) if isinstance(change, Changed) else 0.0
    if isinstance(change, Changed) and change.by is None:
        size = 0.0
    return rank, -size, change.name
