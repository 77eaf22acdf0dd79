"""The commands. Heavy libraries are imported by the commands that use them, so that `--help` is quick."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fa_stats import __version__, auditing, dictionary, permission, reconciling, sending
from fa_stats.errors import ExitCode
from fa_stats.shell import DAY, Commands, day_option, dump, guarded, json_option, kept_option, note, source_option

if TYPE_CHECKING:
    from datetime import date

    from fa_stats.record import RunRecord


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
@source_option
@day_option
@click.option("--submit", is_flag=True, help="Send the payload too, where that is allowed.")
@click.option("--again", is_flag=True, help="Run a day once more that has a run already.")
@click.option("--reason", metavar="TEXT", help="Why it is run again, for the ledger.")
@click.option("--isolated", is_flag=True, help="Measure every stat alone.")
@json_option
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
    """Do the daily run: collect, store, report, enter the ledger.

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
@source_option
@day_option
@click.option("--preview", is_flag=True, help="Show what would be collected if it were on; nothing is kept.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of stdout.")
@click.option("--isolated", is_flag=True, help="Measure every stat alone.")
@guarded
def collect(source: str | None, day: date | None, preview: bool, output: Path | None, isolated: bool) -> int:
    """Print the payload's exact bytes. Nothing is stored, nothing is sent."""
    from fa_stats import catalogue, collector, files, history, payload, policy, progress, remote, settings
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
        policy=remote.Asking(found, day, clock, keep=False),
        weights=history.weights(found.data, where.identity),
        isolated=isolated,
        preview=preview,
    )
    collection = collector.collect(where, catalogue.load(), order, clock, progress.watch())
    content = payload.usage_data(collection)
    if output:
        files.write(output, content)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    counts = ", ".join(f"{number} {status}" for status, number in collection.counts().items() if number)
    spent = collection.database_microseconds / 1000
    note(f"{collection.source_label}, {len(collection.statements)} statements in {spent:.0f} ms: {counts}.")
    return ExitCode.PARTIAL if collection.partial else ExitCode.DONE


main.add_command(dictionary.commands)
main.add_command(permission.commands)
main.add_command(sending.approve)
main.add_command(sending.submit)
main.add_command(auditing.verify)
main.add_command(auditing.pack)
main.add_command(reconciling.reconcile)


@main.command()
@click.argument("days", type=DAY, nargs=-1, metavar="[DAY [DAY]]")
@kept_option
@json_option
@guarded
def diff(days: tuple[date, ...], source: str | None, as_json: bool) -> None:
    """Show what changed between two days.

    They are the two that are named; with one, DAY and the last one before it; with none, the newest two.
    """
    from fa_stats import comparison, settings

    if len(days) > 2:
        raise click.UsageError("Name two days at the most: fa-stats diff 2026-11-22 2026-11-23")
    found = comparison.between(settings.load(), days, source)
    click.echo(dump(found.to_json()) if as_json else found.to_text())


@main.group(cls=Commands)
def demo() -> None:
    """Make up an instance to try fa_stats with."""


@demo.command("create")
@click.argument("url", metavar="URL")
@click.option("--tenants", type=click.IntRange(1), metavar="N", default=40, show_default=True, help="How many tenants.")
@click.option(
    "--applications", type=click.IntRange(1), metavar="N", default=120, show_default=True, help="How many applications."
)
@click.option("--users", type=click.IntRange(1), metavar="N", default=2000, show_default=True, help="How many users.")
@click.option("--seed", type=int, metavar="N", default=1, show_default=True, help="Another number, another company.")
@click.option("--day", type=DAY, metavar="DAY", help="The day on which it is looked at, YYYY-MM-DD; today by default.")
@guarded
def demo_create(url: str, tenants: int, applications: int, users: int, seed: int, day: date | None) -> None:
    """Make a realistic instance in a new file or an empty database.

    URL is duckdb:///absolute/path, postgresql://user:password@host/database or mysql://user:password@host/database.
    """
    from fa_stats.clock import Clock
    from fa_stats.demo import Size, loading

    size = Size(tenants=tenants, applications=applications, users=users)
    click.echo(loading.create(url, day=day or Clock().now().date(), seed=seed, size=size, say=note))


@demo.command("backfill")
@click.option(
    "--days", type=click.IntRange(1, 3650), metavar="N", default=30, show_default=True, help="How many days back."
)
@json_option
@guarded
def demo_backfill(days: int, as_json: bool) -> None:
    """Give the demo a history. It is run for each of the last days that has no run yet."""
    from fa_stats import daily, settings
    from fa_stats.clock import Clock

    records = daily.backfill(settings.load(), days, Clock(), note)
    if as_json:
        click.echo(dump([json.loads(record.to_json()) for record in records]))
        return
    for record in records:
        click.echo(f"{record.day}  {record.verdict}  {record.headline}")
    click.echo(f"{len(records)} days added. `fa-stats diff` shows what changed, `fa-stats report DAY` renders a day.")


@main.command()
@click.argument("day", type=DAY, required=False)
@kept_option
@json_option
@guarded
def report(day: date | None, source: str | None, as_json: bool) -> None:
    """Render a day's report anew from its snapshot. Without DAY, it is the newest day's."""
    from fa_stats import comparison, outcome, settings
    from fa_stats.clock import Clock

    found = settings.load()
    snapshot = comparison.snapshot_of(found, day, source)
    record = outcome.write_report(found, outcome.stored_record(found, snapshot), snapshot, Clock())
    path = outcome.folder_of(found, record) / "report.html"
    click.echo(record.to_json() if as_json else path, nl=not as_json)


@main.command()
@json_option
@guarded
def doctor(as_json: bool) -> int:
    """Say what is set up, what is missing, and how to mend it. Nothing is changed, no stat is read."""
    from fa_stats import doctor as examination
    from fa_stats.clock import Clock

    findings = examination.examine(Clock())
    if as_json:
        click.echo(dump([finding.to_json() for finding in findings]))
    else:
        for finding in findings:
            click.echo(finding.to_text())
    return ExitCode.DONE if all(finding.good for finding in findings) else ExitCode.CHECK_FAILED


@main.command()
@click.option("--dialect", type=click.Choice(["postgresql", "mysql", "mariadb"]), required=True, help="Which server.")
@click.option("--role", metavar="ROLE", required=True, help="Who is to read; for MySQL `user` or `user@host`.")
@click.option("--schema", metavar="NAME", help="Where FusionAuth's tables are: public, or the database fusionauth.")
@click.option("--views", is_flag=True, help="Over views that hide the documents, in a schema or database fa_stats.")
@guarded
def grants(dialect: str, role: str, schema: str | None, views: bool) -> None:
    """Print the SQL that lets a role read what is counted. It can read nothing else; no connection is opened."""
    from fa_stats import catalogue
    from fa_stats import grants as writer

    click.echo(writer.write(catalogue.load(), dialect, role, schema=schema, views=views), nl=False)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@guarded
def init(folder: Path) -> None:
    """Lay out notebooks and settings in DIR, to start from. No file is overwritten."""
    import shlex

    from fa_stats import project

    for path, made in project.lay_out(folder):
        click.echo(f"{'made' if made else 'kept'}  {path}")
    note(f"Next: cd {shlex.quote(str(folder))}; fa-stats doctor; fa-stats run")
