"""Reads the catalogue's .sql files; all mistakes of all files are reported at once, each with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fa_stats.catalogue import sql
from fa_stats.catalogue.stat import Kind, Payload, Stat
from fa_stats.catalogue.statement import Cte, Join, Statement

_DEFAULTS = {
    "payload": "stats",
    "kind": "count",
    "group": "",
    "since": "",
    "setting": "",
    "plan": "",
    "privacy": "",
    "confidence": "",
    "why": "",
    "ambiguity": "",
    "absent": "",
}
_CLOSED = {
    "payload": frozenset(Payload),
    "kind": frozenset(Kind),
    "privacy": frozenset({"count", "setting", "version", "enumeration", "identifier"}),
    "confidence": frozenset({"documented", "inferred", "ambiguous"}),
}
_REQUIRED = ("group", "since", "privacy", "confidence", "why")
_FIELD = re.compile(r"(?:^|\| *)([a-z]+): ")
_ITEM_END = re.compile(r"\s+AS\s+([A-Za-z][A-Za-z0-9]*)\s*$")


@dataclass
class Mistakes:
    """The mistakes found so far, as `file:line: sentence`."""

    found: list[str] = field(default_factory=list)

    def add(self, path: Path, line: int, sentence: str) -> None:
        """Note one mistake."""
        self.found.append(f"{path.name}:{line}: {sentence}")


def read_statement(path: Path, mistakes: Mistakes) -> Statement | None:
    """Read one file; None where it is too broken to go on with."""
    lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(lines)
    for line, sentence in sql.forbidden(text):
        mistakes.add(path, line, sentence)
    starts = [number for number, line in enumerate(lines) if line.strip() == "SELECT" and line == line.strip()]
    if len(starts) != 1:
        mistakes.add(path, 1, f"a statement has one SELECT on a line of its own; found {len(starts)}")
        return None
    start = starts[0]
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("FROM ")), len(lines))
    header_end = next((n for n, line in enumerate(lines) if not line.startswith("--")), 0)
    name, intro, defaults = _read_header(lines[:header_end], path, mistakes)
    stats = tuple(_read_items(lines[start + 1 : end], start + 2, name, defaults, path, mistakes))
    base, joins, tail = _read_from(lines[end:], end + 1, path, mistakes)
    statement = Statement(
        name=name,
        intro=intro,
        ctes=_read_ctes("\n".join(lines[header_end:start])),
        stats=stats,
        base=base,
        joins=joins,
        tail=tail,
        file=path.name,
        text=text,
    )
    for line, sentence in statement.unknown_names():
        mistakes.add(path, line, sentence)
    return statement


def _read_header(lines: list[str], path: Path, mistakes: Mistakes) -> tuple[str, str, dict[str, str]]:
    defaults = dict(_DEFAULTS)
    if not lines or not lines[0].startswith("-- statement: "):
        mistakes.add(path, 1, "the first line is `-- statement: NAME`")
        return path.stem, "", defaults
    name = lines[0].removeprefix("-- statement: ").strip()
    if name != path.stem:
        mistakes.add(path, 1, f"the statement is called {name}, the file {path.stem}")
    intro: list[str] = []
    pieces = list(_logical_lines(lines[1:], 2))
    for number, text in pieces:
        if _FIELD.match(text):
            _read_fields(text, number, defaults, path, mistakes)
        else:
            intro.append(text)
    return name, " ".join(intro), defaults


def _logical_lines(lines: list[str], first: int) -> Iterator[tuple[int, str]]:
    """Comment lines without their marks; a line indented further continues the one before."""
    held: tuple[int, str] | None = None
    for number, line in enumerate(lines, first):
        comment = line.strip().removeprefix("--")
        if comment.startswith("     ") and held:
            held = (held[0], f"{held[1]} {comment.strip()}")
            continue
        if held:
            yield held
        held = (number, comment.strip())
    if held:
        yield held


def _read_fields(text: str, line: int, into: dict[str, str], path: Path, mistakes: Mistakes) -> None:
    marks = list(_FIELD.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        key = mark.group(1)
        value = text[mark.end() : after.start() if after else len(text)].strip()
        if key not in _DEFAULTS:
            mistakes.add(path, line, f"unknown key `{key}`; known are {', '.join(_DEFAULTS)}")
        elif key in _CLOSED and value not in _CLOSED[key]:
            mistakes.add(path, line, f"`{key}` is one of {', '.join(sorted(_CLOSED[key]))}, not `{value}`")
        else:
            into[key] = "" if value == "none" else value


def _read_items(
    lines: list[str], first: int, statement: str, defaults: dict[str, str], path: Path, mistakes: Mistakes
) -> Iterator[Stat]:
    comments: list[str] = []
    code: list[str] = []
    begun = first
    depth = 0
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        if line.strip().startswith("--"):
            if not comments:
                begun = number
            comments.append(line)
            continue
        code.append(line)
        depth += sql.depth(line)
        last = number == first + len(lines) - 1 or not any(each.strip() for each in lines[number - first + 1 :])
        if depth == 0 and (line.rstrip().endswith(",") or last):
            stat = _read_item(comments, "\n".join(code), begun, number, statement, defaults, path, mistakes)
            if stat:
                yield stat
            comments, code = [], []
    if code:
        mistakes.add(path, begun, "the parentheses of this item do not close")


def _read_item(
    comments: list[str],
    code: str,
    begun: int,
    line: int,
    statement: str,
    defaults: dict[str, str],
    path: Path,
    mistakes: Mistakes,
) -> Stat | None:
    ending = _ITEM_END.search(code.strip().removesuffix(","))
    if not ending:
        mistakes.add(path, line, "an item ends in `AS name`")
        return None
    name = ending.group(1)
    if not comments:
        mistakes.add(path, line, f"{name} has no record: write `-- {name}: what it counts` above it")
        return None
    record = dict(defaults)
    pieces = list(_logical_lines(comments, begun))
    title, _, definition = pieces[0][1].partition(": ")
    if title != name or not definition.strip():
        mistakes.add(path, begun, f"the record of {name} begins with `-- {name}: what it counts`")
    for number, text in pieces[1:]:
        if _FIELD.match(text):
            _read_fields(text, number, record, path, mistakes)
        else:
            mistakes.add(path, number, f"`{text[:40]}` is not `key: value`")
    for key in _REQUIRED:
        if not record[key]:
            mistakes.add(path, begun, f"{name} does not say its `{key}`")
    kind, payload = Kind(record.pop("kind")), Payload(record.pop("payload"))
    expression = code.strip().removesuffix(",")[: ending.start()].strip()
    return Stat(
        name=name,
        definition=definition.strip(),
        statement=statement,
        expression=expression,
        kind=kind,
        payload=payload,
        file=path.name,
        line=begun,
        **record,
    )


def _read_ctes(text: str) -> tuple[Cte, ...]:
    text = sql.without_comments(text)
    found = []
    for name, body in sql.named_bodies(text):
        found.append(Cte(name, body))
    return tuple(found)


def _read_from(
    lines: list[str], first: int, path: Path, mistakes: Mistakes
) -> tuple[str | None, tuple[Join, ...], str]:
    """The base table, the LEFT JOINs, and GROUP BY with ORDER BY as they stand."""
    base: str | None = None
    joins: list[Join] = []
    tail: list[str] = []
    for number, line in enumerate(lines, first):
        words = line.strip()
        if match := re.fullmatch(r"FROM ([a-z_]+)", words):
            base = match.group(1)
        elif match := re.fullmatch(r"LEFT JOIN ([a-z_]+)(?: AS ([a-z_]+))? ON (.+)", words):
            joins.append(Join(match.group(1), match.group(2) or match.group(1), match.group(3)))
        elif words.startswith(("GROUP BY ", "ORDER BY ")):
            tail.append(words)
        elif words and not words.startswith("--"):
            mistakes.add(path, number, "after the items come `FROM table`, `LEFT JOIN`s, `GROUP BY`, `ORDER BY`")
    return base, tuple(joins), "\n".join(tail)
