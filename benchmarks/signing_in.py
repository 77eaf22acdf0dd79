"""People who sign in at a steady rate, far below what the server could take; each line read asks for some seconds.

It answers with one line: how long each sign-in took, in microseconds, as a JSON list.
"""

from __future__ import annotations

import gc
import itertools
import json
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pymysql

from fa_stats.address import MySQLAddress

THREADS = 4
_PEOPLE = """
SELECT i.tenants_id, i.type, i.value, i.users_id, r.applications_id
FROM identities AS i JOIN user_registrations AS r ON r.users_id = i.users_id
WHERE i.value IS NOT NULL AND i.type IS NOT NULL ORDER BY i.id LIMIT 20000
"""
_LOOK = (
    "SELECT id, users_id, password, salt, factor FROM identities WHERE tenants_id = %s AND type = %s AND value = %s",
    "SELECT * FROM users WHERE id = %s",
    "SELECT name, data FROM applications WHERE id = %s",
)
_NOTE = (
    "INSERT INTO raw_logins (applications_id, instant, identities_value, identities_type, users_id) "
    "VALUES (%s, %s, %s, %s, %s)",
    "INSERT INTO last_login_instants (applications_id, users_id, user_last_login_instant) VALUES (%s, %s, %s)",
    "INSERT INTO refresh_tokens (id, applications_id, data, insert_instant, start_instant, tenants_id, token_hash, "
    "users_id) VALUES (%s, %s, '{}', %s, %s, %s, %s, %s)",
)
Person = tuple[Any, ...]


def connected(url: str) -> Any:  # the two drivers' types have little in common
    """Open a connection of an application's."""
    if url.startswith("postgresql:"):
        return psycopg.connect(url, prepare_threshold=1)
    return pymysql.connect(**MySQLAddress.parse(url).arguments())


def sign_in(connection: Any, person: Person, *, binary: bool) -> None:
    """Look up who it is and where to, then note the login and hand out a token."""
    tenant, kind, value, user, application = person
    token, now = uuid.uuid4(), time.time_ns() // 1_000_000
    with connection.cursor() as cursor:
        for sql, values in zip(_LOOK, ((tenant, kind, value), (user,), (application,)), strict=True):
            cursor.execute(sql, values)
            assert cursor.fetchall()
        cursor.execute(_NOTE[0], (application, now, value, kind, user))
        cursor.execute(_NOTE[1], (application, user, now))
        identity = token.bytes if binary else token
        cursor.execute(_NOTE[2], (identity, application, now, now, tenant, token.hex * 2, user))
    connection.commit()


def steadily(rate: float, seconds: float, actions: list[Callable[[], None]]) -> list[int]:
    """Begin one action at a time, in even steps, on as many threads as there are actions; return microseconds.

    One that has to wait for a free thread has begun when it should have.
    """
    begin = time.perf_counter() + 0.05
    turns, took = itertools.count(), []

    def work(action: Callable[[], None]) -> None:
        while (turn := next(turns)) < rate * seconds:
            due = begin + turn / rate
            if (early := due - time.perf_counter()) > 0:
                time.sleep(early)
                due = time.perf_counter()
            action()
            took.append(int((time.perf_counter() - due) * 1_000_000))

    threads = [threading.Thread(target=work, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def main() -> None:
    """Serve the lines of the standard input."""
    url, rate = sys.argv[1], float(sys.argv[2])
    connections = [connected(url) for _ in range(THREADS)]
    with connections[0].cursor() as cursor:
        cursor.execute(_PEOPLE)
        people: list[Person] = list(cursor.fetchall())
    connections[0].commit()
    binary, chance = url.startswith("mysql:"), random.Random(1)  # noqa: S311 - no secret
    gc.freeze()
    gc.disable()
    sys.setswitchinterval(0.0005)

    def action_of(connection: Any) -> Callable[[], None]:
        return lambda: sign_in(connection, chance.choice(people), binary=binary)

    actions = [action_of(connection) for connection in connections]
    for line in sys.stdin:
        print(json.dumps(steadily(rate, float(line), actions)), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
