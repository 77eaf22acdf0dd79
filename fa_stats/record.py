"""run.json: what a run is, how far it came, and its verdict; the one place that a verdict is read from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from fa_stats.errors import ExitCode, StorageError


class Verdict(StrEnum):
    """A run in one word."""

    OK = "OK"
    CHANGED = "CHANGED"
    INCOMPLETE = "INCOMPLETE"
    FAILED = "FAILED"
    OFF = "OFF"
    BLOCKED = "BLOCKED"  # a check failed: there is a payload, and it must not be sent


class State(StrEnum):
    """How far the sending of one payload has come."""

    NOT_ASKED = "not asked for"
    NOT_ALLOWED = "not allowed"
    BLOCKED = "blocked"  # a check or a digest does not hold
    UNAPPROVED = "waiting for approval"
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    NEVER = "never to be sent"


PAYLOADS = {"stats": "Usage data", "metrics": "Metrics"}  # what people call the two


@dataclass(frozen=True, slots=True)
class Sent:
    """One of the two payloads ("stats" or "metrics") on its way out: where it is, and why, in words.

    `receipt` is the digest of the receipt's file, `at` when the receiver's last answer came; both are there once the
    receiver has accepted or refused it.
    """

    payload: str
    state: State
    reason: str
    receipt: str | None = None
    host: str | None = None
    at: datetime | None = None
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """Whether the payloads left the house, and why or why not, in words; `payloads` tells the two apart."""

    state: str = "not asked for"
    reason: str = "Nothing was sent: sending was not asked for."
    payloads: tuple[Sent, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that was asked to send: 0 where nothing is left that ought to have been sent."""
        states = {each.state for each in self.payloads}
        if State.BLOCKED in states:
            return ExitCode.CHECK_FAILED
        return ExitCode.DONE if states <= {State.SENT, State.NOT_ASKED} else ExitCode.NOT_SENT


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run, as run.json keeps it. Times are UTC; `files` maps paths relative to the project to their sha256."""

    run: str
    day: date
    started: datetime
    verdict: Verdict
    headline: str
    exit_code: int
    source_kind: str
    source_label: str
    finished: datetime | None = None
    instance: str | None = None
    application_version: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    payload_sha256: str | None = None
    metrics_sha256: str | None = None
    previous_run: str | None = None
    previous_day: date | None = None
    again_because: str | None = None
    problem: str | None = None
    advice: str | None = None
    submission: Submission = Submission()
    budget_microseconds: int | None = None
    catalogue_sha256: str | None = None
    definitions: str | None = None
    policy_sha256: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the text of run.json, keys in the order above."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False, default=_plain) + "\n"

    @classmethod
    def read(cls, path: Path) -> RunRecord:
        """Read a run.json; raises StorageError where the file is absent, cut short or not a run record."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            known = {each.name for each in fields(cls)}
            values: dict[str, Any] = {key: value for key, value in data.items() if key in known}
            values["day"] = date.fromisoformat(values["day"])
            values["started"] = datetime.fromisoformat(values["started"])
            for key, parse in (("finished", datetime.fromisoformat), ("previous_day", date.fromisoformat)):
                values[key] = parse(values[key]) if values.get(key) else None
            values["verdict"] = Verdict(values["verdict"])
            values["submission"] = _submission(values.get("submission", {}))
            return cls(**values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            message = (
                f"{path} cannot be read as the record of a run; `fa-stats report DAY` makes it anew from the snapshot."
            )
            raise StorageError(message) from error


def _submission(data: dict[str, Any]) -> Submission:
    """Read a submission; that of an older run does not tell the two payloads apart."""
    known = {each.name for each in fields(Sent)}
    payloads = []
    for each in data.get("payloads", ()):
        values = {key: value for key, value in each.items() if key in known}
        at = datetime.fromisoformat(values["at"]) if values.get("at") else None
        given = {"state": State(values["state"]), "at": at, "approved_by": tuple(values.get("approved_by", ()))}
        payloads.append(Sent(**values | given))
    return Submission(data.get("state", ""), data.get("reason", ""), tuple(payloads))


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"run.json cannot hold a {type(value).__name__}")
