"""The ledger: a chain that only grows, whatever happens to the process or the disk under it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats import ledger
from fa_stats.errors import StorageError

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)


def append(data: Path, event: str = "run", **details: str) -> None:
    ledger.append(data, at=AT, day=DAY, event=event, **details)


def lines(data: Path) -> list[bytes]:
    return ledger.path_of(data).read_bytes().splitlines()


def test_each_entry_names_the_digest_of_the_line_before(tmp_path: Path) -> None:
    for reason in ("one", "zwei — drei", 'with "quotes"\nand a line break'):
        append(tmp_path, "off", reason=reason)
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


@given(torn=st.binary(min_size=1, max_size=80))
def test_a_torn_or_foreign_last_line_stays_and_the_next_entry_has_a_line_of_its_own(
    torn: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("data")
    append(data)
    with ledger.path_of(data).open("ab") as handle:
        handle.write(torn)
    before = ledger.path_of(data).read_bytes()
    append(data, "failed")
    after = ledger.path_of(data).read_bytes()
    assert after.startswith(before)
    found = list(ledger.entries(data))
    assert [found[0]["event"], found[-1]["event"]] == ["run", "failed"]
    assert found[-1]["previous"] == hashlib.sha256(after.splitlines()[-2]).hexdigest()


def test_what_is_no_entry_is_passed_over(tmp_path: Path) -> None:
    ledger.path_of(tmp_path).write_bytes(b'1\n"text"\n[]\nnull\n\xff\xfe\n{"event": "run"')
    append(tmp_path, "off")
    assert [entry["event"] for entry in ledger.entries(tmp_path)] == ["off"]


def test_no_ledger_has_no_entries(tmp_path: Path) -> None:
    assert list(ledger.entries(tmp_path)) == []


def test_processes_that_append_at_once_wait_for_each_other(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import date, datetime, UTC; from fa_stats import ledger\n"
        "for number in range(40): ledger.append(Path(sys.argv[1]), at=datetime.now(UTC), day=date.today(), event='run')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    kept = lines(tmp_path)
    assert [json.loads(line)["entry"] for line in kept] == list(range(1, 121))
    before = [hashlib.sha256(line).hexdigest() for line in kept[:-1]]
    assert [json.loads(line)["previous"] for line in kept[1:]] == before


def test_a_disk_that_gets_full_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    append(tmp_path)
    before = ledger.path_of(tmp_path).read_bytes()
    code = (
        "import resource, sys; from pathlib import Path; from datetime import date, datetime, UTC\n"
        "from fa_stats import ledger\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))\n"
        "try: ledger.append(Path(sys.argv[1]), at=datetime.now(UTC), day=date.today(), event='run')\n"
        "except ledger.files.StorageError as error: print(error)"
    )
    called = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(len(before) + 50)], capture_output=True, text=True, check=True
    )
    assert called.stdout.startswith(f"The disk is full: {ledger.path_of(tmp_path)} could not be written.")
    assert ledger.path_of(tmp_path).read_bytes() == before


def test_a_folder_in_the_place_of_the_ledger_is_said(tmp_path: Path) -> None:
    ledger.path_of(tmp_path).mkdir()
    with pytest.raises(StorageError, match=r"ledger\.jsonl"):
        append(tmp_path)
    assert list(ledger.entries(tmp_path)) == []
    assert os.listdir(tmp_path) == ["ledger.jsonl"]  # noqa: PTH208
