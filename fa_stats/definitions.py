"""What is counted, as people agree to it: a digest of every stat, the documents they are kept in, and differences."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import rfc8785

from fa_stats import files
from fa_stats.catalogue import Catalogue, Payload, Stat
from fa_stats.errors import StorageError


@dataclass(frozen=True, slots=True)
class Definition:
    """One stat or metric as it is counted. `sha256` covers its SQL too, but no comments."""

    name: str
    payload: str
    kind: str
    privacy: str
    definition: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A stat that is counted otherwise than before; where both sentences are the same, its SQL or privacy changed."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Differences:
    """What lies between two sets of definitions: new and gone ones as they are, changed ones with both sentences."""

    new: tuple[Definition, ...] = ()
    gone: tuple[Definition, ...] = ()
    changed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.changed)


def of(catalogue: Catalogue) -> tuple[Definition, ...]:
    """Return the definitions of all stats and metrics, by name; what only tells the run something is left out."""
    counted = [stat for stat in catalogue if stat.payload is not Payload.CONTEXT]
    return tuple(sorted((_definition(catalogue, stat) for stat in counted), key=lambda each: each.name))


def _definition(catalogue: Catalogue, stat: Stat) -> Definition:
    statement = catalogue.statement[stat.statement]
    said: dict[str, str] = {
        "payload": stat.payload.value,
        "kind": stat.kind.value,
        "privacy": stat.privacy,
        "definition": stat.definition,
    }
    counted: dict[str, Any] = {
        "sql": list(statement.texts_of([stat])),
        "base": statement.base,
        "joins": [[join.source, join.alias] for join in statement.joins_of([stat])],
        "sources": [cte.name for cte in statement.ctes_of([stat])],
    }
    return Definition(name=stat.name, **said, sha256=_sha256(rfc8785.dumps({**said, **counted})))


def digest(definitions: Iterable[Definition]) -> str:
    """Return the SHA-256 of a set of definitions, in hexadecimal: that of the document that `keep` writes."""
    return _sha256(_document(definitions))


def _document(definitions: Iterable[Definition]) -> bytes:
    return rfc8785.dumps({"definitions": [asdict(each) for each in definitions]})


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def path_of(data: Path, sha256: str) -> Path:
    """Where a set of definitions is kept."""
    return data / "definitions" / f"{sha256}.json"


def keep(data: Path, catalogue: Catalogue) -> str:
    """Keep the catalogue's definitions under their digest, unless they are there; return it. Raises StorageError."""
    content = _document(of(catalogue))
    sha256 = _sha256(content)
    path = path_of(data, sha256)
    if not path.is_file():
        files.write(path, content)
    return sha256


def read(data: Path, sha256: str) -> tuple[Definition, ...]:
    """Return the definitions of a digest; raises StorageError where they are not there or are not what they were."""
    path = path_of(data, sha256)
    try:
        content = path.read_bytes()
    except OSError:
        raise StorageError(f"The definitions {path} cannot be read. Put the file back from a backup.") from None
    if _sha256(content) != sha256:
        raise StorageError(f"The definitions {path} are not what was kept. Put the file back from a backup.")
    names = [field.name for field in fields(Definition)]
    return tuple(Definition(**{name: each[name] for name in names}) for each in json.loads(content)["definitions"])


def differences(before: Sequence[Definition], after: Sequence[Definition]) -> Differences:
    """Return what differs between two sets of definitions, by name."""
    old, new = {each.name: each for each in before}, {each.name: each for each in after}
    return Differences(
        new=tuple(new[name] for name in sorted(new.keys() - old.keys())),
        gone=tuple(old[name] for name in sorted(old.keys() - new.keys())),
        changed=tuple(
            Changed(name, old[name].definition, new[name].definition)
            for name in sorted(old.keys() & new.keys())
            if old[name].sha256 != new[name].sha256
        ),
    )
