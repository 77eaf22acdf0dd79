"""Writes the generated parts of the documents: the dictionary of stats, the commands, the exit codes, the statuses.

`python -m docs.generate` writes; with `--check` it only compares, and ends with 1 where a document is behind the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from fa_stats import __version__, catalogue, cli
from fa_stats.api import shown
from fa_stats.catalogue import CONFIGURATION, Catalogue, Payload, Stat
from fa_stats.collection import Status
from fa_stats.errors import ExitCode
from fa_stats.project import TEMPLATE

ROOT = Path(__file__).parent.parent


def dictionary(loaded: Catalogue) -> str:
    """docs/stats.md: every stat and metric by area, then the names that are known elsewhere."""
    stats, metrics = loaded.of(Payload.STATS), loaded.of(Payload.METRICS)
    lines = [
        "# The dictionary",
        "",
        f"The {len(stats)} stats of the usage-data payload and the {len(metrics)} metrics, made from the catalogue "
        "(`fa_stats/catalogue/*.sql`) by `make docs`. The definitions are ours; we do not claim that they equal the "
        "vendor's own figures. A stat that is part of another is never larger, which each run checks. "
        "`fa-stats catalogue show STAT` prints one with the query that counts it.",
        "",
    ]
    for group in dict.fromkeys(stat.group for stat in sorted(stats, key=lambda each: each.group)):
        lines += [f"## {group}", "", *_table([stat for stat in stats if stat.group == group]), ""]
    lines += ["## metrics", "", *_table(list(metrics)), ""]
    lines += [
        "## Known elsewhere, never collected",
        "",
        "| name | where | what it seems to be |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{each.name}` | {each.where} | {each.meaning} |" for each in loaded.elsewhere]
    return "\n".join(lines) + "\n"


def _table(stats: list[Stat]) -> Iterator[str]:
    heads = (
        "stat | what it counts | kind | since | setting since | plan | part of | confidence | why, and what is unclear"
    )
    yield f"| {heads} |"
    yield "| " + " | ".join("---" for _ in heads.split(" | ")) + " |"
    for stat in stats:
        unclear = f" *Unclear:* {stat.ambiguity}." if stat.ambiguity else ""
        cells = (
            f"`{stat.name}`",
            stat.definition,
            stat.kind,
            stat.since,
            stat.setting,
            stat.plan,
            f"`{stat.within}`" if stat.within else "",
            stat.confidence,
            stat.why + unclear,
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def commands() -> str:
    """docs/commands.md: the help of every command, as the terminal shows it."""
    lines = ["# Commands", "", "Made from the commands' own help by `make docs`.", ""]
    for path, command in _walk(cli.main, "fa-stats"):
        context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        lines += [f"## {path}", "", "```text", command.get_help(context).rstrip(), "```", ""]
    return "\n".join(lines)


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _walk(command.commands[name], f"{path} {name}")


def exit_codes() -> str:
    """The table of exit codes."""
    return "\n".join(
        ["| code | meaning |", "| --- | --- |", *(f"| {code.value} | {code.meaning} |" for code in ExitCode)]
    )


def statuses() -> str:
    """The table of statuses."""
    return "\n".join(["| status | meaning |", "| --- | --- |", *(f"| `{each}` | {each.meaning} |" for each in Status)])


def http_api(loaded: Catalogue) -> str:
    """docs/api.md: what an API key has to be allowed, and what the HTTP API does not show, or only in part."""
    shows = shown.load()
    stats = [stat for stat in loaded if stat.payload is not Payload.CONTEXT and stat.statement != CONFIGURATION]
    lines = [
        "# The HTTP API as a source",
        "",
        "Made from `fa_stats/api/shown.toml` by `make docs`. A run makes each of these calls once, page by page where "
        "a list is long, and only those that some stat needs, or that tell whether the key is for all tenants. It is "
        "to be for all of them, and needs no more than GET; what it lacks, `fa-stats doctor` names, and the stats that "
        "need it are `unavailable`.",
        "",
    ]
    lines += ["| permission | stats and metrics counted in it | instead, in older versions |", "| --- | --- | --- |"]
    for call in shows.calls.values():
        served = sum(call in shows.calls_of(stat) for stat in stats)
        told = served or "the switch for usage data, before anything else"
        older = ", ".join(dict.fromkeys(f"`{shown.permission(path)}`" for path in call.older))
        lines.append(f"| `{shown.permission(call.path)}` | {told} | {older} |")
    lines.append(f"| `{shown.permission(shown.METRICS)}` | {len(shows.gauges)}, in part | |")
    lines += ["", "Not shown, and so `unavailable`:", ""]
    lines += [f"- `{name}`: {why}" for name, why in shows.not_shown.items() if name in loaded.by_name]
    lines += ["", "Shown in part, which the report says beside the value:", ""]
    lines += [f"- `{name}`: {why}" for name, why in shows.partly.items()]
    return "\n".join(lines) + "\n"


def overview() -> str:
    """The table of commands with their first sentence."""
    rows = []
    for path, command in _walk(cli.main, "fa-stats"):
        if not isinstance(command, click.Group):
            arguments = " ".join(
                p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
            )
            rows.append(f"| `{f'{path} {arguments}'.strip()}` | {command.get_short_help_str(200)} |")
    return "\n".join(["| command | does |", "| --- | --- |", *rows])


def generated() -> dict[Path, str]:
    """Every document with a generated part, as it should be."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    parts = {"commands": overview(), "exit codes": exit_codes(), "statuses": statuses()}
    for name, text in parts.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        if begin not in readme or end not in readme:
            sys.exit(f"README.md lacks the marks {begin} and {end}")
        before, _, rest = readme.partition(begin)
        readme = f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}"
    return {
        ROOT / "README.md": readme,
        ROOT / "docs" / "stats.md": dictionary(catalogue.load()),
        ROOT / "docs" / "commands.md": commands(),
        ROOT / "docs" / "api.md": http_api(catalogue.load()),
        ROOT / TEMPLATE.name: TEMPLATE.read_text(encoding="utf-8"),
    }


def main() -> None:
    """Write the documents, or check them."""
    behind = [
        path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    newest = re.search(r"^## \[?([0-9.]+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    if newest is None or newest.group(1) != __version__:
        sys.exit(f"The newest entry of CHANGELOG.md is not for version {__version__}.")
    if "--check" in sys.argv:
        if behind:
            names = ", ".join(str(path.relative_to(ROOT)) for path in behind)
            sys.exit(f"Behind the code: {names}. `make docs` writes them anew.")
        return
    for path in behind:
        path.write_text(generated()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
