"""A server that cannot be reached or read: each command says why in one sentence, and gives nothing away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import cache

import hosted
import pytest
import servers
from click.testing import CliRunner
from projects import DAY, Project
from test_secrets import leaks

from fa_stats import run
from fa_stats.cli import main
from fa_stats.errors import ExitCode, SourceError

PASSWORD = "pw-7f3a9c-höchst/geheim"
TYPED = PASSWORD.replace("ö", "%C3%B6").replace("/", "%2F")
RIGHT = "right-7f3a9c"
USER = "asker_7f3a9c"
ADDRESS = "cannot be reached. Check that it runs, its host, its port and the network."
LOGIN = "does not accept the user or the password. Check both"
NOTHING = "This is no FusionAuth database: it has no table system_configuration that this role may see. Check the"
ENCRYPTION = "cannot agree on an encrypted connection. Check the certificates and the mode of TLS."


@cache
def own(kind: str) -> servers.Server:
    """A server that is stopped, filled up and told to ask for passwords."""
    server = servers.private(kind)
    if kind == "postgresql":
        rules = server.data / "pg_hba.conf"
        rules.write_text(f"host all {USER} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        server.ask(f"CREATE ROLE {USER} LOGIN PASSWORD '{RIGHT}'")
        server.ask("SELECT pg_reload_conf()")
    else:
        server.ask(f"CREATE USER {USER}@'%' IDENTIFIED BY '{RIGHT}'")
        server.ask(f"GRANT SELECT ON *.* TO {USER}@'%'")
    return server


@cache
def empty(kind: str) -> str:
    return own(kind).create_database()


@contextmanager
def wrong_password(kind: str) -> Iterator[str]:
    yield own(kind).url(empty(kind), user=USER, password=PASSWORD)


@contextmanager
def unknown_user(kind: str) -> Iterator[str]:
    yield own(kind).url(empty(kind), user="nobody_7f3a9c", password=PASSWORD)


@contextmanager
def unknown_host(kind: str) -> Iterator[str]:
    yield own(kind).url(empty(kind), password=PASSWORD).replace("127.0.0.1", "password-7f3a9c.invalid")


@contextmanager
def impossible_host(kind: str) -> Iterator[str]:
    yield own(kind).url(empty(kind), password=PASSWORD).replace("127.0.0.1", f"host{'-7f3a9c' * 20}..invalid")


@contextmanager
def wrong_port(kind: str) -> Iterator[str]:
    yield own(kind).url(empty(kind), password=PASSWORD).replace(f":{own(kind).port}/", ":1/")


@contextmanager
def no_database(kind: str) -> Iterator[str]:
    yield own(kind).url("nowhere", user=USER, password=RIGHT)


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    yield own(kind).url(empty(kind), user=USER, password=RIGHT)


@contextmanager
def other_tables(kind: str) -> Iterator[str]:
    server = own(kind)
    name = server.create_database()
    server.ask("CREATE TABLE users (id int, data text)", database=name)
    yield server.url(name)
    server.drop_database(name)


@contextmanager
def full(kind: str) -> Iterator[str]:
    server = own(kind)
    name = server.create_database()
    with ExitStack() as stack:
        if kind == "postgresql":
            server.ask(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
            yield server.url(name, user=USER, password=RIGHT)
        else:
            server.ask(f"ALTER USER {USER}@'%' WITH MAX_USER_CONNECTIONS 1")
            stack.enter_context(hosted.find(server.url(name, user=USER, password=RIGHT)).connect())
            yield server.url(name, user=USER, password=RIGHT)
            server.ask(f"ALTER USER {USER}@'%' WITH MAX_USER_CONNECTIONS 0")
    server.drop_database(name)


@contextmanager
def clean_stop(kind: str) -> Iterator[str]:
    server, name = own(kind), empty(kind)
    server.stop()
    yield server.url(name, password=PASSWORD)
    server.start()


@contextmanager
def hanging(kind: str) -> Iterator[str]:
    name = empty(kind)
    with hosted.stopped(own(kind)):
        yield f"{own(kind).url(name, password=PASSWORD)}?connect_timeout=2"


@contextmanager
def wrong_authority(kind: str) -> Iterator[str]:
    other = own("postgresql" if kind != "postgresql" else "mariadb").certificate
    option = "sslmode=verify-ca&sslrootcert" if kind == "postgresql" else "ssl_ca"
    yield f"{own(kind).url(empty(kind), password=PASSWORD)}?{option}={other}"


@contextmanager
def no_encryption(kind: str) -> Iterator[str]:
    server, name = own(kind), empty(kind)
    plain = replace(server, options=("--auto-generate-certs=OFF",) if kind == "mysql" else ())
    server.stop()
    kept = {path: path.rename(path.with_suffix(".kept")) for path in [*server.data.glob("*.pem"), server.certificate]}
    plain.start()
    yield f"{server.url(name, password=PASSWORD)}?{'sslmode=require' if kind == 'postgresql' else 'ssl_mode=required'}"
    plain.stop()
    for path, there in kept.items():
        there.rename(path)
    server.start()


Case = Callable[[str], AbstractContextManager[str]]
CASES: dict[Case, str] = {
    wrong_password: LOGIN,
    unknown_user: LOGIN,
    unknown_host: ADDRESS,
    impossible_host: ADDRESS,
    wrong_port: ADDRESS,
    no_database: "has no database of that name, or not for this user. Create it, or correct the name.",
    empty_database: NOTHING,
    other_tables: NOTHING,
    full: "takes no more connections now. Try again later.",
    clean_stop: ADDRESS,
    hanging: ADDRESS,
    wrong_authority: ENCRYPTION,
    no_encryption: ENCRYPTION,
}


def check_discreet(project: Project, url: str, *said: str) -> None:
    """Check that no byte of what was said and written holds a part of the URL."""
    host, _, rest = url.rpartition("@")[2].partition(":")
    planted = {PASSWORD, TYPED, RIGHT, "7f3a9c", host, rest.partition("/")[0], url.partition("?")[0]} - {"1"}
    assert leaks(project, *said, planted=tuple(planted)) == []


@pytest.mark.parametrize("kind", servers.KINDS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_command_says_why_and_leaves_nothing(
    here: Project, case: Case, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CASES[case]
    with case(kind) as url:
        tried = CliRunner().invoke(main, ["collect", "--preview", "--day", str(DAY), "--source", url])
        assert (tried.exit_code, tried.stdout) == (ExitCode.NO_PAYLOAD, ""), tried.output
        assert said in tried.stderr
        assert tried.stderr.startswith("fa-stats: ") or said == NOTHING
        assert tried.stderr.count("\n") == 1 + (said == NOTHING)  # where it got as far as to ask, progress says so
        assert here.files() == {"fa_stats.toml"}
        monkeypatch.setenv("FA_STATS_SOURCE", url)
        seen = CliRunner().invoke(main, ["doctor"])
        assert seen.exit_code == ExitCode.CHECK_FAILED
        assert (said in seen.stdout) or ("holds no FusionAuth tables" in seen.stdout and said == NOTHING)
        daily = run.start({"day": str(DAY)})
        with pytest.raises(SourceError) as caught:
            daily.collect()
    assert said in str(caught.value)
    [record] = here.records()
    assert (record["verdict"], record["exit_code"], record["problem"]) == ("FAILED", 3, str(caught.value))
    assert [entry["event"] for entry in here.entries()] == ["failed"]
    assert (here.folders()[0] / "report.html").is_file()
    assert list(here.data.rglob("*.duckdb")) == list(here.data.rglob("*.json")) == []
    check_discreet(here, url, tried.output, seen.output)


@pytest.mark.parametrize("kind", servers.KINDS)
def test_the_daily_run_ends_in_a_report_that_says_why(project: Project, kind: str) -> None:
    with wrong_password(kind) as url:
        ended = project.run("--source", url)
    assert ended.returncode == ExitCode.NO_PAYLOAD
    assert LOGIN in ended.stdout
    [folder] = project.folders()
    assert ended.stdout.splitlines()[-1] == str((folder / "report.html").relative_to(project.folder))
    assert LOGIN in (folder / "report.html").read_text()
    assert [record["exit_code"] for record in project.records()] == [ExitCode.NO_PAYLOAD]
    check_discreet(project, url, ended.stdout, ended.stderr)
