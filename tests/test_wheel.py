"""The wheel works outside the checkout: notebooks, templates, the catalogue and the demo's data travel with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "."], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("installed")
    words = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel)]
    subprocess.run(words, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(folder)}


def fa_stats(environment: dict[str, str], folder: Path, *words: str) -> str:
    code = "import sys; from fa_stats.cli import main; sys.argv[0] = 'fa-stats'; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


def test_everything_that_is_no_code_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = [path for path in (ROOT / "fa_stats").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {str(path.relative_to(ROOT)) for path in kept} <= names
    assert {f"fa_stats/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")} <= names


def test_the_installed_package_is_the_one_that_runs(installed: dict[str, str], tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import fa_stats; print(fa_stats.__file__)"]
    where = subprocess.run(words, cwd=tmp_path, env=installed, check=True, capture_output=True, text=True).stdout
    assert where.startswith(installed["PYTHONPATH"])


def test_init_and_the_daily_run_work_outside_the_checkout(installed: dict[str, str], tmp_path: Path) -> None:
    laid_out = fa_stats(installed, tmp_path, "init", "my-instance")
    assert "notebooks/daily.ipynb" in laid_out
    for folder in (tmp_path / "my-instance", tmp_path):  # with a notebook of its own, and with the packaged one
        report = Path(fa_stats(installed, folder, "run").splitlines()[-1])
        record = json.loads((folder / report).with_name("run.json").read_text())
        assert (folder / report).is_file()
        assert record["verdict"] == "OK"
        assert record["counts"]["ok"] == 202
