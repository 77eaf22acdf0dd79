"""`fa-stats verify`: the verifier over a project, and what needs more than Python: that the snapshots open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fa_stats import __version__, ledger, payload, signing, snapshots, verifier
from fa_stats.errors import CheckFailedError, NotFoundError, StorageError
from fa_stats.settings import Settings
from fa_stats.verifier import Asked, Evidence, Finding, Verification


@dataclass(frozen=True, slots=True)
class Result:
    """What was there, in words, and what does not hold."""

    facts: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def grave(self) -> tuple[Finding, ...]:
        """Those findings that mean that something does not hold."""
        return tuple(finding for finding in self.findings if finding.grave)

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        findings = [finding._asdict() for finding in self.findings]
        return {"holds": not self.grave, "facts": list(self.facts), "findings": findings}


def verify(settings: Settings, days: Sequence[date] = ()) -> Result:
    """Check the ledger, and the files of these days, of all days without one.

    Raises NotFoundError for a day that neither the ledger nor a file knows, SettingsError for a signing key that cannot
    be used.
    """
    evidence = evidence_of(settings)
    if not evidence.names:
        raise NotFoundError(f"There is nothing to verify yet in {settings.data}. `fa-stats run` makes the first run.")
    found = Verification(evidence, _asked(settings, days)).everything()
    known = {str(entry.get("day")) for _, entry in found.entries}
    known |= {day for name in evidence.names for day in verifier.DAYS.findall(name)}
    for day in days:
        if str(day) not in known:
            raise NotFoundError(f"Nothing is kept of {day}: no entry of the ledger and no file is about it.")
    opened = _open_snapshots(settings, found)
    findings = sorted(found.findings, key=lambda finding: not finding.grave)
    return Result((*found.facts, opened), tuple(findings))


def refuse_broken_ledger(settings: Settings, done: str) -> None:
    """Raise CheckFailedError where the ledger does not hold; `done` is the sentence of what was left undone."""
    if problem := ledger_problem(settings):
        raise CheckFailedError(
            f"The ledger does not hold: {problem} {done} Bring it back from a copy or a pack; `fa-stats verify` names "
            "all that does not hold."
        )


def ledger_problem(settings: Settings) -> str | None:
    """Say in one sentence what is wrong with the ledger, or None.

    Raises SettingsError for a signing key that cannot be used.
    """
    paths = {verifier.LEDGER: ledger.path_of(settings.data), verifier.CHECKPOINTS: ledger.checkpoints_of(settings.data)}
    there = {name: path for name, path in paths.items() if path.exists()}
    evidence = Evidence(there, lambda name: verifier.content_of(there.get(name)))
    found = Verification(evidence, _asked(settings, ())).ledger()
    worst = next((finding for finding in found.findings if finding.grave), None)
    return f"{worst.where}: {worst.what}" if worst else None


def evidence_of(settings: Settings) -> Evidence:
    """Return everything that a project keeps, wherever its settings have it."""
    return verifier.of_folders({"data/": settings.data, "reports/": settings.reports})


def trusted(settings: Settings) -> tuple[str, ...]:
    """Return the public keys that may have signed: the settings' own and those that they trust.

    Raises SettingsError for a signing key that cannot be used.
    """
    signer = signing.signer(settings)
    return (*((signer.public,) if signer else ()), *settings.signing.trusted)


def _asked(settings: Settings, days: Sequence[date]) -> Asked:
    return Asked({str(day) for day in days} or None, trusted(settings), signing.holds)


def _open_snapshots(settings: Settings, found: Verification) -> str:
    """Check that snapshots open, hold the payloads that are kept beside them, and give the same ones again."""
    opened, wrong = 0, {finding.where for finding in found.findings if finding.grave}
    for day, run in snapshots.found(settings.data):
        name = f"data/snapshots/{day}/{run}.duckdb"
        if not found.asked.covers(day) or name in wrong:  # a file that somebody changed is nothing to open
            continue
        try:
            snapshot = snapshots.of_run(settings.data, day, run)
        except StorageError as error:
            found.say(True, name, str(error))
            continue
        opened += 1
        made = payload.usage_data(snapshot.collection), payload.metrics(snapshot.collection)
        own = snapshot.versions.get("fa_stats") == __version__  # another version may count a payload otherwise
        for kept, again, tail in zip((snapshot.payload, snapshot.metrics), made, ("", ".metrics"), strict=True):
            if found.evidence.read(f"data/payloads/{day}/{run}{tail}.json") not in (None, kept):
                found.say(True, f"data/payloads/{day}/{run}{tail}.json", f"It is not the payload that {name} holds.")
            if again != kept:
                found.say(own, name, "Its figures do not give the payload that it holds.")
    return f"{verifier.several(opened, 'snapshot')} opened: the figures in them give the payloads that were kept."
