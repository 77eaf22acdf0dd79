"""The notebook's parameters: strict, and deaf to credentials."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from fa_stats.errors import DayError, ParameterError
from fa_stats.parameters import Parameters, of_notebook, parse_day

TODAY = date(2026, 11, 23)


def test_a_notebooks_variables_become_parameters() -> None:
    found = of_notebook(
        {"day": "2026-11-22", "source": "demo:", "submit": False, "again": True, "reason": "late", "isolated": True}
    )
    assert found == Parameters(date(2026, 11, 22), "demo:", False, True, "late", True)


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_empty_value_is_the_default(nothing: Any) -> None:
    assert of_notebook({"day": nothing, "source": nothing, "reason": nothing}) == Parameters()
    assert of_notebook({}) == Parameters()


def test_what_the_notebook_itself_makes_is_no_parameter() -> None:
    namespace: dict[str, Any] = {
        "_x": 1,
        "__name__": "x",
        "In": [],
        "Out": {},
        "PAPERMILL_OUTPUT_PATH": "x",
        "run": of_notebook,
    }
    assert of_notebook({**namespace, "fa_stats": pytest, "Path": date.fromisoformat}) == Parameters()


@pytest.mark.parametrize("name", ["submit", "again", "isolated"])
@pytest.mark.parametrize("value", ["false", "true", 0, 1, None, "", []])
def test_a_switch_is_true_or_false_and_nothing_like_it(name: str, value: Any) -> None:
    with pytest.raises(
        ParameterError, match=rf"`{name}` is to be True or False, not .*`-p {name} True`, with a capital"
    ):
        of_notebook({name: value})


@pytest.mark.parametrize("value", [5, True, 20261123, ["2026-11-23"], date(2026, 11, 23)])
def test_a_day_is_a_text(value: Any) -> None:
    with pytest.raises(ParameterError, match="`day` is to be a text such as 2026-11-23"):
        of_notebook({"day": value})


@pytest.mark.parametrize("name", ["source", "reason"])
@pytest.mark.parametrize("value", [5, True, ["x"], {"x": 1}])
def test_a_text_is_a_text(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"`{name}` is to be a text"):
        of_notebook({name: value})


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ParameterError, match=r"There is no parameter `dya`\. Did you mean `day`\?"):
        of_notebook({"dya": "2026-11-23"})
    with pytest.raises(ParameterError, match=r"There is no parameter `x`\. Known are day, source, submit, again"):
        of_notebook({"x": 1})


SECRET = "s3/cr@t:vexlorn"


@pytest.mark.parametrize("name", ["source", "day", "reason", "submit", "unknown"])
@pytest.mark.parametrize(
    "value",
    [
        f"postgresql://fusionauth:{SECRET}@db.example.com/fusionauth",
        f"mysql://:{SECRET}@db",
        f"https://host/?api_key={SECRET}",
        f"host=x password = {SECRET}",
        f"Token: {SECRET}",
        [f"postgresql://u:{SECRET}@h"],
        {"url": f"postgresql://u:{SECRET}@h"},
    ],
)
def test_a_credential_is_refused_and_never_repeated(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"`{name}` holds something like a credential.*FA_STATS_SOURCE") as raised:
        of_notebook({name: value})
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["demo:", "duckdb:///srv/a@b/x.duckdb", "postgresql://db.example.com:5432/x", "https://host:9011"]
)
def test_a_url_without_credentials_is_taken(url: str) -> None:
    assert of_notebook({"source": url}).source == url


# ----------------------------------------------------------------------------------------------------------------- days


def test_the_day_is_today_unless_another_is_given() -> None:
    assert Parameters().check(TODAY) == TODAY
    assert Parameters(day=date(2020, 2, 29)).check(TODAY) == date(2020, 2, 29)


def test_a_day_to_come_is_refused() -> None:
    with pytest.raises(DayError, match=r"2026-11-24 is still to come: today is 2026-11-23 \(UTC\)"):
        Parameters(day=date(2026, 11, 24)).check(TODAY)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_second_run_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(ParameterError, match='needs a reason for the ledger: --again --reason "why"'):
        Parameters(again=True, reason=reason).check(TODAY)


def test_a_reason_needs_a_second_run() -> None:
    with pytest.raises(ParameterError, match="give it together with --again"):
        Parameters(reason="late").check(TODAY)
    assert Parameters(reason="late", again=True).check(TODAY) == TODAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "2026-13-01",
        "2026-02-30",
        "20261123",
        "2026-11-23T00:00",
        "2026-W47-1",
        " 2026-11-23",
        "23.11.2026",
    ],
)
def test_what_is_no_day_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(DayError, match=r"is no day\. Write it as 2026-11-23"):
        parse_day(text)


def test_a_day_is_read_and_a_url_in_its_place_is_not_repeated() -> None:
    assert parse_day("2026-11-23") == TODAY
    assert not isinstance(parse_day("2026-11-23"), datetime)
    with pytest.raises(DayError, match="That is no day"):
        parse_day(f"postgresql://u:{SECRET}@h")
