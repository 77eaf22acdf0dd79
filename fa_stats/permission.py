"""`fa-stats consent`: what may be collected and sent, why, and who agreed to it. No connection is opened."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from fa_stats.record import PAYLOADS
from fa_stats.shell import Commands, dump, guarded, json_option

if TYPE_CHECKING:
    from fa_stats.consent import Agreement, Circumstances, Consent
    from fa_stats.definitions import Differences
    from fa_stats.settings import Settings


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known without a connection: the circumstances, those of the instance by its newest snapshot."""

    snapshot: str | None  # the run that they are known from
    circumstances: Circumstances
    consents: tuple[Consent, Consent]
    differences: Differences | None  # since the agreement; None without one, or where what it was to is lost
    problem: str | None = None

    @property
    def agreement(self) -> Agreement | None:
        """Who agreed, and when."""
        return self.circumstances.agreement


@click.group("consent", cls=Commands)
def commands() -> None:
    """See what may be sent and why, agree to it, or take that back. No connection is opened."""


by_option = click.option("--by", required=True, metavar="NAME", help="Who says so; the name stays in the ledger.")
note_option = click.option("--note", metavar="TEXT", help="What else the ledger is to say.")


@commands.command("show")
@json_option
@guarded
def show(as_json: bool) -> None:
    """Show what may be collected and sent now, and why. What is known of the instance is from its newest snapshot."""
    from fa_stats import settings
    from fa_stats.clock import Clock

    found = standing(settings.load(), Clock().now())
    click.echo(dump(_as_json(found)) if as_json else _as_text(found))


@commands.command("agree")
@by_option
@note_option
@guarded
def agree(by: str, note: str | None) -> None:
    """Agree that what is counted now is sent. It holds for what is collected from now on, until a stat changes."""
    from fa_stats import agreement, settings
    from fa_stats.clock import Clock
    from fa_stats.definitions import Differences

    loaded, clock = settings.load(), Clock()
    before = standing(loaded, clock.now())
    if not (before.agreement and before.differences == Differences()):
        click.echo(_difference(before))
    agreed = agreement.agree(loaded, by, note, clock)
    if agreed == before.agreement:
        click.echo(f"{_agreed(agreed)} Nothing has changed since, so nothing was entered.")
        return
    click.echo(f"{_agreed(agreed)} It covers what is collected from then on; nothing older is ever sent.")
    if loaded.collection.mode != "on":
        click.echo(f'Nothing is sent as long as `mode` in [collection] is "{loaded.collection.mode}".')


@commands.command("withdraw")
@by_option
@note_option
@guarded
def withdraw(by: str, note: str | None) -> None:
    """Take the agreement back. Nothing is sent any more, not even what waits."""
    from fa_stats import agreement, settings
    from fa_stats.clock import Clock

    loaded = settings.load()
    before = agreement.current(loaded.data)
    agreement.withdraw(loaded, by, note, Clock())
    held = _agreed(before) if before else "Nobody had agreed."
    that = "that" if before else "all the same"
    click.echo(f"{held} {by.strip()} withdrew {that}: nothing is sent any more, not even what waits.")


def standing(settings: Settings, now: datetime) -> Standing:
    """Return what holds for a collection of this moment, as far as that is known without a connection."""
    from fa_stats import agreement, catalogue, consent, definitions, snapshots
    from fa_stats.errors import StorageError

    counted = definitions.of(catalogue.load())
    held = agreement.current(settings.data)
    newest = next(
        (
            kept
            for day, run in reversed(snapshots.found(settings.data))
            if (kept := snapshots.if_readable(settings.data, day, run))
        ),
        None,
    )
    sha256 = definitions.digest(counted)
    if newest:
        known = consent.circumstances(settings, newest.collection, held, sha256)
    else:
        known = consent.without_collection(settings, held, sha256)
    differences, problem = None, None
    if held:
        try:
            differences = definitions.differences(definitions.read(settings.data, held.definitions), counted)
        except StorageError as error:
            problem = str(error)
    return Standing(newest.run if newest else None, known, consent.decide(known, now), differences, problem)


def _agreed(agreement: Agreement) -> str:
    note = f" ({agreement.note})" if agreement.note else ""
    return f"{agreement.by} agreed at {agreement.at:%Y-%m-%dT%H:%M:%SZ}{note} to definitions {agreement.definitions}."


def _difference(found: Standing) -> str:
    """Say what lies between what was agreed to and what is counted now."""
    if found.problem:
        return found.problem
    if found.agreement is None:
        return f"Nobody agrees at present. {_counted()}"
    if not found.differences:
        return "What is counted is what was agreed to."
    lines = ["What is counted is no longer what was agreed to:"]
    lines += [f"  new      {each.name}: {each.definition}" for each in found.differences.new]
    lines += [f"  gone     {each.name}: {each.definition}" for each in found.differences.gone]
    for each in found.differences.changed:
        lines.append(f"  changed  {each.name}: {each.after}")
        same = each.before == each.after
        lines.append(
            "           The same in words, counted another way." if same else f"           It was: {each.before}"
        )
    return "\n".join(lines)


def _counted() -> str:
    from collections import Counter

    from fa_stats import catalogue, definitions

    found = definitions.of(catalogue.load())
    payloads, privacy = (
        Counter(values) for values in ([each.payload for each in found], [each.privacy for each in found])
    )
    classes = ", ".join(f"{number} {name}" for name, number in privacy.most_common())
    said = f"{payloads['stats']} stats and {payloads['metrics']} metrics are counted (by privacy class: {classes})"
    return f"{said}; `fa-stats catalogue list` shows all of them."


def _as_text(found: Standing) -> str:
    known = found.circumstances
    switch = {True: "on", False: "off", None: "never set"}[known.switch]
    licence = f"{known.plan}{', air-gapped' if known.air_gapped else ''}"
    seen = f"the run {found.snapshot}" if found.snapshot else "no snapshot yet, so it is taken as never set"
    lines = [
        f'Settings: mode "{known.mode}", {known.deployment}, created {known.created}.',
        f"Instance: its own switch {switch}; licence: {licence}. Known from {seen}.",
    ]
    for consent in found.consents:
        lines += ["", f"{PAYLOADS[consent.payload]}:"]
        for question, answer in (("collect", consent.collect), ("send", consent.send), ("tied", consent.tied)):
            lines.append(f"  {question:<8} {'yes' if answer.allowed else 'no':<4} {answer.reason}")
            if answer.sentence:
                lines.append(f'                "{answer.sentence}"')
    lines += ["", _agreed(found.agreement)] if found.agreement else [""]
    return "\n".join([*lines, _difference(found)])


def _as_json(found: Standing) -> dict[str, Any]:
    return {
        "snapshot": found.snapshot,
        "circumstances": asdict(found.circumstances),
        "usage_data": asdict(found.consents[0]),
        "metrics": asdict(found.consents[1]),
        "differences": None if found.differences is None else asdict(found.differences),
        "problem": found.problem,
    }
