"""The two payloads of a run on their way out: what stands against sending each, and how far it has come."""

from __future__ import annotations

import os
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fa_stats import agreement, consent, files, payload, policy, snapshots
from fa_stats.catalogue.stat import Payload
from fa_stats.checks import Outcome
from fa_stats.collection import Status
from fa_stats.errors import StorageError
from fa_stats.outbox import receipts
from fa_stats.record import Sent, State
from fa_stats.settings import Settings
from fa_stats.snapshots import Snapshot

Entries = Sequence[dict[str, Any]]
_ENDINGS = {Payload.STATS: ".json", Payload.METRICS: ".metrics.json"}
_DIGESTS = {Payload.STATS: "payload_sha256", Payload.METRICS: "metrics_sha256"}
_FINAL = {"sent": State.SENT, "refused": State.REFUSED}
_EVENTS = ("queued", "sending", "waiting", "given up", *_FINAL)


@dataclass(frozen=True, slots=True)
class Letter:
    """One payload of one run. `content` is the snapshot's; `wanted` is whether the settings have it sent."""

    payload: Payload
    run: str
    day: date
    instance: str | None
    key: str
    content: bytes
    sha256: str
    path: Path  # of the file that is sent
    receipt: Path
    url: str
    wanted: bool


def of(settings: Settings, snapshot: Snapshot) -> tuple[Letter, Letter]:
    """Return a run's usage data and metrics."""
    usage, metrics = Payload.STATS, Payload.METRICS
    sending = settings.sending
    return (
        _letter(settings, snapshot, usage, snapshot.payload, sending.usage_data_url, sending.usage_data),
        _letter(settings, snapshot, metrics, snapshot.metrics, sending.metrics_url, sending.metrics),
    )


def _letter(settings: Settings, snapshot: Snapshot, kind: Payload, content: bytes, url: str, wanted: bool) -> Letter:
    day, instance = snapshot.collection.day, snapshot.collection.instance_id
    key = key_of(instance or "", day, kind)
    return Letter(
        payload=kind,
        run=snapshot.run,
        day=day,
        instance=instance,
        key=key,
        content=content,
        sha256=payload.digest(content),
        path=settings.data / "payloads" / day.isoformat() / f"{snapshot.run}{_ENDINGS[kind]}",
        receipt=receipts.path_of(settings.data, day, kind, key),
        url=url,
        wanted=wanted,
    )


def key_of(instance: str, day: date, kind: Payload) -> str:
    """Return the idempotency key of an instance's payload for a day, the same whichever source or run it comes from."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:fa_stats:{instance.lower()}:{day}:{kind}"))


def past(letter: Letter, entries: Entries) -> list[dict[str, Any]]:
    """Return what the ledger says of sending exactly these bytes under this key, oldest first."""
    return [each for each in _under_key(letter, entries) if each.get("sha256") == letter.sha256]


def _under_key(letter: Letter, entries: Entries) -> list[dict[str, Any]]:
    return [each for each in entries if each.get("event") in _EVENTS and each.get("key") == letter.key]


def standing(settings: Settings, snapshot: Snapshot, letter: Letter, entries: Entries) -> Sent:
    """Return how far a payload has come."""
    known = past(letter, entries)
    if known and known[-1]["event"] == "given up":
        found = settled(settings, letter, entries)
    else:
        found = settled(settings, letter, entries) or hindrance(settings, snapshot, letter, entries)
    found = found or _progress(letter, known)
    return found if found.approved_by else replace(found, approved_by=approvers(snapshot, entries))


def settled(settings: Settings, letter: Letter, entries: Entries) -> Sent | None:
    """Return what was accepted or refused, or can never be sent; None where it is still open."""
    last = next((each for each in reversed(past(letter, entries)) if each["event"] in _FINAL), None)
    try:
        receipt = receipts.read(letter.receipt)
    except StorageError as damaged:
        if last is None:
            return Sent(letter.payload, State.BLOCKED, str(damaged))
        receipt = None
    if receipt and receipt.request_sha256 == letter.sha256:
        said = f"It was {'accepted' if receipt.accepted else 'refused'} with the answer {receipt.status}."
        return Sent(
            payload=letter.payload,
            state=State.SENT if receipt.accepted else State.REFUSED,
            reason=str(last["reason"]) if last and last.get("reason") else said,
            receipt=files.digest(letter.receipt),
            host=receipt.host,
            at=datetime.fromisoformat(receipt.finished),
            approved_by=receipt.approved_by,
        )
    if last:
        name = os.path.relpath(letter.receipt, settings.folder)
        said = f"{last.get('reason')} Its receipt {name} is missing or was changed: see `fa-stats verify`."
        at = datetime.fromisoformat(last["at"])
        return Sent(letter.payload, _FINAL[last["event"]], said, last.get("receipt_sha256"), at=at)
    begun = next((each for each in _under_key(letter, entries) if each["event"] == "sending"), None)
    other = receipt.run if receipt else begun.get("run") if begun and begun.get("sha256") != letter.sha256 else None
    if other is None:
        return None
    said = f"A day is reported once, and for {letter.day} that is the run {other}: this run's is never sent."
    return Sent(letter.payload, State.NEVER, said)


def hindrance(settings: Settings, snapshot: Snapshot, letter: Letter, entries: Entries) -> Sent | None:
    """Return the first thing that stands against sending a payload; None where nothing does."""
    usage, metrics = consent.still(
        snapshot.circumstances, settings, agreement.current(settings.data), snapshot.collection.started
    )
    send = (metrics if letter.payload is Payload.METRICS else usage).send
    found: Sent | None = None
    if not send.allowed:
        found = Sent(letter.payload, State.NOT_ALLOWED if letter.wanted else State.NOT_ASKED, send.reason)
    elif letter.instance is None:
        said = "The instance has no id by which a receiver could tell its reports apart: set `id` under [instance]."
        found = Sent(letter.payload, State.NOT_ALLOWED, said)
    elif not letter.url:
        name = "metrics" if letter.payload is Payload.METRICS else "usage_data"
        said = f"There is no receiver: set `{name}_url` in [sending], or `{name} = false` where none is wanted."
        found = Sent(letter.payload, State.NOT_ALLOWED, said)
    elif off := _switched_off(settings, snapshot):
        said = f"The settings have switched off {', '.join(off)} since it was collected, and it is in there."
        found = Sent(letter.payload, State.NOT_ALLOWED, said)
    elif wrong := unchecked(snapshot) or altered(settings, letter, entries):
        found = Sent(letter.payload, State.BLOCKED, wrong)
    else:
        by = approvers(snapshot, entries)
        if (missing := settings.sending.approvals - len(by)) > 0:
            people = "one person has" if missing == 1 else f"{missing} people have"
            given = f" {' and '.join(by)} approved it." if by else ""
            said = f"It waits until {people} approved it: `fa-stats approve {letter.day} --by NAME`.{given}"
            found = Sent(letter.payload, State.UNAPPROVED, said, approved_by=by)
    begun = next((each for each in past(letter, entries) if each["event"] == "sending"), None)
    if found and begun:
        said = f"{found.reason} An attempt on {begun['at']} had no clear end: it may have arrived."
        return replace(found, reason=said)
    return found


def _switched_off(settings: Settings, snapshot: Snapshot) -> list[str]:
    """Name what was counted and is switched off for that day by now."""
    off = policy.disabled(settings.switched_off, snapshot.collection.day)
    figures = snapshot.collection.stats + snapshot.collection.metrics
    return [figure.name for figure in figures if figure.status is Status.OK and figure.name in off]


def unchecked(snapshot: Snapshot) -> str | None:
    """Say which of the promises a run does not keep; None where every check held."""
    if not snapshot.checks:
        return "Its snapshot holds no checks: it was made before there were any, and is never sent."
    failed = [check.name for check in snapshot.checks if check.outcome is Outcome.FAILED]
    left = [check.name for check in snapshot.checks if check.outcome is Outcome.NOT_RUN]
    said = [f"failed: {', '.join(failed)}"] * bool(failed) + [f"could not run: {', '.join(left)}"] * bool(left)
    return f"Not every check held ({'; '.join(said)}). The report says what was found." if said else None


def altered(settings: Settings, letter: Letter, entries: Entries) -> str | None:
    """Say where the bytes on the disk, in the snapshot and in the ledger are not the same; None where they are."""
    name = os.path.relpath(letter.path, settings.folder)
    entry = next(
        (
            each
            for each in reversed(entries)
            if each.get("event") in ("run", "recovered") and each.get("run") == letter.run
        ),
        None,
    )
    if entry is None:
        return f"The ledger has no entry of the run {letter.run}: its bytes cannot be told from others."
    try:
        digest = files.digest(letter.path)
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}. It is the file that would be sent."
    if digest != letter.sha256:
        return f"{name} is not what the snapshot of the run holds: one of the two was changed."
    snapshot = snapshots.path_of(settings.data, letter.day, letter.run)
    if entry.get("snapshot_sha256") not in (None, _digest_of(snapshot)):
        return f"{os.path.relpath(snapshot, settings.folder)} is not what the ledger says of the run: it was changed."
    if digest != entry.get(_DIGESTS[letter.payload]):
        return f"{name} is not what the ledger says of the run (entry {entry.get('entry')}): it was changed."
    return None


def _digest_of(path: Path) -> str | None:
    try:
        return files.digest(path)
    except OSError:
        return None


def approvers(snapshot: Snapshot, entries: Entries) -> tuple[str, ...]:
    """Name the different people who approved exactly these bytes of a run, in the order in which they did."""
    digests = (payload.digest(snapshot.payload), payload.digest(snapshot.metrics))
    found: dict[str, str] = {}
    for each in entries:
        same = (each.get("payload_sha256"), each.get("metrics_sha256")) == digests
        if each.get("event") == "approved" and each.get("run") == snapshot.run and same:
            name = str(each.get("by", ""))
            if person(name):
                found.setdefault(person(name), name)
    return tuple(found.values())


def person(name: str) -> str:
    """Return what two spellings of one name have in common: no case, no extra space, no invisible letter."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(each for each in plain if unicodedata.category(each) != "Cf").split())


def not_before(letter: Letter, entries: Entries) -> datetime | None:
    """Return the time before which the receiver does not want to be asked again."""
    last = next((each for each in reversed(past(letter, entries)) if each["event"] == "waiting"), None)
    return datetime.fromisoformat(last["not_before"]) if last and last.get("not_before") else None


def _progress(letter: Letter, known: Entries) -> Sent:
    last = known[-1] if known else {"event": None}
    match last["event"]:
        case None:
            return Sent(letter.payload, State.NOT_ASKED, "Nothing was sent: sending was not asked for.")
        case "queued":
            return Sent(letter.payload, State.WAITING, "It is to be sent: `fa-stats submit` sends what waits.")
        case "sending":
            said = "An attempt had no clear end: it may have arrived. The next one sends the same bytes and key."
            return Sent(letter.payload, State.WAITING, said, host=last.get("host"))
        case "given up":
            return Sent(letter.payload, State.NEVER, str(last.get("reason")))
        case _:
            until = f" Not before {last['not_before']}." if last.get("not_before") else ""
            return Sent(letter.payload, State.WAITING, f"{last.get('reason')}{until}")
