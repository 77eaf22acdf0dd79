"""Every entry of the catalogue, and what its loader says of files that are wrong."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import duckdb
import instances
import pytest

from fa_stats import catalogue, settings
from fa_stats.catalogue import Kind, Payload, Stat
from fa_stats.collection import Collection, Figure
from fa_stats.dialects import DIALECTS
from fa_stats.errors import CatalogueError
from fa_stats.query import compose

PUBLISHED = {
    row["name"]: row
    for row in csv.DictReader((Path(__file__).parent / "data" / "stats.csv").read_text(encoding="utf-8").splitlines())
}
ENTRIES = list(catalogue.load())
METRICS = {
    "instanceId",
    "totalUsers",
    "monthlyActiveUsers",
    "monthlyLogins",
    "nodes",
    "productVersion",
    "licenseId",
    "metricsVersion",
}


@cache
def collection(isolated: bool) -> Collection:
    path = instances.instance()
    properties = path.with_name("fusionauth.properties")
    properties.write_text("fusionauth-app.memory=2G\ndatabase.minimum-idle: 5\n", encoding="utf-8")
    given = instances.limits(budget_seconds=600.0)
    given = replace(given, configuration=settings.Configuration(properties=properties))
    return instances.collect(path, given=given, isolated=isolated)


def named(entry: Stat) -> str:
    return entry.name


# ------------------------------------------------------------------------------------------------- the catalogue itself


def test_the_stats_are_the_222_that_are_published_and_the_metrics_are_the_eight() -> None:
    loaded = catalogue.load()
    assert [stat.name for stat in loaded.of(Payload.STATS)] == sorted(PUBLISHED)
    assert len(PUBLISHED) == 222
    assert {stat.name for stat in loaded.of(Payload.METRICS)} == METRICS
    assert {stat.name for stat in loaded.of(Payload.CONTEXT)} == {
        "usageDataEnabled",
        "reportTimezone",
        "tenantManagerApplication",
        "activeStats",
    }
    assert {each.name for each in loaded.records} == {
        "current_usage_stats_change",
        "system_configuration_change",
        "usage_stats",
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_an_entry_is_complete(entry: Stat) -> None:
    for key in ("definition", "group", "since", "privacy", "confidence", "why", "expression", "statement"):
        assert getattr(entry, key).strip(), key
    assert entry.definition.endswith(".")
    assert entry.why.endswith(".")
    assert entry.confidence in ("documented", "inferred", "ambiguous")
    assert entry.confidence != "ambiguous" or entry.ambiguity
    text = (catalogue.FOLDER / entry.file).read_text(encoding="utf-8").splitlines()
    assert text[entry.line - 1].strip().startswith(f"-- {entry.name}: ")
    if entry.payload is Payload.STATS:
        published = PUBLISHED[entry.name]
        assert (entry.group, entry.kind) == (published["group"], published["kind"])
        assert entry.definition.startswith(published["definition"])


@pytest.mark.parametrize("entry", [stat for stat in ENTRIES if stat.payload is not Payload.CONTEXT], ids=named)
def test_an_entry_runs_alone_and_gives_the_value_of_the_whole_run(entry: Stat) -> None:
    alone, fused = figure_of(entry, isolated=True), figure_of(entry, isolated=False)
    assert (alone.status, alone.value, alone.reason) == (fused.status, fused.value, fused.reason)
    if alone.microseconds is not None:
        assert alone.measured
        assert [run.name for run in collection(True).statements if entry.name in run.figures] == [entry.statement]


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_the_query_of_an_entry_reads_and_does_nothing_else(entry: Stat) -> None:
    [query] = compose(catalogue.load(), [entry], DIALECTS["duckdb"])
    [statement] = duckdb.extract_statements(query.sql)
    assert statement.type == duckdb.StatementType.SELECT
    assert query.stats == (entry,)
    assert len(re.findall(rf" AS {entry.name}\b", query.sql)) == 1


def figure_of(entry: Stat, *, isolated: bool) -> Figure:
    found = collection(isolated)
    return next(each for each in (*found.stats, *found.metrics) if each.name == entry.name)


def test_the_statements_that_have_to_run_first_come_first_and_the_rest_by_name() -> None:
    names = [statement.name for statement in catalogue.load().statements]
    assert names[:3] == ["system_configuration", "version", "instance"]
    assert names[3:] == sorted(names[3:])


def test_names_known_elsewhere_are_explained_and_never_collected() -> None:
    loaded = catalogue.load()
    assert {"instanceProxyEnabled", "organizationAdminTenantNumber", "universalApplicationNumber"} <= {
        each.name for each in loaded.elsewhere
    }
    for each in loaded.elsewhere:
        assert each.where
        assert each.meaning.endswith((".", "only."))
        assert each.name not in loaded.by_name
    assert not loaded.removed.keys() & loaded.by_name.keys()


def test_the_digest_changes_with_any_letter_of_any_file(tmp_path: Path) -> None:
    write(tmp_path, "nodes", GOOD)
    before = catalogue.read(tmp_path).sha256
    write(tmp_path, "nodes", GOOD.replace("One row", "Each row"))
    assert catalogue.read(tmp_path).sha256 != before


def test_no_statement_reads_users_or_logins_one_by_one() -> None:
    big = {"users", "identities", "raw_logins", "refresh_tokens", "user_registrations", "audit_logs", "event_logs"}
    for statement in catalogue.load().statements:
        assert not big & statement.columns_of(statement.stats).keys(), statement.name


# ---------------------------------------------------------------------------------------------- the loader and mistakes

GOOD = """\
-- statement: nodes
--   One row is one node.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how far the instance is scaled out.

SELECT
  -- instanceNodes: Rows of nodes,
  --     all of them.
  --   confidence: ambiguous | setting: 1.0
  --   ambiguity: freshness of stale nodes
  count(*) AS instanceNodes,

  -- awake: Nodes that are awake.
  --   plan: none
  count_if(
    nodes.awake
    AND nodes.last_update_instant > 0
  ) AS awake
FROM nodes
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.sql"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str, name: str = "nodes") -> list[str]:
    """What the loader says of a file, a line per mistake."""
    write(folder, name, text)
    with pytest.raises(CatalogueError) as raised:
        catalogue.read(folder)
    first, *lines = str(raised.value).splitlines()
    assert re.search(rf"has {len(lines)} mistakes?:$", first)
    return [line.strip() for line in lines]


def test_a_record_is_read_to_the_letter(tmp_path: Path) -> None:
    write(tmp_path, "nodes", GOOD)
    [statement] = catalogue.read(tmp_path).statements
    nodes, awake = statement.stats
    assert statement.intro == "One row is one node."
    assert nodes == Stat(
        name="instanceNodes",
        definition="Rows of nodes, all of them.",
        statement="nodes",
        expression="count(*)",
        group="instance",
        kind=Kind.COUNT,
        payload=Payload.STATS,
        since="1.55.1",
        setting="1.0",
        plan="",
        privacy="count",
        confidence="ambiguous",
        why="Shows how far the instance is scaled out.",
        ambiguity="freshness of stale nodes",
        absent="",
        within="",
        file="nodes.sql",
        line=11,
    )
    assert (awake.confidence, awake.plan, awake.line) == ("inferred", "", 17)
    assert statement.columns_of([awake]) == {"nodes": ("awake", "last_update_instant")}
    assert not statement.grouped


def test_a_law_is_inherited_from_the_header_and_switched_off_for_single_stats(tmp_path: Path) -> None:
    text = GOOD.replace("--   kind: count\n", "--   kind: count\n--   within: instanceNodes\n")
    write(tmp_path, "nodes", text.replace("| setting: 1.0", "| setting: 1.0 | within: none"))
    assert {stat.name: stat.within for stat in catalogue.read(tmp_path)} == {
        "instanceNodes": "",
        "awake": "instanceNodes",
    }


def test_the_laws_are_those_that_hold_by_definition() -> None:
    laws = {stat.name: stat.within for stat in catalogue.load() if stat.within}
    assert len(laws) == 180
    assert laws["applicationActiveNumber"] == "applicationNumber"
    assert laws["applicationActiveLoggedIntoNumber"] == "applicationActiveNumber"
    assert laws["tenantTotpMfaEnabled"] == laws["webhookUserCreate"] == laws["scimEnabled"] == "tenantNumber"
    assert all(laws[name] == name.removesuffix("Transactional") for name in laws if name.endswith("Transactional"))
    assert laws["applicationEnabledTenantIdentityProviders"] == "applicationEnabledIdentityProviders"
    assert {laws["nodes"], laws["instanceNodes"]} == {"nodes", "instanceNodes"}  # they are one figure


BROKEN = {
    "an unknown key": (
        GOOD.replace("--   plan: none", "--   plans: none"),
        "nodes.sql:18: unknown key `plans`; known are payload, kind, group, since,",
    ),
    "an unknown key in the header": (
        GOOD.replace("--   group: instance", "--   groop: instance"),
        "nodes.sql:3: unknown key `groop`",
    ),
    "a line that is no field": (
        GOOD.replace("--   plan: none", "--   whatever"),
        "nodes.sql:18: `whatever` is not `key: value`",
    ),
    "a missing record": (
        GOOD.replace("  -- awake: Nodes that are awake.\n  --   plan: none\n", ""),
        "nodes.sql:20: awake has no record: write `-- awake: what it counts` above it",
    ),
    "a record of another name": (
        GOOD.replace("-- awake: Nodes", "-- asleep: Nodes"),
        "nodes.sql:17: the record of awake begins with `-- awake: what it counts`",
    ),
    "a record that says nothing": (
        GOOD.replace("-- awake: Nodes that are awake.", "-- awake: "),
        "nodes.sql:17: the record of awake begins with",
    ),
    "a missing field": (
        GOOD.replace("--   since: 1.55.1\n", ""),
        "nodes.sql:10: instanceNodes does not say its `since`",
    ),
    "a field that is none": (
        GOOD.replace("--   plan: none", "--   why: none"),
        "nodes.sql:17: awake does not say its `why`",
    ),
    "a bad kind": (
        GOOD.replace("--   plan: none", "--   kind: number"),
        "nodes.sql:18: `kind` is one of boolean, breakdown, bytes, count, millis, object, string, not `number`",
    ),
    "a bad privacy class": (
        GOOD.replace("--   privacy: count", "--   privacy: public"),
        "nodes.sql:6: `privacy` is one of count, enumeration, identifier, setting, version, not `public`",
    ),
    "a law about a stat that is not there": (
        GOOD.replace("--   plan: none", "--   within: asleep"),
        "nodes.sql:17: `within` of awake is to name another count of this file, not `asleep`",
    ),
    "a law about itself": (
        GOOD.replace("--   plan: none", "--   within: awake"),
        "nodes.sql:17: `within` of awake is to name another count of this file, not `awake`",
    ),
    "a law for all that one is outside of": (
        GOOD.replace("--   kind: count\n", "--   kind: count\n--   within: instanceNodes\n"),
        "nodes.sql:12: `within` of instanceNodes is to name another count of this file",
    ),
    "a law about a flag": (
        GOOD.replace("--   plan: none", "--   within: instanceNodes | kind: boolean"),
        "nodes.sql:17: `within` of awake is to name another count of this file, not `instanceNodes`",
    ),
    "a name twice": (
        GOOD.replace("AS awake", "AS instanceNodes").replace("-- awake:", "-- instanceNodes:"),
        "nodes.sql:17: instanceNodes is defined already, at nodes.sql:11",
    ),
    "two selects": (
        GOOD + "UNION\nSELECT\n  -- other: Other.\n  count(*) AS other\nFROM nodes\n",
        "nodes.sql:1: a statement has one SELECT on a line of its own; found 2",
    ),
    "no select": (
        GOOD.replace("SELECT", "select"),
        "nodes.sql:1: a statement has one SELECT on a line of its own; found 0",
    ),
    "a select without items": (
        GOOD[: GOOD.index("  -- instanceNodes")] + "FROM nodes\n",
        "nodes.sql:10: the SELECT has no item",
    ),
    "no name": (
        GOOD.replace("    AND nodes.last_update_instant > 0\n  ) AS awake", "  )"),
        "an item ends in `AS name`",
    ),
    "an open parenthesis": (
        GOOD.replace("  ) AS awake", "  AS awake"),
        "nodes.sql:17: the parentheses of this item do not close",
    ),
    "an open WITH": (
        GOOD.replace("\nSELECT", "\nWITH\nawake_nodes AS (\n  SELECT nodes.id AS id FROM nodes\n\nSELECT"),
        "nodes.sql:11: before the SELECT comes `WITH name AS (...)`, every parenthesis closed, not `awake_nodes`",
    ),
    "something before the SELECT": (
        GOOD.replace("\nSELECT", "\nEXPLAIN\nSELECT"),
        "nodes.sql:10: before the SELECT comes",
    ),
    "a wrong statement name": (
        GOOD.replace("statement: nodes", "statement: knots"),
        "nodes.sql:1: the statement is called knots, the file nodes",
    ),
    "no statement name": (
        GOOD.replace("-- statement: nodes\n", ""),
        "nodes.sql:1: the first line is `-- statement: NAME`",
    ),
    "an unknown table": (
        GOOD.replace("nodes.awake", "tenants.awake"),
        "nodes.sql:20: `tenants.awake`: no FROM, LEFT JOIN or WITH of this file names `tenants`",
    ),
    "a WHERE": (GOOD + "WHERE nodes.awake\n", "nodes.sql:24: after the items come `FROM table`"),
    "another join": (GOOD + "JOIN tenants ON true\n", "nodes.sql:24: after the items come `FROM table`"),
    "a semicolon": (GOOD + ";\n", "nodes.sql:24: a statement is a single SELECT: no semicolon"),
    "a file": (
        GOOD.replace("count(*) AS", "(SELECT count(*) FROM 'secret.csv') AS"),
        "nodes.sql:15: a statement reads tables and nothing else: after FROM and JOIN comes a name",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_the_loader_names_a_mistake_with_file_and_line(case: str, tmp_path: Path) -> None:
    text, said = BROKEN[case]
    assert text != GOOD
    found = mistakes(tmp_path, text)
    assert any(line.startswith(said) or said in line for line in found), found


def test_the_loader_names_all_mistakes_of_all_files_at_once(tmp_path: Path) -> None:
    write(tmp_path, "tenants", GOOD.replace("nodes", "tenants").replace("plan: none", "plans: none"))
    write(tmp_path, "broken", "DROP TABLE tenants;\n")
    (tmp_path / "latin.sql").write_bytes("-- statement: latin\n-- \xe4\n".encode("latin-1"))
    found = mistakes(tmp_path, GOOD.replace("--   since: 1.55.1\n", "") + "LIMIT 1\n")
    assert [line.split(": ")[0] for line in found] == [
        "broken.sql:1",
        "broken.sql:1",
        "broken.sql:1",
        "latin.sql:1",
        "nodes.sql:10",
        "nodes.sql:16",
        "nodes.sql:23",
        "tenants.sql:18",
        "tenants.sql:11",
        "tenants.sql:17",
    ], found
    assert any("latin.sql:1: the file is not UTF-8 text" in line for line in found)
    assert any("tenants.sql:11: instanceNodes is defined already, at nodes.sql:10" in line for line in found)


def test_a_with_clause_of_one_name_in_two_files_is_a_mistake(tmp_path: Path) -> None:
    clause = "\nWITH\nfew AS (\n  SELECT nodes.id AS id FROM nodes\n)\n\nSELECT"
    write(tmp_path, "nodes", GOOD.replace("\nSELECT", clause))
    other = GOOD.replace("-- statement: nodes", "-- statement: others").replace("\nSELECT", clause)
    other = other.replace("instanceNodes", "others").replace("awake:", "tired:").replace("AS awake", "AS tired")
    found = mistakes(tmp_path, other, "others")
    assert found == ["others.sql:1: `few` of the WITH clause has that name in nodes.sql too"]
