"""Rights: what a role may do beyond reading what is counted, and what it lacks for that."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the session stands to its server: `excess` says in sentences what its role may do beyond what is needed.

    `local` is whether the server sees the session come from its own machine. A file knows none of this.
    """

    excess: tuple[str, ...] = ()
    encrypted: bool | None = None
    local: bool = True
    read_only: bool | None = None


# Named first where a role may read too much: what nobody may have, then what says most about people.
_SECRETS = (
    "keys.private_key", "keys.secret", "authentication_keys.key_value", "identities.password", "users.password",
    "previous_passwords.password", "refresh_tokens.token", "refresh_tokens.token_text", "external_identifiers.id",
    "webhooks.http_authentication_password", "connectors.data", "identity_providers.data", "tenants.data",
    "instance.license", "users.data", "identities.email", "identities.value", "raw_logins.ip_address",
)  # fmt: skip
_NAMED = 4


def several(names: Iterable[str]) -> str:
    """Return the first few names, and how many more there are."""
    found = list(names)
    rest = len(found) - _NAMED
    return ", ".join(found[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _number(found: Collection[Any], noun: str) -> str:
    return f"{len(found)} {noun}{'s' * (len(found) != 1)}"


def _read(columns: Iterable[tuple[str, str, str, bool]], needed: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Say which columns may be read without need; they are given as (schema, table, column, in the source's schema)."""
    found = [
        (table if ours else f"{schema}.{table}", column)
        for schema, table, column, ours in columns
        if not (ours and column in needed.get(table, ()))
    ]
    if found:
        order = {name: place for place, name in enumerate(_SECRETS)}
        names = sorted((".".join(each) for each in found), key=lambda name: (order.get(name, len(order)), name))
        tables = {table for table, _ in found}
        said = f"{_number(found, 'column')} of {_number(tables, 'table')}"
        yield f"it may read {said} that nothing needs: {several(names)}"


# ----------------------------------------------------------------------------------------------------------- PostgreSQL

_ATTRIBUTES = {
    "rolcreaterole": "make roles",
    "rolcreatedb": "make databases",
    "rolbypassrls": "pass by row-level security",
    "rolreplication": "copy the whole server (REPLICATION)",
}
_SESSION = """
SELECT pg_is_in_recovery(), coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
  coalesce(inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1', true)
"""
_ROLE = f"SELECT rolsuper, {', '.join(_ATTRIBUTES)} FROM pg_roles WHERE rolname = current_user"
# Of the roles that it is a member of, those that ship with the server, those that can do what is never inherited, and
# those that it has to become first: what the others may read shows among its own columns.
_MEMBER = f"""
SELECT rolname FROM pg_roles
WHERE rolname <> current_user AND pg_has_role(oid, 'MEMBER')
  AND (rolname ~ '^pg_' OR rolsuper OR {" OR ".join(_ATTRIBUTES)} OR NOT pg_has_role(oid, 'USAGE'))
ORDER BY rolname
"""
_CREATING = """
SELECT 'schema ' || nspname FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'CREATE')
UNION ALL SELECT 'database ' || current_database() WHERE has_database_privilege(current_database(), 'CREATE')
ORDER BY 1
"""
# An extension's own tables are open to every role, and hold nothing of FusionAuth's. Temporary tables are left out
# too: by default every role may make them.
_RELATIONS = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid), pg_has_role(c.relowner, 'USAGE'),
  has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    OR has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES'),
  ARRAY(
    SELECT a.attname::text FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  )
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY 1, 2
"""


def postgresql(ask: Ask, needed: Mapping[str, Collection[str]]) -> Standing:
    """Return how a session stands to a PostgreSQL server."""
    [(read_only, encrypted, local)] = ask(_SESSION)
    return Standing(tuple(_postgresql_excess(ask, needed)), encrypted, local, read_only)


def _postgresql_excess(ask: Ask, needed: Mapping[str, Collection[str]]) -> Iterator[str]:
    [(superuser, *attributes)] = ask(_ROLE)
    if superuser:  # all the rest follows from it
        yield "it is a superuser, so it may read, change and drop everything on the server"
        return
    may = [words for words, has in zip(_ATTRIBUTES.values(), attributes, strict=True) if has]
    if may:
        yield f"it may {several(may)}"
    if roles := [name for (name,) in ask(_MEMBER)]:
        yield f"it is a member of {several(roles)}"
    relations = ask(_RELATIONS)
    if owned := [name for _, name, _, owns, _, _ in relations if owns]:
        yield f"it owns {_number(owned, 'relation')}: {several(owned)}"
    if written := [name for _, name, _, owns, writes, _ in relations if writes and not owns]:
        yield f"it may write to {_number(written, 'relation')}: {several(written)}"
    if places := [place for (place,) in ask(_CREATING)]:
        yield f"it may create tables or schemas in {several(places)}"
    columns = ((schema, name, column, ours) for schema, name, ours, *_, readable in relations for column in readable)
    yield from _read(columns, needed)


# ---------------------------------------------------------------------------------------------------- MySQL and MariaDB

_GRANT = re.compile(r"GRANT (.+?) ON (.+?) TO .*?( WITH GRANT OPTION)?$")
_ROLE_GIVEN = re.compile(r"GRANT (`.+?) TO ")
_HARMLESS = {"USAGE", "SELECT", "SHOW VIEW"}
_ORIGIN = "SELECT substring_index(user(), '@', -1), @@global.read_only"
_CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"
# The server's own schemas are open to every user in part; what tells of FusionAuth's rows in them takes rights of its
# own, which are among the grants.
_READABLE = """
SELECT table_schema, table_name, column_name, coalesce(table_schema = database(), false) FROM information_schema.columns
WHERE find_in_set('select', privileges) AND table_schema NOT IN ('information_schema', 'performance_schema', 'sys')
"""


def mysql(ask: Ask, needed: Mapping[str, Collection[str]]) -> Standing:
    """Return how a session stands to a MySQL or MariaDB server."""
    [(host, read_only)] = ask(_ORIGIN)
    encrypted = any(cipher for _, cipher in ask(_CIPHER))
    local = host in ("localhost", "127.0.0.1", "::1")
    return Standing(tuple(_mysql_excess(ask, needed)), encrypted, local, read_only not in (0, "0", "OFF"))


def _mysql_excess(ask: Ask, needed: Mapping[str, Collection[str]]) -> Iterator[str]:
    beyond: dict[str, list[str]] = {}
    roles = []
    for (line,) in ask("SHOW GRANTS"):
        if match := _GRANT.match(line):
            listed, where, handed_on = match.groups()
            found = {name.strip() for name in re.sub(r"\([^)]*\)", "", listed).split(",")} - _HARMLESS
            found |= {"GRANT OPTION"} if handed_on else set()
            beyond.setdefault(where, []).extend(sorted(found))
        elif match := _ROLE_GIVEN.match(line):
            roles.append(match.group(1))
    beyond = {where: names for where, names in beyond.items() if names}
    for where, names in list(beyond.items())[:_NAMED]:
        yield f"it has {several(names)} on {'everything (*.*)' if where == '*.*' else where}"
    if len(beyond) > _NAMED:
        yield f"it has such rights in {len(beyond) - _NAMED} places more"
    if roles:
        yield f"it may take the role {several(roles)}"
    columns = ((schema, table, column, bool(ours)) for schema, table, column, ours in ask(_READABLE))
    yield from _read(columns, needed)
