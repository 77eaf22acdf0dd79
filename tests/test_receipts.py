"""Receipts: what is read is what was written; anything else is damage, and says so."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from fa_stats.errors import StorageError
from fa_stats.outbox import receipts
from fa_stats.outbox.receipts import Attempt, Receipt, Tls

RECEIPT = Receipt(
    run="20261123T020000Z-3f9c",
    day="2026-11-23",
    payload="stats",
    instance="0c8a1b6e-5f5d-4c0b-9b57-3e6d9c1f2a44",
    key="889a177e-e3d3-5ecb-806f-5dd5b3e43307",
    request_sha256="a" * 64,
    request_bytes=9001,
    answer_sha256="b" * 64,
    answer_bytes=18,
    status=202,
    host="stats.example.org",
    tls=Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "c" * 64, "commonName=receiver", "commonName=Authority"),
    attempts=(Attempt("2026-11-23T02:05:00Z", 0.25, "later"), Attempt("2026-11-23T02:05:03Z", 0.031, "accepted")),
    first_attempt="2026-11-23T02:05:00Z",
    finished="2026-11-23T02:05:03Z",
    accepted=True,
    approved_by=("Ada Lovelace", "Łukasz — „Ł“"),
    agreed_by="Grace Hopper",
    definitions="d" * 64,
)


def test_a_receipt_is_canonical_json_that_anybody_can_read(tmp_path: Path) -> None:
    path = receipts.path_of(tmp_path, date(2026, 11, 23), "stats", RECEIPT.key)
    assert path == tmp_path / "receipts" / "2026-11-23" / f"stats-{RECEIPT.key}.json"
    digest = receipts.write(path, RECEIPT)
    content = path.read_bytes()
    assert digest == hashlib.sha256(content).hexdigest()
    assert rfc8785.dumps(json.loads(content)) == content
    assert json.loads(content)["schema"] == "fa_stats.receipt/1"
    assert receipts.read(path) == RECEIPT
    assert receipts.read(tmp_path / "absent.json") is None


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    number=st.integers(0, 2**53 - 1),
    seconds=st.floats(0, 1e6),
    plain=st.booleans(),
)
def test_every_receipt_reads_as_it_was_written(
    text: str, number: int, seconds: float, plain: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("receipts") / "receipt.json"
    made = replace(
        RECEIPT, host=text, agreed_by=text, approved_by=(text,), answer_bytes=number, accepted=plain,
        tls=None if plain else RECEIPT.tls, attempts=(Attempt(RECEIPT.finished, seconds, text),),
    )  # fmt: skip
    receipts.write(path, made)
    assert receipts.read(path) == made


def test_any_changed_byte_is_damage_or_another_receipt_never_the_same(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    receipts.write(path, RECEIPT)
    content, chance, damaged = path.read_bytes(), random.Random(1), 0
    for _ in range(400):
        place = chance.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :])
        try:
            assert receipts.read(path) not in (RECEIPT, None)
        except StorageError as error:
            damaged += str(path) in str(error)
    assert damaged > 200


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "fa_stats.receipt/2"},
        {"more": 1},
        {"status": "202"},
        {"accepted": 1},
        {"request_sha256": None},
        {"finished": "yesterday"},
        {"day": "23.11.2026"},
        {"tls": {"version": "TLSv1.3"}},
        {"attempts": [{"at": "2026-11-23T02:05:00Z"}]},
        {"approved_by": None},
    ],
)
def test_what_is_no_receipt_of_ours_is_not_taken_for_one(change: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(rfc8785.dumps({**asdict(RECEIPT), **change}))  # type: ignore[dict-item] # values of JSON
    with pytest.raises(StorageError, match="damaged"):
        receipts.read(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"{" * 9999, b"[" * 99_999, b'{"a": 1}\n'])
def test_rubbish_is_no_receipt(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        receipts.read(path)


def test_a_receipt_in_another_writing_is_damage_even_where_it_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(asdict(RECEIPT), ensure_ascii=False))
    with pytest.raises(StorageError, match="damaged"):
        receipts.read(path)
