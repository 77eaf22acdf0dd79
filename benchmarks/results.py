"""What a benchmark found, as a JSON file that the benchmark notebook shows."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Latency, Row, Times

Found = Row | Times | Latency
_KEYS: dict[type, str] = {Row: "bars", Times: "times", Latency: "latencies"}


def machine() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "psycopg": version("psycopg"),
        "pymysql": version("pymysql"),
        "fa_stats": version("fa-stats"),
    }


def save(folder: Path, part: str, day: date, about: dict[str, object], found: list[Found]) -> Path:
    """Write all that a part of the benchmark found; a file of the same part and day is replaced."""
    content: dict[str, object] = {"part": part, "day": day.isoformat(), "machine": about}
    for kind, key in _KEYS.items():
        content[key] = [asdict(each) for each in found if isinstance(each, kind)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day}-{part}.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path
