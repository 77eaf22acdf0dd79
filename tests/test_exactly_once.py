"""A thousand crashes and faults around sending: the receiver has every report once, with the bytes of the file."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from outgoing import CLOCK, DAY, given, kept, later, project, silent
from projects import until
from receiver import CLEAR, DOUBTFUL, HANGING, Authority, Receiver, serving

import fa_stats
from fa_stats import ledger, outbox
from fa_stats.clock import Clock
from fa_stats.errors import FaStatsError
from fa_stats.outbox import letters, receipts
from fa_stats.record import State
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

CRASHES_AND_FAULTS = 1000
PER_REPORT = 20
OURS = str(Path(fa_stats.__file__).parent)
WATCHED = {"__init__.py", "letters.py", "delivery.py", "line.py", "attempt.py", "receipts.py", "ledger.py", "files.py"}


@dataclass
class Dying:
    """Kills this process, as a power cut would, at the n-th line of our code that sending runs."""

    left: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(OURS) or name.rpartition("/")[2] not in WATCHED:
            return None
        if event == "line":
            with self.lock:
                self.left -= 1
                if self.left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        return self


def submitting(settings: Settings, snapshot: Snapshot, clock: Clock, seed: int, dies: int | None) -> int:
    """Submit in a process of its own, which dies at a line if it is told to; its status."""
    child = os.fork()
    if child == 0:
        try:
            if dies:
                watch = Dying(dies)
                threading.settrace(watch)
                sys.settrace(watch)
            outbox.submit(settings, snapshot, clock, random.Random(seed), silent)
        except FaStatsError:
            os._exit(1)
        except BaseException:
            os._exit(2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def lines_of(settings: Settings, snapshot: Snapshot) -> int:
    """How many lines of our code it takes to send a run."""
    counted = Dying(-1)
    sys.settrace(counted)
    threading.settrace(counted)
    try:
        outbox.submit(settings, snapshot, CLOCK, random.Random(1), silent)
    finally:
        sys.settrace(None)
        threading.settrace(None)  # as its documentation has it
    return -1 - counted.left


def check(receiver: Receiver, settings: Settings, snapshot: Snapshot) -> None:
    """The receiver has the very bytes of both files, once; ledger and receipts say so."""
    entries = list(ledger.entries(settings.data))
    for letter in letters.of(settings, snapshot):
        assert receiver.accepted[letter.key] == letter.path.read_bytes()
        told = [each for each in entries if each.get("key") == letter.key]
        [sent] = [each for each in told if each["event"] in ("sent", "refused")]
        assert sent["event"] == "sent"
        assert {each["sha256"] for each in told} == {letter.sha256}
        begun = [each["entry"] for each in told if each["event"] == "sending"]
        assert begun
        assert max(begun) < sent["entry"]
        receipt = receipts.read(letter.receipt)
        assert receipt
        assert (receipt.accepted, receipt.request_sha256) == (True, letter.sha256)
    assert [each["entry"] for each in entries] == list(range(1, len(entries) + 1))


@pytest.fixture
def receivers(tmp_path: Path) -> Iterator[list[tuple[Receiver, Path | None]]]:
    """A plain receiver and one with TLS."""
    authority = Authority(tmp_path)
    context = serving(authority.issue("receiver", ["localhost"]))
    with ExitStack() as stack:
        plain = stack.enter_context(Receiver())
        plain.date = CLOCK.now()
        yield [(plain, None), (stack.enter_context(Receiver(context, host="localhost")), authority.file)]


def test_a_thousand_crashes_and_faults_deliver_every_report_exactly_once(
    receivers: list[tuple[Receiver, Path | None]], tmp_path: Path
) -> None:
    chance, counts, reports = random.Random(20261123), Counter[str](), 0
    plain = given(tmp_path / "first", receivers[0][0].url)
    longest = 2 * lines_of(plain, kept(plain))
    assert longest > 500
    for number in itertools.count():
        if counts["crash"] + counts["fault"] >= CRASHES_AND_FAULTS:
            break
        receiver, ca = receivers[number % 5 == 0]
        day = DAY - timedelta(days=number % 5)
        settings = given(tmp_path / str(number), receiver.url, ca=ca, attempt_seconds=0.15, budget_seconds=4.0, days=9)
        snapshot = kept(settings, day, f"{number:04x}", instance_id=f"0c8a1b6e-5f5d-4c0b-9b57-{number:012x}")
        _disturb(receiver, settings, snapshot, chance, counts)
        receiver.plan.clear()
        done = outbox.submit(settings, snapshot, later(days=1), chance, silent)
        assert done.state == "sent", done
        check(receiver, settings, snapshot)
        reports += 1
    print(f"{reports} reports, {dict(counts)}")
    assert counts["crash"] > 200
    assert counts["fault"] > 200
    for receiver, _ in receivers:
        assert not receiver.conflicts
    assert sum(len(receiver.accepted) for receiver, _ in receivers) == 2 * (reports + 1)
    assert sum(receiver.repeats.total() for receiver, _ in receivers) > 50  # it was sent again, and taken once


def _disturb(
    receiver: Receiver, settings: Settings, snapshot: Snapshot, chance: random.Random, counts: Counter[str]
) -> None:
    """Submit with faults of the receiver and deaths of the sender, until it is sent or enough went wrong."""
    went_wrong = 0
    for minutes in itertools.count():
        if went_wrong >= PER_REPORT:
            return
        modes = chance.choices([*CLEAR, *DOUBTFUL, *HANGING[:2], "well"], k=6)
        receiver.plan.clear()
        receiver.plan.extend(modes)
        before = len(receiver.requests)
        dies = chance.randrange(1, 2400) if chance.random() < 0.8 else None
        status = submitting(settings, snapshot, later(minutes=minutes), chance.randrange(10**6), dies)
        assert status in (0, -signal.SIGKILL), status
        faults = sum(mode not in ("well", "same place") for _, _, mode in receiver.requests[before:])
        crashed = int(status != 0)
        counts["crash"] += crashed
        counts["fault"] += faults
        went_wrong += crashed + faults
        if {each.state for each in outbox.submission(settings, snapshot).payloads} == {State.SENT}:
            return


def test_a_submit_that_is_killed_at_any_moment_is_taken_up_by_the_next_one(tmp_path: Path) -> None:
    chance = random.Random(3)
    with Receiver() as receiver:
        of, settings, made = project(tmp_path / "project", receiver.url, "attempt_seconds = 0.5\n", days=12)
        killed = 0
        for snapshot in made:
            receiver.plan.extend(chance.choices(["cut after", "hang after", "well", "well"], k=2))
            before = ledger.path_of(settings.data).stat().st_size
            with of.start("fa-stats", "submit", snapshot.collection.day.isoformat()) as process:
                _until_it_writes(process, ledger.path_of(settings.data), before)
                time.sleep(chance.random() * 0.1)
                process.kill()
                killed += process.wait() == -signal.SIGKILL
                process.communicate()
        receiver.plan.clear()
        ended = of.call("submit", *(each.collection.day.isoformat() for each in made))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert killed > 6
        for snapshot in made:
            check(receiver, settings, snapshot)
        assert not receiver.conflicts
        assert len(receiver.accepted) == 2 * len(made)


def _until_it_writes(process: subprocess.Popen[str], path: Path, before: int) -> None:
    until(lambda: process.poll() is not None or path.stat().st_size > before)
