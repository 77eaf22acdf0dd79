"""What people agree to: a digest that changes with what is counted, and with nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fa_stats import catalogue, definitions
from fa_stats.catalogue import FOLDER, Catalogue, Payload
from fa_stats.definitions import Differences
from fa_stats.errors import StorageError


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[str, str, str], Catalogue]:
    """Return the catalogue as it is after one change in one file."""
    folder = tmp_path / "catalogue"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))

    def edit(file: str, old: str, new: str) -> Catalogue:
        text = (folder / file).read_text()
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new))
        return catalogue.read(folder)

    return edit


def differences(after: Catalogue) -> Differences:
    return definitions.differences(definitions.of(catalogue.load()), definitions.of(after))


def test_every_stat_and_metric_is_defined_and_nothing_else() -> None:
    found = definitions.of(catalogue.load())
    counted = {stat.name for stat in catalogue.load() if stat.payload is not Payload.CONTEXT}
    assert [each.name for each in found] == sorted(counted)
    assert all(len(each.sha256) == 64 and each.definition for each in found)
    assert len({each.sha256 for each in found}) == len(found)


def test_why_something_is_counted_is_no_part_of_what_is(edited: Callable[[str, str, str], Catalogue]) -> None:
    after = edited("instance.sql", "Tells production from test instances.", "Another reason.")
    assert not differences(after)
    assert definitions.digest(definitions.of(after)) == definitions.digest(definitions.of(catalogue.load()))
    assert after.sha256 != catalogue.load().sha256


@pytest.mark.parametrize(
    ("file", "old", "new", "names"),
    [
        ("nodes.sql", "count(nodes.id) AS instanceNodes", "sum(1) AS instanceNodes", ["instanceNodes"]),
        # a join that no item mentions never runs
        ("nodes.sql", "FROM nodes", "FROM nodes\nLEFT JOIN tenants ON tenants.id = nodes.id", []),
        ("system_configuration.sql", "The time zone of", "Some time zone of", []),  # told to the run alone
        ("instance.sql", "Tells production", "x\n  --   privacy: setting | why: y", ["instanceLicenseType"]),
        ("instance.sql", "-- licenseId: Licence id,", "-- licenseId: The licence id,", ["licenseId"]),
        ("nodes.sql", "payload: metrics | group: metrics", "payload: stats | group: metrics", ["nodes"]),
    ],
)  # fmt: skip
def test_what_changes_a_figure_changes_its_digest_alone(
    file: str, old: str, new: str, names: list[str], edited: Callable[[str, str, str], Catalogue]
) -> None:
    found = differences(edited(file, old, new))
    assert [each.name for each in found.changed] == names
    assert not found.new + found.gone


def test_new_gone_and_changed_stats_are_told_with_their_sentences(
    edited: Callable[[str, str, str], Catalogue],
) -> None:
    after = edited("nodes.sql", "-- instanceNodes: Rows of nodes.", "-- instanceNodes: All nodes ever.")
    [changed] = differences(after).changed
    assert (changed.name, changed.before, changed.after) == ("instanceNodes", "Rows of nodes.", "All nodes ever.")
    few = definitions.of(catalogue.load())[3:]
    most = definitions.of(catalogue.load())[:-2]
    found = definitions.differences(few, most)
    assert [each.name for each in found.new] == [each.name for each in definitions.of(catalogue.load())[:3]]
    assert [each.name for each in found.gone] == [each.name for each in definitions.of(catalogue.load())[-2:]]
    assert not definitions.differences(few, few)


def test_the_document_is_kept_once_under_its_digest(tmp_path: Path) -> None:
    sha256 = definitions.keep(tmp_path, catalogue.load())
    path = tmp_path / "definitions" / f"{sha256}.json"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    assert sha256 == definitions.digest(definitions.of(catalogue.load()))
    assert len(json.loads(path.read_bytes())["definitions"]) == len(definitions.of(catalogue.load()))
    path.touch()
    before = path.stat().st_ino
    assert definitions.keep(tmp_path, catalogue.load()) == sha256
    assert path.stat().st_ino == before
    assert definitions.read(tmp_path, sha256) == definitions.of(catalogue.load())


def test_a_document_that_was_changed_or_is_gone_is_refused(tmp_path: Path) -> None:
    sha256 = definitions.keep(tmp_path, catalogue.load())
    path = definitions.path_of(tmp_path, sha256)
    path.write_bytes(path.read_bytes().replace(b"Rows of nodes.", b"Rows of n0des."))
    with pytest.raises(StorageError, match="are not what was kept"):
        definitions.read(tmp_path, sha256)
    path.unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        definitions.read(tmp_path, sha256)
