"""What one attempt to send came to, and whether there is to be another: pure decisions."""

from __future__ import annotations

import json
import random as randomness
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

_FIRST_PAUSE = 1.0  # seconds; doubled with each attempt
_LONGEST_PAUSE = 30.0
_SHORTEST_ATTEMPT = 1.0  # what is left of the budget has to be good for something
_LONGEST_WAIT = 366 * 86_400.0  # what a receiver asks for above this is a slip
_LATER = (408, 425, 429)


class Outcome(StrEnum):
    """What came of an attempt."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # final
    LATER = "later"  # not taken now
    UNCLEAR = "unclear"  # nobody can tell whether it was taken
    UNREACHED = "not reached"  # no byte of the payload left
    UNTRUSTED = "not trusted"  # the secure connection did not come about, and another attempt would end so too


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt, in a sentence; `retry_after` is what the receiver asks to wait, in seconds."""

    outcome: Outcome
    reason: str
    status: int | None = None
    answer: bytes = b""
    retry_after: float | None = None


def judge(status: int, headers: Mapping[str, str], answer: bytes, *, whole: bool, now: datetime) -> Result:
    """Judge an answer; `whole` is whether its body came to its end, within the size that is read."""
    if 200 <= status < 300:
        if not whole:
            said = f"The receiver answered {status}, but the answer was cut off or too long."
            return Result(Outcome.UNCLEAR, said, status, answer)
        if _is_plausible(answer):
            return Result(Outcome.ACCEPTED, f"The receiver accepted it ({status}).", status, answer)
        said = f"The receiver answered {status}, but with something else than JSON: this may be another server's page."
        return Result(Outcome.UNCLEAR, said, status, answer)
    if status in _LATER or status >= 500:
        wait = retry_after(headers.get("Retry-After"), now)
        return Result(Outcome.LATER, f"The receiver cannot take it now ({status}).", status, answer, wait)
    return Result(Outcome.REFUSED, f"The receiver refused it ({status}).", status, answer)


def _is_plausible(answer: bytes) -> bool:
    if not answer.strip():
        return True
    try:
        json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return True


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or a date; None where it says nothing."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max((moment - now).total_seconds(), 0.0), _LONGEST_WAIT)
    except (ValueError, OverflowError):
        return None


def pause(result: Result, number: int, left: float, random: randomness.Random) -> float | None:
    """Return the seconds to wait after attempt `number` (the first is 1); None where the round is over.

    The pause grows exponentially and is drawn from the whole of it, so that instances do not come at the same moment.
    It is never shorter than the receiver asks for, and leaves time for another attempt in what is `left` of the budget.
    """
    if result.outcome not in (Outcome.LATER, Outcome.UNCLEAR, Outcome.UNREACHED):
        return None
    drawn = random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(number - 1, 16)))
    seconds = (result.retry_after or 0.0) + drawn
    return seconds if seconds + _SHORTEST_ATTEMPT <= left else None
