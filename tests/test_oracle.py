"""Every figure of a collection, held against a recount in plain Python that shares no code with the product."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import instances
import pytest
import recount
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from recount import ADMIN_APPLICATION, MISSING, SERVER, STOCK_CONNECTOR

from fa_stats import demo
from fa_stats.catalogue import CONFIGURATION, load
from fa_stats.collection import Figure, Status
from fa_stats.demo import schema

DAYS = [  # each seed before and after the upgrade
    (1, date(2025, 3, 1)),
    (1, date(2026, 11, 23)),
    (2, date(2026, 11, 10)),
    (2, demo.UPGRADED),
    (3, date(2026, 11, 1)),
    (3, date(2026, 12, 1)),
]


def compare(figures: dict[str, Figure], expected: dict[str, Any]) -> None:
    """Every name is in both, with the same value, or with a reason on one side and nothing on the other."""
    assert figures.keys() == expected.keys()
    wrong = {}
    for name, value in expected.items():
        found = figures[name]
        if value is SERVER:
            right = found.status is Status.OK and bool(re.fullmatch(r"\d+\.\d+(\.\d+)?", str(found.value)))
        elif value is MISSING:
            right = found.status is Status.UNAVAILABLE and found.value is None and bool(found.reason)
        else:
            right = found.status is Status.OK and found.value == value and type(found.value) is type(value)
        if not right:
            wrong[name] = (found.status, found.value, found.reason, value)
    assert not wrong


def check(path: Path, day: date) -> None:
    """Collect, recount, compare."""
    collection = instances.collect(path, day)
    rows = recount.read_duckdb(path)
    compare(instances.figures(collection), recount.recount_stats(rows, day))
    compare(instances.metrics(collection), recount.recount_metrics(rows, day))


@pytest.mark.parametrize(("seed", "day"), DAYS, ids=str)
def test_the_demo_is_counted_as_the_recount_counts_it(seed: int, day: date) -> None:
    check(instances.instance(seed, day), day)


def test_a_larger_demo_is_counted_as_the_recount_counts_it() -> None:
    size = demo.Size(tenants=40, applications=120, users=300)
    check(instances.instance(4, instances.DAY, size), instances.DAY)


def test_most_figures_of_the_demo_are_not_zero() -> None:
    """So that an empty answer could not pass."""
    found = instances.figures(instances.collect(instances.instance()))
    assert sum(1 for figure in found.values() if figure.value) > 180


# --------------------------------------------------------------------------------------------- instances out of nothing

IDS = [str(uuid.UUID(int=number)) for number in range(1, 5)]
TABLES = sorted(recount.TABLES)
SPECIAL = {
    ("applications", "id"): [ADMIN_APPLICATION, *IDS],
    ("applications", "themes_id"): [*recount.STOCK_THEMES, *IDS],
    ("tenants", "themes_id"): [*sorted(recount.STOCK_THEMES), *IDS],
    ("connectors_tenants", "connectors_id"): [STOCK_CONNECTOR, *IDS],
    ("instance", "tenant_manager_applications_id"): IDS,
}
SINGLE = {"instance", "system_configuration", "version", "integrations"}


@cache
def paths_of(column: str) -> list[list[str]]:
    """The paths that the catalogue looks at in a document column, as lists of keys."""
    found = []
    for statement in load().statements:
        for text in statement.texts_of(statement.stats) if statement.name != CONFIGURATION else ():
            for path in re.findall(rf"\({re.escape(column)}, '([^']*)'", text):
                found.append([quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|([^.]+)', path)])
    return found


HOSTILE: list[Any] = [True] * 6 + [
    False,
    False,
    None,
    "true",
    "false",
    "",
    0,
    1,
    -1,
    2.5,
    "5",
    "None",
    "Any",
    "basic",
    "simple",
]
HOSTILE += ["advanced", "ThirdParty", "phoneNumber", "Enabled", [], {}, [True], {"enabled": True}, 'it\'s "☃🎉" \\ \n']
KEYS = ["enabled", "Enabled", "enabled ", "data", "type", "events", "", "a.b", "it's", '"', "☃🎉", "é", "\n", "e\u0301"]
BARE = [None, "", "{}", "null", "[]", "5", '"text"', '[{"enabled": true}]', " { } "]


def lay(document: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value at a path, where something else may stand in the way."""
    for key in path[:-1]:
        inner = document.setdefault("x" if key == "*" else key, {})
        if not isinstance(inner, dict):
            return
        document = inner
    document[path[-1]] = value


def make_document(chance: Random, column: str) -> str | None:
    """A document as nobody would write it: null, spaced, in any order, with lookalikes and values of every type."""
    if chance.random() < 0.1:
        return chance.choice(BARE)
    document: dict[str, Any] = {}
    paths = paths_of(column)
    for path in chance.sample(paths, chance.randint(0, len(paths))):
        cut = chance.choice([0] * 8 + [1, 2])
        lay(document, path[: max(1, len(path) - cut)], deepcopy(chance.choice(HOSTILE)))
        if chance.random() < 0.2:
            lay(document, [".".join(path)], True)
            lay(document, [path[-1]], True)
            lay(document, [*path[:-1], path[-1] + " "], True)
    for key in chance.sample(KEYS, 3):
        document.setdefault(key, chance.choice([True, {"enabled": True, "": {"enabled": True}}, [{"enabled": True}]]))
    if column == "system_configuration.data":
        document.pop("usageDataConfiguration", None)
    status = document.get("status") if column == "instance.data" else None
    attributes = status.get("licenseAttributes") if isinstance(status, dict) else None
    if isinstance(attributes, dict):  # texts, wherever there is anything
        attributes.update({key: "x" for key, each in attributes.items() if not isinstance(each, str | None)})
    items = list(document.items())
    chance.shuffle(items)
    text = json.dumps(dict(items), indent=chance.choice([None, 0, 3]), ensure_ascii=chance.random() < 0.5)
    return chance.choice(["", " ", "\n\t"]) + text + chance.choice(["", "\n"])


def make_value(chance: Random, table: str, column: str, kind: str, place: int, day: date) -> Any:
    """A value that may stand in a column that the catalogue reads."""
    if (table, column) in SPECIAL:
        return chance.choice(SPECIAL[table, column])
    if column == "report_timezone":
        return chance.choice(["UTC", "America/Denver", "Pacific/Kiritimati", "Asia/Kolkata", "Europe/Berlin"])
    if (table, column) == ("identity_providers", "type"):
        return chance.choice(["Apple", "OpenIDConnect", "SAMLv2"])
    counted = {
        "day": (day - recount.EPOCH).days - place,  # one row for each
        "month": (day.year - 1970) * 12 + day.month - 1 - place,
        "hour": (day - recount.EPOCH).days * 24 - chance.randint(-30, 800),
        "boolean": chance.random() < 0.7,
        "uuid": chance.choice(IDS),
        "number": chance.randint(0, 3),
        "text": chance.choice(["", "a", "it's", "☃🎉", "; --"]),
    }
    kind = {"bigint": "number", "integer": "number", "smallint": "number"}.get(kind, kind)
    return counted[column] if column in counted else counted[kind if kind in counted else "text"]


@cache
def columns_of(table: str, upgraded: bool) -> list[tuple[str, str, bool, bool]]:
    """The columns of a table as (name, type, nullable, read by the catalogue)."""
    read = {column for each in load().statements for column in each.columns_of(each.stats).get(table, ())}
    return [
        (each["column"], each["type"], each["nullable"] == "yes", each["column"] in read)
        for each in schema.read_facts("schema.csv")
        if each["table"] == table and (upgraded or not each["since"])
    ]


def make_row(chance: Random, table: str, place: int, upgraded: bool, day: date) -> dict[str, Any]:
    """A row of a table, the columns that nobody reads left at NULL where they may be."""
    row: dict[str, Any] = {}
    for column, kind, nullable, read in columns_of(table, upgraded):
        if read and column in ("data", "meta_data"):
            row[column] = make_document(chance, f"{table}.{column}")
            row[column] = "" if row[column] is None and not nullable else row[column]
        elif column == "id" and kind == "uuid":
            row[column] = SPECIAL.get((table, "id"), IDS)[place]
        elif read:
            absent = nullable and chance.random() < 0.3
            row[column] = None if absent else make_value(chance, table, column, kind, place, day)
        elif not nullable:
            row[column] = {"uuid": IDS[0], "boolean": False, "bigint": 0, "integer": 0, "smallint": 0}.get(kind, "x")
    return row


def literal(value: Any) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


@cache
def empty(upgraded: bool) -> Path:
    """A file with the real tables and no rows in them, keys left out."""
    path = instances.instance().with_name(f"empty-{upgraded}.duckdb")
    with duckdb.connect(str(path)) as connection:
        for table, columns in schema.tables(upgraded=upgraded).items():
            if table in TABLES:
                connection.execute(f'CREATE TABLE "{table}" ({", ".join(columns)})')
    return path


DAYS_OF_MONTHS = st.dates(date(2026, 1, 1), date(2027, 3, 2)) | st.sampled_from([date(2026, 3, 1), date(2027, 1, 1)])


def fill(path: Path, seed: int, upgraded: bool, day: date) -> None:
    """Put hostile rows in place of those that an `empty` file has."""
    chance = Random(seed)
    with duckdb.connect(str(path)) as connection:
        connection.execute("BEGIN")
        for table in TABLES:
            connection.execute(f'DELETE FROM "{table}"')
            number = 1 if table in SINGLE else chance.randint(1 if table == "applications" else 0, 4)
            rows = [make_row(chance, table, place, upgraded, day) for place in range(number)]
            if rows and rows[0]:
                names = ", ".join(f'"{name}"' for name in rows[0])
                given_rows = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in rows)
                connection.execute(f'INSERT INTO "{table}" ({names}) VALUES {given_rows}')
        connection.execute("COMMIT")


@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(seed=st.integers(0, 10**9), upgraded=st.booleans(), day=DAYS_OF_MONTHS)
def test_instances_of_hostile_rows_are_counted_as_the_recount_counts_them(seed: int, upgraded: bool, day: date) -> None:
    fill(empty(upgraded), seed, upgraded, day)
    check(empty(upgraded), day)


# ----------------------------------------------------------------------------------------------- one hostile thing each


def replaced(value: Any, by: Callable[[bool], Any]) -> Any:
    """A document with every flag in it replaced."""
    if isinstance(value, dict):
        return {key: replaced(each, by) for key, each in value.items()}
    return by(value) if isinstance(value, bool) else value


HOSTILE_DOCUMENTS: dict[str, Callable[[Any], str]] = {
    "spaced": lambda found: json.dumps(found, indent=4),
    "reversed": lambda found: json.dumps(dict(reversed(found.items()))),
    "escaped": lambda found: json.dumps(found, ensure_ascii=True),
    "empty": lambda found: "",
    "of texts": lambda found: json.dumps(replaced(found, lambda flag: str(flag).lower())),
    "of nulls": lambda found: json.dumps(replaced(found, lambda flag: flag or None)),
    "turned round": lambda found: json.dumps(replaced(found, lambda flag: not flag)),
    "deeper": lambda found: json.dumps({"data": found}),
}


@cache
def rewritten(how: str) -> Path:
    """A copy of an instance with its documents written in another way."""
    path = instances.instance().with_name(f"{how}.duckdb")
    shutil.copy(instances.instance(), path)
    with duckdb.connect(str(path)) as connection:
        for table in ("applications", "tenants", "webhooks", "application_oauth_scopes", "themes"):
            for place, text in connection.execute(f"SELECT rowid, data FROM {table} WHERE data <> ''").fetchall():
                changed = HOSTILE_DOCUMENTS[how](json.loads(text))
                connection.execute(f"UPDATE {table} SET data = {literal(changed)} WHERE rowid = {place}")
    return path


@pytest.mark.parametrize("how", HOSTILE_DOCUMENTS)
def test_documents_written_in_another_way_are_counted_as_the_recount_counts_them(how: str) -> None:
    check(rewritten(how), instances.DAY)


def test_the_first_day_of_a_month_counts_the_month_before() -> None:
    day = date(2026, 11, 1)
    path = instances.instance(3, day)
    found = instances.metrics(instances.collect(path, day))
    rows = recount.read_duckdb(path)
    assert recount.month_of(day) == (date(2026, 10, 1), day)
    assert found["monthlyLogins"].value == recount.monthly_logins(rows, day)
    assert found["monthlyLogins"].value != recount.monthly_logins(rows, date(2026, 11, 2))
