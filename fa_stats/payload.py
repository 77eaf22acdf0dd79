"""The two payloads: the exact bytes that would be sent, as canonical JSON (RFC 8785)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785

from fa_stats.catalogue import STATS_VERSION
from fa_stats.collection import Collection, Status
from fa_stats.timing import milliseconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def usage_data(collection: Collection) -> bytes:
    """Return the usage-data payload, in the shape of the vendor's published example.

    A stat that is not `ok` is absent from `stats`. `timings` has whole milliseconds, rounded up, for every stat that
    was asked for, whatever came of it. `collectionDuration` is in milliseconds, `collectionInstant` since 1970 too.
    """
    return _canonical(
        {
            "applicationVersion": collection.application_version,
            "collectionDuration": milliseconds(collection.microseconds),
            "collectionInstant": (collection.started - _EPOCH) // timedelta(milliseconds=1),
            "instanceId": collection.instance_id,
            "stats": {figure.name: figure.value for figure in collection.stats if figure.status is Status.OK},
            "statsVersion": STATS_VERSION,
            "timings": {
                figure.name: milliseconds(figure.microseconds)
                for figure in collection.stats
                if figure.microseconds is not None
            },
        }
    )


def metrics(collection: Collection) -> bytes:
    """Return the metrics payload: the eight high-level figures of the vendor's page, those that are `ok`."""
    return _canonical({figure.name: figure.value for figure in collection.metrics if figure.status is Status.OK})


def digest(payload: bytes) -> str:
    """Return the SHA-256 of a payload's bytes, in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return rfc8785.dumps(value)
