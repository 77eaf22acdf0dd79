"""`fa-stats catalogue`: the dictionary of all stats and the SQL that counts them, without any connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fa_stats.shell import Commands, aligned, dump, guarded, json_option, not_found

if TYPE_CHECKING:
    from fa_stats.catalogue import Stat

_SHOWN = (
    "name definition group payload kind since setting plan privacy confidence why ambiguity absent within statement "
    "file line"
)


@click.group("catalogue", cls=Commands)
def commands() -> None:
    """Look up what is counted, why, and how. No connection is opened."""


@commands.command("list")
@json_option
@guarded
def list_stats(as_json: bool) -> None:
    """List every stat and metric. Names known from elsewhere come last."""
    from fa_stats import catalogue

    loaded = catalogue.load()
    stats = [stat for stat in loaded if stat.payload != "context"]
    if as_json:
        names = {each.name: {"where": each.where, "meaning": each.meaning} for each in loaded.elsewhere}
        click.echo(dump({"stats": [_public(stat) for stat in stats], "known_elsewhere": names}))
        return
    for stat in sorted(stats, key=lambda each: (each.payload != "stats", each.group, each.name)):
        click.echo(f"{stat.name}  [{stat.group}]  {stat.definition}")
    click.echo("")
    for each in loaded.elsewhere:
        click.echo(f"{each.name}  [known elsewhere, never collected]  {each.meaning}")


@commands.command("show")
@click.argument("name", metavar="STAT")
@json_option
@guarded
def show(name: str, as_json: bool) -> None:
    """Show one stat: what it counts, and why. The query that counts it alone follows."""
    from fa_stats import catalogue
    from fa_stats.dialects import DIALECTS
    from fa_stats.query import compose

    loaded = catalogue.load()
    if other := next((each for each in loaded.elsewhere if each.name == name), None):
        found = {"name": name, "known_elsewhere": other.where, "meaning": other.meaning, "collected": "never"}
        click.echo(dump(found) if as_json else aligned(found))
        return
    stat = loaded.by_name.get(name)
    if stat is None:
        raise not_found("stat", name, [*loaded.by_name, *(each.name for each in loaded.elsewhere)])
    [query] = compose(loaded, [stat], DIALECTS["duckdb"])
    if as_json:
        click.echo(dump({**_public(stat), "sql": query.sql}))
    else:
        click.echo(f"{aligned(_public(stat))}\n\n{query.sql}")


@commands.command("sql")
@click.argument("name", metavar="[STATEMENT]", required=False)
@click.option(
    "--dialect",
    type=click.Choice(["duckdb", "postgresql", "mysql", "mariadb"]),
    default="duckdb",
    show_default=True,
    help="The kind of SQL.",
)
@json_option
@guarded
def sql(name: str | None, dialect: str, as_json: bool) -> None:
    """Print the queries that a collection runs. With STATEMENT, it is the one that holds it."""
    from fa_stats import catalogue
    from fa_stats.dialects import DIALECTS
    from fa_stats.query import compose

    loaded = catalogue.load()
    if name and name in loaded.by_name:
        name = loaded.by_name[name].statement
    if name and name not in loaded.statement:
        raise not_found("statement", name, loaded.statement)
    # FusionAuth's own options are no table of the instance: that statement always runs in DuckDB.
    own = loaded.statement[catalogue.CONFIGURATION].stats
    queries = (
        *compose(loaded, (stat for stat in loaded if stat not in own), DIALECTS[dialect]),
        *compose(loaded, own, DIALECTS["duckdb"]),
    )
    if record := next((each for each in loaded.records if each.name == name), None):
        queries = compose(loaded, record.stats, DIALECTS[dialect])
    chosen = [query for query in queries if name is None or name in {stat.statement for stat in query.stats}]
    if as_json:
        click.echo(dump([{"name": each.name, "sha256": each.sha256, "sql": each.sql} for each in chosen]))
    else:
        click.echo(";\n\n".join(each.sql for each in chosen) + ";")


def _public(stat: Stat) -> dict[str, Any]:
    return {name: getattr(stat, name) for name in _SHOWN.split() if getattr(stat, name) != ""}
