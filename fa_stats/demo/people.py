"""Users and what belongs to them, made in SQL, so that a million of them take seconds.

Each user's properties are carved out of two hashes of the seed and the user's number: eight draws of 16 bits each.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from fa_stats.demo import names
from fa_stats.demo.entities import Application
from fa_stats.demo.moment import DAY, Growth, Moment, scaled
from fa_stats.demo.rows import insert

_USERNAMES, _PHONES = 0.15, 0.2  # the shares of users with a name or a number to sign in with, beside the address


def create_people(connection: duckdb.DuckDBPyConnection, moment: Moment, applications: Sequence[Application]) -> None:
    """Write users, identities, registrations, tokens, logins, logs.

    Leaves the temporary tables `places` (the applications), `people` and `joined` (registrations) for the roll-ups.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO draw(hash, place) AS ((hash >> (16 * place)) & 65535)::DOUBLE / 65536"
    )
    _create_places(connection, applications)
    _create_draft(connection, moment, scaled("user", moment.size.users, 2000, 0.2, founders=1))
    connection.execute(_USERS, {"now": moment.now, "domain": names.DOMAIN})
    connection.execute(_IDENTITIES.format(usernames=_USERNAMES, phones=_PHONES, domain=names.DOMAIN))
    _create_registrations(connection, moment)
    for statement in _BELONGINGS:
        connection.execute(statement.format(seed=moment.seed, now=moment.now, day=DAY, domain=names.DOMAIN))


def _create_places(connection: duckdb.DuckDBPyConnection, applications: Sequence[Application]) -> None:
    connection.execute(
        "CREATE TEMP TABLE places (i INTEGER, id UUID, tenants_id UUID, created BIGINT, closed BIGINT, rate DOUBLE)"
    )
    insert(
        connection,
        "places",
        (
            {
                "i": application.index,
                "id": application.id,
                "tenants_id": application.tenant.id if application.tenant else None,
                "created": application.created,
                "closed": application.closed,
                "rate": application.rate,
            }
            for application in applications
        ),
    )


def _create_draft(connection: duckdb.DuckDBPyConnection, moment: Moment, growth: Growth) -> None:
    """Say of every user when it came, from which applications it could choose then, and which it chose.

    Early applications are the popular ones; the first users, and a few later ones, are administrators.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE people AS
        WITH numbered AS (
            SELECT k, md5_number_lower('{moment.seed}/user/' || k) AS h,
                md5_number_upper('{moment.seed}/user/' || k) AS g
            FROM range({growth.most(moment)}) AS numbers(k)
        ), born AS (
            SELECT k, h, g, created
            FROM (SELECT *, {growth.sql(moment)} AS created FROM (SELECT *, draw(h, 0) AS wobble FROM numbered))
            WHERE created < {moment.now} OR created = {moment.founded}
        ), there AS (
            SELECT created, max(i) + 1 AS many FROM places GROUP BY created
        ), placed AS (
            SELECT born.*, coalesce(many, 0) AS many FROM born ASOF LEFT JOIN there ON born.created >= there.created
        )
        SELECT placed.k, md5('{moment.seed}/user/' || placed.k)::UUID AS id, h, g, placed.created, many, place,
            coalesce(places.tenants_id, (SELECT id FROM tenants ORDER BY insert_instant, id LIMIT 1)) AS tenants_id
        FROM (
            SELECT *, CASE WHEN many <= 2 OR k < 3 OR k % 97 = 0 THEN 0
                ELSE 2 + floor((many - 2) * pow(draw(h, 1), 2))::INTEGER END AS place
            FROM placed
        ) AS placed LEFT JOIN places ON places.i = placed.place
        ORDER BY placed.k
        """
    )


def _create_registrations(connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
    """Register each user where it came from, and a third of them in a second place of their tenant's."""
    connection.execute(
        f"""
        CREATE TEMP TABLE joined AS
        WITH wishes AS (
            SELECT k, place, created AS instant, h, g FROM people
            UNION ALL
            SELECT k, 2 + floor((many - 2) * pow(draw(g, 0), 2))::INTEGER,
                created + floor(draw(g, 1) * {120 * DAY})::BIGINT, h, g
            FROM people WHERE many > 2 AND draw(h, 2) < 0.4
        )
        SELECT wishes.k, people.id AS users_id, places.i, places.id AS applications_id, wishes.instant,
            wishes.h, wishes.g
        FROM wishes JOIN people USING (k) JOIN places ON places.i = wishes.place
        WHERE (wishes.instant < {moment.now} OR wishes.instant = {moment.founded})
            AND (places.closed IS NULL OR wishes.instant < places.closed)
            AND (wishes.place = people.place AND wishes.instant = people.created
                OR wishes.place <> people.place AND coalesce(places.tenants_id, people.tenants_id) = people.tenants_id)
        ORDER BY wishes.k, places.i
        """
    )
    connection.execute(_REGISTRATIONS, {"now": moment.now})


def _text_list(values: list[str]) -> str:
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"


# A name is first-Quorwen Quorwen-last: odd, but no name of a real person, and found by its marker.
_USERS = f"""
    INSERT INTO users BY NAME
    SELECT id, tenants_id, draw(h, 3) >= 0.03 AS active, created AS insert_instant,
        least($now, created + floor(draw(g, 2) * {200 * DAY})::BIGINT) AS last_update_instant,
        least($now, created + floor(draw(g, 3) * {200 * DAY})::BIGINT) AS last_login_instant,
        first || '-Quorwen' AS first_name, 'Quorwen-' || last AS last_name,
        first || '-Quorwen Quorwen-' || last AS full_name,
        CASE WHEN draw(h, 3) > 0.6 THEN '+155501' || printf('%07d', k) END AS mobile_phone,
        CASE WHEN k % 50 = 7 THEN 'parent-' || k || '@' || $domain END AS parent_email,
        CASE WHEN k % 9 = 0 THEN 'https://cdn.' || $domain || '/' || k || '.png' END AS image_url,
        'fwk-secret-' || md5('password/' || id) AS password,
        'fwk-secret-' || left(md5('salt/' || id), 16) AS password_salt,
        'salted-pbkdf2-hmac-sha256' AS password_encryption_scheme, 24000 AS password_factor,
        'Europe/Berlin' AS timezone,
        CASE WHEN k % 5 > 0 THEN
            '{{"data":{{"enabled":true,"nick":"quorwen' || k || '","captchaConfiguration.enabled":true}}}}'
        END AS data
    FROM (
        SELECT *, ({_text_list(names.FIRST_NAMES)})[1 + (g & 31)::INTEGER] AS first,
            ({_text_list(names.LAST_NAMES)})[1 + ((g >> 5) & 31)::INTEGER] AS last
        FROM people
    )
    ORDER BY k
"""

# The types of an identity: 0 e-mail, 1 phone, 2 username.
_IDENTITIES = """
    INSERT INTO identities BY NAME
    WITH wanted AS (
        SELECT 3 * k AS id, 0 AS type, id AS users_id, tenants_id, created,
            'quorwen.' || k || '@{domain}' AS value, h, true AS is_primary
        FROM people
        UNION ALL
        SELECT 3 * k + 1, 1, id, tenants_id, created, '+155501' || printf('%07d', k), h, false
        FROM people WHERE draw(g, 1) < {phones}
        UNION ALL
        SELECT 3 * k + 2, 2, id, tenants_id, created, 'quorwen_' || k, h, false
        FROM people WHERE draw(g, 2) < {usernames}
    )
    SELECT id, type::SMALLINT AS type, users_id, tenants_id, value, value AS display_value, is_primary,
        CASE WHEN type = 0 THEN value END AS email, CASE WHEN type = 2 THEN value END AS username,
        CASE WHEN type = 2 THEN value END AS username_index, created AS insert_instant, created AS last_update_instant,
        0::SMALLINT AS status, draw(h, 2) < 0.8 AS verified
    FROM wanted ORDER BY id
"""

_REGISTRATIONS = f"""
    INSERT INTO user_registrations BY NAME
    SELECT md5(users_id || '/' || i)::UUID AS id, applications_id, users_id, instant AS insert_instant,
        instant AS last_update_instant,
        least($now, instant + floor(draw(g, 3) * {200 * DAY})::BIGINT) AS last_login_instant,
        CASE WHEN k % 11 = 0 THEN 'fwk-secret-' || md5('token/' || users_id || i) END AS authentication_token,
        '{{"data":{{}}}}' AS data, 0::SMALLINT AS username_status, draw(h, 3) < 0.9 AS verified,
        CASE WHEN k % 6 = 0 THEN 'quorwen_' || k END AS username
    FROM joined
    ORDER BY k, i
"""

_BELONGINGS = (
    """
    INSERT INTO user_registrations_application_roles BY NAME
    SELECT r.id AS user_registrations_id, roles.id AS application_roles_id
    FROM (SELECT md5(users_id || '/' || i)::UUID AS id, applications_id, k, i FROM joined) AS r
    JOIN (
        SELECT id, applications_id, row_number() OVER (PARTITION BY applications_id ORDER BY name) AS place,
            count(*) OVER (PARTITION BY applications_id) AS many
        FROM application_roles
    ) AS roles ON roles.applications_id = r.applications_id AND roles.place = 1 + r.k % many
    ORDER BY r.k, r.i
    """,
    """
    INSERT INTO refresh_tokens BY NAME
    SELECT md5('refresh/' || users_id || i)::UUID AS id, applications_id, users_id, people.tenants_id,
        'fwk-secret-' || md5('token/' || users_id || i) AS token,
        '{{"data":{{}},"metaData":{{"device":{{"lastAccessedAddress":"198.51.100.' || joined.k % 250 || '"}}}}}}'
            AS data,
        instant AS insert_instant, instant AS start_instant
    FROM joined JOIN people USING (k) WHERE draw(joined.h, 2) > 0.6 ORDER BY joined.k, i
    """,
    """
    INSERT INTO raw_logins BY NAME
    SELECT applications_id, users_id, 'quorwen.' || k || '@{domain}' AS identities_value,
        0::SMALLINT AS identities_type, (day * {day} + floor(draw(hash, 1) * {day}))::BIGINT AS instant,
        CASE WHEN k % 7 = 0 THEN '2001:db8:f00d::' || to_hex(k % 65536) ELSE '203.0.113.' || k % 250 END AS ip_address
    FROM (
        SELECT joined.*, day, rate, closed,
            md5_number_lower('{seed}/raw/' || k || '/' || joined.i || '/' || day) AS hash
        FROM joined JOIN places ON places.i = joined.i, range({now} // {day} - 7, {now} // {day}) AS days(day)
        WHERE instant < day * {day} AND (closed IS NULL OR closed > (day + 1) * {day})
    )
    WHERE draw(hash, 0) < rate ORDER BY instant, k, i
    """,
    """
    INSERT INTO audit_logs BY NAME
    SELECT k AS id, created AS insert_instant, 'quorwen.' || k % 7 || '@{domain}' AS insert_user,
        'Created the user with Id [' || id || '] and address quorwen.' || k || '@{domain}' AS message
    FROM people WHERE k % 40 = 0 ORDER BY k
    """,
    """
    INSERT INTO group_members BY NAME
    SELECT md5('member/' || people.id || groups.id)::UUID AS id, groups.id AS groups_id, people.id AS users_id,
        greatest(created, insert_instant) AS insert_instant, '{{"data":{{"enabled":true}}}}' AS data
    FROM people JOIN groups USING (tenants_id) WHERE k % 10 = 0 ORDER BY k, groups.id
    """,
)
