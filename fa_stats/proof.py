"""What a reviewer signs off on, as fragments: was it allowed, did the promises hold, who approved, what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fa_stats import render
from fa_stats.checks import HOUSE, Check, Outcome
from fa_stats.consent import Agreement, Consent
from fa_stats.policy import PolicyRecord
from fa_stats.policy import State as PolicyState
from fa_stats.record import PAYLOADS, RunRecord, Sent, State, Submission, Verdict
from fa_stats.render import Content, Fragment, count, element, folded, join, paragraph, prose, table, terms

_PAGE = "vendor's page \N{LEFT DOUBLE QUOTATION MARK}Collected Metrics\N{RIGHT DOUBLE QUOTATION MARK}"


def answers(
    consents: Sequence[Consent],
    agreement: Agreement | None,
    policy: PolicyRecord | None,
    checks: Sequence[Check],
    record: RunRecord,
) -> Fragment:
    """Answer the reviewer's four questions in words; what the answers rest on is folded under them."""
    rows: list[tuple[str, Content]] = [
        ("Allowed?", _allowed(consents, record)),
        ("Checks passed?", _passed(checks)),
        ("Approved?", _approved(record)),
        ("Sent?", _sent(record.submission)),
    ]
    return join(terms(rows, "terms answers"), permission(consents, agreement, policy), promises(checks))


def promises(checks: Sequence[Check]) -> Fragment:
    """List every check with its sentence, its outcome, and what was seen; folded."""
    if not checks:
        return join()
    order = {Outcome.FAILED: 0, Outcome.NOT_RUN: 1, Outcome.HELD: 2}
    rows = [
        (join(each.name, " ", element("small", each.sentence)), _outcome(each.outcome), prose(each.evidence))
        for each in sorted(checks, key=lambda each: order[each.outcome])
    ]
    lead = (
        f"The sentences are promises of the {_PAGE}, to the letter; those that begin with fa_stats are ours. "
        "A check that failed, or could not run, blocks sending."
    )
    found = table(_tally(checks), ["Check", "Outcome", "What was seen"], rows, class_="promises stack")
    return folded("The promises, each in the vendor's words, and what was seen", paragraph(lead), found, class_="more")


def permission(consents: Sequence[Consent], agreement: Agreement | None, policy: PolicyRecord | None) -> Fragment:
    """Say for both payloads what was allowed when the run collected, and the sentence it rests on; folded."""
    if not consents:
        return join()
    questions = ("may be collected", "may be sent", "can be tied to an identity")
    rows = [
        (
            f"{PAYLOADS[each.payload]} {question}",
            _yes(decision.allowed),
            _with_sentence(decision.reason, decision.sentence),
        )
        for each in consents
        for question, decision in zip(questions, (each.collect, each.send, each.tied), strict=True)
    ]
    lead = (
        f"As it was when the data was collected; the quotations are from the {_PAGE}. To agree is to agree to what is "
        "counted, to approve is to approve one day's bytes."
    )
    said: list[tuple[str, Content]] = [("Agreement", _agreed(agreement))]
    if policy:
        said.append(("Remote policy", _policy(policy)))
    found = table("Who may do what", ["What", "Answer", "Because"], rows, class_="proofs stack")
    return folded(
        "What was allowed, by which sentence, and who agreed", paragraph(lead), found, terms(said), class_="more"
    )


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
        rows.append((PAYLOADS[each.payload], each.state, join(*proof)))
    return join(
        lead, table("The two payloads", ["Payload", "State", "Why, and the proof"], rows, class_="proofs stack")
    )


def _allowed(consents: Sequence[Consent], record: RunRecord) -> Fragment:
    if not consents:
        off = record.verdict is Verdict.OFF
        return (
            join("To collect: ", _yes(False), ". ", prose(record.headline)) if off else join("Nothing was collected.")
        )
    first = consents[0]
    collect = _line("To collect: ", _yes(first.collect.allowed), ". ", prose(first.collect.reason))
    if not first.collect.allowed:
        return collect
    if len({each.send.reason for each in consents}) == 1:
        return join(collect, _line("To send: ", _yes(first.send.allowed), ". ", prose(first.send.reason)))
    return join(
        collect,
        *(
            _line(f"To send {PAYLOADS[each.payload].lower()}: ", _yes(each.send.allowed), ". ", prose(each.send.reason))
            for each in consents
        ),
    )


def _passed(checks: Sequence[Check]) -> Fragment:
    if not checks:
        return join("Nothing to check: there is nothing that could be sent.")
    others = [
        _line(element("strong", outcome.capitalize()), f": {each.name}. ", prose(each.evidence))
        for outcome in (Outcome.FAILED, Outcome.NOT_RUN)
        for each in checks
        if each.outcome is outcome
    ]
    ours = [each for each in checks if each.sentence.startswith(HOUSE)]
    vendors = [each for each in checks if each not in ours]
    parts = [("The vendor's promises", vendors), ("Checks of our own", ours)]
    said = " ".join(f"{name}: {_tally(found).lower()}." for name, found in parts if found)
    return join(_answer(not others), said, *others)


def _approved(record: RunRecord) -> Fragment:
    people = list(dict.fromkeys(name for each in record.submission.payloads for name in each.approved_by))
    if record.payload_sha256 is None:
        return join("There is nothing to approve.")
    said = f"By {' and '.join(people)}, for exactly these bytes:" if people else "Nobody has approved these bytes:"
    digests = ("usage data ", *_begin(record.payload_sha256), ", metrics ", *_begin(record.metrics_sha256))
    return join(_answer(bool(people)), said, " sha256 of ", *digests)


def _begin(sha256: str | None) -> tuple[Content, ...]:
    """Show where a digest begins; the whole of it is further down."""
    return (render.code((sha256 or "")[:16]), "\N{HORIZONTAL ELLIPSIS}")


def _sent(submission: Submission) -> Fragment:
    if not any(each.receipt and each.at for each in submission.payloads):
        return join(_answer(False), prose(submission.reason))
    every = all(each.state is State.SENT for each in submission.payloads)
    return join(_answer(True) if every else "", *(_line(_of_payload(each)) for each in submission.payloads))


def _of_payload(each: Sent) -> Fragment:
    name = PAYLOADS[each.payload]
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
    if policy.state is PolicyState.UNSET:
        said = ["None is set"]
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
    return (
        join(
            prose(reason),
            " ",
            element("small", f"The page: \N{LEFT DOUBLE QUOTATION MARK}{sentence}\N{RIGHT DOUBLE QUOTATION MARK}"),
        )
        if sentence
        else prose(reason)
    )


def _tally(checks: Sequence[Check]) -> str:
    found = Counter(each.outcome for each in checks)
    if found[Outcome.HELD] == len(checks):
        return f"All {count(len(checks), 'check')} held"
    parts = [f"{found[outcome]} {outcome}" for outcome in (Outcome.FAILED, Outcome.NOT_RUN) if found[outcome]]
    return f"{found[Outcome.HELD]} of {count(len(checks), 'check')} held, {', '.join(parts)}"


def _outcome(outcome: Outcome) -> Fragment:
    return element("b" if outcome is Outcome.HELD else "strong", outcome)


def _yes(allowed: bool) -> Fragment:
    return element("b", "yes" if allowed else "no")
