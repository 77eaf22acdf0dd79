"""`fa-stats approve` and `fa-stats submit`, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from outgoing import project as outgoing_project
from projects import DAY, SETTINGS, Project
from receiver import Receiver

from fa_stats import files

BY = ("--by", "Ada Lovelace")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that is there."""
    with Receiver() as found:
        yield found


@pytest.fixture
def sendable(project: Project, receiver: Receiver) -> Project:
    """Return a project with the run of today, that somebody agreed to, and that nobody has sent."""
    (project.folder / "fa_stats.toml").write_text(
        f'{SETTINGS}\n[collection]\nmode = "on"\n[instance]\ncreated_with = "1.60.2"\n[sending]\napprovals = 1\n'
        f'usage_data_url = "{receiver.url}/usage"\nmetrics_url = "{receiver.url}/metrics"\nbudget_seconds = 1\n'
    )
    assert project.call("consent", "agree", *BY).returncode == 0
    assert project.call("run").returncode == 0
    return project


def day_of(project: Project) -> str:
    return project.folders()[0].parent.name


def test_an_approval_says_exactly_what_it_is_about(done: Project) -> None:
    ended = done.call("approve", str(DAY), *BY, "--note", "read the report", "--json")
    told = json.loads(ended.stdout)
    assert [ended.returncode, told["by"], told["note"]] == [0, "Ada Lovelace", "read the report"]
    paths = [done.data / "payloads" / str(DAY) / f"{told['run']}{tail}" for tail in (".json", ".metrics.json")]
    kept = [(files.digest(path), path.stat().st_size) for path in paths]
    assert [(each["sha256"], each["bytes"]) for each in told["payloads"]] == kept
    [entry] = [entry for entry in done.entries() if entry["event"] == "approved"]
    assert (entry["payload_sha256"], entry["metrics_sha256"]) == (kept[0][0], kept[1][0])
    report = (done.folders()[0] / "report.html").read_text()
    assert "By Ada Lovelace, for exactly these bytes" in report


def test_of_a_day_with_runs_of_two_sources_the_one_that_is_meant_has_to_be_named(done: Project) -> None:
    assert done.call("run", "--source", "demo:", "--day", str(DAY)).returncode == 0
    for command in (("approve", str(DAY), *BY), ("submit", str(DAY))):
        ended = done.call(*command)
        assert ended.returncode == 2
        assert f"{DAY} has runs of 2 sources (" in ended.stderr
        assert "embedded demo, seed 1" in ended.stderr
    assert not [entry for entry in done.entries() if entry["event"] == "approved"]
    ended = done.call("approve", str(DAY), *BY, "--source", done.source)
    assert ended.returncode == 0
    assert f"of {DAY} (DuckDB file " in ended.stdout


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("approve",), 2, "Missing argument 'DAY'"),
        (("approve", str(DAY)), 2, "Missing option '--by'"),
        (("approve", str(DAY), "--by", " "), 2, "needs the name of who gives it"),
        (("approve", "2025-06-01", *BY), 2, "no readable run of 2025-06-01"),
        (("submit", "2025-06-01"), 2, "no readable run of 2025-06-01"),
        (("submit", "--source", "demo:"), 2, "--source goes with a DAY"),
        (("submit",), 0, "Nothing waits to be sent."),
        (("submit", str(DAY)), 4, "collect only"),
        (("submitt",), 2, "Did you mean 'submit'"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_entered(
    done: Project, command: tuple[str, ...], code: int, said: str
) -> None:
    before = [entry["event"] for entry in done.entries()]
    ended = done.call(*command)
    assert ended.returncode == code
    assert said in ended.stdout + ended.stderr
    assert [entry["event"] for entry in done.entries()] == before


def test_the_same_person_does_not_count_twice(done: Project) -> None:
    assert done.call("approve", str(DAY), *BY).returncode == 0
    ended = done.call("approve", str(DAY), "--by", "ada  LOVELACE")
    assert ended.returncode == 2
    assert "has approved the run" in ended.stderr


def test_from_approval_to_receipt(sendable: Project, receiver: Receiver) -> None:
    day = day_of(sendable)
    unapproved = sendable.call("submit", day)
    assert unapproved.returncode == 4
    assert "waiting for approval" in unapproved.stdout
    assert sendable.call("approve", day, *BY).returncode == 0
    sent = sendable.call("submit", "--json")
    assert sent.returncode == 0
    [told] = json.loads(sent.stdout)
    assert told["submission"] == sendable.records()[0]["submission"]
    assert [each["state"] for each in told["submission"]["payloads"]] == ["sent", "sent"]
    receipts = {files.digest(path) for path in sendable.data.glob(f"receipts/{day}/*.json")}
    assert {each["receipt"] for each in told["submission"]["payloads"]} == receipts
    again = sendable.call("submit", day)
    assert again.returncode == 0
    assert len(receiver.requests) == 2
    assert sendable.call("submit").stderr == "Nothing waits to be sent.\n"


def test_bytes_that_were_changed_are_neither_approved_nor_sent(sendable: Project, receiver: Receiver) -> None:
    day = day_of(sendable)
    [path] = sendable.data.glob("payloads/*/*.metrics.json")
    path.write_bytes(path.read_bytes() + b" ")
    for command in (("approve", day, *BY), ("submit", day)):
        ended = sendable.call(*command)
        assert ended.returncode == 1
        assert path.name in ended.stdout + ended.stderr
    assert receiver.requests == []


def test_what_a_receiver_refuses_is_final(sendable: Project, receiver: Receiver) -> None:
    day = day_of(sendable)
    assert sendable.call("approve", day, *BY).returncode == 0
    receiver.always = "unknown"
    refused = sendable.call("submit")
    assert refused.returncode == 4
    assert "refused it (401)" in refused.stdout
    receiver.always = None
    assert sendable.call("submit", day).returncode == 4
    assert receiver.accepted == {}
    assert sendable.call("verify").returncode == 0


def test_submit_without_a_day_sends_all_that_waits_and_its_code_tells_what_is_left(
    tmp_path: Path, receiver: Receiver
) -> None:
    of, _, made = outgoing_project(tmp_path / "project", receiver.url, "budget_seconds = 0.5\n", days=3)
    receiver.always = "broken"
    ended = of.call("submit", *(each.collection.day.isoformat() for each in made))
    assert ended.returncode == 4
    assert ended.stdout.count("waiting") == 9
    receiver.always = None
    receiver.plan.append("too large")
    ended = of.call("submit")
    assert ended.returncode == 4  # one was refused
    assert [line.split()[0] for line in ended.stdout.splitlines() if not line.startswith(" ")] == sorted(
        each.collection.day.isoformat() for each in made
    )
    assert ended.stdout.count(": sent.") == 5
    assert of.call("submit").returncode == 0
    assert {record["submission"]["state"] for record in of.records()} == {"sent", "partly sent"}
