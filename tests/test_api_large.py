"""Many objects over the HTTP API: memory does not grow with the pages, and what comes of it is right."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from instances import DAY, collect, instance, limits
from projects import Project
from standin import KEY, apart
from test_api_faults import told

from benchmarks import asking
from fa_stats import catalogue, demo
from fa_stats.api import shown

FEW = demo.Size(tenants=100, applications=1_000, users=10)
MANY = demo.Size(tenants=100, applications=10_000, users=10)
_COLLECT = """
import sys; sys.path.insert(0, {tests!r})
from standin import Standin
from instances import DAY, limits
from fa_stats import catalogue, collector
from fa_stats.clock import Clock
from fa_stats.collection import Status
from fa_stats.collector import Order
from fa_stats.settings import Api
from fa_stats.sources.api import HTTPInstance
source = HTTPInstance({url!r}, Api(calls_per_second=1000))
found = collector.collect(source, catalogue.load(), Order(DAY, limits(measured_alone=0)), Clock())
assert not any(each.status.partial for each in found.stats + found.metrics)
print({{each.name: each.value for each in found.stats + found.metrics}})
print(sum(each.load.bytes_returned or 0 for each in found.statements))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@cache
def asked(size: demo.Size) -> tuple[dict[str, object], int, int]:
    """What a process of its own counts in an instance, and how many bytes it received, and had in memory at most."""
    with apart(instance(size=size)) as url:
        code = _COLLECT.format(tests=str(Path(__file__).parent), url=url)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "FUSIONAUTH_API_KEY": KEY}
        )
    assert done.returncode == 0, done.stderr
    values, received, peak = done.stdout.splitlines()
    return eval(values), int(received), int(peak) * 1000


def test_memory_does_not_grow_with_the_pages() -> None:
    _, little, low = asked(FEW)
    _, much, high = asked(MANY)
    assert much - little > 40_000_000
    assert high - low < 50_000_000
    assert high < 350_000_000


def test_what_is_counted_in_many_pages_is_right() -> None:
    found, _, _ = asked(MANY)
    there = told(collect(instance(size=MANY), given=limits(measured_alone=0)))
    for name, calls in ((each.name, shown.load().calls_of(each)) for each in catalogue.load()):
        if calls and name in found:
            assert found[name] == there[name].value, name


def test_a_run_and_its_kernel_are_watched(project: Project) -> None:
    with apart(instance(), "--key", asking.KEY) as url:
        (project.folder / "fa_stats.toml").write_text("[api]\ncalls_per_second = 1000.0\n")
        peaks = asking.run(project.folder, url)
    assert len([peak for peak in peaks if peak > 50]) >= 2
    assert DAY.isoformat() in str(project.folders()[0])
