"""Whether anything may be collected and sent: pure decisions, each with its reason and the sentence it rests on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fa_stats.catalogue.stat import Payload
from fa_stats.collection import Collection, Status

if TYPE_CHECKING:
    from fa_stats.settings import Settings

# Sentences of the vendor's page "Collected Metrics", to the letter: each decision names the one that it rests on.
MAY_CHOOSE = "Self-hosted FusionAuth users can choose to share data with us."
ALWAYS_OFF = "Self-hosted customers will always be able to turn off usage data collection."
PAID_MUST = (
    "Customers on a paid plan must allow metrics collection per the license agreement unless they have an air-gapped "
    "license."
)
METRICS_OFF = "You can turn metrics collection off by blocking the hostname usage-stats.fusionauth.io."
UPGRADED_DO_NOT = "Instances upgraded to version 1.55 do not send feature usage data."
NEW_SEND = (
    "New instances created since version 1.55 do send feature usage data, but you can opt out at instance creation or "
    "any time after."
)
CLOUD_SHARES = "FusionAuth Cloud instances always share usage data."
CLOUD_CANNOT = "Usage stats collection cannot be disabled on FusionAuth Cloud instances."
COMMUNITY_NOT_TIED = (
    "If you enable usage data collection on the Community plan (including all unlicensed FusionAuth instances), we "
    "collect data but won\u2019t tie it to your identity."
)
LICENSED_TIED = (
    "If you enable usage data collection on the Licensed Community plan, we tie usage data to your account and "
    "identity via your instanceId."
)
LICENCE_ID = "license Id (only for licensed instances with a plan)"

_USAGE_DATA_SINCE = (1, 55)
_COMMUNITY = ("community", "licensed community")


class Plan(StrEnum):
    """The licence of an instance, as far as the vendor's page tells plans apart."""

    UNLICENSED = "no licence"
    COMMUNITY = "Licensed Community"
    PAID = "a paid plan"
    UNKNOWN = "not known"


class Created(StrEnum):
    """Whether an instance was created before usage data was collected at all."""

    BEFORE = "before 1.55"
    SINCE = "with 1.55 or later"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why, in one sentence; `sentence` is the vendor's page's own, where the answer rests on one."""

    allowed: bool
    reason: str
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who agreed, and when, that what these definitions count is sent. `definitions` is their digest."""

    by: str
    at: datetime
    definitions: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Everything that the decisions depend on; `definitions` is the digest of what is counted."""

    mode: str  # off, local, on
    usage_data: bool  # whether the settings have it sent
    metrics: bool  # the same
    deployment: str  # self-hosted, cloud
    air_gapped: bool
    created: Created
    switch: bool | None  # the instance's own; None where nobody ever set it
    plan: Plan
    definitions: str
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What holds for one of the two payloads. `tied` is whether it can be told whose it is."""

    payload: Payload
    collect: Decision
    send: Decision
    tied: Decision


def may_connect(mode: str) -> Decision:
    """Whether a connection may be opened at all, by the local settings."""
    if mode == "off":
        return Decision(
            False, 'Collection is off in the settings ([collection] mode = "off"): no connection was opened.'
        )
    return Decision(True, "The settings allow to collect locally.")


def may_collect(switch: bool | None, deployment: str = "self-hosted") -> Decision:
    """Whether the stats may be read, by the instance's own switch (`usageDataConfiguration.enabled`, None where unset).

    The switch is the one that the vendor's page describes under "Disable Data Collection".
    """
    if switch is False:
        said = (
            "The instance's own switch for usage data is off (Settings, System, Analytics & Improvements): "
            "that switch was read and nothing else."
        )
        if deployment == "cloud":
            said += " In the cloud, the vendor's page says, the vendor's own collection cannot be disabled."
            return Decision(False, said, CLOUD_CANNOT)
        return Decision(False, said, ALWAYS_OFF)
    if switch is None:
        return Decision(True, "The instance's own switch for usage data has never been set.")
    return Decision(True, "The instance's own switch for usage data is on.", MAY_CHOOSE)


def switch_of(text: str | None) -> bool | None:
    """Return what the instance's switch says, from its text; what is neither yes nor no counts as no."""
    return None if text is None else text == "true"


def decide(circumstances: Circumstances, collected: datetime) -> tuple[Consent, Consent]:
    """Return what holds for usage data and for metrics that were collected at a moment, in this order.

    The rules of the house, in the settings, go before those of the vendor's page, and can only be stricter.
    """
    collect = may_connect(circumstances.mode)
    if collect.allowed:
        collect = may_collect(circumstances.switch, circumstances.deployment)
    usage, metrics = (
        Consent(payload, collect, _first_refusal(payload, circumstances, collect, collected), tied(circumstances))
        for payload, tied in ((Payload.STATS, _usage_data_tied), (Payload.METRICS, _metrics_tied))
    )
    return usage, metrics


def _first_refusal(payload: Payload, now: Circumstances, collect: Decision, collected: datetime) -> Decision:
    """Return the answer to whether a payload may be sent: the first no, else the page's yes."""
    by_page = _metrics_sent(now) if payload is Payload.METRICS else _usage_data_sent(now)
    agreed = _agreed(now, collected)
    for decision in (collect, _house(payload, now), by_page, agreed):
        if not decision.allowed:
            return decision
    return replace(by_page, reason=f"{by_page.reason} {agreed.reason}")


def _house(payload: Payload, now: Circumstances) -> Decision:
    """What the settings say of sending."""
    if now.mode != "on":
        return Decision(False, 'The settings allow to collect only ([collection] mode = "local"): nothing is sent.')
    if now.air_gapped:
        said = "The licence is an air-gapped one ([instance] air_gapped = true): nothing leaves such a place."
        return Decision(False, said, PAID_MUST)
    if payload is Payload.STATS and not now.usage_data:
        said = "The settings do not have usage data sent ([sending] usage_data = false)."
        return Decision(False, said, ALWAYS_OFF if now.deployment == "self-hosted" else CLOUD_SHARES)
    if payload is Payload.METRICS and not now.metrics:
        said = "The settings do not have metrics sent ([sending] metrics = false)."
        if now.plan is Plan.PAID:
            said += " Mind that the licence agreement of a paid plan requires metrics."
            return Decision(False, said, PAID_MUST)
        return Decision(False, said, METRICS_OFF)
    return Decision(True, "The settings have it sent.")


def _usage_data_sent(now: Circumstances) -> Decision:
    """What the page says of sending usage data, where the house has nothing against it."""
    if now.deployment == "cloud":
        return Decision(True, "An instance in the vendor's cloud always shares usage data.", CLOUD_SHARES)
    if now.switch:
        return Decision(True, "The instance's own switch for usage data is on.", MAY_CHOOSE)
    return by_default(now.created)


def by_default(created: Created) -> Decision:
    """What the page says of sending usage data where nobody ever set the instance's own switch."""
    never = "The instance's own switch for usage data has never been set, and"
    if created is Created.SINCE:
        return Decision(True, f"{never} instances created with 1.55 or later send by default.", NEW_SEND)
    if created is Created.BEFORE:
        return Decision(False, f"{never} instances created before 1.55 do not send by default.", UPGRADED_DO_NOT)
    said = f"{never} nobody has said with which version the instance was created ([instance] created_with)"
    return Decision(False, f"{said}: it counts as one from before 1.55, which does not send.", UPGRADED_DO_NOT)


def _metrics_sent(now: Circumstances) -> Decision:
    """What the page says of sending metrics: neither the instance's age nor an unset switch has to do with it."""
    if now.plan is Plan.PAID:
        return Decision(True, "The licence agreement of a paid plan requires metrics.", PAID_MUST)
    return Decision(True, "Metrics are sent unless somebody turns that off.", METRICS_OFF)


def _agreed(now: Circumstances, collected: datetime) -> Decision:
    agreement = now.agreement
    ask = "`fa-stats consent agree` shows what it is and asks for a name."
    if agreement is None:
        return Decision(False, f"Nobody has agreed that what is counted here is sent. {ask}")
    if agreement.definitions != now.definitions:
        said = (
            f"What is counted is no longer what {agreement.by} agreed to on {agreement.at:%Y-%m-%d}: some stat is new"
        )
        return Decision(False, f"{said}, gone or changed. {ask}")
    if agreement.at > collected:
        said = f"It was collected before {agreement.by} agreed, at {agreement.at:%Y-%m-%dT%H:%M:%SZ}"
        return Decision(False, f"{said}: what is older than the agreement is never sent.")
    return Decision(True, f"{agreement.by} agreed to it on {agreement.at:%Y-%m-%d}.")


def _usage_data_tied(now: Circumstances) -> Decision:
    """Whether usage data can be told whose it is; where the page is silent, yes."""
    if now.deployment == "cloud":
        return Decision(True, "The vendor runs the instance, and knows whose it is.", CLOUD_SHARES)
    if now.plan is Plan.UNLICENSED:
        return Decision(False, "Without a licence, usage data is not tied to an identity.", COMMUNITY_NOT_TIED)
    if now.plan is Plan.COMMUNITY:
        return Decision(True, "With a Licensed Community plan, usage data is tied by the instanceId.", LICENSED_TIED)
    if now.plan is Plan.PAID:
        said = "The vendor knows by the licence whose instanceId it is; the page says nothing of paid plans."
        return Decision(True, said)
    return Decision(True, "Nobody could tell the plan, so it is taken to be tied to an identity.")


def _metrics_tied(now: Circumstances) -> Decision:
    """Whether metrics can be told whose they are."""
    if now.deployment == "cloud":
        return Decision(True, "The vendor runs the instance, and knows whose it is.", CLOUD_SHARES)
    if now.plan is Plan.UNLICENSED:
        return Decision(False, "Without a licence, metrics carry an instanceId and no licence id.", LICENCE_ID)
    if now.plan is Plan.COMMUNITY:
        said = "With a Licensed Community plan, the vendor knows whose instanceId it is."
        return Decision(True, said, LICENSED_TIED)
    if now.plan is Plan.PAID:
        return Decision(True, "With a paid plan, metrics carry the licence id.", LICENCE_ID)
    return Decision(True, "Nobody could tell the plan, so they are taken to be tied to an identity.")


def still(
    stored: Circumstances | None, settings: Settings, agreement: Agreement | None, collected: datetime
) -> tuple[Consent, Consent]:
    """Return what holds at the moment of sending: the circumstances of the collection and those of now must allow it.

    The stricter answer is given, with its reason. Without the collection's circumstances, nothing is ever sent.
    """
    if stored is None:
        no = Decision(False, "Its snapshot was made before fa_stats kept what had been allowed: it is never sent.")
        unknown = Decision(True, "Nobody could tell the plan, so it is taken to be tied to an identity.")
        return Consent(Payload.STATS, no, no, unknown), Consent(Payload.METRICS, no, no, unknown)
    now = replace(stored, **_of_settings(settings), agreement=agreement)
    usage, metrics = (
        Consent(
            then.payload,
            collect=now.collect if then.collect.allowed else then.collect,
            send=now.send if then.send.allowed or now.send == then.send else _earlier(then.send),
            tied=then.tied if then.tied.allowed else now.tied,
        )
        for then, now in zip(decide(stored, collected), decide(now, collected), strict=True)
    )
    return usage, metrics


def _earlier(refusal: Decision) -> Decision:
    return replace(refusal, reason=f"It was not allowed when it was collected, so it never will be. {refusal.reason}")


def circumstances(
    settings: Settings, collection: Collection, agreement: Agreement | None, definitions: str
) -> Circumstances:
    """Return what the decisions on a collection depend on; `definitions` is the digest of what was counted."""
    return Circumstances(
        **_of_settings(settings),
        switch=switch_of(collection.switch),
        plan=plan_of(collection),
        definitions=definitions,
        agreement=agreement,
    )


def without_collection(settings: Settings, agreement: Agreement | None, definitions: str) -> Circumstances:
    """Return the circumstances as far as they are known before anything was collected."""
    return Circumstances(
        **_of_settings(settings), switch=None, plan=Plan.UNKNOWN, definitions=definitions, agreement=agreement
    )


def _of_settings(settings: Settings) -> dict[str, Any]:
    return {
        "mode": settings.collection.mode,
        "usage_data": settings.sending.usage_data,
        "metrics": settings.sending.metrics,
        "deployment": settings.instance.deployment,
        "air_gapped": settings.instance.air_gapped,
        "created": created_of(settings.instance.created_with),
    }


def created_of(version: str) -> Created:
    """Return what the version means that an instance began with, such as 1.60.2; an empty one is not known."""
    if not version:
        return Created.UNKNOWN
    major, minor = (int(part) for part in version.split(".")[:2])
    return Created.SINCE if (major, minor) >= _USAGE_DATA_SINCE else Created.BEFORE


def plan_of(collection: Collection) -> Plan:
    """Return the plan that a collection shows; it is not known where the licence could not be read."""
    figures = {figure.name: figure for figure in collection.stats + collection.metrics}
    licence, plan = figures.get("licenseId"), figures.get("instanceCompanyPlan")
    if licence is None or licence.status is Status.UNAVAILABLE:
        # One that was never asked for, for want of a right or a column, says nothing of the licence.
        if licence is None or licence.microseconds is not None:
            return Plan.UNLICENSED
        licence = plan  # where the plan can be seen, so it is with the HTTP API, there is a licence
    if licence is None:
        return Plan.UNKNOWN
    if licence.status is not Status.OK or plan is None or plan.status is not Status.OK:
        return Plan.UNKNOWN
    return Plan.COMMUNITY if str(plan.value).strip().casefold() in _COMMUNITY else Plan.PAID


def dump(circumstances: Circumstances) -> str:
    """Return the text that a snapshot keeps."""
    return json.dumps(asdict(circumstances), ensure_ascii=False, default=datetime.isoformat)


def parse(text: str) -> Circumstances:
    """Read what `dump` wrote; raises ValueError, KeyError or TypeError for anything else."""
    data: dict[str, Any] = json.loads(text)
    agreement = data.pop("agreement")
    found = Circumstances(**data | {"created": Created(data["created"]), "plan": Plan(data["plan"])})
    if agreement is None:
        return found
    agreed = Agreement(**agreement | {"at": datetime.fromisoformat(agreement["at"])})
    return replace(found, agreement=agreed)
