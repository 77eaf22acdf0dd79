"""Becomes a run's kernel, which does not outlive the run: `python -m fa_stats.tied`, for no person to call."""

import ctypes
import os
import signal
import sys

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>


def main() -> None:
    """Ask the system to kill this process when its parent dies, be it by SIGKILL; then be a kernel."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != int(os.environ["JPY_PARENT_PID"]):
        sys.exit("The run that started this kernel is gone.")
    from ipykernel import kernelapp  # takes a while: the parent may die in it

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
