"""Nothing that the demo has planted ever leaves its database: no secret, name or address, in no file or output."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from projects import DAY, NOTEBOOK, Project, kernel_of, until, wait

from fa_stats import run
from fa_stats.demo import MARKERS
from fa_stats.errors import FaStatsError

CREDENTIALS = (
    "postgresql://u:hunter2@host/db",
    "https://hunter2:pw@host.example",
    "mysql://u:hunter2@10.0.0.1:3306/x?a=b",
)


def texts(path: Path) -> Iterator[str]:
    """Everything that can be read in a file: its bytes, embedded pictures, and the values of a DuckDB file."""
    content = path.read_bytes()
    yield content.decode("latin-1")
    for picture in re.findall(rb"base64,([A-Za-z0-9+/=]+)", content):
        yield base64.b64decode(picture).decode("latin-1")
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.execute("SHOW TABLES").fetchall():
                yield from (str(row) for row in connection.execute(f'FROM "{table}"').fetchall())


def leaks(project: Project, *said: str, planted: tuple[str, ...] = MARKERS) -> list[str]:
    """The planted words in a project's files (the demo instance itself left out) and in what was said."""
    found = [f"{word} in what was said" for word in planted if any(word in text for text in said)]
    for path in sorted(project.folder.rglob("*")):
        if path.is_file() and path.parent != project.data / "demo":
            together = "\n".join(texts(path))
            found += [f"{word} in {path.relative_to(project.folder)}" for word in planted if word in together]
    return found


def failing(project: Project, source: Path, *statements: str) -> None:
    """Do a whole run against an instance that was tampered with, whether it fails or not."""
    with duckdb.connect(str(source)) as connection:
        for statement in statements:
            connection.execute(statement)
    try:
        daily = run.start({"day": str(DAY)})
        daily.collect()
        daily.finish()
    except FaStatsError as error:
        print(error)


def test_the_markers_are_there_to_be_found(project: Project, small_instance: Path) -> None:
    copy = project.folder / "instance.duckdb"
    shutil.copy(small_instance, copy)
    found = leaks(project)
    assert {line.split(" in ")[0] for line in found} >= set(MARKERS)


def test_no_command_lets_anything_out(project: Project) -> None:
    demo = Project(project.folder, "demo:")
    said = []
    for command in (
        ("run", "--day", str(DAY)),
        ("collect", "--day", str(DAY)),
        ("collect", "--day", str(DAY), "--preview", "--output", "payload.json"),
        ("demo", "backfill", "--days", "1"),
        ("catalogue", "sql"),
        ("diff", "--json"),
        ("report", str(DAY)),
        ("doctor",),
    ):
        ended = demo.call(*command)
        assert ended.returncode in (0, 1), (command, ended.stderr)
        said += [ended.stdout, ended.stderr]
    plain = wait(demo.start("papermill", NOTEBOOK, "out.ipynb", "-p", "day", str(DAY + timedelta(days=1))))
    assert plain.returncode == 0
    assert leaks(demo, *said, plain.stdout, plain.stderr) == []
    assert list(demo.data.glob("demo/*.duckdb"))


def test_a_killed_run_lets_nothing_out(project: Project) -> None:
    process = project.start("fa-stats", "run", "--day", str(DAY))
    kernel = until(lambda: kernel_of(process))
    until(lambda: list(project.reports.glob("*/*/run.json")))
    kernel.kill()
    ended = wait(process)
    assert leaks(project, ended.stdout, ended.stderr) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tenants SET data = '{\"name\": Ferrowick fwk-secret-x'",
        "UPDATE tenants SET data = replace(data, ':true', ':\"fwk-secret-x\"')",
        "UPDATE applications SET data = '[\"Ferrowick\"]'",
        "UPDATE system_configuration SET data = 'fwk-secret-x'",
        "DROP TABLE webhooks",
        "DROP TABLE system_configuration",
        "ALTER TABLE identities ALTER COLUMN tenants_id TYPE VARCHAR; UPDATE identities SET tenants_id = 'Ferrowick'",
        "ALTER TABLE instance ALTER COLUMN id TYPE VARCHAR; UPDATE instance SET id = 'fwk-secret-x' WHERE false",
        "CREATE OR REPLACE TABLE global_daily_active_users AS SELECT 'Ferrowick' AS day, 1 AS count",
        "ALTER TABLE version RENAME TO version_ferrowick",
    ],
)
def test_an_instance_in_disorder_lets_nothing_out(
    here: Project,
    tmp_path: Path,
    statement: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = tmp_path / "tampered.duckdb"
    shutil.copy(here.source.removeprefix("duckdb://"), source)
    monkeypatch.setenv("FA_STATS_SOURCE", f"duckdb://{source}")
    failing(here, source, *statement.split("; "))
    assert leaks(here, *capfd.readouterr(), caplog.text) == []
    assert here.records()


def test_stats_measured_alone_let_nothing_out(here: Project, capfd: pytest.CaptureFixture[str]) -> None:
    (here.folder / "fa_stats.toml").write_text("[collection]\npause_ratio = 0.0\n")
    daily = run.start({"day": str(DAY), "isolated": True})
    daily.collect()
    daily.finish()
    assert leaks(here, *capfd.readouterr()) == []


@pytest.mark.parametrize("url", CREDENTIALS)
def test_a_credential_in_a_source_is_said_nowhere(project: Project, url: str) -> None:
    of_environment = Project(project.folder, url)
    called = [
        of_environment.call("run"),
        of_environment.call("doctor"),
        project.call("run", "--source", url),
        project.call("collect", "--source", url),
        project.call("diff", "--source", url),
        project.call("demo", "create", url),
    ]
    assert all(ended.returncode != 0 for ended in called)
    assert (
        leaks(project, *(text for ended in called for text in (ended.stdout, ended.stderr)), planted=("hunter2",)) == []
    )


def test_a_credential_in_the_settings_is_said_nowhere(project: Project) -> None:
    said = []
    for line in ("url = 'https://u:hunter2@host'", "ulr = 'hunter2'", "url = 'hunter2"):
        (project.folder / "fa_stats.toml").write_text(f"[source]\n{line}\n")
        ended = project.call("run", FA_STATS_SOURCE="")
        assert ended.returncode != 0
        said += [ended.stdout, ended.stderr]
    (project.folder / "fa_stats.toml").unlink()
    assert leaks(project, *said, planted=("hunter2",)) == []


def test_a_credential_of_the_environment_is_not_in_the_notebook(project: Project) -> None:
    ended = wait(Project(project.folder, CREDENTIALS[0]).start("papermill", NOTEBOOK, "out.ipynb"))
    assert ended.returncode == 1
    assert leaks(project, ended.stdout, ended.stderr, planted=("hunter2",)) == []
