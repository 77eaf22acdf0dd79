"""A stand-in for FusionAuth's HTTP API: a real server over the instance in a DuckDB file, as the documentation has it.

Written from the documentation alone, and apart from what the product makes of it, so that two readings meet. It knows
how to go wrong, too (`faults`). `python -m standin FILE` runs one as a process of its own; so does `apart`, in a test.
"""

from standin.apart import apart
from standin.asked import Request
from standin.faults import Answer, Fault
from standin.objects import CANARY
from standin.server import KEY, Standin

__all__ = ["CANARY", "KEY", "Answer", "Fault", "Request", "Standin", "apart"]
