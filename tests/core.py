"""The core of a daily run, over and over until it is killed: one child process for each line read."""

import os
import sys

import altair  # noqa: F401 # before the children are made, so that they need not
import jinja2  # noqa: F401
import vl_convert  # noqa: F401

from fa_stats import catalogue, run


def work(day: str) -> None:
    while True:
        daily = run.start({"day": day, "again": True, "reason": "to be killed"})
        daily.collect()
        daily.finish_without_report()


catalogue.load()
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            work(line.strip())
        finally:
            os._exit(1)  # whatever comes here is an error: it has been printed, or is a failed test
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
