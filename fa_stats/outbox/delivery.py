"""Delivery: posts given bytes to a receiver, within a hard limit of time, and says what came of it."""

from __future__ import annotations

import base64
import hashlib
import os
import random as randomness
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies

from fa_stats import __version__
from fa_stats.clock import Clock
from fa_stats.errors import SettingsError
from fa_stats.outbox import attempt
from fa_stats.outbox.attempt import Outcome, Result
from fa_stats.outbox.line import Adapter, Line, same_place, within
from fa_stats.outbox.receipts import Attempt, Tls, stamp
from fa_stats.settings import Settings

_ANSWER_BYTES = 64 * 1024
_REDIRECTS = 3
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = {"content-type", "idempotency-key", "user-agent", "content-digest", "content-length", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a payload goes, and how: `headers` may hold secrets, so it is in no message and no `repr`."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    verify: str | bool
    certificate: tuple[str, str] | None
    attempt_seconds: float

    @property
    def host(self) -> str:
        """The name of the receiver's host."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a round of attempts came to: the last one's result, and the time before which there is to be no other."""

    result: Result
    attempts: tuple[Attempt, ...]
    tls: Tls | None
    finished: datetime
    seconds: float  # the attempts and the pauses between them
    not_before: datetime | None = None


def receiver(settings: Settings, url: str) -> Receiver:
    """Return the receiver of [sending] at a URL, with the secrets from the environment. Raises SettingsError."""
    sending = settings.sending
    headers = {}
    for name, variable in sending.headers.items():
        where = f"{variable}, which `headers` in [sending] names for {name},"
        value = os.environ.get(variable)
        if not value:
            raise SettingsError(f"The environment variable {where} is not set. Set it and send again.")
        if not all(" " <= each <= "~" for each in value):
            raise SettingsError(f"The environment variable {where} holds something else than plain characters.")
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS or name.lower() == "host":
            raise SettingsError(f"`headers` in [sending] cannot set {name}: no such name can be used.")
        headers[name] = value
    ca, certificate, key = (settings.path(each) for each in (sending.ca, sending.certificate, sending.key))
    _check_certificates(ca, certificate, key)
    return Receiver(
        url=url,
        headers=headers,
        verify=str(ca) if ca else True,
        certificate=(str(certificate), str(key)) if certificate else None,
        attempt_seconds=sending.attempt_seconds,
    )


def _check_certificates(ca: Path | None, certificate: Path | None, key: Path | None) -> None:
    """Raise SettingsError for files that cannot be used, before anything is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca:
            context.load_verify_locations(ca)
    except OSError:
        raise SettingsError(f"{ca}, `ca` in [sending], cannot be read as certificates in PEM.") from None
    try:
        if certificate:
            context.load_cert_chain(certificate, key, password=lambda: "")  # it would ask a person otherwise
    except OSError:
        said = "`certificate` and `key` in [sending], cannot be read as a certificate in PEM and its key without a"
        raise SettingsError(f"{certificate} and {key}, {said} password.") from None


def deliver(
    to: Receiver,
    content: bytes,
    key: str,
    budget: float,
    clock: Clock,
    random: randomness.Random,
    say: Callable[[str], None],
) -> Delivery:
    """Post bytes under an idempotency key until the receiver has taken or refused them, or the budget is used up."""
    attempts: list[Attempt] = []
    spent = 0.0
    while True:
        at, begun = clock.now(), clock.microseconds()
        result, tls = _post(to, content, key, min(to.attempt_seconds, budget - spent), at)
        took = (clock.microseconds() - begun) / 1_000_000
        spent += took
        attempts.append(Attempt(stamp(at), round(took, 3), result.outcome))
        wait = attempt.pause(result, len(attempts), budget - spent, random)
        if wait is None:
            break
        say(f"{result.reason} Once more in {wait:.0f} s.")
        spent += wait
        clock.sleep(wait)
    finished = clock.now()
    asked = result.retry_after if result.outcome is Outcome.LATER else None
    not_before = None if asked is None else finished + timedelta(seconds=asked)
    return Delivery(result, tuple(attempts), tls, finished, spent, not_before)


def _post(to: Receiver, content: bytes, key: str, seconds: float, now: datetime) -> tuple[Result, Tls | None]:
    """Make one attempt; the limit holds whatever the name service or the peer does."""
    line = Line()
    try:
        return within(seconds, line, lambda: _exchange(to, content, key, seconds, line, now)), line.tls
    except (OSError, urllib3.exceptions.HTTPError) as error:
        return _failed(error, up=line.up, seconds=seconds), line.tls


def _failed(error: Exception, *, up: bool, seconds: float) -> Result:
    """Put a line that failed in words; those of the error itself may hold an address."""
    if refusal := _of_tls(error, up=up):
        return Result(Outcome.UNTRUSTED, refusal)
    if isinstance(error, requests.exceptions.ProxyError):
        return Result(Outcome.UNREACHED, "The proxy did not let it through: see HTTPS_PROXY and NO_PROXY.")
    if not up:
        said = "The receiver could not be reached: see its name in [sending], the network, the proxy, a firewall."
        return Result(Outcome.UNREACHED, said)
    if isinstance(error, TimeoutError | requests.exceptions.Timeout):
        return Result(Outcome.UNCLEAR, f"The receiver gave no whole answer within {seconds:.3g} s.")
    return Result(Outcome.UNCLEAR, "The line broke before the receiver's answer.")


def _of_tls(error: BaseException | None, *, up: bool) -> str | None:
    """Say what failed in TLS, if that is what failed, however deep the libraries have wrapped it.

    Once the line is up, only what a receiver says of our own certificate is sure to come before it took anything.
    """
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        if isinstance(error, ssl.SSLCertVerificationError):
            said = f"The receiver's certificate does not hold ({error.verify_message.rstrip('.')}): nothing was sent."
            return f"{said} Set `ca` in [sending] if it is a private authority's; else ask who runs the receiver."
        alert = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
        if "ALERT" in alert and (not up or "CERT" in alert or "UNKNOWN_CA" in alert):
            said = "The receiver broke off the secure connection"
            return f"{said} ({alert}). If it asks for a certificate, see `certificate` and `key` in [sending]."
        inner = [each for each in error.args if isinstance(each, BaseException)]
        reason = getattr(error, "reason", None)
        error = reason if isinstance(reason, BaseException) else next(iter(inner), error.__cause__ or error.__context__)
    return None


def _exchange(to: Receiver, content: bytes, key: str, seconds: float, line: Line, now: datetime) -> Result:
    """Send the request and read the answer; a redirect to the same place is followed with the same bytes."""
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    headers = {
        **to.headers,
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "User-Agent": f"fa_stats/{__version__}",
        "Content-Digest": f"sha-256=:{digest}:",
    }
    url = to.url
    proxies = get_environ_proxies(url) if url.startswith("https:") else {}  # what is not encrypted goes to nobody else
    adapter = Adapter(line)
    try:
        for _ in range(_REDIRECTS + 1):
            request = requests.Request("POST", url, headers=headers, data=content).prepare()
            # Without a session, there are no cookies, and nothing is read from a .netrc.
            with adapter.send(
                request, stream=True, timeout=seconds, verify=to.verify, cert=to.certificate, proxies=proxies
            ) as response:
                answer, whole = _body(response)
            status = response.status_code
            if not 300 <= status < 400:
                return attempt.judge(status, response.headers, answer, whole=whole, now=now)
            following = same_place(url, response.headers.get("Location", ""))
            if status not in (301, 307, 308) or not following:
                said = f"The receiver's answer ({status}) leads elsewhere, and what is sent is sent to nobody else."
                return Result(Outcome.REFUSED, f"{said} See the receiver's URL in [sending].", status, answer)
            url = following
        said = f"The receiver's answers ({status}) lead from one to the next without an end."
        return Result(Outcome.REFUSED, said, status, answer)
    finally:
        adapter.close()


def _body(response: requests.Response) -> tuple[bytes, bool]:
    """Read the answer's bytes as they came, up to the limit; the second says whether that was all of it."""
    parts: list[bytes] = []
    size = 0
    # An answer that does not say where it ends, and has nothing in it, may have been cut off within its headers.
    ending = "Content-Length" in response.headers or response.raw.chunked or response.status_code in (204, 205)
    try:
        while size <= _ANSWER_BYTES and (part := response.raw.read(8192, decode_content=False)):
            parts.append(part)
            size += len(part)
    except (OSError, urllib3.exceptions.HTTPError):
        return b"".join(parts)[:_ANSWER_BYTES], False
    return b"".join(parts)[:_ANSWER_BYTES], size <= _ANSWER_BYTES and bool(ending or parts)
