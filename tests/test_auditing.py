"""`fa-stats verify` and `fa-stats pack` as people call them, mistyped as well."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import kept
import pytest
from kept import NEXT, rewrite
from projects import DAY, Fixed, Project

from fa_stats import catalogue, ledger, snapshots, verification, verifier
from fa_stats.errors import NotFoundError


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_instance: Path) -> Project:
    """An unsigned project, not to be changed."""
    return kept.make(tmp_path_factory.mktemp("kept") / "project", f"duckdb://{small_instance}", signed=False)


@pytest.fixture
def own(whole: Project, tmp_path: Path) -> Project:
    """An unsigned project of one's own."""
    folder = tmp_path / "project"
    shutil.copytree(whole.folder, folder)
    return Project(folder, whole.source)


def found(project: Project, *days: object) -> list[tuple[bool, str]]:
    result = verification.verify(kept.load(project), days)  # type: ignore[arg-type]
    return [(finding.grave, finding.where) for finding in result.findings]


def test_verify_says_what_holds(whole: Project) -> None:
    called = whole.call("verify")
    assert [called.returncode, called.stderr] == [0, ""]
    lines = called.stdout.splitlines()
    assert all(line.startswith("ok     ") for line in lines)
    number = len(list(ledger.entries(whole.data)))
    chains = (f"data/ledger.jsonl: {number} lines, written", f"data/checkpoints.jsonl: {number} lines; none is signed")
    for said in (*chains, "2 runs of 2 days", "2 snapshots opened"):
        assert said in called.stdout


def test_verify_names_the_file_that_does_not_hold_and_ends_with_1(own: Project) -> None:
    [path] = (own.data / "payloads" / str(DAY)).glob("*.metrics.json")
    rewrite(path, path.read_bytes()[:-1])
    called = own.call("verify")
    assert called.returncode == 1
    assert f"WRONG  {path.relative_to(own.folder)}: It does not have the digest" in called.stdout
    assert "ok     " not in called.stdout
    answer = own.call("verify", "--json")
    assert answer.returncode == 1
    told = json.loads(answer.stdout)
    assert told["holds"] is False
    assert told["findings"][0].keys() == {"grave", "where", "what"}


def test_verify_with_days_looks_at_their_files_and_at_the_whole_ledger(own: Project) -> None:
    [path] = (own.reports / str(DAY)).glob("*/report.html")
    rewrite(path, None)
    assert own.call("verify", str(NEXT)).returncode == 0
    assert own.call("verify", str(NEXT), str(DAY)).returncode == 1
    rewrite(own.folder / verifier.LEDGER, (own.folder / verifier.LEDGER).read_bytes().replace(b"Ada", b"Bob"))
    assert own.call("verify", str(NEXT)).returncode == 1


def test_mistyped_calls_say_what_to_do(whole: Project, tmp_path: Path) -> None:
    for arguments, said in (
        (("verify", "yesterday"), "yesterday"),
        (("verify", "2020-01-01"), "Nothing is kept of 2020-01-01"),
        (("verify", "--jsn"), "No such option"),
        (("verfy",), "Did you mean 'verify'?"),
        (("pack",), "Missing argument 'DAY [DAY]'"),
        (("pack", "2020-01-01"), "Nothing is kept of 2020-01-01"),
        (("pack", "2020-01-01", "2020-01-02", "2020-01-03"), "Name a first and a last day at the most"),
        (("pack", str(DAY), "--output", tmp_path), "is a directory"),
    ):
        called = whole.call(*arguments)
        assert called.returncode == 2, arguments
        assert said in called.stderr, called.stderr
    assert not list(whole.folder.glob("*.zip"))


def test_verify_in_a_folder_where_nothing_ran_says_so(project: Project) -> None:
    called = project.call("verify")
    assert called.returncode == 2
    assert "There is nothing to verify yet" in called.stderr
    assert project.files() == {"fa_stats.toml"}


def test_pack_prints_the_path_and_the_digest(own: Project, tmp_path: Path) -> None:
    called = own.call("pack", str(NEXT), str(DAY))
    name = f"fa_stats-{DAY}-{NEXT}.zip"
    digest = verifier.sha256((own.folder / name).read_bytes())
    assert [called.returncode, called.stdout] == [0, f"{name}\nsha256 {digest}\n"]
    answer = own.call("pack", str(DAY), "--json", "--output", "here.zip")
    told = json.loads(answer.stdout)
    assert told == {"path": "here.zip", "sha256": verifier.sha256((own.folder / "here.zip").read_bytes())}
    (own.folder / f"fa_stats-{DAY}.zip").write_text("mine")
    assert own.call("pack", str(DAY)).returncode == 2
    [path] = (own.data / "payloads" / str(DAY)).glob("*.metrics.json")
    rewrite(path, b"{}")
    assert own.call("pack", str(DAY), "--output", "other.zip").returncode == 1
    assert not (own.folder / "other.zip").exists()


def test_a_snapshot_that_does_not_give_the_payload_is_named(own: Project) -> None:
    """As if somebody had changed payload, record and ledger alike, before there was a key."""
    [(_, run)] = [each for each in snapshots.found(own.data) if each[0] == NEXT]
    for name in (verifier.LEDGER, verifier.CHECKPOINTS):
        rewrite(own.folder / name, None)
    path = own.data / "payloads" / str(NEXT) / f"{run}.json"
    other = path.read_bytes().replace(b'"applicationVersion":"1.', b'"applicationVersion":"9.')
    assert other != path.read_bytes()
    rewrite(path, other)
    settings, clock = kept.load(own), kept.now()
    record = own.reports / str(NEXT) / run / "run.json"
    told = json.loads(record.read_text())
    told["files"][f"data/payloads/{NEXT}/{run}.json"] = told["payload_sha256"] = verifier.sha256(other)
    rewrite(record, json.dumps(told).encode())
    digests = {name: told[name] for name in ("payload_sha256", "metrics_sha256", "definitions")}
    ledger.enter(settings, clock, day=NEXT, event="run", run=run, **digests)
    ledger.enter(settings, clock, day=NEXT, event="record", run=run, record_sha256=verifier.sha256(record.read_bytes()))
    assert found(own, NEXT) == [(True, f"data/payloads/{NEXT}/{run}.json")]


def test_a_snapshot_that_does_not_open_or_whose_figures_give_another_payload_is_named(own: Project) -> None:
    """Those of a run that was cut off, since no digest of theirs is in the ledger."""
    [(_, run)] = [each for each in snapshots.found(own.data) if each[0] == NEXT]
    kept_one = snapshots.of_run(own.data, NEXT, run)
    name = "20261123T020000Z-0000"
    folder = own.reports / str(NEXT) / name
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"run": name, "day": str(NEXT), "finished": None}))
    path = snapshots.write(own.data, replace(kept_one, run=name), catalogue.load())
    assert {grave for grave, _ in found(own)} == {False}
    snapshots.write(own.data, replace(kept_one, run=name, payload=b"{}"), catalogue.load())
    where = str(path.relative_to(own.folder))
    assert (True, where) in found(own)
    rewrite(path, path.read_bytes()[:30_000])
    assert (True, where) in found(own)


def test_a_run_that_was_cut_off_is_a_note_and_what_is_at_work_too(own: Project) -> None:
    day = NEXT + timedelta(days=1)
    folder = own.reports / str(day) / "20261123T020000Z-0000"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"run": folder.name, "day": str(day), "finished": None}))
    payload = own.data / "payloads" / str(day) / f"{folder.name}.json"
    payload.parent.mkdir()
    payload.write_text("{}")
    assert found(own) == [(False, str(each.relative_to(own.folder))) for each in (payload, folder / "run.json")]
    ledger.enter(kept.load(own), kept.now(), day=day, event="failed", run=folder.name, reason="")
    assert {grave for grave, _ in found(own)} == {False}
    (folder / "run.json").write_text(json.dumps({"run": folder.name, "day": str(day), "finished": "2026-11-23"}))
    (folder / "report.html").write_text("")
    assert (True, str((folder / "run.json").relative_to(own.folder))) in found(own)


def test_a_receipt_that_the_ledger_does_not_name_yet_is_a_note(own: Project) -> None:
    settings, clock = kept.load(own), kept.now()
    [run] = [each for each in ledger.entries(own.data) if each["event"] == "run" and each["day"] == str(NEXT)]
    told = {"run": run["run"], "payload": "stats", "key": "1111", "sha256": run["payload_sha256"]}
    path = own.data / "receipts" / str(NEXT) / "stats-1111.json"
    path.parent.mkdir()
    path.write_text("{}")
    assert found(own) == [(True, str(path.relative_to(own.folder)))]
    ledger.enter(settings, clock, day=NEXT, event="sending", **told, host="h")
    findings = verification.verify(settings).findings
    assert [(each.grave, each.where) for each in findings] == [(False, str(path.relative_to(own.folder)))]


@pytest.mark.parametrize("event", ["approved", "queued", "sent"])
def test_an_entry_about_other_bytes_than_the_run_has_is_named(own: Project, event: str) -> None:
    [run] = [each for each in ledger.entries(own.data) if each["event"] == "run" and each["day"] == str(NEXT)]
    wrong = "0" * 64
    details = {"payload_sha256": run["payload_sha256"], "metrics_sha256": wrong, "by": "Ada"}
    if event != "approved":
        details = {"payload": "metrics", "key": "1", "sha256": run["payload_sha256"]}
    ledger.enter(kept.load(own), kept.now(), day=NEXT, event=event, run=run["run"], **details)
    number = len(list(ledger.entries(own.data)))
    assert (True, f"data/ledger.jsonl, entry {number}") in found(own)


def test_a_clock_that_was_set_back_is_a_note(own: Project) -> None:
    ledger.enter(kept.load(own), Fixed(datetime(2025, 1, 1, tzinfo=UTC)), day=NEXT, event="no run")
    number = len(list(ledger.entries(own.data)))
    assert found(own) == [(False, f"data/ledger.jsonl, entry {number}")]


def test_files_that_are_no_evidence_may_change(own: Project) -> None:
    made = ("history.duckdb", "run.lock", "policies/cache.json", "demo/x.duckdb", "README.md")
    for name in (*(f"data/{each}" for each in made), "reports/README.md", "reports/sample/report.html"):
        rewrite(own.folder / name, b"other")
    assert found(own) == []
    rewrite(own.data / "snapshots" / str(DAY) / "copy of mine.duckdb", b"")
    assert found(own) == [(False, f"data/snapshots/{DAY}/copy of mine.duckdb")]


def test_a_day_of_which_nothing_is_kept_is_not_found(whole: Project) -> None:
    with pytest.raises(NotFoundError, match="Nothing is kept of 2020-01-01: no entry of the ledger and no file"):
        verification.verify(kept.load(whole), [DAY.replace(2020, 1, 1)])


def test_a_key_that_others_may_read_is_said(own: Project, tmp_path: Path) -> None:
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "key.pem"], check=True)
    (tmp_path / "key.pem").chmod(0o644)
    settings = own.folder / "fa_stats.toml"
    settings.write_text(f'{settings.read_text()}[signing]\nkey = "{tmp_path}/key.pem"\n')
    called = own.call("verify")
    assert called.returncode == 1
    assert "can be read or written by others" in called.stderr
    assert "If it was set just now, the next run signs." in called.stdout
    kept.quick(own, NEXT + timedelta(days=1))
    assert own.call("verify").returncode == 0
