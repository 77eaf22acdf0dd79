"""A Jupyter kernel of a run's own: whatever becomes of the run, the kernel does not outlive it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LONGEST = 90  # a socket's path has 107 letters at most


class _Manager(AsyncKernelManager):
    """Starts a kernel of this very Python: one that others call python3 may lack fa_stats."""

    made: Any = None

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-P", "-m", "fa_stats.tied", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")

    def client(self, **options: Any) -> Any:
        self.made = super().client(**options)
        return self.made


class Stop:
    """Somebody's wish that the run ends: Ctrl-C, a scheduler's SIGTERM, a closed terminal.

    It ends the kernel, and with it the run, but never a file that is being written: the run is always seen through.
    """

    def __init__(self) -> None:
        self.asked = False
        self.kernel: Any = None

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Take these signals for the time of the block; outside of the main thread they are left alone."""
        try:
            before = {number: signal.signal(number, self._heed) for number in _ENDING}
        except ValueError:
            yield
            return
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _heed(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.asked = True
        self.end_kernel()

    def end_kernel(self) -> None:
        """Kill the kernel, if it is there."""
        process = self.kernel.provisioner.process if self.kernel and self.kernel.provisioner else None
        if process:
            with suppress(ProcessLookupError):
                process.kill()


@contextmanager
def started(scratch: Path, folder: Path, environment: dict[str, str], lock: int | None, stop: Stop) -> Iterator[Any]:
    """Start a kernel in a folder, for papermill to use; it is killed at the end of the block.

    Its sockets are in `scratch` where that can be, not at TCP ports: no other user can listen, no two runs can collide.
    Nobody's IPython profile is read or written. It shares the lock of the run, where there is one.
    """
    manager = _Manager(
        transport="ipc" if len(str(scratch)) < _LONGEST else "tcp",
        connection_file=str(scratch / "kernel.json"),
    )
    stop.kernel = manager
    try:
        run_sync(manager.start_kernel)(
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
            env={**environment, "IPYTHONDIR": str(scratch / "ipython")},
            cwd=str(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=() if lock is None else (lock,),
        )
        if stop.asked:
            stop.end_kernel()
        yield manager
    finally:
        if manager.made:
            manager.made.stop_channels()
        run_sync(manager.shutdown_kernel)(now=True)
