"""The ledger: a chain that only grows, whatever happens to the process or the disk under it, and its checkpoints."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from projects import Fixed

from fa_stats import ledger, verification
from fa_stats.errors import StorageError
from fa_stats.settings import Paths, Settings, Signing

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)
PROCESS = (
    "import resource, sys; from pathlib import Path; from datetime import date\n"
    "from fa_stats import ledger; from fa_stats.clock import Clock; from fa_stats.errors import StorageError\n"
    "from fa_stats.settings import Paths, Settings\n"
    "settings = Settings(folder=Path(sys.argv[1]), paths=Paths(data=Path()))\n"
    "enter = lambda: ledger.enter(settings, Clock(), day=date.today(), event='run')\n"
)


def settings_of(data: Path, key: Path | None = None, *trusted: str) -> Settings:
    """Settings whose data are in that very folder."""
    return Settings(folder=data, paths=Paths(data=Path()), signing=Signing(key, trusted))


def enter(data: Path, event: str = "run", *, at: datetime = AT, day: date = DAY, **details: Any) -> None:
    ledger.enter(settings_of(data), Fixed(at), day=day, event=event, **details)


def lines(data: Path) -> list[bytes]:
    return ledger.path_of(data).read_bytes().split(b"\n")[:-1]


def checkpoints(data: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.checkpoints_of(data).read_bytes().split(b"\n")[:-1]]


def problem(data: Path) -> str | None:
    return verification.ledger_problem(settings_of(data))


def test_each_entry_names_the_digest_of_the_line_before(tmp_path: Path) -> None:
    for reason in ("one", "zwei — drei", 'with "quotes"\nand a line break'):
        enter(tmp_path, "off", reason=reason)
    kept = [json.loads(line) for line in lines(tmp_path)]
    assert [entry["previous"] for entry in kept] == [
        "0" * 64,
        *(hashlib.sha256(line).hexdigest() for line in lines(tmp_path)[:2]),
    ]
    assert [entry["entry"] for entry in kept] == [1, 2, 3]
    assert kept == list(ledger.entries(tmp_path))
    assert kept[0] | {"reason": "", "previous": ""} == {
        "entry": 1, "at": "2026-11-23T02:00:00Z", "day": "2026-11-23", "event": "off", "reason": "", "previous": "",
    }  # fmt: skip


def test_each_entry_has_a_checkpoint_with_the_length_and_the_head_of_the_ledger(tmp_path: Path) -> None:
    for _ in range(3):
        enter(tmp_path)
    kept = checkpoints(tmp_path)
    assert [each["entries"] for each in kept] == [1, 2, 3]
    assert [each["head"] for each in kept] == [hashlib.sha256(line).hexdigest() for line in lines(tmp_path)]
    assert {(each["public"], each["signature"]) for each in kept} == {(None, None)}
    assert problem(tmp_path) is None


@given(torn=st.binary(min_size=1, max_size=80).filter(lambda torn: b"\n" not in torn))
def test_a_torn_last_line_stays_and_the_next_entry_has_a_line_of_its_own(
    torn: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("data")
    enter(data)
    with ledger.path_of(data).open("ab") as handle:
        handle.write(torn)
    before = ledger.path_of(data).read_bytes()
    enter(data, "failed")
    after = ledger.path_of(data).read_bytes()
    assert after.startswith(before)
    found = list(ledger.entries(data))
    assert [found[0]["event"], found[-1]["event"]] == ["run", "failed"]
    assert found[-1]["previous"] == hashlib.sha256(after.split(b"\n")[-3]).hexdigest()


def test_an_entry_that_a_power_cut_cut_short_is_no_alarm_before_and_after_the_next_one(tmp_path: Path) -> None:
    enter(tmp_path)
    kept = [path.read_bytes() for path in (ledger.path_of(tmp_path), ledger.checkpoints_of(tmp_path))]
    enter(tmp_path, "failed")
    torn = [path.read_bytes() for path in (ledger.path_of(tmp_path), ledger.checkpoints_of(tmp_path))]
    for entry, checkpoint in ((-9, 0), (-1, 0), (None, -9), (None, -1)):
        ledger.path_of(tmp_path).write_bytes(torn[0][:entry])
        ledger.checkpoints_of(tmp_path).write_bytes(torn[1][:checkpoint] if checkpoint else kept[1])
        assert problem(tmp_path) is None
        enter(tmp_path, "off")
        assert problem(tmp_path) is None
        assert b'\n{"entries": 3, ' in ledger.checkpoints_of(tmp_path).read_bytes()
        assert len(lines(tmp_path)) == 3


def test_a_crash_between_entry_and_checkpoint_is_healed_by_the_next_entry(tmp_path: Path) -> None:
    enter(tmp_path)
    before = ledger.checkpoints_of(tmp_path).read_bytes()
    enter(tmp_path)
    ledger.checkpoints_of(tmp_path).write_bytes(before)
    assert problem(tmp_path) is None
    enter(tmp_path)
    assert [each["entries"] for each in checkpoints(tmp_path)] == [1, 2, 3]
    assert problem(tmp_path) is None


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_ledger_that_was_cut_is_seen_also_after_it_has_grown_again(tmp_path: Path, left: int) -> None:
    for _ in range(3):
        enter(tmp_path)
    ledger.path_of(tmp_path).write_bytes(b"".join(line + b"\n" for line in lines(tmp_path)[:left]))
    assert "its end was cut" in str(problem(tmp_path))
    for _ in range(3):
        enter(tmp_path, at=AT + timedelta(hours=1))
        assert problem(tmp_path)


def test_checkpoints_that_were_cut_are_seen(tmp_path: Path) -> None:
    for _ in range(4):
        enter(tmp_path, "record")
    whole = ledger.checkpoints_of(tmp_path).read_bytes().split(b"\n")
    for kept in (0, 1, 2):
        ledger.checkpoints_of(tmp_path).write_bytes(b"".join(line + b"\n" for line in whole[:kept]))
        assert f"The last {4 - kept} entries of the ledger have no checkpoint" in str(problem(tmp_path))


def test_a_ledger_of_an_older_version_holds_and_gets_its_first_checkpoint_with_the_next_entry(tmp_path: Path) -> None:
    previous = "0" * 64
    for number in (1, 2):  # the lines of fa_stats 0.2.0
        entry = {"entry": number, "at": f"2025-06-0{number}T02:00:00Z", "day": f"2025-06-0{number}", "event": "run"}
        line = json.dumps(entry | {"run": "r", "reason": "—", "previous": previous}, ensure_ascii=False).encode()
        with ledger.path_of(tmp_path).open("ab") as handle:
            handle.write(line + b"\n")
        previous = hashlib.sha256(line).hexdigest()
    assert problem(tmp_path) is None
    enter(tmp_path)
    assert [each["entries"] for each in checkpoints(tmp_path)] == [2, 3]
    assert problem(tmp_path) is None


def test_what_is_no_entry_is_passed_over(tmp_path: Path) -> None:
    ledger.path_of(tmp_path).write_bytes(b'1\n"text"\n[]\nnull\n\xff\xfe\n' + b"[" * 9999 + b'\n{"event": "run"')
    enter(tmp_path, "off")
    assert [entry["event"] for entry in ledger.entries(tmp_path)] == ["off"]
    assert problem(tmp_path)


def test_no_ledger_has_no_entries_and_no_problem(tmp_path: Path) -> None:
    assert list(ledger.entries(tmp_path)) == []
    assert problem(tmp_path) is None


def test_processes_that_append_at_once_wait_for_each_other(tmp_path: Path) -> None:
    code = PROCESS + "for number in range(40): enter()"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    kept = lines(tmp_path)
    assert [json.loads(line)["entry"] for line in kept] == list(range(1, 121))
    before = [hashlib.sha256(line).hexdigest() for line in kept[:-1]]
    assert [json.loads(line)["previous"] for line in kept[1:]] == before
    assert [each["entries"] for each in checkpoints(tmp_path)] == list(range(1, 121))
    assert b"clock_set_back" not in ledger.path_of(tmp_path).read_bytes()
    assert problem(tmp_path) is None


@pytest.mark.parametrize("room", [50, 300])  # too little for the entry; enough for it, too little for its checkpoint
def test_a_disk_that_gets_full_leaves_the_ledger_as_it_was(tmp_path: Path, room: int) -> None:
    enter(tmp_path)
    before = [path.read_bytes() for path in (ledger.path_of(tmp_path), ledger.checkpoints_of(tmp_path))]
    code = (
        f"{PROCESS}resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
        "try: enter()\nexcept StorageError as error: print(error)"
    )
    limit = len(before[0]) + room
    called = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(limit)], capture_output=True, text=True, check=True
    )
    file = ledger.path_of(tmp_path) if room == 50 else ledger.checkpoints_of(tmp_path)
    assert called.stdout.startswith(f"The disk is full: {file} could not be written.")
    assert [path.read_bytes() for path in (ledger.path_of(tmp_path), ledger.checkpoints_of(tmp_path))] == before


@pytest.mark.parametrize("name", ["ledger.jsonl", "checkpoints.jsonl"])
def test_a_folder_in_the_place_of_the_ledger_or_its_checkpoints_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(StorageError, match=name):
        enter(tmp_path)
    assert list(ledger.entries(tmp_path)) == []
    assert "ledger.jsonl" in os.listdir(tmp_path)  # noqa: PTH208


def test_an_entry_written_before_the_one_before_it_says_that_the_clock_was_set_back(tmp_path: Path) -> None:
    for minutes in (0, 5, 5, 2, 9):
        enter(tmp_path, at=AT + timedelta(minutes=minutes))
    assert [entry.get("clock_set_back") for entry in ledger.entries(tmp_path)] == [None, None, None, True, None]
    assert problem(tmp_path) is None


def missing(data: Path, at: datetime) -> list[str]:
    """Enter the days without a run, twice; all those that the ledger has then."""
    for _ in range(2):
        ledger.enter_missing(settings_of(data), Fixed(at))
    return [entry["day"] for entry in ledger.entries(data) if entry["event"] == "no run"]


def test_a_day_on_which_nothing_ran_is_entered_once(tmp_path: Path) -> None:
    assert missing(tmp_path, AT) == []
    enter(tmp_path)
    assert missing(tmp_path, AT) == []
    assert missing(tmp_path, AT + timedelta(days=1)) == []
    assert missing(tmp_path, AT + timedelta(days=4)) == ["2026-11-24", "2026-11-25", "2026-11-26"]
    enter(tmp_path, "off", at=AT + timedelta(days=4), day=DAY + timedelta(days=4))
    enter(tmp_path, "agreed", at=AT + timedelta(days=5), day=DAY + timedelta(days=5))
    assert missing(tmp_path, AT + timedelta(days=6))[3:] == ["2026-11-28"]
    assert list(ledger.entries(tmp_path))[1]["reason"] == ledger.NO_RUN
    assert problem(tmp_path) is None


def test_days_before_the_first_entry_was_written_are_not_missing(tmp_path: Path) -> None:
    enter(tmp_path, day=date(2025, 6, 2))
    assert missing(tmp_path, AT + timedelta(days=1)) == ["2026-11-23"]


def test_a_day_whose_run_left_a_record_alone_is_not_missing(tmp_path: Path) -> None:
    enter(tmp_path)
    record = tmp_path / "reports" / "2026-11-24" / "20261124T020000Z-0000" / "run.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    assert missing(tmp_path, AT + timedelta(days=3)) == ["2026-11-25"]


def test_missing_days_that_a_crash_left_without_a_checkpoint_are_no_alarm(tmp_path: Path) -> None:
    enter(tmp_path)
    before = ledger.checkpoints_of(tmp_path).read_bytes()
    assert len(missing(tmp_path, AT + timedelta(days=9))) == 8
    ledger.checkpoints_of(tmp_path).write_bytes(before)
    assert problem(tmp_path) is None


def test_a_clock_that_was_set_back_enters_no_day(tmp_path: Path) -> None:
    enter(tmp_path)
    assert missing(tmp_path, AT - timedelta(days=3)) == []
