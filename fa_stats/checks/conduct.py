"""Checks of how a run went about it: the switch, the policy, the day, the load, the names so far, the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fa_stats.catalogue import CONFIGURATION
from fa_stats.checks.promises import Evidence, Finding, failed, held, listed, not_run, number, verdict
from fa_stats.collection import Figure, StatementRun, Status
from fa_stats.policy import State

_SWITCH = "usageDataEnabled"
_PATIENCE = 0.1  # by which part a time limit may be passed until the server has stopped, and at least by a second
_CLOCKS = timedelta(minutes=1)  # by how much two clocks may differ


def no_new_stat(evidence: Evidence) -> Finding:
    """Check that no name is in the payloads which the first run under this application version did not know."""
    version = evidence.collection.application_version
    if version is None:
        return not_run("The instance does not say its version, so its runs cannot be told apart by it.")
    if evidence.first_of_version:
        return held("This is the first run under this application version: its names are what later runs are held to.")
    if evidence.known is None:
        return not_run("The names of earlier runs cannot be read: `fa-stats doctor` says what is damaged.")
    names = {figure.name for figure in _figures(evidence) if figure.status is Status.OK}
    if new := names - evidence.known:
        return failed(
            f"{listed(new)}: not known to the first run under this application version. "
            "New stats come with a new version of FusionAuth and no earlier."
        )
    return held(f"All {number(len(names), 'name')} were known to the first run under this application version.")


def switch_honoured(evidence: Evidence) -> Finding:
    """Check that the switch was read first and alone, and that neither it nor the settings said no."""
    collection = evidence.collection
    if evidence.circumstances is None:
        return not_run("It is not known what the settings said.")
    wrong = []
    if evidence.circumstances.mode == "off":
        wrong.append('The settings say off ([collection] mode = "off"), and still something was collected.')
    if (collection.switch or "").strip().lower() == "false":
        wrong.append("The instance's own switch is off, and still something was collected.")
    asked = sorted((each for each in collection.statements if each.name != CONFIGURATION), key=_begin)
    switch = {stat.name for stat in evidence.catalogue.statement["system_configuration"].stats}
    if not asked or _SWITCH not in asked[0].figures or not set(asked[0].figures) <= switch:
        wrong.append("The switch was not the first thing that was read.")
    state = "has never been set" if collection.switch is None else "is on"
    return verdict(
        wrong,
        f"The switch was read before anything else, {number(len(asked) - 1, 'statement')} came after it. It {state}.",
    )


def policy_honoured(evidence: Evidence) -> Finding:
    """Check that nothing which was switched off was asked for, timed or put in, and that the policy was at hand."""
    if evidence.policy is None:
        return not_run("It is not known which policy there was.")
    wrong = []
    if evidence.policy.state in (State.EXPIRED, State.ABSENT):
        wrong.append(
            f"The remote policy could not be had ({evidence.policy.state}), so nobody can say what it switches off. "
            "See to it that its address can be reached, and run again."
        )
    off = {figure.name for figure in _figures(evidence) if figure.status is Status.DISABLED}
    if asked := off & {name for statement in evidence.collection.statements for name in statement.figures}:
        wrong.append(f"{listed(asked)}: switched off, and still asked for.")
    if kept := off & {f.name for f in _figures(evidence) if f.value is not None or f.microseconds is not None}:
        wrong.append(f"{listed(kept)}: switched off, and still with a value or a timing.")
    listing = evidence.collection.active_list
    if evidence.policy.follows_active_list and listing:
        counted = {figure.name for figure in evidence.collection.stats if figure.status is Status.OK}
        if beside := counted - set(listing):
            wrong.append(f"{listed(beside)}: not on the instance's own list of active stats, and still counted.")
    return verdict(
        wrong,
        f"{number(len(off), 'stat')} switched off, none of them asked for. Remote policy: {evidence.policy.state}.",
    )


def once_a_day(evidence: Evidence) -> Finding:
    """Check that the day had one run, or that each further one says why."""
    again = evidence.reasons[1:]
    if missing := sum(not (reason or "").strip() for reason in again):
        return failed(
            f"The day has {len(evidence.reasons)} runs, and {missing} of those after the first say no reason. "
            "Run again only with `--again --reason`, or send the day's first run."
        )
    if again:
        return held(f"The day has {len(evidence.reasons)} runs, and each of those after the first says why.")
    return held("This is the day's only run.")


def load_within_budget(evidence: Evidence) -> Finding:
    """Check the time in the database against the run's budget, and each query's against its limit."""
    statements = evidence.collection.statements
    asked = [each for each in statements if each.name != CONFIGURATION or each.load.calls]
    if not asked:
        return not_run("No query is on the record.")
    spent, budget = sum(each.microseconds for each in asked), evidence.budget_microseconds
    limit = min(evidence.statement_timeout_microseconds, budget)
    slow = [each.name for each in asked if each.microseconds > _stretched(limit)]
    wrong = [f"{listed(slow)}: beyond the limit of {_seconds(limit)} for a query."] if slow else []
    if spent > _stretched(budget):
        wrong.append(f"{_seconds(spent)} were spent in statements, {_seconds(budget)} are allowed.")
    longest = max(each.microseconds for each in asked)
    if calls := sum(each.load.calls or 0 for each in statements):
        where = f"in {number(calls, 'call')} of the HTTP API and {len(asked)} queries over their answers"
        return verdict(
            wrong, f"{_seconds(spent)} {where}; {_seconds(budget)} are allowed, with the rests between calls."
        )
    return verdict(
        wrong,
        f"{_seconds(spent)} in the database of {_seconds(budget)} allowed, in {len(asked)} queries; the longest took "
        f"{_seconds(longest)} of {_seconds(limit)}.",
    )


def ledger_and_clock(evidence: Evidence) -> Finding:
    """Check that the chain of the ledger holds, and that now is not before what it tells of."""
    if evidence.ledger_problem:
        return failed(f"{evidence.ledger_problem} `fa-stats verify` tells more.")
    if evidence.ledger_newest is None:
        return held("The ledger begins with this run.")
    if evidence.now < evidence.ledger_newest - _CLOCKS:
        return failed("The clock was set back: the ledger has an entry of a later moment than now. Set it right.")
    return held("The chain of the ledger holds, and its newest entry is not later than now.")


def _figures(evidence: Evidence) -> Iterator[Figure]:
    yield from evidence.collection.stats
    yield from evidence.collection.metrics


def _begin(statement: StatementRun) -> int:
    return statement.started_us


def _stretched(limit: int) -> int:
    return limit + max(int(limit * _PATIENCE), 1_000_000)


def _seconds(microseconds: int) -> str:
    return f"{microseconds / 1_000_000:,.3f} s"
