"""The parameters of the daily notebook, read strictly: papermill itself takes any name and any text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from fa_stats.errors import DayError, ParameterError

_CREDENTIAL = re.compile(
    r"://[^/\s@:]*:[^\s]*@|\bhttps?://[^/\s]*@|\b(?:password|passwd|secret|token|api[_-]?key)\s*[=:]", re.IGNORECASE
)
_FIRST = date(2000, 1, 1)
_OF_JUPYTER = frozenset({"In", "Out"})
_PLAIN = (str, int, float, bool, list, dict, tuple, date, type(None))


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a run is asked to do; each is a variable of the notebook's cell that is tagged `parameters`."""

    day: date | None = None
    source: str | None = None
    submit: bool = False
    again: bool = False
    reason: str | None = None
    isolated: bool = False

    def check(self, today: date) -> date:
        """Return the day of the report, in UTC; raises DayError for one to come, ParameterError for words that miss."""
        if self.again and not (self.reason or "").strip():
            raise ParameterError('A second run of a day needs a reason for the ledger: --again --reason "why".')
        if self.reason and not self.again:
            raise ParameterError("`reason` says why a day is run again: give it together with --again.")
        day = self.day or today
        if day > today:
            raise DayError(f"{day} is still to come: today is {today} (UTC). Give today or an earlier day.")
        return day


def parse_day(text: str) -> date:
    """Read a day written as YYYY-MM-DD; raises DayError."""
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        day = None
    if day is None:
        said = "That" if _CREDENTIAL.search(text) else repr(text)
        raise DayError(f"{said} is no day. Write it as 2026-11-23.")
    if day < _FIRST:
        raise DayError(f"{day} is too early: no instance is as old. Give a day since {_FIRST}.")
    return day


def of_notebook(namespace: Mapping[str, Any]) -> Parameters:
    """Return the parameters among a notebook's variables.

    Raises ParameterError for an unknown name, a wrong type, a text such as "false", or anything like a credential.
    """
    given = among(namespace, [each.name for each in fields(Parameters)])
    return Parameters(**{name: _convert(name, value) for name, value in given.items()})


def among(namespace: Mapping[str, Any], known: Sequence[str]) -> dict[str, Any]:
    """Return those of a notebook's variables that are parameters of these names.

    Raises ParameterError for another name, or anything like a credential.
    """
    given = {
        name: value
        for name, value in namespace.items()
        if not name.startswith(("_", "PAPERMILL_"))
        and name not in _OF_JUPYTER
        and isinstance(value, _PLAIN)  # everything else is what the notebook's own cells made
    }
    for name, value in given.items():
        if _CREDENTIAL.search(str(value)):
            raise ParameterError(
                f"`{name}` holds something like a credential. Papermill writes parameters into the notebook: "
                "put the source with its credentials into the environment variable FA_STATS_SOURCE instead, delete the "
                "notebook that papermill has written, and change the credential if others may have read it."
            )
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean `{close[0]}`?" if close else f"Known are {', '.join(known)}."
            raise ParameterError(f"There is no parameter `{name}`. {hint}")
    return given


def day_of(name: str, value: Any) -> date | None:
    """Return the day that a notebook's parameter names; raises ParameterError or DayError."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return parse_day(value)
    raise ParameterError(f"`{name}` is to be a text such as 2026-11-23, not {value!r}.")


def _convert(name: str, value: Any) -> Any:
    if name in ("submit", "again", "isolated"):
        if isinstance(value, bool):
            return value
        raise ParameterError(
            f"`{name}` is to be True or False, not {value!r}. With papermill: `-p {name} True`, with a capital letter."
        )
    if value is None or value == "":
        return None
    if name == "day":
        return day_of(name, value)
    if isinstance(value, str):
        return value
    raise ParameterError(f"`{name}` is to be a text, not {value!r}.")
