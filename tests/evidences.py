"""A clean run's evidence, and what the checks say of it: the whole of a real collection, to be changed by one thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import instances
from projects import Fixed

from fa_stats import catalogue, checks, payload, settings
from fa_stats.checks import Check, Evidence, Outcome
from fa_stats.collection import Collection, Figure, Status
from fa_stats.consent import Circumstances, Created, Plan
from fa_stats.policy import PolicyRecord, State

CIRCUMSTANCES = Circumstances(
    mode="on",
    usage_data=True,
    metrics=True,
    deployment="self-hosted",
    air_gapped=False,
    created=Created.SINCE,
    switch=True,
    plan=Plan.PAID,
    definitions="0" * 64,
)


def evidence_of(collection: Collection, loaded: catalogue.Catalogue | None = None) -> Evidence:
    """The evidence of a run that did everything right."""
    return Evidence(
        collection=collection,
        catalogue=loaded or catalogue.load(),
        payload=payload.usage_data(collection),
        metrics=payload.metrics(collection),
        policy=PolicyRecord(State.UNSET),
        circumstances=CIRCUMSTANCES,
        budget_microseconds=60_000_000,
        statement_timeout_microseconds=10_000_000,
        known=frozenset(figure.name for figure in collection.stats + collection.metrics),
        first_of_version=False,
        reasons=(None,),
        ledger_problem=None,
        ledger_newest=collection.started - timedelta(days=1),
        now=collection.started + timedelta(seconds=1),
    )


@cache
def collected() -> Collection:
    """A real collection, FusionAuth's own options included."""
    path = instances.instance()
    properties = path.with_name("evidence.properties")
    properties.write_text("fusionauth-app.memory=2G\ndatabase.minimum-idle: -1\ndatabase.max-lifetime=1800000\n")
    given = replace(instances.limits(), configuration=settings.Configuration(properties=properties))
    return instances.collect(path, given=given, clock=Fixed())


def clean() -> Evidence:
    return evidence_of(collected())


def of(collection: Collection, evidence: Evidence | None = None) -> Evidence:
    """The evidence with another collection and the payloads that it gives."""
    return replace(
        evidence or clean(),
        collection=collection,
        payload=payload.usage_data(collection),
        metrics=payload.metrics(collection),
    )


def figures_changed(name: str, change: Callable[[Figure], Figure], *more: str) -> Evidence:
    """The evidence with one figure changed (or several), and the payloads that it gives."""

    def changed(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
        return tuple(change(each) if each.name in (name, *more) else each for each in figures)

    found = collected()
    return of(replace(found, stats=changed(found.stats), metrics=changed(found.metrics)))


def with_value(name: str, value: Any) -> Evidence:
    return figures_changed(name, lambda figure: replace(figure, status=Status.OK, value=value, reason=None))


def asked_together(evidence: Evidence, part: str, whole: str) -> Evidence:
    """The evidence of a run in which a figure was counted by the query of another."""
    statements = tuple(
        replace(each, figures=(*each.figures, part)) if whole in each.figures and part not in each.figures else each
        for each in evidence.collection.statements
    )
    return replace(evidence, collection=replace(evidence.collection, statements=statements))


def outcomes(evidence: Evidence) -> dict[str, Check]:
    return {check.name: check for check in checks.examine(evidence)}


def failing(evidence: Evidence) -> set[str]:
    return {check.name for check in checks.examine(evidence) if check.outcome is Outcome.FAILED}
