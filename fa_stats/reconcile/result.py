"""What a reconciliation came to: for a page, for a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fa_stats.collection import Figure, StatementRun
from fa_stats.errors import CheckFailedError, ExitCode
from fa_stats.reconcile.findings import Finding, find
from fa_stats.reconcile.own import Own
from fa_stats.reconcile.pairs import Cell, Evidence, Row, rows
from fa_stats.reconcile.phrases import count
from fa_stats.reconcile.recorded import Recorded
from fa_stats.reconcile.shown import Masked, Shown, shown

_SHOWN = 10  # findings of one kind in a terminal; the report has all of them


@dataclass(frozen=True, slots=True)
class Result:
    """The evidence with what was found in it. `notes` are sentences on what was not read or not compared, and why."""

    made: datetime
    evidence: Evidence
    source_kind: str
    source_label: str
    instance: str | None
    notes: tuple[str, ...]
    statements: tuple[StatementRun, ...]
    findings: tuple[Finding, ...]
    rows: tuple[Row, ...]

    @property
    def grave(self) -> int:
        """How many findings are grave."""
        return sum(finding.grave for finding in self.findings)

    @property
    def verdict(self) -> str:
        """The result in one word."""
        if self._nothing:
            return "NOTHING"
        return "GRAVE" if self.grave else "FINDINGS" if self.findings else "AGREES"

    @property
    def _nothing(self) -> bool:
        """Whether there was nothing to hold against the page and our figures."""
        return self.evidence.listed is None and not self.evidence.recorded and not self.findings

    @property
    def exit_code(self) -> ExitCode:
        """What the command ends with."""
        return CheckFailedError.exit_code if self.grave else ExitCode.DONE

    @property
    def headline(self) -> str:
        """What was found, in a sentence."""
        number = len(self.findings)
        if self._nothing:
            return "There was nothing to compare: neither the vendor's list nor a recorded collection is at hand."
        if not number:
            return self._agreement
        grave = f"{self.grave} of them grave" if self.grave else "none of them grave"
        return f"{count(number, 'finding')}, {grave}."

    @property
    def _agreement(self) -> str:
        """Say what agrees: no more than what was at hand."""
        evidence = self.evidence
        asked = ["asked for"] if evidence.listed is not None else []
        recorded = ["captured" if evidence.captured else "recorded"] if evidence.recorded else []
        counted = ["counted"] if any(cell.own for row in self.rows for cell in row.cells) else []
        sides = ["published", *asked, *recorded, *counted]
        alone = f" Nothing {recorded[0]} was compared with a count of ours." if recorded and not counted else ""
        alone += "" if recorded else " What was collected could not be looked into."
        return f"What is {', '.join(sides[:-1])} and {sides[-1]} agrees, as far as it could be compared.{alone}"

    @property
    def compared(self) -> list[tuple[str, str]]:
        """Say what was compared: the four sides, each with how much there was of it, and the instance's own switch."""
        evidence, page = self.evidence, self.evidence.page
        others = ", ".join(revision.label for revision in evidence.revisions if not revision.page)
        listed = "not to be had" if evidence.listed is None else f"{count(len(evidence.listed), 'name')} asked for"
        for what, at in (("last changed", evidence.list_changed), ("last checked", evidence.list_checked)):
            listed += f"; {what} at {at:%Y-%m-%d %H:%M} UTC" if at and evidence.listed is not None else ""
        now = sum(own.run is None for own in evidence.owns)
        owns = "counted once now" if now else "no run is kept"
        if kept := len(evidence.owns) - now:
            owns = f"{count(kept, 'kept run')}{' and one count now' if now else ''}"
        compared = sum(own is not None for _, own in evidence.pairs())
        what = "captured payloads" if evidence.captured else "recorded collections"
        owns += f"; compared with {compared} of the {what}" if evidence.recorded else ""
        return [
            (
                "Public page",
                f"{count(len(page.names), 'name')}, as of FusionAuth {page.application_version}, statsVersion "
                f"{page.stats_version}; also looked into: {others}",
            ),
            ("Vendor's list", listed),
            ("Recorded", self._recorded),
            ("Ours", owns),
            ("Switch", evidence.switch.words),
        ]

    @property
    def _recorded(self) -> str:
        """Say how many collections of FusionAuth's own are at hand, or how many payloads that somebody captured."""
        recorded, unreadable = self.evidence.recorded, self.evidence.unreadable
        sent = sum(each.sent for each in recorded)
        said = f"{count(len(recorded), 'collection')} of FusionAuth's own, {sent} of them sent" if recorded else "none"
        if self.evidence.captured:
            said = f"{count(len(recorded), 'captured payload')} in place of FusionAuth's own records, taken for sent"
        return f"{said}; {len(unreadable)} more cannot be read" if unreadable else said

    def kinds(self) -> list[tuple[str, list[Finding]]]:
        """Return the findings by the headings of their kinds, in order; grave ones of a kind are apart from others."""
        found: dict[tuple[bool, str], list[Finding]] = {}
        for finding in self.findings:
            found.setdefault((finding.grave, finding.kind.heading), []).append(finding)
        return [(heading, every) for (_, heading), every in found.items()]

    def to_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        evidence = self.evidence
        return {
            "made": self.made.isoformat(timespec="seconds"),
            "from": evidence.first.isoformat(),
            "to": evidence.last.isoformat(),
            "source": {"kind": self.source_kind, "label": self.source_label, "instance": self.instance},
            "verdict": self.verdict,
            "headline": self.headline,
            "exit_code": int(self.exit_code),
            "compared": {
                "page": {
                    "application_version": evidence.page.application_version,
                    "stats_version": evidence.page.stats_version,
                    "names": len(evidence.page.names),
                },
                "listed": None if evidence.listed is None else len(evidence.listed),
                "list_changed": _iso(evidence.list_changed),
                "list_checked": _iso(evidence.list_checked),
                "recorded": len(evidence.recorded),
                "sent": sum(each.sent for each in evidence.recorded),
                "unreadable": len(evidence.unreadable),
                "own_runs": len(evidence.owns),
                "compared": sum(own is not None for _, own in evidence.pairs()),
            },
            "switch": {
                "read": evidence.switch.read is not None,
                "on": evidence.switch.on,
                "settings_saved": _iso(evidence.switch.since),
            },
            "said": [f"{name}: {text}." for name, text in self.compared],
            "notes": list(self.notes),
            "findings": [_finding(finding) for finding in self.findings],
            "collections": [_collection(recorded, own) for recorded, own in evidence.pairs()],
            "stats": [_row(row) for row in self.rows],
        }


def of_evidence(
    evidence: Evidence,
    *,
    made: datetime,
    source: tuple[str, str],
    instance: str | None,
    notes: tuple[str, ...],
    statements: tuple[StatementRun, ...],
) -> Result:
    """Compare everything; `source` is its kind and label."""
    kind, label = source
    found, table = find(evidence), rows(evidence)
    return Result(made, evidence, kind, label, instance, notes, statements, found, table)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "grave": finding.grave,
        "heading": finding.kind.heading,
        "stats": list(finding.stats),
        "days": [day.isoformat() for day in finding.days],
        "sentence": finding.sentence,
        "advice": finding.advice,
    }


def _collection(recorded: Recorded, own: Own | None) -> dict[str, Any]:
    beside = None
    if own:
        beside = {
            "run": own.run,
            "day": own.day.isoformat(),
            "seconds_apart": round(abs(own.taken - recorded.collected).total_seconds()),
            "microseconds": own.collection.microseconds,
        }
    return {
        "collected": _iso(recorded.collected),
        "from": recorded.origin,
        "sent": recorded.sent,
        "application_version": recorded.application_version,
        "stats_version": recorded.stats_version,
        "milliseconds": recorded.milliseconds,
        "ours": beside,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "published": list(row.published),
        "on_page": row.on_page,
        "listed": row.listed,
        "recorded": [{"collection": at} | _cell(cell) for at, cell in enumerate(row.cells) if cell.present],
        "ours": _figure(row.ours),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "value": _plain(cell.value),
        "milliseconds": cell.milliseconds,
        "failed": cell.failed,
        "differs": cell.differs,
        "ours": _figure(cell.figure),
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    value = _plain(shown(figure.name, figure.value))
    return {"status": figure.status.value, "value": value, "microseconds": figure.microseconds}


def _plain(value: Shown) -> Any:
    return {"not_shown": value.words} if isinstance(value, Masked) else value


def text(report: Mapping[str, Any]) -> str:
    """Return what a terminal shows of the JSON: a summary, what was compared, then the findings, worst first."""
    lines = [
        f"{report['verdict']}  {report['headline']} {report['from']} to {report['to']}, {report['source']['label']}.",
        *report["said"],
        *(f"note     {note}" for note in report["notes"]),
    ]
    shown: Counter[tuple[str, bool]] = Counter()
    total = Counter((finding["kind"], finding["grave"]) for finding in report["findings"])
    for finding in report["findings"]:
        kind = finding["kind"], finding["grave"]
        shown[kind] += 1
        if shown[kind] == 1:
            lines += ["", f"{'GRAVE    ' if finding['grave'] else '         '}{finding['heading']}"]
        if shown[kind] <= _SHOWN:
            lines.append(f"         {finding['sentence']}")
        if shown[kind] == total[kind]:
            more = total[kind] - _SHOWN
            lines += [f"         ... and {more:,} more, which the report has."] if more > 0 else []
            lines.append(f"         What to do: {finding['advice']}")
    return "\n".join([*lines, ""])
