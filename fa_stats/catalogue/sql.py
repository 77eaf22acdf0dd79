"""The little that the catalogue has to know of SQL text: comments, strings, parentheses, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_STRING_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_REFERENCE = re.compile(r'(?<![\w.":])([a-z_][a-z0-9_]*)\.("[^"]+"|[a-z_][a-z0-9_]*)')
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)\b")
_WRITING = (
    "alter attach call checkpoint copy create delete detach do drop execute export grant import insert install into load "
    "lock merge pragma replace reset revoke set truncate update use vacuum"
).split()
_REACHING_OUT = (
    "dblink getenv glob load_file lo_export lo_import pg_ls_dir pg_read_binary_file pg_read_file pg_sleep postgres_query "
    "read_blob read_csv read_csv_auto read_json read_json_auto read_ndjson read_parquet read_text sleep"
).split()


@cache
def blank(text: str) -> str:
    """The text with comments and the insides of strings made blank; every other character keeps its place."""

    def cover(match: re.Match[str]) -> str:
        kept = match.group(0)
        inner = re.sub(r"[^\n]", " ", kept)
        return f"'{inner[1:-1]}'" if kept.startswith("'") else inner

    return _STRING_OR_COMMENT.sub(cover, text)


def without_comments(text: str) -> str:
    """The text without its comments."""
    return _STRING_OR_COMMENT.sub(lambda match: match.group(0) if match.group(0).startswith("'") else "", text)


def depth(line: str) -> int:
    """By how much a line opens more parentheses than it closes."""
    bare = blank(line)
    return bare.count("(") - bare.count(")")


@cache
def references(text: str) -> tuple[tuple[str, str, int], ...]:
    """Each `name.column` of the text, with the offset at which it stands."""
    return tuple(
        (match.group(1), match.group(2).strip('"'), match.start()) for match in _REFERENCE.finditer(blank(text))
    )


@cache
def parameters(text: str) -> tuple[str, ...]:
    """The names of the `:parameters` of the text, each once, in order."""
    return tuple(dict.fromkeys(_PARAMETER.findall(blank(text))))


@cache
def tables(text: str) -> tuple[str, ...]:
    """The names that follow FROM and JOIN in the text, each once, in order."""
    return tuple(dict.fromkeys(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", blank(text))))


def named_bodies(text: str) -> Iterator[tuple[str, str]]:
    """The `name AS ( body )` pairs of a WITH clause."""
    position = 0
    while match := re.compile(r"\b([a-z_]+) AS \(").search(text, position):
        level, end = 1, match.end()
        while level and end < len(text):
            level += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield match.group(1), text[match.end() : end - 1].strip()
        position = end


def forbidden(text: str) -> Iterator[tuple[int, str]]:
    """What keeps a text from being a single read-only SELECT, as (line, sentence)."""
    bare = blank(text)
    for number, line in enumerate(bare.splitlines(), 1):
        if ";" in line:
            yield number, "a statement is a single SELECT: no semicolon"
        for word in re.findall(r"[a-z_]+", line.lower()):
            if word in _WRITING and not re.search(rf"[.\"]{word}\b|\b{word}\.", line.lower()):
                yield number, f"a statement only reads: `{word.upper()}` is not allowed"
            elif word in _REACHING_OUT:
                yield number, f"a statement reads its tables and nothing else: `{word}` is not allowed"
