"""Whether anything may be collected: a pure decision, each answer with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why, in one sentence."""

    allowed: bool
    reason: str


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
