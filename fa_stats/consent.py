"""Whether anything may be collected and sent: pure decisions, each with its reason and the sentence it rests on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from fa_stats.catalogue.stat import Payload


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


def may_collect(switch: str | None) -> Decision:
    """Whether the stats may be read, by the instance's own switch (`usageDataConfiguration.enabled`, None where unset).

    The switch is the one that the vendor's page describes under "Disable Data Collection".
    """
    if switch == "false":
        return Decision(
            False,
            "The instance's own switch for usage data is off (Settings, System, Analytics & Improvements): "
            "that switch was read and nothing else.",
        )
    if switch is None:
        return Decision(True, "The instance's own switch for usage data has never been set; collected locally only.")
    return Decision(True, "The instance's own switch for usage data is on.")


def decide(circumstances: Circumstances, collected: datetime) -> tuple[Consent, Consent]:
    """Return what holds for usage data and for metrics that were collected at a moment, in this order."""
    raise NotImplementedError


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
