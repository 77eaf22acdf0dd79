"""The instances that are counted, each ten times the size of the one before; made once and kept."""

from __future__ import annotations

from pathlib import Path

from benchmarks.ways import DAY
from fa_stats import demo

SMALL = demo.Size(tenants=100, applications=100, users=1_000)
MIDDLE = demo.Size(tenants=1_000, applications=5_000, users=10_000)
LARGE = demo.Size(tenants=10_000, applications=50_000, users=100_000)
HUGE = demo.Size(tenants=10_000, applications=100_000, users=10_000)  # that is asked over the HTTP API
BUSY = demo.Size(tenants=1_000, applications=5_000, users=200_000)


def made(folder: Path, size: demo.Size) -> Path:
    """Return an instance of a size, as a DuckDB file."""
    path = folder / f"instance-{size.tenants}-{size.applications}-{size.users}.duckdb"
    if not path.is_file():
        demo.create(path, day=DAY, size=size)
    return path
