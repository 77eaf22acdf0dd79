"""What a reviewer signs off on, in words: allowed, promises kept, approved by whom, sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from test_report import AGREED, HELD, ON, STARTED, accepted, cells, failed, off, page, recorded, words

from fa_stats import proof, report
from fa_stats.checks import Check, Outcome
from fa_stats.consent import Circumstances, decide
from fa_stats.policy import PolicyRecord
from fa_stats.policy import State as PolicyState
from fa_stats.record import Sent, State, Submission

BROKEN = replace(
    HELD, name="no personal data", outcome=Outcome.FAILED, evidence="`tenantNumber` has the form of a host."
)
UNSEEN = replace(HELD, name="subset laws", outcome=Outcome.NOT_RUN, evidence="No law could be looked at.")
OURS = replace(HELD, name="statuses complete", sentence="fa_stats: Every stat has one status.")
NOT_ASKED = Submission()
LOCAL = replace(ON, mode="local", agreement=None)


def answers(
    circumstances: Circumstances = ON,
    checks: tuple[Check, ...] = (HELD, HELD),
    submission: Submission = NOT_ASKED,
) -> dict[str, str]:
    record = recorded(submission=submission, payload_sha256="5e" * 32, metrics_sha256="6f" * 32)
    fragment = proof.answers(decide(circumstances, STARTED), circumstances.agreement, None, checks, record)
    soup = BeautifulSoup(fragment.html, "html.parser")
    for each in soup.find_all("details"):
        each.decompose()
    rows = zip(soup.find_all("dt"), soup.find_all("dd"), strict=True)
    return {dt.text: " ".join(dd.get_text(" ").split()) for dt, dd in rows}


def test_what_is_allowed_is_said_once_where_it_holds_for_both_payloads() -> None:
    said = answers(LOCAL)["Allowed?"]
    assert said.startswith(
        "To collect: yes . The instance's own switch for usage data is on. To send: no . The settings"
    )
    assert "metrics" not in said


def test_what_is_allowed_is_said_for_each_payload_where_it_differs() -> None:
    said = answers(replace(ON, metrics=False))["Allowed?"]
    assert "To send usage data: yes ." in said
    assert "To send metrics: no . The settings do not have metrics sent" in said


def test_a_payload_that_nobody_agreed_to_is_told_as_such() -> None:
    later = replace(ON, agreement=replace(AGREED, at=STARTED + timedelta(seconds=1)))
    said = answers(later)["Allowed?"]
    assert "To send: no ." in said


@pytest.mark.parametrize(
    ("checks", "begins", "holds"),
    [
        ((HELD, HELD), "Yes . The vendor's promises: all 2 checks held.", ""),
        ((HELD, OURS), "Yes . The vendor's promises: all 1 check held. Checks of our own: all 1 check held.", ""),
        ((HELD, BROKEN), "No . The vendor's promises: 1 of 2 checks held, 1 failed.", "Failed : no personal data."),
        ((HELD, UNSEEN), "No . The vendor's promises: 1 of 2 checks held, 1 not run.", "Not run : subset laws. No"),
        ((), "Nothing to check", ""),
    ],
)
def test_a_promise_that_failed_or_was_not_looked_at_is_never_a_yes(
    checks: tuple[Check, ...], begins: str, holds: str
) -> None:
    said = answers(checks=checks)["Checks passed?"].replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith(begins)
    assert holds in said


def test_who_approved_is_named_once() -> None:
    both = Submission("sent", "", (accepted("stats"), accepted("metrics")))
    said = answers(submission=both)["Approved?"]
    assert said.startswith(
        "Yes . By Ada Lovelace and Grace Hopper, for exactly these bytes: sha256 of usage data 5e5e5e5e"
    )
    assert "metrics 6f6f6f6f" in said
    assert answers()["Approved?"].startswith("No . Nobody has approved these bytes: sha256 of usage data 5e5e")


def test_what_was_sent_has_its_time_its_host_and_its_receipt() -> None:
    waiting = Sent("metrics", State.WAITING, "The receiver did not answer.")
    said = answers(submission=Submission("waiting", "", (accepted("stats"), waiting)))["Sent?"]
    said = said.replace("\N{NO-BREAK SPACE}", " ")
    assert "Usage data: sent, 23 November 2026, 02:00:00 UTC, to receiver.example. Receipt 9f9f9f9f9f9f9f9f" in said
    assert "Metrics: waiting. The receiver did not answer." in said
    assert answers()["Sent?"] == "No . Nothing was sent: sending was not asked for."


def test_promises_that_did_not_hold_come_first() -> None:
    rows = cells(proof.promises((HELD, UNSEEN, BROKEN)), "1 of 3 checks held")
    assert [row[1] for row in rows] == ["failed", "not run", "held"]
    assert rows[2][0] == "once a day Queries only run once per day."


def test_every_answer_names_the_sentence_that_it_rests_on() -> None:
    found = decide(ON, STARTED)
    rows = cells(proof.permission(found, AGREED, PolicyRecord(PolicyState.UNSET)), "Who may do what")
    assert [row[:2] for row in rows] == [
        ["Usage data may be collected", "yes"],
        ["Usage data may be sent", "yes"],
        ["Usage data can be tied to an identity", "yes"],
        ["Metrics may be collected", "yes"],
        ["Metrics may be sent", "yes"],
        ["Metrics can be tied to an identity", "yes"],
    ]
    for row, decision in zip(rows, [each for c in found for each in (c.collect, c.send, c.tied)], strict=True):
        assert decision.reason in row[2]
        assert decision.sentence is None or f"The page: \N{LEFT DOUBLE QUOTATION MARK}{decision.sentence}" in row[2]


def test_the_agreement_and_the_policy_are_told() -> None:
    policy = PolicyRecord(PolicyState.KEPT, "e" * 64, STARTED, "The server did not answer.", follows_active_list=True)
    said = words(proof.permission(decide(ON, STARTED), AGREED, policy))
    assert "By Ada Lovelace, 1 November 2026" in said
    assert "ticket 4711" in said
    assert "Kept copy, as of 23 November 2026" in said
    assert "The server did not answer." in said
    assert "By nobody." in words(proof.permission(decide(ON, STARTED), None, None))


def test_a_run_without_a_payload_answers_too() -> None:
    said = words(report.answers(failed()))
    assert "Allowed? Nothing was collected." in said
    assert "Checks passed? Nothing to check" in said
    assert "Approved? There is nothing to approve." in said
    stopped = words(report.answers(off()))
    assert f"Allowed? To collect: no . {off().record.headline}" in stopped


def test_the_section_tells_permission_and_proof() -> None:
    both = Submission("sent", "Both were accepted.", (accepted("stats"), accepted("metrics")))
    said = words(report.submission(page(record=recorded(submission=both))))
    assert said.startswith("Sent. Both were accepted.")
    assert "9f" * 32 in said
    opening = words(report.answers(page()))
    assert "Agreement By Ada Lovelace" in opening
    assert "once a day Queries only run once per day." in opening
