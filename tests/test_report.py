"""Reports of every kind of run: what they say, in which order, and that they are whole, safe and small."""

from __future__ import annotations

import hashlib
import json
import re
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import browser
import pytest
from bs4 import BeautifulSoup
from evidences import CIRCUMSTANCES
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats import catalogue, report
from fa_stats.catalogue.stat import Kind, Payload, Stat
from fa_stats.checks import Check, Outcome
from fa_stats.collection import Collection, Figure, StatementRun, Status, Value
from fa_stats.consent import Agreement, Plan, decide
from fa_stats.diff import compare
from fa_stats.policy import PolicyRecord
from fa_stats.policy import State as PolicyState
from fa_stats.record import RunRecord, Sent, State, Submission, Verdict
from fa_stats.render import SPACE, Fragment
from fa_stats.report import Page

DAY = date(2026, 11, 23)
STARTED = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
INSTANCE = "eb76363d-8ee3-4188-8bae-ceed191a4780"
LICENCE = "L-7f3a-never-to-be-shown"
ELSEWHERE = "FusionAuth's own configuration is not at hand."
PAYLOAD = json.dumps(
    {"instanceId": INSTANCE, "stats": {"tenantNumber": 7, "a": '<"&>'}}, separators=(",", ":")
).encode()
RUN = "20261123T020000Z-3f9c"
YESTERDAY = "20261122T020000Z-77aa"
STATS = catalogue.load().by_name
SAFE = {
    *("div", "p", "dl", "dt", "dd", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td", "details"),
    *("summary", "figure", "figcaption", "img", "code", "pre", "strong", "b", "em", "small", "span"),
}


def value_of(stat: Stat, at: int) -> Value:
    values: dict[Kind, Value] = {
        Kind.BOOLEAN: False,
        Kind.STRING: "17.0.8.1+1",
        Kind.MILLIS: 120_000,
        Kind.BYTES: 25_769_803_776,
        Kind.BREAKDOWN: [{"count": 1_200, "idp": "SAMLv2"}, {"count": 20, "idp": "Apple"}],
        Kind.OBJECT: {"emailConfigured": True, "licenseActivated": False},
    }
    return values.get(stat.kind, at * 1_000)


def figure(stat: Stat, at: int) -> Figure:
    if stat.statement == catalogue.CONFIGURATION:
        return Figure(stat.name, Status.UNAVAILABLE, reason=ELSEWHERE)
    value = LICENCE if stat.name == "licenseId" else value_of(stat, at)
    return Figure(stat.name, Status.OK, value, 190 + at, False, stat.statement)


def collected(**other: Any) -> Collection:
    figures = {name: figure(stat, at) for at, (name, stat) in enumerate(STATS.items())}
    statements = tuple(
        StatementRun(
            each.name,
            each.text,
            hashlib.sha256(each.text.encode()).hexdigest(),
            at * 2_000,
            25_000 if each.name == "tenants" else 400 + at,
            tuple(stat.name for stat in each.stats),
            ((each.name, 1, 1_000 + at),),
        )
        for at, each in enumerate(catalogue.load().statements)
        if each.name != catalogue.CONFIGURATION
    )
    whole = Collection(
        day=DAY,
        started=STARTED,
        microseconds=1_200_000,
        source_kind="postgresql",
        source_label="fusionauth at a test",
        source_version="PostgreSQL 16.3",
        instance_id=INSTANCE,
        application_version="1.60.2",
        report_timezone="America/Denver",
        catalogue_sha256="c" * 64,
        stats=tuple(figures[name] for name, stat in STATS.items() if stat.payload is Payload.STATS),
        metrics=tuple(figures[name] for name, stat in STATS.items() if stat.payload is Payload.METRICS),
        statements=statements,
    )
    return replace(whole, **other)


def recorded(**other: Any) -> RunRecord:
    record = RunRecord(
        run=RUN,
        day=DAY,
        started=STARTED,
        finished=STARTED + timedelta(seconds=4),
        verdict=Verdict.OK,
        headline="Every stat that this source has was counted.",
        exit_code=0,
        source_kind="postgresql",
        source_label="fusionauth at a test",
        instance=INSTANCE,
        application_version="1.60.2",
        payload_sha256=hashlib.sha256(PAYLOAD).hexdigest(),
        metrics_sha256="d" * 64,
        previous_run=YESTERDAY,
        previous_day=DAY - timedelta(1),
        budget_microseconds=10_000_000,
        catalogue_sha256="c" * 64,
        versions={"fa_stats": "0.1.0", "python": "3.11.7"},
        files={f"data/payloads/{DAY}/{RUN}.json": "e" * 64},
    )
    return replace(record, **other)


AGREED = Agreement("Ada Lovelace", STARTED - timedelta(days=22), "ab" * 32, "ticket 4711")
ON = replace(CIRCUMSTANCES, plan=Plan.COMMUNITY, definitions="ab" * 32, agreement=AGREED)
HELD = Check("once a day", "Queries only run once per day.", Outcome.HELD, "This is the only run of the day.")


def accepted(payload: str) -> Sent:
    said = "The receiver took it at the first attempt."
    return Sent(payload, State.SENT, said, "9f" * 32, "receiver.example", STARTED, ("Ada Lovelace", "Grace Hopper"))


def page(**other: Any) -> Page:
    now = collected()
    whole = Page(
        record=recorded(),
        collection=now,
        changes=compare(now.stats, now.stats),
        catalogue=STATS,
        payload=PAYLOAD,
        earlier={each.name: [each.microseconds] * 20 for each in now.statements},
        trend=[(DAY - timedelta(89 - n), 208, 41_000 + n) for n in range(90)],
        code=["run = fa_stats.start(**parameters)", "run.verdict"],
        consents=decide(ON, STARTED),
        agreement=AGREED,
        policy=PolicyRecord(PolicyState.UNSET),
        checks=(HELD, HELD),
    )
    return replace(whole, **other)


COUNTED = collected().counts()[Status.OK]


def first_run() -> Page:
    return page(record=recorded(previous_run=None, previous_day=None), changes=(), earlier={}, trend=[(DAY, 208, 1)])


def changed() -> Page:
    now = collected()
    old = {each.name: each for each in now.stats}
    names = [name for name, each in old.items() if each.status is Status.OK and STATS[name].kind is Kind.COUNT]
    new = dict(old)
    del new[names[0]]
    new["brandNew"] = Figure("brandNew", Status.OK, 12)
    new[names[1]] = Figure(names[1], Status.DISABLED, reason="the policy of 20 November")
    for at, name in enumerate(names[2:32], 2):
        new[name] = replace(old[name], value=1_000 * at + 10 * at * at)
    idps = next(name for name in old if STATS[name].kind is Kind.BREAKDOWN)
    new[idps] = replace(old[idps], value=[{"count": 1_320, "idp": "SAMLv2"}, {"count": 20, "idp": "Apple"}])
    after = collected(stats=tuple(new.values()))
    found = compare(old.values(), new.values(), removed={names[0]: "nobody knew what it meant"})
    both = tuple(accepted(payload) for payload in ("stats", "metrics"))
    record = recorded(verdict=Verdict.CHANGED, submission=Submission("sent", "Accepted; the receipt is `7f3a`.", both))
    return page(record=record, collection=after, changes=found)


def incomplete() -> Page:
    now = collected()
    stats = tuple(
        replace(each, status=Status.TIMED_OUT, value=None, reason="stopped after 5 s")
        if each.statement == "applications"
        else replace(each, status=Status.FAILED, value=None, reason='no "scim" <here>')
        if each.name == "scimEnabled"
        else each
        for each in now.stats
    )
    runs = tuple(
        replace(each, failure="stopped after 5 s") if each.name == "applications" else each for each in now.statements
    )
    record = recorded(
        verdict=Verdict.INCOMPLETE, headline="Some stats failed.", exit_code=5, advice="Raise `statement_timeout`."
    )
    return page(record=record, collection=replace(now, stats=stats, statements=runs))


def failed() -> Page:
    record = recorded(
        verdict=Verdict.FAILED,
        headline="The instance could not be read.",
        exit_code=3,
        problem="The database refused the password.",
        advice="Check the file that `FA_STATS_PASSWORD_FILE` names.",
        finished=None,
        instance=None,
        application_version=None,
        payload_sha256=None,
        metrics_sha256=None,
        files={},
    )
    nothing: dict[str, Any] = {"consents": (), "agreement": None, "policy": None, "checks": ()}
    return page(record=record, collection=None, changes=(), payload=None, earlier={}, trend=(), code=(), **nothing)


def off() -> Page:
    record = replace(
        failed().record,
        verdict=Verdict.OFF,
        headline="Collection is switched off.",
        problem="The settings say so; no connection was opened.",
        advice=None,
    )
    return replace(failed(), record=record)


def empty() -> Page:
    nothing = collected(stats=(), metrics=(), statements=())
    return page(
        collection=nothing, changes=(), earlier={}, trend=(), record=recorded(previous_run=None), payload=PAYLOAD
    )


def _hostile_sent(text: str) -> Sent:
    return Sent("stats", State.REFUSED, text, text, text, STARTED, (text,))


def hostile() -> Page:
    text = "</td><script>alert(1)</script>\"'& \u202e \0 日本語 " + "x" * 300
    now = collected()
    stats = tuple(replace(each, name=text, value=text) if each.name == "scimEnabled" else each for each in now.stats)
    stats = tuple(replace(each, value=10**30) if each.value == 42_000 else each for each in stats)
    runs = tuple(replace(each, name=text[:40], sql=text) if each.name == "tenants" else each for each in now.statements)
    record = recorded(headline=text, source_label=text, instance=text, problem=text, advice=text, files={text: text})
    return page(
        record=replace(record, versions={text: text}, submission=Submission(text, text, (_hostile_sent(text),))),
        collection=replace(now, stats=stats, statements=runs, source_version=text),
        changes=compare(now.stats, stats),
        payload=text.encode(),
        code=[text],
        agreement=replace(AGREED, by=text, note=text),
        policy=PolicyRecord(PolicyState.KEPT, text, STARTED, text, True),
        checks=[Check(text, text, outcome, text) for outcome in Outcome],
    )


KINDS: dict[str, Callable[[], Page]] = {
    "ok": page,
    "first": first_run,
    "changed": changed,
    "incomplete": incomplete,
    "failed": failed,
    "off": off,
    "empty": empty,
    "hostile": hostile,
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def words(fragment: Fragment) -> str:
    return " ".join(BeautifulSoup(fragment.html, "html.parser").get_text(" ").replace(SPACE, " ").split())


def cells(fragment: Fragment, caption: str) -> list[list[str]]:
    """The rows of the tables whose caption begins so."""
    soup = BeautifulSoup(fragment.html.replace(SPACE, " "), "html.parser")
    return [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for table in soup.find_all("table")
        if table.caption is not None and table.caption.text.startswith(caption)
        for row in table.select("tbody tr")
    ]


# The page as a whole


@every_kind
def test_a_page_is_whole_accessible_and_loads_nothing(kind: str) -> None:
    text = report.to_html(KINDS[kind]())
    soup = BeautifulSoup(text, "html.parser")
    assert text.startswith("<!doctype html>")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert [each.text.replace(SPACE, " ") for each in soup.find_all("h1")] == [
        "FusionAuth usage data, 23 November 2026"
    ]
    assert len(soup.find_all("main")) == 1
    assert not soup.find_all(["script", "link", "iframe", "object", "svg", "a", "base", "h3", "h4"])
    for each in soup.find_all(True):
        assert not {"style", "href", "srcset", "onclick", "onload", "onerror"} & set(each.attrs)
        assert str(each.get("src", "data:")).startswith("data:image/svg+xml;base64,") or "src" not in each.attrs
    assert all(len(str(each["alt"])) > 30 for each in soup.find_all("img"))
    for table in soup.find_all("table"):
        assert table.caption is not None
        assert table.caption.text.strip()
        assert {each["scope"] for each in table.find_all("th")} == {"row", "col"}
    assert not re.search(r"url\(|@import|@font-face", "".join(each.text for each in soup.find_all("style")))


@every_kind
def test_sections_use_only_what_an_untrusted_notebook_keeps(kind: str) -> None:
    shown = KINDS[kind]()
    for section in (report.verdict, report.answers, report.numbers, *(section for _, section in report.SECTIONS)):
        soup = BeautifulSoup(section(shown).html, "html.parser")
        assert {each.name for each in soup.find_all(True)} <= SAFE
        assert {name for each in soup.find_all(True) for name in each.attrs} <= {"class", "scope", "src", "alt"}


def test_the_story_is_told_in_order() -> None:
    soup = BeautifulSoup(report.to_html(changed()), "html.parser")
    assert [each.text for each in soup.find_all(["h1", "h2"])][1:] == [
        "What changed",
        "Was it sent?",
        "Payload",
        "Time and load",
        "Not counted, and why",
        "Provenance",
        "Statements",
        "Code",
    ]
    assert soup.header is not None
    opening = soup.header.get_text(" ", strip=True)
    told = ["CHANGED", "fusionauth at a test", "Allowed?", "Checks passed?", "Approved?", "Sent?", "Stats counted"]
    assert [opening.index(each) for each in told] == sorted(opening.index(each) for each in told)


def test_a_page_with_every_stat_and_statement_is_small() -> None:
    # The catalogue's own text is longer than any statement made from it.
    size = len(report.to_html(changed()).encode())
    assert 100_000 < size < 300_000


def test_a_page_is_made_in_well_under_a_second() -> None:
    shown = changed()
    report.to_html(shown)  # imports once
    begun = time.perf_counter()
    report.to_html(shown)
    assert time.perf_counter() - begun < 1


def test_the_same_run_gives_the_same_page() -> None:
    assert report.to_html(changed()) == report.to_html(changed())


@settings(deadline=None, max_examples=25)
@given(
    st.text(min_size=1) | st.sampled_from(["<script>x</script>", '"><img src=x onerror=x>', "{{ 7*7 }}", "</style>"])
)
def test_nothing_that_a_run_holds_becomes_markup(text: str) -> None:
    record = recorded(
        headline=text, problem=text, advice=text, source_label=text, again_because=text, files={text: text}
    )
    stats = (
        Figure(text, Status.OK, text),
        Figure("b", Status.FAILED, reason=text),
        Figure("c", Status.OK, {text: [text]}),
    )
    run = StatementRun("s", text, text, 0, 10, (text,), ((text, 1, 1),), failure=text)
    now = collected(stats=stats, metrics=(), statements=(run,))
    whole = page(record=record, collection=now, changes=compare((), stats), trend=(), earlier={}, code=[text])
    html = report.to_html(whole)
    assert html.encode("utf-8")
    soup = BeautifulSoup(html, "html.parser")
    names = {each.name for each in soup.find_all(True)}
    assert names <= SAFE | {"html", "head", "meta", "title", "style", "body", "main", "header", "section", "h1", "h2"}
    assert all(str(each["src"]).startswith("data:") for each in soup.find_all("img"))
    assert len(soup.find_all("h1")) == 1


# What the sections say


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_the_first_word(verdict: Verdict) -> None:
    assert words(report.verdict(page(record=recorded(verdict=verdict)))).startswith(f"{verdict} Every stat")


def test_a_failed_run_says_what_is_missing_and_what_to_do() -> None:
    said = words(report.verdict(failed()))
    assert said.startswith("FAILED The instance could not be read.")
    assert "The database refused the password." in said
    assert "Not computed 222 stats, 8 metrics and the payload" in said
    assert "What to do Check the file that FA_STATS_PASSWORD_FILE names." in said
    assert "0 of 222" in words(report.numbers(failed()))
    assert "did not finish" in words(report.provenance(failed()))


def test_a_run_that_failed_after_counting_shows_what_it_has() -> None:
    said = replace(page(payload=None), record=recorded(verdict=Verdict.FAILED, problem="The disk is full."))
    assert "Not computed the payload" in words(report.verdict(said))
    assert f"{COUNTED} of 222" in words(report.numbers(said))
    assert "no payload" in words(report.submission(said))


def test_a_run_that_is_off_says_why_and_counts_nothing() -> None:
    said = words(report.verdict(off()))
    assert said.startswith("OFF Collection is switched off.")
    assert "The settings say so; no connection was opened." in said
    assert "nothing was collected" in words(report.numbers(off()))


def test_an_incomplete_run_lists_its_failures_first() -> None:
    said = words(report.verdict(incomplete()))
    assert said.index("timed out") < said.index("Source")
    number = len([each for each in collected().stats if each.statement == "applications"])
    [timed_out, broken] = cells(report.verdict(incomplete()), "Failed or stopped")
    assert timed_out[:3] == ["timed out", str(number), "stopped after 5 s"]
    assert broken == ["failed", "1", 'no "scim" <here>', "scimEnabled"]
    assert "unavailable" not in said  # what no source could give is no failure


def test_the_three_numbers() -> None:
    said = words(report.numbers(changed()))
    assert f"Stats counted {COUNTED - 1} of 222" in said
    assert "Stats changed 34 since 22 November 2026" in said
    assert re.search(r"Database time \d+\.\d ms 0\.\d % of the budget of 10 s", said)
    assert "no earlier day to compare with" in words(report.numbers(first_run()))
    assert "no budget set" in words(report.numbers(page(record=recorded(budget_microseconds=None))))


def test_changes_come_weightiest_first_and_typed() -> None:
    said = words(report.changes(changed()))
    assert "1 gone, 1 new, 1 with another status, 31 with another value. 189 stats came out the same." in said
    assert [said.index(each) for each in ("Gone", "New", "Other status", "Other value")] == sorted(
        said.index(each) for each in ("Gone", "New", "Other status", "Other value")
    )
    assert cells(report.changes(changed()), "Gone")[0][2] == "removed on purpose: nobody knew what it meant"
    assert cells(report.changes(changed()), "Other status")[0][2:] == [
        "disabled",
        "disabled: the policy of 20 November",
    ]
    values = cells(report.changes(changed()), "Other value")
    assert len(values) == 31
    relative = [abs(float(row[4].strip("+\N{MINUS SIGN} %").replace(",", ""))) for row in values]
    assert relative == sorted(relative, reverse=True)
    assert ["SAMLv2 1,200", "SAMLv2 1,320", "+120", "+9.8 %"] in [row[1:] for row in values]
    assert "19 more changes" in said


@pytest.mark.parametrize(
    ("before", "after", "row"),
    [
        (0, 5, ["0", "5", "+5", "from zero"]),
        (5, 0, ["5", "0", "\N{MINUS SIGN}5", "\N{MINUS SIGN}100 %"]),
        (1_000_000, 1_000_001, ["1,000,000", "1,000,001", "+1", "+under 0.1 %"]),
        ("a", "b", ["a", "b", "", ""]),
        (False, True, ["no", "yes", "", ""]),
        ({"x": 1, "y": 2}, {"x": 1, "y": 3}, ["y 2", "y 3", "", ""]),
    ],
)
def test_a_change_in_words(before: Value, after: Value, row: list[str]) -> None:
    found = compare([Figure("s", Status.OK, before)], [Figure("s", Status.OK, after)])
    assert cells(report.changes(page(changes=found)), "Other value") == [["s", *row]]


def test_no_change_first_run_and_a_gap_are_told_apart() -> None:
    assert "Nothing changed since 22 November 2026" in words(report.changes(page()))
    assert "222 stats, each with the same status and value" in words(report.changes(page()))
    assert "no earlier day of this instance" in words(report.changes(first_run()))
    assert "nothing to compare" in words(report.changes(failed()))
    assert f"was not compared with that of 22 November 2026 (run {YESTERDAY})" in words(
        report.changes(page(changes=()))
    )
    late = page(record=recorded(previous_day=DAY - timedelta(3)))
    assert "That is 3 days earlier" in words(report.changes(late))


def test_submission_says_state_reason_and_which_bytes() -> None:
    said = words(report.submission(changed()))
    assert said.startswith("Sent. Accepted; the receipt is 7f3a .")
    assert f"{len(PAYLOAD)} bytes, sha256 {hashlib.sha256(PAYLOAD).hexdigest()}" in said
    assert "Not asked for. Nothing was sent" in words(report.submission(page()))


def test_bytes_that_were_altered_are_exposed() -> None:
    forged = page(payload=PAYLOAD.replace(b"7", b"8"))
    assert "its digest differs" in words(report.verdict(forged))
    assert "they do not agree" in words(report.submission(forged))
    assert "they do not agree" in words(report.provenance(forged))
    assert "differ" not in words(report.verdict(page()))


def test_the_payload_lists_every_stat_with_value_and_definition() -> None:
    now = collected()
    rows = {
        row[0]: row for each in ("A", "E", "G", "I", "M", "S", "T", "W") for row in cells(report.payload(page()), each)
    }
    metrics = {row[0]: row for row in cells(report.payload(page()), "The 8 metrics")}
    assert {each.name for each in now.stats} == set(rows) - set(metrics)
    assert {each.name for each in now.metrics} == set(metrics)
    for each in now.stats:
        assert rows[each.name][2].startswith(" ".join(STATS[each.name].definition.split()))
    assert rows["instanceJavaVersion"][1] == "unavailable"
    assert f"Not counted: {ELSEWHERE}" in rows["instanceJavaVersion"][2]
    assert "do not claim that they equal the vendor's" in words(report.payload(page()))


def test_a_fact_that_an_area_shares_is_said_once_and_a_different_one_in_its_row() -> None:
    one = replace(STATS["tenantNumber"], name="a", plan="", why="Reason one.", group="tenant")
    stats = {"a": one, "b": replace(one, name="b"), "c": replace(one, name="c", why="Reason two.", plan="Enterprise")}
    figures = tuple(Figure(name, Status.OK, 0) for name in stats)
    shown = report.payload(page(catalogue=stats, collection=collected(stats=figures, metrics=()), changes=()))
    assert words(shown).count("Reason one") == 1
    rows = {row[0]: row[2] for row in cells(shown, "Tenants")}
    assert "plan: Enterprise; why: Reason two" in rows["c"]
    assert "why" not in rows["a"]


def test_a_name_that_the_catalogue_does_not_know_is_shown_as_such() -> None:
    shown = report.payload(page(collection=collected(stats=(Figure("odd", Status.OK, 0),)), changes=()))
    assert "Not in the catalogue" in words(shown)
    assert cells(shown, "Not in the catalogue")[0][1] == "0"


def test_the_licence_id_is_nowhere() -> None:
    assert LICENCE in {each.value for each in collected().metrics}
    was = [Figure("licenseId", Status.OK, LICENCE)]
    moved = compare(was, [Figure("licenseId", Status.OK, f"{LICENCE}-2")]) + compare(was, [])
    html = report.to_html(page(changes=moved))
    assert LICENCE not in html
    assert ["licenseId", "present"] in [row[:2] for row in cells(report.payload(page()), "The 8 metrics")]


def test_the_exact_bytes_can_be_taken_from_the_page() -> None:
    soup = BeautifulSoup(report.payload(page()).html, "html.parser")
    [bytes_shown] = soup.find_all("pre")
    assert bytes_shown.code is not None
    assert bytes_shown.code.text.encode() == PAYLOAD


def test_load_gives_budget_scans_and_measured_statements_first() -> None:
    said = words(report.load(page()))
    assert re.search(r"The database worked [\d.]+ ms in \d+ statements, 0\.\d % of the budget of 10 s\.", said)
    assert said.index("Measured time of each statement") < said.index("share of its statement")
    assert "Rows read, table by table" in said
    assert "No statement ran" in words(report.load(empty()))


def test_what_was_not_counted_is_grouped_by_reason() -> None:
    rows = cells(report.uncounted(page()), "Without a value")
    assert [row[:3] for row in rows] == [["unavailable", str(222 - COUNTED), ELSEWHERE]]
    assert "instanceJavaVersion" in rows[0][3]
    assert cells(report.uncounted(incomplete()), "Without a value")[0][0] == "timed out"
    complete = collected(stats=(Figure("a", Status.OK, 0),), metrics=())
    assert "Every stat and every metric has a value." in words(report.uncounted(page(collection=complete)))


def test_provenance_holds_everything_to_check_by() -> None:
    said = words(report.provenance(page(record=recorded(again_because="the clock was wrong"))))
    for each in (
        RUN,
        YESTERDAY,
        INSTANCE,
        "PostgreSQL 16.3",
        "America/Denver",
        "c" * 64,
        "d" * 64,
        "e" * 64,
        "fa_stats 0.1.0",
    ):
        assert each in said
    assert hashlib.sha256(PAYLOAD).hexdigest() in said
    assert "the clock was wrong" in said


def test_statements_are_shown_to_the_letter_until_the_page_is_full() -> None:
    sql = "SELECT 'a' < \"b\"\n  AND 'é' -- <b>\n"
    run = StatementRun("one", sql, "f" * 64, 0, 10, ("a",))
    many = tuple(replace(run, name=f"n{n}", sql="x" * 30_000) for n in range(20))
    shown = report.statements(page(collection=collected(statements=(run, *many))))
    soup = BeautifulSoup(shown.html, "html.parser")
    assert soup.code is not None
    assert next(each.code.text for each in soup.find_all("pre") if each.code) == sql
    assert len(soup.find_all("pre")) == 4
    assert words(shown).count("30,000 characters are left out") == 17
    assert words(shown).count("f" * 64) == 21


def test_a_failed_statement_says_so() -> None:
    assert "Failed: stopped after 5 s" in words(report.statements(incomplete()))
    assert "Failed" not in words(report.statements(page()))


def test_code_is_folded_and_may_be_absent() -> None:
    soup = BeautifulSoup(report.code(page()).html, "html.parser")
    assert soup.details is not None
    assert not soup.details.has_attr("open")
    assert "without a notebook" in words(report.code(failed()))


# The looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(scheme: str) -> None:
    style = (Path(report.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    colours = light if scheme == "light" else dark
    assert colours.keys() == light.keys()
    for front in ("ink", "soft", "accent"):
        for back in ("paper", "tint"):
            assert contrast(colours[front], colours[back]) >= 4.5


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@every_kind
def test_a_browser_shows_it_on_a_phone_without_scrolling_sideways(kind: str, tmp_path: Path) -> None:
    shown = KINDS[kind]()
    target = tmp_path / "report.html"
    target.write_text(report.to_html(shown), encoding="utf-8")
    seen = browser.layout(target, width=390, unfolded=True)
    assert seen["width"] == 390
    assert seen["scroll"] == 390
    assert seen["wide"] == []
    assert seen["loaded"] == []
    assert all(seen["pictures"])
    assert shown.record.verdict in seen["text"].split()


def test_a_browser_shows_the_whole_story_first(tmp_path: Path) -> None:
    target, picture = tmp_path / "report.html", tmp_path / "report.png"
    target.write_text(report.to_html(changed()), encoding="utf-8")
    seen = browser.layout(target, width=1280)
    assert seen["scroll"] == 1280
    assert seen["wide"] == []
    assert len(seen["pictures"]) == 2
    assert seen["height"] < 9_000  # folded: not a wall
    for dark in (False, True):
        browser.screenshot(target, picture, width=1280, height=1000, dark=dark)
        lines = scanlines(picture.read_bytes())
        assert len(set(lines)) > 100


def scanlines(png: bytes) -> list[bytes]:
    """The lines of a picture as they are stored; a blank picture has very few different ones."""
    assert png.startswith(b"\x89PNG")
    data, at = b"", 8
    while at < len(png):
        size, kind = int.from_bytes(png[at : at + 4], "big"), png[at + 4 : at + 8]
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    height = int.from_bytes(png[20:24], "big")
    raw = zlib.decompress(data)
    step = len(raw) // height
    return [raw[line * step + 1 : (line + 1) * step] for line in range(height)]


def test_a_browser_prints_the_payload_in_full(tmp_path: Path) -> None:
    target, folded, paper = tmp_path / "report.html", tmp_path / "folded.html", tmp_path / "report.pdf"
    target.write_text(report.to_html(page()), encoding="utf-8")
    folded.write_text(target.read_text(encoding="utf-8").replace('class="area"', ""), encoding="utf-8")
    browser.pdf(target, paper)
    pages = len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes()))
    browser.pdf(folded, paper)
    assert pages > len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())) + 8
