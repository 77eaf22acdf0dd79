"""MySQL URLs are read whole, and nothing of them ever shows."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
import servers

from fa_stats.address import MySQLAddress, mysql_unreached, postgresql_unreached
from fa_stats.errors import UsageError

SECRET = "pw-7f3a9c"
URL = f"mysql://jo:{SECRET}@db.internal/fusion"


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYSQL_PWD", raising=False)


def test_a_plain_url_gets_the_usual_port_and_encryption_where_the_server_can() -> None:
    assert MySQLAddress.parse(URL).arguments() == {
        "host": "db.internal",
        "port": 3306,
        "user": "jo",
        "password": SECRET.encode(),
        "database": "fusion",
        "unix_socket": None,
        "connect_timeout": 10,
        "charset": "utf8mb4",
    }


def test_everything_in_a_url_is_decoded() -> None:
    found = MySQLAddress.parse(
        "mysql://j%40o:p%C3%A4%2F%3A%25+@[2001:db8::7]:3307/my%20db?unix_socket=/run/a+b%20c&connect_timeout=3"
    ).arguments()
    assert (found["user"], found["password"]) == ("j@o", "pä/:%+".encode())
    assert (found["host"], found["port"], found["database"]) == ("2001:db8::7", 3307, "my db")
    assert (found["unix_socket"], found["connect_timeout"]) == ("/run/a+b c", 3)


def test_without_host_user_and_password_the_usual_ones_are_meant() -> None:
    found = MySQLAddress.parse("mysql:///fusion").arguments()
    assert (found["host"], found["user"], found["password"]) == ("localhost", None, b"")


@pytest.mark.parametrize(
    ("url", "password"),
    [("mysql://jo@h/d", b"hunter"), ("mysql://jo:@h/d", b""), (URL, SECRET.encode())],
    ids=["none", "empty", "given"],
)
def test_the_environment_gives_the_password_that_the_url_lacks(
    url: str, password: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYSQL_PWD", "hunter")
    assert MySQLAddress.parse(url).arguments()["password"] == password


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"mysql://jo:{SECRET}@db.internal", "names no database"),
        (f"mysql://jo:{SECRET}@db.internal/", "names no database"),
        (f"mysql://jo:{SECRET}@db.internal:99999/d", "cannot be read"),
        (f"mysql://jo:{SECRET}@db.internal:x/d", "cannot be read"),
        (f"mysql://jo:{SECRET}@[db.internal/d", "cannot be read"),
        (f"mysql:jo:{SECRET}@db.internal/d", "That is no MySQL URL"),
        (f"{URL}#x", "That is no MySQL URL"),
        (f"{URL}%FF", "no UTF-8"),
        (f"{URL}?sslmode=required", "no option `sslmode`"),
        (f"mysql://jo:pw?{SECRET}=@db.internal/d", "cannot be read"),
        (f"mysql://jo:12?{SECRET}=@db.internal/d", "names no database"),
        (f"{URL}?{SECRET}=1", "A MySQL URL has no option."),
        (f"{URL}?ssl_mode={SECRET}", "`ssl_mode` in the MySQL URL is one of disabled, preferred"),
        (f"{URL}?connect_timeout=0", "from 1 to 3600"),
        (f"{URL}?connect_timeout=²", "from 1 to 3600"),
    ],
)
def test_a_mistake_is_told_without_the_url(url: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        MySQLAddress.parse(url)
    assert said in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "internal" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_no_repr_shows_anything() -> None:
    address = MySQLAddress.parse(URL)
    for part in (SECRET, "jo", "internal", "fusion"):
        assert part not in f"{address!r} {address}"
    assert address == MySQLAddress.parse(URL)


def test_the_modes_of_encryption_are_those_of_mysqls_clients() -> None:
    def found(options: str) -> dict[str, object]:
        return MySQLAddress.parse(f"{URL}?{options}").arguments()

    assert found("ssl_mode=disabled")["ssl_disabled"] is True
    assert not {"ssl", "ssl_disabled"} & found("ssl_mode=PREFERRED").keys()
    for mode, verify, name in (
        ("required", ssl.CERT_NONE, False),
        ("verify_ca", ssl.CERT_REQUIRED, False),
        ("verify_identity", ssl.CERT_REQUIRED, True),
    ):
        context = found(f"ssl_mode={mode}")["ssl"]
        assert isinstance(context, ssl.SSLContext)
        assert (context.verify_mode, context.check_hostname) == (verify, name)


@pytest.mark.parametrize("option", ["ssl_ca", "ssl_cert"])
def test_a_certificate_that_cannot_be_read_is_told(option: str, tmp_path: Path) -> None:
    empty = tmp_path / f"{SECRET}.pem"
    empty.write_text("nothing")
    for path in (empty, tmp_path / f"{SECRET}-missing.pem"):
        with pytest.raises(UsageError, match="cannot be read as PEM") as caught:
            MySQLAddress.parse(f"{URL}?{option}={path}").arguments()
        assert SECRET not in str(caught.value)


@pytest.fixture(params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> servers.Server:
    return servers.shared(request.param)


def _cipher(url: str) -> str:
    with pymysql.connect(**MySQLAddress.parse(url).arguments()) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        row = cursor.fetchone()
        assert row
        return str(row[1])


@pytest.fixture
def url(server: servers.Server) -> Iterator[str]:
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


def test_a_real_server_is_spoken_to_as_the_mode_says(server: servers.Server, url: str) -> None:
    if not server.certificate.exists():
        pytest.skip("There is no OpenSSL to make a certificate with.")
    assert _cipher(f"{url}?ssl_mode=disabled") == ""
    authority = f"ssl_ca={server.certificate}"
    for options in ("", "?ssl_mode=required", f"?{authority}", f"?ssl_mode=verify_identity&{authority}"):
        assert _cipher(url + options)
    with pytest.raises(pymysql.err.OperationalError) as caught:
        _cipher(f"{url}?ssl_mode=verify_ca")
    assert "encrypted connection" in str(mysql_unreached(caught.value))


def test_the_socket_is_used_when_it_is_named(server: servers.Server, url: str) -> None:
    nowhere = url.replace(f":{server.port}", ":1")
    assert _cipher(f"{nowhere}?ssl_mode=disabled&unix_socket={server.socket}") == ""


@pytest.mark.parametrize(
    ("libpq", "said"),
    [
        ('connection failed: FATAL:  password authentication failed for user "jo"', "the user or the password"),
        ("fe_sendauth: no password supplied", "the user or the password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "jo", database "d"', "the user or the password"),
        ('FATAL:  role "jo" does not exist', "the user or the password"),
        ('FATAL:  database "jo" does not exist', "no database of that name"),
        ('could not translate host name "jo" to address', "cannot be reached"),
        ("connection to server at jo failed: Connection refused\n\tIs the server running", "cannot be reached"),
        ("connection timeout expired", "cannot be reached"),
        ("FATAL:  sorry, too many clients already", "no more connections"),
        ("server does not support SSL, but SSL was required", "encrypted connection"),
        ("jo wants something unheard of", "does not let us in"),
    ],
)
def test_libpqs_words_become_ours(libpq: str, said: str) -> None:
    told = str(postgresql_unreached(Exception(libpq)))
    assert said in told
    assert "jo" not in told


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (pymysql.err.OperationalError(1045, "Access denied for user 'jo'@'h'"), "the user or the password"),
        (pymysql.err.OperationalError(1049, "Unknown database 'jo'"), "no database of that name"),
        (pymysql.err.OperationalError(2003, "Can't connect to MySQL server on 'jo'"), "cannot be reached"),
        (pymysql.err.OperationalError(2003, "jo: certificate verify failed"), "encrypted connection"),
        (pymysql.err.OperationalError(9999, "jo"), "does not let us in"),
        (RuntimeError(), "does not let us in"),
    ],
)
def test_mysqls_codes_become_words(error: Exception, said: str) -> None:
    told = str(mysql_unreached(error))
    assert said in told
    assert "jo" not in told
