"""Executes a notebook with papermill in a kernel of its own, and puts in words what stopped it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fa_stats import errors, notebook, quick
from fa_stats.errors import FaStatsError, RunError
from fa_stats.settings import Settings

if TYPE_CHECKING:
    from fa_stats.kernel import Stop

# Above the budget in the database: starting a kernel, importing, drawing charts.
_STARTING_SECONDS = 120


def execute(
    settings: Settings,
    name: str,
    given: Mapping[str, Any],
    *,
    environment: dict[str, str],
    scratch: Path,
    stop: Stop,
    seconds: float,
    lock: int | None = None,
) -> FaStatsError | None:
    """Execute the notebook of that name with parameters; return what stopped it, if anything did.

    Its copy as it ran is put into `scratch`. `seconds` is what a cell may take, beside the time for starting. The
    kernel shares the lock, where one is given.
    """
    try:
        from fa_stats import kernel

        with kernel.started(scratch, settings.folder, environment, lock, stop) as started:
            quick.import_jsonschema()
            import papermill

            logging.getLogger("papermill").addHandler(logging.NullHandler())  # what it would say is said by us

            papermill.execute_notebook(
                str(notebook.find(settings, name)),
                str(scratch / name),
                parameters=dict(given),
                progress_bar=sys.stderr.isatty(),
                stderr_file=sys.stderr,
                cwd=str(settings.folder),
                km=started,
                start_timeout=_STARTING_SECONDS,
                execution_timeout=int(seconds) + _STARTING_SECONDS,
            )
    except Exception as error:
        return RunError("The run was interrupted.") if stop.asked else _problem(error)
    return None


def _problem(error: Exception) -> FaStatsError:
    """Put in words what stopped a notebook."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        kind = getattr(errors, error.ename, None)
        if kind and issubclass(kind, FaStatsError):
            return kind(error.evalue)  # type: ignore[no-any-return]
        return RunError(f"A cell of the notebook failed with {error.ename}.")
    if isinstance(error, DeadKernelError) or "Kernel died" in str(error):
        return RunError("The kernel died: it was killed, or ran out of memory.")
    if isinstance(error, CellTimeoutError):
        return RunError("A cell of the notebook took longer than the run's budget allows.")
    return RunError(
        f"The notebook could not be executed ({type(error).__name__}). `fa-stats doctor` says what is missing."
    )
