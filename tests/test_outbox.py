"""The outbox: nothing leaves that is not allowed, checked and approved; what leaves is the file, once."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outgoing import AGREED, CLOCK, DAY, HELD, enter, events, kept, later, run_of, silent, with_mode, without_last_entry
from outgoing import given as settings_of
from projects import Fixed
from receiver import Receiver
from test_report import recorded

from fa_stats import files, ledger, outbox
from fa_stats.catalogue.stat import Payload
from fa_stats.checks import Outcome
from fa_stats.clock import Clock
from fa_stats.errors import BusyError, CheckFailedError, ExitCode, NotSentError, StorageError, UsageError
from fa_stats.outbox import letters, receipts
from fa_stats.record import RunRecord, State, Submission
from fa_stats.settings import Instance, Settings
from fa_stats.snapshots import Snapshot

STATS, METRICS = "stats", "metrics"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> Settings:
    return settings_of(tmp_path, receiver.url)


def submit(settings: Settings, snapshot: Snapshot, clock: Clock = CLOCK) -> Submission:
    done = outbox.submit(settings, snapshot, clock, random.Random(1), silent)
    assert done == outbox.submission(settings, snapshot)
    return done


def submit_waiting(settings: Settings, clock: Clock = CLOCK) -> list[str]:
    found = outbox.submit_waiting(settings, clock, random.Random(1), silent)
    return [f"{snapshot.run[:8]} {done.state}" for snapshot, done in found]


def states(done: Submission) -> list[str]:
    return [str(each.state) for each in done.payloads]


def withdraw(settings: Settings, **more: Any) -> None:
    ledger.enter(settings, CLOCK, day=DAY, event="withdrawn", by="Ada Lovelace", note=None)


def test_both_payloads_are_sent_as_they_are_on_the_disk_and_leave_receipts(
    settings: Settings, receiver: Receiver
) -> None:
    snapshot = kept(settings)
    assert outbox.submission(settings, snapshot).state == "not asked for"
    done = submit(settings, snapshot)
    assert (done.state, states(done), done.exit_code) == ("sent", ["sent", "sent"], ExitCode.DONE)
    usage, metrics = letters.of(settings, snapshot)
    assert receiver.accepted == {usage.key: usage.path.read_bytes(), metrics.key: metrics.path.read_bytes()}
    assert [path for path, _, _ in receiver.requests] == ["/stats", "/metrics"]
    order = ["queued", "sending", "sent"]
    assert events(settings) == [(event, payload) for payload in (STATS, METRICS) for event in order]
    for letter, sent in zip((usage, metrics), done.payloads, strict=True):
        receipt = receipts.read(letter.receipt)
        assert receipt
        assert sent.receipt == files.digest(letter.receipt)
        assert (receipt.request_sha256, receipt.request_bytes) == (letter.sha256, len(letter.content))
        assert (receipt.agreed_by, receipt.definitions) == (AGREED.by, AGREED.definitions)
        assert (sent.host, sent.at) == ("127.0.0.1", CLOCK.now())
        [entry] = [
            each for each in ledger.entries(settings.data) if each["event"] == "sent" and each["key"] == letter.key
        ]
        assert entry["receipt_sha256"] == sent.receipt


def test_what_was_sent_is_never_sent_again(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings, stored=True)
    submit(settings, snapshot)
    before = ledger.path_of(settings.data).read_bytes()
    assert submit(settings, snapshot, later(days=3)).state == "sent"
    assert submit_waiting(settings) == []
    assert ledger.path_of(settings.data).read_bytes() == before
    assert len(receiver.requests) == 2


def test_it_stays_sent_whatever_is_forbidden_afterwards(settings: Settings) -> None:
    snapshot = kept(settings)
    submit(settings, snapshot)
    withdraw(settings)
    assert outbox.submission(with_mode(settings, "off"), snapshot).state == "sent"


def forbidden(settings: Settings, how: str) -> tuple[Settings, Snapshot]:
    """A run of which nothing may leave, for one reason."""
    sending = settings.sending
    match how:
        case "mode local":
            return with_mode(settings, "local"), kept(settings)
        case "mode off":
            return with_mode(settings, "off"), kept(settings)
        case "collected with mode local":
            return settings, kept(with_mode(settings, "local"))
        case "air-gapped":
            return replace(settings, instance=Instance(air_gapped=True)), kept(settings)
        case "agreement withdrawn":
            snapshot = kept(settings)
            withdraw(settings)
            return settings, snapshot
        case "agreed afterwards":
            snapshot = kept(settings)
            ledger.enter(settings, CLOCK, day=DAY, event="agreed", by="A", note=None, definitions=AGREED.definitions)
            return settings, snapshot
        case "agreed to something else":
            ledger.enter(settings, Fixed(AGREED.at), day=DAY, event="agreed", by="A", note=None, definitions="e" * 64)
            return settings, kept(settings)
        case "no receiver":
            return replace(settings, sending=replace(sending, usage_data_url="", metrics_url="")), kept(settings)
        case "no instance":
            return settings, kept(settings, instance_id=None)
        case "older snapshot":
            return settings, replace(kept(settings), circumstances=None)
        case "no checks":
            return settings, kept(settings, checked=())
        case "a check failed":
            return settings, kept(settings, checked=(*HELD, replace(HELD[0], name="privacy", outcome=Outcome.FAILED)))
        case "a check did not run":
            return settings, kept(settings, checked=(*HELD, replace(HELD[0], name="laws", outcome=Outcome.NOT_RUN)))
        case "not in the ledger":
            snapshot = kept(settings)
            without_last_entry(settings)
            return settings, snapshot
        case "files changed":
            snapshot = kept(settings)
            for letter in letters.of(settings, snapshot):
                letter.path.write_bytes(letter.content.replace(b"1", b"2") + b" ")
            return settings, snapshot
        case "files gone":
            snapshot = kept(settings)
            shutil.rmtree(letters.of(settings, snapshot)[0].path.parent)
            return settings, snapshot
        case "files and snapshot changed":
            snapshot = kept(settings)
            changed = replace(snapshot, payload=snapshot.payload + b" ", metrics=snapshot.metrics + b" ")
            for letter in letters.of(settings, changed):
                letter.path.write_bytes(letter.content)
            return settings, changed
        case "too old":
            return replace(settings, sending=replace(sending, days=2)), kept(settings, DAY - timedelta(days=3))
        case _:
            return replace(settings, sending=replace(sending, approvals=1)), kept(settings)


@pytest.mark.parametrize(
    ("how", "state", "said"),
    [
        ("mode local", State.NOT_ALLOWED, 'mode = "local"'),
        ("mode off", State.NOT_ALLOWED, 'mode = "off"'),
        ("collected with mode local", State.NOT_ALLOWED, 'mode = "local"'),
        ("air-gapped", State.NOT_ALLOWED, "air_gapped"),
        ("agreement withdrawn", State.NOT_ALLOWED, "agreed"),
        ("agreed afterwards", State.NOT_ALLOWED, "older than the agreement"),
        ("agreed to something else", State.NOT_ALLOWED, "no longer what"),
        ("no receiver", State.NOT_ALLOWED, "_url` in [sending]"),
        ("no instance", State.NOT_ALLOWED, "no id"),
        ("older snapshot", State.NOT_ALLOWED, "never sent"),
        ("no checks", State.BLOCKED, "no checks"),
        ("a check failed", State.BLOCKED, "failed: privacy"),
        ("a check did not run", State.BLOCKED, "could not run: laws"),
        ("not in the ledger", State.BLOCKED, "ledger has no entry"),
        ("files changed", State.BLOCKED, "data/payloads/2026-11-23/20261123T020000Z-3f9c."),
        ("files gone", State.BLOCKED, "cannot be read"),
        ("files and snapshot changed", State.BLOCKED, "not what the ledger says"),
        ("too old", State.NEVER, "older than the 2 days"),
        ("no approval", State.UNAPPROVED, "one person has approved"),
    ],
)
def test_nothing_leaves_where_one_thing_stands_against_it(
    how: str, state: State, said: str, settings: Settings, receiver: Receiver
) -> None:
    settings, snapshot = forbidden(settings, how)
    done = submit(settings, snapshot)
    assert {each.state for each in done.payloads} == {state}
    assert done.state == str(state)
    assert all(said in each.reason for each in done.payloads)
    assert done.exit_code is (ExitCode.CHECK_FAILED if state is State.BLOCKED else ExitCode.NOT_SENT)
    assert not receiver.requests
    assert not events(settings, "sending", "sent", "waiting")


def test_a_payload_that_the_settings_do_not_have_sent_stays_and_the_other_goes(
    settings: Settings, receiver: Receiver
) -> None:
    snapshot = kept(settings)
    settings = replace(settings, sending=replace(settings.sending, metrics=False, metrics_url=""))
    done = submit(settings, snapshot)
    assert (done.state, states(done), done.exit_code) == ("sent", ["sent", "not asked for"], ExitCode.DONE)
    assert [path for path, _, _ in receiver.requests] == ["/stats"]


def test_one_payload_that_fails_does_not_stop_the_other(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings)
    receiver.plan.append("unknown")
    done = submit(settings, snapshot)
    assert (done.state, states(done), done.exit_code) == ("partly sent", ["refused", "sent"], ExitCode.NOT_SENT)
    assert "Usage data: The receiver refused it (401). Metrics: The receiver accepted it (202)." in done.reason


def test_a_refusal_is_final_and_has_its_receipt(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings, stored=True)
    receiver.always = "too large"
    assert states(submit(settings, snapshot)) == ["refused", "refused"]
    receiver.always = None
    assert states(submit(settings, snapshot, later(days=1))) == ["refused", "refused"]
    assert submit_waiting(settings, later(days=1)) == []
    assert len(receiver.requests) == 2
    receipt = receipts.read(letters.of(settings, snapshot)[0].receipt)
    assert receipt
    assert (receipt.accepted, receipt.status) == (False, 413)


def test_what_could_not_be_sent_waits_for_the_next_run_with_the_same_key_and_bytes(
    settings: Settings, receiver: Receiver
) -> None:
    snapshot = kept(settings, stored=True)
    receiver.always = "broken"
    settings = replace(settings, sending=replace(settings.sending, budget_seconds=3))
    done = submit(settings, snapshot)
    assert (done.state, done.exit_code) == ("waiting", ExitCode.NOT_SENT)
    assert "(500)" in done.reason
    tries = len(receiver.requests)
    assert tries > 2
    receiver.always = None
    assert submit_waiting(settings, later(days=1)) == ["20261123 sent"]
    assert len(receiver.requests) == tries + 2
    assert {headers["Idempotency-Key"] for _, headers, _ in receiver.requests} == set(receiver.accepted)
    receipt = receipts.read(letters.of(settings, snapshot)[0].receipt)
    assert receipt
    assert (receipt.first_attempt, receipt.finished) == ("2026-11-23T02:05:00Z", "2026-11-24T02:05:00Z")


def test_a_receiver_that_asks_for_time_is_left_alone_until_then(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings)
    receiver.always, receiver.retry_after = "later", "7200"
    done = submit(settings, snapshot)
    assert done.state == "waiting"
    assert "Not before 2026-11-23T04:05:00Z." in done.reason
    receiver.always = None
    assert submit(settings, snapshot, later(minutes=119)).state == "waiting"
    assert len(receiver.requests) == 2
    assert submit(settings, snapshot, later(minutes=120)).state == "sent"


def test_what_waited_too_long_is_given_up_and_says_so_to_those_who_ask(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings, stored=True)
    receiver.always, receiver.retry_after = "later", "7200"
    submit(settings, snapshot)
    receiver.always = None
    assert submit_waiting(settings, later(days=14)) == ["20261123 sent"]
    other = kept(settings, DAY - timedelta(days=1), stored=True)
    receiver.always = "later"
    submit(settings, other)
    receiver.always = None
    assert submit_waiting(settings, later(days=14)) == ["20261122 never to be sent"]
    assert submit_waiting(settings, later(days=14)) == []
    assert events(settings, "given up") == [("given up", STATS), ("given up", METRICS)]
    patient = replace(settings, sending=replace(settings.sending, days=20))
    assert submit(patient, other, later(days=14)).state == "sent"


def test_a_day_is_reported_once_whichever_run_it_was(settings: Settings, receiver: Receiver) -> None:
    first, second = kept(settings, stored=True), kept(settings, tail="4a0d", stored=True)
    receiver.plan.append("unknown")
    receiver.plan.append("rubbish")
    settings = replace(settings, sending=replace(settings.sending, budget_seconds=0.5))
    assert states(submit(settings, first)) == ["refused", "waiting"]
    done = submit(settings, second)
    assert states(done) == ["never to be sent", "never to be sent"]
    assert run_of() in done.reason
    assert submit_waiting(settings) == ["20261123 partly sent"]
    assert states(submit(settings, second)) == ["never to be sent", "never to be sent"]
    assert [path for path, _, _ in receiver.requests] == ["/stats", "/metrics", "/metrics"]


def test_a_run_that_is_overtaken_while_it_waits_is_given_up(settings: Settings, receiver: Receiver) -> None:
    first, second = kept(settings, stored=True), kept(settings, tail="4a0d", stored=True)
    strict = replace(settings, sending=replace(settings.sending, approvals=1))
    assert submit(strict, first).state == "waiting for approval"
    assert submit(settings, second).state == "sent"
    assert submit_waiting(settings) == ["20261123 never to be sent"]
    assert submit_waiting(settings) == []


def test_the_key_is_that_of_instance_day_and_payload_and_of_nothing_else(settings: Settings) -> None:
    keys = [letters.of(settings, kept(settings, day, tail)) for day in (DAY, DAY - timedelta(1)) for tail in ("1", "2")]
    found = [tuple(letter.key for letter in both) for both in keys]
    assert found[0] == found[1] != found[2] == found[3]
    assert len({key for pair in found for key in pair}) == 4
    assert found[0][0] == letters.key_of("0C8A1B6E-5f5d-4c0b-9b57-3e6d9c1f2a44", DAY, Payload.STATS)


def test_two_different_people_approve_exactly_these_bytes(settings: Settings, receiver: Receiver) -> None:
    settings = replace(settings, sending=replace(settings.sending, approvals=2))
    snapshot = kept(settings, stored=True)
    assert "2 people have approved" in submit(settings, snapshot).reason
    approved = outbox.approve(settings, snapshot, "  Ada   Lovelace ", "looked through", CLOCK)
    assert approved.by == "Ada Lovelace"
    assert [(each[1], each[2]) for each in approved.payloads] == [
        (hashlib.sha256(content).hexdigest(), len(content)) for content in (snapshot.payload, snapshot.metrics)
    ]
    for again in (
        "Ada Lovelace",
        "ADA lovelace",
        "\uff21\uff44\uff41 Lovelace",
        "Ada\u00a0Love\u200blace",
        "ada\tlovelace",
    ):
        with pytest.raises(UsageError, match="already"):
            outbox.approve(settings, snapshot, again, None, CLOCK)
    done = submit(settings, snapshot)
    assert (done.state, done.payloads[0].approved_by) == ("waiting for approval", ("Ada Lovelace",))
    outbox.approve(settings, snapshot, "Grace Hopper", None, CLOCK)
    assert submit_waiting(settings) == ["20261123 sent"]
    receipt = receipts.read(letters.of(settings, snapshot)[0].receipt)
    assert receipt
    assert receipt.approved_by == ("Ada Lovelace", "Grace Hopper")
    with pytest.raises(UsageError, match="not to be sent any more"):
        outbox.approve(settings, snapshot, "Alan Turing", None, CLOCK)


def test_an_approval_is_for_one_run_and_its_bytes(settings: Settings, receiver: Receiver) -> None:
    settings = replace(settings, sending=replace(settings.sending, approvals=1))
    first, second = kept(settings), kept(settings, tail="4a0d")
    outbox.approve(settings, first, "Ada", None, CLOCK)
    assert submit(settings, second).state == "waiting for approval"
    usage, metrics = letters.of(settings, second)
    digests = {"payload_sha256": usage.sha256, "metrics_sha256": "f" * 64}
    ledger.enter(settings, CLOCK, day=DAY, event="approved", run=second.run, by="Eve", note=None, **digests)
    ledger.enter(settings, CLOCK, day=DAY, event="approved", run=second.run, by=" \u200b", note=None,
                 payload_sha256=usage.sha256, metrics_sha256=metrics.sha256)  # fmt: skip
    assert submit(settings, second).state == "waiting for approval"
    assert not receiver.requests


def test_what_was_approved_is_sent_without_having_been_asked_for_before(settings: Settings) -> None:
    snapshot = kept(settings, stored=True)
    assert submit_waiting(settings) == []
    outbox.approve(settings, snapshot, "Ada", None, CLOCK)
    assert outbox.submission(settings, snapshot).state == "not asked for"
    assert submit_waiting(settings) == ["20261123 sent"]


@pytest.mark.parametrize("by", ["", "   ", "\u200b", "\t\n"])
def test_nobody_approves_nothing(by: str, settings: Settings) -> None:
    with pytest.raises(UsageError, match="--by NAME"):
        outbox.approve(settings, kept(settings), by, None, CLOCK)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("no checks", "no checks"),
        ("a check failed", "privacy"),
        ("a check did not run", "laws"),
        ("not in the ledger", "ledger"),
        ("files changed", "3f9c.json is not what the snapshot"),
        ("files gone", "3f9c.json cannot be read"),
        ("files and snapshot changed", "3f9c.json is not what the ledger"),
    ],
)
def test_what_does_not_hold_is_not_approved(how: str, said: str, settings: Settings) -> None:
    settings, snapshot = forbidden(settings, how)
    with pytest.raises(CheckFailedError, match=said):
        outbox.approve(settings, snapshot, "Ada", None, CLOCK)
    assert "approved" not in ledger.path_of(settings.data).read_text()


def test_a_receipt_that_the_ledger_does_not_know_is_entered_and_nothing_is_sent(
    settings: Settings, receiver: Receiver
) -> None:
    snapshot = kept(settings, stored=True)
    done = submit(settings, snapshot)
    without_last_entry(settings)  # the process died after it wrote the receipt of the metrics
    assert outbox.submission(settings, snapshot).state == "sent"
    assert submit_waiting(settings) == ["20261123 sent"]
    [*_, last] = [each for each in ledger.entries(settings.data) if each["event"] == "sent"]
    assert (last["payload"], last["receipt_sha256"]) == (METRICS, done.payloads[1].receipt)
    assert len(receiver.requests) == 2


def test_a_receipt_is_entered_for_its_own_run_also_where_another_has_the_same_bytes(
    settings: Settings, receiver: Receiver
) -> None:
    first = kept(settings, stored=True)
    submit(settings, first)
    without_last_entry(settings)  # as above
    second = replace(first, run=run_of(tail="beef"))
    for letter in letters.of(settings, second):
        files.write(letter.path, letter.content)
    enter(settings, second)
    submit(settings, second)
    assert [each["run"] for each in ledger.entries(settings.data) if each["event"] == "sent"] == [first.run]
    submit(settings, first)
    assert [each["run"] for each in ledger.entries(settings.data) if each["event"] == "sent"] == [first.run] * 2
    assert len(receiver.requests) == 2


def test_nothing_is_sent_while_the_ledger_does_not_hold(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings, stored=True)
    path = ledger.path_of(settings.data)
    path.write_bytes(path.read_bytes().replace(b"Ada", b"Eve", 1))
    with pytest.raises(CheckFailedError, match=r"ledger does not hold: .* Nothing was sent"):
        submit(settings, snapshot)
    assert receiver.requests == []


def test_a_damaged_receipt_blocks_and_one_that_is_gone_changes_nothing(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings)
    usage, _ = letters.of(settings, snapshot)
    usage.receipt.parent.mkdir(parents=True)
    usage.receipt.write_text("{}")
    settings = replace(settings, sending=replace(settings.sending, metrics=False))
    done = submit(settings, snapshot)
    assert (states(done)[0], done.exit_code) == ("blocked", ExitCode.CHECK_FAILED)
    assert usage.receipt.name in done.payloads[0].reason
    assert not receiver.requests
    usage.receipt.unlink()
    submit(settings, snapshot)
    for spoil in (lambda: usage.receipt.write_text("{}"), usage.receipt.unlink):
        spoil()
        done = submit(settings, snapshot)
        assert states(done)[0] == "sent"
        assert "missing or was changed" in done.payloads[0].reason
    assert len(receiver.requests) == 1


def test_an_attempt_without_a_clear_end_is_told_even_where_sending_is_not_allowed_any_more(
    settings: Settings, receiver: Receiver
) -> None:
    snapshot = kept(settings)
    receiver.always = "rubbish"
    submit(replace(settings, sending=replace(settings.sending, budget_seconds=0.5)), snapshot)
    withdraw(settings)
    done = outbox.submission(settings, snapshot)
    assert states(done) == ["not allowed", "not allowed"]
    assert "it may have arrived" in done.payloads[0].reason


def test_a_missing_secret_leaves_the_payloads_waiting_and_names_the_variable(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, sending=replace(settings.sending, headers={"Authorization": "SENDING_TOKEN"}))
    snapshot = kept(settings)
    done = submit(settings, snapshot)
    assert done.state == "waiting"
    assert "SENDING_TOKEN" in done.reason
    assert not events(settings, "sending")
    monkeypatch.setenv("SENDING_TOKEN", "Bearer hidden-value")
    assert submit(settings, snapshot).state == "sent"
    kept_files = [path.read_bytes() for path in settings.data.rglob("*") if path.is_file()]
    assert not any(b"hidden-value" in content for content in kept_files)


def test_with_the_clock_set_back_nothing_is_sent(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings, stored=True)
    before = ledger.path_of(settings.data).read_bytes()
    early = Fixed(CLOCK.now() - timedelta(minutes=6))
    for _ in range(2):
        with pytest.raises(NotSentError, match="clock was set back"):
            submit(settings, snapshot, early)
    assert ledger.path_of(settings.data).read_bytes() == before
    assert not receiver.requests
    assert submit(settings, snapshot, Fixed(CLOCK.now() - timedelta(minutes=4, seconds=30))).state == "sent"


def test_with_a_ledger_that_cannot_be_written_nothing_is_sent(settings: Settings, receiver: Receiver) -> None:
    snapshot = kept(settings)
    with (
        _small_files(ledger.path_of(settings.data).stat().st_size + 100),
        pytest.raises(StorageError, match="disk is full"),
    ):
        submit(settings, snapshot)
    assert not receiver.requests
    assert submit(settings, snapshot).state == "sent"


def test_a_receipt_that_cannot_be_written_is_told_and_the_next_round_repeats_with_the_same_key(
    settings: Settings, receiver: Receiver
) -> None:
    snapshot = kept(settings)
    usage, _ = letters.of(settings, snapshot)
    blocked = settings.data / "receipts"
    receiver.meanwhile = lambda: files.write(blocked, b"a file in the place of the folder")
    with pytest.raises(StorageError, match=r"accepted it \(202\).*the key is the same"):
        outbox.submit(settings, snapshot, CLOCK, random.Random(1), silent)
    receiver.meanwhile = None
    assert states(submit(settings, snapshot)) == ["blocked", "blocked"]
    blocked.unlink()
    assert outbox.submission(settings, snapshot).payloads[0].state is State.WAITING
    assert submit(settings, snapshot).state == "sent"
    assert receiver.repeats == {usage.key: 1}
    assert not receiver.conflicts


class _small_files:  # noqa: N801 # reads as a sentence
    """Have no file grow beyond a size, as on a full disk."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __enter__(self) -> None:
        self.held = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.held[1]))

    def __exit__(self, *_: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self.held)
        signal.signal(signal.SIGXFSZ, self.handler)


def test_only_one_process_sends_at_a_time(settings: Settings) -> None:
    snapshot = kept(settings)
    with files.only_sender(settings.data), pytest.raises(BusyError, match=f"{os.getpid()}.*sent nothing"):
        submit(settings, snapshot)
    assert submit(settings, snapshot).state == "sent"


def _send(settings: Settings, snapshot: Snapshot, ready: Any) -> None:
    ready.wait()
    try:
        outbox.submit(settings, snapshot, CLOCK, random.Random(1), silent)
    except BusyError:
        os._exit(3)
    os._exit(0)


def test_several_that_send_at_once_deliver_once(settings: Settings, receiver: Receiver) -> None:
    context = multiprocessing.get_context("fork")
    for days in range(6):
        snapshot = kept(settings, DAY - timedelta(days=days), stored=True)
        ready = context.Barrier(3)
        senders = [context.Process(target=_send, args=(settings, snapshot, ready)) for _ in range(3)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(30)
        assert {sender.exitcode for sender in senders} <= {0, 3}
        assert outbox.submission(settings, snapshot).state == "sent"
    assert len(receiver.accepted) == len(receiver.requests) == 12
    assert not receiver.repeats


def test_an_unreachable_receiver_takes_no_more_than_one_budget_for_all_that_waits(
    settings: Settings, receiver: Receiver
) -> None:
    for days in range(5):
        submit(replace(settings, sending=replace(settings.sending, approvals=1)),
               kept(settings, DAY - timedelta(days=days), stored=True))  # fmt: skip
    receiver.always = "hang before"
    settings = replace(settings, sending=replace(settings.sending, attempt_seconds=0.3, budget_seconds=0.5))
    assert submit_waiting(settings) == [f"202611{day} waiting" for day in (19, 20, 21, 22, 23)]
    assert len(receiver.requests) <= 4
    receiver.over.set()


def test_what_waits_is_sent_oldest_first_and_a_run_that_is_damaged_is_passed_over(
    settings: Settings, receiver: Receiver
) -> None:
    strict = replace(settings, sending=replace(settings.sending, approvals=1))
    for days in range(3):
        submit(strict, kept(settings, DAY - timedelta(days=days), stored=True))
    [middle] = (settings.data / "snapshots" / "2026-11-22").glob("*.duckdb")
    middle.chmod(0o644)
    middle.write_bytes(b"damaged")
    assert submit_waiting(settings) == ["20261121 sent", "20261123 sent"]


def test_run_json_keeps_both_payloads_and_reads_what_older_versions_wrote(settings: Settings, tmp_path: Path) -> None:
    done = submit(settings, kept(settings))
    path = tmp_path / "run.json"
    path.write_text(replace(recorded(), submission=done).to_json())
    assert RunRecord.read(path).submission == done
    data = json.loads(path.read_text())
    data["submission"] = {"state": "not sent", "reason": "No receiver."}
    path.write_text(json.dumps(data))
    assert RunRecord.read(path).submission == Submission("not sent", "No receiver.")
    data["submission"] = {"state": "sent", "reason": "", "payloads": [{"payload": "stats", "state": "sent", "new": 1,
                                                                      "reason": "Yes."}]}  # fmt: skip
    path.write_text(json.dumps(data))
    assert RunRecord.read(path).submission.payloads[0].state is State.SENT


@given(name=st.text(max_size=20), spaces=st.text(" \t\u00a0", max_size=3))
def test_a_name_stays_the_same_in_any_case_and_with_any_space(name: str, spaces: str) -> None:
    assert letters.person(f"{spaces}{name}{spaces}") == letters.person(name) == letters.person(letters.person(name))
