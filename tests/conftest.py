"""Projects to run in: an empty one, one with a finished run, one that the test's own process works in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import servers
from projects import DAY, SETTINGS, Project

from fa_stats import demo


@pytest.fixture(scope="session")
def small_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an instance that is not to be changed."""
    path = tmp_path_factory.mktemp("instance") / "instance.duckdb"
    demo.create(path, day=DAY, size=demo.Size(4, 6, 60))
    return path


@pytest.fixture
def project(tmp_path: Path, small_instance: Path) -> Project:
    """Return an empty project."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "fa_stats.toml").write_text(SETTINGS)
    return Project(folder, f"duckdb://{small_instance}")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, small_instance: Path) -> Project:
    """Return a project with the run of a day, not to be changed."""
    folder = tmp_path_factory.mktemp("finished") / "project"
    folder.mkdir()
    (folder / "fa_stats.toml").write_text(SETTINGS)
    project = Project(folder, f"duckdb://{small_instance}")
    ended = project.run()
    assert ended.returncode == 0, ended.stderr
    (folder / "stdout").write_text(ended.stdout)
    (folder / "stderr").write_text(ended.stderr)
    return project


@pytest.fixture
def done(finished: Project, project: Project) -> Project:
    """Return a project of one's own with that run."""
    shutil.copytree(finished.folder, project.folder, dirs_exist_ok=True)
    return project


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return an empty project that the test's own process works in."""
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("FA_STATS_SOURCE", project.source)
    return project


@pytest.fixture(scope="session", params=servers.KINDS)
def server(request: pytest.FixtureRequest) -> servers.Server:
    """Return a real database server that all tests share."""
    return servers.shared(request.param)
