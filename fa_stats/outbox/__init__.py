"""The outbox: approves and sends the payloads of runs; its only state is the ledger and the receipts."""

from __future__ import annotations

import random as randomness
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fa_stats import agreement, files, ledger, payload, snapshots, verification
from fa_stats.catalogue.stat import Payload
from fa_stats.clock import Clock
from fa_stats.errors import CheckFailedError, NotSentError, SettingsError, StorageError, UsageError
from fa_stats.outbox import letters, receipts
from fa_stats.outbox.attempt import Outcome
from fa_stats.outbox.letters import Letter
from fa_stats.outbox.receipts import Receipt
from fa_stats.record import PAYLOADS, Sent, State, Submission
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

if TYPE_CHECKING:
    from fa_stats.outbox.delivery import Delivery, Receiver

_FINAL = (State.SENT, State.REFUSED, State.NEVER)
_WORST_FIRST = (State.BLOCKED, State.REFUSED, State.NEVER, State.NOT_ALLOWED, State.UNAPPROVED, State.WAITING)
_SET_BACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Approved:
    """What somebody approved: a run's two payloads, each with its digest and size in bytes."""

    run: str
    day: date
    by: str
    note: str | None
    payloads: tuple[tuple[Payload, str, int], ...]


def submission(settings: Settings, snapshot: Snapshot) -> Submission:
    """Return how far the sending of a run's two payloads has come. Nothing is sent, nothing is written."""
    entries = list(ledger.entries(settings.data))
    return _together(
        tuple(letters.standing(settings, snapshot, letter, entries) for letter in letters.of(settings, snapshot))
    )


def approve(settings: Settings, snapshot: Snapshot, by: str, note: str | None, clock: Clock) -> Approved:
    """Bind a name to the digests of a run's two payloads, in the ledger.

    Raises CheckFailedError where a check or a digest does not hold, UsageError for a name that is empty or has
    approved already, and for a run that has been sent; StorageError.
    """
    if not letters.person(by):
        raise UsageError("An approval needs the name of who gives it: --by NAME. Nothing was approved.")
    verification.refuse_broken_ledger(settings, "Nothing was approved.")
    by = " ".join(by.split())
    entries = list(ledger.entries(settings.data))
    both = letters.of(settings, snapshot)
    for said in (letters.unchecked(snapshot), *(letters.altered(settings, letter, entries) for letter in both)):
        if said:
            raise CheckFailedError(f"{said} Nothing was approved.")
    found = [letters.settled(settings, letter, entries) for letter in both]
    if all(each and each.state in _FINAL for each in found):
        raise UsageError(f"The run {snapshot.run} is not to be sent any more: {found[0] and found[0].reason}")
    if letters.person(by) in map(letters.person, letters.approvers(snapshot, entries)):
        raise UsageError(f"{by} has approved the run {snapshot.run} already; a second approval is another person's.")
    day = snapshot.collection.day
    digests = {"payload_sha256": payload.digest(snapshot.payload), "metrics_sha256": payload.digest(snapshot.metrics)}
    ledger.enter(settings, clock, day=day, event="approved", run=snapshot.run, by=by, note=note, **digests)
    return Approved(snapshot.run, day, by, note, tuple((each.payload, each.sha256, len(each.content)) for each in both))


def submit(
    settings: Settings, snapshot: Snapshot, clock: Clock, random: randomness.Random, say: Callable[[str], None]
) -> Submission:
    """Send a run's two payloads, each on its own, where nothing stands against it; return what became of them.

    Raises BusyError where another process is sending, CheckFailedError where the ledger does not hold, NotSentError
    where the clock was set back, StorageError where the ledger cannot be written: then nothing was sent.
    """
    with files.only_sender(settings.data):
        office = _Office(settings, clock, random, say)
        office.check_ledger()
        return office.send(snapshot)


def submit_waiting(
    settings: Settings, clock: Clock, random: randomness.Random, say: Callable[[str], None]
) -> list[tuple[Snapshot, Submission]]:
    """Send what earlier runs left; return the runs that had something waiting, oldest first, and what became of it.

    Raises BusyError, CheckFailedError, NotSentError and StorageError as `submit` does.
    """
    with files.only_sender(settings.data):
        office = _Office(settings, clock, random, say)
        waiting = _waiting(settings)
        if waiting:
            office.check_ledger()
        return [(snapshot, office.send(snapshot)) for snapshot in waiting]


def _waiting(settings: Settings) -> list[Snapshot]:
    """Return the runs that somebody wanted to have sent, by asking or by approving, and that are not done."""
    approved: set[Any] = set()
    asked: set[tuple[Any, Any]] = set()
    done: set[tuple[Any, Any]] = set()
    for entry in ledger.entries(settings.data):
        run, event = entry.get("run"), entry.get("event")
        if event == "approved":
            approved.add(run)
        elif event in ("queued", "sending"):
            asked.add((run, entry.get("payload")))
            done.discard((run, entry.get("payload")))  # one that was given up can be asked for again
        elif event in ("sent", "refused", "given up"):
            done.add((run, entry.get("payload")))
    wanted = {run for run, _ in asked - done} | (approved - {run for run, _ in asked | done})
    kept = (
        snapshots.if_readable(settings.data, day, run) for day, run in snapshots.found(settings.data) if run in wanted
    )
    return [snapshot for snapshot in kept if snapshot]


@dataclass
class _Office:
    """What it takes to send, and how many seconds of the budget each of the two payloads has used up."""

    settings: Settings
    clock: Clock
    random: randomness.Random
    say: Callable[[str], None]
    spent: dict[Payload, float] = field(default_factory=dict)

    def check_ledger(self) -> None:
        """Raise CheckFailedError where the ledger does not hold, NotSentError where its newest entry is yet to come."""
        verification.refuse_broken_ledger(self.settings, "Nothing was sent.")
        newest = next((each for each in reversed(list(ledger.entries(self.settings.data))) if "at" in each), None)
        if newest and datetime.fromisoformat(newest["at"]) > self.clock.now() + _SET_BACK:
            raise NotSentError(
                f"The clock was set back: the ledger has an entry of {newest['at']}, and now it is "
                f"{receipts.stamp(self.clock.now())}. Nothing was sent. Set the clock right, then send again."
            )

    def send(self, snapshot: Snapshot) -> Submission:
        """Send what can be sent of a run."""
        for letter in letters.of(self.settings, snapshot):
            self._send(snapshot, letter)
        return submission(self.settings, snapshot)

    def _send(self, snapshot: Snapshot, letter: Letter) -> None:
        entries = list(ledger.entries(self.settings.data))
        if found := letters.settled(self.settings, letter, entries):
            self._catch_up(letter, found, entries)
            return
        known, now = letters.past(letter, entries), self.clock.now()
        found = letters.hindrance(self.settings, snapshot, letter, entries)
        hindered = found is not None and found.state is not State.UNAPPROVED
        if (known or not hindered) and (now.date() - letter.day).days > self.settings.sending.days:
            said = f"It is older than the {self.settings.sending.days} days that [sending] lets a payload wait."
            self._give_up(letter, said, known)
            return
        if hindered:
            return
        if not known or known[-1]["event"] == "given up":
            self._enter(letter, "queued")
        until = letters.not_before(letter, entries)
        if found or (until and now < until):
            return
        self._deliver(snapshot, letter, known)

    def _catch_up(self, letter: Letter, found: Sent, entries: letters.Entries) -> None:
        """Enter what is settled and the ledger does not say, for instance where a process died after the receipt."""
        known = letters.past(letter, entries)
        if found.state is State.NEVER:
            if known:
                self._give_up(letter, found.reason, known)
        elif found.receipt and not any(each["event"] in ("sent", "refused") for each in known):
            receipt = receipts.read(letter.receipt)
            if receipt and receipt.run != letter.run:  # two runs of a day may have the same bytes
                return
            event = "sent" if found.state is State.SENT else "refused"
            self._enter(letter, event, receipt_sha256=found.receipt, reason=found.reason)

    def _give_up(self, letter: Letter, reason: str, known: list[dict[str, Any]]) -> None:
        if not (known and known[-1]["event"] == "given up"):
            self._enter(letter, "given up", reason=reason)

    def _deliver(self, snapshot: Snapshot, letter: Letter, known: list[dict[str, Any]]) -> None:
        from fa_stats.outbox import delivery  # with requests, which nobody else needs

        left = self.settings.sending.budget_seconds - self.spent.get(letter.payload, 0.0)
        if left <= 0:
            return  # an earlier run's has used it up: the next run goes on
        try:
            to = delivery.receiver(self.settings, letter.url)
        except SettingsError as error:
            self._enter(letter, "waiting", reason=str(error), attempts=0, not_before=None)
            return
        self.say(f"{PAYLOADS[letter.payload]} of {letter.day}: {len(letter.content)} bytes to {to.host}.")
        begun = receipts.stamp(self.clock.now())
        self._enter(letter, "sending", host=to.host)
        done = delivery.deliver(to, letter.content, letter.key, left, self.clock, self.random, self.say)
        self.spent[letter.payload] = self.spent.get(letter.payload, 0.0) + done.seconds
        result = done.result
        self.say(result.reason)
        if result.outcome in (Outcome.ACCEPTED, Outcome.REFUSED):
            first = next((str(each["at"]) for each in known if each["event"] == "sending"), begun)
            self._close(snapshot, letter, to, done, first)
            return
        until = receipts.stamp(done.not_before) if done.not_before else None
        self._enter(letter, "waiting", reason=result.reason, attempts=len(done.attempts), not_before=until)

    def _close(self, snapshot: Snapshot, letter: Letter, to: Receiver, done: Delivery, first: str) -> None:
        """Write the receipt, then enter that it was accepted or refused."""
        entries = list(ledger.entries(self.settings.data))
        agreed = agreement.current(self.settings.data)
        accepted = done.result.outcome is Outcome.ACCEPTED
        receipt = Receipt(
            run=letter.run,
            day=letter.day.isoformat(),
            payload=letter.payload,
            instance=letter.instance or "",
            key=letter.key,
            request_sha256=letter.sha256,
            request_bytes=len(letter.content),
            answer_sha256=payload.digest(done.result.answer),
            answer_bytes=len(done.result.answer),
            status=done.result.status or 0,
            host=to.host,
            tls=done.tls,
            attempts=done.attempts,
            first_attempt=first,
            finished=receipts.stamp(done.finished),
            accepted=accepted,
            approved_by=letters.approvers(snapshot, entries),
            agreed_by=agreed.by if agreed else "",
            definitions=agreed.definitions if agreed else "",
        )
        try:
            digest = receipts.write(letter.receipt, receipt)
            event = "sent" if accepted else "refused"
            self._enter(letter, event, receipt_sha256=digest, reason=done.result.reason)
        except StorageError as error:
            said = f"{done.result.reason} That could not be kept: send again when there is room; the key is the same."
            raise StorageError(f"{error} {said}") from error

    def _enter(self, letter: Letter, event: str, **details: Any) -> None:
        named = {"run": letter.run, "payload": letter.payload, "key": letter.key, "sha256": letter.sha256}
        ledger.enter(self.settings, self.clock, day=letter.day, event=event, **named, **details)


def _together(payloads: tuple[Sent, ...]) -> Submission:
    """Say of both payloads what can be said of them together."""
    states = {each.state for each in payloads}
    if len(states) > 1:
        states.discard(State.NOT_ASKED)
    if len(states) == 1:
        [state] = map(str, states)
    elif State.SENT in states:
        state = "partly sent"
    else:
        state = next(str(each) for each in _WORST_FIRST if each in states)
    if len({each.reason for each in payloads}) == 1:
        return Submission(state, payloads[0].reason, payloads)
    reasons = (f"{PAYLOADS[each.payload]}: {each.reason}" for each in payloads)
    return Submission(state, " ".join(reasons), payloads)
