"""`fa-stats verify` and `fa-stats pack`: whether everything holds, and one zip for whoever is to check that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fa_stats.errors import ExitCode
from fa_stats.shell import DAY, dump, guarded, json_option, note

if TYPE_CHECKING:
    from datetime import date


@click.command()
@click.argument("days", type=DAY, nargs=-1, metavar="[DAY ...]")
@json_option
@guarded
def verify(days: tuple[date, ...], as_json: bool) -> int:
    """Recheck every digest and signature. What does not hold is named, file by file and entry by entry.

    With DAY, the files of these days are checked; the ledger always is, as a whole.
    """
    from fa_stats import settings, signing, verification

    found = settings.load()
    result = verification.verify(found, days)
    if exposed := signing.exposed(found):
        note(exposed)
    if as_json:
        click.echo(dump(result.to_json()))
    else:
        for fact in result.facts:
            click.echo(f"{'       ' if result.grave else 'ok     '}{fact}")
        for finding in result.findings:
            click.echo(f"{'WRONG  ' if finding.grave else 'note   '}{finding.where}: {finding.what}")
    return ExitCode.CHECK_FAILED if result.grave else ExitCode.DONE


@click.command()
@click.argument("days", type=DAY, nargs=-1, required=True, metavar="DAY [DAY]")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; else fa_stats-DAY.zip here.")
@json_option
@guarded
def pack(days: tuple[date, ...], output: Path | None, as_json: bool) -> None:
    """Make one zip of a day, or from a day to another one. It brings a verifier that needs nothing but Python.

    Everything is verified first. The same project gives the same bytes.
    """
    from fa_stats import pack as packing
    from fa_stats import settings

    if len(days) > 2:
        raise click.UsageError("Name a first and a last day at the most: fa-stats pack 2026-07-01 2026-09-30")
    first, last = min(days), max(days)
    path = output or Path(f"fa_stats-{first}{f'-{last}' if last > first else ''}.zip")
    sha256 = packing.write(settings.load(), first, last, path)
    click.echo(dump({"path": path, "sha256": sha256}) if as_json else f"{path}\nsha256 {sha256}")
