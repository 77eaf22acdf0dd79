"""Nothing can be changed unnoticed: random damage to every kind of file, and both verifiers name it each time."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import kept
import pytest
from kept import NEXT, rewrite
from projects import DAY, Project

from fa_stats import pack, signing, verification, verifier
from fa_stats.verifier import CHECKPOINTS, LEDGER, Asked, Evidence, Finding, Verification

MUTATIONS = 250  # for each of the two projects
Changes = dict[str, bytes | None]  # what stands in the place of files; None: nothing


@pytest.fixture(scope="module", params=["unsigned", "signed"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_instance: Path) -> Project:
    """A project with everything in it."""
    folder = tmp_path_factory.mktemp(request.param) / "project"
    return kept.make(folder, f"duckdb://{small_instance}", signed=request.param == "signed")


@pytest.fixture(scope="module")
def packed(project: Project) -> Path:
    """A pack of its two days."""
    path = project.folder.parent / "pack.zip"
    pack.write(kept.load(project), DAY, NEXT, path)
    return path


def keys(project: Project) -> list[str]:
    return [kept.public(project)] if (project.folder / kept.KEY).exists() else []


def alone(project: Project) -> list[Finding]:
    """What the verifier finds with its own arithmetic, and no module of ours."""
    evidence = verifier.of_folders({"data/": project.data, "reports/": project.reports})
    return list(Verification(evidence, Asked(None, keys(project), verifier.ed25519)).everything().findings)


def command(project: Project) -> list[Finding]:
    """What `fa-stats verify` finds."""
    return list(verification.verify(kept.load(project)).findings)


def call(project: Project, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier as an auditor does."""
    given = [argument for key in keys(project) for argument in ("--public-key", key)]
    return subprocess.run(
        [sys.executable, "-I", verifier.__file__, path, *given], capture_output=True, text=True, check=False
    )


@contextmanager
def changed(folder: Path, changes: Changes) -> Iterator[None]:
    """Have other bytes in the place of files, for a while."""
    before = {name: (folder / name).read_bytes() if (folder / name).exists() else None for name in changes}
    try:
        for name, content in changes.items():
            rewrite(folder / name, content)
        yield
    finally:
        for name, content in before.items():
            if (folder / name).exists() or content is not None:
                rewrite(folder / name, content)


def flip(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]


def damage(content: bytes, chance: random.Random) -> bytes | None:
    """Flip a bit, cut, add or take away bytes of a file, or the whole file."""
    place = chance.randrange(len(content))
    changes: list[Callable[[], bytes | None]] = [
        lambda: flip(content, chance),
        lambda: flip(content, chance),
        lambda: flip(content, chance),
        lambda: content[:place],
        lambda: content[:place] + content[place + 1 :],
        lambda: content[:place] + chance.randbytes(chance.randrange(1, 9)) + content[place:],
        lambda: content + chance.choice([b"\n", b" ", b"\0", b"{}\n"]),
        lambda: b"",
        lambda: None,
    ]
    return chance.choice(changes)()


def lines_of(content: bytes, chance: random.Random) -> bytes:
    """Take out, double, swap or put in whole lines, or cut the end."""
    lines = content.splitlines(keepends=True)
    one, other = chance.sample(range(len(lines)), 2)
    what = chance.randrange(5)
    if what == 0:
        del lines[one]
    elif what == 1:
        lines.insert(other, lines[one])
    elif what == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif what == 3:
        del lines[one:]
    else:
        lines.insert(one, b'{"entry": 3}\n')
    return b"".join(lines)


def mutation(project: Project, chance: random.Random) -> Changes:
    """Return one way of doing harm."""
    names = kept.evidence(project)
    content = {name: (project.folder / name).read_bytes() for name in names}
    what = chance.randrange(10)
    if what < 5:
        name = chance.choice(names)
        return {name: damage(content[name], chance)}
    if what < 7:
        name = chance.choice([LEDGER, CHECKPOINTS])
        return {name: lines_of(content[name], chance)}
    if what == 7:
        one, other = chance.sample(names, 2)
        return {one: content[other], other: content[one]}
    if what == 8:  # swap within one folder, such as two receipts
        folder = chance.choice([name for name in names if "/receipts/" in name or "/payloads/" in name])
        one, other = [name for name in names if Path(name).parent == Path(folder).parent][:2]
        return {one: content[other], other: content[one]}
    name = chance.choice([name for name in names if name.count("/") > 2 and name.startswith("data/")])
    return {name.replace(str(DAY), str(NEXT)).replace("Z-", "Z-0"): content[name]}  # put in what nobody wrote


def crash_alike(project: Project, changes: Changes) -> bool:
    """Whether a crash may leave just this: the newest checkpoint not there, or not whole."""
    if set(changes) != {CHECKPOINTS}:
        return False
    whole, left = (project.folder / CHECKPOINTS).read_bytes(), changes[CHECKPOINTS] or b""
    return whole.startswith(left) and len(left) >= whole[:-1].rfind(b"\n") + 1


def names_it(findings: list[Finding], changes: Changes, *, grave: bool) -> bool:
    said = [finding.where + finding.what for finding in findings if finding.grave or not grave]
    return any(name in each for name in changes for each in said)


def test_a_project_that_nobody_touched_holds(project: Project) -> None:
    assert command(project) == alone(project) == []
    called = call(project, project.folder)
    assert [called.returncode, called.stdout.splitlines()[-1]] == [0, "Everything holds."]


def test_every_bit_counts(project: Project) -> None:
    """For each file one flipped bit in its first, middle and last byte."""
    for name in kept.evidence(project):
        content = (project.folder / name).read_bytes()
        for place in (0, len(content) // 2, len(content) - 1):
            other = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            with changed(project.folder, {name: other}):
                assert names_it(alone(project), {name: None}, grave=True), (name, place)


def test_no_random_mutation_is_missed_by_either_verifier(project: Project) -> None:
    chance = random.Random(f"mutations of {len(keys(project))}")
    done = 0
    while done < MUTATIONS:
        changes = mutation(project, chance)
        if all((project.folder / name).exists() and (project.folder / name).read_bytes() == content
               for name, content in changes.items()):  # fmt: skip
            continue
        done += 1
        grave = not crash_alike(project, changes)
        with changed(project.folder, changes):
            for findings in (alone(project), command(project)):
                assert names_it(findings, changes, grave=grave), (done, list(changes), findings)
            if done % 25 == 0:
                called = call(project, project.folder)
                assert called.returncode == int(grave)
                assert any(name in called.stdout for name in changes)
                assert "Traceback" not in called.stderr
    assert command(project) == []


def test_ledger_and_checkpoints_that_are_cut_at_the_same_place_leave_files_that_nobody_names(project: Project) -> None:
    ledger, checkpoints = (
        (project.folder / name).read_bytes().splitlines(keepends=True) for name in (LEDGER, CHECKPOINTS)
    )
    for number in range(len(ledger)):
        cut = [line for line in checkpoints if json.loads(line)["entries"] <= number]
        with changed(project.folder, {LEDGER: b"".join(ledger[:number]), CHECKPOINTS: b"".join(cut)}):
            assert any(finding.grave for finding in alone(project)), number


def test_a_ledger_written_anew_without_the_key_is_seen(project: Project) -> None:
    """Whoever changes an entry can compute all digests anew, those of the checkpoints as well."""
    lines = [json.loads(line) for line in (project.folder / LEDGER).read_bytes().splitlines()]
    lines[-1]["at"] = "2030-01-01T00:00:00Z"
    checkpoints = [json.loads(line) for line in (project.folder / CHECKPOINTS).read_bytes().splitlines()]
    written = [verifier.written(line) for line in lines]
    checkpoints[-1]["head"] = verifier.sha256(written[-1])
    del checkpoints[-1]["sha256"]
    checkpoints[-1]["sha256"] = verifier.sha256(verifier.written(checkpoints[-1]))
    forged = {LEDGER: written, CHECKPOINTS: [verifier.written(line) for line in checkpoints]}
    with changed(project.folder, {name: b"".join(line + b"\n" for line in each) for name, each in forged.items()}):
        findings = [finding for finding in alone(project) if finding.grave]
        if keys(project):
            assert [finding.where for finding in findings] == [f"{CHECKPOINTS}, line {len(checkpoints)}"]
            assert "does not hold" in findings[0].what
        else:
            assert findings == []  # this is what a key is for


def pack_findings(project: Project, path: Path) -> list[Finding]:
    return list(verifier.verify_zip(path, Asked(None, keys(project), signing.holds)).findings)


def test_a_pack_that_nobody_touched_holds(project: Project, packed: Path, tmp_path: Path) -> None:
    assert pack_findings(project, packed) == []
    for path in (packed, tmp_path):
        if path == tmp_path:
            shutil.unpack_archive(packed, tmp_path)
        called = call(project, path)
        assert [called.returncode, called.stdout.splitlines()[-1]] == [0, "Everything holds."]


def test_no_mutation_of_a_file_in_a_pack_is_missed(project: Project, packed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as zipped:
        content = {name: zipped.read(name) for name in zipped.namelist()}
    chance = random.Random("members")
    names = sorted(content)
    for number in range(80):
        changes: Changes = {}
        if number % 8 == 7:
            one, other = chance.sample(names, 2)
            changes = {one: content[other], other: content[one]}
        else:
            name = names[number % len(names)]
            changes = {name: damage(content[name], chance)}
        after = {name: each for name, each in (content | changes).items() if each is not None}
        if after == content:
            continue
        path = tmp_path / "changed.zip"
        with path.open("wb") as handle:
            verifier.zip_to(handle, Evidence(after.keys(), after.get))
        findings = pack_findings(project, path)
        assert names_it(findings, changes, grave=True), (list(changes), findings)


def test_no_mutation_of_the_bytes_of_a_pack_is_missed(project: Project, packed: Path, tmp_path: Path) -> None:
    content, chance = packed.read_bytes(), random.Random("bytes")
    headers = content.index(b"PK\x01\x02")
    path = tmp_path / "changed.zip"
    for number in range(120):
        place = chance.randrange(headers, len(content)) if number % 2 else chance.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << number % 8)]) + content[place + 1 :])
        assert pack_findings(project, path), (number, place)
    for other in (content[:-1], content[: len(content) // 2], content + b"\0", b"\0" + content, content + content):
        path.write_bytes(other)
        findings = pack_findings(project, path)
        assert findings
        called = call(project, path)
        assert called.returncode == int(any(finding.grave for finding in findings))
        assert "changed.zip" in called.stdout
        assert not called.stderr


def test_a_file_that_is_twice_in_a_pack_is_named(packed: Path, project: Project, tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    path.write_bytes(packed.read_bytes())
    with zipfile.ZipFile(path, "a") as zipped, pytest.warns(UserWarning, match="Duplicate name"):
        zipped.writestr("README.txt", zipped.read("README.txt"))
    assert names_it(pack_findings(project, path), {"README.txt": None}, grave=True)


def test_a_pack_that_was_packed_anew_holds_and_says_so(packed: Path, project: Project, tmp_path: Path) -> None:
    anew = io.BytesIO()
    with zipfile.ZipFile(packed) as zipped, zipfile.ZipFile(anew, "w", zipfile.ZIP_DEFLATED) as other:
        other.mkdir("data")
        for name in reversed(zipped.namelist()):
            other.writestr(name, zipped.read(name))
    path = tmp_path / "anew.zip"
    path.write_bytes(anew.getvalue())
    [finding] = pack_findings(project, path)
    assert [finding.grave, finding.where] == [False, "anew.zip"]
