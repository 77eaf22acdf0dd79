"""The remote policy document, against a real HTTP server: what it may be, when a copy stands in, and for how long."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import instances
import pytest
import receiver
import web
from hypothesis import example, given
from hypothesis import strategies as st
from projects import Fixed, Project
from web import Handler, Host

from fa_stats import catalogue, remote, settings
from fa_stats.download import NotHadError, download
from fa_stats.policy import State
from fa_stats.remote import Asking, Document, RefusedError, ask, read
from fa_stats.settings import RemotePolicy, Settings, SwitchedOff

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ENTRY = {"stat": "tenantNumber", "by": "Ada", "on": "2026-11-01", "why": "too slow"}
DOCUMENT = json.dumps({"switched_off": [ENTRY]}).encode()
OFF = (SwitchedOff("tenantNumber", "Ada", date(2026, 11, 1), "too slow"),)


@pytest.fixture
def host() -> Iterator[Host]:
    with web.serving() as found:
        found.answer = plain()
        yield found


def plain(content: bytes = DOCUMENT, status: int = 200, **headers: Any) -> Callable[[Handler], None]:
    """Answer with a document, a good one by itself."""
    return web.plain(content, status, **headers)


@pytest.fixture
def at(tmp_path: Path, host: Host) -> Settings:
    return Settings(folder=tmp_path, policy=RemotePolicy(url=host.url))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SECONDS", 0.4)


def asked(at: Settings, *, after: timedelta = timedelta(0), fetch: bool = True, keep: bool = True) -> Document:
    return ask(at, Fixed(NOW + after), fetch=fetch, keep=keep)


def silent(at: Settings) -> Settings:
    """The settings of a place whose server is gone."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return Settings(folder=at.folder, policy=RemotePolicy(url=f"http://127.0.0.1:{unused.getsockname()[1]}/"))


# ----------------------------------------------------------------------------------------------------- fetched and kept


def test_without_an_address_nothing_is_asked_for(tmp_path: Path) -> None:
    assert asked(Settings(folder=tmp_path)) == Document(State.UNSET)
    assert list(tmp_path.iterdir()) == []


def test_a_document_is_fetched_and_kept_as_it_was_received(at: Settings, host: Host) -> None:
    found = asked(at)
    sha256 = hashlib.sha256(DOCUMENT).hexdigest()
    assert found == Document(State.CURRENT, OFF, sha256, NOW)
    assert (at.data / "policies" / f"{sha256}.json").read_bytes() == DOCUMENT
    assert host.url not in (at.data / "policies" / "cache.json").read_text()
    [headers] = host.asked
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"].startswith("fa_stats/")
    assert not headers.keys() & {"if-none-match", "if-modified-since", "cookie", "authorization"}


@pytest.mark.parametrize(
    ("validator", "header"),
    [({"ETag": '"v1"'}, "if-none-match"), ({"Last_Modified": "Sun, 22 Nov 2026 02:00:00 GMT"}, "if-modified-since")],
)
def test_what_has_not_changed_is_not_sent_again_and_counts_as_current(
    validator: dict[str, Any], header: str, at: Settings, host: Host
) -> None:
    host.answer = plain(**validator)
    asked(at)
    host.answer = plain(b"", 304)
    found = asked(at, after=timedelta(days=3))
    assert found == Document(State.CURRENT, OFF, hashlib.sha256(DOCUMENT).hexdigest(), NOW + timedelta(days=3))
    assert host.asked[1][header] == next(iter(validator.values()))
    host.answer = plain(b"", 500)
    assert asked(at, after=timedelta(days=9)).state is State.KEPT  # six days after it was confirmed


def test_a_document_that_has_changed_takes_the_place_of_the_other(at: Settings, host: Host) -> None:
    host.answer = plain(ETag='"v1"')
    asked(at)
    host.answer = plain(b'{"switched_off": []}', ETag='"v2"')
    assert asked(at).entries == ()
    host.answer = plain(b"", 304)
    assert asked(at).entries == ()
    assert host.asked[2]["if-none-match"] == '"v2"'
    assert len(list((at.data / "policies").glob("*.json"))) == 3  # both documents are evidence


def test_what_a_server_says_is_unchanged_is_worth_nothing_without_a_copy(at: Settings, host: Host) -> None:
    host.answer = plain(b"", 304)
    found = asked(at)
    assert (found.state, found.entries) == (State.ABSENT, ())
    assert "it has not changed, but there is no copy" in (found.problem or "")


def test_a_header_that_cannot_be_sent_back_is_not(at: Settings, host: Host) -> None:
    host.answer = plain(ETag="v\xe9")
    asked(at)
    assert asked(at).state is State.CURRENT
    assert "if-none-match" not in host.asked[1]


def test_nothing_is_written_where_nothing_is_to_be_kept(at: Settings, host: Host) -> None:
    assert asked(at, keep=False).entries == OFF
    assert not at.data.exists()
    asked(at)
    before = {path: path.read_bytes() for path in at.data.rglob("*.json")}
    host.answer = plain(b'{"switched_off": []}')
    assert asked(at, keep=False, after=timedelta(days=1)).entries == ()
    assert {path: path.read_bytes() for path in at.data.rglob("*.json")} == before


def test_no_request_is_made_where_none_is_to_be(at: Settings, host: Host) -> None:
    found = asked(at, fetch=False)
    assert (found.state, found.entries, host.asked) == (State.ABSENT, (), [])
    asked(at)
    assert asked(at, fetch=False).entries == OFF
    assert len(host.asked) == 1


# -------------------------------------------------------------------------------------------------------- when it fails


def dripping(header: bool) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n" + (b"X: " if header else b"\r\n"))
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


def cut(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + DOCUMENT)


def with_password(handler: Handler) -> str:
    return f"http://ada:hunter2@{handler.headers['Host']}/x"


FAILURES: dict[str, tuple[Callable[[Handler], None], str]] = {
    "an error": (plain(b"hunter2", 500), "the server answered 500"),
    "not found": (plain(b"hunter2", 404), "the server answered 404"),
    "another success": (plain(b"", 204), "the server answered 204"),
    "no answer": (lambda handler: time.sleep(1.5), "had not answered in full after 0.4 s"),
    "a body in drips": (dripping(False), "had not answered in full after 0.4 s"),
    "a header in drips": (dripping(True), "had not answered in full after 0.4 s"),
    "a line that is cut": (cut, "cut short"),
    "rubbish": (plain(b"<html>hunter2</html>"), "it is not valid JSON in UTF-8"),
    "no text": (plain(b"\xff\xfe\x00"), "it is not valid JSON in UTF-8"),
    "nothing": (plain(b""), "it is not valid JSON in UTF-8"),
    "another document": (plain(b'{"stats": []}'), 'it is to be an object with the list "switched_off"'),
    "too big": (plain(b" " * 1_000_001), "larger than 1,000,000 bytes"),
    "compressed": (plain(b"x", Content_Encoding="gzip"), "it was sent compressed"),
    "elsewhere": (plain(b"", 302, Location="https://elsewhere.example/x"), "redirects to another server"),
    "another port": (plain(b"", 301, Location="http://127.0.0.1:1/x"), "redirects to another server"),
    "another name": (plain(b"", 301, Location="http://localhost/x"), "redirects to another server"),
    "a password": (lambda handler: plain(b"", 302, Location=with_password(handler))(handler), "redirects to another"),
    "an address that is none": (plain(b"", 302, Location="http://[x"), "redirects to another server"),
    "for ever": (plain(b"", 302, Location="/policy.json"), "redirected more than 3 times"),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("case", FAILURES)
def test_a_document_that_cannot_be_had_is_named_and_its_copy_stands_in(case: str, at: Settings, host: Host) -> None:
    host.answer, said = FAILURES[case]
    begun = time.monotonic()
    absent = asked(at)
    assert time.monotonic() - begun < 1.2
    assert (absent.state, absent.entries, absent.sha256, absent.fetched) == (State.ABSENT, (), None, None)
    assert said in (absent.problem or "")
    assert not at.data.exists()
    host.answer = plain()
    asked(at)
    host.answer = FAILURES[case][0]
    kept = asked(at, after=timedelta(days=7))
    assert (kept.state, kept.entries, kept.fetched) == (State.KEPT, OFF, NOW)
    expired = asked(at, after=timedelta(days=7, seconds=1))
    assert (expired.state, expired.entries, expired.fetched) == (State.EXPIRED, OFF, NOW)
    for problem in (absent.problem, kept.problem, expired.problem):
        assert problem
        assert said in problem
        assert problem.startswith("The policy document ")
        assert problem.endswith(".")
        assert "127.0.0.1" not in problem
        assert "hunter2" not in problem


def test_a_server_that_is_gone_is_told(at: Settings) -> None:
    found = asked(silent(at))
    assert found.state is State.ABSENT
    assert "its server cannot be reached" in (found.problem or "")


def test_a_copy_from_the_future_is_not_young(at: Settings, host: Host) -> None:
    asked(at)
    host.answer = plain(b"", 500)
    assert asked(at, after=-timedelta(hours=1)).state is State.EXPIRED


def test_a_redirect_to_the_same_server_is_followed(at: Settings, host: Host) -> None:
    def answer(handler: Handler) -> None:
        if handler.path == "/policy.json":
            plain(b"", 302, Location="/there.json")(handler)
        else:
            plain()(handler)

    host.answer = answer
    assert asked(at).entries == OFF
    assert host.paths == ["/policy.json", "/there.json"]


def test_the_copy_of_one_address_is_not_that_of_another(at: Settings, host: Host) -> None:
    host.answer = plain(ETag='"v1"')
    asked(at)
    other = Settings(folder=at.folder, policy=RemotePolicy(url=f"{host.url}?other"))
    host.answer = plain(b"", 500)
    assert asked(other).state is State.ABSENT
    assert "if-none-match" not in host.asked[1]


@pytest.mark.parametrize("damage", ["document", "cache", "gone", "another"])
def test_a_damaged_copy_is_none(damage: str, at: Settings, host: Host) -> None:
    host.answer = plain(ETag='"v1"')
    found = asked(at)
    document, cache = remote.path_of(at.data, found.sha256 or ""), at.data / "policies" / "cache.json"
    if damage == "gone":
        document.unlink()
    elif damage == "another":
        document.write_bytes(b'{"switched_off": []}')
    else:
        path = document if damage == "document" else cache
        path.write_bytes(path.read_bytes()[:-9])
    host.answer = plain(b"", 500)
    assert asked(at).state is State.ABSENT
    assert "if-none-match" not in host.asked[1]
    host.answer = plain()
    assert asked(at).entries == OFF


def test_a_missing_authority_file_is_told(at: Settings) -> None:
    given_ = Settings(folder=at.folder, policy=at.policy, sending=settings.Sending(ca=Path("none.pem")))
    assert "the file that `ca` in [sending] names is not there" in (asked(given_).problem or "")


def test_a_password_file_is_not_read(at: Settings, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    (at.folder / ".netrc").write_text("machine 127.0.0.1 login ada password hunter2\n")
    (at.folder / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(at.folder))
    monkeypatch.setenv("NETRC", str(at.folder / ".netrc"))
    asked(at)
    assert "authorization" not in host.asked[0]


def test_a_proxy_of_the_environment_is_used(at: Settings, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{host.port}")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # not for what is not encrypted, which is local
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(NotHadError, match="the proxy that the environment names did not let it through"):
        download("https://policy.example/x", etag=None, last_modified=None, ca=None, seconds=5, most=10_000)
    assert host.paths == ["policy.example:443"]
    assert asked(at).state is State.CURRENT


def test_a_certificate_has_to_hold_by_the_authority_of_the_settings(tmp_path: Path) -> None:
    authority, other = receiver.Authority(tmp_path), receiver.Authority(tmp_path, "Another")
    good = authority.issue("good", ["127.0.0.1"])
    for files, ca, had in (
        (good, authority.file, True),
        (good, other.file, False),
        (good, None, False),
        (authority.issue("late", ["127.0.0.1"], days=-1), authority.file, False),
        (authority.issue("else", ["elsewhere.example"]), authority.file, False),
    ):
        with web.serving(receiver.serving(files)) as host:
            host.answer = plain()
            policy = RemotePolicy(url=host.url)
            found = asked(Settings(folder=tmp_path, policy=policy, sending=settings.Sending(ca=ca)), keep=False)
        assert (found.state is State.CURRENT) is had
        assert len(host.asked) == int(had)
        assert had or "certificate does not hold" in (found.problem or "")


def test_a_server_without_encryption_where_it_is_expected_is_told(host: Host) -> None:
    with pytest.raises(NotHadError, match="certificate does not hold"):
        download(host.url.replace("http:", "https:"), etag=None, last_modified=None, ca=None, seconds=5, most=10)


# ------------------------------------------------------------------------------------------------ what may stand in it

WRONG: dict[str, tuple[Any, str]] = {
    "a key that switches on": ({"switched_on": ["tenantNumber"], "switched_off": []}, "unknown key `switched_on`"),
    "a key of an entry": ({"switched_off": [{**ENTRY, "value": 5}]}, "unknown key `value` in [entry 1]"),
    "an entry that lacks who": (
        {"switched_off": [{key: ENTRY[key] for key in ("stat", "on", "why")}]},
        "[entry 1] lacks `by`",
    ),
    "a list": ([ENTRY], "is to be an object with the list"),
    "no list": ({"switched_off": {}}, "is to be an object with the list"),
    "an entry that is none": ({"switched_off": [ENTRY, "tenantNumber"]}, "entry 2 is to be an object"),
    "a stat that is no text": ({"switched_off": [{**ENTRY, "stat": 5}]}, "`stat` in [entry 1] is to be a text"),
    "no date": ({"switched_off": [{**ENTRY, "on": "yesterday"}]}, "`on` in [entry 1] is to be a day"),
    "a date there is not": ({"switched_off": [{**ENTRY, "on": "2026-02-30"}]}, "`on` in [entry 1] is to be a day"),
    "a date in short": ({"switched_off": [{**ENTRY, "on": "20261101"}]}, "`on` in [entry 1] is to be a day"),
    "a time": ({"switched_off": [{**ENTRY, "until": "2026-11-23T00:00:00Z"}]}, "`until` in [entry 1] is to be a day"),
    "an end that is nothing": ({"switched_off": [{**ENTRY, "until": None}]}, "`until` in [entry 1] is to be a day"),
    "an end before": ({"switched_off": [{**ENTRY, "until": "2026-10-31"}]}, "`until` in [entry 1] is before its `on`"),
    "nobody": ({"switched_off": [{**ENTRY, "by": " "}]}, "the texts in [entry 1] are to be of 1 to 300 characters"),
    "a book": ({"switched_off": [{**ENTRY, "why": "x" * 301}]}, "the texts in [entry 1] are to be of 1 to 300"),
}


@pytest.mark.parametrize("case", WRONG)
def test_one_mistake_refuses_the_whole_document(case: str, at: Settings, host: Host) -> None:
    document, said = WRONG[case]
    host.answer = plain(json.dumps(document).encode())
    found = asked(at)
    assert (found.state, found.entries) == (State.ABSENT, ())
    assert "The policy document was refused: " in (found.problem or "")
    assert said in (found.problem or "")


@pytest.mark.parametrize(
    "text",
    ['{"switched_off": [], "switched_off": []}', '{"switched_off": [NaN]}', "[" * 100_000, "null", "5", '"x"'],
)
def test_what_json_does_not_rule_out_is_refused_too(text: str) -> None:
    with pytest.raises(RefusedError):
        read(text.encode())


@given(st.binary())
@example(b'{"switched_off": [{}]}')
def test_any_bytes_are_a_policy_or_refused(content: bytes) -> None:
    try:
        assert isinstance(read(content), tuple)
    except RefusedError as error:
        assert str(error).startswith("was refused: ")  # noqa: PT017
        assert len(str(error)) < 400  # noqa: PT017


def test_what_is_said_of_mistakes_is_short() -> None:
    many = {"switched_off": [{**ENTRY, "stat": 5}] * 1000}
    with pytest.raises(RefusedError) as raised:
        read(json.dumps(many).encode())
    assert len(str(raised.value)) < 400


# ------------------------------------------------------------------------------------------------------ in a collection


def test_a_collection_leaves_out_what_the_document_switches_off(at: Settings, host: Host) -> None:
    host.answer = plain(json.dumps({"switched_off": [ENTRY, {**ENTRY, "stat": "nodes"}]}).encode())
    asking = Asking(at, DAY, Fixed(NOW))
    collection = instances.collect(instances.instance(), given=at, policy=asking)
    figures, metrics = instances.figures(collection), instances.metrics(collection)
    for found in (figures["tenantNumber"], metrics["nodes"]):
        assert found.status == "disabled"
        assert found.reason == "switched off in the policy document by Ada on 2026-11-01: too slow"
    ran = {name for statement in collection.statements for name in statement.figures}
    assert not ran & {"tenantNumber", "nodes"}
    record = asking.record(collection.active_list)
    assert (record.state, record.problem, record.follows_active_list) == (State.CURRENT, None, False)
    assert len(host.asked) == 1


def test_stats_that_are_none_here_are_passed_over_and_said(at: Settings, host: Host) -> None:
    names = ["fromTheFuture", "tenantManagerApplication", "tenantNumber"]
    host.answer = plain(json.dumps({"switched_off": [{**ENTRY, "stat": name} for name in names]}).encode())
    found = Asking(at, DAY, Fixed(NOW))(True)
    assert found.disabled.keys() == {"tenantNumber"}
    assert found.record.problem == (
        "The policy document names what is no stat here, which is passed over: fromTheFuture, tenantManagerApplication."
    )


def test_entries_count_from_their_first_to_their_last_day(at: Settings, host: Host) -> None:
    host.answer = plain(json.dumps({"switched_off": [{**ENTRY, "until": "2026-11-23"}]}).encode())
    for day, off in ((date(2026, 10, 31), False), (DAY, True), (date(2026, 11, 24), False)):
        assert bool(Asking(at, day, Fixed(NOW))(True).disabled) is off


def test_the_settings_own_reason_goes_before_the_documents(at: Settings) -> None:
    own = {"tenantNumber": "switched off in fa_stats.toml by Bob on 2026-11-02: x"}
    asking = Asking(at, DAY, Fixed(NOW))
    collection = instances.collect(instances.instance(), given=at, policy=asking, disabled=own)
    assert instances.figures(collection)["tenantNumber"].reason == own["tenantNumber"]


def test_an_old_copy_goes_on_to_switch_off(at: Settings, host: Host) -> None:
    asked(at)
    host.answer = plain(b"", 503)
    found = Asking(at, DAY, Fixed(NOW + timedelta(days=400)))(True)
    assert found.record.state is State.EXPIRED
    assert found.disabled.keys() == {"tenantNumber"}
    assert "older than `days` in [policy] allows (7)" in (found.record.problem or "")


# ------------------------------------------------------------------------------------ the vendor's list of active stats


def following(at: Settings) -> Settings:
    return Settings(folder=at.folder, policy=RemotePolicy(follow_active_list=True))


def test_the_list_is_followed_where_the_settings_say_so(at: Settings) -> None:
    asking = Asking(following(at), DAY, Fixed(NOW))
    collection = instances.collect(instances.instance(), given=following(at), policy=asking)
    active = collection.active_list or ()
    assert len(active) == 191
    stats = {stat.name for stat in catalogue.load().of(catalogue.Payload.STATS)}
    absent = instances.names(collection, "unavailable")  # by the schema, which was looked at before the list
    assert instances.names(collection, "disabled") == stats - set(active) - absent
    assert len(stats - set(active)) == 34
    assert asking.record(collection.active_list).problem is None
    assert asking.record(collection.active_list).follows_active_list
    ran = {name for statement in collection.statements for name in statement.figures}
    assert not ran & (stats - set(active))
    assert instances.metrics(collection)["nodes"].status == "ok"


def test_the_list_is_not_read_where_it_is_not_followed(at: Settings) -> None:
    collection = instances.collect(instances.instance(), given=at)
    assert collection.active_list is None
    assert not [each for each in collection.statements if "current_usage_stats" in each.sql]


@pytest.mark.parametrize(
    ("statement", "said", "active"),
    [
        ("DELETE FROM current_usage_stats", "could not be read", None),
        ("DROP TABLE current_usage_stats", "could not be read", None),
        ("UPDATE current_usage_stats SET stats = ''", "names no stat", ()),
        ("UPDATE current_usage_stats SET stats = 'ada@example.com, x y'", "names no stat", ()),
    ],
)
def test_a_list_that_cannot_be_followed_switches_nothing_off(
    statement: str, said: str, active: tuple[str, ...] | None, at: Settings, tmp_path: Path
) -> None:
    asking = Asking(following(at), DAY, Fixed(NOW))
    path = instances.changed(tmp_path, statement)
    collection = instances.collect(path, given=following(at), policy=asking)
    assert not instances.names(collection, "disabled")
    assert collection.active_list == active
    problem = asking.record(collection.active_list).problem or ""
    assert said in problem
    assert "ada@" not in problem


# ------------------------------------------------------------------------------------------------------------ commands


def test_collect_asks_for_the_document_and_writes_nothing(project: Project, host: Host) -> None:
    path = project.folder / "fa_stats.toml"
    path.write_text(f'{path.read_text()}[policy]\nurl = "{host.url}"\n')
    ended = project.call("collect", "--day", "2025-06-02")
    assert ended.returncode == 0, ended.stderr
    assert "tenantNumber" in json.loads(ended.stdout)["stats"]  # the document counts from a later day on
    assert len(host.asked) == 1
    ended = project.call("collect", "--day", "2026-11-23")
    assert "tenantNumber" not in json.loads(ended.stdout)["stats"]
    assert project.files() == {"fa_stats.toml"}


def test_a_preview_of_what_is_off_makes_no_request(project: Project, host: Host) -> None:
    path = project.folder / "fa_stats.toml"
    path.write_text(f'{path.read_text()}[collection]\nmode = "off"\n[policy]\nurl = "{host.url}"\n')
    ended = project.call("collect", "--preview", "--day", "2025-06-02")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["stats"]
    assert host.asked == []
