"""Rows on their way into a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import duckdb
import pandas as pd

Row = Mapping[str, Any]

_CHUNK = 5000  # rows of at most about 10 KB each, so a chunk stays below 50 MB


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    """Insert rows that name only the columns they fill.

    They pass through data frames: row by row, DuckDB takes about half a millisecond each. The connection must have
    `pandas_analyze_sample` at 0, so that every value arrives as text and is cast by the column it goes to.
    """
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        columns = list(dict.fromkeys(column for row in chunk for column in row))
        frame = pd.DataFrame({name: pd.Series([row.get(name) for row in chunk], dtype=object) for name in columns})
        connection.register("chunk", frame)
        connection.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM chunk')
        connection.unregister("chunk")
