"""The promises of the vendor's page, each a named check: its sentence, whether it held, and by what that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fa_stats.checks import conduct, content, laws
from fa_stats.checks.promises import Evidence, Look, Outcome

__all__ = ["PROMISES", "Check", "Evidence", "Outcome", "examine", "of_row", "to_row"]

ONCE_A_DAY = "Queries only run once per day."
HOUSE = "fa_stats: "  # a promise of ours, not of the page


@dataclass(frozen=True, slots=True)
class Check:
    """One promise. `sentence` is the page's, or ours where it says so; `evidence` holds no value of the instance."""

    name: str
    sentence: str
    outcome: Outcome
    evidence: str


# The most important first; the sentences are the page's to the letter.
PROMISES: tuple[tuple[str, str, Look], ...] = (
    (
        "no personal data",
        "FusionAuth never collects personally identifiable information about your users or customers.",
        content.no_personal_data,
    ),
    (
        "no addresses, secrets or free text",
        "We will never collect anything that would let us know specific information about your configuration or your "
        "customers such as OIDC URLs, user emails or mail hosts.",
        content.no_addresses,
    ),
    (
        "only counts and versions",
        "We limit data collection to feature usage counts and software versions of the product.",
        content.only_counts_and_versions,
    ),
    (
        "only aggregates",
        "We collect all stats in aggregate, so that there is no chance of violating confidentiality or compliance.",
        content.only_aggregates,
    ),
    (
        "only published names",
        "By making these public commitments, we are clear about what data we gather and what data we will not.",
        content.only_published_names,
    ),
    (
        "no new stat without a new version",
        "We will not collect new stats without releasing a new version of FusionAuth.",
        conduct.no_new_stat,
    ),
    (
        "switch honoured",
        "Self-hosted customers will always be able to turn off usage data collection.",
        conduct.switch_honoured,
    ),
    (
        "policy honoured",
        "As a further failsafe, we can dynamically disable any stat collection that does cause a problem without the "
        "need to release or upgrade the instance.",
        conduct.policy_honoured,
    ),
    ("once a day", ONCE_A_DAY, conduct.once_a_day),
    (
        "load within budget",
        "Data collection is intentionally throttled to not use additional resources.",
        conduct.load_within_budget,
    ),
    (
        "statuses complete",
        f"{HOUSE}Every stat and metric has one status, and the payload holds those that are ok and nothing else.",
        content.statuses_complete,
    ),
    ("laws of the figures", f"{HOUSE}A part is never larger than its whole.", laws.hold),
    ("versions and time", f"{HOUSE}The payload says of which version, instance and moment it is.", content.versions),
    ("ledger and clock", f"{HOUSE}The ledger is whole, and no time goes back in it.", conduct.ledger_and_clock),
)


def examine(evidence: Evidence) -> tuple[Check, ...]:
    """Look at every promise; never raises: what meets something unforeseen did not run, and is no pass."""
    return tuple(_look(name, sentence, look, evidence) for name, sentence, look in PROMISES)


def _look(name: str, sentence: str, look: Look, evidence: Evidence) -> Check:
    try:
        outcome, said = look(evidence)
    except Exception as error:  # whatever it is, the run goes on and nothing is sent
        outcome, said = Outcome.NOT_RUN, f"The check met an unexpected {type(error).__name__}, and was not finished."
    return Check(name, sentence, outcome, said)


def to_row(check: Check) -> dict[str, Any]:
    """Return what a snapshot keeps of a check."""
    return asdict(check)


def of_row(row: Mapping[str, Any]) -> Check:
    """Return the check that a row of a snapshot holds."""
    return Check(row["name"], row["sentence"], Outcome(row["outcome"]), row["evidence"])
