"""`fa-stats doctor`: what is as it should be, what is not, and how to mend it; looking changes nothing."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
import roles
import servers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hosted import spare
from instances import changed
from projects import DAY, SETTINGS, Fixed, Project
from test_manners import read_since, reads

from fa_stats import access, agreement, doctor, notebook, run, settings, snapshots
from fa_stats.finding import Finding
from fa_stats.rights import Standing


def examine(project: Project) -> list[Finding]:
    return doctor.examine(Fixed(), project.folder)


def mend(project: Project) -> list[str]:
    return [f"{finding.what} {finding.mend}" for finding in examine(project) if not finding.good]


def test_a_new_project_is_as_it_should_be_and_stays_as_it_is(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mend(here) == []
    monkeypatch.setenv("FA_STATS_SOURCE", "demo:")
    said = [finding.what for finding in examine(here)]
    assert any("the first run of a day makes the day's instance" in what for what in said)
    assert any("No day is kept yet" in what for what in said)
    assert here.files() == {"fa_stats.toml"}
    assert not here.data.exists()


def test_kept_days_are_counted(here: Project) -> None:
    for day in (DAY, DAY + timedelta(days=1)):
        daily = run.start({"day": str(day)})
        daily.collect()
        daily.finish()
    assert f"2 days are kept, {DAY} to {DAY + timedelta(days=1)}." in [finding.what for finding in examine(here)]


def test_a_single_day_is_counted_too(here: Project) -> None:
    daily = run.start({"day": str(DAY)})
    daily.collect()
    daily.finish()
    assert f"1 day is kept, {DAY}." in [finding.what for finding in examine(here)]


def test_damaged_and_misplaced_days_are_named(here: Project) -> None:
    daily = run.start({"day": str(DAY)})
    daily.collect()
    daily.finish()
    whole = snapshots.path_of(here.data, DAY, daily.record.run)
    cut = whole.with_name("20250602T020000Z-cafe.duckdb")
    cut.write_bytes(whole.read_bytes()[:50_000])
    misplaced = here.data / "snapshots" / "2025-06-03" / whole.name
    misplaced.parent.mkdir()
    shutil.copy(whole, misplaced)
    (finding,) = (each for each in examine(here) if not each.good)
    assert finding.what == "2 days are kept, 2025-06-02 to 2025-06-03. 2 cannot be read."
    assert finding.mend
    assert [str(path) in finding.mend for path in (cut, misplaced, whole)] == [True, True, False]


def test_wrong_settings_are_the_only_finding(here: Project) -> None:
    (here.folder / "fa_stats.toml").write_text("[sauce]\n")
    assert len(examine(here)) == 1
    assert "did you mean `source`" in mend(here)[0]


def test_a_list_of_mistakes_is_indented_as_a_whole(project: Project) -> None:
    (project.folder / "fa_stats.toml").write_text("[sauce]\n[collection]\nmode = 3\n")
    ended = project.call("doctor")
    first, *rest = ended.stdout.splitlines()
    assert first == "MEND   The settings cannot be used."
    assert len(rest) == 3
    assert all(line.startswith(" " * 7) for line in rest)


def test_a_file_in_the_place_of_a_folder_is_named(here: Project) -> None:
    here.reports.write_text("")
    assert f"{here.reports} is not a folder" in mend(here)[0]


def test_a_source_that_is_absent_or_another_database_is_said(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = here.folder / "other.duckdb"
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{path}")
    assert "There is no file" in mend(here)[0]
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t (i INTEGER)")
    assert "holds no FusionAuth tables" in mend(here)[0]
    path.write_text("text")
    assert "is not a DuckDB file" in mend(here)[0]


OFF = '{"usageDataConfiguration": {"enabled": false}}'


def of_source(project: Project) -> list[Finding]:
    """What is found about the source alone."""
    about = ("The source", "The role", "The server", "The connection", "The instance")
    return [each for each in examine(project) if each.what.startswith(about)]


def test_a_file_whose_switch_is_off_has_that_switch_read_and_nothing_else(
    here: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = Path(here.source.removeprefix("duckdb://"))
    off = changed(tmp_path, f"UPDATE system_configuration SET data = '{OFF}'", of=of)
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{off}")
    [finding] = of_source(here)
    assert finding.good
    assert finding.what == (
        f"The source (DuckDB file {off.name}) answers. The instance's own switch for usage data is off (Settings, "
        "System, Analytics & Improvements): that switch was read and nothing else."
    )
    path = here.folder / "fa_stats.toml"
    path.write_text(f'{path.read_text()}[instance]\ndeployment = "cloud"\n')
    [finding] = of_source(here)
    assert "In the cloud, the vendor's page says" in finding.what


def test_a_server_whose_switch_is_off_has_that_switch_read_and_nothing_else(
    here: Project, server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = spare(server.kind)
    monkeypatch.setenv("FA_STATS_SOURCE", database.url)
    with database.documents("system_configuration", OFF):
        before = reads(database)
        [finding] = of_source(here)
        assert read_since(database, before) == {"system_configuration"}
    assert finding.good
    assert finding.what.endswith("that switch was read and nothing else.")
    before = reads(database)
    assert len(of_source(here)) > 1
    assert read_since(database, before) == {"system_configuration"}  # doctor reads no stat, come what may


def test_a_switch_that_cannot_be_read_is_told(here: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = Path(here.source.removeprefix("duckdb://"))
    bad = changed(tmp_path, "UPDATE system_configuration SET data = '{'", of=of)
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{bad}")
    [finding] = [each for each in of_source(here) if not each.good]
    assert (
        "the instance's own switch for usage data cannot be read: a document in system_configuration.data"
        in finding.what
    )


@pytest.mark.parametrize("views", [False, True])
def test_a_role_with_the_rights_that_it_needs_is_as_it_should_be(
    here: Project, server: servers.Server, views: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with roles.made(server, roles.loaded(server.kind), views=views) as role:
        role.grant()
        monkeypatch.setenv("FA_STATS_SOURCE", role.url)
        assert mend(here) == []
        said = [finding.what for finding in examine(here)]
    [source] = [what for what in said if what.startswith("The source")]
    assert server.version.partition("-")[0].split()[0] in source
    assert source.endswith(" views that hide the documents." if views else " tables.")
    assert "The role can read what is counted, and nothing else." in said
    assert "The server takes writes, so it is no replica." in said
    assert any(what.startswith("The connection is ") for what in said)


def test_a_role_that_can_do_too_much_is_told_how_to_get_rid_of_it(
    here: Project, server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FA_STATS_SOURCE", server.url(roles.loaded(server.kind)))
    [said] = mend(here)
    assert "The role can do more than it needs: it " in said
    assert f"`fa-stats grants --dialect {server.kind} --role ROLE` prints the SQL" in said


@pytest.mark.parametrize("views", [False, True])
def test_a_role_that_lacks_a_right_is_told_what_it_cannot_read(
    here: Project, server: servers.Server, views: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with roles.made(server, roles.loaded(server.kind), views=views) as role:
        role.grant()
        schema = "" if server.kind == "postgresql" else f"{role.database}."
        schema = "fa_stats." if views else schema
        what = "SELECT" if views else "SELECT (data)"
        role.alter(f"REVOKE {what} ON {schema}webhooks FROM {{role}}")
        monkeypatch.setenv("FA_STATS_SOURCE", role.url)
        [said] = mend(here)
    first = "3 columns that it needs: webhooks.eventsenabled_" if views else "a column that it needs: webhooks.data. "
    assert said.startswith(f"The role cannot read {first}")
    assert f"--role ROLE{' --views' if views else ''}` prints the SQL that gives what is needed." in said


def test_a_role_without_any_right_is_told_so(
    here: Project, server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = server.create_database()
    with roles.made(server, database) as role:
        if server.kind != "postgresql":
            role.alter(f"GRANT CREATE VIEW ON {database}.* TO {{role}}")  # without which it may not even connect
        monkeypatch.setenv("FA_STATS_SOURCE", role.url)
        [said] = mend(here)
    assert "holds no FusionAuth tables that can be seen" in said
    assert "`fa-stats grants`" in said
    server.drop_database(database)


def test_a_connection_that_others_can_read_is_told_how_to_encrypt() -> None:
    for dialect, option in (("postgresql", "sslmode=verify-full"), ("mysql", "ssl_mode=verify_identity")):
        finding, _ = access._session(dialect, Standing(encrypted=False, local=False))
        assert not finding.good
        assert option in (finding.mend or "")
    finding, server = access._session("mysql", Standing(encrypted=False, read_only=True))
    assert finding.good
    assert server.what == "The server takes no writes, as a replica does."


def test_with_collection_off_nothing_is_opened(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.folder / "fa_stats.toml").write_text('[collection]\nmode = "off"\n')
    monkeypatch.setenv("FA_STATS_SOURCE", "duckdb:///nowhere")
    assert mend(here) == []


def test_a_kernel_or_notebook_that_is_missing_is_named(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "ipykernel" else name)
    monkeypatch.setattr(notebook, "find", lambda _: Path("nowhere"))
    assert mend(here) == [
        "The daily notebook is missing. `fa-stats init .` lays it out.",
        "The notebook cannot be executed: ipykernel missing. pip install fa-stats",
    ]


SENDING = """
[collection]
mode = "on"
[sending]
usage_data_url = "https://receiver.example/usage"
headers = { Authorization = "A_TOKEN" }
ca = "absent.pem"
[signing]
key = "key.pem"
"""


def test_what_is_missing_before_anything_can_be_sent_is_named(here: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.folder / "fa_stats.toml").write_text(SETTINGS + SENDING)
    key = here.folder / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o640)
    monkeypatch.delenv("A_TOKEN", raising=False)
    told = "\n".join(mend(here))
    for said in (
        "The signing key",
        "Nobody has agreed that anything is sent. `fa-stats consent show`",
        "There is no receiver for metrics. Set `metrics_url`",
        "The environment variable A_TOKEN, for the header Authorization, is not set.",
        "There is no file",
    ):
        assert said in told
    assert len(told.splitlines()) == 5


def test_a_project_that_may_send_is_as_it_should_be(here: Project) -> None:
    (here.folder / "fa_stats.toml").write_text(
        SETTINGS
        + '[collection]\nmode = "on"\n[sending]\nmetrics = false\nusage_data_url = "https://receiver.example"\n'
    )
    agreement.agree(settings.load(here.folder), "Ada Lovelace", None, Fixed())
    assert mend(here) == []
    assert "Ada Lovelace agreed to what is counted, on 2026-11-23." in [finding.what for finding in examine(here)]


def test_a_ledger_that_does_not_hold_is_named(here: Project) -> None:
    agreement.agree(settings.load(here.folder), "Ada Lovelace", None, Fixed())
    path = here.data / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Eve"))
    (told,) = mend(here)
    assert told.startswith("The ledger does not hold: data/ledger.jsonl")
    assert "`fa-stats verify` names everything" in told


def test_the_command_prints_what_is_found_and_its_exit_code_says_whether_all_is_well(project: Project) -> None:
    good = project.call("doctor", "--json")
    assert [good.returncode, {each["good"] for each in json.loads(good.stdout)}] == [0, {True}]
    project.data.write_text("")
    bad = project.call("doctor")
    assert bad.returncode == 1
    assert "MEND" in bad.stdout
