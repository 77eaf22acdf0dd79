"""What FusionAuth collected itself: a row of its own table, or a payload that somebody captured. Foreign input, both.

Nothing of it is trusted: it is bounded, and what may not be shown is masked as soon as it is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from fa_stats.checks import forms
from fa_stats.errors import UsageError
from fa_stats.reconcile.shown import Shown, name_of, shown

MOST_BYTES = 20_000_000
_MOST_NAMES = 2000
_LONGEST = 100  # characters of a name
_STATS_VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}")
_FAILED = "failedStats"
_NOBODY = ("", "none", "null")  # words for no name at all
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = 100_000_000_000  # a number of milliseconds below this is one of seconds: it lies before 1973
_LAST_INSTANT = 253_402_300_799_999  # the end of the year 9999, in milliseconds
_TABLE = "usage_stats"
_Read = TypeVar("_Read")


class UnreadableError(Exception):
    """What FusionAuth wrote down, or somebody captured, is no payload; the message ends a sentence about it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One collection of FusionAuth's own. Times are in whole milliseconds; `values` has no name without a value."""

    collected: datetime  # UTC
    sent: bool
    origin: str
    application_version: str | None
    stats_version: str | None
    instance_id: str | None
    milliseconds: int | None
    values: Mapping[str, Shown]
    timings: Mapping[str, int]
    failed: frozenset[str] = frozenset()
    nulls: frozenset[str] = frozenset()  # names that stand in it with null for a value
    unread: tuple[str, ...] = ()  # what of it could not be read, and why
    captured: bool = False  # from a file that somebody named, not from FusionAuth's own records

    @property
    def day(self) -> date:
        """The UTC day of it."""
        return self.collected.date()

    @property
    def names(self) -> frozenset[str]:
        """Every name in it: one without a value is null, keeps its timing, or is among those that failed."""
        return frozenset(self.values) | frozenset(self.timings) | self.failed | self.nulls

    def has(self, name: str) -> bool:
        """Whether a name is in it."""
        return name in self.values or name in self.timings or name in self.failed or name in self.nulls


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One that cannot be read, and why."""

    collected: datetime
    sent: bool
    origin: str
    why: str


def of_row(row: Mapping[str, Any]) -> Recorded | Unreadable:
    """Read a row of the statement `usage_stats`."""
    collected, sent = moment(row["group_key"]), bool(row["recordedSent"])
    origin = _TABLE
    try:
        stats = _object(parse(row["recordedStats"] or ""), "its stats")
    except UnreadableError as error:
        return Unreadable(collected, sent, origin, str(error))
    unread: list[str] = []  # neither timings nor failed names are to hide what was sent
    return Recorded(
        collected=collected,
        sent=sent,
        origin=origin,
        application_version=_version(row["recordedVersion"], forms.PRODUCT_VERSION),
        stats_version=_version(row["recordedStatsVersion"], _STATS_VERSION),
        instance_id=_instance(row["recordedInstance"]),
        milliseconds=_whole(row["recordedDuration"]),
        values=_values(stats),
        nulls=_nulls(stats),
        timings=_apart("timings", _timings_in, row["recordedTimings"], unread) or {},
        failed=_apart("failed stats", _failed_in, row["recordedFailed"], unread) or frozenset(),
        unread=tuple(unread),
    )


def _apart(what: str, read: Callable[[Any], _Read], given: Any, unread: list[str]) -> _Read | None:
    """Read something that stands beside the stats; None, and a word on why, where it cannot be read."""
    try:
        return read(given) if given else None
    except UnreadableError as error:
        unread.append(f"the {what} cannot be read: {error}")
        return None


def _timings_in(text: str) -> dict[str, int]:
    return _timings(parse(text), "it")


def _failed_in(text: str) -> frozenset[str]:
    """Read the failed names of a row: JSON, or names with commas between them, as the vendor's list has them."""
    try:
        given = parse(text)
    except UnreadableError:
        if len(text) <= _MOST_NAMES * _LONGEST and _listed(text) is not None:
            return _failed(text)
        raise
    return _failed(given)


def of_file(path: Path) -> tuple[Recorded, ...]:
    """Read a file with a payload, a list of them, or one on each line; raises UsageError.

    They count as sent: that is how somebody could capture them.
    """
    given = _parsed(path, _content(path))
    found = given if isinstance(given, list) else [given]
    if not found:
        raise UsageError(f"{path} holds no payload: its list is empty.")
    try:
        return tuple(_of_payload(each, _printable(path.name)) for each in found)
    except UnreadableError as error:
        said = "Give the payload as it was sent: one JSON object, a list of them, or one on each line."
        raise UsageError(f"{path} holds no payload: {error}. {said}") from None


def _printable(name: str) -> str:
    """Return the name of a file without what would drive a terminal."""
    return "".join(each if each.isprintable() else "?" for each in name)


def once(found: Iterable[Recorded]) -> tuple[Recorded, ...]:
    """Return what was captured, each payload once, whatever files it stands in, oldest first."""
    kept: dict[datetime, list[Recorded]] = {}
    for each in found:
        same = kept.setdefault(each.collected, [])
        if not any(replace(other, origin=each.origin) == each for other in same):
            same.append(each)
    return tuple(each for moment in sorted(kept) for each in kept[moment])


def _content(path: Path) -> str:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder. Name the file with the payload.")
        if path.exists() and not path.is_file():
            raise UsageError(
                f"{path} is no file but a stream, which is gone once it is read. Write it to a file first."
            )
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES:,} bytes, which no payload is. Name the right file.")
        return path.read_bytes().decode("utf-8-sig")  # some tools begin a file with a mark
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or type(error).__name__}. Name another file."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8. Name the file with the payload as JSON.") from None


def _parsed(path: Path, text: str) -> Any:
    """Read a file's JSON, else the JSON of each of its lines."""
    try:
        return parse(text)
    except UnreadableError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) < 2 or not lines[0].rstrip().endswith("}"):
            raise UsageError(f"{path} holds no payload: {error}. Name the file with the payload as JSON.") from None
        problem = error
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(parse(line))
        except UnreadableError as error:
            said = problem if number == 1 else f"line {number}: {error}"
            raise UsageError(f"{path} holds no payload: {said}. Name the file with the payload as JSON.") from None
    return found


def _of_payload(given: Any, origin: str) -> Recorded:
    payload = _object(given, "what it holds")
    if "stats" not in payload:
        raise UnreadableError("it has no stats")
    instant = payload.get("collectionInstant")
    if not isinstance(instant, int) or isinstance(instant, bool) or not 0 <= instant <= _LAST_INSTANT:
        raise UnreadableError("its collectionInstant is no number of milliseconds since 1970")
    if 0 < instant < _SECONDS:
        raise UnreadableError("its collectionInstant seems to be in seconds, and has to be in milliseconds")
    # What stands beside the documented keys was sent as well.
    beside = {key: value for key, value in payload.items() if key not in forms.ENVELOPE | {_FAILED}}
    stats, unread = _object(payload["stats"], "its stats"), list[str]()
    return Recorded(
        collected=moment(instant),
        sent=True,
        origin=origin,
        application_version=_version(payload.get("applicationVersion"), forms.PRODUCT_VERSION),
        stats_version=_version(payload.get("statsVersion"), _STATS_VERSION),
        instance_id=_named(payload.get("instanceId")),
        milliseconds=_whole(payload.get("collectionDuration")),
        values=_values(beside) | _values(stats),
        nulls=_nulls(beside) | _nulls(stats),
        timings=_timings(payload.get("timings"), "its timings"),
        failed=_apart("failed stats", _failed, payload.get(_FAILED), unread) or frozenset(),
        unread=tuple(unread),
        captured=True,
    )


def _named(given: Any) -> str | None:
    """Return the id of the instance that a payload is about; None where it names none."""
    if given is not None and (found := _instance(given)):
        return found
    if given is not None:
        raise UnreadableError("its instanceId is no id of an instance")
    return None


def parse(text: str) -> Any:
    """Read JSON strictly: no key twice, no number that is none, not too much. Raises UnreadableError."""
    if len(text) > MOST_BYTES:
        raise UnreadableError(f"it is larger than {MOST_BYTES:,} characters")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    except json.JSONDecodeError:
        raise UnreadableError("it is not valid JSON" if text.strip() else "it is empty") from None
    except ValueError:
        raise UnreadableError("it holds a number with too many digits") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableError("a key stands in it twice")
    return found


def _no_constant(_: str) -> Any:
    raise UnreadableError("it holds NaN or Infinity, which are no JSON")


def _object(given: Any, what: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise UnreadableError(f"{what} is no JSON object")
    if len(given) > _MOST_NAMES:
        raise UnreadableError(f"{what} has more than {_MOST_NAMES:,} names")
    return given


def _values(given: Mapping[str, Any]) -> dict[str, Shown]:
    return {name_of(name): shown(name, value) for name, value in given.items() if value is not None}


def _nulls(given: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name_of(name) for name, value in given.items() if value is None)


def _timings(given: Any, what: str) -> dict[str, int]:
    timings = _object({} if given is None or given == [] else given, what)
    # A time that is no number tells at least that the name was asked for.
    return {name_of(name): _whole(value) or 0 for name, value in timings.items()}


def _failed(given: Any) -> frozenset[str]:
    """Read the names that failed: a list, an object with them as its keys, or a text; what is false names none."""
    listed: Any = _listed(given) if isinstance(given, str) else given or []
    if not isinstance(listed, list | dict) or not all(isinstance(name, str) for name in listed):
        raise UnreadableError("it names no stats")
    if len(listed) > _MOST_NAMES:
        raise UnreadableError(f"its failed stats are more than {_MOST_NAMES:,}")
    return frozenset(map(name_of, listed))


def _listed(text: str) -> list[str] | None:
    """Return the names that a text holds with commas between them; None where something else stands there."""
    if text.strip().lower() in _NOBODY:
        return []
    names = [each.strip() for each in text.split(",")]
    return names if all(name_of(each) == each for each in names) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _version(value: Any, form: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and form.fullmatch(value) else None


def _instance(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and forms.UUID.fullmatch(value.lower()) else None


def moment(milliseconds: int) -> datetime:
    """Return the point in time of a number of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=min(max(milliseconds, 0), _LAST_INSTANT))


def instant(day: date) -> int:
    """Return the milliseconds since 1970 at which a UTC day begins."""
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
