"""The made-up names, addresses and secrets of the demo, each of which carries a marker.

A test, or a doubtful reader, looks for the markers in everything that fa_stats writes: one of them anywhere means
that something left the database that should not have.
"""

from __future__ import annotations

import json
from importlib.resources import files

from fa_stats.demo.moment import identify

MARKERS: tuple[str, ...] = (
    "Ferrowick",
    "ferrowick",
    "Quorwen",
    "quorwen",
    "fwk-secret-",
    "+155501",
    "198.51.100.",
    "203.0.113.",
    "2001:db8:f00d:",
)

DOMAIN = "ferrowick.example"

_WORDS: dict[str, list[str]] = json.loads(files("fa_stats.demo").joinpath("words.json").read_text(encoding="utf-8"))
_TRADES = _WORDS["trades"]
_QUALIFIERS = _WORDS["qualifiers"]
_PRODUCTS = _WORDS["products"]

FIRST_NAMES = _WORDS["first_names"]
LAST_NAMES = _WORDS["last_names"]


def name_tenant(index: int) -> str:
    """Return a tenant's name: the default one, then brands, each as production and staging."""
    if index == 0:
        return "Ferrowick (Default)"
    brand = name_brand(index)
    return brand if index % 2 else f"{brand} (staging)"


def name_brand(index: int) -> str:
    """Return the brand that a tenant belongs to."""
    if index == 0:
        return "Ferrowick"
    lap, trade = divmod((index - 1) // 2, len(_TRADES))
    if lap == 0:
        return f"Ferrowick {_TRADES[trade]}"
    round_, qualifier = divmod(lap - 1, len(_QUALIFIERS))
    return f"Ferrowick {_QUALIFIERS[qualifier]} {_TRADES[trade]}" + (f" {round_ + 1}" if round_ else "")


def name_product(index: int) -> str:
    """Return a product's name."""
    return _PRODUCTS[index % len(_PRODUCTS)]


def host(*labels: object) -> str:
    """Return a host name of the demo company."""
    return "-".join(map(str, labels)) + f".{DOMAIN}"


def secret(*key: object) -> str:
    """Return a planted secret, which no output may ever hold."""
    return "fwk-secret-" + identify("secret", *key).replace("-", "")
