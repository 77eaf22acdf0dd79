"""Receipts: the proof of one submission, written once for each payload of a day, never changed."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import rfc8785

from fa_stats import files
from fa_stats.errors import StorageError

SCHEMA = "fa_stats.receipt/1"


@dataclass(frozen=True, slots=True)
class Tls:
    """What secured the line; `peer_sha256` is the digest of the receiver's certificate (DER)."""

    version: str
    cipher: str
    peer_sha256: str
    subject: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: when it began, how many seconds it took, what came of it."""

    at: str
    seconds: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was sent, to whom, how, and the answer. Times are UTC as YYYY-MM-DDTHH:MM:SSZ, sizes are in bytes.

    `attempts` are those of the round that brought the answer, `first_attempt` is that of the first round. `tls` is None
    for plain HTTP, which only the machine itself is spoken to with. `accepted` is false where the receiver refused.
    """

    run: str
    day: str
    payload: str
    instance: str
    key: str
    request_sha256: str
    request_bytes: int
    answer_sha256: str
    answer_bytes: int
    status: int
    host: str
    tls: Tls | None
    attempts: tuple[Attempt, ...]
    first_attempt: str
    finished: str
    accepted: bool
    approved_by: tuple[str, ...]
    agreed_by: str
    definitions: str
    schema: str = SCHEMA


def path_of(data: Path, day: date, payload: str, key: str) -> Path:
    """Where the receipt of a payload is."""
    return data / "receipts" / day.isoformat() / f"{payload}-{key}.json"


def stamp(moment: datetime) -> str:
    """Return a moment as receipts write it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def write(path: Path, receipt: Receipt) -> str:
    """Write a receipt as canonical JSON (RFC 8785) and return its SHA-256. Raises StorageError."""
    files.write(path, rfc8785.dumps(asdict(receipt)))
    return files.digest(path)


def read(path: Path) -> Receipt | None:
    """Read a receipt; None where there is none. Raises StorageError where it is not what `write` wrote."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"The receipt {path} cannot be read: {error.strerror}.") from None
    try:
        receipt = _receipt(json.loads(content))
        if rfc8785.dumps(asdict(receipt)) == content:
            return receipt
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, rfc8785.CanonicalizationError):
        pass
    raise StorageError(
        f"The receipt {path} is damaged: it is not what was written. Bring it back from a copy; it is not sent again."
    )


def _receipt(data: dict[str, Any]) -> Receipt:
    if data["schema"] != SCHEMA or {each.name for each in dataclasses.fields(Receipt)} != set(data):
        raise ValueError
    tls = None if data["tls"] is None else Tls(**data["tls"])
    attempts = tuple(Attempt(**each) for each in data["attempts"])
    receipt = Receipt(**data | {"tls": tls, "attempts": attempts, "approved_by": tuple(data["approved_by"])})
    wanted: dict[type, tuple[object, ...]] = {
        str: (receipt.run, receipt.payload, receipt.instance, receipt.key, receipt.request_sha256, receipt.host),
        int: (receipt.request_bytes, receipt.answer_bytes, receipt.status),
        bool: (receipt.accepted,),
    }
    if any(type(value) is not kind for kind, values in wanted.items() for value in values):
        raise ValueError
    date.fromisoformat(receipt.day)
    datetime.fromisoformat(receipt.finished)
    return receipt
