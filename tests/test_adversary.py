"""What somebody tries who can write to the folders: no command of ours makes it hold, and nothing of it is sent."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from outgoing import project as outgoing_project
from projects import DAY, SETTINGS, Project
from receiver import Receiver

from fa_stats import ledger, settings, snapshots, verification, verifier

BY = ("--by", "Ada Lovelace")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a receiver that is there."""
    with Receiver() as found:
        yield found


def wrong(project: Project) -> list[str]:
    return [each.where for each in verification.verify(settings.load(project.folder)).grave]


def test_a_ledger_that_was_written_anew_is_not_vouched_for_by_the_next_run(done: Project) -> None:
    assert done.call("consent", "agree", *BY).returncode == 0
    path, before = ledger.path_of(done.data), "0" * 64
    lines = []
    for entry in done.entries(records=True):  # the same story, told by somebody else
        told = entry | ({"by": "Somebody Else"} if entry["event"] == "agreed" else {}) | {"previous": before}
        lines.append(json.dumps(told, ensure_ascii=False).encode())
        before = verifier.sha256(lines[-1])
    path.write_bytes(b"\n".join(lines) + b"\n")
    ledger.checkpoints_of(done.data).unlink()
    assert wrong(done)
    ended = done.run("--again", "--reason", "to see")
    assert ended.returncode == 1
    assert re.match("BLOCKED .*\nFailed: ledger and clock\\.\n", ended.stdout), ended.stdout
    assert wrong(done)
    assert not ledger.checkpoints_of(done.data).read_bytes()


@pytest.mark.parametrize("command", ["approve", "consent"])
def test_nobody_puts_a_name_under_a_ledger_that_does_not_hold(done: Project, command: str) -> None:
    path = ledger.path_of(done.data)
    before = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(before)
    asked = ("approve", str(DAY), *BY) if command == "approve" else ("consent", "agree", *BY)
    ended = done.call(*asked)
    assert ended.returncode == 1
    assert "The ledger does not hold" in ended.stderr
    assert path.read_bytes() == before
    path.write_bytes(before.replace(b"\r\n", b"\n"))
    assert wrong(done) == []


def test_a_run_that_was_put_here_is_not_made_ours(done: Project) -> None:
    other, run = date(2025, 6, 1), "20250601T020000Z-beef"
    [(_, known)] = snapshots.found(done.data)
    for folder in ("data/snapshots", "data/payloads", "reports"):
        shutil.copytree(done.folder / folder / str(DAY), done.folder / folder / str(other))
        for each in (done.folder / folder / str(other)).iterdir():
            each.rename(each.with_name(each.name.replace(known, run)))
    path = snapshots.path_of(done.data, other, run)
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"UPDATE run SET day = DATE '{other}', run = '{run}'")
    assert snapshots.of_run(done.data, other, run)
    before = wrong(done)
    assert before
    for command in (("report", str(other)), ("approve", str(other), *BY)):
        assert done.call(*command).returncode == 1
    assert done.run(day=date(2025, 6, 3)).returncode == 0  # which sees through what was cut off, and this was not
    assert set(before) <= set(wrong(done))


def test_a_snapshot_that_was_changed_is_not_sent(project: Project, receiver: Receiver) -> None:
    (project.folder / "fa_stats.toml").write_text(SETTINGS)
    assert project.call("run").returncode == 0
    [(day, run)] = snapshots.found(project.data)
    path = snapshots.path_of(project.data, day, run)
    of, loaded, [model] = outgoing_project(project.folder.parent / "other", receiver.url)
    circumstances = snapshots.read(snapshots.path_of(loaded.data, model.collection.day, model.run)).circumstances
    assert circumstances
    (project.folder / "fa_stats.toml").write_text((of.folder / "fa_stats.toml").read_text() + SETTINGS)
    assert project.call("consent", "agree", *BY).returncode == 0
    path.chmod(0o644)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE run SET circumstances = replace(circumstances, '\"local\"', '\"on\"')")
        agreed = {"by": "x", "at": "2020-01-01T00:00:00+00:00", "definitions": _definitions(project), "note": None}
        told = f'"agreement": {json.dumps(agreed)}'
        connection.execute("UPDATE run SET circumstances = replace(circumstances, '\"agreement\": null', ?)", [told])
        connection.execute("UPDATE run SET started = TIMESTAMP '2099-01-01'")
    ended = project.call("submit", str(day))
    assert ended.returncode == 1
    assert f"{run}.duckdb is not what the ledger says" in ended.stdout
    assert receiver.requests == []


def _definitions(project: Project) -> str:
    return next(str(entry["definitions"]) for entry in project.entries() if entry.get("definitions"))


def test_folders_that_are_moved_and_named_in_the_settings_still_hold(done: Project) -> None:
    shutil.move(done.data, done.folder / "elsewhere")
    shutil.move(done.reports, done.folder / "shown")
    (done.folder / "fa_stats.toml").write_text(f'{SETTINGS}[paths]\ndata = "elsewhere"\nreports = "shown"\n')
    assert wrong(done) == []
    assert done.call("approve", str(DAY), *BY).returncode == 0
    assert wrong(done) == []
    assert done.call("pack", str(DAY)).returncode == 0


def test_a_password_with_a_slash_is_in_no_label(project: Project) -> None:
    ended = project.call("run", "--source", "postgresql://u:db/secretpw@127.0.0.1:x/x")
    assert ended.returncode == 2
    assert "secretpw" not in ended.stdout + ended.stderr
    assert not project.reports.exists()


def test_what_is_switched_off_by_now_is_not_sent(project: Project, receiver: Receiver) -> None:
    sending = '[collection]\nmode = "on"\n[instance]\ncreated_with = "1.60"\n[sending]\nmetrics = false\n'
    sending += f'usage_data_url = "{receiver.url}/usage"\n'
    (project.folder / "fa_stats.toml").write_text(SETTINGS + sending)
    assert project.call("consent", "agree", *BY).returncode == 0
    assert project.call("run").returncode == 0
    off = '[[switched_off]]\nstat = "tenantNumber"\nby = "Ada"\non = 2025-01-01\nwhy = "the works council"\n'
    (project.folder / "fa_stats.toml").write_text(SETTINGS + sending + off)
    ended = project.call("submit", project.folders()[0].parent.name)
    assert ended.returncode == 4
    assert "switched off tenantNumber since it was collected" in ended.stdout
    assert receiver.requests == []


def test_a_digest_that_was_written_down_shows_a_ledger_that_was_cut_back_with_all_that_tells_of_it(
    done: Project,
) -> None:
    assert done.call("consent", "agree", *BY).returncode == 0
    path = ledger.path_of(done.data)
    lines = path.read_bytes().splitlines(keepends=True)
    head = verifier.sha256(lines[-1].rstrip(b"\n"))

    def checked() -> tuple[int, str]:
        command = [sys.executable, "-I", str(verifier.__file__), str(done.folder), "--head", head]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout

    assert checked()[0] == 0
    path.write_bytes(b"".join(lines[:-1]))
    points = ledger.checkpoints_of(done.data)
    points.write_bytes(b"".join(points.read_bytes().splitlines(keepends=True)[:-1]))
    assert wrong(done) == []  # nothing here can tell
    assert checked()[0] == 1
    assert f"no line with the digest {head}" in checked()[1]
