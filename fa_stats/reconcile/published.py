"""The known revisions of the vendor's page, each with the names that it publishes."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from fa_stats import catalogue
from fa_stats.catalogue import FOLDER, Payload
from fa_stats.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of the page's example payload; `page` is the one that counts as the public page."""

    label: str
    application_version: str
    stats_version: str
    names: frozenset[str]
    page: bool

    def older_than(self, application_version: str | None) -> bool:
        """Whether it is of an older FusionAuth than that one; one that is not known is not newer."""
        return _numbers(application_version or "") > _numbers(self.application_version)


def _numbers(version: str) -> list[int]:
    """Return the numbers of a version, up to what stands after a hyphen."""
    return [int(each) for each in re.findall("[0-9]+", version.partition("-")[0])]


@cache
def load() -> tuple[Revision, ...]:
    """Return the revisions that ship with fa_stats, oldest first; raises CatalogueError for one that cannot be."""
    known = frozenset(stat.name for stat in catalogue.load().of(Payload.STATS))
    table = tomllib.loads((FOLDER / "published.toml").read_text(encoding="utf-8"))
    found = []
    for entry in table["revision"]:
        without, more = frozenset(entry.get("without", ())), frozenset(entry.get("with", ()))
        if wrong := (without - known) | (more & known):
            raise CatalogueError(f"published.toml, {entry['label']}: {', '.join(sorted(wrong))} cannot stand there.")
        found.append(
            Revision(
                label=entry["label"],
                application_version=entry["application_version"],
                stats_version=entry["stats_version"],
                names=(known - without) | more,
                page=entry.get("page", False),
            )
        )
    if sum(revision.page for revision in found) != 1:
        raise CatalogueError("published.toml is to mark one revision as the page.")
    return tuple(found)
