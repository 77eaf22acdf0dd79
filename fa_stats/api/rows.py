"""From the text of an answer to rows in memory: of an object, nothing is kept but what the statements read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from fa_stats.api.client import TooMuchError
from fa_stats.api.shown import Call, Column, Rows, Shown, documents
from fa_stats.dialects import DuckDB, keys
from fa_stats.errors import QueryError

_AT_ONCE = 4_000_000  # characters of objects that become rows together: while they are read, they take much more


class Tables:
    """The tables of an instance in memory, to be filled answer by answer."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, shown: Shown) -> None:
        self._connection, self._shown = connection, shown
        for table, columns in shown.tables().items():
            kinds = [f'"{name}" {kind}' for name, kind in columns.items()]
            key = shown.key_of(table)
            connection.execute(f'CREATE TABLE "{table}" ({", ".join(kinds + ([_primary(key)] if key else []))})')

    def fill(self, call: Call, answer: str, parameters: Mapping[str, Any]) -> tuple[int, int | None]:
        """Add the rows of one answer; return how many objects it held, and how many it says there are in all.

        `parameters` are those of the statement that wants them.

        Raises QueryError where it is not what is documented, without repeating a word of it.
        """
        try:
            number, total = self._take(call, answer)
            parts = self._connection.execute("SELECT DISTINCT part FROM page ORDER BY part").fetchall()
            for part in parts:
                for rows in self._shown.rows:
                    if rows.call == call.name:
                        self._connection.execute(_insert(rows, self._shown, parameters), part)
        except duckdb.OutOfMemoryException:
            raise TooMuchError(f"the {_what(call)} do not fit into memory", over_budget=True, schema=True) from None
        except duckdb.Error as error:
            raise QueryError(_said(call, error), schema=True) from None
        finally:
            self._connection.execute("DROP TABLE IF EXISTS page")
        return number, total

    def _take(self, call: Call, answer: str) -> tuple[int, int | None]:
        """Lay out the objects of an answer, one row each, in a table of its own."""
        if not call.list:
            self._connection.execute("CREATE TEMP TABLE page AS SELECT CAST(? AS JSON) AS o, 0 AS part", [answer])
            for name, kind in call.holds:
                if self.value(f"SELECT json_type(o, '/{name}') FROM page") != kind:
                    raise QueryError(f"the answer with the {_what(call)} has no `{name}` as documented", schema=True)
            return 1, None
        structure = DuckDB.literal(json.dumps({call.list: ["JSON"], "total": "JSON"}))
        self._connection.execute(
            f"CREATE TEMP TABLE page AS SELECT a.{call.list} AS objects, a.total FROM ("
            f"SELECT from_json(CAST(? AS VARCHAR), {structure}) AS a)",
            [answer],
        )
        [(number, total)] = self._connection.execute(
            "SELECT len(objects), TRY_CAST(total AS BIGINT) FROM page"
        ).fetchall()
        # A list of nothing may be left out: its total says so, or the whole answer is empty where there is no total.
        empty = "".join(answer[:100].split()) == "{}" and not call.paged and not call.span
        if (number is None and total != 0 and not empty) or (number == 0 and total and not call.paged):
            raise QueryError(f"the answer with the {_what(call)} has no list `{call.list}`", schema=True)
        if call.paged and total is None:
            raise QueryError(
                f"the answer with the {_what(call)} does not say how many there are (`total`)", schema=True
            )
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE page AS"
            f" SELECT o, sum(strlen(o)) OVER (ROWS UNBOUNDED PRECEDING) // {_AT_ONCE} AS part"
            " FROM (SELECT unnest(objects) AS o FROM page)"
        )
        return number or 0, total

    def count(self, call: Call) -> int:
        """Return how many objects of a list there are by now, each counted once."""
        table = next(rows.table for rows in self._shown.rows if rows.call == call.name and not rows.each and rows.key)
        [(number,)] = self._connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()
        return int(number)

    def clear(self, call: Call) -> None:
        """Take the rows of a call away again, from the tables that no other call fills."""
        others = {rows.table for rows in self._shown.rows if rows.call != call.name}
        for table in {rows.table for rows in self._shown.rows if rows.call == call.name} - others:
            self._connection.execute(f'DELETE FROM "{table}"')

    def value(self, sql: str) -> Any:
        """Return the one value of a query, None where it has no row."""
        row = self._connection.execute(sql).fetchone()
        return row[0] if row else None


def _primary(key: tuple[str, ...]) -> str:
    return f"PRIMARY KEY ({', '.join(key)})"


def _insert(rows: Rows, shown: Shown, parameters: Mapping[str, Any]) -> str:
    """Return the statement that turns the objects of a page into rows; each object is parsed once."""
    paths = [path for each in rows.columns.values() for path in (each.path, each.otherwise) if path not in ("", "@")]
    inner = [path for path in paths if not path.startswith("^.")]
    outer = [path[2:] for path in paths if path.startswith("^.")]
    items = [
        f'{_item(rows, shown, name, _Places(each, inner, outer, parameters))} AS "{name}"'
        for name, each in rows.columns.items()
    ]
    kept = _held(rows.texts, f"to_json(from_json(o, {DuckDB.literal(_structure(rows.table))}))")
    kept = kept if rows.document else "NULL"
    if rows.document:
        items.append('CAST(document AS VARCHAR) AS "data"')
    names = ", ".join(f'"{name}"' for name in (*rows.columns, *(("data",) if rows.document else ())))
    verb = "INSERT OR IGNORE" if rows.key else "INSERT"
    return (
        f'{verb} INTO "{rows.table}" ({names})\n'
        f"SELECT {names} FROM (\n  SELECT o, {', '.join(items)}\n  FROM (\n"
        f"    SELECT o, key, {_extracted('o', inner)} AS inside, outside, {kept} AS document\n"
        f"    FROM ({_objects(rows, outer)})\n  )\n)" + (f"\nWHERE {rows.where}" if rows.where else "")
    )


def _objects(rows: Rows, outer: list[str]) -> str:
    """Return the query for the objects that are one row each, what is wanted of the objects around them beside them.

    An object that holds a hundred thousand others is never itself beside each of them: that would not fit into memory.
    """
    whole = f"json_extract(o, '/{rows.within}')" if rows.within else "o"
    found = f"SELECT {whole} AS o, NULL AS key, {_extracted('o', outer)} AS outside FROM page WHERE part = ?"
    for place in rows.each:
        name = place.removesuffix(".*")
        at = f"json_extract(o, {DuckDB.literal(_pointer(name))})" if name else "o"
        if place.endswith(".*"):
            pairs = f"unnest(map_entries(from_json_strict({at}, '\"MAP(VARCHAR, JSON)\"')))"
            found = f"SELECT e.value AS o, e.key AS key, outside FROM (SELECT {pairs} AS e, outside FROM ({found}))"
        else:
            found = f"SELECT unnest(from_json_strict({at}, '[\"JSON\"]')) AS o, key, outside FROM ({found})"
    return found


def _extracted(element: str, paths: list[str]) -> str:
    if not paths:
        return "NULL"
    return f"json_extract_string({element}, [{', '.join(DuckDB.literal(_pointer(path)) for path in paths)}])"


def _pointer(path: str) -> str:
    return "".join(f"/{key}" for key in keys(path))


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a column's value is among those that were taken out of an object, and out of the object around it."""

    column: Column
    inner: list[str]
    outer: list[str]
    parameters: Mapping[str, Any]

    def at(self, path: str) -> str:
        """Return the text at a path."""
        if path == "@":
            return "key"
        if path.startswith("^."):
            return f"outside[{self.outer.index(path[2:]) + 1}]"
        return f"inside[{self.inner.index(path) + 1}]"

    def value(self) -> str:
        """Return the column's value."""
        column = self.column
        if column.always is not None:
            return str(column.always)
        if column.given:
            return str(int(self.parameters[column.given]))
        value = self.at(column.path)
        if column.is_:
            instead = f"{self.at(column.otherwise)} = 'true', " if column.otherwise else ""
            return f"coalesce({value} = {DuckDB.literal(column.is_)}, {instead}false)"
        if column.numbers:
            cases = " ".join(f"WHEN {DuckDB.literal(word)} THEN {place}" for place, word in enumerate(column.numbers))
            return f"CASE {value} {cases} END"
        return value


def _item(rows: Rows, shown: Shown, name: str, places: _Places) -> str:
    """Return a column's value in its type; what is not as documented ends in an error, and is never taken for none."""
    kind, value, wrong = shown.type_of(rows.table, name), places.value(), []
    if name in rows.demanded:
        paths = [path for path in (places.column.path, places.column.otherwise) if path]
        wrong.append(f"coalesce({', '.join(map(places.at, paths))}) IS NULL")
    if shape := shown.shapes.get(f"{rows.table}.{name}"):
        wrong.append(f"NOT regexp_full_match({value}, {DuckDB.literal(shape)})")
    if form := shown.fitting.get(f"{rows.table}.{name}"):
        value = f"CASE WHEN NOT regexp_full_match({value}, {DuckDB.literal(form)}) THEN '?' ELSE {value} END"
    if kind == "BIGINT" and places.column.path:  # a count is whole and not negative: else it would be rounded
        wrong.append(f"NOT regexp_full_match({value}, '[0-9]+')")
    return f"CAST({_unless(wrong, value)} AS {kind})"


def _held(texts: Sequence[str], document: str) -> str:
    """Return a document in which what is to be a text is one."""
    types = (f"json_type(o, {DuckDB.literal(_pointer(path))})" for path in texts)
    return _unless([f"{each} NOT IN ('VARCHAR', 'NULL')" for each in types], document)


def _unless(wrong: Sequence[str], value: str) -> str:
    return f"CASE WHEN {' OR '.join(wrong)} THEN error('not as documented') ELSE {value} END" if wrong else value


def _structure(table: str) -> str:
    """Return what is kept of the documents of a table, as from_json wants it: every path that a statement reads."""
    found: dict[str, Any] = {}
    for reading in documents(table):
        *folders, leaf = keys(reading.path.partition(".*")[0])
        place = found
        for key in folders:
            place = place.setdefault(key, {})
        place[leaf] = "JSON"
    return json.dumps(found)


def _what(call: Call) -> str:
    return call.name.replace("_", " ")


def _said(call: Call, error: duckdb.Error) -> str:
    """Put an error in words of our own: the database's may quote the answer."""
    text = str(error)
    if "Malformed JSON" in text:
        return f"the answer with the {_what(call)} is not valid JSON"
    if isinstance(error, duckdb.ConstraintException):
        return f"something in the {_what(call)} has no id"
    return f"a field of the {_what(call)} is missing, or is not what FusionAuth documents ({type(error).__name__})"
