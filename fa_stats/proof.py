"""What a reviewer signs off on, as fragments: was it allowed, did the promises hold, who approved, what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fa_stats import render
from fa_stats.catalogue.stat import Payload
from fa_stats.checks import Check, Outcome
from fa_stats.consent import Agreement, Consent
from fa_stats.policy import PolicyRecord, State
from fa_stats.record import Sent, Submission
from fa_stats.render import Content, Fragment, count, element, folded, join, paragraph, prose, table, terms

NAMES = {Payload.STATS: "Usage data", Payload.METRICS: "Metrics"}


def answers(
    consents: Sequence[Consent],
    agreement: Agreement | None,
    policy: PolicyRecord | None,
    checks: Sequence[Check],
    submission: Submission,
    payload_sha256: str | None,
) -> Fragment:
    """Answer the reviewer's four questions in words, with what each answer rests on folded under it."""
    rows: list[tuple[str, Content]] = [
        ("Allowed?", join(_allowed(consents), permission(consents, agreement, policy))),
        ("Promises kept?", join(_kept(checks), promises(checks))),
        ("Approved?", _approved(submission, payload_sha256)),
        ("Sent?", _sent(submission)),
    ]
    return terms(rows, "terms answers")


def promises(checks: Sequence[Check]) -> Fragment:
    """List every promise with its sentence, whether it held, and by what that was seen; folded."""
    if not checks:
        return join()
    order = {Outcome.FAILED: 0, Outcome.NOT_RUN: 1, Outcome.HELD: 2}
    rows = [
        (join(each.name, " ", element("small", each.sentence)), _outcome(each.outcome), prose(each.evidence))
        for each in sorted(checks, key=lambda each: order[each.outcome])
    ]
    lead = (
        "The sentences are those of the vendor's page, to the letter; those that begin with fa_stats are ours. "
        "A check that failed, or could not run, blocks sending."
    )
    found = table(_tally(checks), ["Promise", "Outcome", "Seen by"], rows, class_="promises stack")
    return folded("Each promise, in the vendor's words, and what was seen", paragraph(lead), found, class_="more")


def permission(consents: Sequence[Consent], agreement: Agreement | None, policy: PolicyRecord | None) -> Fragment:
    """Say for both payloads what was allowed when the run collected, and the sentence it rests on; folded."""
    if not consents:
        return join()
    rows = [
        (
            f"{NAMES[each.payload]}: {question}",
            _yes(decision.allowed),
            _with_sentence(decision.reason, decision.sentence),
        )
        for each in consents
        for question, decision in (("collect", each.collect), ("send", each.send), ("tied to an identity", each.tied))
    ]
    said: list[tuple[str, Content]] = [("Agreed to what is counted", _agreed(agreement))]
    if policy:
        said.append(("Remote policy", _policy(policy)))
    found = table("When the run collected", ["May it", "Answer", "Because"], rows, class_="promises stack")
    return folded("What each answer rests on, and who agreed", found, terms(said), class_="more")


def receipts(submission: Submission) -> Fragment:
    """Say for each payload whether it left the house, why or why not, and what proves it."""
    lead = paragraph(
        element("strong", f"{submission.state[:1].upper()}{submission.state[1:]}."), " ", prose(submission.reason)
    )
    if not submission.payloads:
        return lead
    rows = []
    for each in submission.payloads:
        proof: list[Content] = [prose(each.reason)]
        if each.receipt:
            proof += [element("small", "Receipt, sha256 ", render.code(each.receipt))]
        rows.append((NAMES[Payload(each.payload)], each.state, join(*proof)))
    return join(
        lead, table("The two payloads", ["Payload", "State", "Why, and the proof"], rows, class_="promises stack")
    )


def _allowed(consents: Sequence[Consent]) -> Fragment:
    if not consents:
        return join("Nothing was collected, so there is nothing that could be sent.")
    first = consents[0]
    if not first.collect.allowed:
        return join(_answer(False), prose(first.collect.reason))
    if len({each.send.reason for each in consents}) == 1:
        return join("To collect: ", _yes(True), ". To send: ", _yes(first.send.allowed), ". ", prose(first.send.reason))
    return join(
        _line("To collect: ", _yes(True), "."),
        *(
            _line(f"To send {NAMES[each.payload].lower()}: ", _yes(each.send.allowed), ". ", prose(each.send.reason))
            for each in consents
        ),
    )


def _kept(checks: Sequence[Check]) -> Fragment:
    if not checks:
        return join("Not checked: there is nothing that could be sent.")
    good = all(each.outcome is Outcome.HELD for each in checks)
    others = [
        _line(element("strong", outcome.capitalize()), f": {each.name}. ", prose(each.evidence))
        for outcome in (Outcome.FAILED, Outcome.NOT_RUN)
        for each in checks
        if each.outcome is outcome
    ]
    return join(_answer(good), f"{_tally(checks)}.", *others)


def _approved(submission: Submission, sha256: str | None) -> Fragment:
    people = list(dict.fromkeys(name for each in submission.payloads for name in each.approved_by))
    if people:
        return join(_answer(True), f"By {' and '.join(people)}, for exactly these bytes: sha256 ", *_begin(sha256))
    return (
        join(_answer(False), "Nobody has approved these bytes: sha256 ", *_begin(sha256))
        if sha256
        else join("Nothing to approve.")
    )


def _begin(sha256: str | None) -> tuple[Content, ...]:
    """Show where a digest begins; the whole of it is further down."""
    return (render.code((sha256 or "")[:16]), "\N{HORIZONTAL ELLIPSIS}")


def _sent(submission: Submission) -> Fragment:
    if not any(each.receipt and each.at for each in submission.payloads):
        return join(_answer(False), prose(submission.reason))
    return join(*(_line(_of_payload(each)) for each in submission.payloads))


def _of_payload(each: Sent) -> Fragment:
    name = NAMES[Payload(each.payload)]
    if not (each.at and each.receipt):
        return join(f"{name}: {each.state}. ", prose(each.reason))
    said = f"{name}: {each.state}, {render.moment(each.at)}, to {each.host}. Receipt "
    return join(said, *_begin(each.receipt))


def _line(*children: Content) -> Fragment:
    return element("div", *children)


def _answer(good: bool) -> Fragment:
    return join(element("b", "Yes" if good else "No"), ". ")


def _agreed(agreement: Agreement | None) -> Content:
    if agreement is None:
        return prose("By nobody. `fa-stats consent show` tells what would be agreed to.")
    said = f"By {agreement.by}, {render.moment(agreement.at)}"
    said += f" ({agreement.note})" if agreement.note else ""
    return join(f"{said}. The digest of the definitions: ", render.code(agreement.definitions))


def _policy(policy: PolicyRecord) -> Content:
    said: list[Content] = [f"{policy.state[:1].upper()}{policy.state[1:]}"]
    if policy.state is State.UNSET:
        said = ["The settings name none"]
    if policy.fetched:
        said.append(f", as of {render.moment(policy.fetched)}")
    if policy.sha256:
        said += [", sha256 ", render.code(policy.sha256)]
    said.append(". ")
    if policy.follows_active_list:
        said.append("The instance's own list of stats is followed. ")
    if policy.problem:
        said.append(prose(policy.problem))
    return join(*said)


def _with_sentence(reason: str, sentence: str | None) -> Content:
    return join(prose(reason), " ", element("small", f"The page: “{sentence}”")) if sentence else prose(reason)


def _tally(checks: Sequence[Check]) -> str:
    found = Counter(each.outcome for each in checks)
    if found[Outcome.HELD] == len(checks):
        return f"All {count(len(checks), 'check')} held"
    parts = [f"{found[outcome]} {outcome}" for outcome in (Outcome.FAILED, Outcome.NOT_RUN) if found[outcome]]
    return f"{found[Outcome.HELD]} of {count(len(checks), 'check')} held, {', '.join(parts)}"


def _outcome(outcome: Outcome) -> Fragment:
    return join(outcome) if outcome is Outcome.HELD else element("strong", outcome)


def _yes(allowed: bool) -> Fragment:
    return element("b", "yes" if allowed else "no")
