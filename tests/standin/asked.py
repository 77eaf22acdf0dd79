"""What is asked, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standin import lists
from standin.faults import Answer


@dataclass(frozen=True, slots=True)
class Request:
    """One request, without its key."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


class RefusedError(Exception):
    """A question that has no answer but an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def invalid(field: str, message: str) -> RefusedError:
    errors = {"fieldErrors": {field: [{"code": f"[invalid]{field}", "message": message}]}, "generalErrors": []}
    return RefusedError(Answer(400, lists.dumped(errors)))


def number_of(query: Mapping[str, list[str]], field: str) -> int:
    try:
        return int(query[field][-1])
    except (KeyError, ValueError):
        raise invalid(field, f"The {field} of the report is missing or no number.") from None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search asks for."""

    start: int = 0
    number: int = 25
    order: str | None = None
    expand: list[str] | None = None

    @classmethod
    def of(cls, request: Request) -> Asked:
        told: dict[str, Any] = {name: values[-1] for name, values in request.query.items() if name != "expand"}
        expand = request.query.get("expand")
        if request.method == "POST":
            try:
                body = json.loads(request.body)
                told, expand = dict(body.get("search", {})), body.get("expand")
            except (ValueError, AttributeError, TypeError):
                raise invalid("search", "The search is no JSON object.") from None
        numbers = []
        for name, default in (("startRow", 0), ("numberOfResults", 25)):
            try:
                numbers.append(int(told.get(name, default)))
            except (ValueError, TypeError):
                raise invalid(f"search.{name}", "No number.") from None
            if numbers[-1] < 0:
                raise invalid(f"search.{name}", "Less than nothing.")
        start, number = numbers
        return cls(start, number, told.get("orderBy"), expand)
