"""How documents are read: each primitive, in every database, over documents of every shape, against plain Python."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import duckdb
import pytest
import servers
from hypothesis import given, settings
from hypothesis import strategies as st
from loaded import KINDS, Loaded, empty

from fa_stats.dialects import DIALECTS, Extraction, Reading, keys, readings

ABSENT = object()
PATHS = ["a", "a.b", "a.b.c", '"a.b"', '"a.b".c', 'a."user.create".b', "é.☃", "B", 'a."x-y"', "null", 'a."true"']
PATHS += ["a.é", "a.in", "a.x"]  # so many under `a` that PostgreSQL is to take that object out first
PIECES = [
    f"{primitive}(t.data, '{path}')" for path in PATHS for primitive in ("flag", "off", "text", "number", "present")
]
PIECES += ["any_flag(t.data, 'a.*.b')", "any_flag(t.data, 'a.*.b.c')", "any_flag(t.data, 'B.*.\"a.b\"')"]
PIECES += ["any_key(t.data, 'a', 'in')", "any_key(t.data, 'a.b', 'In')", "any_key(t.data, 'B', 'i_n')"]

# ------------------------------------------------------------------------------------------------ plain Python's answer


def look_up(value: Any, path: str) -> Any:
    for key in keys(path):
        value = value.get(key, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def answer(reading: Reading, document: str | None) -> Any:
    """What a primitive says of a document; a function where more than one answer is right."""
    whole = json.loads(document) if document else ABSENT
    value = look_up(whole, reading.path.partition(".*.")[0])
    given = None if value is ABSENT else value
    if reading.primitive in ("flag", "off"):
        return given is (reading.primitive == "flag")
    if reading.primitive == "text":
        return given if isinstance(given, str | None) else json.dumps(given) if isinstance(given, bool) else ABSENT
    if reading.primitive == "number":
        return float(str(given)) if is_number(given) else None
    if reading.primitive == "present":
        return given is not None
    entries: dict[str, Any] = given if isinstance(given, dict) else {}
    if reading.primitive == "any_flag":
        rest = reading.path.partition(".*.")[2]
        return any(look_up(entry, rest) is True for entry in entries.values())
    return any(key.startswith(str(reading.detail)) for key in entries)


def is_right(reading: Reading, found: Any, expected: Any) -> bool:
    if reading.primitive == "text":  # objects and numbers are written in each database's own way
        return found is not None if expected is ABSENT else bool(found == expected and type(found) is type(expected))
    if reading.primitive == "number":
        return (found is None) == (expected is None) and (found is None or float(found) == expected)
    return bool(found) is expected  # NULL is as good as false: where it matters, the catalogue says coalesce


# ----------------------------------------------------------------------------------------------- the databases' answers


def select(kind: str, pieces: list[str]) -> str:
    """The query that reads each document of a table `t`, one row each."""
    dialect, extraction = DIALECTS[kind], Extraction()
    rendered = [dialect.render(piece, lambda table, column: extraction) for piece in pieces]
    source = dialect.source("t", ["id", "data"], {"data": extraction})
    return f"WITH t AS {dialect.keeps}({source}) SELECT {', '.join(rendered)} FROM t ORDER BY t.id"


@cache
def table(kind: str) -> Loaded:
    made = empty(kind)
    made.create({"t": [("id", "bigint", False), ("data", "text", True)]})
    return made


def ask(kind: str, documents: Sequence[str | None], pieces: list[str]) -> list[tuple[Any, ...]]:
    """What each document says, a row each."""
    sql = select(kind, pieces)
    if kind == "duckdb":
        with duckdb.connect() as file:
            file.execute("CREATE TABLE t (id BIGINT, data VARCHAR)")
            for place, each in enumerate(documents):
                file.execute("INSERT INTO t VALUES (?, ?)", [place, each])
            return list(file.execute(sql).fetchall())
    with table(kind).server.admin(table(kind).name) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("DELETE FROM t")
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(documents)))
        cursor.execute("COMMIT")
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()]


def check(kind: str, documents: Sequence[str | None], pieces: list[str] = PIECES) -> None:
    wrong = []
    for document, row in zip(documents, ask(kind, documents, pieces), strict=True):
        for piece, found in zip(pieces, row, strict=True):
            [reading] = readings(piece)
            if not is_right(reading, found, expected := answer(reading, document)):
                wrong.append((piece, document, found, expected))
    assert not wrong


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param != "duckdb":
        servers.shared(request.param)  # or the test is skipped
    return str(request.param)


# ---------------------------------------------------------------------------------------------------- made-up documents


class Raw(str):
    """A number as it is written."""

    __slots__ = ()


NUMBERS = st.sampled_from(
    [
        *(
            "0",
            "-0",
            "-0.0",
            "1",
            "-1",
            "0.5",
            "-12.250",
            "0.1",
            "4.35",
            "1e0",
            "1e3",
            "1E+2",
            "25e-1",
            "1e300",
            "-1e-300",
        ),
        *(
            "9" * 30,
            "9007199254740993",
            "18446744073709551616",
            "123456.78901234567890123456789",
            "1.7976931348623157e308",
        ),
    ]
).map(Raw)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
TEXTS = TEXT | st.sampled_from(["true", "false", "null", "1", "TRUE", "", " ", "'", '"', "\\", "{}", "é", "☃🎉", "i%n"])
NAMES = (
    st.sampled_from([key for path in PATHS for key in keys(path)])
    | st.sampled_from(
        [
            "A",
            "b ",
            " b",
            "in",
            "internal",
            "In",
            "IN",
            "i_n",
            "ixn",
            "it's",
            'q"q',
            "\\",
            "",
            "*",
            "$",
            "0",
            "e\u0301",
            "☃🎉",
        ]
    )
    | TEXT
)
LEAVES = st.booleans() | st.just(True) | st.none() | NUMBERS | TEXTS


def containers(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(NAMES, children, max_size=5) | st.lists(children, max_size=2)


@st.composite
def texts_of_documents(draw: st.DrawFn) -> str | None:
    """A document as text: any order, any spacing, any way of escaping; or none."""
    value = draw(
        st.sampled_from([ABSENT, "", *LAID]) | st.dictionaries(NAMES, st.recursive(LEAVES, containers), max_size=6)
        | st.recursive(LEAVES, containers)
    )  # fmt: skip
    if value is ABSENT or value == "":
        return None if value is ABSENT else ""
    space, indent = draw(st.sampled_from(["", " ", "\n\t"])), draw(st.sampled_from(["", " ", "\r\n  "]))
    return space + written(value, indent, draw(st.booleans())) + space


def laid(path: str, value: Any) -> Any:
    for key in reversed(keys(path)):
        value = {key: value}
    return value


VALUES = [True, False, None, "true", "x y", Raw("1e3"), Raw("5"), [], [True], {}, {"b": True}, {"b": {"c": True}}]
LAID = [laid(path, value) for path in PATHS for value in VALUES]
LAID += [laid("a", {"x": value, "y": [{"b": True}]}) for value in ({"b": True}, [{"b": True}], {"x": {"b": True}})]
LAID += [laid("B", {key: 1}) for key in ("i_n", "i_nternal", "ixn", "I_n", " i_n", "i%n", "")]
LAID += [laid("a", each) for each in ({"INternal": 1}, {"x": "internal"}, {"y": {"internal": 1}}, {"internal": None})]
LAID += [laid("B", {"☃": {"a.b": True}}), laid("a", [{"b": True}]), [{"a": {"b": True}}], [[{"a": True}]]]


def written(value: Any, indent: str, escaped: bool) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        pairs = [
            f"{json.dumps(key, ensure_ascii=escaped)}{indent}:{indent}{written(each, indent, escaped)}"
            for key, each in value.items()
        ]
        return "{" + indent + f",{indent}".join(pairs) + indent + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(each, indent, escaped) for each in value) + "]"
    return json.dumps(value, ensure_ascii=escaped)


@pytest.mark.parametrize("indent", ["", " "])
def test_every_primitive_reads_what_is_laid_at_its_path(kind: str, indent: str) -> None:
    documents = [written(each, indent, escaped=bool(indent)) for each in LAID]
    check(kind, documents)
    check(kind, documents, PIECES[:25])


@settings(max_examples=15, deadline=None)
@given(documents=st.lists(texts_of_documents(), min_size=1, max_size=10))
def test_every_primitive_reads_as_plain_python_does(kind: str, documents: list[str | None]) -> None:
    check(kind, documents)


def test_a_document_larger_than_64_kb_is_read_whole(kind: str) -> None:
    long = {"x": "ä☃" * 40_000, "a": {"b": True, "in": 1}, "B": {"y" * 7_000: {"a.b": True}}, "null": "z" * 70_000}
    pieces = [
        *(
            "flag(t.data, 'a.b')",
            "text(t.data, 'null')",
            "any_flag(t.data, 'B.*.\"a.b\"')",
            "any_key(t.data, 'a', 'in')",
        ),
        *("present(t.data, 'x')", "number(t.data, 'a.in')"),
    ]
    for escaped in (False, True):
        document = written(long, " ", escaped)
        assert len(document) > 2**16
        check(kind, [document, None, document], pieces)


def test_a_document_is_read_however_deep_other_things_in_it_are(kind: str) -> None:
    for depth in (5, 20, 29):
        deep = "[" * depth + "]" * depth
        check(kind, [f'{{"z": {deep}, "a": {{"b": true}}}}', f'{{"a": {{"b": true, "z": {deep}}}}}'])


def test_of_a_key_that_is_there_twice_the_databases_take_different_ones(kind: str) -> None:
    """So that a change of any of them would be noticed; FusionAuth writes no such document."""
    [(found,)] = ask(kind, ['{"a": "first", "a": "last"}'], ["text(t.data, 'a')"])
    assert found == ("last" if kind in ("postgresql", "mysql") else "first")


def test_the_made_up_documents_are_what_python_reads_too() -> None:
    for each in LAID:
        plain = json.loads(written(each, " ", escaped=True))
        assert plain == json.loads(re.sub(r"\s", " ", written(each, "\n", escaped=False)))
