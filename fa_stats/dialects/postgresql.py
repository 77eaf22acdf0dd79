"""PostgreSQL 14 and later: the document becomes jsonb once, behind a fence that the planner does not look through."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from fa_stats.dialects.base import Dialect, Extractions, indented, listed
from fa_stats.dialects.reading import Extraction, Reading, keys, looked_up

_MANY = 8  # readings under one object from which on it pays to take it out first
_ID_PARAMETER = re.compile(r"\buuid\(:([a-z_]+)\)")


class PostgreSQL(Dialect):
    """PostgreSQL. Parameters are settings of the transaction, so that a statement is one text that anybody can run."""

    name = "postgresql"
    # A subquery, which is looked up once for a statement; the plain call would be made for each row.
    parameter = "(SELECT CAST(current_setting('fa_stats.{}') AS bigint))"
    calls = {  # noqa: RUF012 - never changed
        "uuid": "CAST({} AS uuid)",
        "id_text": "CAST({} AS text)",
        "object": "json_build_object({})",
        "server_version": "substring(current_setting('server_version') FROM '^[0-9][0-9.]*')",
    }

    def render(self, text: str, extraction: Extractions) -> str:
        """Turn a piece of the catalogue's SQL into PostgreSQL's."""
        text = _ID_PARAMETER.sub(r"CAST((SELECT current_setting('fa_stats.\1')) AS uuid)", text)
        return super().render(text, extraction)

    def source(self, table: str, columns: Sequence[str], documents: Mapping[str, Extraction]) -> str:
        """Return the SELECT that parses each document once; OFFSET 0 keeps the parse out of the expressions."""
        plain = [f"{table}.{column}" for column in columns if column not in documents]
        if not documents:
            return f"SELECT\n  {listed(plain)}\nFROM {table}"
        read: list[str] = []
        taken: list[str] = []
        for column, extraction in documents.items():
            trunk = _trunk(extraction)
            taken += [f"{_step(f'{table}.{column}', trunk)} AS {column}_trunk"] if trunk else []
            for reading in extraction.readings:
                path = keys(looked_up(reading))
                inside = bool(trunk) and len(path) > len(trunk) and path[: len(trunk)] == trunk
                begin, rest = (f"{table}.{column}_trunk", path[len(trunk) :]) if inside else (f"{table}.{column}", path)
                read.append(f"{_expression(begin, rest, reading)} AS {reading.name}")
        parsed = [f"CAST(nullif({table}.{column}, '') AS jsonb) AS {column}" for column in documents]
        rows = f"(\n  SELECT {', '.join(plain + parsed)}\n  FROM {table}\n  OFFSET 0\n) AS {table}"
        if taken:
            rows = f"(\n  SELECT {table}.*, {', '.join(taken)}\n  FROM {indented(rows)}\n  OFFSET 0\n) AS {table}"
        return f"SELECT\n  {listed(plain + read)}\nFROM {rows}"


def _trunk(extraction: Extraction) -> list[str]:
    """Return the object under which most readings lie, which pays to be taken out once; none where few do."""
    paths = [keys(path) for path in extraction.paths]
    found = Counter(tuple(path[:length]) for path in paths for length in range(1, len(path)))
    worth = {prefix: (number - 1) * len(prefix) for prefix, number in found.items() if number >= _MANY}
    return list(max(worth.items(), key=lambda each: each[1])[0]) if worth else []


def _expression(document: str, path: Sequence[str], reading: Reading) -> str:
    value = _step(document, path)
    if reading.primitive == "any_flag":
        held = _nested(keys(reading.path.partition(".*.")[2]), "true")
        entries = f"jsonb_each(CASE jsonb_typeof({value}) WHEN 'object' THEN {value} END)"
        return f"EXISTS (SELECT FROM {entries} AS entry WHERE entry.value @> '{held}')"
    if reading.primitive == "any_key":
        names = f"jsonb_object_keys(CASE jsonb_typeof({value}) WHEN 'object' THEN {value} END)"
        return f"EXISTS (SELECT FROM {names} AS name WHERE starts_with(name, '{reading.detail}'))"
    return {
        "flag": f"{document} @> '{_nested(path, 'true')}'",  # nothing is copied out of the document for it
        "off": f"{document} @> '{_nested(path, 'false')}'",
        "text": f"{_step(document, path[:-1])} ->> '{path[-1]}'",
        "number": f"CASE jsonb_typeof({value}) WHEN 'number' THEN CAST({value} AS double precision) END",
        "present": f"coalesce({value} <> 'null', false)",
    }[reading.primitive]


def _step(document: str, path: Sequence[str]) -> str:
    return document + "".join(f" -> '{key}'" for key in path)


def _nested(path: Sequence[str], value: str) -> str:
    for key in reversed(path):
        value = f"{{{json.dumps(key, ensure_ascii=False)}:{value}}}"
    return value
