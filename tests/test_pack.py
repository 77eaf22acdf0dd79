"""The pack: the same bytes each time, everything that an auditor needs, and nothing of other days."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import kept
import pytest
from kept import NEXT, rewrite
from projects import DAY, Project

from fa_stats import files, ledger, pack, snapshots, verifier
from fa_stats.errors import CheckFailedError, NotFoundError, SettingsError, UsageError
from fa_stats.verifier import Asked, Finding


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_instance: Path) -> Project:
    """A signed project, not to be changed."""
    return kept.make(tmp_path_factory.mktemp("kept") / "project", f"duckdb://{small_instance}", signed=True)


@pytest.fixture
def own(whole: Project, tmp_path: Path) -> Project:
    """A signed project of one's own."""
    folder = tmp_path / "project"
    shutil.copytree(whole.folder, folder)
    return Project(folder, whole.source)


def packed(project: Project, path: Path, first: Any = DAY, last: Any = None) -> dict[str, bytes]:
    """Make a pack; its files."""
    digest = pack.write(kept.load(project), first, last or first, path)
    assert digest == files.digest(path)
    with zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def findings(path: Path, *keys: str) -> list[Finding]:
    return list(verifier.verify_zip(path, Asked(None, keys, verifier.ed25519)).findings)


def test_the_same_project_gives_the_same_bytes(own: Project, tmp_path: Path) -> None:
    packed(own, tmp_path / "one.zip")
    elsewhere = Project(own.folder.rename(tmp_path / "moved"), own.source)
    for path in elsewhere.folder.rglob("*.html"):
        path.touch()
    packed(elsewhere, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_its_members_have_no_times_of_their_own_and_are_not_compressed(whole: Project, tmp_path: Path) -> None:
    packed(whole, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as zipped:
        shapes = {(each.date_time, each.compress_type, each.external_attr) for each in zipped.infolist()}
        assert shapes == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0o100644 << 16)}
        assert zipped.namelist() == sorted(zipped.namelist())


def test_it_holds_what_an_auditor_needs_of_the_day_and_nothing_of_others(whole: Project, tmp_path: Path) -> None:
    content = packed(whole, tmp_path / "one.zip")
    names = kept.evidence(whole)
    of_day = {name for name in names if f"/{DAY}/" in name}
    assert len(of_day) == 8
    assert of_day <= content.keys()
    assert not any(str(NEXT) in name for name in content)
    for name in of_day:
        assert content[name] == (whole.folder / name).read_bytes()
    folders = {name.split("/")[0] for name in content}
    assert folders == {"data", "reports", "catalogue", "README.txt", "verify.py", "statement.json",
                       "statement.dsse.json", "SHA256SUMS", *(["consent"] if _consent(content) else [])}  # fmt: skip
    assert content["verify.py"] == Path(verifier.__file__).read_bytes()
    assert any(name.startswith("data/definitions/") for name in content)
    assert b"hunter2" not in b"".join(content.values())
    assert b"PRIVATE KEY" not in b"".join(content.values())


def _consent(content: dict[str, bytes]) -> bool:
    return any(name.startswith("consent/") for name in content)


def test_a_span_has_all_its_days_and_what_changed_between_them(whole: Project, tmp_path: Path) -> None:
    content = packed(whole, tmp_path / "one.zip", DAY - timedelta(days=30), NEXT + timedelta(days=30))
    assert set(kept.evidence(whole)) <= content.keys()
    [diff] = [name for name in content if name.startswith("diffs/")]
    assert json.loads(content[diff])["after"]["day"] == str(NEXT)
    assert findings(tmp_path / "one.zip", kept.public(whole)) == []


def test_the_ledger_ends_with_the_checkpoint_after_the_last_entry_about_the_days(
    whole: Project, tmp_path: Path
) -> None:
    content = packed(whole, tmp_path / "one.zip")
    lines, checkpoints = (content[name].splitlines() for name in (verifier.LEDGER, verifier.CHECKPOINTS))
    assert json.loads(lines[-1])["event"] == "sent"
    assert json.loads(checkpoints[-1])["entries"] == len(lines)
    ledger_whole = (whole.folder / verifier.LEDGER).read_bytes()
    assert ledger_whole.startswith(content[verifier.LEDGER])
    assert len(ledger_whole) > len(content[verifier.LEDGER])
    assert findings(tmp_path / "one.zip", kept.public(whole)) == []


def test_a_day_on_which_nothing_ran_has_a_pack_that_says_so(own: Project, tmp_path: Path) -> None:
    settings = kept.load(own)
    ledger.enter(settings, kept.now(), day=NEXT + timedelta(days=1), event="no run", reason=ledger.NO_RUN)
    content = packed(own, tmp_path / "one.zip", NEXT + timedelta(days=1))
    assert not any(name.startswith(("data/snapshots", "reports/")) for name in content)
    assert json.loads(content[verifier.LEDGER].splitlines()[-1])["reason"] == ledger.NO_RUN
    assert findings(tmp_path / "one.zip", kept.public(own)) == []


def test_a_day_of_which_nothing_is_kept_has_no_pack(whole: Project, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=f"Nothing is kept of {DAY - timedelta(days=1)}"):
        packed(whole, tmp_path / "one.zip", DAY - timedelta(days=1))
    with pytest.raises(NotFoundError, match="Nothing is kept from 2020-01-01 to 2020-03-31"):
        packed(whole, tmp_path / "one.zip", DAY.replace(2020, 1, 1), DAY.replace(2020, 3, 31))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_packed_where_something_of_the_days_or_the_ledger_does_not_hold(
    own: Project, tmp_path: Path
) -> None:
    [report] = (own.reports / str(DAY)).glob("*/report.html")
    rewrite(report, report.read_bytes() + b" ")
    with pytest.raises(CheckFailedError, match=r"No pack was made.*\n  reports/.*report\.html: It does not have"):
        packed(own, tmp_path / "one.zip")
    packed(own, tmp_path / "next.zip", NEXT)  # the other day has nothing to do with it
    path = own.folder / verifier.LEDGER
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CheckFailedError, match=r"data/ledger\.jsonl"):
        packed(own, tmp_path / "two.zip", NEXT)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["next.zip", "project"]


def test_what_is_in_the_way_stays_unless_it_is_the_same(whole: Project, tmp_path: Path) -> None:
    path = tmp_path / "one.zip"
    packed(whole, path)
    packed(whole, path)
    path.write_bytes(b"mine")
    with pytest.raises(UsageError, match="is there already, with another content"):
        packed(whole, path)
    assert path.read_bytes() == b"mine"
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="is there already"):
        packed(whole, path)
    assert [each.name for each in tmp_path.iterdir()] == ["one.zip"]


def test_the_statement_is_in_toto_and_its_envelope_dsse(whole: Project, tmp_path: Path) -> None:
    content = packed(whole, tmp_path / "one.zip", DAY, NEXT)
    statement = json.loads(content["statement.json"])
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "urn:fa_stats:audit-pack:1"
    papers = {"statement.json", "statement.dsse.json", "SHA256SUMS"}
    assert {each["name"] for each in statement["subject"]} == content.keys() - papers
    predicate = statement["predicate"]
    assert predicate["days"] == [str(DAY), str(NEXT)]
    assert [(run["day"], run["verdict"]) for run in predicate["runs"]] == [(str(DAY), "OK"), (str(NEXT), "CHANGED")]
    assert all(run["submission"]["state"] for run in predicate["runs"])
    envelope = json.loads(content["statement.dsse.json"])
    assert base64.b64decode(envelope["payload"]) == content["statement.json"]
    [signature] = envelope["signatures"]
    signed = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(content["statement.json"]) + content["statement.json"]
    made = base64.b64decode(signature["sig"]).hex()
    assert verifier.ed25519(kept.public(whole), signed, made)


def test_its_sums_are_those_of_sha256sum(whole: Project, tmp_path: Path) -> None:
    packed(whole, tmp_path / "one.zip")
    shutil.unpack_archive(tmp_path / "one.zip", tmp_path / "unpacked")
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path / "unpacked", check=True)
    assert checked.returncode == 0


def test_without_a_key_it_is_not_signed_and_says_so(own: Project, tmp_path: Path) -> None:
    settings = own.folder / "fa_stats.toml"
    settings.write_text(settings.read_text().split("[signing]")[0])
    assert "statement.dsse.json" not in packed(own, tmp_path / "one.zip")
    assert findings(tmp_path / "one.zip") == []
    assert [(each.grave, each.where) for each in findings(tmp_path / "one.zip", "ab" * 32)][-1] == (
        True,
        "statement.json",
    )


def test_a_key_that_is_missing_is_said_before_anything_is_made(own: Project, tmp_path: Path) -> None:
    (own.folder / kept.KEY).unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        packed(own, tmp_path / "one.zip")


def test_folders_elsewhere_are_packed_as_if_they_were_at_home(own: Project, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    own.data.rename(tmp_path / "evidence" / "kept")
    own.reports.rename(tmp_path / "evidence" / "shown")
    settings = own.folder / "fa_stats.toml"
    paths = f'[paths]\ndata = "{tmp_path}/evidence/kept"\nreports = "{tmp_path}/evidence/shown"\n'
    settings.write_text(settings.read_text() + paths)
    kept.quick(own, NEXT + timedelta(days=1))
    [(_, name)] = [each for each in snapshots.found(tmp_path / "evidence" / "kept") if each[0] > NEXT]
    content = packed(own, tmp_path / "one.zip", DAY, NEXT + timedelta(days=1))
    assert f"data/snapshots/{NEXT + timedelta(days=1)}/{name}.duckdb" in content
    assert any(name.startswith("../evidence/kept/") for name in json.loads(
        content[f"reports/{NEXT + timedelta(days=1)}/{name}/run.json"])["files"])  # fmt: skip
    assert findings(tmp_path / "one.zip", kept.public(own)) == []
    called = subprocess.run(
        [sys.executable, "-I", verifier.__file__, own.folder, "--data", "../evidence/kept", "--reports",
         tmp_path / "evidence" / "shown"], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [called.returncode, called.stderr] == [0, ""]


def test_another_key_than_the_one_an_auditor_knows_is_named(whole: Project, tmp_path: Path) -> None:
    packed(whole, tmp_path / "one.zip")
    wrong = findings(tmp_path / "one.zip", "ab" * 32)
    assert {finding.where.split(",")[0] for finding in wrong} == {"data/checkpoints.jsonl", "statement.dsse.json"}
    assert all("none of those that are trusted" in finding.what for finding in wrong)


def test_days_from_before_the_key_are_covered_by_the_first_checkpoint_that_it_signed(
    tmp_path: Path, small_instance: Path
) -> None:
    project = kept.make(tmp_path / "project", f"duckdb://{small_instance}", signed=False)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", project.folder / kept.KEY], check=True)
    settings = project.folder / "fa_stats.toml"
    settings.write_text(f'{settings.read_text()}[signing]\nkey = "{kept.KEY}"\n')
    ledger.enter(kept.load(project), kept.now(), day=NEXT + timedelta(days=1), event="off", run="r", reason="")
    content = packed(project, tmp_path / "one.zip", DAY)
    [*before, last] = [json.loads(line) for line in content[verifier.CHECKPOINTS].splitlines()]
    assert [last["entries"], last["public"]] == [before[-1]["entries"], kept.public(project)]
    assert {each["public"] for each in before} == {None}
    assert findings(tmp_path / "one.zip", kept.public(project)) == []


def forged(content: dict[str, bytes], path: Path, **changes: Any) -> set[str]:
    """Change the papers of a pack, put its sums right again, and return what is named then."""
    after = dict(content)
    for name, change in changes.items():
        file = {"statement": "statement.json", "envelope": "statement.dsse.json"}[name]
        if change is None:
            del after[file]
        else:
            told = json.loads(after[file])
            change(told)
            after[file] = json.dumps(told).encode()
    sums = (f"{verifier.sha256(after[name])}  {name}\n" for name in sorted(after) if name != "SHA256SUMS")
    after["SHA256SUMS"] = "".join(sums).encode()
    with path.open("wb") as handle:
        verifier.zip_to(handle, verifier.Evidence(after.keys(), after.get))
    return {finding.where for finding in findings(path) if finding.grave}


def test_a_forged_statement_is_named_also_where_the_sums_are_right(whole: Project, tmp_path: Path) -> None:
    content = packed(whole, tmp_path / "one.zip")
    path = tmp_path / "forged.zip"
    assert forged(content, path) == set()
    for change in (
        lambda told: told.update(_type="another"),
        lambda told: told.update(predicateType="another"),
        lambda told: told["predicate"]["runs"][0].update(verdict="FAILED"),
        lambda told: told["predicate"]["runs"][0].update(submission=None),
    ):
        assert forged(content, path, statement=change, envelope=None) == {"statement.json"}
        assert forged(content, path, statement=change) == {"statement.json", "statement.dsse.json"}
    for change in (
        lambda told: told.update(payload=base64.b64encode(b"{}").decode()),
        lambda told: told.update(payload="!"),
        lambda told: told.update(payloadType="another"),
        lambda told: told.update(signatures=[]),
        lambda told: told["signatures"].append(told["signatures"][0]),
        lambda told: told["signatures"][0].update(sig=base64.b64encode(bytes(64)).decode()),
        lambda told: told["signatures"][0].update(keyid="ab" * 32),
    ):
        assert forged(content, path, envelope=change) == {"statement.dsse.json"}
    forged(content, path, envelope=None)
    assert [each.where for each in findings(path, kept.public(whole))] == ["statement.json"]
