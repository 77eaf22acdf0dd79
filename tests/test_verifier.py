"""The verifier: one file that needs nothing but Python, names what does not hold, and falls over nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from fa_stats import signing, verifier
from fa_stats.verifier import Asked, Evidence, Verification

FILE = Path(verifier.__file__)
ALL = Asked(None, (), verifier.ed25519)
# RFC 8032, section 7.1: tests 1, 2, 3 and SHA(abc): secret key, public key, message, signature
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


def evidence(files: dict[str, bytes]) -> Evidence:
    return Evidence(files.keys(), files.get)


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the file alone, where no module of ours can be imported."""
    return subprocess.run([sys.executable, "-I", FILE, *arguments], capture_output=True, text=True, check=False)


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(FILE.read_text())
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_signatures_are_those_of_the_rfc(secret: str, public: str, message: str, signature: str) -> None:
    assert verifier.ed25519(public, bytes.fromhex(message), signature)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.sign(bytes.fromhex(message)).hex() == signature


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=99), st.integers(0, 767), st.sampled_from("kms"))
def test_a_signature_holds_as_it_is_and_with_no_bit_changed(secret: bytes, message: bytes, bit: int, what: str) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert verifier.ed25519(public.hex(), message, signature.hex())
    changed = {"k": public, "m": message or b"\0", "s": signature}
    place, mask = divmod(bit % (8 * len(changed[what])), 8)
    other = bytearray(changed[what])
    other[place] ^= 1 << mask
    changed[what] = bytes(other)
    assert not verifier.ed25519(changed["k"].hex(), changed["m"], changed["s"].hex()) or changed["m"] == message


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64), st.binary(max_size=9))
def test_rubbish_is_no_signature(public: bytes, signature: bytes, message: bytes) -> None:
    assert not verifier.ed25519(public.hex(), message, signature.hex())


def test_a_signature_has_one_form_alone() -> None:
    _, public, message, signature = VECTORS[1]
    made = bytes.fromhex(signature)
    grown = made[:32] + (int.from_bytes(made[32:], "little") + verifier.L).to_bytes(32, "little")
    assert verifier.ed25519(public, bytes.fromhex(message), signature)
    assert not verifier.ed25519(public, bytes.fromhex(message), grown.hex())


@pytest.mark.parametrize("holds", [verifier.ed25519, signing.holds])
@pytest.mark.parametrize("y", [0, 1, verifier.P - 1])
def test_a_key_with_which_anybody_can_sign_is_none(y: int, holds: Callable[[str, bytes, str], bool]) -> None:
    key = y.to_bytes(32, "little").hex()
    forged = ["00" * 64, "01" + "00" * 63, (verifier.P - 1).to_bytes(32, "little").hex() + "00" * 32]
    assert not any(holds(key, bytes([number]), signature) for number in range(8) for signature in forged)


def test_a_point_has_one_form_alone() -> None:
    one = (1).to_bytes(32, "little")
    assert verifier.point_of(one) == (0, 1, 1, 0)
    assert verifier.point_of((verifier.P + 1).to_bytes(32, "little")) is None
    assert verifier.point_of((1 | 1 << 255).to_bytes(32, "little")) is None


NAMES = [
    verifier.LEDGER, verifier.CHECKPOINTS, verifier.STATEMENT, verifier.ENVELOPE, verifier.SUMS,
    "data/payloads/2026-11-23/20261123T020000Z-3f9c.json", "data/receipts/2026-11-23/stats-1.json",
    "data/definitions/" + "0" * 64 + ".json", "reports/2026-11-23/20261123T020000Z-3f9c/run.json", "data/policies/x",
]  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    | st.sampled_from(["run", "record", "sent", "approved", "agreed", "2026-11-23", "20261123T020000Z-3f9c", "stats"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
FIELDS = st.sampled_from([
    "entry", "at", "day", "event", "run", "previous", "entries", "head", "public", "signature", "sha256", "key", "name",
    "payload", "payload_sha256", "record_sha256", "receipt_sha256", "definitions", "files", "finished", "subject",
    "predicate", "predicateType", "days", "runs", "digest", "signatures",
])  # fmt: skip
OBJECTS = st.dictionaries(FIELDS, VALUES, max_size=8).map(lambda value: json.dumps(value).encode())
CONTENT = st.binary(max_size=40) | OBJECTS | st.lists(OBJECTS | st.binary(max_size=9), max_size=4).map(b"\n".join)


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=9), CONTENT))
def test_no_content_makes_it_fall_over(files: dict[str, bytes]) -> None:
    Verification(evidence(files), ALL).everything()
    Verification(evidence(files), ALL._replace(days={"2026-11-23"}, keys=["0" * 64])).pack()


@pytest.mark.parametrize("content", [b"[" * 100_000, b"9" * 5000, b'{"a": "\\ud800"}\n', b'{"a": NaN}', b"\0\n\0"])
def test_content_that_parsers_stumble_over_is_named(content: bytes) -> None:
    for name in NAMES:
        found = Verification(evidence({name: content}), ALL)
        found.everything()
        assert found.findings or name in (verifier.STATEMENT, verifier.ENVELOPE, verifier.SUMS)
        found = Verification(evidence({name: content}), ALL).pack()
        assert any(finding.grave for finding in found.findings)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_zip_are_named(content: bytes) -> None:
    path = Path("/dev/shm/fa_stats_no_zip") if Path("/dev/shm").is_dir() else Path("fa_stats_no_zip")
    path.write_bytes(content)
    try:
        found = verifier.verify_zip(path, ALL)
    finally:
        path.unlink()
    assert any(finding.grave for finding in found.findings)


def test_it_says_how_it_is_called(tmp_path: Path) -> None:
    for arguments, said in (
        ((tmp_path / "none",), "there is no "),
        ((tmp_path,), "there is nothing of fa_stats in"),
        ((tmp_path, "--public-key", "12"), "is to be 64 hexadecimal digits, not 12"),
    ):
        called = call(*arguments)
        assert called.returncode == 2
        assert said in called.stderr
    (tmp_path / "rubbish.zip").write_text("rubbish")
    called = call(tmp_path / "rubbish.zip")
    assert called.returncode == 1
    assert called.stdout.startswith("WRONG  rubbish.zip: It cannot be read as a zip (BadZipFile)")


def forged(*entries: dict[str, Any], **other: Any) -> dict[str, bytes]:
    """A ledger whose chain and checkpoint hold, whatever its entries say; `other` stands in the checkpoint."""
    lines: list[bytes] = []
    for number, entry in enumerate(entries, 1):
        previous = verifier.sha256(lines[-1]) if lines else verifier.FIRST
        lines.append(verifier.written({"entry": number, "at": "", "day": "2026-11-23", **entry, "previous": previous}))
    head = verifier.sha256(lines[-1])
    checkpoint = {"entries": len(lines), "head": head, "at": "", "previous": verifier.FIRST, "public": None}
    checkpoint |= {"signature": None, **other}
    checkpoint["sha256"] = verifier.sha256(verifier.written(checkpoint))
    whole = b"".join(line + b"\n" for line in lines)
    return {verifier.LEDGER: whole, verifier.CHECKPOINTS: verifier.written(checkpoint) + b"\n"}


def wrong(files: dict[str, bytes], asked: Asked = ALL) -> list[str]:
    return [finding.where for finding in Verification(evidence(files), asked).everything().findings if finding.grave]


def test_a_forged_ledger_whose_digests_are_right_is_named_by_what_it_says() -> None:
    assert wrong(forged({"event": "key"}, {"event": "key"})) == []
    assert wrong(forged({"event": "key"}, {"event": "key", "entry": 3})) == ["data/ledger.jsonl, entry 2"]
    for entries in (0, -1, 1.0, True, None, "1"):
        assert wrong(forged({"event": "key"}, entries=entries)) == ["data/checkpoints.jsonl, line 1"]
    assert wrong(forged({"event": "key"}, entries=2)) == ["data/ledger.jsonl"]
    assert wrong(forged({"event": "key"}, head="")) == ["data/ledger.jsonl, entry 1"]
    assert wrong(forged({"event": "key"}, more="")) == ["data/checkpoints.jsonl, line 1"]
    for public, signature in (("00", None), (None, "00"), ("00" * 32, "00" * 64)):
        assert wrong(forged({"event": "key"}, public=public, signature=signature)) == ["data/checkpoints.jsonl, line 1"]
    assert wrong(forged({"event": "key"}), ALL._replace(keys=["00" * 32])) == ["data/checkpoints.jsonl"]


def test_a_line_that_is_written_in_another_way_is_named() -> None:
    whole = forged({"event": "key"}, {"event": "key"})
    for old, new in ((b'"day": ', b'"day":'), (b'"at": ""', b'"at": "\\u0041"'), (b'"day"', b'"day": "", "day"')):
        changed = whole | {verifier.LEDGER: whole[verifier.LEDGER].replace(old, new)}
        assert "data/ledger.jsonl, entry 1" in wrong(changed)


def test_a_run_json_of_another_run_is_named() -> None:
    name = "20261123T020000Z-3f9c"
    for told in ({"run": name, "day": "2026-11-22"}, {"run": "another", "day": "2026-11-23"}, {}):
        record = json.dumps(told).encode()
        files = forged({"event": "record", "run": name, "record_sha256": verifier.sha256(record)})
        found = wrong(files | {f"reports/2026-11-23/{name}/run.json": record})
        assert found == [f"reports/2026-11-23/{name}/run.json", "data/ledger.jsonl, entry 1"]  # which stands alone


def test_a_receipt_for_other_bytes_is_named() -> None:
    run = {"event": "run", "run": "r", "payload_sha256": "1" * 64, "definitions": None}
    told = {"run": "r", "payload": "stats", "request_sha256": "1" * 64}
    name = "data/receipts/2026-11-23/stats-k.json"
    for change in ({}, {"request_sha256": "2" * 64}, {"run": "s"}, {"payload": "metrics"}):
        receipt = json.dumps(told | change).encode()
        sent = {"event": "sent", "run": "r", "payload": "stats", "key": "k", "sha256": "1" * 64}
        files = forged(run, sent | {"receipt_sha256": verifier.sha256(receipt)})
        assert (name in wrong(files | {name: receipt})) == bool(change)


def test_a_document_that_is_not_what_its_name_says_is_named_whoever_names_it() -> None:
    name = f"data/policies/{verifier.sha256(b'{}')}.json"
    assert wrong(forged({"event": "key"}) | {name: b"{}"}) == []
    assert wrong(forged({"event": "key"}) | {name: b"{ }"}) == [name]
    assert wrong({name: b"{ }"}, ALL._replace(days={"2026-11-24"})) == [name]
