"""How a dialect of SQL reads a document, and so how the catalogue's statements become queries that run.

The catalogue reads documents through seven primitives. Each takes a `table.column` and a path (keys joined by dots, a
key that holds a dot in double quotes):

    flag(doc, 'a.b')            whether the value is JSON true (a text "true" is not); false or NULL where it is absent
    off(doc, 'a.b')             whether the value is JSON false; false or NULL where it is absent
    text(doc, 'a.b')            the value as text; NULL where it is absent or JSON null
    number(doc, 'a.b')          the value where it is a JSON number, else NULL
    present(doc, 'a.b')         whether there is a value other than JSON null
    any_flag(doc, 'a.*.b')      whether the flag `b` is true under any key of `a`
    any_key(doc, 'a', 'pre')    whether any key of `a` begins with `pre`

A document is parsed once per row: all that a query needs of it is taken out in one go, in a row source that the
planner may not fold back into the expressions.
"""

from __future__ import annotations

from fa_stats.dialects.base import Dialect
from fa_stats.dialects.duckdb import DuckDB
from fa_stats.dialects.mysql import MariaDB, MySQL
from fa_stats.dialects.postgresql import PostgreSQL
from fa_stats.dialects.reading import SWITCH, Extraction, Reading, keys, readings

__all__ = [
    "DIALECTS",
    "SWITCH",
    "Dialect",
    "DuckDB",
    "Extraction",
    "MariaDB",
    "MySQL",
    "PostgreSQL",
    "Reading",
    "keys",
    "readings",
]

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (DuckDB(), PostgreSQL(), MySQL(), MariaDB())}
