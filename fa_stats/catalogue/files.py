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
    "within": "",
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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        mistakes.add(path, 1, "the file is not UTF-8 text")
        return None
    return _Reader(path, lines, mistakes).statement()


@dataclass
class _Reader:
    """One file while it is read: header, WITH clause, select items, FROM clause, in this order."""

    path: Path
    lines: list[str]
    mistakes: Mistakes
    name: str = ""
    defaults: dict[str, str] = field(default_factory=lambda: dict(_DEFAULTS))

    def statement(self) -> Statement | None:
        text = "\n".join(self.lines)
        for line, sentence in sql.forbidden(text):
            self._wrong(line, sentence)
        starts = [number for number, line in enumerate(self.lines) if line.rstrip() == "SELECT"]
        if len(starts) != 1:
            self._wrong(1, f"a statement has one SELECT on a line of its own; found {len(starts)}")
            return None
        start = starts[0]
        end = next((n for n in range(start, len(self.lines)) if self.lines[n].startswith("FROM ")), len(self.lines))
        header_end = next(n for n, line in enumerate(self.lines) if not line.startswith("--"))
        intro = self._header(self.lines[:header_end])
        ctes = tuple(self._ctes("\n".join(self.lines[header_end:start]), header_end + 1))
        stats = tuple(self._items(self.lines[start + 1 : end], start + 2))
        if not stats:
            self._wrong(start + 1, "the SELECT has no item")
        base, joins, tail = self._from(self.lines[end:], end + 1)
        statement = Statement(self.name, intro, ctes, stats, base, joins, tail, self.path.name, text)
        for line, sentence in (*statement.unknown_names(), *_lawless(stats)):
            self._wrong(line, sentence)
        return statement

    def _wrong(self, line: int, sentence: str) -> None:
        self.mistakes.add(self.path, line, sentence)

    def _header(self, lines: list[str]) -> str:
        """Take up the statement's name and the fields that all its stats share; the introduction is what is left."""
        self.name = self.path.stem
        if not lines or not lines[0].startswith("-- statement: "):
            self._wrong(1, "the first line is `-- statement: NAME`")
            return ""
        name = lines[0].removeprefix("-- statement: ").strip()
        if name != self.name:
            self._wrong(1, f"the statement is called {name}, the file {self.name}")
        intro = []
        for number, text in _logical_lines(lines[1:], 2):
            if _FIELD.match(text):
                self._fields(text, number, self.defaults)
            else:
                intro.append(text)
        return " ".join(intro)

    def _fields(self, text: str, line: int, into: dict[str, str]) -> None:
        marks = list(_FIELD.finditer(text))
        for mark, after in zip(marks, [*marks[1:], None], strict=True):
            key = mark.group(1)
            value = text[mark.end() : after.start() if after else len(text)].strip()
            if key not in _DEFAULTS:
                self._wrong(line, f"unknown key `{key}`; known are {', '.join(_DEFAULTS)}")
            elif key in _CLOSED and value not in _CLOSED[key]:
                self._wrong(line, f"`{key}` is one of {', '.join(sorted(_CLOSED[key]))}, not `{value}`")
            else:
                into[key] = "" if value == "none" else value

    def _ctes(self, text: str, first: int) -> Iterator[Cte]:
        for name, body in sql.named_bodies(sql.without_comments(text)):
            if body is not None:
                yield Cte(name, body)
                continue
            line = next((n for n, line in enumerate(text.splitlines(), first) if line.lstrip().startswith(name)), first)
            self._wrong(line, f"before the SELECT comes `WITH name AS (...)`, every parenthesis closed, not `{name}`")

    def _items(self, lines: list[str], first: int) -> Iterator[Stat]:
        last = max((number for number, line in enumerate(lines, first) if _is_code(line)), default=0)
        comments: list[str] = []
        code: list[str] = []
        begun, depth = first, 0
        for number, line in enumerate(lines, first):
            if line.strip().startswith("--"):
                begun = begun if comments else number
                comments.append(line)
            elif _is_code(line):
                code.append(line)
                depth += sql.depth(line)
                if depth == 0 and (line.rstrip().endswith(",") or number == last):
                    if stat := self._item(comments, "\n".join(code), begun, number):
                        yield stat
                    comments, code = [], []
        if code:
            self._wrong(begun, "the parentheses of this item do not close")

    def _item(self, comments: list[str], code: str, begun: int, line: int) -> Stat | None:
        code = code.strip().removesuffix(",")
        ending = _ITEM_END.search(code)
        if not ending:
            self._wrong(line, "an item ends in `AS name`")
            return None
        name = ending.group(1)
        if not comments:
            self._wrong(line, f"{name} has no record: write `-- {name}: what it counts` above it")
            return None
        definition, record = self._record(name, comments, begun)
        return Stat(
            name=name,
            definition=definition,
            statement=self.name,
            expression=code[: ending.start()].strip(),
            kind=Kind(record.pop("kind")),
            payload=Payload(record.pop("payload")),
            file=self.path.name,
            line=begun,
            **record,
        )

    def _record(self, name: str, comments: list[str], begun: int) -> tuple[str, dict[str, str]]:
        record = dict(self.defaults)
        (_, first), *others = _logical_lines(comments, begun)
        title, _, definition = first.partition(": ")
        if title != name or not definition.strip():
            self._wrong(begun, f"the record of {name} begins with `-- {name}: what it counts`")
        for number, text in others:
            if _FIELD.match(text):
                self._fields(text, number, record)
            else:
                self._wrong(number, f"`{text[:40]}` is not `key: value`")
        for key in _REQUIRED:
            if not record[key]:
                self._wrong(begun, f"{name} does not say its `{key}`")
        return definition.strip(), record

    def _from(self, lines: list[str], first: int) -> tuple[str | None, tuple[Join, ...], str]:
        """Read the base table, the LEFT JOINs, and GROUP BY with ORDER BY as they stand."""
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
            elif _is_code(line):
                self._wrong(number, "after the items come `FROM table`, `LEFT JOIN`s, `GROUP BY`, `ORDER BY`")
        return base, tuple(joins), "\n".join(tail)


def _lawless(stats: tuple[Stat, ...]) -> Iterator[tuple[int, str]]:
    """Find laws that cannot be looked at, as (line, sentence): both sides are to be counts of one statement."""
    kinds = {stat.name: stat.kind for stat in stats}
    for stat in stats:
        whole = kinds.get(stat.within) if stat.within != stat.name else None
        if stat.within and not {stat.kind, whole} <= {Kind.COUNT, Kind.BREAKDOWN}:
            what = f"`within` of {stat.name} is to name another count of this file, not `{stat.within}`"
            yield stat.line, f"{what}; `within: none` says that it is part of nothing"


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("--")


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
