"""`make bench`: every bar with the figures of this machine, both sides of a ratio taken in turns."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from benchmarks import collecting, remembering, running

FOLDER = Path(__file__).parent.parent / "build" / "bench"


def main() -> None:
    """Run all measurements, print a table, and end with 1 where a bar does not hold."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    print("medians, with the smallest and the largest in brackets\n")
    print("| what | figure | bar | holds |\n| --- | --- | --- | --- |", flush=True)
    chosen = sys.argv[1:]
    held = True
    for part in (running, collecting, remembering):
        if chosen and part.__name__.split(".")[-1] not in chosen:
            continue
        for row in part.measure(FOLDER):
            print(f"| {row.what} | {row.figure} | {row.bar} | {'yes' if row.holds else 'NO'} |", flush=True)
            held = held and row.holds
    sys.exit(not held)


if __name__ == "__main__":
    main()
