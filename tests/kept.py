"""A project with everything that fa_stats keeps: two days, one of them approved and sent, signed or not."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from projects import DAY, SETTINGS, Fixed, Project

from fa_stats import ledger, run, settings, signing
from fa_stats.outbox import receipts
from fa_stats.outbox.receipts import Attempt, Receipt
from fa_stats.settings import Settings

NEXT = DAY + timedelta(days=1)
KEY = "key.pem"
NO_EVIDENCE = {"fa_stats.toml", KEY, "data/history.duckdb", "data/run.lock", "data/outbox.lock"}
HOST = "receiver.example"


def make(folder: Path, source: str, *, signed: bool) -> Project:
    """Lay out a project of one's own."""
    shutil.copytree(_made(source, signed), folder)
    return Project(folder, source)


@cache
def _made(source: str, signed: bool) -> Path:
    """Run two days, the first through the notebook; agree to, approve and send the first one's payloads."""
    folder = Path(tempfile.mkdtemp(prefix="fa_stats_tests_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    text = f'{SETTINGS}[signing]\nkey = "{KEY}"\n' if signed else SETTINGS
    (folder / "fa_stats.toml").write_text(text)
    if signed:
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / KEY], check=True)
        (folder / KEY).chmod(0o600)
    project = Project(folder, source)
    ended = project.run()
    assert ended.returncode == 0, ended.stderr
    deliver(project, DAY)
    quick(project, NEXT)
    return folder


def quick(project: Project, day: date) -> None:
    """Run a day in this process, without a notebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        patch.setenv("FA_STATS_SOURCE", project.source)
        daily = run.start({"day": str(day)})
        daily.collect()
        daily.finish()


def now() -> Fixed:
    """A clock that stands at this moment, so that no entry is dated before the one before it."""
    return Fixed(datetime.now(UTC))


def load(project: Project) -> Settings:
    return settings.load(project.folder)


def public(project: Project) -> str:
    """The project's public key."""
    signer = signing.signer(load(project))
    assert signer
    return signer.public


def deliver(project: Project, day: date) -> None:
    """Enter what approving and sending leave behind, and write the receipts."""
    here, clock = load(project), now()
    entered = next(each for each in ledger.entries(here.data) if each["event"] == "run" and each["day"] == str(day))
    name = entered["run"]
    digests = {"stats": entered["payload_sha256"], "metrics": entered["metrics_sha256"]}
    definitions = entered.get("definitions") or _document(project, "definitions")
    ledger.enter(here, clock, day=day, event="agreed", by="Ada", note=None, definitions=definitions)
    both = {"payload_sha256": digests["stats"], "metrics_sha256": digests["metrics"]}
    ledger.enter(here, clock, day=day, event="approved", run=name, by="Ada", note="looked at it", **both)
    for payload, sha256 in digests.items():
        told = {"run": name, "payload": payload, "key": f"0000-{payload}", "sha256": sha256}
        ledger.enter(here, clock, day=day, event="queued", **told)
        ledger.enter(here, clock, day=day, event="sending", **told, host=HOST)
        path = receipts.path_of(here.data, day, payload, f"0000-{payload}")
        receipt = receipts.write(path, _receipt(name, day, payload, sha256, definitions))
        ledger.enter(here, clock, day=day, event="sent", **told, receipt_sha256=receipt, reason="accepted")


def _receipt(name: str, day: date, payload: str, sha256: str, definitions: str) -> Receipt:
    at = "2026-11-23T02:00:00Z"
    return Receipt(
        run=name,
        day=str(day),
        payload=payload,
        instance="00000000-0000-0000-0000-000000000000",
        key=f"0000-{payload}",
        request_sha256=sha256,
        request_bytes=1,
        answer_sha256=hashlib.sha256(b"").hexdigest(),
        answer_bytes=0,
        status=202,
        host=HOST,
        tls=None,
        attempts=(Attempt(at, 0.1, "accepted"),),
        first_attempt=at,
        finished=at,
        accepted=True,
        approved_by=("Ada",),
        agreed_by="Ada",
        definitions=definitions,
    )


def _document(project: Project, folder: str) -> str:
    content = json.dumps({"folder": folder}).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    path = project.data / folder / f"{sha256}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return sha256


def evidence(project: Project) -> list[str]:
    """The files that no byte of may change."""
    return sorted(project.files() - NO_EVIDENCE)


def rewrite(path: Path, content: bytes | None) -> None:
    """Put other bytes in the place of a file, or take it away; what is read-only does not stop anybody."""
    if path.exists():
        os.chmod(path, 0o644)  # noqa: PTH101
    if content is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
