"""Where FusionAuth's HTTP API is, and the key that it is asked with; neither is ever repeated."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests
from requests.exceptions import RequestException

from fa_stats.errors import UsageError

KEY, KEY_FILE = "FUSIONAUTH_API_KEY", "FUSIONAUTH_API_KEY_FILE"

_LOCAL = ("localhost", "127.0.0.1", "::1")
_EXAMPLE = "https://host"


@dataclass(frozen=True, slots=True, repr=False)  # a repr would show the key
class Address:
    """Where an instance answers, and the key that its URL holds, if it holds one."""

    base: str
    typed: str = ""

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read a URL such as `https://host`, which needs no key yet; raises UsageError."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise UsageError(f"The URL of the HTTP API cannot be read. Write it as {_EXAMPLE}.") from None
        host = parts.hostname or ""
        if not host or parts.query or parts.fragment:
            raise UsageError(f"The URL of the HTTP API is to name a host and nothing more: {_EXAMPLE}.")
        if parts.scheme == "http" and host not in _LOCAL:
            raise UsageError(
                "Over http:// everybody on the way could read the API key: it is for this machine alone (localhost). "
                f"Name the instance as {_EXAMPLE}."
            )
        place = f"[{host}]" if ":" in host else host
        base = f"{parts.scheme}://{place}" + (f":{port}" if port else "") + parts.path.rstrip("/")
        if not _is_host(base, host):
            raise UsageError(f"The URL of the HTTP API names a host whose name is not valid. Write it as {_EXAMPLE}.")
        typed = unquote(parts.password or parts.username or "")
        return cls(base, _whole(typed) if typed else "")

    def key(self) -> str:
        """Return the API key: the URL's, else the environment's, else that of the file which that names.

        Raises UsageError where there is none, or none that can be one.
        """
        key = self.typed or os.environ.get(KEY, "").strip()
        if not key and (file := os.environ.get(KEY_FILE)):
            try:
                key = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                raise UsageError(f"The file that {KEY_FILE} names cannot be read. It is to hold the API key.") from None
        if not key:
            raise UsageError(
                f"There is no API key. Put it in the environment variable {KEY}, or in a file that {KEY_FILE} names; "
                "FusionAuth makes one under Settings, API Keys."
            )
        return _whole(key)

    def exposed(self) -> str | None:
        """Say in one sentence that others may read the file of the key; None where it is not so, or no file is used."""
        file = os.environ.get(KEY_FILE)
        if not file or self.typed or os.environ.get(KEY, "").strip():
            return None
        try:
            open_to_others = Path(file).stat().st_mode & 0o077
        except OSError:
            return None  # `key` says that it cannot be read
        said = f"The file of the API key, {file}, can be read or written by others"
        return f"{said}: whoever has it can ask for all that the key may." if open_to_others else None


def _whole(key: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise UsageError("The API key holds a character that no key has. Copy it anew from Settings, API Keys.")
    return key


def _is_host(base: str, host: str) -> bool:
    """Whether what opens connections would take this for the name of a host."""
    try:
        host.encode("idna")
        prepared = urlsplit(requests.Request("GET", base).prepare().url or "")
    except (RequestException, ValueError):
        return False
    return ":" in host or not re.search(r"[%\s*]", str(prepared.netloc))
