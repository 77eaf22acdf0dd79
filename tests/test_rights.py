"""What a role may do beyond need is said in sentences, on real servers, whatever way it came to it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
import roles
import servers
from roles import Role

from fa_stats import catalogue, grants, query, rights
from fa_stats.rights import Standing


@pytest.fixture
def postgresql() -> Iterator[Role]:
    with roles.made(servers.postgresql(), roles.loaded("postgresql")) as role:
        role.grant()
        yield role


@pytest.fixture(params=["mysql", "mariadb"])
def mysql(request: pytest.FixtureRequest) -> Iterator[Role]:
    with roles.made(servers.shared(request.param), roles.loaded(request.param)) as role:
        role.grant()
        yield role


def standing(url: str) -> Standing:
    loaded = catalogue.load()
    with roles.source(url).connect() as connection:
        needed = query.needs(loaded, grants.read_in_database(loaded), connection.dialect)
        return connection.standing(needed)


def excess(role: Role) -> str:
    return "; ".join(standing(role.url).excess)


# ----------------------------------------------------------------------------------------------------- just as needed


@pytest.mark.parametrize("views", [False, True])
def test_a_role_with_what_is_granted_has_nothing_in_excess(server: servers.Server, views: bool) -> None:
    with roles.made(server, roles.loaded(server.kind), views=views) as role:
        role.grant()
        assert excess(role) == ""


def test_over_views_what_lies_behind_them_is_in_excess(server: servers.Server) -> None:
    with roles.made(server, roles.loaded(server.kind), views=True) as role:
        role.grant()
        schema = "public" if server.kind == "postgresql" else role.database
        if server.kind == "postgresql":
            role.alter("GRANT USAGE ON SCHEMA public TO {role}")
        role.alter(f"GRANT SELECT (data) ON {schema}.tenants TO {{role}}")
        assert excess(role) == f"it may read 1 column of 1 table that nothing needs: {schema}.tenants.data"


# --------------------------------------------------------------------------------------------------------- PostgreSQL


def test_a_superuser_is_named_and_nothing_more_is_said_of_it() -> None:
    server = servers.postgresql()
    [said] = standing(server.url(roles.loaded("postgresql"))).excess
    assert said == "it is a superuser, so it may read, change and drop everything on the server"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ALTER ROLE {role} CREATEROLE", "it may make roles"),
        ("ALTER ROLE {role} CREATEDB BYPASSRLS", "it may make databases, pass by row-level security"),
        ("ALTER ROLE {role} REPLICATION", "it may copy the whole server (REPLICATION)"),
        ("GRANT pg_monitor TO {role}", "it is a member of pg_monitor"),
        ("GRANT pg_write_all_data TO {role}", "it is a member of pg_write_all_data; it may write to "),
        ("GRANT postgres TO {role}", "it is a member of "),
        ("ALTER TABLE nodes OWNER TO {role}", "it owns 1 relation: nodes"),
        ("GRANT INSERT ON version TO {role}", "it may write to 1 relation: version"),
        ("GRANT UPDATE (data) ON tenants TO {role}", "it may write to 1 relation: tenants"),
        ("GRANT TRUNCATE, DELETE ON keys TO {role}", "it may write to 1 relation: keys"),
        ("GRANT CREATE ON SCHEMA public TO {role}", "it may create tables or schemas in schema public"),
        (
            "GRANT SELECT (private_key) ON keys TO {role}",
            "it may read 1 column of 1 table that nothing needs: keys.pri",
        ),
        ("GRANT SELECT ON authentication_keys TO {role}", "it may read 9 columns of 1 table that nothing needs: auth"),
        (
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
            " nothing needs: keys.private_key, keys.secret, auth",
        ),
        ("GRANT SELECT (email) ON identities TO PUBLIC", "it may read 1 column of 1 table that nothing needs: ident"),
    ],
)
def test_a_right_too_many_is_said(postgresql: Role, given: str, said: str) -> None:
    owner = postgresql.server.user
    postgresql.alter(given)
    try:
        assert said in excess(postgresql)
    finally:
        postgresql.alter(f"ALTER TABLE nodes OWNER TO {owner}")
        postgresql.alter("REVOKE SELECT (email) ON identities FROM PUBLIC")


def test_a_role_that_has_to_be_taken_on_first_counts_too(postgresql: Role) -> None:
    with roles.made(postgresql.server, postgresql.database) as other:
        postgresql.alter(f"GRANT {other.account} TO {{role}}")
        assert excess(postgresql) == ""  # it inherits, and there is nothing to inherit
        postgresql.alter("ALTER ROLE {role} NOINHERIT")
        assert excess(postgresql) == f"it is a member of {other.name}"


def test_a_schema_that_it_cannot_enter_and_the_tables_of_an_extension_do_not_count(postgresql: Role) -> None:
    database = postgresql.server.create_database()
    with psycopg.connect(postgresql.server.url(database), autocommit=True) as admin:
        admin.execute("CREATE SCHEMA closed")
        admin.execute("CREATE TABLE closed.secrets (id int)")
        admin.execute(f"GRANT SELECT ON closed.secrets TO {postgresql.account}")
        found = Role(postgresql.server, database, postgresql.name)
        assert excess(found) == ""
        admin.execute(f"GRANT USAGE ON SCHEMA closed TO {postgresql.account}")
        assert excess(found) == "it may read 1 column of 1 table that nothing needs: closed.secrets.id"
        if (
            admin.execute("SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements'").fetchone()
            is not None
        ):
            admin.execute("CREATE EXTENSION pg_stat_statements")
            assert "pg_stat" not in excess(found)
    postgresql.server.drop_database(database)


def test_a_standby_is_known_to_take_no_writes() -> None:
    server = servers.private("postgresql")
    assert standing(server.url("postgres")).read_only is False
    server.stop()
    (server.data / "standby.signal").touch()
    server.start()
    assert standing(server.url("postgres")).read_only is True
    server.stop()


# -------------------------------------------------------------------------------------------------- MySQL and MariaDB


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("GRANT INSERT, DELETE ON {db}.version TO {role}", "it has DELETE, INSERT on `{db}`.`version`"),
        ("GRANT UPDATE (data) ON {db}.tenants TO {role}", "it has UPDATE on `{db}`.`tenants`"),
        ("GRANT PROCESS, FILE ON *.* TO {role}", "it has FILE, PROCESS on everything (*.*)"),
        ("GRANT ALL ON {db}.* TO {role}", "`{db}`.*; it may read "),
        ("GRANT SELECT ON {db}.* TO {role} WITH GRANT OPTION", "it has GRANT OPTION on `{db}`.*; it may read "),
        (
            "GRANT SELECT (private_key) ON {db}.keys TO {role}",
            "it may read 1 column of 1 table that nothing needs: k",
        ),
        ("GRANT SELECT ON {db}.* TO {role}", "that nothing needs: keys.private_key, keys.secret, authentication_keys."),
        ("GRANT SELECT ON *.* TO {role}", "that nothing needs: keys.private_key, keys.secret, authentication_keys."),
    ],
)
def test_a_right_too_many_is_said_by_mysql_too(mysql: Role, given: str, said: str) -> None:
    table = given.replace("{db}.keys", "{db}.`keys`").replace("{db}", mysql.database)
    mysql.alter(table)
    assert said.replace("{db}", mysql.database) in excess(mysql)


def test_a_role_that_may_be_taken_is_said(mysql: Role) -> None:
    name = f"{mysql.name}_more"
    mysql.alter(f"CREATE ROLE {name}")
    mysql.alter(f"GRANT {name} TO {{role}}")
    assert excess(mysql).startswith(f"it may take the role `{name}`")
    mysql.alter(f"DROP ROLE {name}")


def test_an_administrator_has_too_much(mysql: Role) -> None:
    said = "; ".join(standing(mysql.server.url(mysql.database)).excess)
    assert "on everything (*.*)" in said
    assert "keys.private_key, keys.secret, authentication_keys.key_value, identities.password and" in said


def test_a_server_that_takes_no_writes_is_known(mysql: Role) -> None:
    assert standing(mysql.url).read_only is False
    mysql.server.ask("SET GLOBAL read_only = 1")
    try:
        assert standing(mysql.url).read_only is True
    finally:
        mysql.server.ask("SET GLOBAL read_only = 0")


# -------------------------------------------------------------------------------------------------------- the session


def test_encryption_is_known(server: servers.Server) -> None:
    with roles.made(server, roles.loaded(server.kind)) as role:
        role.grant()
        plain = "?sslmode=disable" if server.kind == "postgresql" else "?ssl_mode=disabled"
        if server.kind == "mysql":  # whose passwords are not sent over a plain connection
            role.alter("CREATE USER plain@'%' IDENTIFIED BY ''")
        user = "plain" if server.kind == "mysql" else role.name
        password = None if server.kind == "mysql" else roles.PASSWORD
        database = "information_schema" if server.kind == "mysql" else role.database
        found = standing(server.url(database, user=user, password=password) + plain)
        assert [found.encrypted, found.local] == [False, True]
        if server.certificate.exists():
            assert standing(role.url).encrypted is True
        if server.kind == "mysql":
            role.alter("DROP USER plain@'%'")


def test_a_long_list_names_a_few() -> None:
    assert rights.several(["a"]) == "a"
    assert rights.several("abcd") == "a, b, c, d"
    assert rights.several("abcdefg") == "a, b, c, d and 3 more"
