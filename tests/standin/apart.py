"""A stand-in that is a process of its own, so that what it needs is not counted as ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def apart(database: Path, *options: str) -> Iterator[str]:
    """Run a stand-in with these options of the command line, and give its URL."""
    command = [sys.executable, "-m", "standin", str(database), *options]
    process = subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()
