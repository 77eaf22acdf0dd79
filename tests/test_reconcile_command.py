"""`fa-stats reconcile` as people call it, mistyped as well, and its notebook."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import instances
import pytest
import roles
import servers
from projects import Project, wait
from reconciled import CLEAR, PAGE, asks_for, counted, row, switched, timings

from fa_stats import sources, verifier
from fa_stats.settings import Api

TODAY = datetime.now(UTC).date()
HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


def at(project: Project, source: str) -> Project:
    return Project(project.folder, source)


def with_changes(project: Project, folder: Path, *statements: str) -> Project:
    """The project on a copy of the instance in which these statements ran."""
    of = Path(project.source.removeprefix("duckdb://"))
    return at(project, f"duckdb://{instances.changed(folder, *statements, of=of)}")


def clean(project: Project, folder: Path, *statements: str) -> Project:
    """The project on an instance where all agrees, in which these statements ran."""
    of = Path(project.source.removeprefix("duckdb://"))
    seen = instances.collect(of, day=TODAY)
    record = row(HOUR_AGO, counted(seen), dict.fromkeys(timings(seen), 1))
    return with_changes(project, folder, CLEAR, asks_for(PAGE), record, *statements)


def settings(project: Project, more: str) -> None:
    path = project.folder / "fa_stats.toml"
    path.write_text(f"{path.read_text()}{more}\n")


# ------------------------------------------------------------------------------------------------- results


def test_where_all_agrees_it_ends_with_0_and_the_reports_path(project: Project, tmp_path: Path) -> None:
    ended = clean(project, tmp_path).call("reconcile")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first, *_, last = ended.stdout.splitlines()
    assert first.startswith("AGREES  What is published, asked for, recorded and counted agrees")
    span = f"reports/reconcile/{TODAY - timedelta(days=29)}--{TODAY}"
    [folder] = (project.folder / span).iterdir()
    assert last == f"{span}/{folder.name}/reconcile.html"
    assert folder.name.startswith(f"{TODAY:%Y%m%d}T")
    assert "No days were named: these are the last 30" in ended.stderr
    assert "counted once now, in memory; nothing was stored." in ended.stdout
    kept = {name for name in project.files() if not name.startswith("fa_stats.toml")}
    assert kept == {f"{span}/{folder.name}/reconcile.{kind}" for kind in ("html", "json", "ipynb")}


def test_a_grave_finding_ends_with_1_and_json_has_it_all(project: Project, tmp_path: Path) -> None:
    ours = clean(project, tmp_path, asks_for([*PAGE, "universalApplicationNumber"]))
    ended = ours.call("reconcile", "--json", "--from", str(TODAY - timedelta(days=1)))
    assert ended.returncode == 1, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["verdict"], told["exit_code"], told["from"]) == ("GRAVE", 1, str(TODAY - timedelta(days=1)))
    [finding] = told["findings"]
    assert {name: finding[name] for name in ("kind", "grave", "stats", "days")} == {
        "kind": "asked_undocumented",
        "grave": True,
        "stats": ["universalApplicationNumber"],
        "days": [],
    }
    assert told["compared"] | {"page": None} == {
        "page": None, "listed": 223, "recorded": 1, "sent": 1, "unreadable": 0, "own_runs": 1, "compared": 1,
        **{name: told["compared"][name] for name in ("list_changed", "list_checked")},
    }  # fmt: skip
    stats = {stat["name"]: stat for stat in told["stats"]}
    assert len(stats) == 223
    stat = stats["tenantNumber"]
    assert (stat["on_page"], stat["listed"], len(stat["published"])) == (True, True, 3)
    [cell], [collection] = stat["recorded"], told["collections"]
    assert (cell["collection"], cell["value"], cell["milliseconds"]) == (0, cell["ours"]["value"], 1)
    assert (cell["differs"], cell["failed"], cell["ours"]["status"]) == (False, False, "ok")
    assert cell["ours"]["microseconds"] > 0
    assert (collection["sent"], collection["milliseconds"], collection["ours"]["run"]) == (True, 500, None)
    assert 3600 <= collection["ours"]["seconds_apart"] < 7200
    assert stats["universalApplicationNumber"]["published"] == []
    [written] = (project.reports / "reconcile" / f"{told['from']}--{TODAY}").glob("*/reconcile.json")
    assert json.loads(written.read_text()) == told


def test_two_at_once_each_tell_of_their_own_instance(project: Project, tmp_path: Path) -> None:
    (tmp_path / "grave").mkdir()
    grave = clean(project, tmp_path / "grave", asks_for([*PAGE, "universalApplicationNumber"]))
    every = [(each, each.start("fa-stats", "reconcile", "--json")) for each in (clean(project, tmp_path), grave)]
    ended = [wait(process) for _, process in every]
    assert [each.returncode for each in ended] == [0, 1]
    assert [json.loads(each.stdout)["verdict"] for each in ended] == ["AGREES", "GRAVE"]
    kept = [json.loads(path.read_text())["verdict"] for path in project.reports.rglob("reconcile.json")]
    assert sorted(kept) == ["AGREES", "GRAVE"]


def test_the_findings_are_told_gravest_first(project: Project, tmp_path: Path) -> None:
    values = counted(instances.collect(Path(project.source.removeprefix("duckdb://")), day=TODAY))
    wrong = row(HOUR_AGO, values | {"tenantNumber": 999, "userNames": 3}, dict.fromkeys(PAGE, 1))
    ended = clean(project, tmp_path, CLEAR, wrong).call("reconcile")
    assert ended.returncode == 1
    grave, other = ended.stdout.index("GRAVE    Sent but not documented"), ended.stdout.index("Recorded value differs")
    assert grave < other
    assert ended.stdout.count("What to do: ") == 2


def test_a_run_of_today_is_taken_and_nothing_is_counted(project: Project, tmp_path: Path) -> None:
    ours = clean(project, tmp_path)
    assert ours.call("run").returncode == 0
    ended = ours.call("reconcile", "--json", "--from", str(HOUR_AGO.date()))
    assert ended.returncode == 0, ended.stdout
    told = json.loads(ended.stdout)
    assert told["notes"] == []
    assert told["compared"]["compared"] == 1
    assert ours.call("verify").returncode == 0, "the report of a reconciliation is in nobody's way"
    assert ours.call("doctor").returncode == 0


def test_the_demo_is_there_without_anything(project: Project) -> None:
    ended = at(project, "").call("reconcile")
    assert ended.returncode == 1, ended.stderr
    assert "asks for 191 stats, 3 of which the page does not have" in ended.stdout


# ------------------------------------------------------------------------------------------------- mistyped


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-13-01"], "'2026-13-01' is no day"),
        (["--to", "yesterday"], "'yesterday' is no day"),
        (["--to", "2999-01-01"], "2999-01-01 is still to come"),
        (["--from", "2025-06-03", "--to", "2025-06-02"], "2025-06-03 is after 2025-06-02"),
        (["--payload", "none.json"], "none.json cannot be read: No such file or directory"),
        (["--payload", "."], "is a folder"),
        (["--payload", "fa_stats.toml"], "holds no payload: it is not valid JSON"),
        (["--source", "oracle://x"], "There is no source of "),
        (["--payloads", "x"], "No such option"),
        (["2026-11-23"], "unexpected extra argument"),
    ],
)
def test_what_is_mistyped_is_a_usage_error_and_leaves_nothing(
    project: Project, arguments: list[str], said: str
) -> None:
    before = project.files()
    ended = project.call("reconcile", *arguments)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert said in ended.stderr
    assert project.files() == before


def test_a_payload_of_another_instance_is_a_usage_error(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    instant = int(HOUR_AGO.timestamp() * 1000)
    other = "eb76363d-8ee3-4188-8bae-ceed191a4780"
    path.write_text(json.dumps({"collectionInstant": instant, "instanceId": other, "stats": {}}))
    ended = clean(project, tmp_path).call("reconcile", "--payload", path)
    assert ended.returncode == 2, ended.stderr
    assert "payload.json is a payload of the instance eb76363d, and this is about the instance" in ended.stderr
    assert other not in ended.stderr
    assert not (project.reports / "reconcile").exists()


def test_our_own_payload_as_collected_agrees_with_itself(project: Project, tmp_path: Path) -> None:
    ours = clean(project, tmp_path, CLEAR)
    collected = ours.call("collect", "--output", "mine.json")
    assert collected.returncode == 0, collected.stderr
    ended = ours.call("reconcile", "--payload", "mine.json", "--json")
    assert ended.returncode == 0, ended.stdout
    told = json.loads(ended.stdout)
    # What is unavailable was not asked for, so no payload of ours has it.
    [finding] = told["findings"]
    assert (finding["kind"], finding["grave"]) == ("never_collected", False)
    assert "instanceJavaVersion" in finding["stats"]
    assert "either: they may have no value here." in finding["sentence"]
    assert told["collections"][0]["from"] == "mine.json"


def test_a_payload_from_a_clock_that_is_ahead_is_compared_all_the_same(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    ahead = HOUR_AGO + timedelta(days=400)
    path.write_text(json.dumps({"collectionInstant": int(ahead.timestamp() * 1000), "stats": {"userNames": 3}}))
    ended = clean(project, tmp_path).call("reconcile", "--payload", path)
    assert ended.returncode == 1, ended.stderr
    assert "The captured payload holds 1 name that the page does not have" in ended.stdout


def test_a_source_that_is_not_there_ends_with_3(project: Project) -> None:
    ended = at(project, "duckdb:///there/is/none").call("reconcile")
    assert ended.returncode == 3
    assert "There is no file /there/is/none" in ended.stderr


# ------------------------------------------------------------------------------------------------- off


def test_with_mode_off_nobody_is_connected_to(project: Project) -> None:
    settings(project, '[collection]\nmode = "off"')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        host, port = listener.getsockname()
        ended = at(project, f"postgresql://someone@{host}:{port}/database").call("reconcile")
        with pytest.raises(TimeoutError):
            listener.accept()
    assert ended.returncode == 0, ended.stderr
    assert "no connection was opened. Only kept runs and the files that were named are compared." in ended.stdout


def test_with_the_switch_off_nothing_is_counted_and_what_was_sent_is_found(project: Project, tmp_path: Path) -> None:
    ended = clean(project, tmp_path, switched(on=False, saved=HOUR_AGO - timedelta(hours=1))).call(
        "reconcile", "--json"
    )
    assert ended.returncode == 1
    told = json.loads(ended.stdout)
    assert [finding["kind"] for finding in told["findings"]] == ["sent_while_off"]
    assert told["compared"]["own_runs"] == 0
    assert "nothing was counted" in told["notes"][0]


def test_a_run_that_finds_the_switch_off_says_of_which_source_and_the_ledger_holds(
    project: Project, tmp_path: Path
) -> None:
    ours = clean(project, tmp_path, switched(on=False, saved=HOUR_AGO + timedelta(minutes=1)))
    assert ours.call("run").returncode == 0
    [entry] = [entry for entry in ours.entries() if entry["event"] == "off"]
    assert entry["identity"] == sources.find(ours.source, day=TODAY, data=tmp_path, demo={}, api=Api()).identity
    assert ours.call("verify").returncode == 0
    alone = [sys.executable, "-I", verifier.__file__, str(project.folder)]
    told = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    # Somebody turned it off after the collection: that is not proof of anything, and no other source is suspected.
    report = json.loads(ours.call("reconcile", "--json", "--from", str(HOUR_AGO.date())).stdout)
    same_day = HOUR_AGO.date() == TODAY
    assert [finding["kind"] for finding in report["findings"]] == ["perhaps_while_off"] or not same_day
    (tmp_path / "other").mkdir()
    other = clean(project, tmp_path / "other", switched(on=True, saved=datetime.now(UTC)))
    report = json.loads(other.call("reconcile", "--json", "--from", str(HOUR_AGO.date())).stdout)
    assert report["findings"] == []


def test_days_before_all_days_are_a_usage_error_or_nothing_at_all(project: Project, tmp_path: Path) -> None:
    ended = clean(project, tmp_path).call("reconcile", "--from", "0001-01-01")
    assert "Traceback" not in ended.stderr
    assert ended.returncode in (0, 2)


# ------------------------------------------------------------------------------------------------- the notebook


def outputs(path: Path) -> str:
    cells: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return json.dumps([cell.get("outputs", []) for cell in cells])


def test_the_notebook_as_it_ran_is_kept(project: Project, tmp_path: Path) -> None:
    ended = clean(project, tmp_path).call("reconcile")
    kept = project.folder / Path(ended.stdout.splitlines()[-1]).with_name("reconcile.ipynb")
    shown = outputs(kept)
    assert "AGREES" in shown
    assert "Report: reports/reconcile/" in shown


def papermill(project: Project, *parameters: str) -> subprocess.CompletedProcess[str]:
    notebook = Path(__file__).parent.parent / "notebooks" / "reconcile.ipynb"
    return wait(project.start("papermill", notebook, "out.ipynb", *parameters))


def test_plain_papermill_does_it_too(project: Project, tmp_path: Path) -> None:
    ours, day = clean(project, tmp_path), str(HOUR_AGO.date())
    ended = papermill(ours, "-p", "first", day, "-p", "last", day)
    assert ended.returncode == 0, ended.stderr
    assert "AGREES" in outputs(project.folder / "out.ipynb")
    names = {path.name for path in (project.reports / "reconcile" / f"{day}--{day}").glob("*/*")}
    assert names == {"reconcile.html", "reconcile.json", "reconcile.ipynb"}


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        (["-p", "frist", "2026-11-23"], "There is no parameter `frist`. Did you mean `first`?"),
        (["-r", "source", "postgresql://u:hunter2@host/db"], "`source` holds something like a credential."),
        (["-p", "last", "20261123"], "`last` is to be a text such as 2026-11-23"),
        (["-p", "payloads", "3"], "`payloads` is to be the path of a file, or a list of such paths."),
    ],
)
def test_papermill_with_a_wrong_parameter_says_which(project: Project, parameters: list[str], said: str) -> None:
    ended = papermill(project, *parameters)
    assert ended.returncode == 1
    assert f"ParameterError: {said}" in ended.stderr
    assert project.files() == {"fa_stats.toml", "out.ipynb"}


def test_no_credential_is_in_any_file(project: Project, server: servers.Server) -> None:
    with roles.made(server, roles.loaded(server.kind)) as role:
        role.grant()
        ended = project.call("reconcile", "--source", role.url, "--from", "2026-11-20")
        assert ended.returncode == 1, ended.stderr
        secret = [roles.PASSWORD, role.url.partition("://")[2].partition("@")[0], role.server.host]
        told = [
            ended.stdout,
            ended.stderr,
            *(path.read_text() for path in project.reports.rglob("*") if path.is_file()),
        ]
        assert len(told) == 5
        assert not [each for each in secret for text in told if each in text]
