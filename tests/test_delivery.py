"""Delivery to a real receiver that hangs, drips, lies, sends elsewhere, or cannot be trusted."""

from __future__ import annotations

import base64
import hashlib
import random
import socket
import ssl
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from outgoing import CLOCK, given, silent
from receiver import Authority, Proxy, Receiver, serving

from fa_stats import __version__
from fa_stats.errors import SettingsError
from fa_stats.outbox import delivery
from fa_stats.outbox.attempt import Outcome
from fa_stats.outbox.delivery import Delivery
from fa_stats.settings import Settings

CONTENT = b'{"stats":{"tenantNumber":3}}'
KEY = "889a177e-e3d3-5ecb-806f-5dd5b3e43307"
SECRET = "Bearer kV5-very-secret"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def deliver(url: str, tmp_path: Path, *, budget: float = 20, **sending: Any) -> Delivery:
    settings = given(tmp_path / "project", url, **sending)
    to = delivery.receiver(settings, f"{url}/stats")
    return delivery.deliver(to, CONTENT, KEY, budget, CLOCK, random.Random(1), silent)


def test_the_bytes_arrive_with_key_and_digest_and_nothing_that_was_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("TOKEN", SECRET)
    with Receiver() as receiver:
        done = deliver(receiver.url, tmp_path, headers={"X-Token": "TOKEN"})
    assert (done.result.outcome, done.result.status, done.tls) == (Outcome.ACCEPTED, 202, None)
    assert receiver.accepted == {KEY: CONTENT}
    [(path, headers, _)] = receiver.requests
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(CONTENT).digest()).decode() + ":"
    assert path == "/stats"
    assert headers == {
        "Host": receiver.url.removeprefix("http://"),
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Content-Length": str(len(CONTENT)),
        "Idempotency-Key": KEY,
        "User-Agent": f"fa_stats/{__version__}",
        "Content-Digest": digest,
        "X-Token": SECRET,
    }


@pytest.mark.parametrize("mode", ["later", "busy", "broken", "cut before", "cut after", "half", "rubbish", "short",
                                  "long", "garbled", "cut head"])  # fmt: skip
def test_what_is_not_taken_or_not_clear_is_sent_again_with_the_same_key_and_bytes(mode: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.plan.append(mode)
        receiver.date = CLOCK.now() + timedelta(seconds=3)
        done = deliver(receiver.url, tmp_path)
    outcome = "later" if mode in ("later", "busy", "broken") else "unclear"
    assert [each.outcome for each in done.attempts] == [outcome, "accepted"]
    assert receiver.accepted == {KEY: CONTENT}
    assert not receiver.conflicts
    assert {headers["Idempotency-Key"] for _, headers, _ in receiver.requests} == {KEY}


@pytest.mark.parametrize("mode", ["too large", "unknown", "elsewhere", "away", "loop"])
def test_a_refusal_and_a_way_to_somebody_else_are_final(mode: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.plan.append(mode)
        done = deliver(receiver.url, tmp_path)
    assert [each.outcome for each in done.attempts] == ["refused"]
    assert len(receiver.requests) == (4 if mode == "loop" else 1)
    assert not receiver.accepted
    assert not done.not_before


@pytest.mark.parametrize("mode", ["same place", "moved"])
def test_a_redirect_to_the_same_place_is_followed_with_the_same_bytes(mode: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.plan.append(mode)
        done = deliver(receiver.url, tmp_path)
    assert [path for path, _, _ in receiver.requests] == ["/stats", "/second"]
    assert [each.outcome for each in done.attempts] == ["accepted"]
    assert receiver.accepted == {KEY: CONTENT}


@pytest.mark.parametrize(
    "location",
    ["https://127.0.0.1:{port}/second", "//127.0.0.1:{other}/second", "http://localhost:{port}/second",
     "http://ada:pw@127.0.0.1:{port}/second", "http://[::1/second", ""],
)  # fmt: skip
def test_another_scheme_host_port_or_user_is_another_place(location: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        there = location.format(port=receiver.port, other=receiver.port + 1)
        receiver.answers["same place"] = lambda each: each.answer(307, Location=there)
        receiver.plan.append("same place")
        done = deliver(receiver.url, tmp_path)
    assert done.result.outcome is Outcome.REFUSED
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("mode", ["hang before", "hang after", "drip head", "drip body"])
def test_an_attempt_ends_in_time_whatever_the_receiver_does(mode: str, tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.always = mode
        begun = time.monotonic()
        done = deliver(receiver.url, tmp_path, attempt_seconds=0.4, budget=0.5)
        assert 0.3 < time.monotonic() - begun < 1.2
    assert [each.outcome for each in done.attempts] == ["unclear"]
    assert "within 0.4 s" in done.result.reason


def test_an_answer_that_ends_with_the_line_is_taken_where_there_is_something_in_it(tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.plan.append("open end")
        assert [each.outcome for each in deliver(receiver.url, tmp_path).attempts] == ["accepted"]


def test_a_handshake_that_hangs_ends_in_time_and_nothing_was_sent(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silence:
        begun = time.monotonic()
        url = f"https://127.0.0.1:{silence.getsockname()[1]}"
        done = deliver(url, tmp_path, attempt_seconds=0.4, budget=0.5)
        assert time.monotonic() - begun < 1.2
    assert [each.outcome for each in done.attempts] == ["not reached"]


def test_a_name_service_that_hangs_ends_in_time_and_nothing_is_sent_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def slow(*arguments: Any, **more: Any) -> Any:
        time.sleep(1.2)
        return real(*arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with Receiver() as receiver:
        begun = time.monotonic()
        done = deliver(receiver.url, tmp_path, attempt_seconds=0.2, budget=0.3)
        assert time.monotonic() - begun < 1.1
        time.sleep(0.8)
    assert [each.outcome for each in done.attempts] == ["not reached"]
    assert not receiver.requests


def test_a_receiver_that_is_not_there_is_tried_again_until_the_budget_is_used_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = deliver(f"http://127.0.0.1:{port}", tmp_path, budget=60)
    assert {each.outcome for each in done.attempts} == {"not reached"}
    assert 4 <= len(done.attempts) <= 40
    assert 29 <= done.seconds <= 60


def test_a_receiver_that_asks_for_more_than_the_budget_is_left_alone_until_then(tmp_path: Path) -> None:
    with Receiver() as receiver:
        receiver.plan.append("later")
        receiver.retry_after = "600"
        done = deliver(receiver.url, tmp_path, budget=120)
    assert [each.outcome for each in done.attempts] == ["later"]
    assert done.not_before == CLOCK.now() + timedelta(seconds=600)


def secure(tmp_path: Path, authority: Authority, **more: Any) -> Receiver:
    paths = authority.issue("receiver", ["localhost"], **more)
    return Receiver(serving(paths), host="localhost")


def test_a_private_authority_is_trusted_where_it_is_named_and_the_line_is_told_of(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with secure(tmp_path, authority) as receiver:
        done = deliver(receiver.url, tmp_path, ca=authority.file)
        certificate = ssl.PEM_cert_to_DER_cert((tmp_path / "receiver.pem").read_text())
    assert done.result.outcome is Outcome.ACCEPTED
    assert done.tls
    assert done.tls.version == "TLSv1.3"
    assert done.tls.peer_sha256 == hashlib.sha256(certificate).hexdigest()
    assert (done.tls.subject, done.tls.issuer) == ("commonName=receiver", "commonName=Private Authority")


@pytest.mark.parametrize("fault", ["unknown", "expired", "other host", "other authority"])
def test_a_receiver_that_cannot_be_trusted_gets_no_byte(fault: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    paths = authority.issue(
        "receiver", ["example.org" if fault == "other host" else "localhost"], days=-1 if fault == "expired" else 9
    )
    named = {"unknown": None, "other authority": Authority(tmp_path, "Other").file}.get(fault, authority.file)
    with Receiver(serving(paths), host="localhost") as receiver:
        done = deliver(receiver.url, tmp_path, ca=named)
    assert [each.outcome for each in done.attempts] == ["not trusted"]
    assert "certificate does not hold" in done.result.reason
    assert "`ca` in [sending]" in done.result.reason
    assert not receiver.requests


def test_a_certificate_of_ours_is_shown_to_a_receiver_that_demands_one(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("sender")
    context = serving(authority.issue("receiver", ["localhost"]), clients_of=authority)
    with Receiver(context, host="localhost") as receiver:
        without = deliver(receiver.url, tmp_path, ca=authority.file, budget=1)
        shown = deliver(receiver.url, tmp_path, ca=authority.file, certificate=certificate, key=key)
    assert without.result.outcome in (Outcome.UNTRUSTED, Outcome.UNCLEAR)
    assert shown.result.outcome is Outcome.ACCEPTED
    assert len(receiver.requests) == 1


def test_a_proxy_of_the_environment_passes_on_what_it_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("TOKEN", SECRET)
    with secure(tmp_path, authority) as receiver, Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//ada:pw@"))
        done = deliver(receiver.url, tmp_path, ca=authority.file, headers={"Authorization": "TOKEN"})
        assert done.result.outcome is Outcome.ACCEPTED
        assert proxy.lines[0].startswith(f"CONNECT localhost:{receiver.port} ")
        assert any(line.startswith("Proxy-Authorization: Basic") for line in proxy.lines)
        assert SECRET not in str(proxy.lines)
        before = len(proxy.lines)
        monkeypatch.setenv("NO_PROXY", "localhost")
        assert deliver(receiver.url, tmp_path, ca=authority.file).result.outcome is Outcome.ACCEPTED
        assert len(proxy.lines) == before
    assert {headers.get("Proxy-Authorization") for _, headers, _ in receiver.requests} == {None}
    assert receiver.requests[0][1]["Authorization"] == SECRET


def test_a_proxy_that_lets_nothing_through_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy("403 Forbidden") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        done = deliver("https://localhost:9", tmp_path, budget=1)
    assert done.result.outcome is Outcome.UNREACHED
    assert "proxy" in done.result.reason


def test_what_is_not_encrypted_goes_through_no_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver, Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert deliver(receiver.url, tmp_path).result.outcome is Outcome.ACCEPTED
        assert not proxy.lines


receiver_of = partial(delivery.receiver, url="https://localhost/stats")


def refused(settings: Settings) -> str:
    with pytest.raises(SettingsError) as raised:
        receiver_of(settings)
    return str(raised.value)


def test_a_secret_that_is_missing_or_cannot_be_sent_is_named_by_its_variable_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = given(tmp_path, "https://localhost", headers={"Authorization": "SENDING_TOKEN"})
    assert "SENDING_TOKEN" in refused(settings)
    for bad in (f"{SECRET}\r\nX-Other: 1", f"{SECRET}é", ""):
        monkeypatch.setenv("SENDING_TOKEN", bad)
        said = refused(settings)
        assert "SENDING_TOKEN" in said
        assert SECRET not in said
    monkeypatch.setenv("SENDING_TOKEN", SECRET)
    assert SECRET not in repr(receiver_of(settings))


@pytest.mark.parametrize("name", ["Idempotency-Key", "content-type", "Host", "X Bad", "X:Bad", ""])
def test_a_header_of_ours_or_one_that_is_none_cannot_be_set(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", SECRET)
    assert "[sending]" in refused(given(tmp_path, "https://localhost", headers={name: "TOKEN"}))


def test_files_that_are_no_certificates_are_named_before_anything_is_sent(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("sender")
    hidden = authority.issue("hidden", password=b"secret")
    (tmp_path / "rubbish.pem").write_text("rubbish")
    wrong: tuple[dict[str, Any], ...] = (
        {"ca": Path("absent.pem")},
        {"ca": tmp_path},
        {"ca": tmp_path / "rubbish.pem"},
        {"certificate": certificate, "key": tmp_path / "absent.key"},
        {"certificate": certificate, "key": hidden[1]},
        {"certificate": hidden[0], "key": hidden[1]},
        {"certificate": hidden[0], "key": key},
    )
    for sending in wrong:
        said = refused(given(tmp_path / "project", "https://localhost", **sending))
        assert str(next(iter(sending.values())).name) in said
