"""`fa-stats run --submit`, whole: the run sends what it may, once, and its report and exit code say what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from projects import NOTEBOOK, SETTINGS, Project, wait
from receiver import Receiver

NEXT = date(2025, 6, 3)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that is there."""
    with Receiver() as found:
        yield found


@pytest.fixture
def willing(project: Project, receiver: Receiver) -> Project:
    """Return a project that may send and where somebody has agreed to it."""
    allow(project, receiver)
    agreed = project.call("consent", "agree", "--by", "Ada Lovelace")
    assert agreed.returncode == 0, agreed.stderr
    return project


def allow(project: Project, receiver: Receiver, more: str = "", mode: str = "on") -> None:
    settings = f"""{SETTINGS}
[collection]
mode = "{mode}"
[instance]
created_with = "1.60.2"
[sending]
usage_data_url = "{receiver.url}/usage"
metrics_url = "{receiver.url}/metrics"
budget_seconds = 2
attempt_seconds = 1
days = 366
{more}
"""
    (project.folder / "fa_stats.toml").write_text(settings)


def submit(project: Project, *arguments: str, day: date | None = None) -> tuple[int, dict[str, object]]:
    """Run a day and send it; the exit code and the record."""
    ended = project.call("run", *(["--day", str(day)] if day else []), "--submit", "--json", *arguments)
    return ended.returncode, json.loads(ended.stdout)


def files_of(project: Project) -> set[bytes]:
    return {path.read_bytes() for path in project.data.glob("payloads/*/*.json")}


def test_a_run_sends_both_payloads_to_the_byte_and_a_second_run_sends_nothing(
    willing: Project, receiver: Receiver
) -> None:
    code, record = submit(willing)
    assert [code, record["verdict"], record["submission"]["state"]] == [0, "OK", "sent"]  # type: ignore[index]
    assert set(receiver.accepted.values()) == files_of(willing)
    assert len(receiver.requests) == 2
    code, again = submit(willing)
    assert [code, again["run"], len(receiver.requests)] == [0, record["run"], 2]
    report = next(willing.reports.glob("*/*/report.html")).read_text()
    assert "Receipt" in report
    notebook = next(willing.reports.glob("*/*/daily.ipynb")).read_text()
    assert "accepted it (202)" in notebook
    assert willing.call("verify").returncode == 0


def test_without_being_asked_a_run_sends_nothing(willing: Project, receiver: Receiver) -> None:
    assert willing.call("run").returncode == 0
    assert receiver.requests == []
    assert submit(willing)[0] == 0  # asked afterwards, the day that is done is sent
    assert len(receiver.requests) == 2


@pytest.mark.parametrize("mode", ["local", "off"])
def test_a_mode_that_forbids_it_sends_nothing_and_says_so(project: Project, receiver: Receiver, mode: str) -> None:
    allow(project, receiver, mode=mode)
    ended = project.call("run", "--submit")
    assert ended.returncode == {"local": 4, "off": 0}[mode]
    assert f'mode = "{mode}"' in ended.stdout
    assert receiver.requests == []


def test_before_anybody_has_agreed_nothing_is_sent_and_it_never_will_be(project: Project, receiver: Receiver) -> None:
    allow(project, receiver)
    code, record = submit(project)
    assert code == 4
    assert "Nobody has agreed" in record["submission"]["reason"]  # type: ignore[index]
    assert project.call("consent", "agree", "--by", "Ada Lovelace").returncode == 0
    assert project.call("submit", datetime.now(UTC).date().isoformat()).returncode == 4
    assert receiver.requests == []


def test_what_a_receiver_does_not_take_is_left_for_the_next_run(willing: Project, receiver: Receiver) -> None:
    receiver.always = "broken"
    code, record = submit(willing)
    assert [code, record["verdict"], record["submission"]["state"]] == [4, "OK", "waiting"]  # type: ignore[index]
    receiver.always = None
    code, record = submit(willing)
    assert [code, record["submission"]["state"]] == [0, "sent"]  # type: ignore[index]
    assert set(receiver.accepted.values()) == files_of(willing)
    kept = json.loads(next(willing.reports.glob("*/*/run.json")).read_text())
    assert [kept["exit_code"], kept["submission"]["state"]] == [0, "sent"]


def test_approvals_that_are_asked_for_are_waited_for(willing: Project, receiver: Receiver) -> None:
    allow(willing, receiver, "approvals = 1")
    code, record = submit(willing)
    assert [code, record["submission"]["state"]] == [4, "waiting for approval"]  # type: ignore[index]
    today = str(record["day"])
    assert willing.call("approve", today, "--by", "Grace Hopper").returncode == 0
    assert receiver.requests == []
    assert willing.call("submit").returncode == 0
    assert len(receiver.accepted) == 2
    report = next(willing.reports.glob("*/*/report.html")).read_text()
    assert "By Grace Hopper, for exactly these bytes" in report


def test_a_check_that_fails_ends_with_1_and_sends_nothing(willing: Project, receiver: Receiver) -> None:
    assert willing.call("run").returncode == 0
    ledger = willing.data / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Ada Lovelace", b"Eve Lovelace"))
    ended = willing.call("run", "--again", "--reason", "to see", "--submit")
    assert ended.returncode == 1
    assert ended.stdout.startswith("BLOCKED")
    assert receiver.requests == []


def test_plain_papermill_sends_too(willing: Project, receiver: Receiver, tmp_path: Path) -> None:
    with willing.start("papermill", NOTEBOOK, tmp_path / "out.ipynb", "-p", "submit", "True") as process:
        ended = wait(process)
    assert ended.returncode == 0, ended.stderr
    assert len(receiver.accepted) == 2
