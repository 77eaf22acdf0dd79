"""Fragments: what is put in comes out as text, whatever it is, and values read as a person writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats import render
from fa_stats.catalogue.stat import Kind
from fa_stats.collection import Figure, Status, Value

HOSTILE = st.text() | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</td></table><h1>",
        '"><img src=x onerror=alert(1)>',
        "&lt;b&gt;&#60;",
        "]]><!--",
        "'`{{ 7*7 }}",
    ]
)


def parse(fragment: render.Fragment) -> BeautifulSoup:
    return BeautifulSoup(fragment.html, "html.parser")


@settings(deadline=None)
@given(HOSTILE)
def test_text_stays_text(text: str) -> None:
    text = f"[{text}]"  # the parser of this test folds what is white space alone
    soup = parse(render.element("p", text, title=text))
    assert [each.name for each in soup.find_all(True)] == ["p"]
    shown = soup.get_text()
    assert shown.encode("utf-8").decode("utf-8") == shown  # nothing that a file cannot hold
    if not set(map(ord, text)) & set(render.HIDDEN):
        assert shown == text
        assert soup.p is not None
        assert soup.p["title"] == text


@settings(deadline=None)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_no_cell_breaks_its_table(name: str, value: str, reason: str) -> None:
    soup = parse(render.table(name, ["Stat", "Value"], [[name, value], [reason, render.prose(reason)]]))
    assert {each.name for each in soup.find_all(True)} <= {
        *("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "code")
    }
    assert len(soup.find_all("tr")) == 3


@pytest.mark.parametrize("code", ["\0", "\x1b", "\u202e", "\u2066", "\ufeff", "\ud800"])
def test_what_nobody_would_see_is_made_visible(code: str) -> None:
    assert render.escape(f"a{code}b") == f"a\\u{ord(code):04x}b"


def test_a_table_has_a_caption_and_scopes() -> None:
    soup = parse(render.table("Two", ["Stat", "Value"], [["a", "1"], ["b", "2"]], numeric={1}))
    assert soup.caption is not None
    assert soup.caption.text == "Two"
    assert [each["scope"] for each in soup.find_all("th")] == ["col", "col", "row", "row"]
    assert [each["class"] for each in soup.find_all("td")] == [["n"], ["n"]]


def test_plain_text_leaves_folded_parts_out() -> None:
    inner = render.folded("inner", render.paragraph("deep"))
    whole = render.join(
        render.paragraph("before"), render.folded("outer", render.paragraph("hidden"), inner), render.paragraph("after")
    )
    assert str(whole).splitlines() == ["before", "outer", "after"]
    assert repr(whole) == str(whole)


def test_a_notebook_has_no_style_sheet_so_cells_carry_their_alignment() -> None:
    fragment = render.table("<td>", ["Stat", "Why"], [["<td>", "<td>"]])
    assert "style" not in fragment.html
    soup = BeautifulSoup(fragment._repr_html_(), "html.parser")
    assert all("text-align: left" in cell["style"] for cell in soup.find_all(["td", "th", "caption"]))
    assert [cell.text for cell in soup.find_all("td")] == ["<td>"]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0, Kind.COUNT, "0"),
        (1234567, Kind.COUNT, "1,234,567"),
        (-1, Kind.COUNT, "-1"),
        (10**18, None, "1,000,000,000,000,000,000"),
        (0.5, None, "0.5"),
        (False, Kind.BOOLEAN, "no"),
        (True, Kind.BOOLEAN, "yes"),
        (2000, Kind.MILLIS, "2,000 ms"),
        (25769803776, Kind.BYTES, "25,769,803,776 bytes (24.0 GiB)"),
        (12, Kind.BYTES, "12 bytes"),
        ("1s", Kind.STRING, "1s"),
        ("", Kind.STRING, "empty text (0 characters)"),
        ("  ", Kind.STRING, "empty text (2 characters)"),
        ([], Kind.BREAKDOWN, "empty list"),
        ({}, Kind.OBJECT, "empty object"),
        (None, None, "null"),
    ],
)
def test_values_in_words(value: object, kind: Kind | None, text: str) -> None:
    assert str(render.value(value, kind)).replace(render.SPACE, " ") == text


def test_breakdowns_and_objects_are_lists() -> None:
    soup = parse(render.value([{"count": 1200, "idp": "SAMLv2"}, {"count": 0, "idp": "Apple"}], Kind.BREAKDOWN))
    assert [each.text for each in soup.find_all("li")] == ["SAMLv2 1,200", "Apple 0"]
    soup = parse(render.value({"emailConfigured": False, "deep": {"a": [1]}}, Kind.OBJECT))
    assert [each.text for each in soup.find_all("li")] == ["emailConfigured no", 'deep {"a": [1]}']


def test_nought_nothing_and_failure_are_never_confused() -> None:
    values: list[Value | None] = [0, False, "", None, []]
    figures = [Figure("a", Status.OK, value) for value in values]
    figures += [Figure("a", status) for status in Status if status is not Status.OK]
    texts = [str(render.outcome(figure)) for figure in figures]
    assert texts[0] == "0"
    assert len(set(texts)) == len(texts)


def test_of_the_licence_only_its_presence_is_shown() -> None:
    assert render.outcome(Figure("licenseId", Status.OK, "L1-secret")).html == "present"
    assert "empty" in str(render.outcome(Figure("licenseId", Status.OK, "")))
    assert str(render.outcome(Figure("licenseId", Status.UNAVAILABLE))) == "unavailable"


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0 ms"),
        (3, "0.00 ms"),
        (210, "0.21 ms"),
        (41_000, "41.0 ms"),
        (999_900, "999.9 ms"),
        (1_200_000, "1.2 s"),
        (10_000_000, "10 s"),
    ],
)
def test_durations(microseconds: int, text: str) -> None:
    assert render.duration(microseconds).replace(render.SPACE, " ") == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(0, "0 %"), (0.0004, "under 0.1 %"), (0.004, "0.4 %"), (0.61, "61 %"), (12.5, "1,250 %")]
)
def test_percentages(ratio: float, text: str) -> None:
    assert render.percent(ratio).replace(render.SPACE, " ") == text


def test_signs_and_plurals() -> None:
    assert [render.signed("3", by) for by in (3, -3, 0)] == ["+3", "\N{MINUS SIGN}3", "3"]
    assert [render.count(n, "stat").replace(render.SPACE, " ") for n in (0, 1, 2000)] == [
        "0 stats",
        "1 stat",
        "2,000 stats",
    ]


def test_days_and_moments_are_utc() -> None:
    assert render.day(date(2026, 11, 3)).replace(render.SPACE, " ") == "3 November 2026"
    late = datetime(2026, 11, 22, 19, 0, 5, tzinfo=timezone(timedelta(hours=-7)))
    assert render.moment(late) == render.moment(datetime(2026, 11, 23, 2, 0, 5, tzinfo=UTC))
    assert render.moment(late).replace(render.SPACE, " ") == "23 November 2026, 02:00:05 UTC"


def test_backticks_set_commands_apart_and_a_lone_one_stays() -> None:
    assert render.prose("Run `fa-stats <x>` now").html == "Run <code>fa-stats &lt;x&gt;</code> now"
    assert render.prose("a ` b").html == "a ` b"
