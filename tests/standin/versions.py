"""Since when there is what: an older version has no such endpoint, and its objects no such field."""

from __future__ import annotations

from collections.abc import Mapping

from standin.objects import Object, put

Version = tuple[int, ...]

ENDPOINTS: Mapping[str, Version] = {
    **{f"{each}/search": (1, 45) for each in ("application", "tenant", "webhook", "identity-provider", "theme")},
    "lambda/search": (1, 45),
    "group/search": (1, 39),
    "ip-acl/search": (1, 30),
    "system/version": (1, 27),
    "prometheus/metrics": (1, 27),
    "health": (1, 52),
    **dict.fromkeys(["form", "connector"], (1, 18)),
    **dict.fromkeys(["messenger", "reactor", "entity/type", "entity/type/search", "entity/grant/search"], (1, 26)),
}
EXCLUDES: Version = (1, 62)  # since when the totals can leave out the applications

_LATER_EMAILS = [
    *("emailUpdate", "emailVerified", "loginIdInUseOnCreate", "loginIdInUseOnUpdate", "loginNewDevice"),
    *("loginSuspicious", "passwordResetSuccess", "passwordUpdate", "twoFactorMethodAdd", "twoFactorMethodRemove"),
]
_EMAILS = {f"emailConfiguration.{name}EmailTemplateId": (1, 30) for name in _LATER_EMAILS}
_BOTH: Mapping[str, Version] = {
    **_EMAILS,
    "accessControlConfiguration": (1, 30),
    "jwtConfiguration.refreshTokenOneTimeUseConfiguration": (1, 55),
    "multiFactorConfiguration": (1, 26),
    "multiFactorConfiguration.loginPolicy": (1, 37),
    "phoneConfiguration": (1, 59),
    "state": (1, 22),
    "webAuthnConfiguration": (1, 41),
}
FIELDS: Mapping[str, Mapping[str, Version]] = {
    "applications": {
        **_BOTH,
        "emailConfiguration": (1, 19),
        "formConfiguration.selfServiceFormId": (1, 26),
        "lambdaConfiguration.selfServiceRegistrationValidationId": (1, 43),
        "lambdaConfiguration.userinfoPopulateId": (1, 50),
        "oauthConfiguration.relationship": (1, 50),
        "registrationConfiguration.formId": (1, 18),
        "registrationConfiguration.type": (1, 18),
        "scopes": (1, 50),
        "themeId": (1, 27),
        "universalConfiguration": (1, 58),
    },
    "tenants": {
        **_BOTH,
        "captchaConfiguration": (1, 30),
        "connectorPolicies": (1, 18),
        "formConfiguration": (1, 20),
        "lambdaConfiguration": (1, 36),
        "oauthConfiguration": (1, 28),
        "passwordValidationRules.breachDetection": (1, 15),
        "rateLimitConfiguration": (1, 30),
        "rateLimitConfiguration.sendPasswordlessPhone": (1, 59),
        "rateLimitConfiguration.sendPhoneVerification": (1, 59),
        "scimServerConfiguration": (1, 36),
        "ssoConfiguration.allowAccessTokenBootstrap": (1, 56),
    },
    "webhooks": {"tenantIds": (1, 37)},
    "identityProviders": {"lambdaConfiguration": (1, 17), "tenantConfiguration": (1, 32)},
    "themes": {"type": (1, 51)},
    "systemConfiguration": {"usageDataConfiguration": (1, 55)},
    "status": {"licenseAttributes": (1, 37)},
}


def parsed(version: str) -> Version:
    """Return a version as numbers that can be compared."""
    return tuple(int(part) for part in version.split("-")[0].split("."))


def aged(kind: str, found: Object, version: Version) -> Object:
    """Take away what this version of an object does not have yet."""
    for path, since in FIELDS.get(kind, {}).items():
        if version < since:
            put(found, path, None)
    return found
