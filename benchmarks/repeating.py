"""Collections one after the other, with the default pause and budget; each line read asks for some seconds of them.

It answers with one line, when the last of them is done: how many there were, and the statements' seconds in all.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks.ways import DAY
from fa_stats import catalogue, collector, sources
from fa_stats.clock import Clock
from fa_stats.collector import Order
from fa_stats.settings import Settings


def main() -> None:
    """Serve the lines of the standard input."""
    source = sources.find(sys.argv[1], day=DAY, data=Path(), demo={})
    loaded, order = catalogue.load(), Order(DAY, Settings(folder=Path()))
    for line in sys.stdin:
        end, number, busy = time.monotonic() + float(line), 0, 0
        while time.monotonic() < end:
            collection = collector.collect(source, loaded, order, Clock())
            assert not collection.partial
            number, busy = number + 1, busy + collection.database_microseconds
        print(number, busy / 1_000_000, flush=True)


if __name__ == "__main__":
    main()
