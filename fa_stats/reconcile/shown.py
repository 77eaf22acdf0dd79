"""What can be shown of a foreign value: names are held to a form, a text that may be harmful is its length."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fa_stats import catalogue
from fa_stats.catalogue import Kind, Payload
from fa_stats.checks import forms
from fa_stats.collection import Value

_NAME = re.compile("[A-Za-z][A-Za-z0-9]{0,99}")
_LARGEST = 2**63
_WORDS = (
    (str, ("text", "character", "characters")),
    (list, ("list", "entry", "entries")),
    (dict, ("object", "key", "keys")),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A value that is not shown, in words; two of them are the same where their digests are."""

    words: str
    digest: str = field(repr=False)


Shown: TypeAlias = Value | Masked | None


def name_of(text: str) -> str:
    """Return a name that can be shown: itself, or what tells it from others where it is none."""
    if _NAME.fullmatch(text):
        return text
    return f"(no name: {len(text)} characters, sha256 {_sha256(text)[:8]})"


def shown(name: str, value: Any) -> Shown:
    """Return a value that can be shown: a number, or what has the form that the page has for that name."""
    if isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= _LARGEST):
        return Masked("number beyond all counts", _sha256(str(value)))
    if value is None or isinstance(value, bool | int | float):
        return value
    stat = catalogue.load().by_name.get(name)
    if stat and stat.payload is Payload.STATS and forms.of_kind(stat.kind, value):
        ordered: Shown = _in_order(value) if stat.kind is Kind.BREAKDOWN else value
        if forms.wrong(name, ordered) is None:
            return ordered
    kind, part, parts = next(words for types, words in _WORDS if isinstance(value, types))
    number = len(value)
    return Masked(f"{kind}, {number:,} {part if number == 1 else parts}", _sha256(json.dumps(value, sort_keys=True)))


def _in_order(breakdown: list[Any]) -> list[Any]:
    """Return a breakdown by type as the page has it: its order tells nothing."""
    return sorted(breakdown, key=lambda each: str(each.get("idp")) if isinstance(each, dict) else "")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
