"""What all commands share: results on stdout, notes on stderr, exit codes, suggestions, no credential in a message."""

from __future__ import annotations

import difflib
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from fa_stats.errors import ExitCode, FaStatsError, NotFoundError

if TYPE_CHECKING:
    from datetime import date

P = ParamSpec("P")
_CREDENTIALS = re.compile(r"://(?!user(?::password)?@host[:/])\S*@")  # the example of our own messages stays


def note(text: str) -> None:
    """Say something that is not a result."""
    click.echo(_without_credentials(text), err=True)


def dump(value: Any) -> str:
    """Write a result as JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """Write days and moments as ISO 8601 does."""
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def aligned(found: dict[str, Any]) -> str:
    """Write a result as lines of names and values."""
    width = max(len(key) for key in found)
    return "\n".join(f"{key:<{width}}  {value}" for key, value in found.items())


def not_found(kind: str, name: str, known: Iterable[str]) -> NotFoundError:
    """Return the error for a name that does not exist, with those that may have been meant."""
    by_lower = {each.lower(): each for each in known}
    close = [by_lower[each] for each in difflib.get_close_matches(name.lower(), by_lower, 3)]
    hint = f"Did you mean {' or '.join(close)}?" if close else "`fa-stats catalogue list` shows all."
    return NotFoundError(f"There is no {kind} `{name}`. {hint}")


class Commands(click.Group):
    """A group that suggests what a mistyped command may have meant, and repeats no credential in a usage error."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is a usage error with a suggestion."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            if not close or "Did you mean" in error.format_message():
                raise
            raise click.UsageError(f"No such command '{args[0]}'. Did you mean '{close[0]}'?", ctx) from None

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the arguments that come before the command."""
        with _careful():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the command's arguments and call it."""
        with _careful():
            return super().invoke(ctx)


@contextmanager
def _careful() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        said = error.format_message()
        if _without_credentials(said) == said:
            raise
        raise click.UsageError(_without_credentials(said), error.ctx) from None


def _without_credentials(text: str) -> str:
    return _CREDENTIALS.sub("://***@", text)


def fault(error: Exception) -> str:
    """Say where an error came up that nobody foresaw: places in our code, no values, which might be secret."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(each.filename).name}:{each.lineno}" for each in frames if "fa_stats" in each.filename]
    return (
        f"an unexpected {type(error).__name__} at {' > '.join(places)}. This is a fault of fa_stats itself; please "
        "report this line. `fa-stats verify` tells whether all that is kept holds."
    )


def guarded(function: Callable[P, int | None]) -> Callable[P, None]:
    """End with the exit code of the command, or of the error in words: a user's mistake never shows a traceback."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or ExitCode.DONE
            sys.stdout.flush()
        except FaStatsError as error:
            note(f"fa-stats: {error}")
            code = error.exit_code
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            note("fa-stats: interrupted. Earlier days are whole; nothing half-written is left.")
            code = ExitCode.NO_PAYLOAD
        except BrokenPipeError:
            # Whoever read the output has seen enough; what is left of it is for nobody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ExitCode.DONE
        except Exception as error:  # a fault of our own has its own exit code, too
            note(f"fa-stats: {fault(error)}")
            code = ExitCode.NO_PAYLOAD
        sys.exit(int(code))

    return call


class Day(click.ParamType):  # type: ignore[type-arg] # generic in newer versions of click only
    """A day as YYYY-MM-DD."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it; anything else is a usage error."""
        from fa_stats.parameters import parse_day

        try:
            return parse_day(value) if isinstance(value, str) else value
        except FaStatsError as error:
            self.fail(str(error), param, ctx)


DAY = Day()


def _not_empty(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse a source that is empty: behind it stands a variable that was not set, and another one is never guessed."""
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty. Leave the option out for the source of the settings.", ctx, param)
    return value


source_option = click.option(
    "--source",
    metavar="URL",
    callback=_not_empty,
    help="Where the instance is; else FA_STATS_SOURCE, else the settings, else the demo.",
)
kept_option = click.option(
    "--source", metavar="URL", callback=_not_empty, help="The source whose run it is; else that of the newest run."
)
sole_option = click.option(
    "--source", metavar="URL", callback=_not_empty, help="The source whose run it is, where a day has runs of several."
)
day_option = click.option(
    "--day", type=DAY, metavar="DAY", help="The report's day, YYYY-MM-DD in UTC; today by default."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
