"""From the rows of an answer to the value of a stat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fa_stats.catalogue import Kind, Stat
from fa_stats.collection import Figure, StatementRun, Status, Value

_LARGEST = 2**53 - 1


def figure(stat: Stat, rows: Sequence[Mapping[str, Any]], grouped: bool, record: StatementRun, share: int) -> Figure:
    """Return the figure that a statement's rows hold; unavailable, with the record's reason, where they hold none.

    A grouped statement has a row per group, with the group's name as `group_key`; no rows mean zero there.
    """
    value = _of_groups(stat, rows) if grouped else _of_row(stat, rows[0] if rows else {})
    status, reason = Status.OK, None
    if value is None:
        status, reason = Status.UNAVAILABLE, stat.absent or "the instance holds no value"
    elif isinstance(value, int) and abs(value) > _LARGEST:
        value, status, reason = (
            None,
            Status.FAILED,
            f"the number is beyond {_LARGEST:,}, the largest that JSON keeps whole",
        )
    return Figure(
        name=stat.name,
        status=status,
        value=value,
        microseconds=share,
        measured=len(record.figures) == 1,
        statement=record.name,
        reason=reason,
    )


def _of_groups(stat: Stat, rows: Sequence[Mapping[str, Any]]) -> Value:
    if stat.kind is Kind.BREAKDOWN:
        return [
            {"count": int(row[stat.name]), "idp": str(row["group_key"])}
            for row in rows
            if row[stat.name] and row["group_key"] is not None
        ]
    return sum(int(row[stat.name]) for row in rows)


def _of_row(stat: Stat, row: Mapping[str, Any]) -> Value | None:
    value = row.get(stat.name)
    if value is None:
        return None
    if stat.kind is Kind.BOOLEAN:
        return bool(value)
    if stat.kind is Kind.STRING:
        return str(value)
    if stat.kind is Kind.OBJECT:
        return {key: bool(each) for key, each in (json.loads(value) if isinstance(value, str) else value).items()}
    return int(value)
