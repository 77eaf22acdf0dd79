"""How a dialect of SQL reads a document, and so how the catalogue's statements become queries that run.

The catalogue reads documents through seven primitives. Each takes a `table.column` and a path (keys joined by dots, a
key that holds a dot in double quotes):

    flag(doc, 'a.b')            whether the value is JSON true (a text "true" is not); NULL where it is absent
    off(doc, 'a.b')             whether the value is JSON false; NULL where it is absent
    text(doc, 'a.b')            the value as text; NULL where it is absent or JSON null
    number(doc, 'a.b')          the value where it is a JSON number, else NULL
    present(doc, 'a.b')         whether there is a value other than JSON null
    any_flag(doc, 'a.*.b')      whether the flag `b` is true under any key of `a`
    any_key(doc, 'a', 'pre')    whether any key of `a` begins with `pre`

A document is parsed once per row: all paths that a query needs are taken out in one go, in a row source that the
planner may not fold back into the expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fa_stats.catalogue import sql

_DOCUMENT = r"\(\s*([a-z_]+)\.([a-z_]+)\s*,\s*'((?:[^'])*)'\s*(?:,\s*'([^']*)'\s*)?\)"
_PRIMITIVE = re.compile(rf"\b(flag|off|text|number|present|any_flag|any_key){_DOCUMENT}")
_COMPARED = re.compile(rf"\b(text){_DOCUMENT}\s*(=|<>)\s*'([A-Za-z0-9]+)'")
_KEY = re.compile(r'"([^"]+)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class Reading:
    """One use of a primitive."""

    primitive: str
    table: str
    column: str
    path: str
    detail: str | None


@dataclass
class Extraction:
    """The paths that one query takes out of one document column, each once, in order of appearance."""

    paths: dict[str, int] = field(default_factory=dict)

    def place(self, path: str) -> int:
        """Return the 1-based place of a path in the list that is taken out."""
        return self.paths.setdefault(path, len(self.paths) + 1)


def readings(text: str) -> list[Reading]:
    """Return the primitives used in a piece of the catalogue's SQL."""
    return [Reading(*match.groups()) for match in _PRIMITIVE.finditer(text)]


def keys(path: str) -> list[str]:
    """Return the keys of a path: `a."b.c".d` is a, b.c, d."""
    return [match.group(1) or match.group(2) for match in _KEY.finditer(path)]


def rewrite_calls(text: str, name: str, pattern: str) -> str:
    """Replace each `name(...)` by a pattern, `{}` being what stands between its parentheses."""
    while match := re.search(rf"(?<![\w.]){name}\(", sql.blank(text)):
        end = sql.closing(text, match.end())
        if end is None:
            raise ValueError(f"{name}( is never closed")  # the loader has seen to it that this is not so
        text = text[: match.start()] + pattern.replace("{}", text[match.end() : end]) + text[end + 1 :]
    return text


def rewrite_parameters(text: str, pattern: str) -> str:
    """Replace each `:name` by a pattern, `{}` being its name; strings stay as they are."""
    for match in reversed(list(sql.PARAMETER.finditer(sql.blank(text)))):
        text = text[: match.start()] + pattern.replace("{}", match.group(1)) + text[match.end() :]
    return text


class DuckDB:
    """DuckDB 1.5: one json_extract with a list of paths, in a materialized row source."""

    name = "duckdb"
    schema = "main"
    fence = "MATERIALIZED "

    def render(self, text: str, extraction: Callable[[str, str], Extraction]) -> str:
        """Turn a piece of the catalogue's SQL into DuckDB's; `extraction` gives the paths of a document column."""

        def replace(match: re.Match[str]) -> str:
            reading = Reading(*match.groups())
            return self._read(reading, extraction(reading.table, reading.column))

        def compare(match: re.Match[str]) -> str:
            reading, operator, word = Reading(*match.groups()[:5]), *match.groups()[5:]
            value = self._value(reading, extraction(reading.table, reading.column).place(reading.path))
            return f"nullif({value}, 'null') {operator} '\"{word}\"'"  # as JSON, which spares taking the quotes off

        text = _PRIMITIVE.sub(replace, _COMPARED.sub(compare, text))
        text = rewrite_calls(text, "count_if", "count(CASE WHEN {} THEN 1 END)")
        text = rewrite_calls(text, "uuid", "CAST({} AS UUID)")
        text = rewrite_calls(text, "id_text", "CAST({} AS VARCHAR)")
        text = rewrite_calls(text, "object", "json_object({})")
        text = rewrite_calls(text, "server_version", "regexp_extract(version(), '[0-9][0-9.]*')")
        text = rewrite_calls(text, "whole", "TRY_CAST(nullif(regexp_extract({}, '^-?[0-9]+$'), '') AS BIGINT)")
        return rewrite_parameters(text, "getvariable('{}')")

    def extract(self, table: str, column: str, extraction: Extraction) -> str:
        """Return the select item that takes all paths out of a document at once."""
        paths = ",\n      ".join(f"'{self._path(path)}'" for path in extraction.paths)
        return f"json_extract(nullif({table}.{column}, ''), [\n      {paths}\n    ]) AS {self.values(column)}"

    @staticmethod
    def values(column: str) -> str:
        """Return the name of the list that holds what was taken out of a document column."""
        return f"{column}_values"

    @staticmethod
    def literal(value: int | str) -> str:
        """Return a value as it stands in a statement; to bind it as a parameter would import pandas first."""
        return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"

    def _read(self, reading: Reading, extraction: Extraction) -> str:
        if reading.primitive == "any_flag":
            parent, _, rest = reading.path.partition(".*.")
            value = self._value(reading, extraction.place(parent))
            return f"list_contains(json_extract({value}, '$.*.{rest}'), 'true')"
        value = self._value(reading, extraction.place(reading.path))
        if reading.primitive == "flag":
            return f"{value} = 'true'"
        if reading.primitive == "off":
            return f"{value} = 'false'"
        if reading.primitive == "number":
            return f"TRY_CAST(CAST({value} AS VARCHAR) AS DOUBLE)"  # the cast keeps a text's quotes: no number
        if reading.primitive == "present":
            return f"(coalesce({value}, 'null') <> 'null')"
        if reading.primitive == "any_key":
            return f"len(list_filter(json_keys({value}), lambda key: starts_with(key, '{reading.detail}'))) > 0"
        return f"json_extract_string({value}, '$')"

    def _value(self, reading: Reading, place: int) -> str:
        return f"{reading.table}.{self.values(reading.column)}[{place}]"

    @staticmethod
    def _path(path: str) -> str:
        # A JSON pointer: looked up twice as fast as the same path after a dollar sign.
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys(path))


Dialect = DuckDB
DIALECTS: dict[str, Dialect] = {"duckdb": DuckDB()}
