"""The tables of the instance: the facts lie in `schema.csv` and `indexes.csv`, this module writes the DDL."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from importlib.resources import files

import duckdb

# DuckDB keeps one in-memory tree per key. On tables that grow with the users or their logins such trees cost more
# time and space than the rows themselves, and nothing looks a single row up in them, so these go without keys.
# Plain (not unique) indexes are left out everywhere: they speed nothing up that fa_stats asks for.
_BULK = frozenset(
    {
        "application_daily_active_users",
        "application_monthly_active_users",
        "application_registration_counts",
        "audit_logs",
        "event_logs",
        "external_identifiers",
        "global_registration_counts",
        "group_members",
        "hourly_logins",
        "identities",
        "identity_provider_links",
        "last_login_instants",
        "previous_passwords",
        "raw_application_daily_active_users",
        "raw_application_monthly_active_users",
        "raw_application_registration_counts",
        "raw_global_daily_active_users",
        "raw_global_monthly_active_users",
        "raw_global_registration_counts",
        "raw_logins",
        "refresh_tokens",
        "request_frequencies",
        "user_registrations",
        "user_registrations_application_roles",
        "users",
        "webauthn_credentials",
        "webhook_attempt_logs",
        "webhook_event_logs",
    }
)
_TYPES = {"text": "VARCHAR", "bytea": "BLOB"}  # the other PostgreSQL names mean the same in DuckDB


def create_tables(connection: duckdb.DuckDBPyConnection, *, upgraded: bool) -> None:
    """Create all tables, with or without the columns that came with 1.59.0."""
    keys: dict[str, list[str]] = defaultdict(list)
    for index in read_facts("indexes.csv"):
        if index["kind"] != "index" and index["table"] not in _BULK:
            keys[index["table"]].append(f"{index['kind'].upper()} ({', '.join(index['columns'].split())})")
    for table, columns in tables(upgraded=upgraded).items():
        connection.execute(f'CREATE TABLE "{table}" ({", ".join(columns + keys[table])})')


def tables(*, upgraded: bool) -> dict[str, list[str]]:
    """Return the column definitions of every table."""
    found: dict[str, list[str]] = defaultdict(list)
    for column in read_facts("schema.csv"):
        if column["since"] and not upgraded:
            continue
        need = " NOT NULL" if column["nullable"] == "no" else ""
        kind = _TYPES.get(column["type"], column["type"])
        found[column["table"]].append(f'"{column["column"]}" {kind}{need}')
    return dict(found)


@cache
def read_facts(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of facts that comes with the package."""
    return list(csv.DictReader(files("fa_stats.demo").joinpath(name).read_text(encoding="utf-8").splitlines()))
