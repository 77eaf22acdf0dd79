"""Every error a user can meet, and the exit code that it ends in.

    FaStatsError                 3  no payload could be computed
    ├── UsageError               2  the command or the settings are wrong
    │   ├── SettingsError        2  fa_stats.toml
    │   ├── DayError             2  a day that cannot be reported
    │   ├── ParameterError       2  a notebook parameter
    │   └── NotFoundError        2  a stat, statement, day or run that does not exist
    ├── CatalogueError           2  the .sql files of the catalogue
    ├── SourceError              3  the instance cannot be read
    │   └── QueryError           3  one statement failed; the collector turns it into statuses
    ├── CollectionOffError       3  collection is switched off
    ├── BusyError                3  another run is at work
    ├── StorageError             3  a folder or file cannot be read or written
    ├── RunError                 3  the notebook of a run stopped before its end
    ├── CheckFailedError         1  a check, a digest or a signature does not hold
    └── NotSentError             4  something could not be sent although that was asked for

A message says what happened, where, and what to do now. It never holds a password, a token or the address of a server.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fa_stats.sources import Answer


class ExitCode(IntEnum):
    """What a command's exit code means."""

    DONE = 0
    CHECK_FAILED = 1
    USAGE = 2
    NO_PAYLOAD = 3
    NOT_SENT = 4
    PARTIAL = 5

    @property
    def meaning(self) -> str:
        """The sentence of the documentation."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.DONE: "Done.",
    ExitCode.CHECK_FAILED: "A check failed: the report is made, sending is blocked.",
    ExitCode.USAGE: "The command or the settings are wrong; nothing was touched.",
    ExitCode.NO_PAYLOAD: "No payload could be computed (an interrupted run counts here too).",
    ExitCode.NOT_SENT: "The payload was computed, but not sent although that was asked for.",
    ExitCode.PARTIAL: "Partial: some stat failed, timed out or went over the budget.",
}


class FaStatsError(Exception):
    """Something a person has to know about; the message says what to do."""

    exit_code = ExitCode.NO_PAYLOAD

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in Jupyter, where a traceback would hide it."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(FaStatsError):
    """The command or the settings are wrong: correct them and call again."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """fa_stats.toml is wrong: all mistakes are listed."""


class DayError(UsageError):
    """The day cannot be reported: give another one."""


class ParameterError(UsageError):
    """A notebook parameter is unknown, of a wrong type, or looks like a credential."""


class NotFoundError(UsageError):
    """There is no stat, statement, day or run of that name."""


class CatalogueError(FaStatsError):
    """The catalogue's files are wrong: all mistakes of all files are listed, with file and line."""

    exit_code = ExitCode.USAGE


class SourceError(FaStatsError):
    """The instance cannot be read: check the source and its rights."""


class QueryError(SourceError):
    """One statement failed."""

    def __init__(
        self,
        message: str,
        *,
        timed_out: bool = False,
        over_budget: bool = False,
        document: bool = False,
        schema: bool = False,
        lost: bool = False,
    ) -> None:
        super().__init__(message)
        self.timed_out = timed_out
        self.over_budget = over_budget  # its plan alone said that it would read too much: it did not run
        self.document = document  # a document cannot be parsed: no figure that reads one can be had
        self.schema = schema  # a table or column is not there, or not to be read: the schema is worth another look
        self.lost = lost  # the connection is gone
        self.spent: Answer | None = None  # what it cost, with no row


class CollectionOffError(FaStatsError):
    """Collection is switched off: nothing was read."""


class BusyError(FaStatsError):
    """Another run is at work: wait for it, or look at its report."""


class StorageError(FaStatsError):
    """A folder or file of fa_stats cannot be read or written."""


class RunError(FaStatsError):
    """The notebook of a run stopped before its end: the report says where."""


class CheckFailedError(FaStatsError):
    """A check, a digest or a signature does not hold: nothing is approved or sent until somebody has looked."""

    exit_code = ExitCode.CHECK_FAILED


class NotSentError(FaStatsError):
    """Something could not be sent although that was asked for; it waits, or the message says why it never will be."""

    exit_code = ExitCode.NOT_SENT
