"""A real receiver: HTTP or HTTPS on this machine, which dedups by Idempotency-Key, and goes wrong as it is told."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# What leaves nobody in doubt, what leaves the sender in doubt, and what is final.
CLEAR = ("later", "busy", "broken", "same place")
DOUBTFUL = ("cut after", "cut before", "half", "rubbish", "short", "cut head", "long", "garbled")
HANGING = ("hang before", "hang after", "drip head", "drip body")
FINAL = ("too large", "unknown", "elsewhere", "away", "loop")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_POST(self) -> None:
        mine = self.server.receiver
        mode = mine.next(self.path)
        mine.requests.append((self.path, dict(self.headers.items()), mode))
        length = int(self.headers["Content-Length"])
        if mode in ("hang before", "cut before", "half"):
            self.rfile.read(length // 2 if mode == "half" else 0)
            if mode == "hang before":
                mine.over.wait(60)
            self._cut()
            return
        body = self.rfile.read(length)
        if mode in mine.answers:
            mine.answers[mode](self)
        elif mode in ("hang after", "cut after", "drip head", "drip body", "short", "long", "cut head", "open end"):
            mine.accept(self.headers, body)
            self._spoil(mode)
        else:
            new = mine.accept(self.headers, body)
            if mine.meanwhile:
                mine.meanwhile()
            self.answer(202 if new else 409, b'{"accepted": true}' if new else b'{"error": "other bytes"}')

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _spoil(self, mode: str) -> None:
        """Accept it, and have the answer go wrong."""
        if mode == "hang after":
            self.server.receiver.over.wait(60)
        elif mode == "drip head":
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        elif mode == "drip body":
            self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n ")
        elif mode == "cut head":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Sl")
        elif mode == "open end":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n{}")
        elif mode == "short":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}")
        elif mode == "long":
            with suppress(OSError):
                self.answer(200, json.dumps("x" * 100_000).encode())
        self._cut()

    def _drip(self, start: bytes) -> None:
        with suppress(OSError):
            self.wfile.write(start)
            while not self.server.receiver.over.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Lines that break are what this is for."""


class Receiver:
    """What it accepted, by Idempotency-Key, and every request; `plan` is how the next requests go."""

    def __init__(self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.accepted: dict[str, bytes] = {}
        self.repeats: Counter[str] = Counter()
        self.conflicts: list[str] = []
        self.requests: list[tuple[str, dict[str, str], str]] = []
        self.plan: deque[str] = deque()
        self.always: str | None = None
        self.meanwhile: Callable[[], None] | None = None  # what happens before it answers
        self.over = threading.Event()
        self.retry_after = "0"
        self.answers: dict[str, Callable[[_Handler], None]] = {
            "later": lambda each: each.answer(429, Retry_After=self.retry_after),
            "busy": lambda each: each.answer(503, Retry_After=format_datetime(self.date, usegmt=True)),
            "broken": lambda each: each.answer(500, b"<html>sorry</html>"),
            "rubbish": lambda each: each.answer(200, b"<html>Please log in</html>"),
            "garbled": lambda each: each.answer(200, b"\x1f\x8bnot gzip", Content_Encoding="gzip"),
            "empty": lambda each: each.answer(204),
            "too large": lambda each: each.answer(413),
            "unknown": lambda each: each.answer(401, b'{"token": "wrong"}'),
            "same place": lambda each: each.answer(307, Location="/second"),
            "moved": lambda each: each.answer(301, Location=f"{self.url}/second"),
            "elsewhere": lambda each: each.answer(307, Location="https://example.org/stats"),
            "away": lambda each: each.answer(302, Location="/second"),
            "loop": lambda each: each.answer(308, Location="/again"),
        }
        self.date = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self.port = int(self._server.server_address[1])
        if context:
            # The handshake is the handler's, so that a client that hangs in it blocks nobody else.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if context else 'http'}://{host}:{self.port}"
        self._lock = threading.Lock()

    def next(self, path: str) -> str:
        """How this request goes: as planned, `always`, else well."""
        with self._lock:
            if path == "/again":
                return "loop"
            return self.plan.popleft() if self.plan and path != "/second" else self.always or "well"

    def accept(self, headers: Any, body: bytes) -> bool:
        """Take a report, once for each key; a second one with other bytes is a conflict."""
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert headers["Content-Digest"] == f"sha-256=:{digest}:"
        assert headers["Content-Type"] == "application/json"
        key = headers["Idempotency-Key"]
        with self._lock:
            if key not in self.accepted:
                self.accepted[key] = body
                return True
            self.repeats[key] += 1
            if self.accepted[key] != body:
                self.conflicts.append(key)
            return self.accepted[key] == body

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class Proxy:
    """A proxy that knows CONNECT, and nothing else; `lines` is what it was asked for."""

    def __init__(self, status: str = "200 OK") -> None:
        self.lines: list[str] = []
        self.status = status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (block := near.recv(4096)):
                head += block
            self.lines += head.decode().split("\r\n")[:-2]
            near.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
            if not self.status.startswith("200"):
                return
            host, port = head.split()[1].decode().rsplit(":", 1)
            with socket.create_connection((host, int(port))) as far:
                there = threading.Thread(target=_pass, args=(near, far), daemon=True)
                there.start()
                _pass(far, near)
                there.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    for line in (source, target):
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


class Authority:
    """A private certificate authority, with its certificate in a file."""

    def __init__(self, folder: Path, name: str = "Private Authority") -> None:
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        made = self._built(self._subject, self._key, 30, [(x509.BasicConstraints(ca=True, path_length=0), True)])
        self.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, name: str, hosts: Iterable[str] = (), *, days: float = 20, password: bytes | None = None
    ) -> tuple[Path, Path]:
        """Make a certificate and its key, in two files."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts if not host[0].isdigit()]
        names += [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts if host[0].isdigit()]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.BasicConstraints(ca=False, path_length=None), True)]
        extensions += [(x509.SubjectAlternativeName(names), False)] if names else []
        made = self._built(subject, key, days, extensions)
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden))
        return paths

    def _built(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        days: float,
        extensions: Iterable[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        until = datetime.fromtimestamp(time.time(), UTC) + timedelta(days=days)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._subject)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(until - timedelta(days=60)).not_valid_after(until)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def serving(paths: tuple[Path, Path], clients_of: Authority | None = None) -> ssl.SSLContext:
    """The context of a server with this certificate, which demands one of its clients if it is told whose."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)
    if clients_of:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of.file)
    return context
