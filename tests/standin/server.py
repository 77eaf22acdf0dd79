"""The server: who may ask, what they get, and what was asked."""

from __future__ import annotations

import base64
import binascii
import gzip
import ssl
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb

from standin import faults, figures, lists, versions
from standin.asked import Asked, RefusedError, Request, invalid, number_of
from standin.faults import Answer, Fault
from standin.lists import Connection, Kind
from standin.objects import Object

KEY = "stand-in-key-7fQz"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json"
GAUGES = {"max": 10, "min": 10, "jvm_memory_heap_max": 536870912.0, "jvm_memory_heap_committed": 268435456.0}


class Standin:
    """A FusionAuth whose instance is in a file: `url` is where, `requests` what it was asked, `faults` what goes wrong.

    A key without permissions may do all; else they are the methods that it may use, by path. `tenant` is the tenant
    that the key is of. `version` is another one than the instance's. `amend` changes each object of a list before it
    is sent.
    """

    def __init__(
        self,
        database: Path,
        *,
        key: str = KEY,
        permissions: Mapping[str, Iterable[str]] | None = None,
        tenant: str | None = None,
        version: str | None = None,
        faults: Iterable[Fault] = (),
        context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        amend: Callable[[str, Object], None] | None = None,
    ) -> None:
        self.key, self.permissions, self.tenant, self.expired = key, permissions, tenant, False
        self.faults = list(faults)
        self.amend = amend
        self.pool = "HikariCP"  # which family of names the gauges have
        self.ends_inside = True  # whether the interval of a report's end is part of it, which is not documented
        self.hours_shifted = True  # whether its hours are those of the report's clock, which is not documented well
        self.requests: list[Request] = []
        self.counts: Counter[tuple[str, str]] = Counter()
        self.connections = 0
        self.errors: list[BaseException] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        # Attached, so that the same process may open the file with settings of its own.
        self._database = duckdb.connect(config={"threads": 1})
        self._database.execute(f"ATTACH '{database}' AS instance (READ_ONLY)")
        told = self._cursor().execute("SELECT version FROM version").fetchall()
        self.version = version or str(told[0][0])
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.standin = self
        if context:
            # The handshake is the handler's, so that a client that hangs in it blocks nobody else.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if context else 'http'}://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Standin:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._database.close()
        if self.errors:
            raise self.errors[0]

    def asked(self, path: str) -> list[Request]:
        """Return the requests at a path."""
        return [each for each in self.requests if each.path == path]

    def note(self, request: Request) -> str | None:
        """Remember a request, and tell what kind of fault it meets."""
        with self._lock:
            self.requests.append(request)
            self.counts[request.method, request.path] += 1
            number = sum(count for (_, path), count in self.counts.items() if path == request.path)
        return next((fault.kind for fault in self.faults if fault.hits(request.path, number)), None)

    def reply(self, request: Request, key: str | None, fault: str | None) -> Answer:
        """Answer a request."""
        if fault and fault in faults.INSTEAD:
            return faults.INSTEAD[fault]
        endpoint = request.path.removeprefix("/api/")
        if versions.parsed(self.version) < versions.ENDPOINTS.get(endpoint, (0,)):
            return Answer(404)
        if endpoint == "health":
            return Answer(200)
        if not self._allowed(request, key):
            return Answer(200 if endpoint == "status" else 401)
        try:
            with self._cursor() as connection:
                return self._answer(connection, endpoint, request, fault)
        except RefusedError as error:
            return error.answer

    def _cursor(self) -> Connection:
        cursor = self._database.cursor()
        cursor.execute("USE instance")
        return cursor

    def _allowed(self, request: Request, key: str | None) -> bool:
        if key != self.key or self.expired:
            return False
        return not self.permissions or request.method in self.permissions.get(request.path, ())

    def _answer(self, connection: Connection, endpoint: str, request: Request, fault: str | None) -> Answer:
        if endpoint == "prometheus/metrics":
            return Answer(200, figures.gauges(self.pool, GAUGES).encode(), type="text/plain; version=0.0.4")
        asked = Asked.of(request)
        if fault == faults.OVERLAP:
            asked = Asked(max(0, asked.start - 1), asked.number, asked.order, asked.expand)
        if endpoint.removesuffix("/search") in lists.SEARCHES and endpoint.endswith("/search"):
            found = self._search(connection, endpoint.removesuffix("/search"), request, asked)
        elif request.method != "GET":
            return Answer(405)
        elif endpoint in lists.LISTS:
            found = self._list(connection, endpoint, request)
        else:
            found = self._single(connection, endpoint, request)
        if fault and fault in faults.CHANGES:
            found = faults.CHANGES[fault](found, asked.start, asked.number)
        return Answer(200, lists.dumped(found))

    def _search(self, connection: Connection, endpoint: str, request: Request, asked: Asked) -> Object:
        kind = lists.SEARCHES[endpoint]
        order = lists.ordered(kind, asked.order or ("name ASC" if "name" in kind.columns else "insertInstant ASC"))
        if order is None:
            raise invalid("search.orderBy", "The search cannot be ordered so.")
        page, total = kind.page(connection, self._tenant(request), order, asked.start, asked.number)
        found: Object = {kind.answer: self._sent(kind, page), "total": total}
        if endpoint == "application":
            names = [name for name in ("roles", "scopes") if asked.expand is not None and name not in asked.expand]
            found[kind.answer] = [{k: v for k, v in each.items() if k not in names} for each in page]
            found["expandable"] = ["roles", "scopes"]
        return found

    def _list(self, connection: Connection, endpoint: str, request: Request) -> Object:
        kind = lists.LISTS[endpoint]
        where = ""
        if endpoint == "application":
            inactive = request.query.get("inactive", [""])[-1] == "true"
            where = "active IS NOT TRUE" if inactive else "active"
        return {kind.answer: self._sent(kind, kind.listed(connection, self._tenant(request), where))}

    def _sent(self, kind: Kind, found: list[Object]) -> list[Object]:
        for each in found:
            versions.aged(kind.answer, each, versions.parsed(self.version))
            if self.amend:
                self.amend(kind.answer, each)
        return found

    def _tenant(self, request: Request) -> str | None:
        named = request.headers.get("x-fusionauth-tenantid")
        if named is None:
            return self.tenant
        try:
            return self.tenant or str(uuid.UUID(named))
        except ValueError:
            raise invalid("tenantId", "The tenant is not known.") from None

    def _single(self, connection: Connection, endpoint: str, request: Request) -> Object:
        name = endpoint.removeprefix("report/")
        if endpoint.startswith("report/") and name in figures.REPORTS:
            start, end = (number_of(request.query, field) for field in ("start", "end"))
            application = request.query.get("applicationId", [None])[-1]
            return figures.report(
                connection, name, start, end, application, inside=self.ends_inside, shifted=self.hours_shifted
            )
        version = versions.parsed(self.version)
        if endpoint == "report/totals":
            left_out = version >= versions.EXCLUDES and "applicationTotals" in request.query.get("excludes", [])
            return figures.totals(connection, applications=not left_out)
        singles: Mapping[str, Callable[[], Object]] = {
            "reactor": lambda: figures.reactor(connection),
            "system-configuration": lambda: figures.system_configuration(connection),
            "integration": lambda: figures.integration(connection),
            "system/version": lambda: {"version": self.version},
            "status": lambda: {"version": self.version},
        }
        if endpoint not in singles:
            raise RefusedError(Answer(404))
        found = singles[endpoint]()
        for kind, each in found.items():
            if isinstance(each, dict):
                versions.aged(kind, each, version)
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go apart, and each answer would wait for the client's receipt
    server: _Server

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        standin, url = self.server.standin, urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        key = _key(headers.pop("authorization", None))
        body = self.rfile.read(int(headers.get("content-length", 0)))
        query = parse_qs(url.query, keep_blank_values=True)
        request = Request(self.command, url.path, query, headers, body)
        fault = standin.note(request)
        with suppress(OSError):
            if fault in ("hang", "drip", "drip head", "cut", "huge"):
                self._spoil(fault)
            else:
                self._send(standin.reply(request, key, fault), fault)

    def _send(self, answer: Answer, fault: str | None) -> None:
        body, kind, headers = answer.body, answer.type, dict(answer.headers or {})
        if fault in ("gzip", "not gzip"):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body) if fault == "gzip" else body
        elif fault == "charset":
            kind = "application/json;charset=ISO-8859-1"
        elif fault == "utf-16":
            body, kind = body.decode().encode("utf-16"), "application/json;charset=UTF-16"
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) * 2 if fault == "short" else len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection |= fault == "short"

    def _spoil(self, fault: str) -> None:
        over = self.server.standin.over
        self.close_connection = True
        if fault == "hang":
            over.wait()
        elif fault == "huge":
            self.wfile.write(
                b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4294967296\r\n\r\n{"'
            )
            block = b"x" * 1_048_576
            for _ in range(4095):
                self.wfile.write(block)
        elif fault.startswith("drip"):
            length = b"" if fault == "drip head" else b"\r\nContent-Length: 99999\r\n\r\n{"
            self.wfile.write(_HEAD + length)
            while not over.wait(0.05):
                self.wfile.write(b" ")
                self.wfile.flush()


def _key(told: str | None) -> str | None:
    """Return the key, which comes plain or as the password of the user `apikey`."""
    if told and told.startswith("Basic "):
        with suppress(binascii.Error, UnicodeDecodeError):
            user, _, password = base64.b64decode(told[6:]).decode().partition(":")
            return password if user == "apikey" else None
    return told


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    standin: Standin

    def get_request(self) -> tuple[Any, Any]:
        found = super().get_request()
        self.standin.connections += 1
        return found

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error and not isinstance(error, OSError):  # lines that break are what this is for
            self.standin.errors.append(error)
