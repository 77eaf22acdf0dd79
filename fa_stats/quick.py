"""Seconds saved on imports."""

from __future__ import annotations

import sys
from importlib import import_module


def import_jsonschema() -> None:
    """Import jsonschema, which papermill and altair need, without the one format check that takes seconds to build.

    The check is for internationalised addresses in a schema's `format`, which neither of the two has. jsonschema goes
    without it where its module is not installed; everybody else can import that module as before.
    """
    if "jsonschema" in sys.modules or "rfc3987_syntax" in sys.modules:
        return
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment] # Python's way to say: not installed
    try:
        import_module("jsonschema")
    finally:
        del sys.modules["rfc3987_syntax"]
