"""A real HTTP server for documents: it answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Handler = BaseHTTPRequestHandler


def plain(content: bytes = b"", status: int = 200, **headers: Any) -> Callable[[Handler], None]:
    """Answer with a document."""

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@dataclass
class Host:
    """A server that answers as it is told, and remembers what it was asked."""

    port: int
    scheme: str = "http"
    answer: Callable[[Handler], None] = field(default_factory=plain)
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/policy.json"


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Host]:
    """Serve on a port of its own, with TLS if there is a context for it."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append({name.lower(): value for name, value in self.headers.items()})
            found.paths.append(self.path)
            try:
                found.answer(self)
            except OSError:  # the other side hung up
                self.close_connection = True

        def do_CONNECT(self) -> None:
            found.paths.append(self.path)
            self.send_error(403)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        found = Host(server.server_address[1], "https" if context else "http")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()
