"""The rows of which an instance has one or a few: itself, its nodes, its settings, its API keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fa_stats.demo import names
from fa_stats.demo.documents import compact
from fa_stats.demo.library import later, stamp
from fa_stats.demo.moment import DAY, HOUR, Moment, scaled, unit
from fa_stats.demo.rows import Row

_FEATURES = [
    "advancedIdentityProviders",
    "advancedLambdas",
    "advancedMultiFactorAuthentication",
    "advancedOAuthScopes",
    "advancedOAuthScopesCustomScopes",
    "advancedOAuthScopesThirdPartyApplications",
    "advancedRegistration",
    "applicationMultiFactorAuthentication",
    "applicationThemes",
    "breachedPasswordDetection",
    "connectors",
    "entityManagement",
    "scimServer",
    "tenantManagerApplication",
    "threatDetection",
    "universalApplication",
    "webAuthn",
    "webAuthnPlatformAuthenticators",
    "webAuthnRoamingAuthenticators",
]
_INTERNAL = {"internalCacheReloader": "true", "internalLogDownloader": "true", "internalWebhook": "true"}
_MIGRATIONS = {"1_8_0": False, "1_30_0": False, "1_42_0": False, "1_59_0": True}


def rows(moment: Moment) -> Iterator[tuple[str, Iterable[Row]]]:
    """Return all tables of this module with their rows."""
    yield "version", version(moment)
    yield "instance", instance(moment)
    yield "system_configuration", system_configuration(moment)
    yield "integrations", integrations(moment)
    yield "nodes", nodes(moment)
    yield "migrations", migrations(moment)
    yield "authentication_keys", api_keys(moment)
    yield from small_rows(moment)


def version(moment: Moment) -> Iterator[Row]:
    """Return the product's version."""
    yield {"version": moment.version}


def instance(moment: Moment) -> Iterator[Row]:
    """Return the instance itself, licensed, with a planted licence."""
    data = {
        "data": {},
        "firstTimeSetup": {
            "apiKeyId": moment.identify("api key", 2),
            "applicationId": moment.identify("application", 2),
            "complete": True,
            "emailConfigured": True,
            "licenseActivated": True,
        },
        "status": {
            **dict.fromkeys(_FEATURES, "ACTIVE"),
            "expiration": "2030-01-01",
            "licenseAttributes": {"LicensedPlan": "Enterprise", "LicenseType": "Production"},
            "licensed": True,
        },
    }
    yield {
        "id": moment.identify("instance"),
        "activate_instant": moment.founded,
        "data": compact(data),
        "license": names.secret(moment.seed, "license", "text"),
        "license_id": moment.identify("license"),
        "setup_complete": True,
        "tenant_manager_applications_id": moment.identify("application", 1),
    }


def system_configuration(moment: Moment) -> Iterator[Row]:
    """Return the system settings, with the collection of usage data on."""
    keep = {"delete": {"enabled": False, "numberOfDaysToRetain": 365}}
    data = {
        "auditLogConfiguration": keep,
        "cookieEncryptionKey": names.secret(moment.seed, "cookie"),
        "corsConfiguration": {
            "allowCredentials": False,
            "allowedOrigins": [f"https://{names.host('www')}"],
            "debug": False,
            "enabled": True,
            "preflightMaxAgeInSeconds": 0,
        },
        "data": {"usageDataConfiguration": {"enabled": False}, "contact": f"quorwen@{names.DOMAIN}"},
        "eventLogConfiguration": {"numberToRetain": 10000},
        "loginRecordConfiguration": keep,
        "trustedProxyConfiguration": {"trustPolicy": "OnlyConfigured", "trusted": ["198.51.100.7"]},
        "uiConfiguration": {"headerColor": "#204060", "logoURL": f"https://{names.host('cdn')}/logo.png"},
        "usageDataConfiguration": {"enabled": True, "numberOfDaysToRetain": 366},
        "webhookEventLogConfiguration": {"delete": {"enabled": True, "numberOfDaysToRetain": 30}, "enabled": True},
    }
    yield {"data": compact(data), "report_timezone": "America/Denver", **stamp(moment.founded)}


def integrations(moment: Moment) -> Iterator[Row]:
    """Return the integrations: CleanSpeak on, Kafka set up but off."""
    data = {
        "cleanspeak": {
            "apiKey": names.secret(moment.seed, "cleanspeak"),
            "enabled": True,
            "url": f"https://{names.host('cleanspeak')}",
            "usernameModeration": {"enabled": False},
        },
        "kafka": {"defaultTopic": "logins", "enabled": False, "producer": {"bootstrap.servers": names.host("kafka")}},
    }
    yield {"data": compact(data)}


def nodes(moment: Moment) -> Iterator[Row]:
    """Return the three nodes, which have all just checked in."""
    for index in range(3):
        data = {
            "data": {},
            "ipAddresses": {"eth0": [f"198.51.100.{11 + index}", f"2001:db8:f00d::{index + 1}"]},
            "platform": {"arch": "amd64", "name": "Linux", "version": "6.8.0-45-generic"},
        }
        yield {
            "id": moment.identify("node", index),
            "data": compact(data),
            "runtime_mode": "production",
            "url": f"http://{names.host('node', index + 1)}:9011",
            "insert_instant": moment.founded,
            "last_checkin_instant": moment.now - 7000 - 9000 * index,
        }


def migrations(moment: Moment) -> Iterator[Row]:
    """Return the migrations that have run."""
    for name, late in _MIGRATIONS.items():
        if moment.upgraded or not late:
            run = max(moment.upgraded_at, moment.founded) if late else 0
            yield {"name": f"io.fusionauth.api.migration.guice.Migration_{name}", "run_instant": run}


def api_keys(moment: Moment) -> Iterator[Row]:
    """Return the API keys: two internal ones (one of them expiring), then people's, plain, hashed or of old."""
    for index in range(2):
        meta = {"attributes": {"description": "Internal Use Only.", **_INTERNAL}}
        yield {
            "id": moment.identify("api key", "internal", index),
            "expiration_instant": moment.now + 30 * DAY if index else None,
            "key_format": 1 if index else None,
            "key_manager": False,
            "key_value": names.secret(moment.seed, "internal api key", index),
            "permissions": '{"endpoints": {"/api/cache/reload": ["POST"]}}',
            "meta_data": str(compact(meta)).replace('":', '": '),
            **stamp(moment.founded),
        }
    count = 23 + moment.size.tenants // 10
    for index, created in enumerate(scaled("api key", count, count, 18, founders=4).instants(moment)):
        expires = index == 0 or unit(moment.seed, "api key", index, "expires") < 0.37
        hashed = index == 1 or unit(moment.seed, "api key", index, "hashed") < 0.26
        yield {
            "id": moment.identify("api key", index),
            "expiration_instant": created + 400 * DAY if expires else None,
            "key_format": None if index == 3 else int(hashed),
            "key_manager": index == 2,
            "key_value": names.secret(moment.seed, "api key", index),
            "permissions": None if index % 4 == 0 else '{"endpoints":{"/api/user":["GET","PATCH"]}}',
            "meta_data": compact({"attributes": {"description": "internal tools of Ferrowick"}}) if index % 2 else "{}",
            "name": f"Ferrowick key {index + 1}",
            **stamp(created),
        }


def small_rows(moment: Moment) -> Iterator[tuple[str, list[Row]]]:
    """Return what remains: a lock, a data set, the master's record, consents, user actions and a reason for them."""
    yield "locks", [{"type": "UserActionEndEvent", "update_instant": moment.now - HOUR}]
    yield "data_sets", [{"name": "BreachedPasswords", "last_update_instant": later(moment, 0.5)}]
    yield "master_record", [{"id": moment.identify("node", 0), "instant": moment.now - 5000}]
    consents = enumerate(("Newsletter", "Profiling", "Kids"))
    yield (
        "consents",
        [
            {
                "id": moment.identify("consent", index),
                "name": f"Ferrowick {name}",
                "data": "{}",
                **stamp(moment.founded),
            }
            for index, name in consents
        ],
    )
    yield "user_actions", [_user_action(moment, index, name) for index, name in enumerate(("Lock", "Warn"))]
    reason = {"id": moment.identify("reason"), "text": "Ferrowick fair use", "code": "fair-use"}
    yield "user_action_reasons", [{**reason, **stamp(moment.founded)}]


def _user_action(moment: Moment, index: int, name: str) -> Row:
    return {
        "id": moment.identify("action", index),
        "name": f"Ferrowick {name}",
        "active": True,
        "include_email_in_event_json": False,
        "prevent_login": index == 0,
        "send_end_event": False,
        "temporal": True,
        "transaction_type": 0,
        "user_notifications_enabled": False,
        "user_emailing_enabled": False,
        **stamp(moment.founded),
    }
