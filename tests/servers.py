"""Real database servers on free ports of 127.0.0.1, which are gone when the process that asked for them is."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import pymysql
import pytest

KINDS = ("postgresql", "mysql", "mariadb")
BUILD = Path(__file__).parent.parent / "build"
PATIENCE = 60.0
"""Seconds that a server may take to start or to stop."""

_ADVICE = {
    "postgresql": "There is no PostgreSQL server: run tests/setup.sh as root, or install the package postgresql.",
    "mariadb": "There is no MariaDB server: run tests/setup.sh as root, or install mariadb-server-core.",
    "mysql": "MYSQL'S TESTS ARE SKIPPED, THERE IS NO MYSQL SERVER: run tests/mysql.sh on a Debian, or install MySQL.",
}
_NUMBERS = itertools.count(1)
_PROCESSES: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Server:
    """A server that runs, or that was stopped and can be started again."""

    kind: str
    version: str  # as the server says it
    host: str
    port: int
    socket: Path  # the socket; PostgreSQL wants the folder that it is in
    user: str  # may do anything, has no password
    folder: Path
    options: tuple[str, ...] = ()  # more of the command line

    @property
    def data(self) -> Path:
        """Return the folder of the server's data."""
        return self.folder / "data"

    @property
    def certificate(self) -> Path:
        """Return the certificate, made out for localhost and 127.0.0.1, which is its own authority."""
        return self.data / "server.crt"

    @property
    def log(self) -> str:
        """Return what the server said so far."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Return the id of the server's (first) process."""
        return int((self.folder / "pid").read_text())

    def url(self, database: str, *, user: str | None = None, password: str | None = None) -> str:
        """Return the URL of a database, for the superuser if no other is named."""
        scheme = "postgresql" if self.kind == "postgresql" else "mysql"
        secret = "" if password is None else f":{quote(password, safe='')}"
        who = quote(user or self.user, safe="")
        return f"{scheme}://{who}{secret}@{self.host}:{self.port}/{quote(database, safe='')}"

    @contextmanager
    def admin(self, database: str | None = None) -> Iterator[Any]:  # the two drivers' types have little in common
        """Connect as the superuser; each statement is its own transaction."""
        connection: Any
        if self.kind == "postgresql":
            connection = psycopg.connect(
                host=self.host, port=self.port, user=self.user, dbname=database or "postgres", autocommit=True
            )
        else:
            connection = pymysql.connect(
                host=self.host, port=self.port, user=self.user, database=database, charset="utf8mb4", autocommit=True
            )
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, sql: str, parameters: Sequence[Any] | None = None, *, database: str | None = None) -> list[Any]:
        """Run one statement as the superuser and return its rows, if it has any."""
        with self.admin(database) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall()) if cursor.description else []

    def create_database(self) -> str:
        """Make an empty database and return its name, which was never used before."""
        name = f"fa_{os.getpid()}_{next(_NUMBERS)}"
        ours = "ENCODING 'UTF8' TEMPLATE template0"
        theirs = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        self.ask(f"CREATE DATABASE {name} {ours if self.kind == 'postgresql' else theirs}")
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database even if somebody is still connected to it."""
        self.ask(f"DROP DATABASE {name} {'WITH (FORCE)' if self.kind == 'postgresql' else ''}")

    def start(self) -> None:
        """Start the server on its data and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            # The shell notes its id before it becomes the server, so that no moment is left in which nobody knows it.
            _PROCESSES[self.folder] = subprocess.Popen(
                ["/bin/sh", "-c", 'echo $$ >"$0" && exec "$@"', self.folder / "pid", *self._command()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_account(self.kind),
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("SELECT 1")
            except (psycopg.OperationalError, pymysql.err.OperationalError) as error:
                ended = _PROCESSES[self.folder].poll() is not None
                if ended or time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(f"{self.kind} does not start: {error}\n{self.log[-3000:]}") from error
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop the server as an administrator would; nothing happens if it does not run."""
        # SIGINT makes PostgreSQL leave without waiting for those who are connected; the others do so anyway.
        self._end(signal.SIGINT if self.kind == "postgresql" else signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server as a power failure would; nothing happens if it does not run."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        """Send a signal and wait until every process of the server is gone."""
        process = _PROCESSES.pop(self.folder, None)
        if process is None:
            return
        family: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(how)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # PostgreSQL does not start again while one of its old processes is there.
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        deadline = time.monotonic() + PATIENCE
        while any(map(is_alive, family)) and time.monotonic() < deadline:
            time.sleep(0.005)
        (self.folder / "pid").unlink(missing_ok=True)

    def _command(self) -> list[str | Path]:
        """Return the server's command line; nothing in it is meant to survive a power failure."""
        crt, key = self.certificate, self.data / "server.key"
        if self.kind == "postgresql":
            settings = {
                "listen_addresses": self.host,
                "port": self.port,
                "unix_socket_directories": self.socket,
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "dynamic_shared_memory_type": "mmap",  # in the data's folder, so that a kill leaves nothing behind
                "max_connections": 100,
                "ssl": "on" if crt.exists() else "off",
            }
            usual = (f"--{name}={value}" for name, value in settings.items())
            return [_found(self.kind), "-D", self.data, *usual, *self.options]
        tls = [f"--ssl-cert={crt}", f"--ssl-key={key}", f"--ssl-ca={crt}"] if crt.exists() else []
        return [
            *_mysqlish(self.kind, self.data),
            f"--bind-address={self.host}",
            f"--port={self.port}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder / 'own.pid'}",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=256M",
            "--skip-log-bin",
            "--skip-name-resolve",
            *(["--mysqlx=OFF", "--secure-file-priv=NULL"] if self.kind == "mysql" else []),
            *tls,
            *self.options,
        ]


def is_alive(process: psutil.Process) -> bool:
    """Whether a process still runs; one that only waits for its parent to note its end does not."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@functools.cache
def postgresql() -> Server:
    """Return the PostgreSQL server that the tests share."""
    return private("postgresql")


@functools.cache
def mysql() -> Server:
    """Return the MySQL server that the tests share."""
    return private("mysql")


@functools.cache
def mariadb() -> Server:
    """Return the MariaDB server that the tests share."""
    return private("mariadb")


def shared(kind: str) -> Server:
    """Return the server of a kind that the tests share."""
    return {"postgresql": postgresql, "mysql": mysql, "mariadb": mariadb}[kind]()


def private(kind: str, *options: str) -> Server:
    """Start a server that nobody else uses; stop it when done, or leave that to the end of the process.

    Its options go before the usual ones.
    """
    _require(kind)
    folder = _home() / f"{kind}-{next(_NUMBERS)}"
    folder.mkdir()
    _give_away(folder, kind)
    subprocess.run(["cp", "-a", "--reflink=auto", _template(kind), folder / "data"], check=True)
    user = "postgres" if kind == "postgresql" else "root"
    where = folder if kind == "postgresql" else folder / "socket"
    server = Server(kind, "", "127.0.0.1", _free_port(), where, user, folder, options)
    server.start()
    version = server.ask("SHOW server_version" if kind == "postgresql" else "SELECT version()")[0][0]
    return replace(server, version=str(version))


def _require(kind: str) -> None:
    """Skip the test if there is no such server; in CI that is an error, except for the one that is hard to get."""
    if _program(kind) is not None:
        return
    if os.environ.get("CI") == "true" and kind != "mysql":
        raise RuntimeError(_ADVICE[kind])
    pytest.skip(_ADVICE[kind])


@functools.cache
def _program(kind: str) -> Path | None:
    """Return a server's program, or none; what calls itself mysqld is often MariaDB."""
    if kind == "postgresql":
        # Debian keeps every version in a folder of its own, off the path.
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
        candidates: list[str | Path | None] = [*reversed(found), shutil.which("postgres")]
    elif kind == "mariadb":
        candidates = [shutil.which("mariadbd"), "/usr/sbin/mariadbd"]
    else:
        candidates = [BUILD / "mysql" / "mysqld", shutil.which("mysqld"), "/usr/sbin/mysqld"]
    for path in candidates:
        says = _says(Path(path)) if path and Path(path).exists() else ""
        if path and says and ("MariaDB" in says) == (kind == "mariadb"):
            return Path(path).absolute()
    return None


@functools.cache
def _says(program: Path) -> str:
    """Return what a program says about its version, which is nothing if it does not even start."""
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()


@functools.cache
def _template(kind: str) -> Path:
    """Return the data of a new server of this kind, made once for all test runs, as that takes seconds."""
    program = _found(kind)
    version = re.search(r"\d+(\.\d+)+", _says(program))
    owner = _account(kind).get("user", os.getuid())
    name = f"{kind}-{version.group() if version else 'unknown'}-{owner}"
    kept = BUILD / "servers" / name
    if kept.exists():
        return kept
    folder = _home() / f"new-{kind}"
    folder.mkdir()
    _give_away(folder, kind)
    data = folder / "data"
    command: list[str | Path]
    if kind == "postgresql":
        command = [program.parent / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]
        command += ["--encoding=UTF8", "--locale=C"]
    elif kind == "mysql":
        sql = folder / "root.sql"  # otherwise root could come through the socket only
        sql.write_text("CREATE USER root@'127.0.0.1';\nGRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n")
        command = [*_mysqlish(kind, data), "--initialize-insecure", "--skip-log-bin", f"--init-file={sql}"]
    else:
        command = ["mariadb-install-db", *_mysqlish(kind, data)[1:], "--auth-root-authentication-method=normal"]
        command += ["--skip-test-db"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **_account(kind))
    if made.returncode:
        raise RuntimeError(f"No data for {kind}:\n{made.stdout}\n{made.stderr}")
    _certify(data, kind)
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(dir=kept.parent, prefix="."))
    subprocess.run(["cp", "-a", "--reflink=auto", data, copy / "data"], check=True)
    with suppress(OSError):  # another test run was faster
        (copy / "data").rename(kept)
    shutil.rmtree(copy)
    return kept


def _found(kind: str) -> Path:
    """Return the program of a server that is there."""
    program = _program(kind)
    assert program is not None, _ADVICE[kind]
    return program


def _mysqlish(kind: str, data: Path) -> list[str | Path]:
    """Return the part of the command line that making the data and serving it have in common."""
    log = "--innodb-redo-log-capacity=48M" if kind == "mysql" else "--innodb-log-file-size=48M"
    root = ["--user=root"] if os.getuid() == 0 and not _account(kind) else []
    return [_found(kind), "--no-defaults", f"--datadir={data}", "--innodb-flush-method=nosync", log, *root]


def _certify(data: Path, kind: str) -> None:
    """Put a certificate and its key beside the data, if OpenSSL is there to make them."""
    if shutil.which("openssl") is None:
        return
    command = ["openssl", "req", "-x509", "-nodes", "-days", "3650", "-subj", "/CN=localhost", "-newkey", "rsa:2048"]
    for extension in ("subjectAltName=DNS:localhost,IP:127.0.0.1", "keyUsage=critical,digitalSignature,keyCertSign"):
        command += ["-addext", extension]
    command += ["-keyout", str(data / "server.key"), "-out", str(data / "server.crt")]
    subprocess.run(command, check=True, capture_output=True)
    (data / "server.key").chmod(0o600)
    for name in ("server.key", "server.crt"):
        _give_away(data / name, kind)


@functools.cache
def _account(kind: str) -> dict[str, Any]:
    """Return how a child becomes a user who may be a server: PostgreSQL refuses to run as root, and it is right."""
    # A checkout in root's home is closed to everybody else, and so is the MySQL that was unpacked in it.
    closed = kind == "mysql" and not all(folder.stat().st_mode & 0o001 for folder in _found(kind).parents)
    if os.getuid() or closed:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_away(path: Path, kind: str) -> None:
    """Let the account that a server runs as own a file or folder."""
    if account := _account(kind):
        os.chown(path, account["user"], account["group"])


def _free_port() -> int:
    """Return a port that nobody listens on, and that no outgoing connection gets while the server is stopped."""
    while True:
        port = random.randrange(20000, 32000)  # below those that Linux gives to outgoing connections
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@functools.cache
def _home() -> Path:
    """Return a folder for this process's servers; they and it are gone when the process is, however it ends."""
    home = Path(tempfile.mkdtemp(prefix="fa_servers_"))
    home.chmod(0o755)
    # The keeper waits for the end of its input, which comes even if this process is killed. SIGQUIT stops PostgreSQL
    # at once and yet leaves no shared memory behind.
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", _KEEPER, "keeper", home],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(_leave, keeper, os.getpid())
    return home


_KEEPER = """
trap '' HUP INT TERM
cat >/dev/null
signal() { for pid in "$home"/*/pid; do [ -s "$pid" ] && kill "-$1" "$(cat "$pid")" && echo alive; done; }
home=$1
signal QUIT
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -n "$(signal 0)" ] && sleep 0.1; done
signal KILL
rm -rf "$home" || { sleep 1; rm -rf "$home"; }
"""


def _leave(keeper: subprocess.Popen[bytes], owner: int) -> None:
    """Stop the servers and let the keeper clean up."""
    if os.getpid() != owner:  # a fork of the process that started them
        return
    for folder, process in _PROCESSES.items():  # at once: nobody needs the data any more
        process.send_signal(signal.SIGQUIT if folder.name.startswith("postgresql") else signal.SIGKILL)
    keeper.communicate()
    for process in _PROCESSES.values():
        process.wait()
