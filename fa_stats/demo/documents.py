"""The JSON documents of tenants and applications: real in shape and size, made up in content.

`tenant.json` and `application.json` hold the shapes with every value at the product's default. A document is compact
or spaced, in the usual key order or another, complete or with sections missing, as documents of several releases are.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from fa_stats.demo import names
from fa_stats.demo.features import PHONE_RATE_LIMITS, State
from fa_stats.demo.moment import Moment
from fa_stats.demo.schema import read_facts

Document = dict[str, Any]

_COMPACT, _SPACED = (",", ":"), (", ", ": ")
_NEW_LIMITS = dict.fromkeys(PHONE_RATE_LIMITS)
_NEW_IDENTIFIERS = (
    "phoneVerificationIdGenerator",
    "phoneVerificationIdTimeToLiveInSeconds",
    "phoneVerificationOneTimeCodeGenerator",
)

# What people put into custom data: names of settings, flags as text, nested copies of real sections. None of it counts.
_LOOKALIKES: tuple[Document, ...] = (
    {"eventConfiguration": {"events": {"user.create": {"enabled": True, "transactionType": "Any"}}}},
    {"captchaConfiguration.enabled": True, "captchaConfiguration": {"enabled": "true"}},
    {"enabled": "true", "familyConfiguration": {"enabled": True}, "scimServerConfiguration": {"enabled": True}},
    {"registrationConfiguration": {"enabled": True, "type": "advanced", "loginIdType": "phoneNumber"}},
    {"jwtConfiguration": {"refreshTokenOneTimeUseConfiguration": {"gracePeriodInSeconds": 30}}, "state": "Inactive"},
    {"multiFactorConfiguration": {"loginPolicy": "Required", "sms": {"enabled": True}}, "note": 'see "loginPolicy"'},
    {"loginConfiguration": {"requireAuthentication": False}, "oauthConfiguration": {"relationship": "ThirdParty"}},
    {"rateLimitConfiguration": {"failedLogin": {"enabled": True}}, "path": 'C:\\idp\\"old"\\config', "mood": "🦊"},
    {"samlv2Configuration": {"enabled": True}, "überschrift": "Änderung nötig: „später“", "メモ": "移行は来週"},
)


def write_tenant(moment: Moment, index: int, state: State, condition: str) -> str:
    """Return a tenant's document, with the condition (Active, PendingDelete) that it says."""
    style = Random(f"{moment.seed}/tenant/{index}/style")  # noqa: S311 - a demo, not a secret
    document = _read_shape("tenant.json")
    events = document["eventConfiguration"]["events"]
    for fact in read_facts("events.csv"):
        if fact["scope"] == "tenant":
            events[fact["event"]] = {"enabled": False, "transactionType": "None"}
    if not moment.upgraded:
        _forget_phones(document)
    blank = json.loads(json.dumps(document))
    _fill_tenant(moment, document, index, style)
    _switch_flags(document, state)
    _switch_events(events, state)
    _switch_tenant_choices(document, state)
    document["state"] = condition
    return _write(document, blank, index, style)


def write_application(moment: Moment, index: int, application_id: str, state: State, condition: str) -> str:
    """Return an application's document, with the condition (Active, Inactive) that it says."""
    style = Random(f"{moment.seed}/application/{index}/style")  # noqa: S311 - a demo, not a secret
    document, blank = _read_shape("application.json"), _read_shape("application.json")
    oauth = document["oauthConfiguration"]
    oauth["clientId"] = application_id
    oauth["clientSecret"] = names.secret(moment.seed, "client", index)
    oauth["authorizedRedirectURLs"] = [f"https://{names.host('app', index)}/callback"]
    oauth["logoutURL"] = f'https://{names.host("app", index)}/bye?q="{index}\\"'
    _switch_flags(document, state)
    _switch_registration(document["registrationConfiguration"], index, state.get("registration"), moment)
    _switch_application_choices(document, state)
    if state.has("samlv2Configuration.enabled"):
        document["samlv2Configuration"]["issuer"] = names.host("saml", index)
        document["samlv2Configuration"]["authorizedRedirectURLs"] = [f"https://{names.host('saml', index)}/acs"]
    document["state"] = condition
    return _write(document, blank, index, style)


def write_admin_application(moment: Moment, application_id: str) -> str:
    """Return the document of the built-in admin application, which lacks whole sections."""
    return json.dumps(
        {
            "jwtConfiguration": {
                "enabled": True,
                "timeToLiveInSeconds": 60,
                "refreshTokenExpirationPolicy": "SlidingWindow",
                "refreshTokenTimeToLiveInMinutes": 60,
                "refreshTokenUsagePolicy": "OneTimeUse",
            },
            "registrationConfiguration": {"type": "basic"},
            "oauthConfiguration": {
                "authorizedRedirectURLs": ["/admin/login"],
                "clientId": application_id,
                "clientSecret": names.secret(moment.seed, "client", "admin"),
                "enabledGrants": ["authorization_code", "refresh_token"],
                "logoutURL": "/admin/single-logout",
                "generateRefreshTokens": True,
                "clientAuthenticationPolicy": "Required",
                "proofKeyForCodeExchangePolicy": "Required",
            },
            "loginConfiguration": {
                "allowTokenRefresh": False,
                "generateRefreshTokens": False,
                "requireAuthentication": True,
            },
            "unverified": {"behavior": "Allow"},
            "verificationStrategy": "ClickableLink",
            "state": "Active",
        }
    )


def write_tenant_manager(moment: Moment, application_id: str) -> str:
    """Return the document of the tenant manager, as an installer writes it."""
    shape = _read_shape("application.json")
    oauth = shape["oauthConfiguration"] | {
        "clientId": application_id,
        "clientSecret": names.secret(moment.seed, "client", "tenant manager"),
        "logoutURL": "/tenant-manager/single-logout",
        "authorizedRedirectURLs": ["/tenant-manager"],
        "debug": True,
        "requireRegistration": True,
        "proofKeyForCodeExchangePolicy": "Required",
    }
    jwt = shape["jwtConfiguration"] | {"enabled": True, "timeToLiveInSeconds": 60}
    return json.dumps(
        {"state": "Active", "jwtConfiguration": jwt, "oauthConfiguration": oauth, "universalConfiguration": {}}
    )


def compact(document: object) -> str:
    """Return a document as the product mostly writes it: without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=_COMPACT)


def put(document: Document, path: str, value: object) -> None:
    """Set the value at a path of keys, of which none holds a dot; sections on the way must be there."""
    *sections, key = path.split(".")
    for section in sections:
        document = document[section]
    document[key] = value


@cache
def _shape_text(name: str) -> str:
    return files("fa_stats.demo").joinpath(name).read_text(encoding="utf-8")


def _read_shape(name: str) -> Document:
    shape: Document = json.loads(_shape_text(name))
    return shape


def _forget_phones(document: Document) -> None:
    del document["phoneConfiguration"]
    for fact in read_facts("events.csv"):
        if fact["since"]:
            del document["eventConfiguration"]["events"][fact["event"]]
    for name in _NEW_LIMITS:
        del document["rateLimitConfiguration"][name]
    for name in _NEW_IDENTIFIERS:
        del document["externalIdentifierConfiguration"][name]


def _fill_tenant(moment: Moment, document: Document, index: int, style: Random) -> None:
    document["issuer"] = names.host("auth", index)
    document["emailConfiguration"] |= {
        "defaultFromEmail": f"no-reply-{index}@{names.DOMAIN}",
        "defaultFromName": names.name_brand(index),
        "host": names.host("smtp", index),
        "username": f"mailer-{index}@{names.DOMAIN}",
        "password": names.secret(moment.seed, "smtp", index),
        "port": 587,
        "security": "TLS",
    }
    document["captchaConfiguration"] |= {
        "secretKey": names.secret(moment.seed, "captcha", index),
        "siteKey": names.secret(moment.seed, "site", index),
    }
    document["jwtConfiguration"]["timeToLiveInSeconds"] = style.choice((300, 900, 3600))


def _switch_flags(document: Document, state: State) -> None:
    for name, option in state.options.items():
        if option == "on" and "." in name and not name.startswith("event "):
            put(document, name, value=True)


def _switch_events(events: Document, state: State) -> None:
    for name, option in state.options.items():
        if name.startswith("event "):
            event = events[name.removeprefix("event ")]
            switch, _, kind = option.partition(":")
            event["enabled"] = switch == "on"
            if kind == "missing":
                del event["transactionType"]
            elif kind:
                event["transactionType"] = kind


def _switch_tenant_choices(document: Document, state: State) -> None:
    factors = document["multiFactorConfiguration"]
    match state.get("totp"):
        case "off":
            factors["authenticator"]["enabled"] = False
        case "missing":
            del factors["authenticator"]["enabled"]
        case "null":
            factors["authenticator"]["enabled"] = None
    match state.get("login policy"):
        case "missing":
            del factors["loginPolicy"]
        case "":
            pass
        case policy:
            factors["loginPolicy"] = policy


def _switch_registration(section: Document, index: int, option: str, moment: Moment) -> None:
    phone = moment.upgraded and (option.endswith("phone") or (option == "missing" and index % 3 == 0))
    section["loginIdType"] = "phoneNumber" if phone else "email"
    section["enabled"] = bool(option) and not option.startswith("off")
    match option:
        case "missing":
            del section["type"]
        case "null":
            section["type"] = None
        case "advanced" | "off advanced":
            section["type"] = "advanced"


def _switch_application_choices(document: Document, state: State) -> None:
    login, jwt, oauth = document["loginConfiguration"], document["jwtConfiguration"], document["oauthConfiguration"]
    match state.get("login"):
        case "on:open":
            login["requireAuthentication"] = False
        case "missing":
            del login["requireAuthentication"]
        case "null":
            login["requireAuthentication"] = None
    match state.get("grace"):
        case "on":
            jwt["refreshTokenOneTimeUseConfiguration"]["gracePeriodInSeconds"] = 30
        case "missing":
            del jwt["refreshTokenOneTimeUseConfiguration"]
        case "null":
            jwt["refreshTokenOneTimeUseConfiguration"] = None
    policy = state.get("login policy")
    if policy:
        document["multiFactorConfiguration"]["loginPolicy"] = policy.partition(":")[2] or None
    match state.get("relationship"):
        case "on:ThirdParty":
            oauth["relationship"] = "ThirdParty"
        case "missing":
            del oauth["relationship"]


def _write(document: Document, blank: Document, index: int, style: Random) -> str:
    sparse, null, spaced, shuffled, custom = (style.random() for _ in range(5))
    untouched = [key for key, value in blank.items() if document[key] == value and key != "state"]
    if sparse < 0.12:
        for key in untouched[index % 2 :: 2]:
            del document[key]
        _drop_idle_events(document)
    elif null < 0.1:
        document["logoutURL"] = None
        for key in untouched[index % 4 :: 4]:
            document[key] = None
    document["data"] = {"owner": f"quorwen-{index}@{names.DOMAIN}"}
    if custom < 0.35:
        document["data"] |= _LOOKALIKES[index % len(_LOOKALIKES)]
    if shuffled < 0.16:
        keys = list(document)
        style.shuffle(keys)
        document = {key: document[key] for key in keys}
    return json.dumps(document, ensure_ascii=False, separators=_SPACED if spaced < 0.17 else _COMPACT)


def _drop_idle_events(document: Document) -> None:
    section = document.get("eventConfiguration")
    if section:
        idle = {"enabled": False, "transactionType": "None"}
        section["events"] = {name: event for name, event in section["events"].items() if event != idle}
