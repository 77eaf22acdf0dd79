"""`fa-stats init`: what is laid out, and what is left as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fa_stats import notebook, project, settings
from fa_stats.errors import StorageError


def test_a_new_project_has_settings_notebooks_and_folders(tmp_path: Path) -> None:
    made = list(project.lay_out(tmp_path / "new"))
    assert all(is_new for _, is_new in made)
    names = {str(path.relative_to(tmp_path / "new")) for path, _ in made}
    assert "fa_stats.toml" in names
    assert (
        names >= {f"notebooks/{path.name}" for path in notebook.shipped().glob("*.ipynb")} >= {"notebooks/daily.ipynb"}
    )
    assert (tmp_path / "new" / "data").is_dir()
    assert (tmp_path / "new" / "reports").is_dir()
    assert settings.load(tmp_path / "new").file == tmp_path / "new" / "fa_stats.toml"
    assert not list(tmp_path.rglob("*.part"))


def test_a_second_time_keeps_every_file(tmp_path: Path) -> None:
    list(project.lay_out(tmp_path))
    (tmp_path / "fa_stats.toml").write_text("[demo]\nseed = 2\n")
    (tmp_path / "notebooks" / "daily.ipynb").unlink()
    again = {path.name: is_new for path, is_new in project.lay_out(tmp_path)}
    assert again["fa_stats.toml"] is False
    assert again["daily.ipynb"] is True
    assert settings.load(tmp_path).demo.seed == 2


@pytest.mark.parametrize("in_the_way", ["notebooks", "data", "reports"])
def test_a_file_in_the_way_is_told_and_left(in_the_way: str, tmp_path: Path) -> None:
    (tmp_path / in_the_way).write_text("mine")
    with pytest.raises(StorageError, match="is not a folder"):
        list(project.lay_out(tmp_path))
    assert (tmp_path / in_the_way).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError):
        list(project.lay_out(tmp_path / "file" / "project"))
