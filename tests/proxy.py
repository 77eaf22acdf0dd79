"""A line to a server that breaks where a test wants it to."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

import servers


class Proxy:
    """Passes connections on to a server, and breaks the first one after so many bytes of answers; or every one."""

    def __init__(
        self, server: servers.Server, *, breaks: int | None = None, silently: bool = False, ever: bool = False
    ) -> None:
        self.server, self.breaks, self.silently, self.ever = server, breaks, silently, ever
        self.connections = self.passed = 0
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> Proxy:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for line in [self._listener, *self._lines]:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        for thread in self._threads:
            thread.join()

    def url(self, url: str) -> str:
        """The URL of the same database, by this line."""
        return url.replace(f":{self.server.port}/", f":{self._listener.getsockname()[1]}/")

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection((self.server.host, self.server.port))
                self._lines += [near, far]
                self.connections += 1
                left = self.breaks if self.connections == 1 or self.ever else None
                self._start(self._pass, near, far, None)
                self._start(self._pass, far, near, left)

    def _pass(self, source: socket.socket, target: socket.socket, left: int | None) -> None:
        with suppress(OSError):
            while block := source.recv(65536):
                if source.getpeername()[1] == self.server.port:
                    self.passed += len(block)
                if left is not None and len(block) >= left:
                    target.sendall(block[:left])
                    if self.silently:
                        return  # the line stays, and nothing comes any more
                    break
                left = None if left is None else left - len(block)
                target.sendall(block)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
