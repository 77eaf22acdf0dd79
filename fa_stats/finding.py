"""What somebody who looks finds: one thing, whether it is well, and how to mend it where it is not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CLOSE = "Take those rights away: chmod 600."  # of a key's file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is as it should be, and how to mend it where it is not."""

    good: bool
    what: str
    mend: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return asdict(self)

    def to_text(self) -> str:
        """Return what a terminal shows: all lines of it beside one mark."""
        lines = [self.what, *(self.mend or "").splitlines()]
        return "\n".join(
            f"{'       ' if place else 'ok     ' if self.good else 'MEND   '}{each}" for place, each in enumerate(lines)
        )
