"""What an attempt came to, and whether there is another: laws of pure functions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats.outbox import attempt
from fa_stats.outbox.attempt import Outcome, Result

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
GOING_ON = (Outcome.LATER, Outcome.UNCLEAR, Outcome.UNREACHED)
results = st.builds(
    Result,
    st.sampled_from(Outcome),
    st.just("why"),
    retry_after=st.none() | st.floats(0, 1e6),
)


def judged(status: int, answer: bytes = b"", *, whole: bool = True, **headers: str) -> Result:
    return attempt.judge(status, headers, answer, whole=whole, now=NOW)


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, b"", Outcome.ACCEPTED),
        (204, b"", Outcome.ACCEPTED),
        (202, b'{"id": 1}', Outcome.ACCEPTED),
        (200, b" \r\n", Outcome.ACCEPTED),
        (200, b"<html>Log in</html>", Outcome.UNCLEAR),
        (200, b"\xff\xfe", Outcome.UNCLEAR),
        (200, b"[" * 30_000, Outcome.UNCLEAR),
        (400, b"", Outcome.REFUSED),
        (401, b"{}", Outcome.REFUSED),
        (404, b"", Outcome.REFUSED),
        (413, b"", Outcome.REFUSED),
        (408, b"", Outcome.LATER),
        (425, b"", Outcome.LATER),
        (429, b"", Outcome.LATER),
        (500, b"{}", Outcome.LATER),
        (503, b"", Outcome.LATER),
        (599, b"", Outcome.LATER),
    ],
)
def test_an_answer_is_judged_by_its_status_and_a_good_one_by_its_body_too(
    status: int, answer: bytes, outcome: Outcome
) -> None:
    assert judged(status, answer).outcome is outcome


def test_a_good_answer_that_was_cut_off_proves_nothing_and_a_bad_one_needs_no_end() -> None:
    assert judged(200, b"{}", whole=False).outcome is Outcome.UNCLEAR
    assert judged(403, b"<ht", whole=False).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 120 ", 120),
        ("-5", None),
        ("soon", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        ("9" * 400, 366 * 86_400),
        (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("Mon, 23 Nov 2026 03:00:00 -0000", 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 366 * 86_400),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str | None, seconds: float | None) -> None:
    assert attempt.retry_after(text, NOW) == seconds


@given(text=st.text(max_size=40))
def test_whatever_a_receiver_says_of_waiting_is_a_bounded_time_or_nothing(text: str) -> None:
    seconds = attempt.retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= 366 * 86_400


@given(results, st.integers(1, 10**6), st.floats(0, 3600), st.integers())
def test_a_pause_is_as_long_as_asked_for_and_ends_within_the_budget(
    result: Result, number: int, left: float, seed: int
) -> None:
    wait = attempt.pause(result, number, left, random.Random(seed))
    if wait is not None:
        assert result.outcome in GOING_ON
        assert (result.retry_after or 0) <= wait <= (result.retry_after or 0) + min(30, 2.0 ** min(number - 1, 16))
        assert wait + 1 <= left


@given(st.sampled_from(GOING_ON), st.integers(1, 20), st.integers())
def test_with_time_left_and_nothing_asked_for_there_is_always_another_attempt(
    outcome: Outcome, number: int, seed: int
) -> None:
    assert attempt.pause(Result(outcome, "why"), number, 31, random.Random(seed)) is not None


@given(st.integers(0, 10**6))
def test_the_pauses_of_a_round_fill_its_budget_and_no_more(seed: int) -> None:
    chance, left, number = random.Random(seed), 120.0, 0
    while (wait := attempt.pause(Result(Outcome.LATER, "why"), (number := number + 1), left, chance)) is not None:
        left -= wait
    assert 0 <= left <= 31
    assert number < 100
