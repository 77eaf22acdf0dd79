"""Charts: the alternative text says the finding, the picture stands alone, the figures are beside it."""

from __future__ import annotations

import re
import subprocess
import sys
from base64 import b64decode
from datetime import date, timedelta
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_stats import charts
from fa_stats.collection import Figure, StatementRun, Status
from fa_stats.render import NOTHING, SPACE, Fragment

DAY = date(2026, 11, 23)


def statement(name: str, microseconds: int, *, failure: str | None = None) -> StatementRun:
    return StatementRun(name, f"SELECT 1 -- {name}", "0" * 64, 0, microseconds, (f"{name}Number",), failure=failure)


def parse(fragment: Fragment) -> BeautifulSoup:
    return BeautifulSoup(fragment.html.replace(SPACE, " "), "html.parser")


def alt(soup: BeautifulSoup) -> str:
    [picture] = soup.find_all("img")
    return str(picture["alt"])


def svg(soup: BeautifulSoup) -> str:
    source = str(soup.find_all("img")[0]["src"])
    assert source.startswith("data:image/svg+xml;base64,")
    return b64decode(source.partition(",")[2]).decode()


def rows(soup: BeautifulSoup) -> list[list[str]]:
    return [[cell.text for cell in row.find_all(["th", "td"])] for row in soup.select("tbody tr")]


def test_the_costliest_statement_is_named_with_its_share() -> None:
    soup = parse(charts.statement_times([statement("users", 16_000), statement("tenants", 25_000)], {}))
    assert alt(soup).startswith("The tenants statement took 61 % of 41.0 ms, the most of 2 statements.")
    assert "no earlier run to compare" in alt(soup)
    assert alt(soup) in soup.figcaption.text if soup.figcaption else False
    assert [row[:3] for row in rows(soup)] == [["tenants", "25.00", "61 %"], ["users", "16.00", "39 %"]]


def test_a_statement_slower_than_usual_is_named() -> None:
    now = [statement("users", 9_000), statement("tenants", 25_000)]
    soup = parse(charts.statement_times(now, {"users": [3_000, 4_000, 90_000], "tenants": [24_000]}))
    assert "More than twice its median of earlier runs: users." in alt(soup)
    assert rows(soup)[1][3:5] == ["4.00", "2.2 times"]
    calm = parse(charts.statement_times(now, {"users": [9_000], "tenants": [24_000]}))
    assert "None took more than twice its median" in alt(calm)


def test_the_parts_of_a_statement_that_was_cut_are_one_bar() -> None:
    parts = [statement("tenants", 5_000, failure="no"), statement("tenants", 2_000), statement("users", 3_000)]
    soup = parse(charts.statement_times(parts, {}))
    assert alt(soup).startswith("The tenants statement took 70 % of 10.0 ms")
    assert rows(soup)[0] == ["tenants", "7.00", "70 %", NOTHING, NOTHING, "1", "2", "1 failed"]
    assert svg(soup).count(">tenants<") == 1


def test_many_statements_are_cut_in_the_picture_but_not_in_the_table() -> None:
    soup = parse(charts.statement_times([statement(f"s{n}", 1_000 + n) for n in range(30)], {}))
    assert len(rows(soup)) == 30
    assert "12 of 30 statements shown" in soup.get_text()
    assert ">s29<" in svg(soup)
    assert ">s17<" not in svg(soup)


def test_pictures_stand_alone_are_small_and_transparent() -> None:
    names = ["tenants", '<script>&"', "日本語", "x" * 200]
    soup = parse(charts.statement_times([statement(name, 900) for name in names], {"tenants": [800]}))
    picture = svg(soup)
    assert len(picture) < 12_000
    texts = {each.text for each in ElementTree.fromstring(picture).iter() if each.tag.endswith("text")}
    assert {"tenants", '<script>&"', "日本語"} <= texts
    assert not re.search(r"<script|<image|href=|url\(|<rect", picture)


@settings(deadline=None, max_examples=40)
@given(
    st.text(st.characters(), min_size=1, max_size=60) | st.sampled_from(["\0", "a\x1b", "\ud800", "\uffff", "🙂" * 50])
)
def test_no_name_breaks_the_picture(name: str) -> None:
    soup = parse(charts.statement_times([statement(name, 900), statement("users", 100)], {}))
    texts = {each.text for each in ElementTree.fromstring(svg(soup)).iter() if each.tag.endswith("text")}
    assert {"users", "0.90", "0.10"} <= texts


def test_a_report_is_made_where_charts_cannot_be() -> None:
    program = (
        "import sys; sys.modules['vl_convert'] = None\n"
        "from datetime import date; from fa_stats import charts\n"
        "print(charts.over_days([(date(2026, 11, 22), 208, 30000), (date(2026, 11, 23), 208, 41000)]).html)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    soup = BeautifulSoup(done.stdout, "html.parser")
    assert not soup.find_all("img")
    assert "the statements took 41.0" in soup.get_text()
    assert "The chart could not be drawn (ModuleNotFoundError)." in soup.get_text()
    assert len(rows(soup)) == 2


def test_no_time_at_all_is_no_division_by_zero() -> None:
    assert "took 0 % of 0 ms" in alt(parse(charts.statement_times([statement("users", 0)], {"users": [0]})))
    assert "No statement ran" in str(charts.statement_times([], {"users": [5]}))


def test_shares_are_marked_and_never_drawn() -> None:
    shares = [Figure(f"stat{n}", Status.OK, n, 100 + n, False, "tenants") for n in range(20)]
    soup = parse(charts.stat_times(shares))
    assert not soup.find_all("img")
    assert len(rows(soup)) == 12
    assert rows(soup)[0] == ["stat19", "0.12", "share of its statement (tenants)"]
    assert "12 of 20 stats shown" in soup.get_text()


def test_measured_stats_are_drawn() -> None:
    alone = [Figure(f"stat{n}", Status.OK, n, 100 + n, True, "tenants") for n in range(3)]
    soup = parse(charts.stat_times([*alone, Figure("other", Status.OK, 1, 50_000, False, "users")]))
    assert alt(soup) == "Of 3 stats that ran alone, stat2 took longest: 0.10 ms."
    assert ">other<" not in svg(soup)
    assert [row[2] for row in rows(soup)][:2] == ["share of its statement (users)", "measured alone"]


def test_figures_without_a_time_say_so() -> None:
    assert "No stat has a time" in str(charts.stat_times([Figure("a", Status.UNAVAILABLE)]))


def test_a_line_over_days_needs_two_runs() -> None:
    assert "no earlier run yet" in str(charts.over_days([]))
    assert "no earlier run yet" in str(charts.over_days([(DAY, 208, 41_000)]))
    soup = parse(charts.over_days([(DAY - timedelta(1), 208, 30_000), (DAY, 208, 41_000)]))
    assert alt(soup).startswith(
        "On 23 November 2026 the statements took 41.0 ms; the median of 1 earlier run is 30.0 ms."
    )
    assert "Each run counted 208 stats." in alt(soup)


def test_days_that_counted_fewer_are_marked_and_listed() -> None:
    trend = [(DAY - timedelta(89 - n), 208 - (n in (5, 6)) * 77, 30_000 + n) for n in range(90)]
    soup = parse(charts.over_days(trend))
    assert "2 runs of 90 counted fewer stats than the fullest one (208)." in alt(soup)
    assert "hollow point" in soup.get_text()
    assert svg(soup).count('fill="white"') == 2
    assert len(svg(soup)) < 10_000
    assert rows(soup)[0] == ["23 November 2026", "208", "30.09"]
    assert len(rows(soup)) == 90


def test_the_last_run_may_be_the_one_that_counted_fewer() -> None:
    soup = parse(charts.over_days([(DAY - timedelta(1), 208, 30_000), (DAY, 0, 0)]))
    assert "1 run of 2 counted fewer" in alt(soup)
    assert svg(soup).count('fill="white"') == 1
