"""With the rights that `fa-stats grants` prints, everything can be counted on real servers, and nothing else read."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import roles
import servers
from click.testing import CliRunner
from instances import BEFORE
from roles import Role

from fa_stats import catalogue, grants
from fa_stats.catalogue import CONFIGURATION, Stat
from fa_stats.cli import main
from fa_stats.demo.schema import read_facts
from fa_stats.dialects import DIALECTS, Dialect, MariaDB, MySQL, PostgreSQL
from fa_stats.errors import UsageError
from fa_stats.query import Query, compose

REFUSED = {"42501", 1044, 1045, 1142, 1143, 1227, 1345}  # for want of a right, and for nothing else
THERE = {(fact["table"], fact["column"]) for fact in read_facts("schema.csv")}


@pytest.fixture
def role(server: servers.Server) -> Iterator[Role]:
    with roles.made(server, roles.loaded(server.kind)) as made:
        made.grant()
        yield made


@pytest.fixture
def viewer(server: servers.Server) -> Iterator[Role]:
    with roles.made(server, roles.loaded(server.kind), views=True) as made:
        made.grant()
        yield made


def stats() -> list[Stat]:
    found = catalogue.load().statement.values()
    return [stat for each in found if each.name != CONFIGURATION for stat in each.stats]


def granted(role: Role) -> set[tuple[str, str]]:
    """The (table, column) pairs that the server says a role may read, or (table, '') for all of a table."""
    if role.server.kind == "postgresql":
        columns, tables = "role_column_grants", "role_table_grants"
        grantee = role.name
    else:
        columns, tables = "column_privileges", "table_privileges"
        grantee = f"'{role.name}'@'%'"  # so it stands there, nothing doubled
    asked = "WHERE grantee = %s AND privilege_type = 'SELECT'"
    whole = role.server.ask(
        f"SELECT table_name, '' FROM information_schema.{tables} {asked}", [grantee], database=role.database
    )
    if role.server.kind == "postgresql" and whole:  # which lists the columns of whole tables too
        return set(whole)
    parts = role.server.ask(
        f"SELECT table_name, column_name FROM information_schema.{columns} {asked}", [grantee], database=role.database
    )
    return {*whole, *parts}


# ------------------------------------------------------------------------------------------------- what is counted


def test_the_role_counts_all_that_an_administrator_counts(role: Role) -> None:
    all_of_it = roles.collected(role.server.url(role.database))
    found = roles.collected(role.url)
    assert roles.answers(found) == roles.answers(all_of_it)
    assert sum(status == "ok" for status, _ in roles.answers(found).values()) > 200
    assert [statement.name for statement in found.statements if statement.failure] == []


def test_over_views_the_very_same_is_counted(viewer: Role) -> None:
    found = roles.collected(viewer.url)
    assert roles.answers(found) == roles.answers(roles.collected(viewer.server.url(viewer.database)))
    assert [statement.name for statement in found.statements if statement.failure] == []


@pytest.mark.parametrize("views", [False, True])
def test_every_stat_alone_can_be_counted(server: servers.Server, views: bool) -> None:
    dialects: dict[str, Dialect] = {
        "postgresql": PostgreSQL(views=views), "mysql": MySQL(views=views), "mariadb": MariaDB(views=views)
    }  # fmt: skip
    counted = 0
    with roles.made(server, roles.loaded(server.kind), views=views) as role:
        role.grant()
        with role.connect() as connection, connection.cursor() as cursor:
            for stat in stats():
                [query] = compose(catalogue.load(), [stat], dialects[server.kind])
                if any((table, each) not in THERE for table in query.columns for each in query.columns[table]):
                    continue  # of a version to come
                for name in query.parameters:
                    value = "00000000-0000-0000-0000-000000000000" if name == "tenant_manager" else "0"
                    postgresql = server.kind == "postgresql"
                    cursor.execute(f"SET fa_stats.{name} = '{value}'" if postgresql else f"SET @{name} = '{value}'")
                cursor.execute(query.sql)
                counted += 1
    assert counted > 200


@pytest.mark.parametrize("views", [False, True])
def test_on_an_older_schema_what_is_absent_is_left_out(server: servers.Server, views: bool) -> None:
    with roles.made(server, roles.loaded(server.kind, BEFORE), views=views) as role:
        role.grant()
        found = roles.collected(role.url)
        assert roles.answers(found) == roles.answers(roles.collected(role.server.url(role.database)))
        assert roles.answers(found)["tenantPhoneConfigurationMessengers"][0] == "unavailable"


@pytest.mark.parametrize("views", [False, True])
def test_after_an_upgrade_of_the_instance_the_same_sql_grants_the_new_column_too(
    server: servers.Server, views: bool
) -> None:
    database = server.create_database()
    for table, columns in (
        ("tenants", "id int, data text"),
        ("system_configuration", "data text, report_timezone text"),
    ):
        server.ask(f"CREATE TABLE {table} ({columns})", database=database)
    with roles.made(server, database, views=views) as role:
        role.grant()
        read = "SELECT count(multi_factor_requirement_lambdas_id) FROM tenants"
        assert role.refusal(read)
        server.ask("ALTER TABLE tenants ADD COLUMN multi_factor_requirement_lambdas_id int", database=database)
        assert role.refusal(read)
        role.grant()
        assert role.refusal(read) is None
    server.drop_database(database)


def test_the_servers_own_clients_take_it_twice(server: servers.Server) -> None:
    client = shutil.which("psql" if server.kind == "postgresql" else "mysql")
    assert client, "the server's own client program is missing: tests/setup.sh installs it"
    database = roles.loaded(server.kind)
    command = [client, "-X", "-v", "ON_ERROR_STOP=1", server.url(database)]
    if server.kind != "postgresql":
        command = [client, "--no-defaults", f"--host={server.host}", f"--port={server.port}", f"--user={server.user}"]
        command += ["--skip-ssl"] if "MariaDB" in subprocess.check_output([client, "--version"], text=True) else []
    for views in (False, True):
        with roles.made(server, database, views=views) as role:
            for _ in range(2):
                ended = subprocess.run(command, input=role.script(), capture_output=True, text=True, check=False)
                assert [ended.returncode, ended.stderr] == [0, ""]
            assert role.refusal("SELECT count(id) FROM tenants") is None


# ----------------------------------------------------------------------------------------------- what is forbidden

FORBIDDEN = """
SELECT max(password) FROM users
SELECT max(email) FROM identities
SELECT max(password) FROM identities
SELECT count(*) FROM identities
SELECT count(*) FROM users
SELECT max(private_key) FROM {keys}
SELECT max(secret) FROM {keys}
SELECT max(key_value) FROM authentication_keys
SELECT max(permissions) FROM authentication_keys
SELECT * FROM authentication_keys
SELECT * FROM tenants
SELECT max(name) FROM tenants
SELECT max(name) FROM applications
SELECT count(expiration_instant) FROM authentication_keys WHERE key_value LIKE '1%'
SELECT max(expiration_instant) FROM authentication_keys GROUP BY name
SELECT count(id) FROM tenants ORDER BY max(name)
SELECT max(token) FROM refresh_tokens
SELECT count(*) FROM refresh_tokens
SELECT max(ip_address) FROM raw_logins
SELECT max(license) FROM instance
SELECT max(data) FROM external_identifiers
SELECT max(data) FROM connectors
SELECT max(data) FROM identity_providers
SELECT max(headers) FROM webhooks
SELECT max(http_authentication_password) FROM webhooks
SELECT max(url) FROM nodes
SELECT max(data) FROM ip_access_control_lists
SELECT count(tenants.id) FROM tenants JOIN users ON users.tenants_id = tenants.id
UPDATE tenants SET data = NULL
UPDATE system_configuration SET data = '{{}}'
INSERT INTO nodes SELECT * FROM nodes
INSERT INTO version (version) VALUES ('1')
DELETE FROM version
DROP TABLE version
ALTER TABLE version ADD COLUMN more int
CREATE TABLE own (i int)
CREATE VIEW own AS SELECT id FROM tenants
"""
ONLY = {
    "postgresql": """
SELECT tenants FROM tenants
SELECT row_to_json(tenants) FROM tenants
SELECT tenants.ctid FROM tenants
SELECT xmin FROM tenants
TABLE tenants
COPY tenants TO STDOUT
COPY (SELECT id FROM tenants) TO PROGRAM 'cat'
TRUNCATE version
BEGIN; LOCK TABLE tenants IN EXCLUSIVE MODE
SELECT id FROM tenants FOR UPDATE
CREATE TEMPORARY TABLE own (i int)
CREATE SCHEMA own
SELECT max(rolpassword) FROM pg_authid
SELECT pg_read_file('PG_VERSION')
""",
    "mysql": """
CREATE TEMPORARY TABLE own (i int)
CREATE DATABASE own
SELECT id FROM tenants INTO OUTFILE '/tmp/never'
SELECT max(authentication_string) FROM mysql.user
TRUNCATE version
LOCK TABLES tenants WRITE
""",
}


def forbidden(kind: str) -> list[str]:
    only = ONLY["postgresql" if kind == "postgresql" else "mysql"]
    return (
        (FORBIDDEN + only)
        .strip()
        .format(keys='"keys"' if kind == "postgresql" else "`keys`")
        .replace("\n\n", "\n")
        .splitlines()
    )


def test_nothing_else_can_be_read_or_written(role: Role) -> None:
    if role.server.kind == "postgresql":  # as the script advises
        assert "-- REVOKE TEMPORARY ON DATABASE fusionauth FROM PUBLIC;" in role.script()
        role.alter(f"REVOKE TEMPORARY ON DATABASE {role.database} FROM PUBLIC")
    found = {sql: role.refusal(sql) for sql in forbidden(role.server.kind)}
    assert len(found) > 40
    assert {sql: code for sql, code in found.items() if code not in REFUSED} == {}


def test_the_statistics_that_a_server_keeps_of_columns_show_nothing_of_others() -> None:
    server = servers.postgresql()
    database = roles.loaded("postgresql")
    server.ask("ANALYZE", database=database)
    secret = "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'"
    assert ("identities", "email") in server.ask(secret, database=database)
    for views in (False, True):
        with roles.made(server, database, views=views) as role:
            role.grant()
            with role.connect() as connection:
                shown = connection.execute(secret).fetchall()
            assert set(shown) <= (set() if views else granted(role))


VIEWED = """
SELECT data FROM tenants
SELECT max(data) FROM {schema}.tenants
SELECT {schema}.tenants.data FROM {schema}.tenants
SELECT id FROM {schema}.tenants
SELECT count(*) FROM {schema}.tenants
SELECT * FROM {schema}.tenants
SELECT count(id) FROM tenants WHERE data LIKE '%a%'
SELECT count(*) FROM tenants JOIN {schema}.tenants AS hidden ON hidden.id = tenants.id
SELECT (SELECT max(data) FROM {schema}.tenants)
SELECT max(key_value) FROM {schema}.authentication_keys
SELECT count(*) FROM {schema}.users
CREATE OR REPLACE VIEW tenants AS SELECT data FROM {schema}.tenants
UPDATE nodes SET id = id
UPDATE {schema}.tenants SET data = NULL
DELETE FROM nodes
INSERT INTO version (version) VALUES ('1')
"""
VIEWED_ON_POSTGRESQL = """
TABLE {schema}.tenants
COPY {schema}.tenants TO STDOUT
SELECT to_json(hidden) FROM {schema}.tenants AS hidden
SELECT hidden FROM {schema}.tenants AS hidden
EXPLAIN ANALYZE SELECT data FROM {schema}.tenants
DROP VIEW tenants
ALTER VIEW tenants SET (security_invoker = false)
"""


def test_over_views_a_document_can_be_read_in_no_form(viewer: Role) -> None:
    postgresql = viewer.server.kind == "postgresql"
    schema = "public" if postgresql else viewer.database
    tried = (VIEWED + (VIEWED_ON_POSTGRESQL if postgresql else "")).strip().format(schema=schema).replace("\n\n", "\n")
    unknown = {"42703", 1054}  # there is no such column
    found = {sql: viewer.refusal(sql) for sql in tried.splitlines()}
    assert {sql: code for sql, code in found.items() if code not in REFUSED | unknown} == {}


def test_a_row_of_a_view_as_a_whole_holds_no_document(viewer: Role) -> None:
    documents = [text for (text,) in viewer.server.ask("SELECT data FROM tenants", database=viewer.database) if text]
    with viewer.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tenants")
        rows = cursor.fetchall()
    assert len(rows) > 3
    assert all(len(str(value)) < 60 for row in rows for value in row)
    assert not any(document in str(rows) for document in documents)


# --------------------------------------------------------------------------------------------- exactly what is read


def test_what_is_granted_is_what_is_read_and_nothing_else(role: Role) -> None:
    dialect = DIALECTS[role.server.kind]
    queries = [query for stat in stats() for query in compose(catalogue.load(), [stat], dialect)]
    queries += compose(catalogue.load(), stats(), dialect)
    read = {(table, each) for query in queries for table in query.columns for each in query.columns[table]}
    assert {(table, each) for table, each in granted(role) if each} == granted(role)
    assert granted(role) == read & THERE
    assert {each for each in read if each not in THERE} == {
        ("applications", "multi_factor_requirement_lambdas_id"),
        ("tenants", "multi_factor_requirement_lambdas_id"),
        ("identity_providers", "tenants_id"),
        ("form_steps", "type"),
    }
    assert {table for query in queries for table in query.columns} == {table for table, _ in granted(role)}


def test_over_views_only_the_views_are_granted(viewer: Role) -> None:
    assert granted(viewer) == {(each.name, "") for each in grants.wanted(catalogue.load(), MySQL())}


def test_without_any_one_column_something_cannot_be_counted() -> None:
    server = servers.postgresql()
    queries = compose(catalogue.load(), [stat for stat in stats() if not missing(stat)], PostgreSQL())
    with roles.made(server, roles.loaded("postgresql")) as role:
        role.grant()
        with role.connect() as connection, server.admin(role.database) as admin:
            allow(connection, queries)
            read = {(table, each) for query in queries for table in query.columns for each in query.columns[table]}
            assert len(read) > 120
            for table, column in sorted(read):
                admin.execute(f'REVOKE SELECT ("{column}") ON {table} FROM {role.account}')
                reading = [query.sql for query in queries if table in query.columns]
                assert any(explained(connection, sql) == "42501" for sql in reading), (table, column)
                admin.execute(f'GRANT SELECT ("{column}") ON {table} TO {role.account}')
            assert {explained(connection, query.sql) for query in queries} == {None}


def missing(stat: Stat) -> bool:
    columns = catalogue.load().statement[stat.statement].columns_of([stat])
    return any((table, each) not in THERE for table in columns for each in columns[table])


def allow(connection: Any, queries: Iterable[Query]) -> None:
    """Set all parameters, so that the queries can be planned."""
    for name in {name for query in queries for name in query.parameters}:
        value = "00000000-0000-0000-0000-000000000000" if name == "tenant_manager" else "0"
        connection.execute(f"SET fa_stats.{name} = '{value}'")


def explained(connection: Any, sql: str) -> str | None:
    try:
        connection.execute(f"EXPLAIN {sql}")
    except Exception as error:
        return getattr(error, "sqlstate", str(error))
    return None


def test_over_views_each_document_is_parsed_once_and_only_where_it_is_read() -> None:
    server = servers.postgresql()
    queries = compose(catalogue.load(), [stat for stat in stats() if not missing(stat)], PostgreSQL(views=True))
    with roles.made(server, roles.loaded("postgresql"), views=True) as role:
        role.grant()
        with server.admin(role.database) as admin:
            admin.execute("SET search_path = fa_stats")
            allow(admin, queries)
            plans = [admin.execute(f"EXPLAIN (VERBOSE) {query.sql}").fetchall() for query in queries]
    tables = "|".join(name.partition(".")[0] for query in queries for name in query.documents)
    document = rf"(?:{tables})(?:_\d+)?\.(?:meta_)?data\b"
    for query, plan in zip(queries, plans, strict=True):
        text = "\n".join(line for (line,) in plan)
        scans = "\n".join(re.findall(r"Scan [^\n]*on public\.[^\n]*\n +Output: ([^\n]*)", text))
        # A scan that handed a document on as it is would have it parsed above, once for each value.
        assert len(re.findall(rf"\b{document}", scans)) == len(query.documents), query.name
        assert len(re.findall(rf"NULLIF\({document}, ", scans)) == len(query.documents), query.name
    assert sum(bool(query.documents) for query in queries) > 6


# ------------------------------------------------------------------------------------------------ names of all kinds


@pytest.mark.parametrize("views", [False, True])
@pytest.mark.parametrize("name", ['o\'Brien "x"; --', "`tick` {role}'", "Übung %s"])
def test_a_name_of_any_kind_is_quoted(server: servers.Server, name: str, views: bool) -> None:
    database = server.create_database()
    server.ask("CREATE TABLE nodes (id int, url text)", database=database)
    account = Role(server, database, name).account
    with server.admin(database) as admin, admin.cursor() as cursor:
        cursor.execute(f"CREATE {'ROLE' if server.kind == 'postgresql' else 'USER'} {account}")
        roles.run_script(server, database, Role(server, database, name, views).script())
        assert granted(Role(server, database, name, views)) == {("nodes", "" if views else "id")}
        if server.kind == "postgresql":
            cursor.execute(f"DROP OWNED BY {account}")
            cursor.execute(f"DROP ROLE {account}")
        else:
            cursor.execute(f"DROP USER {account}")
            cursor.execute("DROP DATABASE IF EXISTS fa_stats")
    server.drop_database(database)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\\", "$fa_stats$", "x" * 200, "a\u2028b", "a\0"])
@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb"])
def test_what_cannot_be_a_name_is_refused(dialect: str, name: str) -> None:
    with pytest.raises(UsageError, match=r"That cannot be the name of a (role|user)"):
        grants.write(catalogue.load(), dialect, name)
    with pytest.raises(UsageError, match=r"That cannot be the name of a (schema|database)"):
        grants.write(catalogue.load(), dialect, "reader", schema=name)


def test_roles_that_stand_for_others_and_empty_parts_are_refused() -> None:
    for name in ("public", "PUBLIC", "none", "current_user", "pg_monitor"):
        with pytest.raises(UsageError, match="no role of one's own"):
            grants.write(catalogue.load(), "postgresql", name)
    for name in ("@host", "user@", "user@a\\"):
        with pytest.raises(UsageError, match="cannot be the name"):
            grants.write(catalogue.load(), "mysql", name)
    with pytest.raises(UsageError, match="FusionAuth's tables are in"):
        grants.write(catalogue.load(), "mysql", "reader", schema="fa_stats", views=True)


def test_a_user_of_mysql_may_come_from_one_host() -> None:
    text = grants.write(catalogue.load(), "mysql", "reader@10.0.0.%")
    assert "TO ''reader''@''10.0.0.%''" in text
    assert "'reader'@'%'" in grants.write(catalogue.load(), "mariadb", "reader")


def test_the_command_prints_it_and_says_what_is_missing() -> None:
    done = CliRunner().invoke(main, ["grants", "--dialect", "postgresql", "--role", "reader", "--schema", "fusion"])
    assert done.exit_code == 0
    assert done.output == grants.write(catalogue.load(), "postgresql", "reader", schema="fusion")
    assert 'GRANT USAGE ON SCHEMA "fusion" TO "reader";' in done.output
    for wrong in (["--dialect", "mysql"], ["--role", "x"], ["--dialect", "duckdb", "--role", "x"]):
        assert CliRunner().invoke(main, ["grants", *wrong]).exit_code == 2
    assert CliRunner().invoke(main, ["grants", "--dialect", "mysql", "--role", "a\nb"]).exit_code == 2
