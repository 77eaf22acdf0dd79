"""What FusionAuth collected itself: a row of its own table, or a payload that somebody captured. Foreign input, both.

Nothing of it is trusted: it is bounded, names are held to a form, and a text that is not known to be harmless is
replaced by its length as soon as it is read.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from fa_stats import catalogue
from fa_stats.catalogue import Kind, Payload
from fa_stats.checks import forms, privacy
from fa_stats.collection import Value
from fa_stats.errors import UsageError

MOST_BYTES = 20_000_000
_MOST_NAMES = 2000
_LONGEST = 100  # characters of a text that is shown
_NAME = re.compile("[A-Za-z][A-Za-z0-9]{0,99}")
_VERSION = re.compile("[0-9A-Za-z.+-]{1,40}")
_FAILED = "failedStats"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**63
_WORDS = (
    (str, ("text", "character", "characters")),
    (list, ("list", "entry", "entries")),
    (dict, ("object", "key", "keys")),
)
_SECONDS = 100_000_000_000  # a number of milliseconds below this is one of seconds: it lies before 1973
_LAST_INSTANT = 253_402_300_799_999  # the end of the year 9999, in milliseconds


@dataclass(frozen=True, slots=True)
class Masked:
    """A value that is not shown, in words; two of them are the same where their digests are."""

    words: str
    digest: str = field(repr=False)


Shown: TypeAlias = Value | Masked | None


class UnreadableError(Exception):
    """What FusionAuth wrote down, or somebody captured, is no payload; the message ends a sentence about it."""


_TABLE = "usage_stats"


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

    @property
    def day(self) -> date:
        """The UTC day of it."""
        return self.collected.date()

    @property
    def captured(self) -> bool:
        """Whether it is from a file that somebody named, and not from FusionAuth's own records."""
        return self.origin != _TABLE

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
        return Recorded(
            collected=collected,
            sent=sent,
            origin=origin,
            application_version=_version(row["recordedVersion"]),
            stats_version=_version(row["recordedStatsVersion"]),
            instance_id=_instance(row["recordedInstance"]),
            milliseconds=_whole(row["recordedDuration"]),
            values=_values(stats),
            nulls=_nulls(stats),
            timings=_timings(parse(row["recordedTimings"] or "{}")),
            failed=_failed(parse(row["recordedFailed"] or "[]")),
        )
    except UnreadableError as error:
        return Unreadable(collected, sent, origin, str(error))


def of_file(path: Path) -> tuple[Recorded, ...]:
    """Read a file with a payload, a list of them, or one on each line; raises UsageError.

    They count as sent: that is how somebody could capture them.
    """
    given = _parsed(path, _content(path))
    found = given if isinstance(given, list) else [given]
    if not found:
        raise UsageError(f"{path} holds no payload: its list is empty.")
    try:
        return tuple(_of_payload(each, path.name) for each in found)
    except UnreadableError as error:
        said = "Give the payload as it was sent: one JSON object, a list of them, or one on each line."
        raise UsageError(f"{path} holds no payload: {error}. {said}") from None


def _content(path: Path) -> str:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder. Name the file with the payload.")
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path} is larger than {MOST_BYTES:,} bytes, which no payload is. Name the right file.")
        return path.read_bytes().decode()
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
        lines = [line for line in text.splitlines() if line.strip()]
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
    stats = _object(payload["stats"], "its stats")
    return Recorded(
        collected=moment(instant),
        sent=True,
        origin=origin,
        application_version=_version(payload.get("applicationVersion")),
        stats_version=_version(payload.get("statsVersion")),
        instance_id=_instance(payload.get("instanceId")),
        milliseconds=_whole(payload.get("collectionDuration")),
        values=_values(beside) | _values(stats),
        nulls=_nulls(beside) | _nulls(stats),
        timings=_timings(payload.get("timings", {})),
        failed=_failed(payload.get(_FAILED, [])),
    )


def parse(text: str) -> Any:
    """Read JSON strictly: no key twice, no number that is none, not too much. Raises UnreadableError."""
    if len(text) > MOST_BYTES:
        raise UnreadableError(f"it is larger than {MOST_BYTES:,} characters")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise UnreadableError("it is nested too deeply") from None
    except ValueError:
        raise UnreadableError("it is not valid JSON") from None


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


def _timings(given: Any) -> dict[str, int]:
    timings = _object(given, "its timings")
    # A time that is no number tells at least that the name was asked for.
    return {name_of(name): _whole(value) or 0 for name, value in timings.items()}


def _failed(given: Any) -> frozenset[str]:
    """Read the names that failed: a list, or an object with them as its keys. Nothing else names any."""
    names: Collection[Any] = given if isinstance(given, list | dict) else ()
    if len(names) > _MOST_NAMES:
        raise UnreadableError(f"its failed stats are more than {_MOST_NAMES:,}")
    return frozenset(name_of(name) for name in names if isinstance(name, str))


def name_of(text: str) -> str:
    """Return a name that can be shown: itself, or what tells it from others where it is none."""
    if _NAME.fullmatch(text):
        return text
    return f"(no name: {len(text)} characters, sha256 {_sha256(text)[:8]})"


def shown(name: str, value: Any) -> Shown:
    """Return a value that can be shown: a number, or what has the form that the page shows for that name."""
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _LARGEST):
        return Masked("number beyond all counts", _sha256(str(value)))
    if value is None or isinstance(value, bool | int | float):
        return value
    stat = catalogue.load().by_name.get(name)
    if stat and stat.payload is Payload.STATS and forms.of_kind(stat.kind, value):
        if forms.wrong(name, value) is None:
            return value  # type: ignore[no-any-return]
        if stat.kind is Kind.STRING and len(value) <= _LONGEST and not privacy.shapes(value):
            return value  # type: ignore[no-any-return]
    kind, part, parts = next(words for types, words in _WORDS if isinstance(value, types))
    number = len(value)
    return Masked(f"{kind}, {number:,} {part if number == 1 else parts}", _sha256(json.dumps(value, sort_keys=True)))


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def _version(value: Any) -> str | None:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else None


def _instance(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and forms.UUID.fullmatch(value.lower()) else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def moment(milliseconds: int) -> datetime:
    """Return the point in time of a number of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=min(max(milliseconds, 0), _LAST_INSTANT))


def instant(day: date) -> int:
    """Return the milliseconds since 1970 at which a UTC day begins."""
    return (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
