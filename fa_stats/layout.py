"""The tables of a snapshot: their columns, and the rows that figures and statements become."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from fa_stats.catalogue import Catalogue, Payload
from fa_stats.collection import Collection, Figure, Load, StatementRun, Status

FORMAT = 4
TABLES: dict[str, dict[str, str]] = {
    "run": {
        "format": "INTEGER",
        "run": "VARCHAR",
        "day": "DATE",
        "started": "TIMESTAMP",
        "microseconds": "BIGINT",
        "waited_microseconds": "BIGINT",
        "source_kind": "VARCHAR",
        "source_label": "VARCHAR",
        "source_identity": "VARCHAR",
        "source_version": "VARCHAR",
        "instance_id": "VARCHAR",
        "application_version": "VARCHAR",
        "report_timezone": "VARCHAR",
        "catalogue_sha256": "VARCHAR",
        "isolated": "BOOLEAN",
        "again_because": "VARCHAR",
        "budget_microseconds": "BIGINT",
        "versions": "VARCHAR",
        "switch": "VARCHAR",
        "active_list": "VARCHAR[]",
        "circumstances": "VARCHAR",
        "policy": "VARCHAR",
        "payload": "VARCHAR",
        "metrics": "VARCHAR",
    },
    "figures": {
        "name": "VARCHAR",
        "payload": "VARCHAR",
        "status": "VARCHAR",
        "value": "VARCHAR",
        "number": "DOUBLE",
        "microseconds": "BIGINT",
        "measured": "BOOLEAN",
        "alone_microseconds": "BIGINT",
        "statement": "VARCHAR",
        "reason": "VARCHAR",
        "definition": "VARCHAR",
    },
    "statements": {
        "place": "INTEGER",
        "name": "VARCHAR",
        "sql": "VARCHAR",
        "sha256": "VARCHAR",
        "started_us": "BIGINT",
        "microseconds": "BIGINT",
        "figures": "VARCHAR[]",
        "failure": "VARCHAR",
        "alone": "BOOLEAN",
        "rows_read": "BIGINT",
        "blocks_hit": "BIGINT",
        "blocks_read": "BIGINT",
        "temporary_bytes": "BIGINT",
        "temporary_files": "BIGINT",
        "bytes_returned": "BIGINT",
        "calls": "BIGINT",
        "server_us": "BIGINT",
        "estimated_rows": "BIGINT",
        "plan": "VARCHAR",
        "plan_sha256": "VARCHAR",
        "whole_server": "VARCHAR[]",
    },
    "scans": {"place": "INTEGER", "table_name": "VARCHAR", "times": "BIGINT", "rows_read": "BIGINT"},
    "checks": {
        "place": "INTEGER",
        "name": "VARCHAR",
        "sentence": "VARCHAR",
        "outcome": "VARCHAR",
        "evidence": "VARCHAR",
    },
}
_LOAD = tuple(field.name for field in fields(Load))
# What snapshots of older formats lack, and what stands for it: nothing was measured, asked or checked then.
_SINCE: dict[int, dict[str, dict[str, Any]]] = {
    2: {
        "run": {"waited_microseconds": 0},
        "figures": {"alone_microseconds": None},
        "statements": dict.fromkeys(_LOAD) | {"alone": False, "whole_server": ()},
    },
    3: {"run": {"switch": None, "active_list": None, "circumstances": None, "policy": None}},
    4: {"statements": {"calls": None}},
}
_TABLES_SINCE = {"checks": 3}


def completed(table: str, row: Mapping[str, Any], format_: int) -> dict[str, Any]:
    """Return a row with the columns that its snapshot's format did not have yet."""
    missing = {
        column: value
        for since, tables in _SINCE.items()
        if format_ < since
        for column, value in tables.get(table, {}).items()
    }
    return {**missing, **row}


def has(table: str, format_: int) -> bool:
    """Whether snapshots of a format have a table."""
    return format_ >= _TABLES_SINCE.get(table, 1)


def rows(collection: Collection, catalogue: Catalogue) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every table but `run`."""
    return {
        "figures": [
            _figure_row(figure, payload, catalogue)
            for payload, figures in ((Payload.STATS, collection.stats), (Payload.METRICS, collection.metrics))
            for figure in figures
        ],
        "statements": [
            {name: getattr(statement, name, place) for name in TABLES["statements"]} | asdict(statement.load)
            for place, statement in enumerate(collection.statements)
        ],
        "scans": [
            {"place": place, "table_name": table, "times": times, "rows_read": read}
            for place, statement in enumerate(collection.statements)
            for table, times, read in statement.scans
        ],
    }


def figure(row: Mapping[str, Any]) -> Figure:
    """Return the figure that a row holds."""
    return Figure(
        name=row["name"],
        status=Status(row["status"]),
        value=None if row["value"] is None else json.loads(row["value"]),
        microseconds=row["microseconds"],
        measured=row["measured"],
        statement=row["statement"],
        reason=row["reason"],
        alone_microseconds=row["alone_microseconds"],
    )


def statement(row: Mapping[str, Any], scans: Sequence[Mapping[str, Any]]) -> StatementRun:
    """Return the statement that a row holds, with its own among the rows of scans."""
    return StatementRun(
        name=row["name"],
        sql=row["sql"],
        sha256=row["sha256"],
        started_us=row["started_us"],
        microseconds=row["microseconds"],
        figures=tuple(row["figures"]),
        scans=tuple(
            (each["table_name"], each["times"], each["rows_read"]) for each in scans if each["place"] == row["place"]
        ),
        failure=row["failure"],
        load=Load(**{name: row[name] for name in _LOAD} | {"whole_server": tuple(row["whole_server"])}),
        alone=row["alone"],
    )


def _figure_row(figure: Figure, payload: Payload, catalogue: Catalogue) -> dict[str, Any]:
    plain = isinstance(figure.value, int | float)
    return {
        "name": figure.name,
        "payload": payload,
        "status": figure.status,
        "value": None if figure.value is None else json.dumps(figure.value, ensure_ascii=False),
        "number": float(figure.value) if plain else None,  # type: ignore[arg-type]
        "microseconds": figure.microseconds,
        "measured": figure.measured,
        "alone_microseconds": figure.alone_microseconds,
        "statement": figure.statement,
        "reason": figure.reason,
        "definition": catalogue.by_name[figure.name].definition,
    }
