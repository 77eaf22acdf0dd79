"""What tenants and applications share: signing keys, connectors, messengers, access control lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fa_stats.demo import names
from fa_stats.demo.documents import compact
from fa_stats.demo.library import later, stamp
from fa_stats.demo.moment import Moment, scaled
from fa_stats.demo.rows import Row

BUILT_IN_CONNECTOR = "e3306678-a53a-4964-9040-1c96f36dda72"
CONNECTORS = ("LDAP", "Generic", "Archive")


def rows(moment: Moment) -> Iterator[tuple[str, Iterable[Row]]]:
    """Return all tables of this module with their rows."""
    yield "keys", keys(moment)
    yield "connectors", connectors(moment)
    yield "messengers", messengers(moment)
    yield "ip_access_control_lists", access_lists(moment)


def keys(moment: Moment) -> Iterator[Row]:
    """Return the signing keys, each with a planted private key or secret."""
    for index, created in enumerate(scaled("key", 10, 10, 45, founders=6).instants(moment)):
        kind = ("RSA", "EC", "HMAC")[index % 3]
        planted = names.secret(moment.seed, "key", index)
        yield {
            "id": moment.identify("key", index),
            "name": f"Ferrowick signing key {index + 1}",
            "kid": planted[:24],
            "algorithm": {"RSA": "RS256", "EC": "ES256", "HMAC": "HS256"}[kind],
            "type": kind,
            "issuer": names.host("auth"),
            "private_key": None
            if kind == "HMAC"
            else f"-----BEGIN PRIVATE KEY-----\n{planted}\n-----END PRIVATE KEY-----",
            "public_key": None
            if kind == "HMAC"
            else f"-----BEGIN PUBLIC KEY-----\n{planted}\n-----END PUBLIC KEY-----",
            "secret": planted if kind == "HMAC" else None,
            **stamp(created),
        }


def connectors(moment: Moment) -> Iterator[Row]:
    """Return the connectors: the built-in one and three to other directories."""
    yield {"id": BUILT_IN_CONNECTOR, "name": "Default", "data": "{}", "type": 0, **stamp(moment.founded)}
    for index, name in enumerate(CONNECTORS):
        data = {
            "authenticationURL": f"ldaps://{names.host('directory', index)}",
            "systemAccountDN": f"cn=quorwen,dc={names.DOMAIN}",
            "systemAccountPassword": names.secret(moment.seed, "connector", index),
            "connectTimeout": 1000,
        }
        yield {
            "id": moment.identify("connector", index),
            "name": f"Ferrowick {name}",
            "data": compact(data),
            "type": 2 if name == "LDAP" else 1,
            **stamp(moment.founded),
        }


def messengers(moment: Moment) -> Iterator[Row]:
    """Return the messengers: generic ones, one to Kafka, and Twilio accounts."""
    for kind, many in {0: 2, 1: 1, 2: 4}.items():
        for number in range(many):
            created = later(moment, 0.2 * number)
            if created <= moment.now:
                data = {
                    "url": f"https://{names.host('sms', kind, number)}/send",
                    "accountSID": names.secret(moment.seed, "sid", kind, number),
                    "authToken": names.secret(moment.seed, "messenger", kind, number),
                    "fromPhoneNumber": f"+155501{kind}{number}000",
                }
                yield {
                    "id": moment.identify("messenger", kind, number),
                    "name": f"Ferrowick messenger {kind}-{number}",
                    "data": compact(data),
                    "type": kind,
                    **stamp(created),
                }


def access_lists(moment: Moment) -> Iterator[Row]:
    """Return the IP access control lists."""
    count = 5 + moment.size.tenants // 20
    for index, created in enumerate(scaled("list", count, count, 60, founders=1).instants(moment)):
        entries = [
            {"startIPAddress": "*", "action": "Block"},
            {
                "startIPAddress": f"203.0.113.{index % 200}",
                "endIPAddress": f"203.0.113.{index % 200 + 9}",
                "action": "Allow",
            },
        ]
        yield {
            "id": moment.identify("list", index),
            "name": f"Ferrowick office {index + 1}",
            "data": compact({"data": {}, "entries": entries}),
            **stamp(created),
        }
