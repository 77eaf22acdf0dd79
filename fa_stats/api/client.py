"""The way to FusionAuth's HTTP API: one GET at a time, within limits; no word of an answer is ever repeated."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import requests
from requests.exceptions import RequestException
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, LocationValueError

from fa_stats import __version__
from fa_stats.api.address import Address
from fa_stats.api.shown import lacking, permission
from fa_stats.clock import Clock
from fa_stats.errors import QueryError, UsageError
from fa_stats.outbox.attempt import retry_after
from fa_stats.outbox.line import Adapter, Line, within
from fa_stats.settings import Api

_PIECE = 1 << 16
_MOST = 64_000_000  # bytes of one answer
_AGAIN = (429, 500, 502, 503, 504)
_RESTS = (0.5, 2.0)  # seconds before a second and a third attempt
_LONGEST_REST = 30.0  # that an instance may ask for


class NotShownError(Exception):
    """The instance does not show something to this key, or has no such call (`absent`); the message is a reason.

    `permission` is what the call needs.
    """

    def __init__(self, message: str, permission: str, *, absent: bool = False) -> None:
        super().__init__(message)
        self.permission, self.absent = permission, absent


class BadRequestError(QueryError):
    """The instance did not like the parameters of a call."""


class TooMuchError(QueryError):
    """One answer is more than can be taken at once: a smaller part of the list may do."""


@dataclass
class Client:
    """Asks one instance, and counts what that costs it; to make one raises UsageError where the key or `ca` is amiss.

    `made` is the number of calls, `received` that of the bytes, `waited` the microseconds in which it rested.
    """

    address: Address
    limits: Api
    ca: Path | None = None
    clock: Clock = field(default_factory=Clock)
    made: int = 0
    received: int = 0
    waited: int = 0
    _line: Line = field(default_factory=Line)
    _last: int | None = None
    _begun: int | None = None
    lost: QueryError | None = None  # how the instance got out of reach

    def __post_init__(self) -> None:
        if self.ca and not self.ca.is_file():
            raise UsageError("The file that `ca` under [api] in fa_stats.toml names is not there.")
        self._key = self.address.key()
        self._adapter = Adapter(self._line)

    def close(self) -> None:
        """Hang up."""
        self._line.cut()
        self._adapter.close()

    def get(self, path: str, parameters: Mapping[str, object] | None = None, *, text: bool = False) -> str:
        """Return the text of an answer, JSON unless `text` says otherwise.

        Raises NotShownError where the key or the version stand in the way, and QueryError for all else.
        """
        url = path + (("&" if "?" in path else "?") + urlencode(parameters) if parameters else "")
        for rest in _RESTS:
            self._hold_back(path)
            with suppress(_UnreachedError):
                status, content, asked = self._once(url)
                if status not in _AGAIN or (asked or 0) > min(_LONGEST_REST, self._left_seconds):
                    return _judged(status, content, path, text=text)
                rest = rest if asked is None else asked
            self._rest(rest)
        self._hold_back(path)
        try:
            status, content, _ = self._once(url)
        except _UnreachedError as error:
            found = QueryError(f"{permission(path)} failed: {error}", schema=True)
            if not error.reached:
                self.lost = found  # no other call would fare better
            raise found from None
        return _judged(status, content, path, text=text)

    def may_post(self, path: str) -> bool | None:
        """Whether the key may also use POST for a search, which reads as GET does; None where that cannot be told."""
        self._hold_back(path)
        try:
            status, *_ = self._once(path, json.dumps({"search": {"numberOfResults": 1}}))
        except (_UnreachedError, QueryError):
            return None
        return True if status in (200, 400) else False if status in (401, 403, 404, 405) else None

    @property
    def _left_seconds(self) -> float:
        begun = self.clock.microseconds() if self._begun is None else self._begun
        return self.limits.budget_seconds - (self.clock.microseconds() - begun) / 1_000_000

    def _hold_back(self, path: str) -> None:
        """Keep to the number, the rate and the time of calls; raises QueryError where that is used up."""
        limits, now = self.limits, self.clock.microseconds()
        self._begun = now if self._begun is None else self._begun
        if self.lost:
            raise self.lost
        if self.made >= limits.calls:
            raise _used_up(f"{limits.calls:,} calls that a run may make ([api] calls)", path)
        if self.received >= limits.megabytes * 1_000_000:
            raise _used_up(f"{limits.megabytes:,} MB that a run may take ([api] megabytes)", path)
        if now - self._begun > limits.budget_seconds * 1_000_000:
            raise _used_up(f"{limits.budget_seconds:g} s that its calls may take ([api] budget_seconds)", path)
        if self._last is not None:
            self._rest(1 / limits.calls_per_second - (now - self._last) / 1_000_000)
        self._last = self.clock.microseconds()

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            begun = self.clock.microseconds()
            self.clock.sleep(seconds)
            self.waited += self.clock.microseconds() - begun

    def _once(self, url: str, body: str | None = None) -> tuple[int, bytes, float | None]:
        """Make one attempt; return its status, its body, and the seconds that the instance asks to be left alone."""
        self.made += 1
        seconds = self.limits.call_seconds
        try:
            return within(seconds, self._line, lambda: self._exchange(url, body), keep=True)
        except (TimeoutError, requests.Timeout):
            self._start_anew()
            said = f"{permission(url)} was not answered in full within {seconds:g} s ([api] call_seconds)"
            raise QueryError(said, timed_out=True, schema=True) from None
        except QueryError:
            self._start_anew()
            raise
        except (RequestException, HTTPError, OSError) as error:
            reached, words = self._line.up, self._words(error)
            self._start_anew()
            if _worth_another(error):
                raise _UnreachedError(words, reached=reached) from None
            found = QueryError(f"{permission(url)} failed: {words}", schema=True)
            if not reached:
                self.lost = found  # no other call would fare better
            raise found from None

    def _words(self, error: Exception) -> str:
        said = _words(error, reached=self._line.up)
        if said == _CLOSED and self.address.base.startswith("http:"):
            return f"{said}; if it speaks TLS, the source's URL has to begin with https"
        return said

    def _start_anew(self) -> None:
        self._line = Line()
        self._adapter.close()
        self._adapter = Adapter(self._line)

    def _exchange(self, url: str, body: str | None) -> tuple[int, bytes, float | None]:
        headers = {
            "Authorization": self._key,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"fa_stats/{__version__}",
        }
        headers |= {"Content-Type": "application/json"} if body else {}
        method = "POST" if body else "GET"
        request = requests.Request(method, self.address.base + url, headers=headers, data=body).prepare()
        proxies = get_environ_proxies(self.address.base) if self.address.base.startswith("https:") else {}
        # Without a session there are no cookies, no .netrc, and no redirect is followed with the key in hand.
        seconds = self.limits.call_seconds + 5  # the limit for all of it comes first
        with self._adapter.send(
            request, stream=True, timeout=seconds, verify=str(self.ca) if self.ca else True, proxies=proxies
        ) as response:
            content = bytearray()
            for piece in response.iter_content(_PIECE):
                content += piece
                self.received += len(piece)
                if len(content) > _MOST:
                    raise TooMuchError(
                        f"{permission(url)} brought more than {_MOST // 1_000_000} MB in one answer",
                        over_budget=True,
                        schema=True,
                    )
            rest = retry_after(response.headers.get("Retry-After"), self.clock.now())
            return response.status_code, bytes(content), rest


_CUT = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
_NO_NAME = (requests.exceptions.InvalidURL, LocationValueError)


class _UnreachedError(Exception):
    """An attempt that got nowhere, or was broken off once it had `reached` the instance; the message says why."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached


def _worth_another(error: Exception) -> bool:
    """Whether the next attempt may fare better: a line broke or was never there, but not for a certificate or proxy."""
    never = (requests.exceptions.SSLError, requests.exceptions.ProxyError, *_NO_NAME)
    return isinstance(error, (requests.exceptions.ConnectionError, *_CUT, HTTPError)) and not isinstance(error, never)


def _used_up(what: str, path: str) -> QueryError:
    return QueryError(f"the {what} were used up before {permission(path)}", over_budget=True, schema=True)


def _judged(status: int, content: bytes, path: str, *, text: bool) -> str:
    """Return a good answer's text; raises NotShownError or QueryError for any other."""
    name = permission(path)
    if status == 200:
        try:
            found = content.decode("utf-8")
        except UnicodeDecodeError:
            raise QueryError(f"{name} was answered with something that is no UTF-8 text", schema=True) from None
        if text and found.lstrip()[:1] == "<":
            raise QueryError(f"{name} was answered with a page instead of text; {_BETWEEN}", schema=True)
        if not text and found.lstrip()[:1] != "{":
            raise QueryError(f"{name} was answered with {_shape(found)}; {_BETWEEN}", schema=True)
        return found
    if status in (401, 403):
        raise NotShownError(lacking(path), name)
    if status == 404:
        said = f"this version of FusionAuth has no {name} (or the source's URL leads elsewhere)"
        raise NotShownError(said, name, absent=True)
    if status == 400:
        if code := _general_code(content):
            raise NotShownError(f"FusionAuth refused {name} ({code}), as it does where a licence is missing", name)
        raise BadRequestError(f"FusionAuth refused {name} (400)", schema=True)
    if 300 <= status < 400:
        raise QueryError(f"{name} leads elsewhere ({status}), where the API key is not sent; {_BETWEEN}", schema=True)
    if status == 429:
        raise QueryError(f"{name} was refused for too many calls (429); see calls_per_second under [api]", schema=True)
    raise QueryError(f"{name} was answered with the status {status}", schema=True)


_BETWEEN = "a proxy or a login page may stand between, so check the source's URL"


def _shape(found: str) -> str:
    begin = found.lstrip()[:1]
    if begin == "<":
        return "a page instead of JSON"
    return "nothing" if not begin else "something that is no JSON object"


def _general_code(content: bytes) -> str | None:
    """Return the code of the first general error, where it is a plain word in brackets."""
    match = re.search(
        rb'"generalErrors"\s*:\s*\[\s*\{[^}]{0,2000}?"code"\s*:\s*"(\[[A-Za-z]{1,60}\])"', content[:10_000]
    )
    return match.group(1).decode() if match else None


_CLOSED = "the line was closed before an answer came"


def _words(error: Exception, *, reached: bool) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return "the certificate does not hold, or is of an authority unknown here (`ca` under [api] names your own)"
        return "no TLS could be agreed on; check the port in the source's URL, and the file that `ca` under [api] names"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names did not let it through"
    if isinstance(error, _NO_NAME):
        return "the name of the host, or of the proxy that the environment names, is not valid"
    if isinstance(error, (*_CUT, HTTPError)):
        return "the answer was cut short or is damaged"
    if reached:
        return _CLOSED
    return "the instance cannot be reached; check the source's URL, the network, a firewall"
