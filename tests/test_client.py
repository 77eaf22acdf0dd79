"""The way to the HTTP API: addresses and keys, limits, attempts, TLS, proxies; no word of an answer is repeated."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import web
from instances import Ticking, instance
from receiver import Authority, Proxy, serving
from standin import KEY, Fault, Standin
from web import Handler, Host

from fa_stats.api.address import Address
from fa_stats.api.client import Client, NotShownError
from fa_stats.clock import Clock
from fa_stats.errors import QueryError, UsageError
from fa_stats.settings import Api

FAST = Api(calls_per_second=1000, call_seconds=5)
PATH = "/api/tenant/search"
SECRET = "pw-7f3a9c"


class Hurried(Clock):
    """The machine's own time, on which nobody rests."""

    def sleep(self, seconds: float) -> None:
        pass


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "FUSIONAUTH_API_KEY",
        "FUSIONAUTH_API_KEY_FILE",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "https_proxy",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def host() -> Iterator[Host]:
    with web.serving() as found:
        found.answer = web.plain(b"{}")
        yield found


def client(url: str, limits: Api = FAST, clock: Clock | None = None, ca: Path | None = None) -> Client:
    return Client(Address.parse(url.replace("://", f"://{KEY}@")), limits, ca, clock or Hurried())


def at(host: Host, limits: Api = FAST, clock: Clock | None = None) -> Client:
    return client(f"http://127.0.0.1:{host.port}", limits, clock)


def failing(asking: Client, path: str = PATH, kind: type[Exception] = QueryError) -> Any:
    """The error of a call; it is a reason, and says neither where the instance is nor with what it was asked."""
    with pytest.raises(kind) as caught:
        asking.get(path)
    asking.close()
    discreet(str(caught.value))
    return caught.value


def often(asking: Client, times: int) -> None:
    for _ in range(times):
        asking.get(PATH)


def discreet(said: str) -> None:
    assert not any(
        word in said for word in ("://", "127.0.0.1", "localhost", KEY, SECRET, "Traceback", "urllib3", "HTTPS")
    )
    assert said
    assert not said.endswith(".")
    assert "\n" not in said


# -------------------------------------------------------------------------------------------------- where and with what


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://host", "https://host"),
        ("https://Host.Example/", "https://host.example"),
        ("https://host:9011", "https://host:9011"),
        ("https://host/behind/a/proxy/", "https://host/behind/a/proxy"),
        ("https://[2001:db8::1]:9011", "https://[2001:db8::1]:9011"),
        ("http://[::1]:9011", "http://[::1]:9011"),
        ("http://localhost:9011", "http://localhost:9011"),
        ("http://127.0.0.1", "http://127.0.0.1"),
    ],
)
def test_an_address_is_read(url: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", f" {SECRET}\n")
    found = Address.parse(url)
    assert (found.base, found.key()) == (base, SECRET)
    assert SECRET not in repr(found)
    assert base not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "http://host",
        "http://127.0.0.1.example",
        "http://localhost.example:9011",
        "https://",
        "https://:9011",
        "https://host:port",
        "https://host:99999",
        "https://[::1",
        "https://host/?key=x",
        "https://host/#x",
        f"https://{SECRET}%0aX@host",
        f"https://{SECRET}%20@host",
        "https://%c3%a4@host",
        "https://a..b",
        "https://.host",
        f"https://{'x' * 64}.host",
        "https://ho st",
        "https://*",
        "https://ho%20st",
        "https://ho\u2024.st",
    ],
)
def test_another_address_is_refused_without_being_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", SECRET)
    with pytest.raises(UsageError) as caught:
        Address.parse(url)
    said = str(caught.value)
    assert SECRET not in said
    assert said.endswith(".")
    assert "example" not in said


@pytest.mark.parametrize(
    ("user", "key"),
    [
        ("typed", "typed"),
        (":typed", "typed"),
        ("apikey:typed", "typed"),
        ("a%2Fb%40c%3Ad", "a/b@c:d"),
        ("", "environment"),
    ],
)
def test_a_key_in_the_url_comes_before_that_of_the_environment(
    user: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSIONAUTH_API_KEY", "environment")
    found = Address.parse(f"https://{user}@host")
    assert (found.base, found.key()) == ("https://host", key)


def test_a_key_can_be_in_a_file_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    monkeypatch.setenv("FUSIONAUTH_API_KEY_FILE", str(path))
    with pytest.raises(UsageError, match="FUSIONAUTH_API_KEY_FILE names cannot be read"):
        Address.parse("https://host").key()
    path.write_text(f"{SECRET}\n")
    assert Address.parse("https://host").key() == SECRET
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        Address.parse("https://host").key()


def test_a_key_file_that_others_may_read_is_told_where_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET)
    path.chmod(0o600)
    assert Address.parse("https://host").exposed() is None
    monkeypatch.setenv("FUSIONAUTH_API_KEY_FILE", str(path))
    assert Address.parse("https://host").exposed() is None
    for rights in (0o640, 0o604, 0o620):
        path.chmod(rights)
        said = Address.parse("https://host").exposed() or ""
        assert said.startswith(f"The file of the API key, {path}, can be read or written by others")
        assert SECRET not in said
    assert Address.parse("https://typed@host").exposed() is None
    monkeypatch.setenv("FUSIONAUTH_API_KEY", SECRET)
    assert Address.parse("https://host").exposed() is None
    monkeypatch.delenv("FUSIONAUTH_API_KEY")
    path.unlink()
    assert Address.parse("https://host").exposed() is None


@pytest.mark.parametrize("key", ["", "  ", "two lines\nHost: evil", "schlüssel", "zero\x00"])
def test_without_a_whole_key_nothing_is_asked(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(key)
    monkeypatch.setenv("FUSIONAUTH_API_KEY_FILE", str(tmp_path / "key"))
    address = Address.parse("https://host")  # which needs no key
    with pytest.raises(UsageError, match="Settings, API Keys"):
        address.key()
    with pytest.raises(UsageError, match="Settings, API Keys"):
        Client(address, FAST)


def test_a_call_carries_the_key_and_nothing_that_it_need_not(host: Host) -> None:
    asking = client(f"http://127.0.0.1:{host.port}/behind")
    asking.get(PATH, {"startRow": 0, "orderBy": "id ASC"})
    asking.close()
    assert host.paths == [f"/behind{PATH}?startRow=0&orderBy=id+ASC"]
    [headers] = host.asked
    assert headers["authorization"] == KEY
    assert headers.keys() == {"host", "authorization", "accept", "accept-encoding", "user-agent"}


# ------------------------------------------------------------------------------------------------------------- answers


def test_no_redirect_is_followed_and_the_key_arrives_nowhere_else(host: Host) -> None:
    with web.serving() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            host.answer = web.plain(status=status, Location=f"http://127.0.0.1:{elsewhere.port}{PATH}")
            assert "leads elsewhere" in str(failing(at(host)))
        host.answer = web.plain(status=302, Location="/login")
        failing(at(host))
        assert elsewhere.asked == []
    assert set(host.paths) == {PATH}
    assert len(host.paths) == 6


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (401, b"", NotShownError, f"the API key may not GET {PATH}: it lacks that permission, or FusionAuth does not"),
        (403, SECRET.encode(), NotShownError, "does not know the key (mistyped, expired, deleted?)"),
        (404, b"", NotShownError, "this version of FusionAuth has no GET"),
        (
            400,
            b'{"generalErrors": [{"code": "[LicenseRequired]", "message": "pw-7f3a9c"}]}',
            NotShownError,
            "[LicenseRequired]",
        ),
        (400, b'{"generalErrors": [{"code": "pw-7f3a9c"}]}', QueryError, "(400)"),
        (400, b'{"fieldErrors": {"pw-7f3a9c": []}}', QueryError, "(400)"),
        (418, SECRET.encode(), QueryError, "the status 418"),
        (204, b"", QueryError, "the status 204"),
        (200, b"", QueryError, "with nothing"),
        (200, b"<html>pw-7f3a9c</html>", QueryError, "a page instead of JSON"),
        (200, b"pw-7f3a9c", QueryError, "no JSON object"),
        (200, b"\xff{}", QueryError, "no UTF-8 text"),
        (200, b"\xef\xbb\xbf{}", QueryError, "no JSON object"),
    ],
)
def test_each_answer_has_its_words_and_none_of_its_own(
    status: int, body: bytes, kind: type[Exception], said: str, host: Host
) -> None:
    host.answer = web.plain(body, status)
    assert said in str(failing(at(host), kind=kind))
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"pw-7f3a9c\r\n\r\n",
        b"HTTP/1.1 pw-7f3a9c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: pw-7f3a9c\r\n" % n for n in range(500)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"pw-7f3a9c" * 20_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{pw-7f3a9c",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\npw-7f3a9c\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\npw-7f3a9c",
    ],
)
def test_rubbish_on_the_line_ends_in_a_reason(reply: bytes, host: Host) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(reply)
        handler.close_connection = True

    host.answer = answer
    failing(at(host))
    assert len(host.asked) <= 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_call_that_may_fare_better_is_made_three_times(status: int, host: Host) -> None:
    host.answer = web.plain(b"pw-7f3a9c", status)
    clock = Ticking()
    failing(at(host, clock=clock))
    assert len(host.asked) == 3
    assert clock.state["rested"] == pytest.approx(2.5, abs=0.01)
    answers = iter([web.plain(b"", status), web.plain(b"", status), web.plain(b'{"good": 1}')])
    host.answer = lambda handler: next(answers)(handler)
    asking = at(host)
    assert asking.get(PATH) == '{"good": 1}'
    asking.close()


def test_an_instance_that_asks_to_be_left_alone_is(host: Host) -> None:
    answers = iter([web.plain(b"", 429, Retry_After="17"), web.plain(b"", 503, Retry_After="4"), web.plain(b"{}")])
    host.answer = lambda handler: next(answers)(handler)
    clock = Ticking()
    asking = at(host, clock=clock)
    assert asking.get(PATH) == "{}"
    asking.close()
    assert clock.state["rested"] == pytest.approx(21, abs=0.01)
    assert asking.waited >= 21_000_000


@pytest.mark.parametrize(
    ("rest", "budget"),
    [("31", 600), ("9999999", 600), ("9" * 400, 600), ("Wed, 31 Dec 2098 23:59:59 GMT", 600), ("20", 3)],
)
def test_an_instance_that_asks_for_longer_than_a_run_can_wait_is_not_asked_again(
    rest: str, budget: float, host: Host
) -> None:
    host.answer = web.plain(b"", 429, Retry_After=rest)
    clock = Ticking()
    limits = replace(FAST, budget_seconds=budget)
    assert "too many calls (429)" in str(failing(at(host, limits, clock)))
    assert len(host.asked) == 1
    assert clock.state["rested"] == 0


def test_where_nobody_answers_no_other_call_is_tried() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        asking = client(f"http://127.0.0.1:{unused.getsockname()[1]}")
        first = failing(asking)
        assert "cannot be reached" in str(first)
        assert failing(asking, "/api/form") is first
        assert asking.made == 3


def test_a_name_that_nobody_knows_is_said_so() -> None:
    assert "cannot be reached" in str(failing(client("https://host-7f3a9c.invalid")))


def test_a_name_that_no_host_or_proxy_can_have_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for base in (f"https://{'x' * 80}.invalid", "https://a..b"):  # of a name that came past `parse`
        asking = Client(Address(base, KEY), FAST, None, Hurried())
        assert "the name of the host, or of the proxy that the environment names, is not valid" in str(failing(asking))
        assert asking.made == 1
    monkeypatch.setenv("HTTPS_PROXY", "http://a..b")
    asking = client("https://host-7f3a9c.invalid")
    assert "or of the proxy that the environment names, is not valid" in str(failing(asking))
    assert asking.made == 1


def test_a_line_that_breaks_at_one_call_leaves_the_others(host: Host) -> None:
    def answer(handler: Handler) -> None:
        if handler.path == PATH:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            web.plain(b"{}")(handler)

    host.answer = answer
    asking = at(host)
    with pytest.raises(QueryError, match="the line was closed before an answer came"):
        asking.get(PATH)
    assert asking.get("/api/form") == "{}"
    asking.close()
    assert host.paths == [PATH, PATH, PATH, "/api/form"]


def test_lines_that_the_instance_closes_are_given_back(host: Host) -> None:
    """A server of HTTP/1.0 closes each one."""
    asking = at(host)
    asking.get(PATH)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - quicker
    for _ in range(20):
        asking.get(PATH)
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # noqa: PTH208
    asking.close()
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


def test_one_line_serves_all_calls_and_a_new_one_where_it_was_closed() -> None:
    with Standin(instance()) as standin:
        asking = client(standin.url)
        for _ in range(5):
            asking.get(PATH)
        assert standin.connections == 1
        standin.faults.append(Fault(PATH, "short", after=6, times=1))
        assert asking.get(PATH)
        asking.close()
        assert standin.connections == 2
    assert asking.made == 7


# -------------------------------------------------------------------------------------------------------------- limits


@pytest.mark.parametrize("kind", ["hang", "drip", "drip head"])
def test_a_call_has_its_time_and_no_second_attempt(kind: str) -> None:
    with Standin(instance(), faults=[Fault("*", kind)]) as standin:
        error = failing(client(standin.url, replace(FAST, call_seconds=0.3)))
        assert error.timed_out
        assert str(error) == f"GET {PATH} was not answered in full within 0.3 s ([api] call_seconds)"
        assert len(standin.requests) == 1


def test_an_answer_that_is_too_large_is_cut_off() -> None:
    with Standin(instance(), faults=[Fault("*", "huge")]) as standin:
        asking = client(standin.url, replace(FAST, call_seconds=30))
        error = failing(asking)
    assert error.over_budget
    assert "more than 64 MB" in str(error)
    assert asking.received < 65_000_000


def test_an_answer_that_unpacks_to_too_much_is_cut_off(host: Host) -> None:
    import gzip

    packed = gzip.compress(b"{" + b" " * 200_000_000, 1)
    host.answer = web.plain(packed, Content_Encoding="gzip")
    asking = at(host)
    assert failing(asking).over_budget
    assert asking.received < 70_000_000


@pytest.mark.parametrize(
    ("limits", "said", "calls"),
    [
        (replace(FAST, calls=4), "the 4 calls that a run may make ([api] calls) were used up before GET", 4),
        (replace(FAST, megabytes=1), "the 1 MB that a run may take ([api] megabytes) were used up before GET", 3),
        (replace(FAST, budget_seconds=0.02), "the 0.02 s that its calls may take ([api] budget_seconds) were used", 11),
    ],
)
def test_what_a_run_may_ask_for_has_an_end(limits: Api, said: str, calls: int, host: Host) -> None:
    host.answer = web.plain(b"{" + b" " * 400_000)
    asking = at(host, limits, Ticking())
    with pytest.raises(QueryError) as caught:
        often(asking, 50)
    asking.close()
    assert caught.value.over_budget
    assert said in str(caught.value)
    discreet(str(caught.value))
    assert len(host.asked) == calls


def test_calls_keep_their_distance(host: Host) -> None:
    clock = Ticking()
    asking = at(host, replace(FAST, calls_per_second=4), clock)
    for _ in range(9):
        asking.get(PATH)
    asking.close()
    assert clock.state["now"] / 1_000_000 >= 8 / 4
    assert clock.state["rested"] <= 2
    assert asking.waited >= 1_900_000


# ------------------------------------------------------------------------------------------------------ TLS and proxies


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def secure(paths: tuple[Path, Path], ask: Callable[[Standin], None]) -> Standin:
    with Standin(instance(), context=serving(paths), host="localhost") as standin:
        ask(standin)
    return standin


def test_a_private_authority_can_be_named(authority: Authority) -> None:
    def ask(standin: Standin) -> None:
        said = str(failing(client(standin.url)))
        assert "of an authority unknown here (`ca` under [api] names your own)" in said
        asking = client(standin.url, ca=authority.file)
        assert asking.get("/api/system/version") == '{"version": "1.60.2"}'
        asking.close()

    assert len(secure(authority.issue("server", ["localhost"]), ask).requests) == 1


@pytest.mark.parametrize(("hosts", "days"), [(["example.org"], 20), (["localhost"], -1)])
def test_a_certificate_that_does_not_hold_is_never_shown_the_key(
    hosts: list[str], days: float, authority: Authority
) -> None:
    def ask(standin: Standin) -> None:
        assert "the certificate does not hold" in str(failing(client(standin.url, ca=authority.file)))

    assert secure(authority.issue("server", hosts, days=days), ask).requests == []


def test_a_port_that_speaks_no_tls_is_not_blamed_on_the_certificate(host: Host) -> None:
    assert "no TLS could be agreed on" in str(failing(client(f"https://127.0.0.1:{host.port}")))


def test_a_port_that_speaks_tls_only_is_told_where_it_is_asked_without(authority: Authority) -> None:
    def ask(standin: Standin) -> None:
        said = str(failing(client(standin.url.replace("https:", "http:"))))
        assert said.endswith("if it speaks TLS, the source's URL has to begin with https")

    assert secure(authority.issue("server", ["localhost"]), ask).requests == []


def test_a_file_that_holds_no_certificate_is_said(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")

    def ask(standin: Standin) -> None:
        assert "`ca` under [api]" in str(failing(client(standin.url, ca=tmp_path / "ca.pem")))

    secure(authority.issue("server", ["localhost"]), ask)
    with pytest.raises(UsageError, match="names is not there"):
        client("https://host", ca=tmp_path / "absent.pem")


def test_a_proxy_of_the_environment_is_used(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        def ask(standin: Standin) -> None:
            asking = client(standin.url, ca=authority.file)
            asking.get(PATH)
            asking.close()

        secure(authority.issue("server", ["localhost"]), ask)
        assert proxy.lines[0].startswith("CONNECT localhost:")
        assert not any(KEY in line for line in proxy.lines)


def test_a_proxy_that_refuses_is_said(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy("403 Forbidden") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert "the proxy that the environment names" in str(failing(client("https://host-7f3a9c.invalid")))
        assert len([line for line in proxy.lines if line.startswith("CONNECT")]) == 1
        monkeypatch.setenv("NO_PROXY", "host-7f3a9c.invalid")
        assert "cannot be reached" in str(failing(client("https://host-7f3a9c.invalid")))


def test_a_proxy_that_is_none_ends_in_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://", "socks5://127.0.0.1:1", "http://u:pw-7f3a9c@127.0.0.1:1"):
        monkeypatch.setenv("HTTPS_PROXY", url)
        failing(client("https://host-7f3a9c.invalid"))


def test_no_thread_is_left_behind(host: Host) -> None:
    before = threading.active_count()
    asking = at(host)
    for _ in range(3):
        asking.get(PATH)
    asking.close()
    assert threading.active_count() <= before + 1
