"""Checks what fa_stats keeps - a project folder, or a pack for auditors - with nothing but Python's standard library.

    python verify.py [FOLDER or ZIP] [--public-key HEX ...]

Nothing of fa_stats is imported, so that whoever does not trust it can read this one file, and run it alone.
Exit code 0: everything holds; 1: something does not, each file or entry is named; 2: there is nothing to check.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple

LEDGER, CHECKPOINTS = "data/ledger.jsonl", "data/checkpoints.jsonl"
STATEMENT, ENVELOPE, SUMS = "statement.json", "statement.dsse.json", "SHA256SUMS"
CHECKPOINT = ["entries", "head", "at", "previous", "public", "signature", "sha256"]
OLD_EVENTS = {"run", "recovered", "off", "failed"}  # all that versions up to 0.2.0 wrote, without checkpoints
TYPE, PREDICATE = "https://in-toto.io/Statement/v1", "urn:fa_stats:audit-pack:1"
IN_TOTO = "application/vnd.in-toto+json"
DAY, RUN, SHA = r"(\d{4}-\d\d-\d\d)", r"(\d{8}T\d{6}Z-\w+)", r"([0-9a-f]{64})"
OF_RUNS = re.compile(
    rf"data/snapshots/{DAY}/{RUN}\.duckdb|data/payloads/{DAY}/{RUN}(?:\.metrics)?\.json"
    rf"|reports/{DAY}/{RUN}/(?:daily\.ipynb|report\.html|run\.json)"
)
RECEIPT = re.compile(rf"data/receipts/{DAY}/(stats|metrics)-(.+)\.json")
DOCUMENT = re.compile(rf"data/(definitions|policies)/{SHA}\.json")
FOLDERS = re.compile(rf"data/(?:snapshots|payloads|receipts|definitions|policies)/|reports/{DAY}/")
DAYS = re.compile(rf"/{DAY}/")
FIRST = "0" * 64


class Finding(NamedTuple):
    """Something to look at. `grave`: it does not hold; otherwise it is said so that somebody knows."""

    grave: bool
    where: str  # a file, or an entry of one
    what: str


class Evidence(NamedTuple):
    """The kept files by their names in a project (`data/...`, `reports/...`); `read` gives None where it cannot."""

    names: Collection[str]
    read: Callable[[str], bytes | None]


class Asked(NamedTuple):
    """What is checked: these days (None: all), signed by these keys (empty: nobody said by which)."""

    days: Collection[str] | None
    keys: Collection[str]
    signed: Callable[[str, bytes, str], bool]  # public key, message, signature

    def covers(self, day: Any) -> bool:
        """Whether a day is one of those that are checked."""
        return self.days is None or str(day) in self.days


# --- Ed25519, RFC 8032, section 5.1: points in extended coordinates ---------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]
ZERO: Point = (0, 1, 1, 0)


def plus(a: Point, b: Point) -> Point:
    """Add two points."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(a: int, p: Point, b: int = 0, q: Point = ZERO) -> Point:
    """Multiply two points, and add them."""
    choice, product = (ZERO, p, q, plus(p, q)), ZERO
    for bit in reversed(range(max(a.bit_length(), b.bit_length()))):
        product = plus(plus(product, product), choice[a >> bit & 1 | (b >> bit & 1) << 1])
    return product


def point_of(encoded: bytes) -> Point | None:
    """Decode a point; None for what encodes none, or encodes one in another than the canonical way."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


@cache
def key_of(encoded: bytes) -> Point | None:
    """Decode a public key; none is one of the eight points with which anybody can sign."""
    point = point_of(encoded) if len(encoded) == 32 else None
    return point if point and times(8, point)[0] % P else None


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or ZERO


def ed25519(public: str, message: bytes, signature: str) -> bool:
    """Whether a signature is that of a message by a key (both in hexadecimal); S is to be below L."""
    try:
        key, made = bytes.fromhex(public), bytes.fromhex(signature)
    except ValueError:
        return False
    point, s = key_of(key), int.from_bytes(made[32:], "little")
    if point is None or len(made) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(made[:32] + key + message).digest(), "little") % L
    x, y, z, _ = times(s, BASE, k, (P - point[0], point[1], 1, P - point[3]))
    one = pow(z, -1, P)
    return (y * one % P | (x * one % P & 1) << 255).to_bytes(32, "little") == made[:32]


# --- bytes, and what they hold ----------------------------------------------------------------------------------------


def sha256(content: bytes) -> str:
    """Return the digest, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def parsed(content: bytes | None) -> dict[str, Any] | None:
    """Return the JSON object that bytes hold, None where they hold none."""
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def written(value: Any) -> bytes:
    """Return the bytes that fa_stats writes for a line; none for what no line can hold."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return b""


def cut_short(line: bytes, begin: bytes) -> bool:
    """Whether bytes can be the beginning of a line, and no more; a whole object with more after it cannot."""
    if line[: len(begin)] != begin[: len(line)]:
        return False
    try:
        json.JSONDecoder().raw_decode(line.decode())
    except (ValueError, RecursionError):
        return True
    return False


def several(number: int, word: str) -> str:
    """Return a number of things in words."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def table(value: Any) -> dict[str, Any]:
    """Return an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def pae(kind: str, content: bytes) -> bytes:
    """Return what a DSSE signature signs."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(content), content)


def zip_to(out: IO[bytes], evidence: Evidence) -> None:
    """Write files as one zip that is the same whoever writes it: in order, not compressed, without times."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as pack:
        for name in sorted(evidence.names):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            pack.writestr(info, evidence.read(name) or b"")


# --- what is checked --------------------------------------------------------------------------------------------------


class Verification:
    """One check of everything; `findings` is what came of it, `facts` what was there, in words."""

    def __init__(self, evidence: Evidence, asked: Asked) -> None:
        self.evidence, self.asked = evidence, asked
        self.findings: dict[Finding, None] = {}  # each once, in the order in which they were found
        self.facts: list[str] = []
        self.named: set[str] = set()  # the files that an entry names, by itself or through a run.json
        self.entries: list[tuple[str, dict[str, Any]]] = []
        self.digests: list[str] = []  # of each line of the ledger
        self.first = 2**63  # the entry at which the first checkpoint was written; what came before may be older
        self.strange: set[tuple[str, str]] = set()  # keys that signed and are not trusted; each is named once a file
        self.payloads: dict[str, list[dict[str, Any]]] = {}  # the entries of a run that say which bytes it has
        self.outgoing: dict[str, Any] = {}  # the last event about what each receipt is for

    def say(self, grave: bool, where: str, what: str) -> None:
        """Add a finding, once."""
        self.findings[Finding(grave, where, what)] = None

    def everything(self) -> Verification:
        """Check all there is to check."""
        self.ledger()
        for _, entry in self.entries:
            if entry.get("event") in ("run", "recovered"):
                self.payloads.setdefault(str(entry.get("run")), []).append(entry)
        for where, entry in self.entries:
            self.documents_of(where, entry)
            if self.asked.covers(entry.get("day")):
                self.sent(where, entry)
        self.runs()
        self.files()
        return self

    def ledger(self) -> Verification:
        """Check the ledger and its checkpoints: the two chains, the signatures, and that nothing was cut."""
        self.entries = [(f"{LEDGER}, entry {number}", entry) for number, entry in self.chain(LEDGER, "entry")]
        clock = ""
        for where, entry in self.entries:
            if entry.get("entry") != number_of(where):
                self.say(True, where, f"It calls itself entry {entry.get('entry')}: one was taken out or put in.")
            at = str(entry.get("at"))
            if at < clock:
                self.say(False, where, f"It was written at {at}, before the one before it: the clock was set back.")
            clock = at
        if self.digests or CHECKPOINTS in self.evidence.names:
            self.checkpoints()
        first, last = (str(self.entries[place][1].get("at"))[:10] if self.entries else "" for place in (0, -1))
        span = f", written {first} to {last}" if first else ""
        head = f"; sha256 of the last one {self.digests[-1]}" if self.digests else ""
        self.facts.insert(0, f"{LEDGER}: {several(len(self.digests), 'line')}{span}{head}.")
        return self

    def chain(self, file: str, word: str) -> list[tuple[int, dict[str, Any]]]:
        """Return the lines of a file in which each names the digest of the one before; says where that breaks."""
        lines = (self.read(file, wanted=CHECKPOINTS in self.evidence.names) or b"").split(b"\n")
        unended = lines[-1] != b""
        lines = lines if unended else lines[:-1]
        digests = [FIRST, *map(sha256, lines)]
        whole = []
        for number, line in enumerate(lines, 1):
            where, found, last = f"{file}, {word} {number}", parsed(line), number == len(lines)
            begin = b'{"entry": %d, ' % number if file == LEDGER else b'{"entries": '
            if found is None and (
                (last and unended and cut_short(line, begin))
                or (not last and (parsed(lines[number]) or {}).get("previous") == digests[number])
            ):
                self.say(False, where, "It was cut short, as by a power cut; what comes next has a line of its own.")
            elif found is None:
                self.say(True, where, "It cannot be read: it was changed or cut.")
            elif written(found) != line:
                self.say(True, where, "It is not written as fa_stats writes: it was changed.")
            elif found.get("previous") != digests[number - 1]:
                what = (
                    f"It does not follow line {number - 1}: one of the two was changed, or one is missing between them."
                )
                self.say(True, where, what)
            elif last and unended:
                self.say(False, where, "Its line has no end, as after a power cut.")
            if found is not None:
                whole.append((number, found))
        if file == LEDGER:
            self.digests = digests[1:]
        return whole

    def checkpoints(self) -> None:
        """Check what vouches for the ledger: its length and last line at many moments, signed or not."""
        covered, signed, keys, most, lines = 0, False, dict[str, int](), "", self.chain(CHECKPOINTS, "line")
        for number, line in lines:
            where = f"{CHECKPOINTS}, line {number}"
            body = {name: line.get(name) for name in CHECKPOINT[:-1]}
            entries, public = line.get("entries"), line.get("public")
            if list(line) != CHECKPOINT or line["sha256"] != sha256(written(body)):
                self.say(True, where, "It does not have the digest that it names: it was changed.")
                continue
            if type(entries) is not int or entries < max(covered, 1):
                self.say(True, where, f"The ledger had {covered} entries before and {entries} then: its end was cut.")
            elif entries > len(self.digests):
                most = f"It had {entries} entries at {line['at']} and has {len(self.digests)} now: its end was cut."
            elif self.digests[entries - 1] != line["head"]:
                self.say(True, f"{LEDGER}, entry {entries}", f"It is not the one that {where} vouches for.")
            else:
                self.first = min(self.first, entries)
                covered = entries
            before = signed
            signed = public is not None or line["signature"] is not None
            if signed:
                del body["signature"]
                self.signature(where, str(public), written(body), str(line["signature"]))
                keys[str(public)] = keys.get(str(public), 0) + 1
            elif before:
                self.say(False, where, "It is not signed, though the one before it is: the key was not at hand.")
        if most:
            self.say(True, LEDGER, most)
        if self.asked.keys and not signed:
            said = "The newest one is not signed, though a key is set. If it was set just now, the next run signs."
            self.say(True, CHECKPOINTS, said)
        self.uncovered(covered, bool(lines))
        by = "; ".join(f"{number} signed by key {key}" for key, number in keys.items()) or "none is signed"
        by += "; no key was named to compare with" if keys and not self.asked.keys else ""
        self.facts.append(f"{CHECKPOINTS}: {several(len(lines), 'line')}; {by}.")

    def uncovered(self, covered: int, any_at_all: bool) -> None:
        """Look at the entries after the newest checkpoint: a crash leaves one, or those of one moment."""
        rest = {str(entry.get("event")) for where, entry in self.entries if number_of(where) > covered}
        left = len(self.digests) - covered
        if left > 0 and not any_at_all and rest <= OLD_EVENTS:
            what = "There are none yet, as up to fa_stats 0.2.0: a ledger that was cut would not be seen."
            self.say(False, CHECKPOINTS, what)
        elif left > 1 and rest != {"no run"}:
            self.say(True, CHECKPOINTS, f"The last {left} entries of the ledger have no checkpoint: some were cut.")
        elif left > 0:
            what = "The newest entry has no checkpoint: a crash came between the two, or the last one was cut."
            self.say(False, CHECKPOINTS, f"{what} The next entry brings one.")

    def signature(self, where: str, public: str, message: bytes, signature: str) -> None:
        """Check one signature, and whether its key is one of those that were named."""
        if not self.asked.signed(public, message, signature):
            self.say(True, where, f"The signature by key {public} does not hold.")
        elif self.asked.keys and public not in self.asked.keys and (where[:5], public) not in self.strange:
            self.say(True, where, f"It is signed by key {public}, which is none of those that are trusted.")
            self.strange.add((where[:5], public))

    def runs(self) -> None:
        """Check each run that an entry names: its run.json, and through that every file of it."""
        about: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
        for where, entry in self.entries:
            day, run = entry.get("day"), entry.get("run")
            if entry.get("event") in (*OLD_EVENTS, "record") and self.asked.covers(day):
                about.setdefault((str(day), str(run)), []).append((where, entry))
        for (day, run), entries in about.items():
            self.run(day, run, entries)
        days = several(len({day for day, _ in about}), "day")
        self.facts.append(f"{several(len(about), 'run')} of {days}, as the ledger has them.")

    def run(self, day: str, run: str, entries: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Check one run: the last record in the ledger vouches for run.json, that for the other files."""
        name = f"reports/{day}/{run}/run.json"
        record = next((each for each in reversed(entries) if each[1].get("event") == "record"), None)
        self.named.add(name)
        content = self.read(name)
        if record and content is not None:
            self.same(name, record[1].get("record_sha256"), record[0])
        data = parsed(content) or {}
        if content is not None and (data.get("run"), data.get("day")) != (run, day):
            self.say(True, name, f"It is not the record of run {run} of {day}.")
        elif not record and content is not None:
            self.unsealed(name, data, entries)
        for path, digest in table(data.get("files")).items():
            self.same(place_of(path), digest, name)
        for where, entry in entries:
            for field, file in (
                ("payload_sha256", f"data/payloads/{day}/{run}.json"),
                ("metrics_sha256", f"data/payloads/{day}/{run}.metrics.json"),
                ("snapshot_sha256", f"data/snapshots/{day}/{run}.duckdb"),
            ):
                if entry.get(field):
                    self.same(file, entry[field], where)
        if record and not any(entry.get("event") in OLD_EVENTS for _, entry in entries):
            self.say(True, record[0], f"No entry tells of the run {run} itself: it was put here.")
        if not record:  # nothing says which files such a run has
            self.named |= {each for each in self.evidence.names if OF_RUNS.fullmatch(each) and f"/{run}" in each}

    def unsealed(self, name: str, data: dict[str, Any], entries: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Look at a run.json whose digest the ledger does not have; it is entered before report.html is written."""
        old = all(number_of(where) <= self.first and "definitions" not in entry for where, entry in entries)
        if data.get("finished") is None or f"{name[:-8]}report.html" not in self.evidence.names:
            self.say(False, name, "The ledger does not have its digest: the run is at work or was cut off.")
        elif old:
            self.say(False, name, "The ledger does not have its digest, as with runs up to fa_stats 0.2.0.")
        else:
            self.say(True, name, "The ledger does not have its digest, though the run is done: its end was cut.")

    def sent(self, where: str, entry: Mapping[str, Any]) -> None:
        """Check an entry about approving or sending: it is about the bytes that the run has, and has its receipt."""
        event, run, payload, sha = (entry.get(name) for name in ("event", "run", "payload", "sha256"))
        if event == "approved":
            wanted = {name: entry.get(name) for name in ("payload_sha256", "metrics_sha256")}
        elif event in ("queued", "sending", "sent", "refused", "waiting", "given up"):
            wanted = {"metrics_sha256" if payload == "metrics" else "payload_sha256": sha}
        else:
            return
        if not any(wanted.items() <= each.items() for each in self.payloads.get(str(run), ())):
            self.say(True, where, f"It is about other bytes than run {run} has.")
        name = f"data/receipts/{entry.get('day')}/{payload}-{entry.get('key')}.json"
        self.outgoing[name] = event
        if entry.get("receipt_sha256"):
            self.same(name, entry["receipt_sha256"], where)
            receipt = parsed(self.evidence.read(name))
            if receipt and not {"run": run, "payload": payload, "request_sha256": sha}.items() <= receipt.items():
                self.say(True, name, f"It is not the receipt of what {where} says was sent.")

    def documents_of(self, where: str, entry: Mapping[str, Any]) -> None:
        """Check that the definitions and policies that an entry names are there."""
        for field, folder in (("definitions", "definitions"), ("policy_sha256", "policies")):
            if entry.get(field):
                name = f"data/{folder}/{entry[field]}.json"
                self.named.add(name)
                if self.asked.covers(entry.get("day")):
                    self.same(name, entry[field], where)

    def files(self) -> None:
        """Look for files that no entry names, and documents that are not what their name says."""
        count = 0
        for name in sorted(self.evidence.names):
            run, receipt, document = (shape.fullmatch(name) for shape in (OF_RUNS, RECEIPT, DOCUMENT))
            days = DAYS.findall(name)
            if days and not self.asked.covers(days[0]):
                continue
            count += name in self.named
            if document and sha256(self.read(name) or b"") != document[2]:
                self.say(True, name, "Its content does not have the digest that is its name: it was changed.")
            elif name in self.named:
                continue
            elif (run and self.unfinished(name)) or (receipt and self.outgoing.get(name) == "sending"):
                self.say(False, name, "No entry of the ledger names it yet: what made it is at work or was cut off.")
            elif run or receipt:
                self.say(True, name, "No entry of the ledger names it: the ledger was cut, or it was put here.")
            elif FOLDERS.match(name) and name != "data/policies/cache.json":
                self.say(False, name, "No entry of the ledger names it.")
        self.facts.append(f"{several(count, 'file')} that the ledger vouches for.")

    def unfinished(self, name: str) -> bool:
        """Whether the run that a file belongs to has not come to its end."""
        day, run = re.findall(rf"{DAY}/{RUN}", name)[0]
        record = parsed(self.evidence.read(f"reports/{day}/{run}/run.json")) or {}
        return record.get("run") == run and record.get("finished") is None

    def same(self, name: str, digest: Any, by: str) -> None:
        """Check that a file has the digest that an entry or another file gives."""
        self.named.add(name)
        content = self.read(name)
        if content is not None and sha256(content) != digest:
            self.say(True, name, f"It does not have the digest that {by} names: one of the two was changed.")

    def read(self, name: str, wanted: bool = True) -> bytes | None:
        """Read a file; says where it is missing."""
        content = self.evidence.read(name)
        if content is None and (wanted or name in self.evidence.names):
            what = (
                "It cannot be read: it is damaged, or closed to this user."
                if name in self.evidence.names
                else "It is missing."
            )
            self.say(True, name, what)
        return content

    # --- a pack's own papers ---

    def pack(self) -> Verification:
        """Check a pack: its statement names every file, and nothing else is in it; then everything that it holds."""
        statement, envelope = parsed(self.read(STATEMENT)) or {}, self.read(ENVELOPE, wanted=False)
        predicate = table(statement.get("predicate"))
        days = {str(day) for day in listed(predicate.get("days"))}
        self.asked = self.asked._replace(
            days=days or {day for name in self.evidence.names for day in DAYS.findall(name)}
        )
        self.everything()
        digests = {name: sha256(self.read(name) or b"") for name in self.evidence.names if name != SUMS}
        sums = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode(errors="replace")
        if self.read(SUMS) not in (None, sums):
            self.say(True, SUMS, "It is not the list of the files that are here: one was changed.")
        subjects = {
            str(table(each).get("name")): table(each).get("digest") for each in listed(statement.get("subject"))
        }
        files = {name: {"sha256": digest} for name, digest in digests.items() if name not in (STATEMENT, ENVELOPE)}
        for name in sorted(files.keys() | subjects):
            if name not in files:
                self.say(True, name, f"It is missing, though {STATEMENT} names it.")
            elif files[name] != subjects.get(name):
                self.say(True, name, f"It is not what {STATEMENT} says it is.")
        if (statement.get("_type"), statement.get("predicateType")) != (TYPE, PREDICATE):
            self.say(True, STATEMENT, "It is not the statement of a pack.")
        for told in map(table, listed(predicate.get("runs"))):
            name = f"reports/{told.get('day')}/{told.get('run')}/run.json"
            record = parsed(self.evidence.read(name)) or {}
            if told != {key: record.get(key) for key in told}:
                self.say(True, STATEMENT, f"What it says of run {told.get('run')} is not what {name} says.")
        self.envelope(envelope)
        return self

    def envelope(self, content: bytes | None) -> None:
        """Check the signed form of the statement: that it is the same, and that its signature holds."""
        if content is None:
            if self.asked.keys:
                self.say(True, STATEMENT, "It is not signed, though a key is named.")
            self.facts.append(f"{STATEMENT} is not signed.")
            return
        found = parsed(content) or {}
        try:
            payload = base64.b64decode(str(found.get("payload")), validate=True)
            [signature] = [
                (str(table(each).get("keyid")), base64.b64decode(str(table(each).get("sig")), validate=True).hex())
                for each in listed(found.get("signatures"))
            ]
        except ValueError:
            self.say(True, ENVELOPE, "It is not a signed statement.")
            return
        if payload != self.evidence.read(STATEMENT) or found.get("payloadType") != IN_TOTO:
            self.say(True, ENVELOPE, f"It is not about {STATEMENT} as it is here.")
        self.signature(ENVELOPE, signature[0], pae(IN_TOTO, payload), signature[1])
        self.facts.append(f"{STATEMENT} is signed by key {signature[0]}.")


def number_of(where: str) -> int:
    """Return the number of an entry."""
    return int(where.rsplit(" ", 1)[1])


def place_of(path: str) -> str:
    """Return the name that a file of a run has in a pack; in run.json its path starts from the settings' folder."""
    tail = re.split(r"[/\\]", path)[-3:]
    return "/".join(["data" if tail[0] in ("snapshots", "payloads") else "reports", *tail])


# --- where it comes from ----------------------------------------------------------------------------------------------


def of_folders(roots: Mapping[str, Path]) -> Evidence:
    """Return the evidence in folders, by how its names begin: `data/` and `reports/`, nothing for a pack."""

    def read(name: str) -> bytes | None:
        paths = (root / name[len(begin) :] for begin, root in roots.items() if name.startswith(begin))
        return content_of(next(paths, None))

    files = [(begin, root, path) for begin, root in roots.items() for path in root.rglob("*") if path.is_file()]
    return Evidence([f"{begin}{path.relative_to(root).as_posix()}" for begin, root, path in files], read)


def content_of(path: Path | None) -> bytes | None:
    """Read a file; None where there is none that can be read."""
    try:
        return path.read_bytes() if path and path.is_file() else None
    except (OSError, ValueError):  # the second is for a name that no file can have
        return None


def of_zip(pack: zipfile.ZipFile) -> Evidence:
    """Return the evidence in a pack; nothing is unpacked to the disk."""
    infos = {info.filename: info for info in pack.infolist() if not info.is_dir()}

    def read(name: str) -> bytes | None:
        try:
            return pack.read(infos[name]) if infos[name].file_size < 2**31 else None
        except Exception:  # zipfile has a dozen kinds of errors for bytes that are no zip
            return None

    return Evidence(infos.keys(), read)


def verify_zip(path: Path, asked: Asked) -> Verification:
    """Check a pack; whatever its bytes are, what is wrong with them is a finding."""
    try:
        with zipfile.ZipFile(path) as pack, path.open("rb") as here, tempfile.TemporaryFile() as anew:
            found = Verification(of_zip(pack), asked).pack()
            for name, number in Counter(pack.namelist()).items():
                if number > 1:
                    found.say(True, name, "It is in the zip more than once: nobody can tell which one is meant.")
            zip_to(anew, found.evidence)
            anew.seek(0)
            while (chunk := here.read(2**20)) and chunk == anew.read(2**20):
                pass
            if chunk or anew.read(1):
                said = "It is not the very zip that fa_stats makes of these files: packed anew, or changed beside them."
                found.say(False, path.name, said)
    except Exception as error:  # as above
        found = Verification(Evidence((), lambda _: None), asked)
        found.say(True, path.name, f"It cannot be read as a zip ({type(error).__name__}): it is damaged or was cut.")
    return found


def main() -> int:
    """Read the command line, check, and print what came of it."""
    parser = argparse.ArgumentParser(description="Checks what fa_stats keeps: a project folder, or a pack (zip).")
    parser.add_argument("path", nargs="?", type=Path, default=Path(), help="a folder or a zip; this folder by default")
    parser.add_argument("--public-key", action="append", default=[], metavar="HEX", help="a key that may have signed")
    parser.add_argument("--head", action="append", default=[], metavar="HEX", help="a digest that a line had before")
    parser.add_argument("--data", type=Path, default=Path("data"), help="where a project has its data")
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="where a project has its reports")
    given = parser.parse_args()
    if wrong := [key for key in given.public_key if not re.fullmatch("[0-9a-f]{64}", key)]:
        parser.error(f"--public-key is to be 64 hexadecimal digits, not {wrong[0]}")
    asked = Asked(None, given.public_key, ed25519)
    if given.path.is_file():
        found = verify_zip(given.path, asked)
    elif given.path.is_dir():
        unpacked = any((given.path / name).is_file() for name in (STATEMENT, SUMS))
        project = {"data/": given.path / given.data, "reports/": given.path / given.reports}
        evidence = of_folders({"": given.path} if unpacked else project)
        found = Verification(evidence, asked)
        found = found.pack() if unpacked else found.everything()
        if not evidence.names:
            parser.error(f"there is nothing of fa_stats in {given.path}")
    else:
        parser.error(f"there is no {given.path}")
    for head in given.head:
        if head not in found.digests:
            found.say(True, LEDGER, f"It has no line with the digest {head}: it was cut back, or it is another one.")
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for fact in found.facts:
        print(f"       {fact}")
    for grave, where, what in sorted(found.findings, reverse=True):
        print(f"{'WRONG  ' if grave else 'note   '}{where}: {what}")
    bad = sum(finding.grave for finding in found.findings)
    print(f"{several(bad, 'thing')} to look into." if bad else "Everything holds.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
