"""Plans: how a database means to run a statement, as it says when asked; read here into a few lines and a digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan: its tree in lines, the digest of its shape, and the rows that it is expected to read in tables.

    The shape leaves estimates out: it stays while tables grow, and changes when the database goes another way.
    """

    text: str
    sha256: str
    rows: float


# What a node of PostgreSQL's says of its way, not of its size.
_SHAPE = (
    "Node Type", "Strategy", "Join Type", "Relation Name", "Index Name", "CTE Name", "Subplan Name", "Scan Direction",
    "Hash Cond", "Merge Cond", "Index Cond", "Recheck Cond", "Join Filter", "Filter", "Group Key", "Sort Key",
)  # fmt: skip
# Scans of tables; one of what was materialized before stands right above that.
_TREE_ROWS = re.compile(r"scan on (?!<).*?\brows=([\d.e+]+)\)(?!\n *-> Materialize (?!table function))")
_TREE_NUMBERS = re.compile(r" *\(cost=[^)]*\)")


def of_postgresql(explained: Sequence[Mapping[str, Any]], sizes: Mapping[str, float]) -> Plan:
    """Read what EXPLAIN (FORMAT JSON) says; `sizes` are the rows of tables, which a filter hides in the plan."""
    lines, shape, rows = [], [], 0.0
    for depth, node in _nodes(explained[0]["Plan"], 0):
        table = node.get("Relation Name")
        where = f" on {table}" if table else ""
        key = next((node[name] for name in _SHAPE if name.endswith(("Cond", "Filter", "Key")) and name in node), "")
        by = f": {_short(' '.join(key) if isinstance(key, list) else key, 80)}" if key else ""
        lines.append(f"{'  ' * depth}{node['Node Type']}{where} ~{node['Plan Rows']:,} rows{by}")
        shape.append([depth, {name: node[name] for name in _SHAPE if name in node}])
        if table:
            whole = sizes.get(table, 0.0) if node["Node Type"] == "Seq Scan" else 0.0
            rows += max(float(node["Plan Rows"]), whole)
    return Plan("\n".join(lines), _digest(shape), rows)


def of_mysql(tree: str) -> Plan:
    """Read what MySQL's EXPLAIN FORMAT=TREE says."""
    lines = [_short(line, 160) for line in tree.rstrip().splitlines()]
    rows = sum(float(match.group(1)) for match in _TREE_ROWS.finditer(tree))
    return Plan("\n".join(lines), _digest(_TREE_NUMBERS.sub("", tree)), rows)


def of_mariadb(explained: str) -> Plan:
    """Read what MariaDB's EXPLAIN FORMAT=JSON says."""
    lines, shape, rows = [], [], 0.0
    for depth, table in _tables(json.loads(explained), 0):
        name, way = table["table_name"], table.get("access_type", "?")
        read = float(table.get("rows", 0))
        key = f" by {table['key']}" if "key" in table else ""
        lines.append(f"{'  ' * depth}{way} {name}{key} ~{read:,.0f} rows")
        shape.append([depth, name, way, table.get("key")])
        if not name.startswith("<") and table.get("table_function") != "json_table":
            rows += read
    return Plan("\n".join(lines), _digest(shape), rows)


def _nodes(node: Mapping[str, Any], depth: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    yield depth, node
    for child in node.get("Plans", ()):
        yield from _nodes(child, depth + 1)


def _tables(node: Any, depth: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if isinstance(node, list):
        for each in node:
            yield from _tables(each, depth)
    elif isinstance(node, dict):
        if "table_name" in node:
            yield depth, node
        for each in node.values():
            yield from _tables(each, depth + ("table_name" in node))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _digest(shape: Any) -> str:
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
