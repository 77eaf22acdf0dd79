"""Who may collect: every answer with its reason."""

from __future__ import annotations

import pytest

from fa_stats.consent import may_collect, may_connect


def test_the_settings_decide_whether_a_connection_is_opened() -> None:
    assert not may_connect("off").allowed
    assert may_connect("off").reason == (
        'Collection is off in the settings ([collection] mode = "off"): no connection was opened.'
    )
    assert may_connect("local").allowed


@pytest.mark.parametrize(("switch", "allowed"), [("true", True), ("false", False), (None, True)])
def test_the_instances_own_switch_decides_whether_its_stats_are_read(switch: str | None, allowed: bool) -> None:
    decision = may_collect(switch)
    assert decision.allowed is allowed
    assert decision.reason.endswith(".")


def test_off_on_and_unset_are_told_apart() -> None:
    assert len({may_collect(switch).reason for switch in ("true", "false", None)}) == 3
    assert "that switch was read and nothing else" in may_collect("false").reason
