"""Rights: what a role needs to count everything, as GRANTs, and what a role has beyond that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any


def postgresql_excess(ask: Callable[[str], list[tuple[Any, ...]]], needed: Mapping[str, Collection[str]]) -> list[str]:
    """Say what a PostgreSQL role may do beyond reading what is needed, in sentences."""
    return []


def mysql_excess(ask: Callable[[str], list[tuple[Any, ...]]], needed: Mapping[str, Collection[str]]) -> list[str]:
    """Say what a MySQL user may do beyond reading what is needed, in sentences."""
    return []
