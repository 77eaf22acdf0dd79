"""A line to a server that another thread can cut: connections of requests whose sockets are watched."""

from __future__ import annotations

import hashlib
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from fa_stats.outbox.receipts import Tls


class Line:
    """The sockets of one attempt, which another thread can cut."""

    def __init__(self) -> None:
        self.up = False  # whether bytes of the request may have left
        self.tls: Tls | None = None
        self._sockets: list[socket.socket] = []
        self._cut = False
        self._lock = threading.Lock()

    def add(self, line: socket.socket) -> socket.socket:
        """Watch a socket; one that comes too late is closed."""
        with self._lock:
            if self._cut:
                line.close()
                raise TimeoutError
            self._sockets.append(line.dup())
        return line

    def cut(self) -> None:
        """End it all: whoever reads or writes is thrown out at once."""
        with self._lock:
            self._cut = True
            for line in self._sockets:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
                line.close()
            self._sockets.clear()


class _Plain(HTTPConnection):
    """A connection whose socket is watched."""

    def __init__(self, *arguments: Any, line: Line, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.add(super()._new_conn())

    def connect(self) -> None:
        """Connect, and say that from here on bytes may leave."""
        super().connect()
        self._line.up = True


class _Secure(HTTPSConnection):
    """The same with TLS."""

    def __init__(self, *arguments: Any, line: Line, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.add(super()._new_conn())

    def connect(self) -> None:
        """Connect, and say that from here on bytes may leave."""
        super().connect()
        self._line.tls = _seen(self.sock)
        self._line.up = True


class Adapter(HTTPAdapter):
    """Opens connections whose sockets are watched."""

    def __init__(self, line: Line) -> None:
        super().__init__(max_retries=0)
        self._line = line

    def get_connection_with_tls_context(self, *arguments: Any, **more: Any) -> Any:
        """Return a pool whose connections are watched."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **more)
        kind: Any = _Secure if pool.scheme == "https" else _Plain
        pool.ConnectionCls = partial(kind, line=self._line)  # it is only ever called
        return pool


def _seen(line: Any) -> Tls:
    """Say what TLS came to."""
    peer, cipher = line.getpeercert() or {}, line.cipher()
    return Tls(
        version=line.version() or "",
        cipher=cipher[0] if cipher else "",
        peer_sha256=hashlib.sha256(line.getpeercert(True) or b"").hexdigest(),
        subject=_named(peer.get("subject", ())),
        issuer=_named(peer.get("issuer", ())),
    )


def _named(name: Any) -> str:
    return ", ".join(f"{key}={value}" for part in name for key, value in part)
