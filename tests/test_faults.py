"""What goes wrong in a server while a run counts in it: the run ends, says what happened, and counts the rest."""

from __future__ import annotations

import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import hosted
import pytest
import servers
from click.testing import CliRunner
from hosted import QUICK, Hosted, right, spare
from instances import DAY, figures, limits, names, of_table, plain
from projects import Project, until, wait
from proxy import Proxy
from test_secrets import leaks

from fa_stats import session
from fa_stats.cli import main
from fa_stats.clock import Clock
from fa_stats.collection import Collection, Status
from fa_stats.errors import ExitCode
from fa_stats.sources import Limits, mysql, postgresql

MARKER = "vexlorn@quorwen.example"
GIVEN = "[collection]\nstatement_timeout_seconds = 0.5\nlock_timeout_seconds = 0.3\npause_ratio = 0.0\n"


@pytest.fixture(params=servers.KINDS)
def hurt(request: pytest.FixtureRequest) -> Hosted:
    return spare(request.param)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have patience for a second where the product has it for ten."""
    monkeypatch.setattr(session, "_RECONNECT", (0.1, 0.2, 0.4, 0.8, 1.6, 3.2))
    for module in (postgresql, mysql):
        monkeypatch.setattr(module, "_GRACE", 0.5)
        monkeypatch.setattr(module, "_LOOK", Limits(0.5, lock_seconds=0.3))


def check_others(got: Collection, kind: str, hit: set[str], status: str) -> set[str]:
    """Check that what is not hit has its value, and what is hit one status; return the reasons."""
    expected, found = figures(right(kind)), figures(got)
    assert {name for name in found if found[name].status != expected[name].status} == hit
    assert all(found[name].value == expected[name].value for name in found if name not in hit)
    assert {str(found[name].status) for name in hit} == {status}
    return {found[name].reason or "" for name in hit}


def command(hurt: Hosted, *words: str) -> tuple[int, str, str]:
    """Call `fa-stats` in this process on the instance, and return its exit code, stdout and stderr."""
    ended = CliRunner().invoke(main, [*words, "--source", hurt.url])
    said = ended.stdout + ended.stderr
    assert all(word not in said for word in (MARKER, hurt.server.host, str(hurt.server.port)))
    return ended.exit_code, ended.stdout, ended.stderr


# ------------------------------------------------------------------------------------------------ rights and documents


def test_a_user_who_may_read_nothing_is_told_where_the_rights_come_from(here: Project, hurt: Hosted) -> None:
    read = Hosted(hurt.server, hurt.database, "blind")
    hurt.ask(f"CREATE {'ROLE blind LOGIN' if hurt.server.kind == 'postgresql' else 'USER blind'}")
    try:
        code, out, said = command(read, "collect", "--preview")
        assert (code, out) == (ExitCode.NO_PAYLOAD, "")
        if hurt.server.kind == "postgresql":
            assert "The instance's own switch cannot be read: this role may not read system_configuration." in said
            assert "`fa-stats grants` prints what a role needs." in said
            return
        assert "has no database of that name, or not for this user." in said
        hurt.ask(f"GRANT SELECT ON nodes TO {read.account}")
        code, out, said = command(read, "collect", "--preview")
        assert (code, out) == (ExitCode.NO_PAYLOAD, "")
        assert "no table system_configuration that this role may see" in said
    finally:
        hurt.ask(f"DROP {'ROLE' if hurt.server.kind == 'postgresql' else 'USER'} blind")


@pytest.mark.parametrize("text", ["{", f'{{"a": "{MARKER}', f'{{"a": 1}} {MARKER}', MARKER, f"'{MARKER}\\"])
def test_a_switch_that_is_not_json_stops_the_run(here: Project, hurt: Hosted, text: str) -> None:
    with hurt.documents("system_configuration", text):
        code, out, said = command(hurt, "collect")
    assert (code, out) == (ExitCode.NO_PAYLOAD, "")
    assert "switch for usage data cannot be read: a document in system_configuration.data is not valid JSON." in said


@pytest.mark.parametrize("text", ["{", f'{{"a": "{MARKER}', f'{{"a": 1}} {MARKER}', MARKER, f"'{MARKER}\\"])
def test_documents_that_are_not_json_cost_the_figures_that_read_them(hurt: Hosted, text: str) -> None:
    with hurt.documents("applications", text):
        got = hurt.collect()
    expected, found = figures(right(hurt.server.kind)), figures(got)
    hit = {name for name in found if found[name].status is Status.FAILED}
    assert hit
    assert hit <= of_table("applications")
    assert {found[name].reason for name in hit} == {"a document in applications.data is not valid JSON"}
    assert all(found[name].value == expected[name].value for name in found if name not in hit)
    assert MARKER not in str(got)


# ------------------------------------------------------------------------------------------ statements that do not end


def test_a_statement_that_hangs_is_stopped_and_costs_nothing_else(here: Project, hurt: Hosted) -> None:
    with hurt.slow("messengers"):
        got = hurt.collect(limits(**QUICK, measured_alone=0))
        (here.folder / "fa_stats.toml").write_text(GIVEN)
        code, out, said = command(hurt, "collect", "--preview", "--day", str(DAY))
    reasons = check_others(got, hurt.server.kind, of_table("messengers"), "timed_out")
    assert reasons == {"stopped after 0.5 s, the time it was given"}
    assert code == ExitCode.PARTIAL
    assert '"stats"' in out
    assert f"{len(of_table('messengers'))} timed_out" in said


def test_a_lock_that_somebody_holds_is_not_waited_for_long(hurt: Hosted) -> None:
    given = limits(statement_timeout_seconds=3.0, lock_timeout_seconds=0.3, measured_alone=0)
    with hurt.lock("messengers"):
        got = hurt.collect(given)
    reasons = check_others(got, hurt.server.kind, of_table("messengers"), "timed_out")
    seconds = "0.3" if hurt.server.kind == "postgresql" else "1"
    assert reasons == {f"another session holds a lock on a table that it reads, and kept it for {seconds} s"}


def test_a_table_that_is_being_changed_is_not_waited_for_long(hurt: Hosted) -> None:
    given = limits(statement_timeout_seconds=3.0, lock_timeout_seconds=0.3, measured_alone=0)
    with hurt.server.admin(hurt.database) as reader, reader.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM messengers")
        changing = threading.Thread(target=lambda: hurt.ask("ALTER TABLE messengers ADD COLUMN extra INT"))
        changing.start()
        time.sleep(0.2)
        got = hurt.collect(given)
        cursor.execute("ROLLBACK")
        changing.join()
    hurt.ask("ALTER TABLE messengers DROP COLUMN extra")
    [reason] = check_others(got, hurt.server.kind, of_table("messengers"), "timed_out")
    assert reason.startswith("another session holds a lock on a table that it reads")


def test_a_statement_that_an_administrator_stops_says_so(hurt: Hosted) -> None:
    done = threading.Event()

    def stop() -> None:
        postgres = hurt.server.kind == "postgresql"
        while not done.wait(0.05):
            if postgres:
                hurt.server.ask(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'fa_stats' "
                    "AND state = 'active' AND query_start < clock_timestamp() - interval '0.1 s'"
                )
                continue
            for number, _, info in hosted.sessions(hurt.server, hurt.database):
                if info and info.startswith("/* fa_stats: messengers"):
                    with suppress(Exception):  # it may be done already
                        hurt.server.ask(f"KILL QUERY {number}")

    thread = threading.Thread(target=stop)
    with hurt.slow("messengers"):
        thread.start()
        got = hurt.collect(limits(statement_timeout_seconds=10.0, measured_alone=0))
        done.set()
        thread.join()
    assert check_others(got, hurt.server.kind, of_table("messengers"), "failed") == {
        "somebody stopped it at the server"
    }


def test_temporary_files_beyond_the_servers_limit_fail_one_statement() -> None:
    hurt = spare("postgresql")
    hurt.ask(f"ALTER DATABASE {hurt.database} SET temp_file_limit = '64kB'")
    hurt.ask(f"ALTER DATABASE {hurt.database} SET work_mem = '64kB'")
    hurt.ask("ALTER TABLE messengers RENAME TO messengers_kept")
    hurt.ask(
        "CREATE VIEW messengers AS SELECT k.* FROM messengers_kept AS k CROSS JOIN "
        "(SELECT repeat('x', 100) || n AS n FROM generate_series(1, 20000) AS n ORDER BY 1 OFFSET 0) AS many"
    )
    got = hurt.collect()
    hurt.ask("DROP VIEW messengers; ALTER TABLE messengers_kept RENAME TO messengers")
    hurt.ask(f"ALTER DATABASE {hurt.database} RESET ALL")
    assert check_others(got, "postgresql", of_table("messengers"), "failed") == {
        "the server has not enough memory, disk or connections for the statement (53400)"
    }


# ------------------------------------------------------------------------------------------- connections that are lost


@pytest.mark.parametrize(
    ("part", "silently"),
    [*((part, False) for part in (0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 0.999)), (0.3, True), (0.75, True)],
)
def test_a_line_that_breaks_in_the_middle_of_an_answer_costs_nothing(
    hurt: Hosted, part: float, silently: bool, hasty: None
) -> None:
    with Proxy(hurt.server) as whole:
        hurt.collect(url=whole.url(hurt.url))
    with Proxy(hurt.server, breaks=int(whole.passed * part), silently=silently) as broken:
        got = hurt.collect(limits(**QUICK, measured_alone=0), url=broken.url(hurt.url))
    assert broken.connections == 2
    if not silently:
        assert plain(figures(got)) == plain(figures(right(hurt.server.kind)))
        return
    expected, found = figures(right(hurt.server.kind)), figures(got)
    for name, figure in found.items():
        if figure.status == expected[name].status:
            assert figure.value == expected[name].value
        else:
            assert re.search("the server did not answer for|which could not be read", figure.reason or ""), figure


def test_a_line_that_breaks_every_time_ends_the_run(hurt: Hosted, hasty: None) -> None:
    with Proxy(hurt.server) as whole:
        hurt.collect(url=whole.url(hurt.url))
    began = time.monotonic()
    with Proxy(hurt.server, breaks=whole.passed // 2, ever=True) as broken:
        got = hurt.collect(limits(**QUICK, measured_alone=0), url=broken.url(hurt.url))
    assert time.monotonic() - began < 20
    expected, found = figures(right(hurt.server.kind)), figures(got)
    assert names(got, "ok")
    assert all(found[name].value == expected[name].value for name in names(got, "ok"))


def test_sessions_that_are_ended_again_and_again_cost_no_more_than_what_they_asked(hurt: Hosted, hasty: None) -> None:
    done, cuts = threading.Event(), []

    def work() -> None:
        while not done.wait(0.1):
            cuts.append(hosted.cut(hurt))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        got = hurt.collect(limits(pause_ratio=10.0, measured_alone=0))
    finally:
        done.set()
        thread.join()
    expected, found = figures(right(hurt.server.kind)), figures(got)
    assert sum(cuts) >= 2
    for name, figure in found.items():
        if figure.status == expected[name].status:
            assert figure.value == expected[name].value
        else:
            assert figure.reason == "the connection to the server was lost"


# ------------------------------------------------------------------------------------------------------ whole commands


def runs(project: Project) -> bool:
    return any(project.reports.glob("*/*/run.json"))


@pytest.mark.parametrize(
    ("kind", "how"),
    [("postgresql", "stop"), ("postgresql", "restart"), ("mysql", "kill"), ("mariadb", "kill"), ("mariadb", "restart")],
)
def test_a_run_whose_server_goes_away_leaves_a_report(project: Project, kind: str, how: str) -> None:
    hurt = spare(kind)
    server = hurt.server
    # It rests so long that it is still at work when the server goes, however busy this machine is.
    (project.folder / "fa_stats.toml").write_text(GIVEN.replace("pause_ratio = 0.0", "pause_ratio = 50.0"))
    process = project.start("fa-stats", "run", "--day", str(DAY), "--source", hurt.url)
    until(lambda: hosted.sessions(server, hurt.database))
    time.sleep(1.5)
    (server.stop if how == "stop" else server.kill)()
    if how == "restart":
        server.start()
    ended = wait(process)
    if how != "restart":
        server.start()
    [record] = project.records()
    [folder] = project.folders()
    assert "Traceback" not in ended.stderr
    assert (folder / "report.html").is_file()
    assert record["exit_code"] == ended.returncode
    if how == "restart":
        assert (ended.returncode, record["verdict"]) == (0, "OK")
    else:
        # Where the server went before it told its instance and version, the check of these fails as well.
        told = record["instance"] and record["application_version"]
        assert ended.returncode == (ExitCode.PARTIAL if told else ExitCode.CHECK_FAILED), ended.stderr
        page = (folder / "report.html").read_text()
        assert "the connection to the server was lost, and could not be opened again" in page
    assert [entry["event"] for entry in project.entries()] == ["run"]
    planted = (server.host, str(server.port), hurt.url)
    assert leaks(project, ended.stdout, ended.stderr, planted=planted) == []


# -------------------------------------------------------------------------------------------------------------- clocks


@dataclass(frozen=True, slots=True)
class Jumping(Clock):
    """A clock that jumps at one of its looks: the time of day, or that which only goes forward."""

    days: int = 0
    microseconds_on: int = 0
    looks: list[int] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days * (len(self.looks) > 20))

    def microseconds(self) -> int:
        self.looks.append(1)
        return Clock.microseconds(self) + self.microseconds_on * (len(self.looks) > 40)


@pytest.mark.parametrize("days", [-400, 400])
def test_a_time_of_day_that_jumps_changes_nothing(hurt: Hosted, days: int) -> None:
    got = hurt.collect(clock=Jumping(days=days))
    assert plain(figures(got)) == plain(figures(right(hurt.server.kind)))


def test_a_machine_that_sleeps_in_the_middle_uses_up_the_budget_and_says_so(hurt: Hosted) -> None:
    got = hurt.collect(clock=Jumping(microseconds_on=3_600_000_000))
    expected, found = figures(right(hurt.server.kind)), figures(got)
    late = names(got, "over_budget")
    assert {found[name].reason for name in late} <= {
        "the budget of 60 s in the database was used up before its statement",
        "the budget of 60 s in the database was used up while its statement ran",
    }
    assert all(found[name].value == expected[name].value for name in found if name not in late)
