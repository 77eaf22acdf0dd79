"""Whole documents come over the HTTP API, secrets and all: none of it gets into a file, an output or a kept table."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from instances import DAY, instance, limits
from projects import Project
from standin import CANARY, KEY, Fault, Standin
from test_client import Hurried
from test_secrets import leaks, texts

from fa_stats import catalogue, collector
from fa_stats.api import rows, shown
from fa_stats.collector import Order
from fa_stats.settings import Api
from fa_stats.sources import api
from fa_stats.sources.api import APIConnection, HTTPInstance

PLANTED = (CANARY, KEY, "127.0.0.1")
SETTINGS = "[api]\ncalls_per_second = 1000.0\ncall_seconds = 2.0\n[collection]\nmeasured_alone = 2\n"
SPOILT = (
    "login page",
    "ids as numbers",
    "sections as text",
    "not json",
    "cut",
    "short",
    "total larger",
    "unauthorized",
)


def test_the_canaries_are_there_to_be_found() -> None:
    with Standin(instance()) as standin, connected(standin) as connection:
        for call in shown.load().calls.values():
            given = {"start": 0, "end": 1} if call.span else {}
            answer = connection._client.get(call.path, given)
            if call.name in ("applications", "tenants", "webhooks", "identity_providers", "themes", "messengers"):
                assert CANARY in answer, call.name


def connected(standin: Standin) -> Connected:
    return Connected(standin)


class Connected:
    """An open way to a stand-in, that one can look into."""

    def __init__(self, standin: Standin) -> None:
        self._source = HTTPInstance(standin.url.replace("://", f"://{KEY}@"), Api(calls_per_second=1000))
        self._opened = self._source.connect()

    def __enter__(self) -> APIConnection:
        return self._opened.__enter__()

    def __exit__(self, *how: object) -> None:
        self._opened.__exit__(None, None, None)


@pytest.mark.parametrize("kind", ["", *SPOILT])
def test_only_what_the_statements_read_is_kept_in_memory(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", KEY)
    kept: dict[str, str] = {}

    class Looked(APIConnection):
        """Looks into every table when all is counted."""

        def options(self) -> object:  # type: ignore[override]
            kept.update(everything(self._connection))
            return super().options()

    monkeypatch.setattr(api, "APIConnection", Looked)
    paths = [call.path for call in shown.load().calls.values() if call.name != "system_configuration"]
    faults = [Fault(path, kind) for path in paths] if kind else []
    with Standin(instance(), faults=faults) as standin:
        clock = Hurried()
        source = HTTPInstance(standin.url, Api(calls_per_second=1000), clock=clock)
        collector.collect(source, catalogue.load(), Order(DAY, replace(limits(measured_alone=0))), clock)
    assert len(kept) > 20
    for table, text in kept.items():
        assert CANARY not in text, table
    if not kind:
        assert "tenants" in kept
        assert len(kept["tenants"]) > 1000


def everything(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Every table that a connection can see, whole."""
    tables = connection.execute("SELECT database_name, schema_name, table_name FROM duckdb_tables()").fetchall()
    return {
        table: "\n".join(str(row) for row in connection.execute(f'FROM "{base}"."{schema}"."{table}"').fetchall())
        for base, schema, table in tables
    }


def test_a_document_is_kept_without_the_paths_that_nobody_reads() -> None:
    with Standin(instance()) as standin, connected(standin) as connection:
        connection._calls.make("applications", {})
        [(text,)] = connection._connection.execute("SELECT string_agg(data) FROM applications").fetchall()
    wanted = rows._structure("applications")
    assert "oauthConfiguration" in text
    for name in ("clientSecret", "redirectURLs", "logoutURL", "name", "cleanSpeakConfiguration", "owner"):
        assert f'"{name}"' not in text
        assert f'"{name}"' not in wanted


@pytest.fixture
def apart(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose processes have a folder of their own for temporary files, which is looked at in the end."""
    (project.folder / "fa_stats.toml").write_text(SETTINGS)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("FUSIONAUTH_API_KEY", KEY)
    yield project
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert [path for path in left if any(word in text for word in PLANTED[:2] for text in texts(path))] == []


def test_no_command_lets_anything_out(apart: Project) -> None:
    said = []
    with Standin(instance()) as standin:
        there = Project(apart.folder, standin.url)
        for command, codes in (
            (("run", "--day", str(DAY)), (0, 5)),
            (("collect", "--day", str(DAY), "--preview"), (0, 5)),
            (("collect", "--day", str(DAY), "--output", "payload.json"), (0, 5)),
            (("doctor",), (0, 1)),
            (("report", str(DAY)), (0,)),
            (("reconcile", "--day", str(DAY)), (0, 1, 2, 3, 5)),
        ):
            ended = there.call(*command)
            assert ended.returncode in codes, (command, ended.stderr)
            said += [ended.stdout, ended.stderr]
        typed = apart.call("run", "--day", str(DAY), "--again", "--reason", "x", "--source", keyed(standin))
        assert typed.returncode in (0, 5), typed.stderr
    assert leaks(apart, *said, typed.stdout, typed.stderr, planted=PLANTED) == []


def keyed(standin: Standin) -> str:
    return standin.url.replace("://", f"://apikey:{KEY}@")


@pytest.mark.parametrize("kind", ["not json", "ids as numbers", "login page"])
def test_a_failing_run_lets_nothing_out(kind: str, apart: Project) -> None:
    said: list[str] = []
    paths = [call.path for call in shown.load().calls.values() if call.name != "system_configuration"]
    for where in ([*paths, shown.METRICS], ["*"]):
        with Standin(instance(), faults=[Fault(path, kind) for path in where]) as standin:
            again = ["--again", "--reason", "fault"] if said else []
            ended = apart.call("run", "--day", str(DAY), "--source", keyed(standin), *again)
            assert standin.requests
        said += [ended.stdout, ended.stderr]
        assert ended.returncode != 0 or kind == "ids as numbers", ended.stderr
    assert apart.records()
    assert leaks(apart, *said, planted=PLANTED) == []


def test_nothing_is_logged_of_the_key_or_the_answers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), Standin(instance()) as standin, connected(standin) as connection:
        connection._calls.make("tenants", {})
    assert KEY not in caplog.text
    assert CANARY not in caplog.text
