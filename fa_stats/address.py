"""Where a MySQL server is, and why a server could not be reached; nothing here ever repeats an address or a password.

For PostgreSQL, libpq reads the URL, the environment (PGPASSWORD, PGSERVICE ...) and ~/.pgpass by itself.
"""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from fa_stats.errors import SourceError, UsageError

_EXAMPLE = "mysql://user:password@host:3306/database"
_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_PATIENCE = 10  # seconds, as PyMySQL has it


@dataclass(frozen=True, slots=True, repr=False)  # a repr would show the password
class MySQLAddress:
    """A MySQL or MariaDB database, and how to get there."""

    database: str
    user: str
    password: str
    host: str
    port: int
    unix_socket: str | None
    ssl_mode: str
    ssl_ca: str | None
    ssl_cert: str | None
    ssl_key: str | None
    connect_timeout: int

    @classmethod
    def parse(cls, url: str) -> MySQLAddress:
        """Read a `mysql://` URL; MYSQL_PWD gives the password where the URL has none. Raises UsageError."""
        parts, port = _split(url)
        database = _decode(parts.path.removeprefix("/"))
        if not database:
            raise UsageError(f"The MySQL URL names no database. Write it as {_EXAMPLE}.")
        options = _read_options(parts.query)
        password = os.environ.get("MYSQL_PWD", "") if parts.password is None else _decode(parts.password)
        return cls(
            database=database,
            user=_decode(parts.username or ""),
            password=password,
            host=_decode(parts.hostname or "localhost"),
            port=port or 3306,
            unix_socket=options.get("unix_socket"),
            ssl_mode=_read_mode(options),
            ssl_ca=options.get("ssl_ca"),
            ssl_cert=options.get("ssl_cert"),
            ssl_key=options.get("ssl_key"),
            connect_timeout=_read_timeout(options),
        )

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of pymysql.connect; raises UsageError for a certificate that cannot be read."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user or None,
            "password": self.password.encode(),  # as text, PyMySQL would take it for Latin-1
            "database": self.database,
            "unix_socket": self.unix_socket,
            "connect_timeout": self.connect_timeout,
            "charset": "utf8mb4",
            **self._encryption(),
        }

    def _encryption(self) -> dict[str, Any]:
        """Say how to encrypt, as MySQL's own clients understand the mode.

        Left to itself PyMySQL encrypts where the server can; given a context it insists.
        """
        if self.ssl_mode == "disabled":
            return {"ssl_disabled": True}
        if self.ssl_mode == "preferred" and not self.ssl_cert:
            return {}
        try:
            context = ssl.create_default_context(cafile=self.ssl_ca)
            if self.ssl_cert:
                context.load_cert_chain(self.ssl_cert, self.ssl_key)
        except OSError as error:  # ssl.SSLError is one
            raise UsageError(
                "The files that `ssl_ca`, `ssl_cert` and `ssl_key` name cannot be read as PEM certificates and key "
                f"({type(error).__name__}). Correct them."
            ) from None
        # Certificates that MySQL makes for itself lack what the strict check of newer Pythons asks for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = self.ssl_mode == "verify_identity"
        if self.ssl_mode in ("preferred", "required"):
            context.verify_mode = ssl.CERT_NONE
        return {"ssl": context}


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(
            f"The MySQL URL cannot be read. Write it as {_EXAMPLE}, special characters of the password as %XX, "
            "an IPv6 address in brackets."
        ) from None
    if parts.scheme != "mysql" or not url.startswith("mysql://") or parts.fragment:
        raise UsageError(f"That is no MySQL URL. Write it as {_EXAMPLE}, special characters of the password as %XX.")
    return parts, port


def _decode(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise UsageError("A %XX in the MySQL URL is no UTF-8. Encode the characters of the URL as UTF-8.") from None


_OPTIONS = ("unix_socket", "ssl_ca", "ssl_cert", "ssl_key", "ssl_mode", "connect_timeout")


def _read_options(query: str) -> dict[str, str]:
    # A plus sign is a plus sign: these are paths, not a form.
    pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    unknown = sorted({key for key, _ in pairs} - set(_OPTIONS))
    if unknown:
        # Of a password with a bare question mark in it, a part would come out here: name what looks like an option.
        named = next((f" `{key}`" for key in unknown if re.fullmatch(r"[a-z][a-z_-]{1,30}", key)), "")
        raise UsageError(f"A MySQL URL has no option{named}. It knows {', '.join(_OPTIONS)}.")
    return {key: value for key, value in pairs if value}


def _read_mode(options: dict[str, str]) -> str:
    # As MySQL's clients do: who names an authority wants it checked.
    mode = options.get("ssl_mode", "verify_ca" if "ssl_ca" in options else "preferred").lower()
    if mode not in _MODES:
        raise UsageError(f"`ssl_mode` in the MySQL URL is one of {', '.join(_MODES)}.")
    return mode


def _read_timeout(options: dict[str, str]) -> int:
    text = options.get("connect_timeout", str(_PATIENCE))
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 3600):
        raise UsageError("`connect_timeout` in the MySQL URL is a whole number of seconds from 1 to 3600.")
    return int(text)


_PASSWORD = "does not accept the user or the password. Check both; special characters stand as %XX in a URL"  # noqa: S105
_DATABASE = "has no database of that name, or not for this user. Create it, or correct the name"
_ADDRESS = "cannot be reached. Check that it runs, its host, its port and the network"
_FULL = "takes no more connections now. Try again later"
_ENCRYPTION = "and this side cannot agree on an encrypted connection. Check the certificates and the mode of TLS"

# What libpq says has no code: it is told apart by words, the special ones first.
_WORDS = (
    (r"database .* does not exist|permission denied for database", _DATABASE),
    (r"password|authentication|pg_hba|role .* does not exist", _PASSWORD),
    (r"too many (clients|connections)|remaining connection slots", _FULL),
    (r"SSL|certificate", _ENCRYPTION),
    (r"translate host|Name or service|resolve|refused|No such file|unreachable|invalid (integer|port)", _ADDRESS),
    (r"time(d )?out|closed the connection|starting up|shutting down|recovery mode|not (yet )?accepting", _ADDRESS),
)
_CODES = {
    1040: _FULL, 1044: _DATABASE, 1045: _PASSWORD, 1049: _DATABASE, 1053: _ADDRESS, 1129: _ADDRESS, 1130: _PASSWORD,
    1203: _FULL, 1226: _FULL, 1698: _PASSWORD, 2002: _ADDRESS, 2003: _ADDRESS, 2006: _ADDRESS, 2013: _ADDRESS,
    2026: _ENCRYPTION,
}  # fmt: skip


def postgresql_unreached(error: Exception) -> SourceError:
    """Say why psycopg could not connect, without a word of libpq's: those name host, user and database."""
    if isinstance(error, UnicodeError):
        return _unreached("PostgreSQL", _ADDRESS)  # no name of a host
    said = re.sub(r"""(["']).*?\1""", "''", " ".join(str(error).split()))  # a name in it could be any word
    return _unreached("PostgreSQL", next((why for words, why in _WORDS if re.search(words, said)), None))


def mysql_unreached(error: Exception) -> SourceError:
    """Say why PyMySQL could not connect."""
    if isinstance(error, UnicodeError):
        return _unreached("MySQL", _ADDRESS)  # no name of a host
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = re.sub(r"server on '.*?' ", "", str(error))  # a host's name could be any word
    encryption = re.search("SSL|certificate|insecure transport", said)
    return _unreached("MySQL", _ENCRYPTION if encryption else _CODES.get(code))


def _unreached(kind: str, why: str | None) -> SourceError:
    return SourceError(f"The {kind} server {why or 'does not let us in. Its own log says why'}.")
