"""MySQL 8 and later, and MariaDB: one JSON_TABLE beside the table looks all paths up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fa_stats.dialects.base import Dialect, listed
from fa_stats.dialects.reading import Extraction, Reading, keys, looked_up


class MySQL(Dialect):
    """MySQL, where JSON_TABLE parses a document once for all its paths. Parameters are variables of the session."""

    name = "mysql"
    parameter = "@{}"
    calls = {  # noqa: RUF012 - never changed
        "uuid": "unhex(replace({}, '-', ''))",
        "id_text": "lower(insert(insert(insert(insert(hex({}), 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'))",
        "object": "json_object({})",
        "server_version": "regexp_substr(version(), '^[0-9][0-9.]*')",
    }
    true, false = "CAST('true' AS JSON)", "CAST('false' AS JSON)"

    def kept(self, body: str) -> str:
        """Return the SELECT with a limit: one without is put in each place that names it, and its documents with it."""
        return f"{body}\nLIMIT {2**64 - 1}"

    def quoted(self, name: str) -> str:
        """Return a name of a figure in backticks."""
        return f"`{name}`"

    def source(self, table: str, columns: Sequence[str], documents: Mapping[str, Extraction]) -> str:
        """Return the SELECT that joins what is looked up in each row's document; a row without one stays."""
        items = [f"{table}.{column}" for column in columns if column not in documents]
        joins = ""
        for column, extraction in documents.items():
            looked = {path: f"{column}_{place}" for place, path in enumerate(extraction.paths, 1)}
            items += [
                f"{self.expression(f'{column}_paths.{looked[looked_up(reading)]}', reading)} AS {reading.name}"
                for reading in extraction.readings
            ]
            paths = ",\n  ".join(f"{name} JSON PATH '{_path(path)}'" for path, name in looked.items())
            joins += (
                f"\nLEFT JOIN JSON_TABLE(nullif({table}.{column}, ''), '$' COLUMNS (\n  {paths}\n)) AS {column}_paths"
                " ON TRUE"
            )
        return f"SELECT\n  {listed(items)}\nFROM {table}{joins}"

    def expression(self, value: str, reading: Reading) -> str:
        """Return what a reading makes of the JSON value that was looked up."""
        if reading.primitive == "any_flag":
            rest = _path(reading.path.partition(".*.")[2])
            return (
                f"EXISTS (SELECT 1 FROM JSON_TABLE({value}, '$.*' COLUMNS (found JSON PATH '{rest}')) AS entries"
                f" WHERE entries.found = {self.true})"
            )
        return {
            "flag": f"{value} = {self.true}",
            "off": f"{value} = {self.false}",
            "text": f"json_unquote({self.given(value)})",
            "number": f"CASE WHEN json_type({value}) IN ('INTEGER', 'UNSIGNED INTEGER', 'DECIMAL', 'DOUBLE')"
            f" THEN CAST({value} AS DOUBLE) END",
            "present": f"{self.given(value)} IS NOT NULL",
            "any_key": f"json_search(json_keys({value}), 'one', '{_begins(reading.detail)}') IS NOT NULL",
        }[reading.primitive]

    def given(self, value: str) -> str:
        """Return a value that is NULL where the document says null."""
        return value


class MariaDB(MySQL):
    """MariaDB, where a value is text, and each path looks through the document's text again."""

    name = "mariadb"
    true, false = "'true'", "'false'"

    def given(self, value: str) -> str:
        """Return a value that is NULL where the document says null."""
        return f"nullif({value}, 'null')"


def _begins(detail: str | None) -> str:
    """Return the pattern of what begins with a text."""
    return re.sub(r"([%_])", r"\\\1", detail or "") + "%"


def _path(path: str) -> str:
    return "$" + "".join(f'."{key}"' for key in keys(path))
