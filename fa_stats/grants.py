"""`fa-stats grants`: the SQL by which an administrator lets a role read what the catalogue needs, and nothing else.

It is made from the catalogue without a connection, and runs on every version of the schema: a column that a version
does not have is left out by the SQL itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fa_stats.catalogue import CONFIGURATION, Catalogue, Stat
from fa_stats.dialects import Dialect, Extraction, MariaDB, MySQL, PostgreSQL, readings
from fa_stats.errors import UsageError
from fa_stats.query import needs

VIEWS = "fa_stats"  # the schema or database that the views are in
_SCHEMA = {"postgresql": "public", "mysql": "fusionauth", "mariadb": "fusionauth"}
_LONGEST = {"postgresql": 63, "mysql": 32, "mariadb": 128}  # what a server keeps of the name of a role
_PRESENT = "{columns}"  # stands in a view for those of its plain columns that the version has
# Control characters end a comment, a backslash may quote the quote behind it, a dollar may end the block of code.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\\$]")
_NOT_ROLES = re.compile(r"(?i)public|none|current_user|current_role|session_user|pg_.*")


_POSTGRESQL_ADVICE = (
    "-- Run it in FusionAuth's database as the owner of its tables or as a superuser, and again after an upgrade of",
    "-- FusionAuth or fa_stats: a column that the version does not have is left out.",
)
_MYSQL_ADVICE = (
    "-- Run it as a user who may grant, and again after an upgrade of FusionAuth or fa_stats: each statement is put",
    "-- together, so that a column that the version does not have is left out.",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table, its columns that are needed, and over views what is read in its documents."""

    name: str
    columns: tuple[str, ...]
    documents: tuple[tuple[str, Extraction], ...] = ()

    def view(self, dialect: Dialect) -> str:
        """Return the SELECT of the view, its plain columns still to be put in."""
        return dialect.source(self.name, [_PRESENT] if self.columns else [], dict(self.documents))


def wanted(catalogue: Catalogue, dialect: Dialect) -> list[Wanted]:
    """Return all that the catalogue reads in a database, by table: what is counted, and what `reconcile` reads."""
    found = needs(catalogue, read_in_database(catalogue), dialect)
    if not dialect.views:
        return [Wanted(table, columns) for table, columns in sorted(found.items())]
    documents: dict[str, dict[str, Extraction]] = {}
    for statement in catalogue.statement.values():
        for text in statement.texts_of(statement.stats) if statement.name != CONFIGURATION else ():
            for reading in readings(text):
                documents.setdefault(reading.table, {}).setdefault(reading.column, Extraction()).add(reading)
    return [
        Wanted(table, tuple(each for each in columns if each not in _names(documents.get(table, {}))), tuple(read))
        for table, columns in sorted(found.items())
        for read in [documents.get(table, {}).items()]
    ]


def read_in_database(catalogue: Catalogue) -> list[Stat]:
    """Return every figure that is read in a database, in a collection or by `reconcile`."""
    statements = catalogue.statement.values()
    return [stat for each in statements if each.name != CONFIGURATION for stat in each.stats]


def _names(documents: dict[str, Extraction]) -> set[str]:
    return {reading.name for extraction in documents.values() for reading in extraction.readings}


def write(catalogue: Catalogue, name: str, role: str, *, schema: str | None = None, views: bool = False) -> str:
    """Return the SQL for a role in a dialect; raises UsageError for what is no name of a role or schema."""
    schema = _SCHEMA[name] if schema is None else schema
    _check(schema, "schema" if name == "postgresql" else "database", 63)
    if views and schema == VIEWS:
        raise UsageError(f"The views come to be in `{VIEWS}`: name the one that FusionAuth's tables are in.")
    if name == "postgresql":
        if _NOT_ROLES.fullmatch(role):
            raise UsageError(f"`{role}` is no role of one's own. Name a role that is there for fa_stats alone.")
        _check(role, "role", _LONGEST[name])
        tables = wanted(catalogue, PostgreSQL(views=views))
        lines = _postgresql_views(tables, schema, role) if views else _postgresql(tables, schema, role)
    else:
        user, _, host = role.rpartition("@") if "@" in role else (role, "", "%")
        _check(user, "user", _LONGEST[name])
        _check(host, "host", 255)
        dialect = MariaDB(views=views) if name == "mariadb" else MySQL(views=views)
        account = f"{_text(user)}@{_text(host)}"
        tables = wanted(catalogue, dialect)
        lines = _mysql_views(tables, schema, account, dialect) if views else _mysql(tables, schema, account)
    return "\n".join(lines) + "\n"


def _check(name: str, what: str, longest: int) -> None:
    if not name.strip() or _UNFIT.search(name) or len(name.encode()) > longest:
        raise UsageError(
            f"That cannot be the name of a {what}: it is empty, longer than {longest} bytes, or holds a control "
            "character, a backslash or a dollar sign."
        )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _backticked(value: str) -> str:
    return "`" + value.replace("`", "``") + "`"


def _texts(values: Sequence[str], indent: str) -> str:
    """Return texts with commas between, several a line."""
    lines, line = [], ""
    for value in map(_text, values):
        if len(indent + line + value) > 116:
            lines.append(line.rstrip())
            line = ""
        line += f"{value}, "
    return f"\n{indent}".join([*lines, line]).removesuffix(", ")


# ----------------------------------------------------------------------------------------------------------- PostgreSQL


def _postgresql(tables: Sequence[Wanted], schema: str, role: str) -> Iterator[str]:
    yield f"-- Lets the role {_name(role)} read the columns that fa_stats counts in, and nothing else."
    yield "-- Made by `fa-stats grants` from the catalogue; docs/stats.md says what each figure is for."
    yield from _POSTGRESQL_ADVICE
    yield from _postgresql_role(schema, role)
    yield "BEGIN;"
    yield f"GRANT USAGE ON SCHEMA {_name(schema)} TO {_name(role)};"
    rows = [f"    ({_text(each.name)}, ARRAY[\n      {_texts(each.columns, '      ')}])" for each in tables]
    yield from _postgresql_loop(
        schema,
        "name, columns",
        rows,
        "quote_ident(a.attname)",
        f"EXECUTE format('GRANT SELECT (%s) ON %I.%I TO %I', present, {_text(schema)}, wanted.name, {_text(role)});",
    )
    yield "COMMIT;"


def _postgresql_views(tables: Sequence[Wanted], schema: str, role: str) -> Iterator[str]:
    yield f"-- Makes views in a schema {VIEWS} of what fa_stats counts in, and lets the role {_name(role)} read them"
    yield "-- and nothing else: of FusionAuth's documents, only the few values that are needed can be seen."
    yield "-- Made by `fa-stats grants --views` from the catalogue; docs/stats.md says what each figure is for."
    yield from _POSTGRESQL_ADVICE
    yield "-- The views read with the rights of whoever runs this. They hide columns and no rows, so that a security"
    yield "-- barrier would guard nothing; OFFSET 0 has each document parsed once."
    yield from _postgresql_role(schema, role)
    yield "-- The role has to look for tables among the views, by one of these:"
    yield f"-- ALTER ROLE {_name(role)} IN DATABASE fusionauth SET search_path = {VIEWS};"
    yield f"-- postgresql://user@host/database?options=-csearch_path%3D{VIEWS}"
    yield ""
    yield "BEGIN;"
    yield "SET LOCAL client_min_messages = warning;"
    yield f"CREATE SCHEMA IF NOT EXISTS {VIEWS};"
    yield f"GRANT USAGE ON SCHEMA {VIEWS} TO {_name(role)};"
    yield f"SET LOCAL search_path = {_name(schema)};"
    rows = []
    for each in tables:
        needed = each.columns or tuple(column for column, _ in each.documents)
        rows.append(
            f"    ({_text(each.name)}, ARRAY[\n      {_texts(needed, '      ')}], $view$\n"
            f"{each.view(PostgreSQL())}$view$)"
        )
    yield from _postgresql_loop(
        schema,
        "name, columns, body",
        rows,
        "format('%I.%I', wanted.name, a.attname)",
        f"EXECUTE format('DROP VIEW IF EXISTS {VIEWS}.%I', wanted.name);",
        f"EXECUTE format('CREATE VIEW {VIEWS}.%I AS %s', wanted.name,",
        f"  replace(wanted.body, wanted.name || '.{_PRESENT}', present));",
        f"EXECUTE format('GRANT SELECT ON {VIEWS}.%I TO %I', wanted.name, {_text(role)});",
    )
    yield "COMMIT;"


def _postgresql_role(schema: str, role: str) -> Iterator[str]:
    yield "-- Where the role is not there yet, or has been given more than this at some time:"
    yield f"-- CREATE ROLE {_name(role)} LOGIN;  -- then \\password, so that it stands in no file"
    yield f"-- REVOKE ALL ON ALL TABLES IN SCHEMA {_name(schema)} FROM {_name(role)};"
    yield "-- By default every role may make temporary tables, and before version 15 tables in the schema public too."
    yield "-- To take that from all roles but the owner of the database (see first that no other role needs it):"
    yield "-- REVOKE TEMPORARY ON DATABASE fusionauth FROM PUBLIC;"
    yield "-- REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
    yield ""


def _postgresql_loop(schema: str, names: str, rows: Sequence[str], shown: str, *actions: str) -> Iterator[str]:
    """Do something for each table that is there, `present` being a list of those wanted columns that it has."""
    yield "DO $fa_stats$"
    yield "DECLARE"
    yield "  wanted record;"
    yield "  present text;"
    yield "BEGIN"
    yield "  FOR wanted IN SELECT * FROM (VALUES"
    yield ",\n".join(rows)
    yield f"  ) AS list ({names})"
    yield "  LOOP"
    yield f"    SELECT string_agg({shown}, ', ' ORDER BY a.attnum) INTO present"
    yield "    FROM pg_attribute AS a"
    yield f"    WHERE a.attrelid = to_regclass(format('%I.%I', {_text(schema)}, wanted.name)) AND a.attnum > 0"
    yield "      AND NOT a.attisdropped AND a.attname = ANY (wanted.columns);"
    yield "    IF present IS NOT NULL THEN"
    for action in actions:
        yield f"      {action}"
    yield "    END IF;"
    yield "  END LOOP;"
    yield "END"
    yield "$fa_stats$;"


# ---------------------------------------------------------------------------------------------------- MySQL and MariaDB


def _mysql(tables: Sequence[Wanted], schema: str, account: str) -> Iterator[str]:
    yield f"-- Lets the user {account} read the columns that fa_stats counts in, and nothing else."
    yield "-- Made by `fa-stats grants` from the catalogue; docs/stats.md says what each figure is for."
    yield from _MYSQL_ADVICE
    yield from _mysql_user(account)
    for table in tables:
        yield ""
        yield from _mysql_present(table, schema, "concat('`', column_name, '`')")
        target = f"{_backticked(schema)}.{_backticked(table.name)}"
        yield from _mysql_run("concat('GRANT SELECT (', @present, ') ON " + _inside(f"{target} TO {account}") + "')")


def _mysql_views(tables: Sequence[Wanted], schema: str, account: str, dialect: Dialect) -> Iterator[str]:
    yield f"-- Makes views in a database {VIEWS} of what fa_stats counts in, and lets the user {account} read them"
    yield "-- and nothing else: of FusionAuth's documents, only the few values that are needed can be seen."
    yield "-- Made by `fa-stats grants --views` from the catalogue; docs/stats.md says what each figure is for."
    yield from _MYSQL_ADVICE
    yield "-- The views read with the rights of whoever runs this, who has to stay."
    yield f"-- The source is then mysql://user@host/{VIEWS}."
    yield from _mysql_user(account)
    yield f"CREATE DATABASE IF NOT EXISTS {VIEWS};"
    yield f"USE {_backticked(schema)};"
    for table in tables:
        named = f"{VIEWS}.{_backticked(table.name)}"
        create = f"CREATE OR REPLACE SQL SECURITY DEFINER VIEW {named} AS\n{table.view(dialect)}"
        yield ""
        yield from _mysql_present(table, schema, f"concat({_text(table.name + '.')}, '`', column_name, '`')")
        yield from _mysql_run(f"replace('{_inside(create)}', {_text(f'{table.name}.{_PRESENT}')}, @present)")
        yield from _mysql_run("'" + _inside(f"GRANT SELECT ON {named} TO {account}") + "'")


def _mysql_user(account: str) -> Iterator[str]:
    yield "-- Where the user is not there yet, or has been given more than this at some time:"
    yield f"-- CREATE USER {account} IDENTIFIED BY 'a password';"
    yield f"-- REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account};"
    yield "SET SESSION group_concat_max_len = 100000;"


def _mysql_present(table: Wanted, schema: str, shown: str) -> Iterator[str]:
    needed = table.columns or tuple(column for column, _ in table.documents)
    yield "SET @present = ("
    yield f"  SELECT group_concat({shown} ORDER BY ordinal_position SEPARATOR ', ')"
    yield "  FROM information_schema.columns"
    yield f"  WHERE table_schema = {_text(schema)} AND table_name = {_text(table.name)} AND column_name IN ("
    yield f"    {_texts(needed, '    ')}"
    yield "  )"
    yield ");"


def _mysql_run(statement: str) -> Iterator[str]:
    """Run a statement that is put together, where its table is there."""
    yield f"SET @statement = if(@present IS NULL, 'DO 0', {statement});"
    yield "PREPARE statement FROM @statement;"
    yield "EXECUTE statement;"


def _inside(text: str) -> str:
    return text.replace("'", "''")
