"""What of the evidence could not be compared, and what nobody can tell. Pure."""

from __future__ import annotations

from fa_stats.reconcile.pairs import Evidence


def found(evidence: Evidence, instance: str | None) -> list[str]:
    """Say what was not compared, and why, in whole sentences; `instance` is the id that the source itself has."""
    pairs, recorded = evidence.pairs(), "captured payloads" if evidence.captured else "recorded collections"
    alone = sum(own is None for _, own in pairs)
    said = []
    if not evidence.recorded and not evidence.unreadable:
        said.append("No collection that FusionAuth recorded in these days is at hand.")
    if alone and evidence.owns:
        said.append(f"{alone} of {len(pairs)} {recorded} have no count of ours within a day.")
    elif alone:
        said.append(f"There is no count of ours to compare the {recorded} with.")
    if late := sum(own is not None and own.late for _, own in pairs):
        which = f"{late} of {len(pairs)} {recorded} have no count of ours within a day but of late runs (`--day`)"
        said.append(f"{which}: of these, no more than stats of a day or a month can be compared.")
    days = {each.day for each in evidence.owns}
    if other := sum(own is not None and one.day not in days for one, own in pairs):
        which = f"In {other} of {len(pairs)} {recorded}"
        said.append(f"{which}, stats of a day or a month were not compared: no run of ours is of the same day.")
    if copied := [each for each in evidence.recorded if instance and each.instance_id not in (None, instance)]:
        which = f"{len(copied)} of {len(pairs)} {recorded}"
        said.append(f"The instance is another one in {which}: the database seems to be a copy.")
    switch, sent = evidence.switch, [each for each in evidence.recorded if each.sent]
    unknown = [each for each in sent if switch.unknown_at(each.collected) and not switch.off_at(each.collected)]
    if unknown:
        which = f"{len(unknown)} of {len(sent)} {recorded} that were sent"
        said.append(f"How the instance's own switch stood at that time, nobody can tell of {which}.")
    return said
