"""One zip for an auditor: the evidence of some days, the ledger up to them, and what it takes to check them.

The same project gives the same bytes. Everything lies where a project has it, and a signed statement names every file.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from fa_stats import (
    __version__,
    catalogue,
    consent,
    definitions,
    files,
    pages,
    signing,
    snapshots,
    verification,
    verifier,
)
from fa_stats.comparison import Comparison
from fa_stats.errors import CheckFailedError, NotFoundError, UsageError
from fa_stats.settings import Settings
from fa_stats.signing import Signer
from fa_stats.verifier import CHECKPOINTS, ENVELOPE, LEDGER, STATEMENT, SUMS, Evidence

_KEPT = (verifier.OF_RUNS, verifier.RECEIPT)
_TOLD = ("run", "day", "instance", "verdict", "checks", "payload_sha256", "metrics_sha256", "submission")
_README = """\
The evidence of fa_stats for {span}

fa_stats counts once a day how the features of a FusionAuth instance are used, and keeps what it did.
This is what it kept, with the whole ledger up to then. To check it, with Python 3.9 or later and nothing else:

    python verify.py fa_stats-....zip        or, where it was unpacked:  python verify.py .

Add `--public-key HEX` with the key that you were given by another way than this pack. Without it, a signature
shows only that all was signed by one and the same key. `sha256sum -c SHA256SUMS` checks the files alone.

data/ledger.jsonl       each line names the digest of the line before it; `record` lines have that of a run.json
data/checkpoints.jsonl  how long the ledger was at each moment, and its head, signed where there was a key
data/payloads           the very bytes that would be sent or were sent; RUN.metrics.json is the second payload
data/receipts           what receivers answered, with the digest of what was sent to them
data/snapshots          DuckDB files: every figure, its timing, and the query that gave it
data/definitions        what was agreed to be counted;  data/policies: documents that switched stats off
reports                 the report of each run (report.html), the notebook as it ran, its record (run.json)
consent, diffs          taken from the snapshots: what decided whether anything may be sent; what changed
catalogue               the definitions and queries of fa_stats {version}, which made this pack
statement.json          an in-toto statement that names every file; statement.dsse.json is the same, signed
"""


def write(settings: Settings, first: date, last: date, output: Path) -> str:
    """Write the pack of a span of days and return its SHA-256; what is there already with other content stays.

    Raises CheckFailedError where something of these days or of the ledger does not hold, NotFoundError where nothing
    is kept of them, UsageError for a file in the way, StorageError.
    """
    evidence = _sealed(settings, first, last)
    with files.replacing(output) as beside:
        with beside.open("wb") as handle:
            verifier.zip_to(handle, evidence)
        digest = files.digest(beside)
        if output.exists() and (not output.is_file() or files.digest(output) != digest):
            raise UsageError(f"{output} is there already, with another content. Move it, or name another --output.")
    return digest


def _sealed(settings: Settings, first: date, last: date) -> Evidence:
    """Return every file of a pack, its own papers included."""
    kept, signer = verification.evidence_of(settings), signing.signer(settings)
    days = _days(settings, kept, first, last)
    _check(settings, days)
    span = f"{first} to {last}" if last > first else str(first)
    made = dict(_ledger(kept, days, signer.public if signer else None)) | dict(_derived(settings, days, span))
    names = [name for name in kept.names if any(_of(days, name, shape) for shape in _KEPT)]
    names += [name for name in _documents(made[LEDGER], days) if name in kept.names]
    content = Evidence({*names, *made}, lambda name: made[name] if name in made else kept.read(name))
    made |= _papers(content, days, signer)
    return Evidence({*names, *made}, content.read)


def _papers(content: Evidence, days: Sequence[date], signer: Signer | None) -> dict[str, bytes]:
    """Return what says which files a pack has: the statement, signed if there is a key, and a list of all digests."""
    digests = {name: verifier.sha256(content.read(name) or b"") for name in sorted(content.names)}
    papers = {STATEMENT: _json(_statement(content, digests, days))}
    if signer:
        signature = signer.sign(verifier.pae(verifier.IN_TOTO, papers[STATEMENT]))
        papers[ENVELOPE] = _json(
            {
                "payloadType": verifier.IN_TOTO,
                "payload": _base64(papers[STATEMENT]),
                "signatures": [{"keyid": signer.public, "sig": _base64(signature)}],
            }
        )
    sums = digests | {name: verifier.sha256(paper) for name, paper in papers.items()}
    papers[SUMS] = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
    return papers


def _days(settings: Settings, kept: Evidence, first: date, last: date) -> list[date]:
    """Return the days of a span of which something is known."""
    span = {str(first + timedelta(number)) for number in range((last - first).days + 1)}
    known = {str(_parsed(line).get("day")) for line in _lines(kept.read(LEDGER) or b"")}
    known |= {day for name in kept.names for day in verifier.DAYS.findall(name)}
    if not span & known:
        said = f"from {first} to {last}" if last > first else f"of {first}"
        raise NotFoundError(f"Nothing is kept {said} in {settings.data}: neither an entry of the ledger nor a file.")
    return [date.fromisoformat(day) for day in sorted(span & known)]


def _check(settings: Settings, days: Sequence[date]) -> None:
    grave = verification.verify(settings, days).grave
    if grave:
        said = "\n  ".join(f"{finding.where}: {finding.what}" for finding in grave)
        raise CheckFailedError(
            f"No pack was made, since something does not hold. `fa-stats verify` says more.\n  {said}"
        )


def _of(days: Sequence[date], name: str, shape: Any) -> bool:
    found = shape.fullmatch(name)
    return found is not None and any(f"/{day}/" in name for day in days)


def _ledger(kept: Evidence, days: Sequence[date], public: str | None) -> Iterator[tuple[str, bytes]]:
    """Give the ledger and its checkpoints, up to a checkpoint after the last entry that is about these days.

    It is the first one, with a key the first one that it signed.
    """
    lines, checkpoints = (_lines(kept.read(name) or b"") for name in (LEDGER, CHECKPOINTS))
    about = {str(day) for day in days}
    last = max((number for number, line in enumerate(lines, 1) if _parsed(line).get("day") in about), default=0)
    places = [
        (number, line["entries"])
        for number, line in enumerate(map(_parsed, checkpoints), 1)
        if "entries" in line and line["entries"] >= last and public in (None, line.get("public"))
    ]
    number, entries = places[0] if places else (len(checkpoints), len(lines))
    yield LEDGER, b"".join(lines[:entries])
    yield CHECKPOINTS, b"".join(checkpoints[:number])


def _documents(ledger: bytes, days: Sequence[date]) -> set[str]:
    """Return the definitions and policies that entries about these days name, and what was agreed to until then."""
    about, names = {str(day) for day in days}, set()
    for entry in map(_parsed, _lines(ledger)):
        if entry.get("day") in about or entry.get("event") == "agreed":
            names |= {
                f"data/definitions/{entry.get('definitions')}.json",
                f"data/policies/{entry.get('policy_sha256')}.json",
            }
    return names


def _derived(settings: Settings, days: Sequence[date], span: str) -> Iterator[tuple[str, bytes]]:
    """Give what is made for the pack: a guide, the verifier, the catalogue, and what the snapshots hold as JSON."""
    loaded = catalogue.load()
    yield "README.txt", _README.format(span=span, version=__version__).encode()
    yield "verify.py", Path(verifier.__file__).read_bytes()
    for path in sorted(catalogue.FOLDER.glob("*.sql")):
        yield f"catalogue/{path.name}", path.read_bytes()
    yield "catalogue/definitions.json", _json([asdict(each) for each in definitions.of(loaded)])
    for day, run in snapshots.found(settings.data):
        if day in days:
            snapshot = snapshots.of_run(settings.data, day, run)
            if snapshot.circumstances:
                yield f"consent/{day}/{run}.json", _json(json.loads(consent.dump(snapshot.circumstances)))
            compared = pages.compare(settings, snapshot)
            if compared.previous:
                yield (
                    f"diffs/{day}/{run}.json",
                    _json(Comparison(compared.previous, snapshot, compared.changes).to_json()),
                )


def _statement(content: Evidence, digests: dict[str, str], days: Sequence[date]) -> dict[str, Any]:
    """Return the in-toto statement: every file as a subject, and in short what the days brought."""
    head = _lines(content.read(LEDGER) or b"")
    predicate = {
        "made_by": f"fa_stats {__version__}",
        "catalogue_sha256": catalogue.load().sha256,
        "days": [str(day) for day in days],
        "ledger": {"entries": len(head), "head": verifier.sha256(head[-1].rstrip(b"\n")) if head else None},
        "runs": [_run(content, name) for name in sorted(content.names) if name.endswith("/run.json")],
    }
    subjects = [{"name": name, "digest": {"sha256": digest}} for name, digest in digests.items()]
    return {
        "_type": verifier.TYPE,
        "subject": subjects,
        "predicateType": verifier.PREDICATE,
        "predicate": predicate,
    }


def _run(content: Evidence, name: str) -> dict[str, Any]:
    """Return a run in short, as its record has it: its verdict, its checks, and what became of its payloads."""
    record = _parsed(content.read(name) or b"")
    return {key: record.get(key) for key in _TOLD}


def _lines(content: bytes) -> list[bytes]:
    """Return lines with their ends."""
    return [line + b"\n" for line in content.split(b"\n")[:-1]] + [end for end in content.split(b"\n")[-1:] if end]


def _parsed(line: bytes) -> dict[str, Any]:
    return verifier.parsed(line) or {}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
