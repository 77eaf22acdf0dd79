"""What the official description says of the answers that a collection reads, as a flat table.

`python -m shapes openapi.yaml` writes `data/api_shapes.csv` anew. The table has facts only: where a property is, its
JSON type, its format, its values. A list of objects of several types has a path for each type, `connectors[LDAP]`.
"""

from __future__ import annotations

import csv
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "api_shapes.csv"
COLUMNS = ["endpoints", "path", "type", "format", "values"]

# Where an answer is described: the searches have no GET there, nor have the lists of some objects.
ENDPOINTS = {
    **dict.fromkeys(["application", "webhook", "identity-provider", "lambda", "status"], "get"),
    **dict.fromkeys(["tenant", "form", "theme", "messenger", "group", "entity/type", "connector"], "post"),
    **dict.fromkeys([f"{each}/search" for each in ("application", "tenant", "webhook", "identity-provider")], "post"),
    **dict.fromkeys([f"{each}/search" for each in ("theme", "lambda", "group", "entity/type", "entity/grant")], "post"),
    "ip-acl/search": "post",
    **dict.fromkeys(["integration", "system-configuration"], "put"),
    "system/version": "get",
    **dict.fromkeys([f"report/{each}" for each in ("totals", "login")], "get"),
    **dict.fromkeys([f"report/{each}-active-user" for each in ("daily", "monthly")], "get"),
}

# What the description gets wrong, and how it is read here.
# The lists of connectors and messengers are declared as lists of the base class.
CONCRETE = {
    "BaseConnectorConfiguration": {each: f"{each}ConnectorConfiguration" for each in ("FusionAuth", "Generic", "LDAP")},
    "BaseMessengerConfiguration": {each: f"{each}MessengerConfiguration" for each in ("Generic", "Kafka", "Twilio")},
}
# Both SAML providers lack what every provider has, and the settings of an application that lie beside the others.
BARE = {f"{name}IdentityProvider": f"{name}ApplicationConfiguration" for name in ("SAMLv2", "SAMLv2IdPInitiated")}
WHOLE = "ExternalJWTIdentityProvider"
COMMON = ["data", "attributeMappings", "debug", "id", "insertInstant", "lambdaConfiguration", "lastUpdateInstant"]
COMMON += ["linkingStrategy", "name", "source", "tenantConfiguration", "tenantId", "type"]
# One type of identity provider is spelt otherwise where its schema is told than in the list of types.
SPELT = {"OpenIdConnect": "OpenIDConnect"}
# The answer to GET of the reactor is not described, though what lies in it is.
UNDESCRIBED = {"reactor": "ReactorResponse"}


@dataclass(frozen=True, slots=True)
class Fact:
    """What may stand at one path of an answer."""

    path: str
    type: str
    format: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A fact that the description lacks or has wrong, and how it is known; `[?]` is a list of any type."""

    path: str
    type: str
    reason: str
    format: str = ""


_GROUP = "a map from the application's id to its roles, which the description has as a list"
_ENABLED = "the switch that the documentation of each provider names; the description leaves it out"
KNOWN = (
    Known("groups[].roles", "map", _GROUP),
    Known("groups[].roles.*", "array", _GROUP),
    Known("groups[].roles.*[]", "object", _GROUP),
    Known("identityProviders[?].enabled", "boolean", _ENABLED),
    Known("identityProviders[?].applicationConfiguration.*.enabled", "boolean", _ENABLED),
    Known("version", "string", "the one documented part of a status", "status"),
    Known("systemConfiguration.cookieEncryptionKey", "string", "was there in the versions before 1.69"),
)


def derived(description: Mapping[str, Any]) -> list[tuple[str, Fact]]:
    """Return each fact of the description with the endpoints it is true of, separated by spaces, in order of path."""
    schemas = description["components"]["schemas"]
    found: dict[Fact, list[str]] = {}
    for endpoint in [*ENDPOINTS, *UNDESCRIBED]:
        for fact in _answer(schemas, _schema(description["paths"], endpoint)):
            found.setdefault(fact, []).append(endpoint)
    return sorted(((" ".join(sorted(where)), fact) for fact, where in found.items()), key=lambda each: _key(*each))


def _key(endpoints: str, fact: Fact) -> tuple[str, str]:
    return fact.path, endpoints


def _schema(paths: Mapping[str, Any], endpoint: str) -> dict[str, Any]:
    if endpoint in UNDESCRIBED:
        return {"$ref": f"#/components/schemas/{UNDESCRIBED[endpoint]}"}
    responses = paths[f"/api/{endpoint}"][ENDPOINTS[endpoint]]["responses"]
    schema: dict[str, Any] = responses["200"]["content"]["application/json"]["schema"]
    return schema


def _answer(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield the facts of a response; where it has a list, the single objects beside it belong to other endpoints."""
    properties = schemas[_name(schema)].get("properties", {})
    listed = any(each.get("type") == "array" for each in properties.values())
    for name, each in properties.items():
        if not (listed and "$ref" in each):
            yield from _facts(schemas, each, name, ())


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _facts(schemas: Mapping[str, Any], schema: Mapping[str, Any], path: str, within: tuple[str, ...]) -> Iterator[Fact]:
    """Yield the facts of a property and of all that lies in it; a schema inside itself is cut."""
    name = _name(schema)
    if name in within:
        yield Fact(path, "any")
        return
    if name:
        within, schema = (*within, name), schemas[name]
    kinds = CONCRETE.get(name) or {kind: _name({"$ref": at}) for kind, at in _mapping(schema).items()}
    if kinds and path.endswith("[]"):
        for kind, concrete in kinds.items():
            at = f"{path[:-2]}[{SPELT.get(kind, kind)}]"
            yield from _object(schemas, _properties(schemas, concrete), at, (*within, concrete))
        return
    values = tuple(map(str, schema.get("enum", ())))
    if "additionalProperties" in schema:
        yield Fact(path, "map")
        # A map of anything is declared as one of objects; its values may be any JSON.
        if (inner := schema["additionalProperties"]) != {"type": "object"}:
            yield from _facts(schemas, inner, f"{path}.*", within)
    elif schema.get("type") == "array":
        yield Fact(path, "array")
        yield from _facts(schemas, schema["items"], f"{path}[]", within)
    elif schema.get("type") == "object":
        yield from _object(schemas, schema.get("properties", {}), path, within)
    else:
        yield Fact(path, schema.get("type", "any"), schema.get("format", ""), values)


def _mapping(schema: Mapping[str, Any]) -> Mapping[str, str]:
    mapping: Mapping[str, str] = schema.get("discriminator", {}).get("mapping", {})
    return mapping


def _properties(schemas: Mapping[str, Any], name: str) -> dict[str, Any]:
    own: dict[str, Any] = schemas[name]["properties"]
    if name not in BARE:
        return own
    settings = {"additionalProperties": {"$ref": BARE[name]}}
    common = {each: schemas[WHOLE]["properties"][each] for each in COMMON}
    return {**own, **common, "applicationConfiguration": settings}


def _object(
    schemas: Mapping[str, Any], properties: Mapping[str, Any], path: str, within: tuple[str, ...]
) -> Iterator[Fact]:
    yield Fact(path, "object" if properties else "map")
    for name, each in properties.items():
        yield from _facts(schemas, each, f"{path}.{name}", within)


@cache
def table() -> Mapping[str, Mapping[str, Fact]]:
    """Return what is known of the answer of each endpoint, by path."""
    found: dict[str, dict[str, Fact]] = {endpoint: {} for endpoint in [*ENDPOINTS, *UNDESCRIBED]}
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        for row in rows:
            fact = Fact(row["path"], row["type"], row["format"], tuple(filter(None, row["values"].split("|"))))
            for endpoint in row["endpoints"].split():
                found[endpoint][fact.path] = fact
    for endpoint, facts in found.items():
        _correct(endpoint, facts)
    return found


def _correct(endpoint: str, facts: dict[str, Fact]) -> None:
    """Put what is known better into the facts of an endpoint."""
    for known in KNOWN:
        head, _, tail = known.path.partition("[?]")
        kinds = {path[: path.index("]") + 1] for path in facts if path.startswith(f"{head}[") and "[]" not in path}
        for start in kinds if tail else [head]:
            if re.split(r"[.\[]", head)[0] in facts or endpoint == known.format == "status":
                facts[f"{start}{tail}"] = Fact(f"{start}{tail}", known.type)
    if "groups" in facts:
        for path in [path for path in facts if path.startswith("groups[].roles[]")]:
            moved = path.replace("roles[]", "roles.*[]")
            facts.setdefault(moved, Fact(moved, facts[path].type, facts[path].format, facts[path].values))
            del facts[path]


def problems(endpoint: str, answer: Any) -> list[str]:
    """Return what in the answer of an endpoint is not as the table has it."""
    facts = table()[endpoint]
    if not isinstance(answer, dict):
        return ["the answer is no object"]
    return [each for name, value in answer.items() for each in _problems(facts, name, value)]


def _problems(facts: Mapping[str, Fact], path: str, value: Any) -> Iterator[str]:
    fact = facts.get(path)
    if fact is None:
        yield f"{path}: no such property"
    elif not _fits(fact, value):
        yield f"{path}: not {fact.format or fact.type}"
    elif fact.type == "array":
        for each in value:
            kind = each.get("type") if isinstance(each, dict) else None
            yield from _problems(facts, f"{path}[{kind}]" if f"{path}[{kind}]" in facts else f"{path}[]", each)
    elif fact.type == "object":
        for name, each in value.items():
            yield from _problems(facts, f"{path}.{name}", each)
    elif fact.type == "map" and f"{path}.*" in facts:
        for each in value.values():
            yield from _problems(facts, f"{path}.*", each)


def _fits(fact: Fact, value: Any) -> bool:
    types: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
        "array": (list,),
        "object": (dict,),
        "map": (dict,),
    }
    if fact.type == "any":
        return True
    if not isinstance(value, types[fact.type]) or (isinstance(value, bool) and fact.type != "boolean"):
        return False
    if fact.format == "uuid":
        try:
            return str(uuid.UUID(str(value))) == value
        except ValueError:
            return False
    return not fact.values or value in fact.values


def write(description: Mapping[str, Any], rows: Iterable[tuple[str, Fact]]) -> None:
    """Write the table, with the version and the licence of the description on its first line."""
    info = description["info"]
    licence = {"Apache2": "Apache-2.0"}[info["license"]["name"]]
    with FILE.open("w", encoding="utf-8", newline="") as out:
        out.write(f"# facts of the answers in the FusionAuth API description, version {info['version']}, {licence}\n")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([where, each.path, each.type, each.format, "|".join(each.values)] for where, each in rows)


if __name__ == "__main__":
    import yaml  # type: ignore[import-untyped] # only to make the table anew

    told = yaml.load(Path(sys.argv[1]).read_bytes(), Loader=yaml.CSafeLoader)  # the plain loader takes minutes
    write(told, derived(told))
