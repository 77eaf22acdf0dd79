"""`fa-stats consent`: shows what holds and why, and puts names into the ledger; it opens no connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from projects import SETTINGS, Fixed, Project

from fa_stats import catalogue, definitions, ledger, permission, settings
from fa_stats.definitions import Definition

NEW = '[collection]\nmode = "on"\n[instance]\ncreated_with = "1.60.2"\n'


def configure(project: Project, text: str) -> None:
    (project.folder / "fa_stats.toml").write_text(SETTINGS + text)


def shown(project: Project) -> dict[str, Any]:
    ended = project.call("consent", "show", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def agree_to(project: Project, *others: Definition) -> None:
    """Have somebody have agreed to other definitions than today's."""
    from fa_stats import files

    loaded = settings.load(project.folder)
    sha256 = definitions.digest(others)
    files.write(definitions.path_of(loaded.data, sha256), definitions._document(others))
    ledger.enter(loaded, Fixed(), day=Fixed().now().date(), event="agreed", by="Ada", note=None, definitions=sha256)


def test_at_first_nothing_is_known_and_nothing_is_sent(project: Project) -> None:
    project = Project(project.folder, "postgresql://nobody@127.0.0.1:1/none")  # a connection would fail
    ended = project.call("consent", "show")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert 'Settings: mode "local", self-hosted, created not known.' in ended.stdout
    assert "no snapshot yet, so it is taken as never set" in ended.stdout
    assert ended.stdout.count('send     no   The settings allow to collect only ([collection] mode = "local")') == 2
    assert "Nobody agrees at present. 222 stats and 8 metrics are counted" in ended.stdout
    assert project.files() == {"fa_stats.toml"}


def test_the_instance_is_known_by_its_newest_snapshot(done: Project) -> None:
    configure(done, NEW)
    found = shown(done)
    assert found["snapshot"] == done.records()[0]["run"]
    assert (found["circumstances"]["switch"], found["circumstances"]["plan"]) == (True, "a paid plan")
    assert "Nobody has agreed" in found["usage_data"]["send"]["reason"]
    assert found["metrics"]["tied"]["sentence"] == "license Id (only for licensed instances with a plan)"


def test_what_is_agreed_to_is_allowed_until_it_is_withdrawn(done: Project) -> None:
    configure(done, NEW)
    ended = done.call("consent", "agree", "--by", "Ada", "--note", "meeting 5")
    assert ended.returncode == 0, ended.stderr
    assert "222 stats and 8 metrics are counted (by privacy class:" in ended.stdout
    assert "Ada agreed at " in ended.stdout
    assert "(meeting 5) to definitions " in ended.stdout
    assert "Nothing is sent as long as" not in ended.stdout
    found = shown(done)
    assert found["usage_data"]["send"]["allowed"]
    assert found["metrics"]["send"]["allowed"]
    assert found["circumstances"]["agreement"]["by"] == "Ada"
    assert found["differences"] == {"new": [], "gone": [], "changed": []}
    again = done.call("consent", "agree", "--by", "Bob")
    assert again.stdout.startswith("Ada agreed at ")
    assert "nothing was entered" in again.stdout
    ended = done.call("consent", "withdraw", "--by", " Bob ")
    assert "Bob withdrew that: nothing is sent any more" in ended.stdout
    assert not shown(done)["usage_data"]["send"]["allowed"]
    events = [entry for entry in done.entries() if entry["event"] in ("agreed", "withdrawn")]
    assert [(entry["event"], entry["by"]) for entry in events] == [("agreed", "Ada"), ("withdrawn", "Bob")]


def test_the_difference_to_what_was_agreed_to_is_shown_first(project: Project) -> None:
    configure(project, NEW)
    now = definitions.of(catalogue.load())
    before = [each for each in now if each.name not in ("nodes", "tenantNumber", "totalUsers")]
    gone = Definition("horoscopes", "stats", "count", "count", "Horoscopes that were read.", "0" * 64)
    other = Definition("nodes", "metrics", "count", "count", "Nodes of old.", "0" * 64)
    users = next(each for each in now if each.name == "totalUsers")
    same_words = Definition("totalUsers", "metrics", "count", "count", users.definition, "0" * 64)
    agree_to(project, *before, gone, other, same_words)
    found = shown(project)
    assert "What is counted is no longer what Ada agreed to on 2026-11-23" in found["usage_data"]["send"]["reason"]
    assert [each["name"] for each in found["differences"]["new"]] == ["tenantNumber"]
    ended = project.call("consent", "agree", "--by", "Bob")
    lines = ended.stdout.splitlines()
    assert lines[0] == "What is counted is no longer what was agreed to:"
    assert lines[1].startswith("  new      tenantNumber: ")
    assert lines[2] == "  gone     horoscopes: Horoscopes that were read."
    assert lines[3] == "  changed  nodes: Rows of nodes."
    assert lines[4] == "           It was: Nodes of old."
    assert lines[5] == f"  changed  totalUsers: {users.definition}"
    assert lines[6] == "           The same in words, counted another way."
    assert lines[7].startswith("Bob agreed at ")
    assert shown(project)["differences"] == {"new": [], "gone": [], "changed": []}


def test_what_was_agreed_to_may_be_lost_and_that_is_said(project: Project) -> None:
    agree_to(project)
    for path in (project.data / "definitions").iterdir():
        path.unlink()
    found = shown(project)
    assert found["differences"] is None
    assert "cannot be read. Put the file back from a backup." in found["problem"]
    ended = project.call("consent", "agree", "--by", "Bob")
    assert "cannot be read. Put the file back from a backup." in ended.stdout
    assert 'Nothing is sent as long as `mode` in [collection] is "local".' in ended.stdout


@pytest.mark.parametrize("command", ["agree", "withdraw"])
def test_nobody_is_no_name(command: str, project: Project) -> None:
    ended = project.call("consent", command, "--by", " ")
    assert (ended.returncode, ended.stderr.count("Say who you are")) == (2, 1)
    ended = project.call("consent", command)
    assert (ended.returncode, ended.stderr.count("Missing option '--by'")) == (2, 1)
    assert not project.data.exists() or not (project.data / "ledger.jsonl").exists()


def test_to_withdraw_what_nobody_agreed_to_is_put_on_the_record_too(project: Project) -> None:
    ended = project.call("consent", "withdraw", "--by", "Ada")
    assert ended.stdout == (
        "Nobody had agreed. Ada withdrew all the same: nothing is sent any more, not even what waits.\n"
    )
    assert [entry["event"] for entry in project.entries()] == ["withdrawn"]


def test_the_group_is_called_consent() -> None:
    assert permission.commands.name == "consent"
    assert set(permission.commands.commands) == {"show", "agree", "withdraw"}
