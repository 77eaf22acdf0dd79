"""DuckDB 1.5: one json_extract with a list of paths, in a materialized row source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fa_stats.dialects.base import Dialect, Extractions, listed
from fa_stats.dialects.reading import DOCUMENT, Extraction, Reading, keys, looked_up

_COMPARED = re.compile(rf"\b(text){DOCUMENT}\s*(=|<>)\s*'([A-Za-z0-9]+)'")


class DuckDB(Dialect):
    """The dialect of the embedded demo, of instances in files, and of FusionAuth's own configuration."""

    name = "duckdb"
    keeps = "MATERIALIZED "
    shares = True
    parameter = "getvariable('{}')"
    calls = {  # noqa: RUF012 - never changed
        "uuid": "CAST({} AS UUID)",
        "id_text": "CAST({} AS VARCHAR)",
        "object": "json_object({})",
        "server_version": "regexp_extract(version(), '[0-9][0-9.]*')",
        "whole": "TRY_CAST(nullif(regexp_extract({}, '^-?[0-9]+$'), '') AS BIGINT)",
    }

    def render(self, text: str, extraction: Extractions) -> str:
        """Turn a piece of the catalogue's SQL into DuckDB's; a text is compared as JSON, which spares unquoting it."""

        def compare(match: re.Match[str]) -> str:
            reading, operator, word = Reading(*match.groups()[:5]), *match.groups()[5:]
            found = extraction(reading.table, reading.column)
            found.add(reading)
            return f"nullif({self._value(reading, found)}, 'null') {operator} '\"{word}\"'"

        return super().render(_COMPARED.sub(compare, text), extraction)

    def quoted(self, name: str) -> str:
        """Return a name as it is: DuckDB keeps its letters."""
        return name

    def source(self, table: str, columns: Sequence[str], documents: Mapping[str, Extraction]) -> str:
        """Return the SELECT that takes all paths out of each document at once."""
        items = [f"{table}.{column}" for column in columns if column not in documents]
        for column, extraction in documents.items():
            paths = ",\n    ".join(f"'{_pointer(path)}'" for path in extraction.paths)
            items.append(f"json_extract(nullif({table}.{column}, ''), [\n    {paths}\n  ]) AS {column}_values")
        return f"SELECT\n  {listed(items)}\nFROM main.{table}"

    @staticmethod
    def literal(value: int | str) -> str:
        """Return a value as it stands in a statement; to bind it as a parameter would import pandas first."""
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    def read(self, reading: Reading, extraction: Extraction) -> str:
        """Return what looks at one of the values that were taken out."""
        value = self._value(reading, extraction)
        if reading.primitive == "any_flag":
            return f"list_contains(json_extract({value}, '$.*.{reading.path.partition('.*.')[2]}'), 'true')"
        if reading.primitive == "any_key":
            return f"len(list_filter(json_keys({value}), lambda key: starts_with(key, '{reading.detail}'))) > 0"
        return {
            "flag": f"{value} = 'true'",
            "off": f"{value} = 'false'",
            "text": f"json_extract_string({value}, '$')",
            "number": f"TRY_CAST(CAST({value} AS VARCHAR) AS DOUBLE)",  # the cast keeps a text's quotes: no number
            "present": f"(coalesce({value}, 'null') <> 'null')",
        }[reading.primitive]

    def _value(self, reading: Reading, extraction: Extraction) -> str:
        place = extraction.paths.index(looked_up(reading)) + 1
        return f"{reading.table}.{reading.column}_values[{place}]"


def _pointer(path: str) -> str:
    # A JSON pointer: looked up twice as fast as the same path after a dollar sign.
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys(path))
