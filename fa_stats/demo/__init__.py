"""The embedded demo: a made-up company's FusionAuth instance in a DuckDB file, as large and as old as one likes.

Everything is a pure function of seed, size, settled day and day. The instance lives: look at it from another day and
it has more tenants or fewer, other features switched on, an older version; but a past day's logins stay what they were.
Every secret, name and address in it carries one of `MARKERS`, so a leak can be found by looking for them.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from itertools import chain
from pathlib import Path

import duckdb

from fa_stats.demo import facilities, history, installation, integrators, library, organisation
from fa_stats.demo.entities import list_applications, list_tenants
from fa_stats.demo.moment import FOUNDED, SETTLED, UPGRADED, Moment, Size, midnight
from fa_stats.demo.names import MARKERS
from fa_stats.demo.people import create_people
from fa_stats.demo.rollups import create_rollups
from fa_stats.demo.rows import insert
from fa_stats.demo.schema import create_tables
from fa_stats.errors import DayError, UsageError

__all__ = ["FOUNDED", "MARKERS", "SETTLED", "UPGRADED", "Size", "create"]


def create(path: Path, *, day: date, seed: int = 1, size: Size = Size(), settled: date | None = None) -> None:  # noqa: B008 - frozen
    """Write the instance as it stands at the start of a UTC day into a new DuckDB file.

    The size holds exactly on the settled day, which is the asked day unless another is given. The file appears under
    its name when it is complete, in place of any older one; its folder must be there.
    """
    settled = day if settled is None else settled
    if min(day, settled) < FOUNDED:
        raise DayError(f"The demo instance does not exist before {FOUNDED}: ask for that day or a later one.")
    if size.tenants < 1 or size.applications < 0 or size.users < 0:
        raise UsageError("The demo needs one tenant at least, and no number below zero: ask for another size.")
    moment = Moment(seed, size, midnight(settled), midnight(day))
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        _write(folder / "instance", moment)
        (folder / "instance").replace(path)
    finally:
        shutil.rmtree(folder)


def _write(file: Path, moment: Moment) -> None:
    tenants = list_tenants(moment)
    applications = list_applications(moment, tenants)
    with duckdb.connect(str(file), config=_configure(moment.size)) as connection:
        connection.execute("BEGIN")
        create_tables(connection, upgraded=moment.upgraded)
        for table, rows in chain(
            installation.rows(moment),
            library.rows(moment),
            facilities.rows(moment),
            organisation.rows(moment, tenants, applications),
            integrators.rows(moment, tenants, applications),
            history.rows(moment),
        ):
            insert(connection, table, rows)
        create_people(connection, moment, applications)
        create_rollups(connection, moment)
        connection.execute("COMMIT")


def _configure(size: Size) -> dict[str, str | int]:
    # A table takes two blocks at least; with the usual ones of 256 KB, 2 MB of rows would fill a file of 35 MB.
    small = size.tenants + size.applications + size.users // 100 <= 1000
    return {
        "default_block_size": 16_384 if small else 262_144,
        "memory_limit": "1500MB",  # what does not fit goes to disk, beside the file
        "pandas_analyze_sample": 0,  # every value passes to DuckDB as text, see `rows`
    }
