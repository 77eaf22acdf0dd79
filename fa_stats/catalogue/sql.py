"""The little that the catalogue has to know of SQL text: comments, strings, parentheses, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_STRING_OR_COMMENT = re.compile(r"""'(?:[^']|'')*'|"[^"\n]*"|--[^\n]*""")
_REFERENCE = re.compile(r'(?<![\w.":])([a-z_][a-z0-9_]*)\.("[^"]+"|[a-z_][a-z0-9_]*)')
PARAMETER = re.compile(r"(?<!:):([a-z_]+)\b")
_WRITING = tuple(
    "alter attach call checkpoint copy create delete detach do drop execute export grant import insert install into "  # noqa: SIM905
    "load lock merge pragma replace reset revoke set truncate update use vacuum".split()
)
# All that a statement may call: nothing here reads a file, a setting or another server, or waits.
_FUNCTIONS = tuple(
    "any_flag any_key cast coalesce count count_if flag id_text len lower max min nullif number object off present "  # noqa: SIM905
    "regexp_extract right row_number server_version string_split sum text try try_cast upper uuid whole".split()
)
_NO_FUNCTIONS = tuple("and as by distinct else exists from in join not on or over select then when where".split())  # noqa: SIM905
_WORD = re.compile(r"(?<![\w.])([a-z_]\w*)\b(?!\.)(\s*\()?", re.IGNORECASE)
_NEVER = {
    r";": "a statement is a single SELECT: no semicolon",
    r"/\*|\$": "comments begin with `--` and strings with `'`: nothing else is read alike everywhere",
    r'(?:\.\s*\w+|")\s*\(': "a function is called by its plain name",
    r"\b(?:FROM|JOIN)\b\s*(?=[^\sa-z_])": "a statement reads tables and nothing else: after FROM and JOIN comes a name",
}


@cache
def blank(text: str) -> str:
    """Return the text with comments and the insides of strings made blank; every other character keeps its place."""

    def cover(match: re.Match[str]) -> str:
        kept = match.group(0)
        if kept.startswith('"'):
            return kept
        inner = re.sub(r"[^\n]", " ", kept)
        return f"'{inner[1:-1]}'" if kept.startswith("'") else inner

    return _STRING_OR_COMMENT.sub(cover, text)


def without_comments(text: str) -> str:
    """Return the text without its comments."""
    return _STRING_OR_COMMENT.sub(lambda match: "" if match.group(0).startswith("--") else match.group(0), text)


def depth(line: str) -> int:
    """By how much a line opens more parentheses than it closes."""
    bare = blank(line)
    return bare.count("(") - bare.count(")")


def closing(text: str, position: int) -> int | None:
    """Return the offset of the parenthesis that closes the one before `position`, None where it stays open."""
    level = 1
    for offset, character in enumerate(blank(text)[position:], position):
        level += {"(": 1, ")": -1}.get(character, 0)
        if not level:
            return offset
    return None


@cache
def references(text: str) -> tuple[tuple[str, str, int], ...]:
    """Each `name.column` of the text, with the offset at which it stands."""
    return tuple(
        (match.group(1), match.group(2).strip('"'), match.start()) for match in _REFERENCE.finditer(blank(text))
    )


@cache
def parameters(text: str) -> tuple[str, ...]:
    """Return the names of the `:parameters` of the text, each once, in order."""
    return tuple(dict.fromkeys(PARAMETER.findall(blank(text))))


@cache
def tables(text: str) -> tuple[str, ...]:
    """Return the names that follow FROM and JOIN in the text, each once, in order."""
    return tuple(dict.fromkeys(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+)", blank(text))))


def named_bodies(text: str) -> Iterator[tuple[str, str | None]]:
    """Give the `name AS ( body )` pairs of a WITH clause; where one has no end, or is none, its body is None."""
    position = 0
    while match := re.compile(r"\s*(?:WITH\s+|,\s*)([a-z_]+) AS \(").match(text, position):
        end = closing(text, match.end())
        yield match.group(1), None if end is None else text[match.end() : end].strip()
        if end is None:
            return
        position = end + 1
    if rest := text[position:].strip():
        yield rest.splitlines()[0], None


def forbidden(text: str) -> Iterator[tuple[int, str]]:
    """Find what keeps a text from being a single SELECT that reads tables and nothing else, as (line, sentence)."""
    bare = re.sub(r'"[^"\n]*"', lambda name: f'"{" " * (len(name.group(0)) - 2)}"', blank(text))
    for offset, sentence in sorted(_offences(bare)):
        yield bare.count("\n", 0, offset) + 1, sentence


def _offences(bare: str) -> Iterator[tuple[int, str]]:
    if bare.count("'") % 2:
        yield bare.rindex("'"), "a string does not end"
    for pattern, sentence in _NEVER.items():
        for match in re.finditer(pattern, bare, re.IGNORECASE):
            yield match.start(), sentence
    for match in _WORD.finditer(bare):
        word = match.group(1).lower()
        if word in _WRITING:
            yield match.start(), f"a statement only reads: `{word.upper()}` is not allowed"
        elif match.group(2) and word not in _FUNCTIONS + _NO_FUNCTIONS:
            known = ", ".join(_FUNCTIONS)
            yield match.start(), f"`{word}` is not among the functions that a statement calls: {known}"
