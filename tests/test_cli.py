"""The commands as somebody types them: results on stdout, notes on stderr, exit codes, no traceback for a mistake."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import subprocess
import sys
import termios
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest
from click.testing import CliRunner, Result
from projects import BIN, Project

from fa_stats import __version__, catalogue, cli, shell, snapshots
from fa_stats.errors import ExitCode

SECRET = "vexlorn-s3cret"
DAY = "2025-06-02"  # of the fixtures' instance


def call(*arguments: str, **environment: str) -> Result:
    """Call a command in this process."""
    result = CliRunner(env=environment).invoke(cli.main, arguments)
    assert "Traceback" not in result.output
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert SECRET not in result.output
    return result


def walk(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command as its words."""
    if isinstance(command, click.Group):
        inner = [found for name, each in command.commands.items() for found in walk(each, (*path, name))]
        return [path, *inner]
    return [path]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it, to call commands in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FA_STATS_SOURCE", raising=False)
    return tmp_path


# ----------------------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", walk(cli.main), ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(command: tuple[str, ...], option: str, bare: Path) -> None:
    result = call(*command, option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(('main', *command))}")
    assert result.stderr == ""
    for line in result.stdout.splitlines()[1:]:
        assert len(line) <= 80
        assert not line.endswith("..."), "a command's first sentence is too long for the list"
    assert list(bare.iterdir()) == []


def test_the_help_lists_all_exit_codes() -> None:
    text = call("--help").stdout
    for code in ExitCode:
        assert f"{code.value}  {code.meaning}" in text


def test_the_version_is_told() -> None:
    assert call("--version").stdout == f"fa-stats, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["catalogue", "list"], ["catalogue", "show", "tenantNumber"], ["catalogue", "sql"]],
)
def test_quick_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    code = """
import sys
from fa_stats import cli
try:
    cli.main(sys.argv[1:])
except SystemExit as end:
    assert end.code == 0, end
heavy = "pandas altair duckdb papermill IPython jupyter_client nbformat requests tqdm rfc8785 jinja2 vl_convert".split()
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ended.stderr == "[]\n"


# ------------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["catalog", "list"], "Did you mean 'catalogue'?"),
        (["catalogue", "lsit"], "Did you mean 'list'?"),
        (["demo", "craete"], "Did you mean 'create'?"),
        (["xyz"], "No such command 'xyz'"),
        (["run", "--dya", DAY], "--day"),
        (["collect", "--perview"], "--preview"),
        (["catalogue", "show", "tenantnumber"], "There is no stat `tenantnumber`. Did you mean tenantNumber"),
        (["catalogue", "show", "x"], "There is no stat `x`. `fa-stats catalogue list` shows all."),
        (["catalogue", "show"], "Missing argument 'STAT'"),
        (["catalogue", "sql", "tenant"], "There is no statement `tenant`. Did you mean tenants"),
        (["catalogue", "sql", "--dialect", "oracle"], "'oracle' is not"),
        (["collect", "--day", "yesterday"], "'yesterday' is no day. Write it as 2026-11-23."),
        (["collect", "--day", "2026-02-30"], "'2026-02-30' is no day"),
        (["collect", "--day", "2999-01-01"], "2999-01-01 is still to come"),
        (["run", "--day", "2999-01-01"], "2999-01-01 is still to come"),
        (["collect", "--day", "0001-01-01"], "0001-01-01 is too early: no instance is as old."),
        (["run", "--source", ""], "it is empty. Leave the option out for the source of the settings."),
        (["collect", "--source", " "], "it is empty. Leave the option out for the source of the settings."),
        (["report", "--source="], "it is empty."),
        (["run", "--again"], "needs a reason for the ledger"),
        (["run", "--reason", "x"], "give it together with --again"),
        (["diff", DAY, DAY, DAY], "Name two days at the most"),
        (["diff"], "There is no run yet in"),
        (["report"], "There is no run yet in"),
        (["report", "yesterday"], "is no day"),
        (["demo", "create"], "Missing argument 'URL'"),
        (["demo", "create", f"oracle://u:{SECRET}@h/d"], "fa-stats demo create duckdb:///absolute/path"),
        (["demo", "create", "x.duckdb"], "fa-stats demo create duckdb:///absolute/path"),
        (["demo", "create", "duckdb:///tmp/fa_stats_never", "--users", "0"], "0 is not in the range x>=1"),
        (["demo", "backfill", "--days", "0"], "0 is not in the range"),
        (["collect", "--source", f"oracle://u:{SECRET}@h/d"], "There is no source of that kind. A source is one of"),
        (["collect", "--source", f"mysql://u:{SECRET}@h"], "mysql://"),
        (["run", "--source", f"ftp://u:{SECRET}@h/d"], "There is no source of that kind. A source is one of"),
        (["collect", "--output", "."], "is a directory"),
        (["init"], "Missing argument 'DIR'"),
        ([f"postgresql://u:{SECRET}@h"], "No such command 'postgresql://***@h'"),
        (["diff", f"postgresql://u:{SECRET}@h"], "That is no day"),
        (["run", f"postgresql://u:{SECRET}@h"], "unexpected extra argument (postgresql://***@h)"),
        ([f"--source=postgresql://u:{SECRET}@h"], "No such option"),
    ],
    ids=lambda value: " ".join(value).replace(SECRET, "secret") if isinstance(value, list) else "",
)
def test_a_mistake_is_told_in_a_sentence_and_ends_in_2(arguments: list[str], said: str, bare: Path) -> None:
    result = call(*arguments)
    assert result.exit_code == ExitCode.USAGE
    assert result.stdout == ""
    assert said in " ".join(result.stderr.split())
    assert list(bare.iterdir()) == []


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
@pytest.mark.parametrize("command", [["collect", "--source"], ["demo", "create"]], ids=" ".join)
def test_a_server_that_cannot_be_reached_ends_in_3_and_is_not_named(
    command: list[str], scheme: str, bare: Path
) -> None:
    result = call(*command, f"{scheme}://u:{SECRET}@127.0.0.1:1/d")
    assert result.exit_code == ExitCode.NO_PAYLOAD
    assert "server cannot be reached" in result.stderr
    assert "127.0.0.1" not in result.output


@pytest.mark.parametrize("command", ["run", "collect", "diff", "report", "demo backfill"])
def test_wrong_settings_stop_every_command_that_reads_them(command: str, bare: Path) -> None:
    (bare / "fa_stats.toml").write_text("[colection]\n[demo]\nuser = 1\n")
    result = call(*command.split())
    assert result.exit_code == ExitCode.USAGE
    assert "has 2 mistakes; nothing was touched" in result.stderr
    assert [path.name for path in bare.iterdir()] == ["fa_stats.toml"]


@pytest.mark.parametrize(
    "arguments", [["catalogue", "list"], ["catalogue", "show", "tenantNumber"], ["catalogue", "sql"]]
)
def test_wrong_settings_do_not_stop_the_dictionary(arguments: list[str], bare: Path) -> None:
    (bare / "fa_stats.toml").write_text("[colection]\n")
    assert call(*arguments).exit_code == 0


# ------------------------------------------------------------------------------------------------------------ catalogue


def test_the_list_has_a_line_for_every_stat_and_every_name_known_elsewhere() -> None:
    listed, known = call("catalogue", "list").stdout.split("\n\n")
    lines = listed.splitlines()
    assert len(lines) == 230
    assert lines[0].startswith("apiKeyExpiringEnabled  [api]  Rows of authentication_keys with")
    assert lines[-1].startswith("totalUsers  [metrics]  ")
    assert "usageDataEnabled" not in listed
    assert all("  [known elsewhere, never collected]  " in line for line in known.splitlines())


def test_the_list_as_json_has_every_field() -> None:
    found = json.loads(call("catalogue", "list", "--json").stdout)
    assert len(found["stats"]) == 230
    names = {
        "name",
        "definition",
        "group",
        "payload",
        "kind",
        "since",
        "privacy",
        "confidence",
        "why",
        "statement",
        "file",
        "line",
    }
    assert all(names <= set(stat) for stat in found["stats"])
    assert found["known_elsewhere"]["instanceProxyEnabled"].keys() == {"where", "meaning"}


def test_a_stat_is_shown_with_the_query_that_counts_it() -> None:
    text = call("catalogue", "show", "tenantNumber").stdout
    assert re.search(r"^name +tenantNumber$", text, re.MULTILINE)
    assert re.search(r"^definition +Number of tenants\.$", text, re.MULTILINE)
    assert text.endswith("\n\n/* fa_stats: tenants */\nSELECT\n  count(tenants.id) AS tenantNumber\nFROM tenants\n")
    found = json.loads(call("catalogue", "show", "tenantNumber", "--json").stdout)
    assert found["sql"].endswith("FROM tenants")
    assert found["file"] == "tenants.sql"


def test_a_name_known_elsewhere_is_explained() -> None:
    result = call("catalogue", "show", "instanceProxyEnabled")
    assert result.exit_code == 0
    assert "never" in result.stdout
    assert json.loads(call("catalogue", "show", "instanceProxyEnabled", "--json").stdout)["collected"] == "never"


def test_the_sql_is_what_a_collection_runs(project: Project) -> None:
    everything = call("catalogue", "sql").stdout
    assert everything.count("/* fa_stats: ") == 23
    found = json.loads(call("catalogue", "sql", "--json").stdout)
    assert [each["sha256"] for each in found] == [hashlib.sha256(each["sql"].encode()).hexdigest() for each in found]
    [joined] = json.loads(call("catalogue", "sql", "tenants", "--json").stdout)
    assert joined["name"] == "applications+tenants"
    assert call("catalogue", "sql", "applications").stdout == call("catalogue", "sql", "tenants").stdout
    assert call("catalogue", "sql", "nodes", "--dialect", "duckdb").stdout.startswith("/* fa_stats: nodes */\nSELECT")
    assert call("catalogue", "sql", "scimEnabled").stdout == call("catalogue", "sql", "tenants").stdout
    with duckdb.connect(project.source.removeprefix("duckdb://"), read_only=True) as connection:
        assert connection.execute(call("catalogue", "sql", "messengers").stdout).fetchall()


def test_a_fault_of_our_own_is_told_without_values_and_ends_in_3() -> None:
    @click.command()
    @shell.guarded
    def broken() -> None:
        raise ZeroDivisionError(SECRET)

    result = CliRunner().invoke(broken)
    assert result.exit_code == ExitCode.NO_PAYLOAD
    assert re.match(
        r"fa-stats: an unexpected ZeroDivisionError at shell\.py:\d+\. This is a fault of fa_", result.stderr
    )
    assert SECRET not in result.output


# -------------------------------------------------------------------------------------------------------------- collect


def collected(project: Project, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [str(BIN / "fa-stats"), "collect", "--day", DAY, *arguments]
    environment = {**os.environ, "FA_STATS_SOURCE": project.source, **environment}
    return subprocess.run(command, cwd=project.folder, env=environment, capture_output=True, check=False)


def test_collect_prints_the_exact_bytes_and_nothing_else(project: Project) -> None:
    ended = collected(project)
    assert ended.returncode == 0
    assert ended.stdout.startswith(b'{"applicationVersion":"')
    assert ended.stdout.endswith(b"}")
    payload = json.loads(ended.stdout)
    assert len(payload["stats"]) > 150
    assert re.search(
        r"^DuckDB file instance.duckdb, 29 statements in \d+ ms: \d+ ok, \d+ unavailable\.$",
        ended.stderr.decode(),
        re.MULTILINE,
    )
    assert [path.name for path in project.folder.iterdir()] == ["fa_stats.toml"]


def test_collect_writes_to_a_file_instead(project: Project) -> None:
    ended = collected(project, "--output", "deep/er/payload.json")
    assert ended.returncode == 0
    assert ended.stdout == b""
    content = (project.folder / "deep" / "er" / "payload.json").read_bytes()
    assert len(json.loads(content)["stats"]) > 150
    assert sorted(path.name for path in project.folder.rglob("*") if path.is_file()) == [
        "fa_stats.toml",
        "payload.json",
    ]


@pytest.mark.parametrize("where", ["fa_stats.toml/x.json", "/proc/nowhere/x.json"])
def test_collect_says_where_it_cannot_write(where: str, project: Project) -> None:
    ended = collected(project, "--output", where)
    assert ended.returncode == ExitCode.NO_PAYLOAD
    assert ended.stdout == b""
    assert b"Traceback" not in ended.stderr
    assert ended.stderr.decode().splitlines()[-1].startswith("fa-stats: ")


def test_collect_is_off_where_the_settings_say_so_and_a_preview_is_not(project: Project) -> None:
    (project.folder / "fa_stats.toml").write_text('[collection]\nmode = "off"\n')
    ended = collected(project)
    assert ended.returncode == ExitCode.NO_PAYLOAD
    assert ended.stdout == b""
    assert b'Collection is off in the settings ([collection] mode = "off"): no connection was opened.' in ended.stderr
    assert b"Collection is off" in collected(project, "--source", "duckdb:///not/there").stderr
    preview = collected(project, "--preview")
    assert preview.returncode == 0
    assert len(json.loads(preview.stdout)["stats"]) > 150
    assert [path.name for path in project.folder.iterdir()] == ["fa_stats.toml"]


def test_collect_off_does_not_even_make_the_demo(bare: Path) -> None:
    (bare / "fa_stats.toml").write_text('[collection]\nmode = "off"\n')
    assert call("collect").exit_code == ExitCode.NO_PAYLOAD
    assert [path.name for path in bare.iterdir()] == ["fa_stats.toml"]


def test_collect_leaves_out_what_is_switched_off(project: Project) -> None:
    text = '[[switched_off]]\nstat = "tenantNumber"\nby = "Ada"\non = 2025-06-01\nwhy = "agreed"\n'
    (project.folder / "fa_stats.toml").write_text(text)
    ended = collected(project)
    assert "tenantNumber" not in ended.stdout.decode()
    assert b"1 disabled" in ended.stderr
    assert ended.returncode == 0


def test_collect_alone_measures_every_stat(project: Project) -> None:
    ended = collected(project, "--isolated")
    assert re.search(rb", 1\d\d statements in ", ended.stderr, re.MULTILINE)


def test_a_partial_collection_ends_in_5(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "broken.duckdb"
    path.write_bytes(Path(project.source.removeprefix("duckdb://")).read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"UPDATE webhooks SET data = '{{{SECRET}'")
    ended = collected(project, "--source", f"duckdb://{path}")
    assert ended.returncode == ExitCode.PARTIAL
    assert "webhookAuditLogCreate" not in json.loads(ended.stdout)["stats"]
    assert b"3 failed" in ended.stderr
    assert SECRET.encode() not in ended.stdout + ended.stderr


@pytest.mark.parametrize("content", [b"", b"hello"])
def test_a_source_that_cannot_be_read_ends_in_3(content: bytes, project: Project, tmp_path: Path) -> None:
    (tmp_path / "x.duckdb").write_bytes(content)
    ended = collected(project, "--source", f"duckdb://{tmp_path}/x.duckdb")
    assert ended.returncode == ExitCode.NO_PAYLOAD
    assert ended.stdout == b""
    assert ended.stderr.decode() == f"fa-stats: {tmp_path}/x.duckdb is not a DuckDB file.\n"


def test_progress_goes_to_the_terminal_and_not_into_the_result(project: Project) -> None:
    terminal, error = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    command = [str(BIN / "fa-stats"), "collect", "--day", DAY]
    environment = {**os.environ, "FA_STATS_SOURCE": project.source, "TERM": "xterm"}
    with subprocess.Popen(
        command, cwd=project.folder, env=environment, stdout=subprocess.PIPE, stderr=error
    ) as process:
        os.close(error)
        shown = b""
        with suppress(OSError):  # Linux's way to say that the other end is closed
            while part := os.read(terminal, 4096):
                shown += part
        content = process.stdout.read() if process.stdout else b""
    os.close(terminal)
    assert json.loads(content)
    assert b"figures" in shown
    assert b"29 statements" in shown


# --------------------------------------------------------------------------------------------------------- broken pipes


@pytest.mark.parametrize(
    "command", ["catalogue list", "catalogue list --json", "catalogue sql", f"collect --day {DAY}"]
)
def test_a_reader_that_has_seen_enough_is_no_error(command: str, project: Project) -> None:
    environment = {**os.environ, "FA_STATS_SOURCE": project.source}
    pipe = f"set -o pipefail; {BIN}/fa-stats {command} | head -c 10"
    ended = subprocess.run(["bash", "-c", pipe], cwd=project.folder, env=environment, capture_output=True, check=False)
    assert len(ended.stdout) == 10
    assert ended.returncode == 0
    assert b"Error" not in ended.stderr
    assert b"Traceback" not in ended.stderr


def test_a_closed_reader_is_no_error(project: Project) -> None:
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "FA_STATS_SOURCE": project.source}
    for command in (
        ["catalogue", "sql"],
        ["catalogue", "show", "tenantNumber"],
        ["collect", "--day", DAY],
        ["diff", "--help"],
    ):
        ended = subprocess.run(
            [str(BIN / "fa-stats"), *command],
            cwd=project.folder,
            env=environment,
            stdout=write,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert b"Traceback" not in ended.stderr
        assert b"BrokenPipe" not in ended.stderr, command
        assert ended.returncode in (0, 1), command
    os.close(write)


# -------------------------------------------------------------------------------------------- diff, report, run, doctor


def test_diff_and_report_of_kept_days(done: Project) -> None:
    [(day, run)] = snapshots.found(done.data)
    kept = snapshots.of_run(done.data, day, run)
    earlier = replace(kept.collection, day=date(2025, 6, 1), stats=kept.collection.stats[5:])
    snapshots.write(done.data, replace(kept, collection=earlier), catalogue.load())
    plain = done.call("diff")
    assert plain.returncode == 0
    assert plain.stdout.startswith("2025-06-01 to 2025-06-02: 5 changed, 217 the same.\napiKeyExpiringEnabled")
    assert plain.stderr == ""
    found = json.loads(done.call("diff", DAY, "2025-06-01", "--json").stdout)
    assert (found["before"]["day"], found["after"]["day"]) == ("2025-06-01", DAY)
    assert done.call("diff", "2025-06-01", DAY).stdout == done.call("diff", DAY, "2025-06-01").stdout == plain.stdout
    assert done.call("diff", DAY).stdout == plain.stdout
    missing = done.call("diff", "2025-06-01")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "There is no day before 2025-06-01" in missing.stderr
    report = done.call("report")
    assert Path(report.stdout.strip()).is_file()


def test_a_day_that_has_a_run_shows_it_and_opens_no_connection(done: Project) -> None:
    gone = done.call("run", "--day", DAY, "--json")
    assert gone.returncode == 0, gone.stderr
    record: dict[str, Any] = json.loads(gone.stdout)
    assert record["run"] == done.records()[0]["run"]
    assert f"{DAY} has its run already: {record['run']}. No connection was opened; this is its result." in gone.stderr
    text = done.call("run", "--day", DAY)
    assert text.stdout.splitlines()[-1] == f"reports/{DAY}/{record['run']}/report.html"
    assert f"Payload sha256 {record['payload_sha256']}." in text.stdout


def test_the_settings_of_a_folder_above_are_used(done: Project) -> None:
    (done.folder / "notebooks").mkdir(exist_ok=True)
    environment = {**os.environ, "FA_STATS_SOURCE": done.source}
    command = [str(BIN / "fa-stats"), "run", "--day", DAY]
    ended = subprocess.run(
        command, cwd=done.folder / "notebooks", env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1].endswith("report.html")
    assert "has its run already" in ended.stderr
    assert list((done.folder / "notebooks").iterdir()) == []


def test_doctor_says_what_is_good_and_what_is_to_be_mended(project: Project) -> None:
    (project.folder / "data").write_text("in the way")
    ended = project.call("doctor", "--json")
    findings = json.loads(ended.stdout)
    assert ended.returncode == ExitCode.CHECK_FAILED
    assert any(not finding["good"] and finding["mend"] for finding in findings)
    assert any(finding["good"] for finding in findings)
    text = project.call("doctor").stdout
    assert len([line for line in text.splitlines() if line.startswith("MEND   ")]) == sum(
        not each["good"] for each in findings
    )


# -------------------------------------------------------------------------------------------------------- demo and init


def test_demo_create_makes_an_instance_that_can_be_collected(bare: Path) -> None:
    path = bare / "new folder" / "demo.duckdb"
    sizes = ["--tenants", "3", "--applications", "5", "--users", "20", "--seed", "7", "--day", "2026-11-23"]
    result = call("demo", "create", f"duckdb://{path}", *sizes)
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{path}\n", "")
    assert [each.name for each in path.parent.iterdir()] == ["demo.duckdb"]
    collected = call("collect", "--source", f"duckdb://{path}")
    assert json.loads(collected.stdout)["stats"]["tenantNumber"] == 3


def test_demo_create_leaves_what_is_there(bare: Path) -> None:
    (bare / "mine.duckdb").write_text("mine")
    for name in ("mine.duckdb", "."):
        result = call("demo", "create", f"duckdb://{bare}/{name}")
        assert result.exit_code == ExitCode.USAGE
        assert "exists already; it is left as it is" in result.stderr
    assert (bare / "mine.duckdb").read_text() == "mine"
    result = call("demo", "create", f"duckdb://{bare}/mine.duckdb/inner.duckdb")
    assert result.exit_code == ExitCode.NO_PAYLOAD
    assert "is not a folder" in result.stderr


def test_demo_create_before_the_company_was_founded_is_told(bare: Path) -> None:
    result = call("demo", "create", f"duckdb://{bare}/x.duckdb", "--day", "2020-01-01")
    assert result.exit_code == ExitCode.USAGE
    assert "does not exist before 2025-02-03" in result.stderr
    assert list(bare.iterdir()) == []


def test_init_lays_out_a_project_and_keeps_it_the_second_time(bare: Path) -> None:
    first = call("init", "my project")
    assert first.exit_code == 0
    assert "made  my project/fa_stats.toml" in first.stdout
    assert "made  my project/notebooks/daily.ipynb" in first.stdout
    assert "Next: cd 'my project'; fa-stats doctor; fa-stats run" in first.stderr
    (bare / "my project" / "fa_stats.toml").write_text("# mine\n")
    second = call("init", "my project")
    assert "kept  my project/fa_stats.toml" in second.stdout
    assert "made" not in second.stdout
    assert (bare / "my project" / "fa_stats.toml").read_text() == "# mine\n"


def test_init_into_a_file_is_told(bare: Path) -> None:
    (bare / "file").write_text("mine")
    assert call("init", "file").exit_code == ExitCode.USAGE
    (bare / "new").mkdir()
    (bare / "new" / "notebooks").write_text("mine")
    result = call("init", "new")
    assert result.exit_code == ExitCode.NO_PAYLOAD
    assert "is not a folder" in result.stderr


def test_every_command_that_reports_can_do_so_in_json() -> None:
    found = {
        " ".join(path) for path in walk(cli.main) if any(param.name == "as_json" for param in _command(path).params)
    }
    assert found >= {
        "run",
        "diff",
        "report",
        "doctor",
        "catalogue list",
        "catalogue show",
        "catalogue sql",
        "demo backfill",
    }


def _command(path: tuple[str, ...]) -> click.Command:
    command: click.Command = cli.main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


def test_the_catalogue_is_the_one_that_the_commands_show() -> None:
    assert len(catalogue.load().by_name) == 234
