"""Tables of TOML or JSON into dataclasses, strictly: every mistake is put in words, an unknown key is one."""

from __future__ import annotations

import difflib
import os
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints


def section(kind: Any, table: Any, name: str, mistakes: list[str]) -> Any:
    """Return the dataclass `kind` filled from a table, with a sentence for each mistake; None where it cannot be.

    What is wrong is at its default, so that the rest can be looked at, too.
    """
    known = {each.name: each for each in fields(kind)}
    if not isinstance(table, dict):
        mistakes.append(f"`{name.strip('[]')}` is a section: write [{name}]")
        return None
    hints = get_type_hints(kind)
    values = {}
    for key, value in table.items():
        converted = _convert(value, hints[key]) if key in known else None
        if key not in known:
            mistakes.append(unknown(key, f" in [{name}]", known))
        elif converted is None:
            # A list or table is not repeated: it may hold a source with its credentials.
            given = f"a {type(value).__name__}" if isinstance(value, list | dict) else repr(value)
            mistakes.append(f"`{key}` in [{name}] is to be {_words(hints[key])}, not {given}")
        else:
            values[key] = converted
    needed = [key for key, each in known.items() if each.default is MISSING and each.default_factory is MISSING]
    if missing := [key for key in needed if key not in table]:
        mistakes.append(f"[{name}] lacks {', '.join(f'`{key}`' for key in missing)}")
    return kind(**values) if set(needed) <= values.keys() else None


def unknown(key: str, where: str, known: Iterable[str]) -> str:
    """Say that there is no such key, and which one may have been meant."""
    known = list(known)
    close = difflib.get_close_matches(key, known, 1)
    hint = f"; did you mean `{close[0]}`?" if close else f"; known are {', '.join(known)}"
    return f"unknown key `{key}`{where}{hint}"


def _convert(value: Any, hint: Any) -> Any:
    """Return the value as its field wants it, None where it is of another type."""
    kind = _kind(hint)
    if kind is Path:
        return Path(os.path.expanduser(value)) if isinstance(value, str) and value else None  # noqa: PTH111 - never raises
    if kind is float:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if kind is date:
        return value if isinstance(value, date) and not isinstance(value, datetime) else None
    if kind is tuple:
        texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return tuple(value) if texts else None
    if kind is Mapping:
        texts = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        return value if texts else None
    return value if type(value) is kind else None


def _kind(hint: Any) -> Any:
    """Return the type that a field's annotation is about, None and type arguments left out."""
    if get_origin(hint) in (Union, types.UnionType):
        [hint] = [kind for kind in get_args(hint) if kind is not type(None)]
    return get_origin(hint) or hint


def _words(hint: Any) -> str:
    return {
        Path: "a path in quotes",
        float: "a number",
        int: "a whole number",
        bool: "true or false",
        str: "a text in quotes",
        date: "a day such as 2026-11-23, without quotes",
        tuple: "a list of texts in quotes",
        Mapping: "a table of texts in quotes",
    }[_kind(hint)]
