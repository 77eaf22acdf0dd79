"""What the catalogue's SQL reads in documents: the primitives, found in the text, before any dialect renders them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

DOCUMENT = r"\(\s*([a-z_]+)\.([a-z_]+)\s*,\s*'((?:[^'])*)'\s*(?:,\s*'([^']*)'\s*)?\)"
PRIMITIVE = re.compile(rf"\b(flag|off|text|number|present|any_flag|any_key){DOCUMENT}")
_KEY = re.compile(r'"([^"]+)"|([^."]+)')
_LONGEST = 63  # what PostgreSQL keeps of a name


@dataclass(frozen=True, slots=True)
class Reading:
    """One use of a primitive."""

    primitive: str
    table: str
    column: str
    path: str
    detail: str | None = None

    @property
    def name(self) -> str:
        """The column in which a row source gives it: the path, the primitive, and a digest against look-alikes."""
        digest = hashlib.sha256(f"{self.column} {self.path} {self.detail or ''}".encode()).hexdigest()[:6]
        ending = f"_{self.primitive}_{digest}"
        words = re.sub(r"\W+", "_", self.path.lower().replace("configuration", "")).strip("_")
        return words[-(_LONGEST - len(ending)) :].lstrip("_") + ending


@dataclass
class Extraction:
    """What one query takes out of one document column: each reading once, in order of appearance."""

    readings: dict[Reading, None] = field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        """Take it out too."""
        self.readings.setdefault(reading)

    @property
    def paths(self) -> list[str]:
        """The paths that are looked up, each once; for a reading of any key of an object, that object's."""
        return list(dict.fromkeys(looked_up(reading) for reading in self.readings))


def looked_up(reading: Reading) -> str:
    """Return the path at which a reading begins."""
    return reading.path.partition(".*.")[0]


def readings(text: str) -> list[Reading]:
    """Return the primitives used in a piece of the catalogue's SQL."""
    return [Reading(*match.groups()) for match in PRIMITIVE.finditer(text)]


def keys(path: str) -> list[str]:
    """Return the keys of a path: `a."b.c".d` is a, b.c, d."""
    return [match.group(1) or match.group(2) for match in _KEY.finditer(path)]


SWITCH = Reading("text", "system_configuration", "data", "usageDataConfiguration.enabled")
"""The instance's own switch: where a view has this column instead of the document, all documents are behind views."""
