"""The commands: results on stdout, progress and notes on stderr. Heavy libraries are imported by the commands that use them."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from fa_stats import __version__
from fa_stats.errors import ExitCode, FaStatsError

if TYPE_CHECKING:
    from datetime import date

    from fa_stats.collector import Progress
    from fa_stats.record import RunRecord

P = ParamSpec("P")


def note(text: str) -> None:
    """Say something that is not a result."""
    click.echo(text, err=True)


class Commands(click.Group):
    """A group that suggests the command that a mistyped name may have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is a usage error with a suggestion."""
        import difflib

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            if close and "Did you mean" not in error.message:
                error.message += f" Did you mean '{close[0]}'?"
            raise


def guarded(function: Callable[P, int | None]) -> Callable[P, None]:
    """End with the exit code of the command, or of the error in words: a user's mistake never shows a traceback."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = function(*args, **kwargs) or ExitCode.DONE
        except FaStatsError as error:
            note(f"fa-stats: {error}")
            code = error.exit_code
        except KeyboardInterrupt:
            note("fa-stats: interrupted. Earlier days are whole; nothing half-written is left.")
            code = ExitCode.NO_PAYLOAD
        except BrokenPipeError:
            # Whoever read the output has seen enough.
            sys.stderr.close()
            code = ExitCode.DONE
        sys.exit(int(code))

    return call


class Day(click.ParamType):
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
_source = click.option("--source", metavar="URL", help="Where the instance is; else FA_STATS_SOURCE, else the settings.")
_day = click.option("--day", type=DAY, metavar="DAY", help="The report's day, YYYY-MM-DD in UTC; today by default.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def _epilog() -> str:
    codes = "\n".join(f"  {code.value}  {code.meaning}" for code in ExitCode)
    return f"\b\nExit codes:\n{codes}"


@click.group(cls=Commands, epilog=_epilog(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fa-stats")
def main() -> None:
    """Count what a FusionAuth instance reports about itself, and leave a report that an auditor can check."""
    # A scheduler's SIGTERM ends a run as Ctrl-C does: with a record and a report.
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))


@main.command()
@_source
@_day
@click.option("--submit", is_flag=True, help="Send the payload, where that is allowed.")
@click.option("--again", is_flag=True, help="Run a day once more that has a run already.")
@click.option("--reason", metavar="TEXT", help="Why it is run again, for the ledger.")
@click.option("--isolated", is_flag=True, help="Measure every stat alone.")
@_json
@guarded
def run(
    source: str | None,
    day: date | None,
    submit: bool,
    again: bool,
    reason: str | None,
    isolated: bool,
    as_json: bool,
) -> int:
    """Do the daily run: collect, store, render the report, enter the ledger.

    A day that has a run already is not run again: its result is shown, and no connection is opened.
    """
    from fa_stats import daily, settings
    from fa_stats.clock import Clock
    from fa_stats.parameters import Parameters

    found = settings.load()
    asked = Parameters(day=day, source=source, submit=submit, again=again, reason=reason, isolated=isolated)
    record, earlier = daily.execute(found, asked, Clock(), note)
    if earlier:
        note(f"{record.day} has its run already: {record.run}. No connection was opened; this is its result.")
    report = found.reports / record.day.isoformat() / record.run / "report.html"
    if as_json:
        click.echo(record.to_json(), nl=False)
    else:
        _print_record(record, report)
    return record.exit_code


def _print_record(record: RunRecord, report: Path) -> None:
    click.echo(f"{record.verdict}  {record.headline}")
    for line in (record.problem, record.advice):
        if line:
            click.echo(line)
    if record.payload_sha256:
        click.echo(f"Payload sha256 {record.payload_sha256}. {record.submission.reason}")
    shown = report.relative_to(Path.cwd()) if report.is_relative_to(Path.cwd()) else report
    click.echo(shown)


@main.command()
@_source
@_day
@click.option("--preview", is_flag=True, help="Show what would be collected if it were on; nothing is kept.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of stdout.")
@click.option("--isolated", is_flag=True, help="Measure every stat alone.")
@guarded
def collect(source: str | None, day: date | None, preview: bool, output: Path | None, isolated: bool) -> int:
    """Print the payload's exact bytes and nothing else: nothing is stored, nothing is sent."""
    from fa_stats import catalogue, collector, files, history, payload, policy, settings
    from fa_stats import run as runs
    from fa_stats.clock import Clock
    from fa_stats.parameters import Parameters

    found, clock = settings.load(), Clock()
    day = Parameters(day=day).check(clock.now().date())
    where = runs.source_of(found, source, day)
    order = collector.Order(
        day=day,
        settings=found,
        disabled=policy.disabled(found.switched_off, day),
        weights=history.weights(found.data, where.identity),
        isolated=isolated,
        preview=preview,
    )
    collection = collector.collect(where, catalogue.load(), order, clock, _progress())
    content = payload.usage_data(collection)
    if output:
        files.write(output, content)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    counts = ", ".join(f"{number} {status}" for status, number in collection.counts().items() if number)
    spent = collection.database_microseconds / 1000
    note(f"{len(collection.statements)} statements, {spent:.0f} ms in the database: {counts}.")
    return ExitCode.PARTIAL if collection.partial else ExitCode.DONE


def _progress() -> Progress:
    """A bar in a terminal, nothing elsewhere: a log gets the summary line."""
    from tqdm import tqdm

    bar = tqdm(total=0, unit=" stats", leave=False, disable=not sys.stderr.isatty())

    def show(statement: str, done: int, total: int) -> None:
        bar.total = total
        bar.set_description(statement or "done")
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return show


@main.group("catalogue", cls=Commands)
def catalogue_group() -> None:
    """The dictionary of all stats, without any connection."""


@catalogue_group.command("list")
@_json
@guarded
def catalogue_list(as_json: bool) -> None:
    """List every stat and metric with what it counts."""
    from fa_stats import catalogue

    loaded = catalogue.load()
    stats = [stat for stat in loaded if stat.payload != "context"]
    if as_json:
        names = {each.name: {"where": each.where, "meaning": each.meaning} for each in loaded.elsewhere}
        click.echo(_dump({"stats": [_public(stat) for stat in stats], "known_elsewhere": names}))
        return
    for stat in sorted(stats, key=lambda each: (each.payload != "stats", each.group, each.name)):
        click.echo(f"{stat.name}  [{stat.group}]  {stat.definition}")
    click.echo("")
    for each in loaded.elsewhere:
        click.echo(f"{each.name}  [known elsewhere, never collected]  {each.meaning}")


@catalogue_group.command("show")
@click.argument("name", metavar="STAT")
@_json
@guarded
def catalogue_show(name: str, as_json: bool) -> None:
    """Show one stat: what it counts, why, since when, and the query that counts it alone."""
    from fa_stats import catalogue
    from fa_stats.dialect import DIALECTS
    from fa_stats.query import compose

    loaded = catalogue.load()
    if other := next((each for each in loaded.elsewhere if each.name == name), None):
        found = {"name": name, "known elsewhere": other.where, "meaning": other.meaning, "collected": "never"}
        click.echo(_dump(found) if as_json else _lines(found))
        return
    stat = loaded.by_name.get(name)
    if stat is None:
        raise _not_found("stat", name, [*loaded.by_name, *(each.name for each in loaded.elsewhere)])
    [query] = compose(loaded, [stat], DIALECTS["duckdb"])
    if as_json:
        click.echo(_dump({**_public(stat), "sql": query.sql}))
    else:
        click.echo(_lines(_public(stat)) + f"\n\n{query.sql}")


@catalogue_group.command("sql")
@click.argument("name", metavar="[STATEMENT]", required=False)
@click.option("--dialect", type=click.Choice(["duckdb"]), default="duckdb", show_default=True)
@_json
@guarded
def catalogue_sql(name: str | None, dialect: str, as_json: bool) -> None:
    """Print the queries that a collection runs, or the one that a statement is part of."""
    from fa_stats import catalogue
    from fa_stats.dialect import DIALECTS
    from fa_stats.query import compose

    loaded = catalogue.load()
    if name and name not in loaded.statement:
        raise _not_found("statement", name, list(loaded.statement))
    queries = compose(loaded, list(loaded), DIALECTS[dialect])
    chosen = [query for query in queries if name is None or name in query.name.split("+")]
    if as_json:
        click.echo(_dump([{"name": each.name, "sha256": each.sha256, "sql": each.sql} for each in chosen]))
    else:
        click.echo(";\n\n".join(each.sql for each in chosen) + ";")


@main.command()
@click.argument("days", type=DAY, nargs=-1, metavar="[DAY [DAY]]")
@_source
@_json
@guarded
def diff(days: tuple[date, ...], source: str | None, as_json: bool) -> None:
    """Show what changed: since the last day but one, up to DAY, or between two days."""
    from fa_stats import comparison, settings

    if len(days) > 2:
        raise click.UsageError("Name two days at the most.")
    found = comparison.between(settings.load(), days, source)
    click.echo(_dump(found.to_json()) if as_json else found.to_text())


@main.group(cls=Commands)
def demo() -> None:
    """The embedded demo instance."""


@demo.command("create")
@click.argument("url", metavar="URL")
@click.option("--tenants", type=click.IntRange(1), default=40, show_default=True)
@click.option("--applications", type=click.IntRange(1), default=120, show_default=True)
@click.option("--users", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@_day
@guarded
def demo_create(url: str, tenants: int, applications: int, users: int, seed: int, day: date | None) -> None:
    """Make a realistic instance in an empty DuckDB file: duckdb:///path."""
    from fa_stats import demo as instance
    from fa_stats.clock import Clock
    from fa_stats.errors import StorageError, UsageError
    from fa_stats.files import refused

    if not url.startswith("duckdb:///"):
        raise UsageError("The demo instance is made in a DuckDB file: `fa-stats demo create duckdb:///path/to/file`.")
    path = Path(url.removeprefix("duckdb://"))
    if path.exists():
        raise StorageError(f"{path} exists already; it is left as it is. Name a file that does not exist yet.")
    size = instance.Size(tenants=tenants, applications=applications, users=users)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        instance.create(path, day=day or Clock().now().date(), seed=seed, size=size)
    except OSError as error:
        raise refused(path, error) from error
    click.echo(path)


@demo.command("backfill")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True)
@_json
@guarded
def demo_backfill(days: int, as_json: bool) -> None:
    """Give the demo a history: run it for each of the last days that has no run yet."""
    from fa_stats import daily, settings
    from fa_stats.clock import Clock

    records = daily.backfill(settings.load(), days, Clock(), note)
    if as_json:
        click.echo(_dump([json.loads(record.to_json()) for record in records]))
        return
    for record in records:
        click.echo(f"{record.day}  {record.verdict}  {record.headline}")
    click.echo(f"{len(records)} days added. `fa-stats diff` shows what changed, `fa-stats report DAY` renders a day.")


@main.command()
@click.argument("day", type=DAY, required=False)
@_source
@_json
@guarded
def report(day: date | None, source: str | None, as_json: bool) -> None:
    """Render the report of a day anew from its snapshot, by default the newest day's."""
    from fa_stats import comparison, settings
    from fa_stats import run as runs

    found = settings.load()
    snapshot = comparison.snapshot_of(found, day, source)
    record = runs.write_report(found, runs.stored_record(found, snapshot), snapshot)
    path = runs.folder_of(found, record) / "report.html"
    click.echo(record.to_json() if as_json else path, nl=not as_json)


@main.command()
@_json
@guarded
def doctor(as_json: bool) -> int:
    """Say what is set up, what is missing, and how to mend it. Nothing is changed, no stat is read."""
    from fa_stats import doctor as examination
    from fa_stats.clock import Clock

    findings = examination.examine(Clock())
    if as_json:
        click.echo(_dump([finding.to_json() for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"{'ok     ' if finding.good else 'MEND   '}{finding.what}")
            if finding.mend:
                click.echo(f"       {finding.mend}")
    return ExitCode.DONE if all(finding.good for finding in findings) else ExitCode.CHECK_FAILED


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@guarded
def init(folder: Path) -> None:
    """Lay out the notebooks and a commented settings file in DIR, to start from. No file is overwritten."""
    from fa_stats import project

    for path, made in project.lay_out(folder):
        click.echo(f"{'made' if made else 'kept'}  {path}")
    note(f"Next: cd {folder}; fa-stats doctor; fa-stats run")


def _not_found(kind: str, name: str, known: list[str]) -> FaStatsError:
    import difflib

    from fa_stats.errors import NotFoundError

    close = difflib.get_close_matches(name, known, 3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "`fa-stats catalogue list` shows all."
    return NotFoundError(f"There is no {kind} `{name}`. {hint}")


def _public(stat: Any) -> dict[str, Any]:
    names = ("name", "definition", "group", "payload", "kind", "since", "setting", "plan", "privacy", "confidence")
    names += ("why", "ambiguity", "absent", "statement", "file", "line")
    return {name: getattr(stat, name) for name in names if getattr(stat, name) != ""}


def _lines(found: dict[str, Any]) -> str:
    width = max(len(key) for key in found)
    return "\n".join(f"{key:<{width}}  {value}" for key, value in found.items())


def _dump(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
