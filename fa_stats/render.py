"""Fragments of HTML: the few elements that reports and notebooks are made of, and how a value is put in words.

JupyterLab takes scripts, styles, svg and aria attributes out of a notebook that it does not trust, so no fragment has
any. Whatever is put into a fragment is escaped, unless it is a fragment itself.
"""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any, TypeAlias

from fa_stats.catalogue.stat import Kind
from fa_stats.collection import Figure, Status

SPACE = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"
# The months of the standard library speak the language of whoever set the locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# A control character is shown as its code: it would vanish, or (the bidirectional ones) turn the words around it.
HIDDEN = [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F)]
HIDDEN += [*range(0x2066, 0x206A), *range(0xD800, 0xE000), 0xFEFF, 0xFFFE, 0xFFFF]
_VISIBLE = {code: f"\\u{code:04x}" for code in HIDDEN}

# What the style sheet of the report says, for the notebook, which has none; `<` is escaped everywhere else.
_INLINE = {
    "<td>": '<td style="text-align: left; vertical-align: top">',
    '<th scope="row">': '<th scope="row" style="text-align: left; vertical-align: top">',
    '<th scope="col">': '<th scope="col" style="text-align: left">',
    "<caption>": '<caption style="text-align: left">',
}


@dataclass(frozen=True, slots=True, repr=False)
class Fragment:
    """A piece of a page: HTML in a report or a notebook, plain text elsewhere (folded parts left out)."""

    html: str

    def __html__(self) -> str:
        return self.html

    def __str__(self) -> str:
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        return "\n".join(line for raw in "".join(reader.parts).splitlines() if (line := raw.strip()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        text = self.html
        for plain, styled in _INLINE.items():
            text = text.replace(plain, styled)
        return text


Content: TypeAlias = str | Fragment


def element(tag: str, *children: Content, **attributes: str | bool | None) -> Fragment:
    """Make an HTML element; `class_` is the class attribute, True is an attribute without a value."""
    inside = "".join(child.html if isinstance(child, Fragment) else escape(child) for child in children)
    opening = "".join(_attribute(name.rstrip("_"), value) for name, value in attributes.items() if value)
    end = "" if tag in ("img", "br", "wbr") else f"</{tag}>"
    return Fragment(f"<{tag}{opening}>{inside}{end}")


def join(*parts: Content) -> Fragment:
    """Put parts one after the other."""
    return Fragment("".join(part.html if isinstance(part, Fragment) else escape(part) for part in parts))


def escape(text: str) -> str:
    """Make text safe as the content of an element."""
    # A bare carriage return would be read as a line feed.
    return html.escape(visible(text), quote=False).replace("\r", "&#13;")


def visible(text: str) -> str:
    """Show the code of each character that nobody would see, or that no XML and no file can hold."""
    return text.translate(_VISIBLE)


def paragraph(*children: Content, class_: str | None = None) -> Fragment:
    """Make a paragraph."""
    return element("p", *children, class_=class_)


def code(text: str) -> Fragment:
    """Set a name or a digest in the letters of code."""
    return element("code", text)


def prose(text: str) -> Fragment:
    """Make a sentence in which backticks set commands and names apart."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return join(text)
    return join(*(code(piece) if at % 2 else piece for at, piece in enumerate(pieces)))


def listing(text: str) -> Fragment:
    """Show a text of many lines as it is."""
    # HTML takes away a line break right after <pre>; the one put here is that one.
    return element("pre", "\n", element("code", text))


def folded(summary: Content, *body: Content, class_: str | None = None) -> Fragment:
    """Fold a part away until the reader opens it."""
    return element("details", element("summary", summary), *body, class_=class_)


def terms(pairs: Iterable[tuple[str, Content]], class_: str = "terms") -> Fragment:
    """List names and what they stand for."""
    inside = [element("div", element("dt", name), element("dd", content)) for name, content in pairs]
    return element("dl", *inside, class_=class_)


def table(
    caption: Content,
    head: Sequence[str],
    rows: Iterable[Sequence[Content]],
    *,
    numeric: Container[int] = (),
    class_: str | None = None,
) -> Fragment:
    """Make a table: the first cell of each row names it, the columns in `numeric` hold figures."""
    top = [element("th", name, scope="col", class_="n" if at in numeric else None) for at, name in enumerate(head)]
    body = []
    for first, *others in rows:
        cells = [element("td", cell, class_="n" if at in numeric else None) for at, cell in enumerate(others, 1)]
        body.append(element("tr", element("th", first, scope="row"), *cells))
    whole = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *top)),
        element("tbody", *body),
        class_=class_,
    )
    return element("div", whole, class_="scroll")


def figure(svg: str, *, alt: str, caption: Content) -> Fragment:
    """Embed a chart; `alt` says what it shows in words."""
    source = "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()
    return element("figure", element("img", src=source, alt=alt), element("figcaption", caption))


def number(value: int | float) -> str:
    """Write a number with thousands separators."""
    return f"{value:,}"


def count(value: int, noun: str, plural: str | None = None) -> str:
    """Write a number of things: 1 stat, 2 stats."""
    return f"{number(value)}{SPACE}{noun if value == 1 else plural or noun + 's'}"


def duration(microseconds: float) -> str:
    """Write a time in milliseconds, from one second on in seconds."""
    if not microseconds:
        return f"0{SPACE}ms"
    if microseconds >= 1_000_000:
        return f"{microseconds / 1_000_000:,.2f}".rstrip("0").rstrip(".") + f"{SPACE}s"
    return f"{microseconds / 1000:,.{1 if microseconds >= 10_000 else 2}f}{SPACE}ms"


def milliseconds(microseconds: float) -> str:
    """Write a time as a column of milliseconds has it."""
    return f"{microseconds / 1000:,.2f}"


def percent(ratio: float) -> str:
    """Write a share; small ones keep a decimal place."""
    if 0 < ratio < 0.001:
        return f"under 0.1{SPACE}%"
    return f"{ratio * 100:,.{1 if ratio < 0.1 and ratio else 0}f}{SPACE}%"


def signed(text: str, value: float) -> str:
    """Put the sign of `value` before the text of its absolute size."""
    return f"+{text}" if value > 0 else f"\N{MINUS SIGN}{text}" if value < 0 else text


def day(value: date) -> str:
    """Write a date: 23 November 2026."""
    return f"{value.day}{SPACE}{_MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime) -> str:
    """Write a point in time, in UTC."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{day(utc)}, {utc:%H:%M:%S}{SPACE}UTC"


def status(value: Status) -> str:
    """Put a status in words."""
    return value.replace("_", " ")


def outcome(figure: Figure, kind: Kind | None = None) -> Fragment:
    """Show what came out for a stat: its value, or its status in words where it has none."""
    if figure.status is not Status.OK:
        return element("em", status(figure.status))
    return shown(figure.name, figure.value, kind)


def shown(name: str, content: Any, kind: Kind | None = None) -> Fragment:
    """Show the value of the stat of that name; of the licence's id only whether it is there."""
    # Whoever holds the licence's id can act as the licensee.
    return value("present" if name == "licenseId" and content else content, kind)


def value(content: Any, kind: Kind | None = None) -> Fragment:
    """Show a value as a person reads it."""
    if content is None:
        return element("em", "null")
    if isinstance(content, bool):
        return join("yes" if content else "no")
    if isinstance(content, int | float):
        return join(number(content), _unit(content, kind))
    if isinstance(content, str):
        return join(content) if content.strip() else element("em", f"empty text ({count(len(content), 'character')})")
    pairs = parts(content)
    if not pairs:
        return element("em", "empty list" if isinstance(content, list) else "empty object")
    return element("ul", *(element("li", name, " ", element("b", text)) for name, text in pairs), class_="parts")


def parts(content: list[Any] | Mapping[str, Any]) -> list[tuple[str, str]]:
    """Take a breakdown or an object apart: a name and a text for each entry."""
    if isinstance(content, Mapping):
        return [(str(name), _plain(each)) for name, each in content.items()]
    return [_entry(each) for each in content]


def _entry(entry: Any) -> tuple[str, str]:
    if not isinstance(entry, Mapping) or "count" not in entry:
        return _plain(entry), ""
    names = [_plain(each) for key, each in entry.items() if key != "count"]
    return ", ".join(names) or "not named", _plain(entry["count"])


def _plain(content: Any) -> str:
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, int | float):
        return number(content)
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def _unit(content: int | float, kind: Kind | None) -> str:
    if kind is Kind.MILLIS:
        return f"{SPACE}ms"
    if kind is not Kind.BYTES:
        return ""
    size, names = float(content), ["bytes", "KiB", "MiB", "GiB", "TiB"]
    while abs(size) >= 1024 and len(names) > 1:
        size, names = size / 1024, names[1:]
    return f"{SPACE}bytes" + (f" ({size:,.1f}{SPACE}{names[0]})" if names[0] != "bytes" else "")


def _attribute(name: str, value: str | bool | None) -> str:
    return f" {name}" if value is True else f' {name}="{html.escape(visible(str(value)))}"'


class _Reader(HTMLParser):
    """Reads the text of a fragment: a line for each block, of a folded part its summary only."""

    _BLOCKS = frozenset({"p", "caption", "tr", "li", "div", "summary", "figcaption", "pre", "figure"})

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.folds = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "summary":
            self.folds -= 1
        if tag == "img" and not self.folds:
            self.parts.append(f"{dict(attrs).get('alt') or ''}\n")
        if tag == "details":
            self.folds += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self.folds -= 1
        if not self.folds:
            self.parts.append("\n" if tag in self._BLOCKS else "  " if tag in ("td", "th", "dt") else "")
        if tag == "summary":
            self.folds += 1

    def handle_data(self, data: str) -> None:
        if not self.folds:
            self.parts.append(data)
