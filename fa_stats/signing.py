"""The Ed25519 key that signs checkpoints and packs, read from the PEM file that the settings name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fa_stats import verifier
from fa_stats.errors import SettingsError
from fa_stats.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAKE = "`openssl genpkey -algorithm ed25519 -out FILE` makes one"


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A private key at hand; `public` is its public half, 64 hexadecimal digits."""

    public: str
    _key: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._key.sign(message)


def signer(settings: Settings) -> Signer | None:
    """Return the key that the settings name, None where they name none.

    Raises SettingsError where the file is missing, cannot be read, is encrypted or holds another kind of key.
    """
    path = settings.path(settings.signing.key)
    if path is None:
        return None
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise _wrong(path, f"cannot be read ({error.strerror})", f"Mend the path or its rights; {_MAKE}") from None
    except TypeError:  # so says the library of a key that asks for a password
        what = "is encrypted: a scheduled run has nobody to ask for its password"
        raise _wrong(path, what, "Give a key without one, in a file that only this user may read") from None
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong(path, "holds no private key in PEM", _MAKE) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _wrong(path, "holds another kind of key than Ed25519", _MAKE)
    return Signer(key.public_key().public_bytes_raw().hex(), key)


def exposed(settings: Settings) -> str | None:
    """Say in one sentence that others may read the key, or None where it is this user's alone (or there is none)."""
    path = settings.path(settings.signing.key)
    try:
        open_to_others = path is not None and path.stat().st_mode & 0o077
    except OSError:
        return None  # `signer` says that it cannot be read
    if not open_to_others:
        return None
    return f"The signing key {path} can be read or written by others: whoever has it can sign. `chmod 600` mends it."


def holds(public: str, message: bytes, signature: str) -> bool:
    """Whether a signature is that of a message by a key; all but the message in hexadecimal."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = bytes.fromhex(public)
        if verifier.key_of(key) is None:
            return False
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _wrong(path: Path, what: str, mend: str) -> SettingsError:
    return SettingsError(f"The signing key {path} ([signing] `key`) {what}. {mend}.")
