"""The report of a run: a pure function of what is stored, so that any day can be rendered again, failed ones included.

Each section is a fragment of its own: the page puts them in order, and a notebook cell shows the very same one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from fa_stats import charts, proof, render, tables
from fa_stats import load as loads
from fa_stats.catalogue.stat import Payload, Stat
from fa_stats.checks import Check
from fa_stats.collection import Collection, Figure, Status
from fa_stats.consent import Agreement, Consent
from fa_stats.diff import Added, Change, Changed, Removed, StatusChanged, differences
from fa_stats.errors import ExitCode
from fa_stats.policy import PolicyRecord
from fa_stats.record import RunRecord
from fa_stats.render import NOTHING, Content, Fragment, count, duration, element, folded, join, paragraph, table, terms

_SHOWN = 15  # changes on the first screens; the others are folded
_SQL_LETTERS = 95_000  # of statements; a run that isolated its stats has hundreds of them

_KINDS = ((Removed, "gone"), (Added, "new"), (StatusChanged, "with another status"), (Changed, "with another value"))
_OURS = (
    "The definitions are ours and published with fa_stats. They are worked out from public documents, "
    "and we do not claim that they equal the vendor's own figures."
)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that a report shows.

    `collection` and `payload` are None where there is none (a run that failed, collection off); `changes` holds Same
    too and is empty where there is no previous day. `earlier` has each statement's microseconds in earlier runs,
    oldest first; `trend` has (day, stats counted, microseconds in the database), this run last; `plans` has the plan
    that each statement had before. `consents`, `agreement`, `policy` and `checks` are as of the collection.
    """

    record: RunRecord
    collection: Collection | None
    changes: tuple[Change, ...]
    catalogue: Mapping[str, Stat]
    payload: bytes | None
    earlier: Mapping[str, Sequence[int]]
    trend: Sequence[tuple[date, int, int]]
    code: Sequence[str]
    plans: loads.Plans = field(default_factory=dict)
    consents: Sequence[Consent] = ()
    agreement: Agreement | None = None
    policy: PolicyRecord | None = None
    checks: Sequence[Check] = ()


def to_html(page: Page) -> str:
    """Render the whole report: one file without scripts, links or anything else to load."""
    from jinja2 import Environment, PackageLoader

    house = Environment(loader=PackageLoader("fa_stats"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    title = f"FusionAuth usage data, {render.day(page.record.day)}"
    return house.get_template("report.html").render(
        title=Fragment(render.escape(title)),
        verdict_word=page.record.verdict,
        opening=join(verdict(page), answers(page), numbers(page)),
        sections=[(heading, section(page)) for heading, section in SECTIONS],
    )


def verdict(page: Page) -> Fragment:
    """Say the verdict in words, what went wrong and what to do, and where the figures come from."""
    record = page.record
    word = element("strong", record.verdict, class_=f"word {record.verdict.lower()}")
    trouble: list[tuple[str, Content]] = []
    if record.problem:
        trouble.append(("What happened", render.prose(record.problem)))
    if missing := _missing(page):
        trouble.append(("Not computed", missing))
    if record.advice:
        trouble.append(("What to do", render.prose(record.advice)))
    if _altered(page):
        trouble.append(("Evidence", "The payload at hand is not the one that the run wrote: its digest differs."))
    failed = [figure for figure in _figures(page) if figure.status.partial]
    version = record.application_version
    origin: list[tuple[str, Content]] = [
        ("Source", f"{record.source_label} ({record.source_kind})"),
        ("Instance", render.code(record.instance) if record.instance else "not known"),
        ("Version", f"FusionAuth {version}" if version else "not known"),
        ("Collected", render.moment(record.started)),
        ("Run", render.code(record.run)),
    ]
    if record.again_because:
        origin.append(("Run again because", record.again_because))
    return join(
        paragraph(word, " ", render.prose(record.headline), class_="verdict"),
        tables.gaps("Failed or stopped", failed) if failed else "",
        terms(trouble, "terms trouble") if trouble else "",
        terms(origin, "origin"),
    )


def answers(page: Page) -> Fragment:
    """Answer a reviewer's four questions: allowed, promises kept, approved by whom, sent."""
    return proof.answers(page.consents, page.agreement, page.policy, page.checks, page.record)


def numbers(page: Page) -> Fragment:
    """Show three numbers: stats counted, stats changed, time in the database."""
    record, collection = page.record, page.collection
    if collection is None:
        total = sum(stat.payload is Payload.STATS for stat in page.catalogue.values())
        counted, changed, spent = (
            ("0", f"of {total}"),
            (NOTHING, "nothing to compare"),
            (NOTHING, "nothing was collected"),
        )
    else:
        counts = collection.counts()
        off = [f"{counts[status]} {status}" for status in (Status.UNAVAILABLE, Status.DISABLED) if counts[status]]
        counted = (str(counts[Status.OK]), "; ".join([f"of {len(collection.stats)}", *off]))
        changed = (str(len(differences(page.changes))), f"since {_previous_day(record)}")
        if not page.changes:
            changed = (NOTHING, "not compared" if record.previous_run else "no earlier day to compare with")
        spent = (duration(collection.database_microseconds), _budget(page) or "no budget set")
    took = "Time of calls" if record.source_kind == "api" else "Database time"
    cells = zip(("Stats counted", "Stats changed", took), (counted, changed, spent), strict=True)
    return terms(
        ((name, join(element("b", big), " ", element("small", rest))) for name, (big, rest) in cells), "numbers"
    )


def changes(page: Page) -> Fragment:
    """Show what changed since the previous run, the weightiest first."""
    record = page.record
    if page.collection is None:
        return paragraph("Nothing was collected, so there is nothing to compare.")
    before = f"{_previous_day(record)} (run {record.previous_run})"
    if not page.changes:
        if record.previous_run is None:
            return paragraph("There is no earlier day of this instance to compare with.")
        return paragraph(f"This run was not compared with that of {before}.")
    found = differences(page.changes)
    gap = (record.day - record.previous_day).days if record.previous_day else 1
    later = f" That is {gap} days earlier; the days between have no run to compare with." if gap > 1 else ""
    if not found:
        same = count(len(page.changes), "stat")
        return paragraph(f"Nothing changed since {before}: {same}, each with the same status and value.{later}")
    kinds = Counter(type(change) for change in found)
    said = [f"{kinds[kind]} {words}" for kind, words in _KINDS if kinds[kind]]
    same = count(len(page.changes) - len(found), "stat")
    lead = f"Since {before}: {', '.join(said)}. {same} came out the same.{later}"
    rest = found[_SHOWN:]
    return join(
        paragraph(lead),
        tables.changes(found[:_SHOWN], page.catalogue),
        folded(count(len(rest), "more change"), tables.changes(rest, page.catalogue), class_="more") if rest else "",
    )


def submission(page: Page) -> Fragment:
    """Say whether the payloads left the house, why or why not, and what proves it."""
    lead = proof.receipts(page.record.submission)
    if page.payload is None:
        return join(lead, paragraph("There is no payload that could be sent."))
    return join(lead, paragraph("It is about these bytes: ", *_bytes_of(page)))


def payload(page: Page) -> Fragment:
    """List every stat by area with its value and definition, then the metrics, then the exact bytes."""
    if page.collection is None:
        return paragraph("There is no payload: nothing was collected.")
    collection = page.collection
    areas = tables.areas(collection.stats, page.catalogue)
    changed = frozenset(change.name for change in differences(page.changes))
    size = count(len(collection.metrics), "metric")
    return join(
        paragraph(f"{count(len(collection.stats), 'stat')} in {count(len(areas), 'area')}. {_OURS}"),
        *(tables.area(group, figures, changed, page.catalogue) for group, figures in areas.items()),
        tables.figures_table(f"The {size}", collection.metrics, page.catalogue) if collection.metrics else "",
        _exact_bytes(page),
    )


def load(page: Page) -> Fragment:
    """Show what the run cost the database: statements as measured, then stats, tables and earlier days."""
    collection = page.collection
    if collection is None:
        return join(paragraph("Nothing was collected, so no time was measured."), charts.over_days(page.trend))
    if not collection.statements:
        return join(paragraph("No statement ran, so the database did no work."), charts.over_days(page.trend))
    statements, fused = collection.statements, loads.fused(collection.statements)
    worked = "The calls, and the statements over their answers, took" if collection.source_kind == "api" else _WORKED
    spent = f"{worked} {duration(collection.database_microseconds)} in {count(len(statements), 'statement')}"
    alone = len(statements) - len(fused)
    spent += f", {alone} of them for a stat measured alone" if alone else ""
    budget = _budget(page)
    spent += f", {budget}" if budget else ""
    spent += f". The whole collection, pauses included, took {duration(collection.microseconds)}."
    return join(
        paragraph(spent),
        loads.summary(collection),
        loads.plans_changed(statements, page.plans),
        charts.statement_times(fused, page.earlier),
        loads.of_statements(statements, page.plans),
        charts.stat_times(collection.stats + collection.metrics),
        loads.measured_alone(collection),
        tables.scans(statements),
        charts.over_days(page.trend),
    )


def uncounted(page: Page) -> Fragment:
    """Group the stats and metrics without a value by the reason."""
    if page.collection is None:
        return paragraph(f"Not computed: {_missing(page)}.")
    gaps = [figure for figure in _figures(page) if figure.status is not Status.OK]
    if not _figures(page):
        return paragraph("There are no stats and no metrics in this collection.")
    if not gaps:
        return paragraph("Every stat and every metric has a value.")
    return join(
        paragraph("These have no value, which is not the same as zero: they are absent from the payload."),
        tables.gaps("Without a value, by reason", gaps),
    )


def provenance(page: Page) -> Fragment:
    """Say where every figure comes from, with the digests to check it by."""
    record, collection = page.record, page.collection
    previous = f"{record.previous_run} of {_previous_day(record)}" if record.previous_run else "none"
    facts: list[tuple[str, Content | None]] = [
        ("Run", render.code(record.run)),
        ("Day", f"{render.day(record.day)} (UTC)"),
        ("Started", render.moment(record.started)),
        ("Finished", render.moment(record.finished) if record.finished else "did not finish"),
        ("Run again because", record.again_because),
        ("Previous run", previous),
        ("Source", f"{record.source_label} ({record.source_kind})"),
        ("Answered by", collection.source_version if collection else None),
        ("Instance", render.code(record.instance) if record.instance else None),
        ("FusionAuth", record.application_version),
        ("Time zone of reports", collection.report_timezone if collection else None),
        ("Stats one by one", "each stat ran alone" if collection and collection.isolated else None),
        (
            "Catalogue, sha256",
            _digest(record.catalogue_sha256 or (collection.catalogue_sha256 if collection else None)),
        ),
        ("Payload", join(*_bytes_of(page))),
        ("Metrics, sha256", _digest(record.metrics_sha256)),
        ("Made with", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("Exit code", _exit_code(record.exit_code)),
    ]
    files = [[render.code(path), render.code(digest)] for path, digest in sorted(record.files.items())]
    return join(
        terms((name, content) for name, content in facts if content),
        table("Files of this run", ["File", "sha256"], files) if files else "",
    )


def statements(page: Page) -> Fragment:
    """List every query that ran, folded, as the database received it."""
    if page.collection is None or not page.collection.statements:
        return paragraph("No statement ran.")
    statements = page.collection.statements
    lead = "These are the queries that ran, to the letter, in the order in which they ran"
    lead += ", each with the database's plan." if any(each.load.plan for each in statements) else "."
    return join(paragraph(lead), tables.queries(statements, page.plans, _SQL_LETTERS))


def code(page: Page) -> Fragment:
    """Fold the notebook's code cells away."""
    if not page.code:
        return paragraph("This report was made without a notebook.")
    cells = (render.listing(cell) for cell in page.code)
    return folded(count(len(page.code), "cell") + " of the notebook", *cells)


_WORKED = "The database worked"
SECTIONS: tuple[tuple[str, Callable[[Page], Fragment]], ...] = (
    ("What changed", changes),
    ("Was it sent?", submission),
    ("Payload", payload),
    ("Time and load", load),
    ("Not counted, and why", uncounted),
    ("Provenance", provenance),
    ("Statements", statements),
    ("Code", code),
)


def _figures(page: Page) -> tuple[Figure, ...]:
    return page.collection.stats + page.collection.metrics if page.collection else ()


def _missing(page: Page) -> str:
    if page.collection is None:
        kinds = Counter(stat.payload for stat in page.catalogue.values())
        stats, metrics = count(kinds[Payload.STATS], "stat"), count(kinds[Payload.METRICS], "metric")
        return f"{stats}, {metrics} and the payload"
    return "" if page.payload is not None else "the payload; the figures below were collected before the run stopped"


def _exit_code(code: int) -> str:
    meaning = {int(each): each.meaning for each in ExitCode}.get(code)
    return f"{code}: {meaning}" if meaning else str(code)


def _previous_day(record: RunRecord) -> str:
    return render.day(record.previous_day) if record.previous_day else "the previous run"


def _budget(page: Page) -> str:
    budget = page.record.budget_microseconds
    if not budget or page.collection is None:
        return ""
    if page.record.source_kind == "api":
        return f"the budget of {duration(budget)} counts the rests between calls, too"
    share = render.percent(page.collection.database_microseconds / budget)
    return f"{share} of the budget of {duration(budget)}"


def _altered(page: Page) -> bool:
    """Whether the run noted another digest than the bytes at hand have."""
    if page.payload is None or page.record.payload_sha256 is None:
        return False
    return hashlib.sha256(page.payload).hexdigest() != page.record.payload_sha256


def _digest(sha256: str | None) -> Fragment | None:
    return render.code(sha256) if sha256 else None


def _bytes_of(page: Page) -> tuple[Content, ...]:
    if page.payload is None:
        return ("none",)
    digest = render.code(hashlib.sha256(page.payload).hexdigest())
    size = f"{count(len(page.payload), 'byte')}, sha256 "
    if not _altered(page):
        return size, digest
    return size, digest, "; the run noted ", render.code(str(page.record.payload_sha256)), ", so they do not agree"


def _exact_bytes(page: Page) -> Fragment:
    if page.payload is None:
        return paragraph("There is no payload: its bytes were not written.")
    return folded(
        f"The exact bytes of the payload: {count(len(page.payload), 'byte')}",
        paragraph("Canonical JSON (RFC 8785), on one line; the page wraps it."),
        render.listing(page.payload.decode("utf-8", "replace")),
    )
