"""Off means off: zero connections and zero requests, counted at the database server and at the HTTP server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import instances
import pytest
import servers
import web
from hosted import Hosted, counted, spare
from instances import limits
from projects import Fixed, Project
from test_manners import connections, read_since, reads
from web import Host

from fa_stats.collection import Status
from fa_stats.errors import CollectionOffError
from fa_stats.policy import State
from fa_stats.remote import Asking
from fa_stats.settings import RemotePolicy, Settings

DOCUMENT = b'{"switched_off": [{"stat": "tenantNumber", "by": "Ada", "on": "2026-11-01", "why": "too slow"}]}'
OFF = '{"usageDataConfiguration": {"enabled": false}}'


@pytest.fixture(scope="module", params=servers.KINDS)
def database(request: pytest.FixtureRequest) -> Hosted:
    return spare(request.param)


@pytest.fixture
def host() -> Iterator[Host]:
    with web.serving() as found:
        found.answer = web.plain(DOCUMENT)
        yield found


def given(folder: Path, host: Host, mode: str = "on") -> Settings:
    """Settings with a remote policy, whose copies go into a folder."""
    made = limits(mode=mode, measured_alone=0)
    return replace(made, folder=folder, policy=RemotePolicy(url=host.url, follow_active_list=True))


def own_looks(database: Hosted) -> int:
    """How many connections a look at the number of connections is itself."""
    return 0 if database.server.kind == "postgresql" else 1


def test_mode_off_makes_no_connection_and_no_request(database: Hosted, host: Host, tmp_path: Path) -> None:
    settings = given(tmp_path, host, "off")
    before = connections(database)
    with pytest.raises(CollectionOffError, match="no connection was opened"):
        database.collect(settings, policy=Asking(settings, instances.DAY, Fixed()))
    assert connections(database) == before + own_looks(database)
    assert host.asked == []
    assert list(tmp_path.iterdir()) == []


def test_the_instances_switch_off_has_that_switch_read_and_makes_no_request(
    database: Hosted, host: Host, tmp_path: Path
) -> None:
    settings = given(tmp_path, host)
    with database.documents("system_configuration", OFF):
        before, had = reads(database), connections(database)
        with pytest.raises(CollectionOffError, match="that switch was read and nothing else"):
            database.collect(settings, policy=Asking(settings, instances.DAY, Fixed()))
        assert connections(database) == had + own_looks(database) + 1
        assert read_since(database, before) == {"system_configuration"}
    assert host.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_preview_in_spite_of_the_switch_makes_no_request_either(database: Hosted, host: Host, tmp_path: Path) -> None:
    settings = given(tmp_path, host)
    with database.documents("system_configuration", OFF):
        asking = Asking(settings, instances.DAY, Fixed(), keep=False)
        database.collect(settings, policy=asking, preview=True)
    assert host.asked == []
    assert asking.answer.record.state is State.ABSENT


def test_on_asks_for_the_document_once_and_follows_the_list(database: Hosted, host: Host, tmp_path: Path) -> None:
    settings = given(tmp_path, host, "local")
    asking = Asking(settings, instances.DAY, Fixed())
    found = database.collect(settings, policy=asking)
    assert len(host.asked) == 1
    assert instances.figures(found)["tenantNumber"].status is Status.DISABLED
    assert len(found.active_list or ()) == 191
    assert found.counts()[Status.OK] < counted(database.server.kind)
    assert {each.name for each in found.statements if each.failure} == set()
    assert asking.record(found.active_list).problem is None


def test_a_run_with_mode_off_makes_no_request_and_says_so(project: Project, host: Host) -> None:
    path = project.folder / "fa_stats.toml"
    path.write_text(f'{path.read_text()}[collection]\nmode = "off"\n[policy]\nurl = "{host.url}"\n')
    ended = project.run()
    assert ended.returncode == 0, ended.stderr
    assert [entry["event"] for entry in project.entries()] == ["off"]
    assert host.asked == []


def test_a_run_with_the_instances_switch_off_makes_no_request_and_keeps_no_payload(
    project: Project, host: Host, tmp_path: Path
) -> None:
    path = project.folder / "fa_stats.toml"
    path.write_text(f'{path.read_text()}[collection]\nmode = "on"\n[policy]\nurl = "{host.url}"\n')
    off = instances.changed(
        tmp_path,
        f"UPDATE system_configuration SET data = '{OFF}'",
        of=Path(project.source.removeprefix("duckdb://")),
    )
    ended = Project(project.folder, f"duckdb://{off}").run("--json")
    assert ended.returncode == 0, ended.stderr
    assert "that switch was read and nothing else" in json.loads(ended.stdout)["headline"]
    assert host.asked == []
    assert not (project.data / "payloads").exists()
    assert not (project.data / "policies").exists()
