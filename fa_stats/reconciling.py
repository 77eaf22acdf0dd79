"""`fa-stats reconcile`: what is published, asked for, recorded, sent and counted, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fa_stats.shell import DAY, dump, guarded, json_option, note, source_option

if TYPE_CHECKING:
    from datetime import date


@click.command()
@source_option
@click.option("--from", "first", type=DAY, metavar="DAY", help="The first day, YYYY-MM-DD in UTC; 29 before the last.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="The last day; today by default.")
@click.option(
    "--payload",
    "payloads",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A captured payload in place of what FusionAuth recorded; may be given more than once.",
)
@json_option
@guarded
def reconcile(
    source: str | None, first: date | None, last: date | None, payloads: tuple[Path, ...], as_json: bool
) -> int:
    """Compare what is published, asked for, recorded, sent and counted.

    That is the vendor's public page, its list of active stats, FusionAuth's own records and our figures, stat by stat.
    A grave finding ends with exit code 1. Without days, the last 30 are looked at. Nothing is sent, and nothing is
    stored but the report.
    """
    from fa_stats import settings
    from fa_stats.clock import Clock
    from fa_stats.reconcile import executed, result
    from fa_stats.reconcile.audit import Asked

    report, path = executed.execute(settings.load(), Asked(source, first, last, payloads), Clock(), note)
    if as_json:
        click.echo(dump(report))
    else:
        click.echo(result.text(report))
        click.echo(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    return int(report["exit_code"])
