"""A line to a server that another thread can cut: connections of requests whose sockets are watched."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from fa_stats.outbox.receipts import Tls

T = TypeVar("T")
_GRACE = 0.5  # seconds in which a line that was cut is noticed


class Line:
    """The sockets of one attempt, which another thread can cut."""

    def __init__(self) -> None:
        self.up = False  # whether bytes of the request may have left
        self.tls: Tls | None = None
        self._sockets: list[socket.socket] = []
        self._cut = False
        self._lock = threading.Lock()

    def add(self, line: socket.socket) -> socket.socket:
        """Watch a socket in place of the one before, which is done with; one that comes too late is closed."""
        with self._lock:
            if self._cut:
                line.close()
                raise TimeoutError
            for before in self._sockets:
                before.close()
            self._sockets = [line.dup()]
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


def within(seconds: float, line: Line, work: Callable[[], T], *, keep: bool = False) -> T:
    """Do work over a line, and cut that once it is done or the time is over; raises TimeoutError, and what it raises.

    It has a thread of its own: a limit for each byte would let a peer drip, and a name service knows no limit at all.
    Where a line is to be kept for more, it is cut only if that failed.
    """
    done: Future[T] = Future()

    def call() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    try:
        return done.result(seconds)
    finally:
        if not (keep and done.done() and done.exception() is None):
            line.cut()  # from here on, it can send nothing more
        thread.join(_GRACE)


def same_place(url: str, location: str) -> str | None:
    """Return where a redirect leads, if that is the same scheme, host and port; None elsewhere."""
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
        return target if location and same and "@" not in there.netloc else None
    except ValueError:
        return None


class _Watched(HTTPConnection):
    """A connection whose socket is watched."""

    def __init__(self, *arguments: Any, line: Line, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.add(super()._new_conn())

    def connect(self) -> None:
        """Connect, and say that from here on bytes may leave."""
        super().connect()
        if isinstance(self.sock, ssl.SSLSocket):
            self._line.tls = _seen(self.sock)
        self._line.up = True


class _WatchedSecure(_Watched, HTTPSConnection):
    """The same with TLS."""


class Adapter(HTTPAdapter):
    """Opens connections whose sockets are watched."""

    def __init__(self, line: Line) -> None:
        super().__init__(max_retries=0)
        self._line = line

    def get_connection_with_tls_context(self, *arguments: Any, **more: Any) -> Any:
        """Return a pool whose connections are watched."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **more)
        kind: Any = _WatchedSecure if pool.scheme == "https" else _Watched
        pool.ConnectionCls = partial(kind, line=self._line)  # it is only ever called
        return pool


def _seen(line: ssl.SSLSocket) -> Tls:
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
