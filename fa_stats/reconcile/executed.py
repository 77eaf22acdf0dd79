"""Executes the notebook of a reconciliation, and reads what it came to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fa_stats import execution, files, run
from fa_stats.clock import Clock
from fa_stats.errors import RunError
from fa_stats.reconcile import audit
from fa_stats.reconcile.audit import Asked
from fa_stats.settings import SOURCE_VARIABLE, Settings


def execute(settings: Settings, asked: Asked, clock: Clock, say: Callable[[str], None]) -> tuple[dict[str, Any], Path]:
    """Execute the notebook; return what it came to, as its JSON says it, and where its report is.

    Raises UsageError for days and files that are wrong, before anything is begun, and whatever stopped the notebook.
    """
    begun = clock.now()
    first, last = asked.span(begun.date(), asked.captured())
    if not (asked.first or asked.last or asked.payloads):
        say(audit.default_days(begun.date()))
    name = run.new_name(begun)
    folder = audit.folder_of(settings, first, last, name)
    given: dict[str, Any] = {"first": first.isoformat(), "last": last.isoformat()}
    if asked.payloads:
        if not (asked.first or asked.last):
            given = {}  # the days are those of the files, which may be ahead of our clock
        given["payloads"] = [str(path.resolve()) for path in asked.payloads]
    environment = {**os.environ, audit.NAME_VARIABLE: name}
    if asked.source:  # may hold credentials, so it is no parameter
        environment[SOURCE_VARIABLE] = asked.source
    limits = settings.collection
    # The records are read within one budget, what is counted now within another.
    seconds = 2 * (limits.budget_seconds * (1 + limits.pause_ratio) + settings.back_off.wait_seconds)

    from fa_stats import kernel  # with Jupyter, which a wrong day does without

    stop = kernel.Stop()
    with stop.heeded(), files.scratch() as scratch:
        problem = execution.execute(
            settings, audit.NOTEBOOK, given, environment=environment, scratch=scratch, stop=stop, seconds=seconds
        )
    if problem:
        raise problem
    return _told(folder / "reconcile.json"), folder / "reconcile.html"


def _told(path: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        said = "The notebook came to its end without calling `found.finish()`: there is no report of it."
        raise RunError(said) from None
    return report
