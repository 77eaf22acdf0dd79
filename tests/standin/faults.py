"""How the stand-in goes wrong: what comes instead of an answer, or what becomes of a good one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from standin.objects import Object

LOGIN = "https://login.example.org/oauth2/authorize"
BUSY = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form method=post></form></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at a path (`*` is every path) from the n-th request there on, a number of times or always."""

    path: str
    kind: str
    after: int = 1
    times: int | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS

    def hits(self, path: str, number: int) -> bool:
        """Tell whether the n-th request at a path goes wrong so."""
        until = number + 1 if self.times is None else self.after + self.times
        return self.path in ("*", path) and self.after <= number < until


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the line, headers aside that every answer has."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] | None = None
    type: str = "application/json"


_GENERAL = b'{"fieldErrors": {}, "generalErrors": [{"code": "[LicenseRequired]", "message": "A license is required."}]}'

# Instead of the answer.
INSTEAD: Mapping[str, Answer] = {
    "refused": Answer(400, _GENERAL),
    "unauthorized": Answer(401),
    "forbidden": Answer(403, b"<html>forbidden</html>", type="text/html"),
    "unknown": Answer(404),
    "busy": Answer(429),
    "later": Answer(429, headers={"Retry-After": "1"}),
    "much later": Answer(429, headers={"Retry-After": "86400"}),
    "broken": Answer(500, b"<html><h1>Internal Server Error</h1></html>", type="text/html"),
    "unavailable": Answer(503, b'{"generalErrors": [{"code": "[SearchEngineError]", "message": "down"}]}'),
    "login page": Answer(200, BUSY, type="text/html"),
    "elsewhere": Answer(302, headers={"Location": LOGIN}),
    "not json": Answer(200, b'{"total": 1, '),
    "list": Answer(200, b"[1, 2, 3]"),
    "number": Answer(200, b"7"),
    "null": Answer(200, b"null"),
    "empty": Answer(200),
}

# What the line does, whatever the answer is; the server knows how.
LINE = ("short", "gzip", "not gzip", "charset", "utf-16", "huge", "drip", "drip head", "hang", "cut")
# What becomes of the question.
OVERLAP = "duplicates"  # each page begins with the last row of the one before


def _lists(answer: Object) -> list[str]:
    return [name for name, value in answer.items() if isinstance(value, list) and name != "expandable"]


def _extra(answer: Object, start: int, number: int) -> Object:
    for name in _lists(answer):
        for each in answer[name]:
            each["unheardOf"] = {"enabled": True, "nested": [1, {"x": None}]}
    return {**answer, "novelty": "7", "nextResults": None}


def _without_list(answer: Object, start: int, number: int) -> Object:
    return {name: value for name, value in answer.items() if name not in _lists(answer)}


def _without_total(answer: Object, start: int, number: int) -> Object:
    return {name: value for name, value in answer.items() if name != "total"}


def _total(lie: Callable[[int, int], Any]) -> Callable[[Object, int, int], Object]:
    return lambda answer, start, number: {**answer, "total": lie(answer.get("total", 0), start)}


def _endless(answer: Object, start: int, number: int) -> Object:
    """Return a full page of rows that were never there before, whatever page is asked for."""
    for name in _lists(answer):
        rows = answer[name] or [{"id": ""}]
        answer[name] = [
            {**rows[place % len(rows)], "id": str(uuid.UUID(int=start + place + 1))} for place in range(number)
        ]
    return {**answer, "total": start + 2 * number}


def _million(answer: Object, start: int, number: int) -> Object:
    return {**answer, **{name: [{"id": str(each)} for each in range(1_000_000)] for name in _lists(answer)}}


def _changed(change: Callable[[str, Any], Any]) -> Callable[[Object, int, int], Object]:
    def all_of(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            value = {key: all_of(key, each) for key, each in value.items()}
        elif isinstance(value, list):
            value = [all_of(name, each) for each in value]
        return change(name, value)

    return lambda answer, start, number: {name: all_of(name, value) for name, value in answer.items()}


# What becomes of the object that was the answer, given the first row and the number of rows that were asked for.
CHANGES: Mapping[str, Callable[[Object, int, int], Object]] = {
    "extra fields": _extra,
    "no list": _without_list,
    "no total": _without_total,
    "total larger": _total(lambda total, _: total + 7),
    "total smaller": _total(lambda total, _: total // 2),
    "total changing": _total(lambda total, start: total + start % 97),
    "total absurd": _total(lambda total, _: 10**12),
    "total text": _total(lambda total, _: str(total)),
    "endless": _endless,
    "million": _million,
    "flags as text": _changed(lambda _, value: str(value).lower() if isinstance(value, bool) else value),
    "ids as numbers": _changed(lambda name, value: 7 if name == "id" else value),
    "names as objects": _changed(lambda name, value: {"text": value} if name == "name" else value),
    "sections as text": _changed(
        lambda name, value: json.dumps(value) if isinstance(value, dict) and name.endswith("Configuration") else value
    ),
    "lists as objects": _changed(lambda _, value: {"0": value} if isinstance(value, list) else value),
}

KINDS = {*INSTEAD, *LINE, *CHANGES, OVERLAP}
