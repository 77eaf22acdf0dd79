"""The way such counts are usually written: one query per stat, each path read in the document where it is needed."""

from __future__ import annotations

from fa_stats.dialects import DuckDB, Extraction, MariaDB, MySQL, PostgreSQL, Reading, keys
from fa_stats.dialects.base import Dialect, Extractions


class _Inline(Dialect):
    """Renders a reading as an expression over the table's own column, with nothing taken out beforehand."""

    shares = False

    def render(self, text: str, extraction: Extractions) -> str:  # noqa: ARG002
        """Turn a piece of the catalogue's SQL into this dialect's; a query then sees no documents to fence."""
        return super().render(text, lambda *_: Extraction())

    def kept(self, body: str) -> str:
        """Return a named row source as it stands."""
        return body


class ClassicalPostgreSQL(_Inline, PostgreSQL):
    """PostgreSQL: `data::jsonb #>> '{a,b}'`."""

    def read(self, reading: Reading, extraction: Extraction) -> str:  # noqa: ARG002
        """Return the expression that parses the document and looks one path up."""
        document = f"CAST({reading.table}.{reading.column} AS jsonb)"
        before, _, after = reading.path.partition(".*.")
        path = _array(before)
        return {
            "flag": f"{document} #>> {path} = 'true'",
            "off": f"{document} #>> {path} = 'false'",
            "text": f"{document} #>> {path}",
            "number": f"CASE jsonb_typeof({document} #> {path}) WHEN 'number' THEN ({document} #>> {path})::float8 END",
            "present": f"{document} #>> {path} IS NOT NULL",
            "any_flag": f"jsonb_path_exists({document}, '{_dollar(before)}.*{_dollar(after)[1:]} ? (@ == true)')",
            "any_key": f"jsonb_path_exists({document}, '{_dollar(before)}.keyvalue() ? "
            f'(@.key starts with "{reading.detail}")\', silent => true)',
        }[reading.primitive]


class _InlineMySQL(_Inline, MySQL):
    """MySQL and MariaDB: `data ->> '$.a.b'`, written out, since MariaDB has no arrows."""

    def read(self, reading: Reading, extraction: Extraction) -> str:  # noqa: ARG002
        """Return the expression that parses the document and looks one path up."""
        document = f"{reading.table}.{reading.column}"
        before, _, after = reading.path.partition(".*.")
        value = f"json_extract({document}, '{_dollar(before)}')"
        text = f"json_unquote({value})"
        return {
            "flag": f"{text} = 'true'",
            "off": f"{text} = 'false'",
            "text": f"nullif({text}, 'null')",
            "number": f"CASE WHEN json_type({value}) IN ('INTEGER', 'DOUBLE', 'DECIMAL') THEN {text} + 0 END",
            "present": f"coalesce(json_type({value}), 'NULL') <> 'NULL'",
            "any_flag": f"json_contains(json_extract({document}, '{_dollar(before)}.*{_dollar(after)[1:]}'), 'true')",
            "any_key": f"json_search(json_keys({value}), 'one', '{reading.detail}%') IS NOT NULL",
        }[reading.primitive]


class ClassicalMySQL(_InlineMySQL):
    """MySQL."""


class ClassicalMariaDB(_InlineMySQL, MariaDB):
    """MariaDB."""


class ClassicalDuckDB(_Inline, DuckDB):
    """DuckDB: `json_extract(data, '$.a.b')`."""

    def _value(self, reading: Reading, extraction: Extraction) -> str:  # noqa: ARG002
        path = _dollar(reading.path.partition(".*.")[0])
        return f"json_extract(nullif({reading.table}.{reading.column}, ''), '{path}')"


CLASSICAL: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (ClassicalDuckDB(), ClassicalPostgreSQL(), ClassicalMySQL(), ClassicalMariaDB())
}


def _array(path: str) -> str:
    return "'{" + ",".join(f'"{key}"' for key in keys(path)) + "}'"


def _dollar(path: str) -> str:
    return "$" + "".join(f'."{key}"' for key in keys(path))
