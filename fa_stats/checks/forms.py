"""The form of every value as the vendor's page shows it, apart from the catalogue: what is not listed here is a count.

A name that the catalogue wrongly calls a text or a number is held to this table all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from fa_stats.catalogue import Kind

Form: TypeAlias = Callable[[Any], str | None]  # says what is wrong with a value, without the value

# No social security number (the smallest is 001-01-0001), no date with a year of four digits (1 January 1000 is
# 1011000), no telephone number of seven digits, and no card stays below a million; tenants and applications do. What is
# shorter, such as a date of six figures, is kept out by where a figure is read from (`SOURCES`).
SETTINGS_BOUND = 1_000_000
# Users, logins and devices may be many. No number of ten digits, as telephones and cards have, stays below it; what is
# shorter is kept out by where these figures are read from (`SOURCES`).
USERS_BOUND = 1_000_000_000
DURATION_BOUND = 86_400_000  # a day, in milliseconds
MEMORY_BOUND = 64 * 2**40
PROVIDERS = frozenset(
    "Apple EpicGames ExternalJWT Facebook Google HYPR LinkedIn Nintendo OpenIDConnect SAMLv2 SAMLv2IdPInitiated "  # noqa: SIM905
    "SonyPSN Steam Twitch Twitter Xbox".split()
)
PLANS = frozenset({"community", "starter", "essentials", "enterprise", "licensed", "premium", "advanced"})
LICENSES = frozenset({"production", "non-production", "nonproduction"})
SETUP = frozenset({"apiKeyConfigured", "applicationConfigured", "emailConfigured", "licenseActivated"})
ENVELOPE = frozenset(
    {"applicationVersion", "collectionDuration", "collectionInstant", "instanceId", "stats", "statsVersion", "timings"}
)
METRICS = frozenset(
    "instanceId licenseId metricsVersion monthlyActiveUsers monthlyLogins nodes productVersion totalUsers".split()  # noqa: SIM905
)
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PRODUCT_VERSION = re.compile(r"[1-9]\.[0-9]{1,3}\.[0-9]{1,3}(-(alpha|beta|rc|RC|SNAPSHOT)(\.?[0-9]{1,2})?)?")
# Three parts at the most: four would be an address. A year of four digits would be a date.
_SERVER_VERSION = re.compile(r"[1-9][0-9]?(\.(0|[1-9][0-9]?)){0,2}")
_SEARCH_VERSION = re.compile(r"[1-9][0-9]?(\.(0|[1-9][0-9]?)){1,2}(-(alpha|beta|rc|SNAPSHOT)[0-9]?)?")
# Java's versions may have four parts, and then a build: 17.0.8.1+1.
_JAVA_VERSION = re.compile(
    r"(1\.8\.0_[0-9]{1,3}(-b[0-9]{2})?|[1-9][0-9]?(\.[0-9]{1,2}){0,2}(\.[0-9]{1,2}\+[0-9]{1,2}|\+[0-9]{1,2})?(-LTS)?)"
)
_INTERVAL = re.compile(r"-1|(0|[1-9][0-9]{0,4})(nanos|micros|ms|s|m|h|d)?")
_LICENSE_ID = re.compile(r"[A-Za-z0-9-]{16,128}")


def _count(bound: int, least: int = 0) -> Form:
    def wrong(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "is not a whole number"
        if value < least:
            return "is below zero"
        return f"is not below {bound:,}, as every such count is" if value >= bound else None

    return wrong


_settings, _users, _option = _count(SETTINGS_BOUND), _count(USERS_BOUND), _count(SETTINGS_BOUND, least=-1)


def _text(pattern: re.Pattern[str], what: str) -> Form:
    return lambda value: None if isinstance(value, str) and pattern.fullmatch(value) else f"does not look like {what}"


def _one_of(words: frozenset[str], advice: str) -> Form:
    def wrong(value: Any) -> str | None:
        return None if isinstance(value, str) and value.lower() in words else f"is none of the known words: {advice}"

    return wrong


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "is neither true nor false"


def _duration(value: Any) -> str | None:
    """Hold a configured time to a million, or to whole minutes up to a day: no date is a number of those."""
    if _option(value) is None:
        return None
    whole = isinstance(value, int) and 0 < value <= DURATION_BOUND and value % 60_000 == 0
    return None if whole else "is no time in milliseconds that anybody would set"


def _memory(value: Any) -> str | None:
    """Hold a memory size to whole MiB, or to thousands of KiB: hardly any other number is one."""
    if _option(value) is None:
        return None
    whole = isinstance(value, int) and 0 < value <= MEMORY_BOUND and 0 in (value % 2**20, value % 1_024_000)
    return None if whole else "is no memory size in bytes that anybody would set"


def _breakdown(value: Any) -> str | None:
    if not isinstance(value, list):
        return "is no list"
    if any(not isinstance(each, dict) or each.keys() != {"count", "idp"} for each in value):
        return "holds something else than a count and a type for each"
    if any(not isinstance(each["idp"], str) or each["idp"] not in PROVIDERS for each in value):
        return "names something that is none of the product's 16 types of identity provider"
    types = [each["idp"] for each in value]
    if types != sorted(set(types)):
        return "does not name each type once, in order"
    return next((said for each in value if (said := _settings(each["count"]))), None)


def _setup(value: Any) -> str | None:
    if not isinstance(value, dict) or value.keys() != SETUP:
        return "does not have the four steps of the set-up, and nothing else"
    return next((said for each in value.values() if (said := _boolean(each))), None)


def _license_id(value: Any) -> str | None:
    bare = isinstance(value, str) and _LICENSE_ID.fullmatch(value)
    mixed = bare and sum(each.isdigit() for each in value) >= 2 and any(each.isalpha() for each in value)
    return None if mixed else "is no bare token of 16 to 128 letters, digits and dashes"


_version = _text(PRODUCT_VERSION, "a version of the product")
_FORMS: Mapping[str, Form] = {
    "applicationEnabledIdentityProviders": _breakdown,
    "applicationEnabledTenantIdentityProviders": _breakdown,
    "entitiesEntityGrants": _users,
    "instanceCompanyPlan": _one_of(
        PLANS, "report the new plan to the maintainers of fa_stats, and switch this stat off until it is known"
    ),
    "instanceDailyActiveUsers": _users,
    "instanceDatabaseConnectionTimeout": _duration,
    "instanceDatabaseIdleTimeout": _duration,
    "instanceDatabaseMaxLifetime": _duration,
    "instanceDatabaseMaximumPoolSize": _option,
    "instanceDatabaseMinimumIdle": _option,
    "instanceDatabaseMysqlEnforceUtf8mb4": _boolean,
    "instanceDatabaseVersion": _text(_SERVER_VERSION, "a database server's version"),
    "instanceElasticsearchVersion": _text(_SEARCH_VERSION, "a search engine's version"),
    "instanceFirstTimeSetupProgress": _setup,
    "instanceFusionauthAppHttpReadTimeout": _duration,
    "instanceFusionauthAppLocalMetricsEnabled": _boolean,
    "instanceFusionauthAppMemory": _memory,
    "instanceFusionauthAppReindexBatchSize": _option,
    "instanceFusionauthAppReindexThreadCount": _option,
    "instanceFusionauthAppSearchDefaultRefreshInterval": _text(_INTERVAL, "a time such as 1s"),
    "instanceId": _text(UUID, "the id of an instance"),
    "instanceJavaVersion": _text(_JAVA_VERSION, "a version of Java"),
    "instanceLicenseType": _one_of(
        LICENSES, "report the new type to the maintainers of fa_stats, and switch this stat off until it is known"
    ),
    "instanceSearchType": _one_of(frozenset({"database", "elasticsearch"}), "it is database or elasticsearch"),
    "integrationsCleanspeakEnabled": _boolean,
    "integrationsKafkaEnabled": _boolean,
    "licenseId": _license_id,
    "metricsVersion": lambda value: None if type(value) is int and value == 1 else "is not 1",
    "monthlyActiveUsers": _users,
    "monthlyLogins": _users,
    "productVersion": _version,
    "totalUsers": _users,
}
_KINDS: Mapping[Kind, tuple[type, ...]] = {
    Kind.COUNT: (int,),
    Kind.MILLIS: (int,),
    Kind.BYTES: (int,),
    Kind.BOOLEAN: (bool,),
    Kind.STRING: (str,),
    Kind.BREAKDOWN: (list,),
    Kind.OBJECT: (dict,),
}

# Where figures that are not made by counting rows may be read from: columns, and paths into their documents. The other
# figures are one call of count or count_if, which gives nothing away of any row.
_OPTIONS = {
    "instanceDatabaseConnectionTimeout": "database.connection-timeout",
    "instanceDatabaseIdleTimeout": "database.idle-timeout",
    "instanceDatabaseMaxLifetime": "database.max-lifetime",
    "instanceDatabaseMaximumPoolSize": "database.maximum-pool-size",
    "instanceDatabaseMinimumIdle": "database.minimum-idle",
    "instanceFusionauthAppHttpReadTimeout": "fusionauth-app.http.read-timeout",
    "instanceFusionauthAppMemory": "fusionauth-app.memory",
    "instanceFusionauthAppReindexBatchSize": "fusionauth-app.reindex-batch-size",
    "instanceFusionauthAppReindexThreadCount": "fusionauth-app.reindex-thread-count",
    "instanceFusionauthAppSearchDefaultRefreshInterval": "fusionauth-app.search.default-refresh-interval",
    "instanceSearchType": "search.type",
}
SOURCES: Mapping[str, frozenset[str]] = {
    "applicationActiveRoleNumber": frozenset(
        {"applications.active", "applications.id", "application_roles.applications_id", "application_roles.id"}
    ),
    "instanceCompanyPlan": frozenset({"instance.data", "instance.data/status.licenseAttributes.LicensedPlan"}),
    "instanceDailyActiveUsers": frozenset({"global_daily_active_users.count", "global_daily_active_users.day"}),
    "instanceDatabaseVersion": frozenset(),
    "instanceElasticsearchVersion": frozenset(),
    "instanceFusionauthSearchHostsCount": frozenset(
        {"configuration.fusionauth-search.hosts", "configuration.search.servers"}
    ),
    "instanceId": frozenset({"instance.id"}),
    "instanceJavaVersion": frozenset(),
    "instanceLicenseType": frozenset({"instance.data", "instance.data/status.licenseAttributes.LicenseType"}),
    "licenseId": frozenset({"instance.license_id"}),
    "metricsVersion": frozenset(),
    "monthlyActiveUsers": frozenset({"global_monthly_active_users.count", "global_monthly_active_users.month"}),
    "monthlyLogins": frozenset({"hourly_logins.applications_id", "hourly_logins.count", "hourly_logins.hour"}),
    "productVersion": frozenset({"version.version"}),
    "totalUsers": frozenset({"global_registration_counts.count", "global_registration_counts.decremented_count"}),
    **{name: frozenset({f"configuration.{option}"}) for name, option in _OPTIONS.items()},
}


def wrong(name: str, value: Any) -> str | None:
    """Say what is wrong with a figure's value by the page's form for that name; None where nothing is."""
    return _FORMS.get(name, _settings)(value)


def of_kind(kind: Kind, value: Any) -> bool:
    """Whether a value is of the kind that the catalogue says; true and false are no numbers."""
    return type(value) in _KINDS[kind]
