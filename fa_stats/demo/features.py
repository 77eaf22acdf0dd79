"""What can be switched on in a tenant, an application or a webhook, and when a given one switches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Final

from fa_stats.demo.moment import DAY, Moment
from fa_stats.demo.schema import read_facts

GOLDEN: Final = 0.6180339887  # steps of the golden ratio spread the shares of many features evenly
RATE_LIMITS = (
    "failedLogin",
    "forgotPassword",
    "sendEmailVerification",
    "sendPasswordless",
    "sendRegistrationVerification",
    "sendTwoFactor",
)
PHONE_RATE_LIMITS = ("sendPasswordlessPhone", "sendPhoneVerification")
_DELAYED = 0.45  # the share of switches that are thrown some time after the entity was made


@dataclass(frozen=True)
class Feature:
    """One thing that an entity has, has in some variant, or (mostly) does not have.

    `options` are the variants with their shares; the rest have none. The first `pioneers` variants are sure to be
    found in one early entity each, so that no count is zero by chance. `stat` is the product's name for the number of
    entities that have an option beginning with "on".
    """

    name: str
    options: tuple[tuple[str, float], ...]
    pioneers: int = 1
    column: bool = False
    late: bool = False  # came with the upgrade
    stat: str = ""


@dataclass(frozen=True)
class State:
    """The variants that an entity has at a moment, and when the last one was switched."""

    options: dict[str, str] = field(default_factory=dict)
    switched: int = 0

    def has(self, name: str) -> bool:
        """Return whether a feature is on."""
        return self.options.get(name, "").startswith("on")

    def get(self, name: str) -> str:
        """Return a feature's variant, or nothing."""
        return self.options.get(name, "")

    def columns_only(self, features: Iterable[Feature]) -> State:
        """Return the state of an entity that has no document."""
        kept = {feature.name for feature in features if feature.column}
        return State({name: option for name, option in self.options.items() if name in kept}, self.switched)


@dataclass(frozen=True)
class Switchboard:
    """The features of one kind of entity, and which early entities are their pioneers."""

    kind: str
    features: tuple[Feature, ...]
    first: int
    early: int

    def pioneers(self, population: int) -> dict[int, dict[str, str]]:
        """Return the options that early entities are sure to have, where the population has so many."""
        start = self.first if population > self.first else 0
        width = max(1, min(self.early, population - start))
        found: dict[int, dict[str, str]] = {}
        for number, feature in enumerate(self.features):
            for order, (option, _) in enumerate(feature.options[: feature.pioneers]):
                found.setdefault(start + (number + 5 * order) % width, {})[feature.name] = option
        return found

    def state(self, moment: Moment, index: int, created: int, pioneer: dict[str, str]) -> State:
        """Return what an entity has switched on at the moment.

        Which draws are taken never depends on the moment: an entity's life is the same whichever day it is looked at
        from.
        """
        draw = Random(f"{moment.seed}/{self.kind}/{index}").random  # noqa: S311 - a demo, not a secret
        options: dict[str, str] = {}
        switched = created
        for feature in self.features:
            chosen = _choose(feature.options, draw())
            option = pioneer.get(feature.name, chosen)
            if not option:
                continue
            on, off = _switch(moment, feature, created, draw(), draw(), first=feature.name in pioneer)
            if on <= moment.now and (not feature.late or moment.upgraded):
                gone = off is not None and off <= moment.now
                switched = max(switched, off if off is not None and gone else on)
                if not gone:
                    options[feature.name] = option
        return State(options, switched)


def _switch(
    moment: Moment, feature: Feature, created: int, delay: float, ending: float, *, first: bool
) -> tuple[int, int | None]:
    """Return when a feature is switched on, and when off again if ever; a pioneer has it from the start, for good."""
    on = created if first else created + _delay(delay)
    if feature.late and on < moment.upgraded_at:
        on = moment.upgraded_at + (0 if first else _delay(ending))
    if first or ending >= 0.06:
        return on, None
    return on, on + int((40 + 6000 * ending) * DAY)


def _choose(options: tuple[tuple[str, float], ...], which: float) -> str:
    for option, share in options:
        which -= share
        if which < 0:
            return option
    return ""


def _delay(draw: float) -> int:
    late = max(0.0, draw - (1 - _DELAYED)) / _DELAYED
    return int(late * 300 * DAY)


def _flag(name: str, share: float, stat: str = "", *, late: bool = False) -> Feature:
    return Feature(name, (("on", share),), stat=stat, late=late)


def _column(name: str, share: float, stat: str, *, late: bool = False) -> Feature:
    return Feature(name, (("on", share),), column=True, stat=stat, late=late)


def _templates(table: str, least: float, spread: float) -> tuple[Feature, ...]:
    return tuple(
        _column(fact["column"], least + spread * (number * GOLDEN % 1), fact["stat"], late=_is_late(fact["column"]))
        for number, fact in enumerate(fact for fact in read_facts("templates.csv") if fact["table"] == table)
    )


def _is_late(column: str) -> bool:
    return column.startswith("phone_configuration_")


def name_event_stat(event: str) -> str:
    """Return the product's name for the stat of an event: `user.create` becomes `webhookUserCreate`."""
    return "webhook" + "".join(word[0].upper() + word[1:] for word in event.replace("-", ".").split("."))


def _events() -> tuple[Feature, ...]:
    found = []
    for number, fact in enumerate(fact for fact in read_facts("events.csv") if fact["scope"] == "tenant"):
        share = 0.06 + 0.86 * (number * GOLDEN % 1)
        part = 0.2 + 0.5 * (number * 7 * GOLDEN % 1) if fact["transactional"] == "yes" else 0.0
        options = [("on", share * (1 - part) * 0.9), ("on:Any", share * part * 0.5)]
        options += [("on:SuperMajority", share * part * 0.3), ("on:AbsoluteMajority", share * part * 0.2)]
        options += [("on:missing", share * (1 - part) * 0.1), ("off:Any", 0.04 if part else 0.0)]
        late = bool(fact["since"])
        stat = "" if late else name_event_stat(fact["event"])
        found.append(Feature("event " + fact["event"], tuple(options), 2 if part else 1, late=late, stat=stat))
    return tuple(found)


@cache
def tenant_features() -> Switchboard:
    """Return the features of tenants."""
    limits = (
        *(_flag(f"rateLimitConfiguration.{name}.enabled", 0.05 + 0.012 * i) for i, name in enumerate(RATE_LIMITS)),
        *(_flag(f"rateLimitConfiguration.{name}.enabled", 0.06, late=True) for name in PHONE_RATE_LIMITS),
    )
    features = (
        Feature("theme", (("on:advanced", 0.28), ("on:simple", 0.22), ("stock simple", 0.14)), 3, column=True),
        Feature("admin form", (("on", 0.24),), column=True, stat="tenantCustomAdminUserForm"),
        Feature("totp", (("off", 0.16), ("missing", 0.12), ("null", 0.04)), 2),
        Feature("login policy", (("Required", 0.2), ("Disabled", 0.1), ("missing", 0.1))),
        _column("client_credentials_access_token_populate_lambdas_id", 0.19, "tenantClientCredentialsLambdaEnabled"),
        _column("login_validation_lambdas_id", 0.12, ""),
        _column("phone_configuration_messengers_id", 0.42, "tenantPhoneConfigurationMessengers", late=True),
        _flag("captchaConfiguration.enabled", 0.31, "atdCaptcha"),
        _flag("scimServerConfiguration.enabled", 0.21, "scimEnabled"),
        _flag("passwordValidationRules.breachDetection.enabled", 0.37, "tenantBreachedPasswordDetection"),
        _flag("multiFactorConfiguration.email.enabled", 0.55, "tenantEmailMfaEnabled"),
        _flag("multiFactorConfiguration.sms.enabled", 0.27, "tenantSmsMfaEnabled"),
        _flag("familyConfiguration.enabled", 0.12, "tenantFamilyEnabledTemplate"),
        _flag("ssoConfiguration.allowAccessTokenBootstrap", 0.16, "tenantSsoSessionBootstrapEnabled"),
        _flag("webAuthnConfiguration.enabled", 0.46, "tenantWebauthnEnabled"),
    )
    return Switchboard("tenant", (*features, *limits, *_templates("tenants", 0.06, 0.7), *_events()), 1, 11)


@cache
def application_features() -> Switchboard:
    """Return the features of applications."""
    registration = [("basic", 0.2), ("phone", 0.1), ("missing", 0.08), ("advanced", 0.13)]
    registration += [("off advanced", 0.05), ("off phone", 0.04), ("null", 0.02)]
    features = (
        Feature("theme", (("on:advanced", 0.13), ("on:simple", 0.17), ("stock simple", 0.05)), 3, column=True),
        Feature("registration", tuple(registration), 4),
        Feature(
            "login",
            (("on:open", 0.18), ("missing", 0.12), ("null", 0.03)),
            stat="applicationLoginApiAuthenticationDisabled",
        ),
        Feature(
            "grace", (("on", 0.23), ("missing", 0.2), ("null", 0.03)), stat="applicationRefreshTokenGracePeriodEnabled"
        ),
        Feature(
            "login policy",
            (("on:Required", 0.09), ("on:Disabled", 0.06), ("on:Enabled", 0.07), ("null", 0.06)),
            3,
            stat="applicationMfaPolicy",
        ),
        Feature("relationship", (("on:ThirdParty", 0.15), ("missing", 0.2)), stat="applicationThirdParty"),
        _flag("samlv2Configuration.enabled", 0.19, "applicationActsAsSamlv2Idp"),
        _flag("loginConfiguration.generateRefreshTokens", 0.36, "applicationLoginApiRefreshTokensEnabled"),
        _flag("passwordlessConfiguration.enabled", 0.33, "applicationMagicLinks"),
        _flag("jwtConfiguration.enabled", 0.41),
        _column("access_token_populate_lambdas_id", 0.39, "applicationAccessTokenPopulateLambda"),
        _column("id_token_populate_lambdas_id", 0.28, "applicationIdTokenPopulateLambda"),
        _column("samlv2_populate_lambdas_id", 0.11, "applicationSamlv2PopulateLambda"),
        _column("userinfo_populate_lambdas_id", 0.17, "applicationUserinfoPopulateLambda"),
        _column(
            "self_service_registration_validation_lambdas_id",
            0.08,
            "applicationSelfServiceRegistrationValidationLambda",
        ),
        _column("self_service_user_forms_id", 0.26, "applicationCustomSelfServiceAccountForm"),
        _column("ui_ip_access_control_lists_id", 0.07, ""),
    )
    return Switchboard("application", (*features, *_templates("applications", 0.03, 0.5)), 4, 9)


@cache
def webhook_features() -> Switchboard:
    """Return the events that a webhook listens to."""
    events = read_facts("events.csv")
    shares = {"audit-log.create": 0.45, "event-log.create": 0.3, "kickstart.success": 0.15}
    return Switchboard(
        "webhook",
        tuple(
            _flag(
                fact["event"],
                shares.get(fact["event"], 0.3 + 0.5 * (number * GOLDEN % 1)),
                name_event_stat(fact["event"]) if fact["scope"] == "instance" else "",
                late=bool(fact["since"]),
            )
            for number, fact in enumerate(events)
        ),
        0,
        6,
    )
