"""`make bench`: every bar with the figures of this machine, both sides of a ratio taken in turns."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks import asking, collecting, observer, remembering, results, running, servers
from benchmarks.measure import Row

FOLDER = Path(__file__).parent.parent / "build" / "bench"
_MODULES = (running, collecting, asking, servers, observer, remembering)
PARTS = {module.__name__.split(".")[-1]: module for module in _MODULES}


def main() -> None:
    """Run the measurements, print a table, keep the results, and end with 1 where a bar does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all of them by default")
    parser.add_argument("--day", type=date.fromisoformat, default=datetime.now(UTC).date(), help="of the results")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    about = results.machine()
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print("medians, with the smallest and the largest in brackets\n")
    print("| what | figure | bar | holds |\n| --- | --- | --- | --- |", flush=True)
    held = [_run(part, asked.day, about) for part in PARTS if part in asked.parts or not asked.parts]
    sys.exit(not all(held))


def _run(part: str, day: date, about: dict[str, object]) -> bool:
    """Run one part, print its bars as they come, and say whether all hold."""
    found: list[results.Found] = []
    for each in PARTS[part].measure(FOLDER):
        found.append(each)
        if isinstance(each, Row):
            print(f"| {each.what} | {each.figure} | {each.bar} | {'yes' if each.holds else 'NO'} |", flush=True)
        results.save(FOLDER / "results", part, day, about, found)  # each time, for a part takes many minutes
    return all(each.holds for each in found if isinstance(each, Row))


if __name__ == "__main__":
    main()
