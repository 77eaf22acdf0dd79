"""Time, as an argument: whoever needs the time is given a clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def microseconds(self) -> int:
        """Whole microseconds on a clock that never goes back; only differences mean anything."""
        return time.monotonic_ns() // 1000

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
