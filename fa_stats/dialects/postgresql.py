"""PostgreSQL 14 and later: the document becomes jsonb once, behind a fence that the planner does not look through."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fa_stats.dialects.base import Dialect, Extractions, listed
from fa_stats.dialects.reading import Extraction, Reading, keys, looked_up

_ID_PARAMETER = re.compile(r"\buuid\(:([a-z_]+)\)")


class PostgreSQL(Dialect):
    """PostgreSQL. Parameters are settings of the transaction, so that a statement is one text that anybody can run."""

    name = "postgresql"
    # A subquery, which is looked up once for a statement; the plain call would be made for each row.
    parameter = "(SELECT CAST(current_setting('fa_stats.{}') AS bigint))"
    calls = {  # noqa: RUF012 - never changed
        "count_if": "count(CASE WHEN {} THEN 1 END)",
        "uuid": "CAST({} AS uuid)",
        "id_text": "CAST({} AS text)",
        "object": "json_build_object({})",
        "server_version": "substring(current_setting('server_version') FROM '^[0-9][0-9.]*')",
    }

    def __init__(self, *, views: bool = False) -> None:
        self.views = views

    def render(self, text: str, extraction: Extractions) -> str:
        """Turn a piece of the catalogue's SQL into PostgreSQL's."""
        text = _ID_PARAMETER.sub(r"CAST((SELECT current_setting('fa_stats.\1')) AS uuid)", text)
        return super().render(text, extraction)

    def source(self, table: str, columns: Sequence[str], documents: Mapping[str, Extraction]) -> str:
        """Return the SELECT that parses each document once; OFFSET 0 keeps the parse out of the expressions."""
        plain = [f"{table}.{column}" for column in columns if column not in documents]
        if not documents:
            return f"SELECT\n  {listed(plain)}\nFROM {table}"
        read = [
            f"{_expression(f'{table}.{column}', reading)} AS {reading.name}"
            for column, extraction in documents.items()
            for reading in extraction.readings
        ]
        parsed = [f"CAST(nullif({table}.{column}, '') AS jsonb) AS {column}" for column in documents]
        return (
            f"SELECT\n  {listed(plain + read)}\n"
            f"FROM (\n  SELECT {', '.join(plain + parsed)}\n  FROM {table}\n  OFFSET 0\n) AS {table}"
        )


def _expression(document: str, reading: Reading) -> str:
    value = f"{document} #> '{_path(looked_up(reading))}'"
    if reading.primitive == "any_flag":
        rest = _path(reading.path.partition(".*.")[2])
        return (
            f"EXISTS (SELECT FROM jsonb_each(CASE jsonb_typeof({value}) WHEN 'object' THEN {value} END) AS entry"
            f" WHERE entry.value #> '{rest}' = 'true')"
        )
    if reading.primitive == "any_key":
        return (
            f"EXISTS (SELECT FROM jsonb_object_keys(CASE jsonb_typeof({value}) WHEN 'object' THEN {value} END) AS entry"
            f" WHERE starts_with(entry, '{reading.detail}'))"
        )
    return {
        "flag": f"{value} = 'true'",
        "off": f"{value} = 'false'",
        "text": f"{document} #>> '{_path(reading.path)}'",
        "number": f"CASE jsonb_typeof({value}) WHEN 'number' THEN CAST({value} AS double precision) END",
        "present": f"coalesce({value} <> 'null', false)",
    }[reading.primitive]


def _path(path: str) -> str:
    return "{" + ",".join(key if re.fullmatch(r"[\w.-]+", key) else f'"{key}"' for key in keys(path)) + "}"
