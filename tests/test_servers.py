"""The servers that the tests run on are real, can be killed and started again, and never outlive the tests."""

from __future__ import annotations

import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pymysql
import pytest
import servers
from servers import KINDS, Server

DOWN = (psycopg.OperationalError, pymysql.err.OperationalError)
OWNER = """
import sys, time
sys.path.insert(0, sys.argv[1])
import servers
server = servers.private(sys.argv[2])
print(server.pid, server.folder, flush=True)
time.sleep(600)
"""


@pytest.fixture(params=KINDS)
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Return a server that nobody else uses."""
    server = servers.private(request.param)
    yield server
    server.stop()


def test_a_server_answers(server: Server) -> None:
    assert server is servers.shared(server.kind)
    assert server.ask("SELECT 6 * 7") == [(42,)]
    said = server.ask("SELECT version()")[0][0]
    assert server.version in said
    assert ("PostgreSQL" in said, "MariaDB" in said) == (server.kind == "postgresql", server.kind == "mariadb")


def test_mysql_is_not_mariadb() -> None:
    # MariaDB has no JSON type to cast to, and says 1 where MySQL says true.
    document = """CAST('{"a": true}' AS JSON)"""
    assert servers.mysql().ask(f"SELECT JSON_VALUE({document}, '$.a')") == [("true",)]


def test_a_database_is_new_and_goes_away(server: Server) -> None:
    name, other = server.create_database(), server.create_database()
    assert name != other
    with server.admin(name) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE words (word VARCHAR(10))")
        cursor.execute("INSERT INTO words VALUES ('Straße'), ('strasse'), ('😀')")
    assert server.ask("SELECT count(DISTINCT word) FROM words", database=name) == [(3,)]
    with server.admin(name):  # somebody who is still connected
        server.drop_database(name)
    server.drop_database(other)
    with pytest.raises(DOWN):
        server.ask("SELECT 1", database=name)


def test_a_url_quotes_what_is_special(server: Server) -> None:
    scheme = "postgresql" if server.kind == "postgresql" else "mysql"
    url = server.url("a b", user="me@home", password="p:/@")
    assert url == f"{scheme}://me%40home:p%3A%2F%40@127.0.0.1:{server.port}/a%20b"
    assert server.url("x") == f"{scheme}://{server.user}@127.0.0.1:{server.port}/x"


def test_a_server_proves_who_it_is(server: Server) -> None:
    if server.kind == "postgresql":
        trust = f"sslmode=verify-full sslrootcert={server.certificate}"
        with psycopg.connect(f"host=127.0.0.1 port={server.port} user=postgres dbname=postgres {trust}") as postgres:
            assert postgres.pgconn.ssl_in_use
    else:
        context = ssl.create_default_context(cafile=str(server.certificate))
        with pymysql.connect(host="127.0.0.1", port=server.port, user="root", ssl=context) as connection:
            cursor = connection.cursor()
            cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
            row = cursor.fetchone()
            assert row is not None
            assert row[1]


def test_a_killed_server_starts_again_with_its_data(own: Server) -> None:
    name = own.create_database()
    before = own.pid
    own.kill()
    assert not psutil.pid_exists(before)
    with pytest.raises(DOWN):
        own.ask("SELECT 1")
    own.start()
    assert own.pid != before
    assert own.ask("SELECT 1", database=name) == [(1,)]
    own.stop()
    own.stop()
    with pytest.raises(DOWN):
        own.ask("SELECT 1")


@pytest.mark.parametrize("kind", KINDS)
def test_no_server_outlives_its_owner(kind: str) -> None:
    servers.private(kind).stop()  # skips if there is none
    command = [sys.executable, "-c", OWNER, str(Path(__file__).parent), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()
        first = psutil.Process(int(pid))
        family = [first, *first.children(recursive=True)]
        owner.kill()
    deadline = time.monotonic() + 15
    while (any(map(servers.is_alive, family)) or Path(folder).parent.exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [process for process in family if servers.is_alive(process)]
    assert not Path(folder).parent.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_not_there_is_an_error_in_ci_or_a_skip(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_program", lambda kind: None)
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception, match=r"(?i)there is no .* server: (run|install) "):
        servers.private(kind)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception if kind == "mysql" else RuntimeError, match=r"(?i)there is no .* server"):
        servers.private(kind)
