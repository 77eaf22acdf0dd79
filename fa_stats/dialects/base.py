"""What all dialects share: from a piece of the catalogue's SQL to one that a database runs."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from fa_stats.catalogue import sql
from fa_stats.dialects.reading import PRIMITIVE, Extraction, Reading

_EVERYWHERE = {"count_if": "count(CASE WHEN {} THEN 1 END)"}
Extractions = Callable[[str, str], Extraction]


class Dialect(ABC):
    """One dialect of SQL; `calls` are the catalogue's functions that it writes its own way, `{}` their argument."""

    name: str
    calls: Mapping[str, str]
    parameter: str  # the pattern of a `:parameter`, `{}` being its name
    keeps = ""  # what stands after AS where a named row source is to be made once and kept
    shares = False  # whether a table that several selects need is read once for all, into a kept row source

    views: bool  # whether documents are hidden behind views (`fa-stats grants --views`), one column for each reading

    def __init__(self, *, views: bool = False) -> None:
        self.views = views

    def render(self, text: str, extraction: Extractions) -> str:
        """Turn a piece of the catalogue's SQL into this dialect's; `extraction` gives that of a document column."""

        def replace(match: re.Match[str]) -> str:
            reading = Reading(*match.groups())
            found = extraction(reading.table, reading.column)
            found.add(reading)
            return self.read(reading, found)

        text = PRIMITIVE.sub(replace, text)
        for name, pattern in {**_EVERYWHERE, **self.calls}.items():
            text = rewrite_calls(text, name, pattern)
        return rewrite_parameters(text, self.parameter)

    def kept(self, body: str) -> str:
        """Return the SELECT of a named row source of the catalogue, so that it is made once."""
        return body

    def quoted(self, name: str) -> str:
        """Return a name of a figure as it stands in a select list, its letters kept as they are."""
        return f'"{name}"'

    def read(self, reading: Reading, extraction: Extraction) -> str:  # noqa: ARG002 - some look at it
        """Return what stands for a reading outside of the row source that makes it."""
        return f"{reading.table}.{reading.name}"

    @abstractmethod
    def source(self, table: str, columns: Sequence[str], documents: Mapping[str, Extraction]) -> str:
        """Return the SELECT that gives these columns of a table, and what is taken out of its documents."""


def rewrite_calls(text: str, name: str, pattern: str) -> str:
    """Replace each `name(...)` by a pattern, `{}` being what stands between its parentheses."""
    while match := re.search(rf"(?<![\w.]){name}\(", sql.blank(text)):
        end = sql.closing(text, match.end())
        if end is None:
            raise ValueError(f"{name}( is never closed")  # the loader has seen to it that this is not so
        text = text[: match.start()] + pattern.replace("{}", text[match.end() : end]) + text[end + 1 :]
    return text


def rewrite_parameters(text: str, pattern: str) -> str:
    """Replace each `:name` by a pattern, `{}` being its name; strings stay as they are."""
    for match in reversed(list(sql.PARAMETER.finditer(sql.blank(text)))):
        text = text[: match.start()] + pattern.replace("{}", match.group(1)) + text[match.end() :]
    return text


def listed(items: Sequence[str]) -> str:
    """Return a select list, one item a line."""
    return ",\n  ".join(items)


def indented(lines: str) -> str:
    """Return lines with two spaces before all but the first."""
    return lines.replace("\n", "\n  ")
