"""The signing key: every kind of file that is none is said, and what is signed can be checked by others."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
from projects import Fixed

from fa_stats import ledger, signing, verification, verifier
from fa_stats.errors import SettingsError
from fa_stats.settings import Settings, Signing

DAY = date(2026, 11, 23)


def made(folder: Path, name: str = "key.pem", *options: str) -> Path:
    """A key as openssl makes it."""
    path = folder / name
    subprocess.run(["openssl", "genpkey", *(options or ("-algorithm", "ed25519")), "-out", path], check=True)
    path.chmod(0o600)
    return path


def settings_of(folder: Path, key: str | None = "key.pem", *trusted: str) -> Settings:
    return Settings(folder=folder, signing=Signing(Path(key) if key else None, trusted))


def enter(settings: Settings) -> None:
    ledger.enter(settings, Fixed(), day=DAY, event="record")


def public(folder: Path, key: str = "key.pem") -> str:
    found = signing.signer(settings_of(folder, key))
    assert found
    return found.public


def events(settings: Settings) -> list[str]:
    return [entry["event"] for entry in ledger.entries(settings.data)]


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    assert signing.signer(settings_of(tmp_path, None)) is None
    assert signing.exposed(settings_of(tmp_path, None)) is None


def test_the_public_key_is_the_one_that_openssl_gives(tmp_path: Path) -> None:
    path = made(tmp_path)
    der = subprocess.run(
        ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    assert public(tmp_path) == der[-32:].hex()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-algorithm", "ed448"), "holds another kind of key than Ed25519"),
        (("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-quiet"), "holds another kind of key than Ed25519"),
        (("-algorithm", "ed25519", "-aes-256-cbc", "-pass", "pass:hunter2"), "is encrypted"),
    ],
)
def test_another_kind_of_key_is_refused(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    path = made(tmp_path, "key.pem", *options)
    with pytest.raises(SettingsError, match=said) as caught:
        signing.signer(settings_of(tmp_path))
    assert str(path) in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\xff\x00", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(SettingsError, match="holds no private key in PEM"):
        signing.signer(settings_of(tmp_path))


def test_a_key_that_is_missing_or_a_folder_is_refused_before_anything_is_entered(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"key\.pem .* cannot be read \(No such file"):
        enter(settings_of(tmp_path))
    (tmp_path / "key.pem").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        ledger.enter_missing(settings_of(tmp_path), Fixed())
    assert events(settings_of(tmp_path)) == []


def test_a_key_that_others_may_read_is_said_and_used(tmp_path: Path) -> None:
    path, settings = made(tmp_path), settings_of(tmp_path)
    assert signing.exposed(settings) is None
    path.chmod(0o640)
    assert "chmod 600" in str(signing.exposed(settings))
    assert signing.signer(settings)


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    made(tmp_path)
    assert "PrivateKey" not in repr(signing.signer(settings_of(tmp_path)))


def test_each_checkpoint_is_signed_and_a_new_key_is_entered_once(tmp_path: Path) -> None:
    made(tmp_path)
    settings = settings_of(tmp_path)
    enter(settings)
    enter(settings)
    assert events(settings) == ["key", "record", "record"]
    assert next(ledger.entries(settings.data))["public"] == public(tmp_path)
    kept = [json.loads(line) for line in ledger.checkpoints_of(settings.data).read_text().splitlines()]
    assert [(each["entries"], each["public"]) for each in kept] == [(n, public(tmp_path)) for n in (1, 2, 3)]
    assert verification.ledger_problem(settings) is None


def test_another_key_is_entered_and_the_old_one_is_to_be_trusted(tmp_path: Path) -> None:
    made(tmp_path)
    made(tmp_path, "new.pem")
    enter(settings_of(tmp_path))
    changed = settings_of(tmp_path, "new.pem")
    enter(changed)
    assert events(changed) == ["key", "record", "key", "record"]
    said = f"It is signed by key {public(tmp_path)}, which is none of those that are trusted."
    assert str(verification.ledger_problem(changed)).endswith(said)
    assert verification.ledger_problem(settings_of(tmp_path, "new.pem", public(tmp_path))) is None


def test_a_ledger_that_is_no_longer_signed_is_named_until_it_is(tmp_path: Path) -> None:
    made(tmp_path)
    settings = settings_of(tmp_path)
    enter(settings)
    enter(settings_of(tmp_path, None))
    assert "The newest one is not signed" in str(verification.ledger_problem(settings))
    assert "The newest one is not signed" in str(
        verification.ledger_problem(settings_of(tmp_path, None, public(tmp_path)))
    )
    enter(settings)
    assert verification.ledger_problem(settings) is None
    assert events(settings) == ["key", "record", "record", "record"]


def test_a_key_of_ones_own_does_not_replace_the_signatures(tmp_path: Path) -> None:
    """Whoever has the files but not the key can compute every digest anew, and sign with a key of his own."""
    made(tmp_path)
    made(tmp_path, "forger.pem")
    settings = settings_of(tmp_path)
    enter(settings)
    for path in (ledger.path_of(settings.data), ledger.checkpoints_of(settings.data)):
        path.unlink()
    enter(settings_of(tmp_path, "forger.pem"))
    assert "none of those that are trusted" in str(verification.ledger_problem(settings))
    for path in (ledger.path_of(settings.data), ledger.checkpoints_of(settings.data)):
        path.unlink()
    enter(settings_of(tmp_path, None))
    assert "not signed" in str(verification.ledger_problem(settings))


def test_our_signatures_hold_for_both_who_check_them(tmp_path: Path) -> None:
    made(tmp_path)
    signer = signing.signer(settings_of(tmp_path))
    assert signer
    made_by_us = signer.sign(b"message").hex()
    for holds in (signing.holds, verifier.ed25519):
        assert holds(signer.public, b"message", made_by_us)
        assert not holds(signer.public, b"another", made_by_us)
        assert not holds(signer.public, b"message", made_by_us[:-2])
        assert not holds("zz", b"message", made_by_us)
        assert not holds(signer.public, b"message", "zz")


def test_a_key_that_is_at_hand_again_signs_before_anything_is_entered(tmp_path: Path) -> None:
    made(tmp_path)
    settings = settings_of(tmp_path)
    enter(settings)
    enter(settings_of(tmp_path, None))
    ledger.enter_missing(settings, Fixed())
    assert events(settings) == ["key", "record", "record"]
    assert verification.ledger_problem(settings) is None
