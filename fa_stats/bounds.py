"""What the values of fa_stats.toml may be, beyond their types: numbers in their ranges, words, addresses, keys."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fa_stats import strict


@dataclass(frozen=True, slots=True)
class _Range:
    """From `least` to `most`; `above` if `least` itself is too little."""

    least: float
    most: float = math.inf
    above: bool = False
    words: str = ""

    def holds(self, value: float) -> bool:
        # not a number is in no range
        return (self.least < value if self.above else self.least <= value) and value <= self.most

    def __str__(self) -> str:
        if self.words:
            return self.words
        return f"at least {self.least}" if self.most == math.inf else f"between {self.least} and {self.most}"


_DAY = _Range(0, 86_400, above=True, words="above zero, and a day (86400) at the most")
_HOUR = _Range(0, 3600, above=True, words="above zero, and an hour (3600) at the most")
_YEAR_OF_DAYS = _Range(0, 366)
_SOME = _Range(1)
_MANY = _Range(1, 1_000_000)
_LIMIT = _Range(0, 1_000_000)

_RANGES: Mapping[str, Mapping[str, _Range]] = {
    "collection": {
        "statement_timeout_seconds": _DAY,
        "budget_seconds": _DAY,
        "lock_timeout_seconds": _HOUR,
        "statement_rows": _SOME,
        "measured_alone": _Range(0),
        "pause_ratio": _Range(0, 100),
    },
    "back_off": dict.fromkeys(("sessions", "lock_waits", "replica_lag_seconds", "wait_seconds"), _LIMIT),
    "demo": dict.fromkeys(("tenants", "applications", "users"), _SOME),
    "api": {
        "calls": _MANY,
        "calls_per_second": _Range(0.01, 1000),
        "megabytes": _MANY,
        "call_seconds": _DAY,
        "budget_seconds": _DAY,
    },
    "policy": {"days": _YEAR_OF_DAYS},
    "sending": {
        "approvals": _Range(0, 2, words="0, 1 or 2"),
        "attempt_seconds": _HOUR,
        "budget_seconds": _HOUR,
        "days": _YEAR_OF_DAYS,
    },
}


def mistakes(sections: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each value that cannot be, of the sections by name; None is one that could not be read."""
    for section, ranges in _RANGES.items():
        for key, allowed in ranges.items() if sections.get(section) else ():
            if not allowed.holds(getattr(sections[section], key)):
                yield f"`{key}` in [{section}] is to be {allowed}"
    for section, look in _LOOKS.items():
        if found := sections.get(section):
            yield from look(found)


def _look_at_source(source: Any) -> Iterator[str]:
    if not source.url.strip():
        yield "`url` in [source] is to name a source; without the line it is the demo"


def _look_at_collection(collection: Any) -> Iterator[str]:
    if collection.mode not in ("off", "local", "on"):
        yield f'`mode` in [collection] is to be "off", "local" or "on", not {collection.mode!r}'


def _look_at_instance(instance: Any) -> Iterator[str]:
    if instance.deployment not in ("self-hosted", "cloud"):
        yield f'`deployment` in [instance] is to be "self-hosted" or "cloud", not {instance.deployment!r}'
    if not re.fullmatch(r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?", instance.id):
        yield "`id` in [instance] is to be an id such as 4c4bb0c1-7b2e-4b45-9c58-3f2b6f0a0e11, in small letters"
    if not re.fullmatch(r"(\d{1,3}\.\d{1,3}(\.\d{1,3})?)?", instance.created_with):
        yield f"`created_with` in [instance] is to be a version such as 1.60.2, not {instance.created_with!r}"


def _look_at_policy(policy: Any) -> Iterator[str]:
    yield from _look_at_address(policy.url, "`url` in [policy]")


def _look_at_sending(sending: Any) -> Iterator[str]:
    for key in ("usage_data_url", "metrics_url"):
        yield from _look_at_address(getattr(sending, key), f"`{key}` in [sending]")
    if (sending.certificate is None) != (sending.key is None):
        yield "`certificate` and `key` in [sending] are to be given together"


def _look_at_signing(signing: Any) -> Iterator[str]:
    if not all(re.fullmatch("[0-9a-f]{64}", key) for key in signing.trusted):
        yield "`trusted` in [signing] is to hold public keys of 64 hexadecimal digits"


def _look_at_switched_off(entries: Any) -> Iterator[str]:
    from fa_stats import catalogue  # only where it is needed: every command reads the settings

    names = catalogue.load().by_name
    for entry in filter(None, entries):
        if entry.stat not in names:
            yield strict.unknown(entry.stat, " as `stat` of [[switched_off]]", names)
        if entry.until and entry.until < entry.on:
            yield f"`until` of {entry.stat} in [[switched_off]] is before its `on`"


def _look_at_address(url: str, name: str) -> Iterator[str]:
    """Refuse an address over which others could read or change what is sent, or that holds a password."""
    try:
        parts = urlsplit(url)
        local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        good = not url or (bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and local)))
        secret = parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError:
        good, secret = False, False
    if not good:
        yield f"{name} is to begin with https:// and name a host (http:// does for localhost alone)"
    if secret:
        yield f"{name} is to hold no user and no password: see `headers` in [sending]"


_LOOKS = {
    "source": _look_at_source,
    "collection": _look_at_collection,
    "instance": _look_at_instance,
    "policy": _look_at_policy,
    "sending": _look_at_sending,
    "signing": _look_at_signing,
    "switched_off": _look_at_switched_off,
}
