"""FusionAuth's own options: its properties file, its environment, its defaults, and values that make no sense."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import instances
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats import catalogue, configuration, settings
from fa_stats.clock import Clock
from fa_stats.collection import Figure, StatementRun, Status
from fa_stats.configuration import from_environment, parse

STATEMENT = catalogue.load().statement["configuration"]
OPTIONS = STATEMENT.columns_of(STATEMENT.stats)["configuration"]
DEFAULTS = {
    "instanceDatabaseConnectionTimeout": 2000,
    "instanceDatabaseIdleTimeout": 120000,
    "instanceDatabaseMaxLifetime": 240000,
    "instanceDatabaseMaximumPoolSize": 10,
    "instanceDatabaseMinimumIdle": -1,
    "instanceDatabaseMysqlEnforceUtf8mb4": True,
    "instanceFusionauthAppHttpReadTimeout": 20000,
    "instanceFusionauthAppLocalMetricsEnabled": False,
    "instanceFusionauthAppMemory": 536870912,
    "instanceFusionauthAppReindexBatchSize": 1000,
    "instanceFusionauthAppReindexThreadCount": 2,
    "instanceFusionauthAppSearchDefaultRefreshInterval": "1s",
    "instanceFusionauthSearchHostsCount": 1,
    "instanceSearchType": "database",
}
ELSEWHERE = {"instanceJavaVersion", "instanceElasticsearchVersion"}
SECRET = "vexlorn-s3cret"


def read(folder: Path, text: str | bytes | None = None, **given: Any) -> tuple[dict[str, Figure], StatementRun | None]:
    """The figures of a configuration, of a properties file with this text if one is given."""
    if text is not None:
        path = folder / "fusionauth.properties"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        given["properties"] = path
    chosen = replace(instances.limits(), configuration=settings.Configuration(**given))
    figures, run = configuration.read(catalogue.load(), STATEMENT.stats, chosen, Clock(), 0, {})
    return {figure.name: figure for figure in figures}, run


def values(folder: Path, text: str | bytes | None = None, **given: Any) -> dict[str, Any]:
    return {name: figure.value for name, figure in read(folder, text, **given)[0].items() if figure.status is Status.OK}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(option, raising=False)
        monkeypatch.delenv(option.replace(".", "_").replace("-", "_").upper(), raising=False)


# -------------------------------------------------------------------------------------------------- the properties file

TEXTS = {
    "equals": ("search.type=elasticsearch", "elasticsearch"),
    "colon": ("search.type: elasticsearch", "elasticsearch"),
    "space": ("search.type elasticsearch", "elasticsearch"),
    "tab": ("search.type\telasticsearch", "elasticsearch"),
    "spaces around": ("  search.type   =   elasticsearch  ", "elasticsearch"),
    "another equals": ("search.type=a=b:c", "a=b:c"),
    "windows": ("# x\r\nsearch.type=elasticsearch\r\nother=1\r\n", "elasticsearch"),
    "old mac": ("# x\rsearch.type=elasticsearch\rother=1", "elasticsearch"),
    "continued": ("search.type=elastic\\\n    search", "elasticsearch"),
    "continued on windows": ("search.type=elastic\\\r\n\tsearch\r\n", "elasticsearch"),
    "continued key": ("search.\\\n  type=elasticsearch", "elasticsearch"),
    "backslashes at the end": ("search.type=a\\\\\nother=1", "a\\"),
    "continued to the end": ("search.type=elastic\\", "elastic"),
    "escaped": ("search\\.type=\\u0065lastic\\u0053earch\\t\\!", "elasticSearch\t!"),
    "escaped colon": ("search.type=a\\:b\\ c", "a:b c"),
    "unicode": ("search.type=é☃🎉", "é☃🎉"),
    "last one counts": ("search.type=a\nsearch.type=b", "b"),
    "byte order mark": ("\ufeffsearch.type=elasticsearch", "elasticsearch"),
    "comment": ("#search.type=a\n ! search.type=b\nsearch.type=c", "c"),
    "a comment is not continued": ("# comment \\\nsearch.type=elasticsearch", "elasticsearch"),
    "blank": ("search.type=", None),
    "blank again": ("search.type=a\nsearch.type=   ", None),
    "no value": ("search.type", None),
    "another key": ("search.types=a\nxsearch.type=b\nsearch=type", None),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_properties_file_is_read_as_java_reads_it(case: str) -> None:
    text, expected = TEXTS[case]
    assert parse(text.removeprefix("\ufeff"), ["search.type"]).get("search.type") == expected


def test_only_the_named_options_are_kept() -> None:
    text = f"database.password={SECRET}\ndatabase.root.password={SECRET}\nsearch.type=x\ndatabase.url={SECRET}\n"
    assert parse(text, OPTIONS) == {"search.type": "x"}


@given(st.text(alphabet=string.printable + "é\u2028\x0b", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    found = parse(f"{text}\nsearch.type = z", ["search.type", "a"])
    assert found.get("search.type", "z").endswith("z") or text.rstrip("\r\n").endswith("\\")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: text.strip()))
def test_what_is_written_escaped_is_read_again(value: str) -> None:
    units = value.encode("utf-16-be")
    escaped = "".join(f"\\u{units[place] << 8 | units[place + 1]:04X}" for place in range(0, len(units), 2))
    if all(ord(letter) < 0x10000 for letter in value):
        assert parse(f"a={escaped}", ["a"]).get("a", "") == value.strip()


def test_a_file_in_latin_1_is_read_too(tmp_path: Path) -> None:
    text = "# für alle\nfusionauth-app.memory=1G\n".encode("latin-1")
    assert values(tmp_path, text)["instanceFusionauthAppMemory"] == 2**30


def test_a_file_with_a_byte_order_mark_is_read_too(tmp_path: Path) -> None:
    assert values(tmp_path, "\ufefffusionauth-app.memory=1G")["instanceFusionauthAppMemory"] == 2**30


def test_a_real_file_is_read_to_the_end(tmp_path: Path) -> None:
    text = f"""\
# FusionAuth
database.url=jdbc:postgresql://localhost:5432/fusionauth
database.username=fusionauth
database.password={SECRET}
database.maximum-pool-size=25
database.mysql.enforce-utf8mb4=false
fusionauth-app.memory=24G
fusionauth-app.local-metrics.enabled=TRUE
fusionauth-search.hosts=one:9021,two:9021, three:9021
search.type=elasticsearch
fusionauth-app.search.default-refresh-interval=-1
"""
    figures, run = read(tmp_path, text)
    assert {name: each.value for name, each in figures.items() if each.status is Status.OK} == DEFAULTS | {
        "instanceDatabaseMaximumPoolSize": 25,
        "instanceDatabaseMysqlEnforceUtf8mb4": False,
        "instanceFusionauthAppMemory": 25769803776,
        "instanceFusionauthAppLocalMetricsEnabled": True,
        "instanceFusionauthSearchHostsCount": 3,
        "instanceSearchType": "elasticsearch",
        "instanceFusionauthAppSearchDefaultRefreshInterval": "-1",
    }
    assert run is not None
    assert SECRET not in repr((figures, run))


# -------------------------------------------------------------------------------------------- defaults and lack of them


def test_an_option_that_is_not_set_has_its_documented_default(tmp_path: Path) -> None:
    figures, run = read(tmp_path, "")
    assert {name: each.value for name, each in figures.items() if each.status is Status.OK} == DEFAULTS
    for name in ELSEWHERE:
        assert figures[name].status is Status.UNAVAILABLE
        assert "knows its version" in str(figures[name].reason)
    assert run is not None
    assert sum(figure.microseconds or 0 for figure in figures.values()) == run.microseconds


def test_without_a_named_configuration_nothing_runs_and_the_reason_says_what_to_do(tmp_path: Path) -> None:
    figures, run = read(tmp_path)
    assert run is None
    assert {figure.status for figure in figures.values()} == {Status.UNAVAILABLE}
    assert "under [configuration] in fa_stats.toml" in str(figures["instanceSearchType"].reason)
    assert "only the running Java machine" in str(figures["instanceJavaVersion"].reason)


def test_a_file_that_cannot_be_read_is_told_by_its_name_alone(tmp_path: Path) -> None:
    figures, run = read(tmp_path, properties=tmp_path / "absent" / "fusionauth.properties")
    assert run is None
    reason = "the file fusionauth.properties that [configuration] in fa_stats.toml names cannot be read"
    assert figures["instanceSearchType"].reason == reason
    assert read(tmp_path, properties=tmp_path)[1] is None  # a folder


def test_stats_without_an_option_alone_run_nothing(tmp_path: Path) -> None:
    java = [stat for stat in STATEMENT.stats if stat.name in ELSEWHERE]
    chosen = replace(instances.limits(), configuration=settings.Configuration(environment=True))
    figures, run = configuration.read(catalogue.load(), java, chosen, Clock(), 0, {})
    assert run is None
    assert [figure.status for figure in figures] == [Status.UNAVAILABLE] * 2


# ------------------------------------------------------------------------------------------------------ the environment


def test_environment_names_are_tried_in_the_products_order() -> None:
    upper, literal = {"SEARCH_TYPE": "upper"}, {"search.type": "literal"}
    assert from_environment(upper, OPTIONS) == {"search.type": "upper"}
    assert from_environment(upper | literal, OPTIONS) == {"search.type": "literal"}
    assert from_environment({"search.type": "", **upper}, OPTIONS) == {"search.type": "upper"}
    assert from_environment({"search_type": "lower", "Search.Type": "x"}, OPTIONS) == {}


def test_every_option_has_its_environment_name() -> None:
    environment = {
        "DATABASE_CONNECTION_TIMEOUT": "1",
        "DATABASE_IDLE_TIMEOUT": "2",
        "DATABASE_MAX_LIFETIME": "3",
        "DATABASE_MAXIMUM_POOL_SIZE": "4",
        "DATABASE_MINIMUM_IDLE": "5",
        "DATABASE_MYSQL_ENFORCE_UTF8MB4": "6",
        "FUSIONAUTH_APP_HTTP_READ_TIMEOUT": "7",
        "FUSIONAUTH_APP_LOCAL_METRICS_ENABLED": "8",
        "FUSIONAUTH_APP_MEMORY": "9",
        "FUSIONAUTH_APP_REINDEX_BATCH_SIZE": "10",
        "FUSIONAUTH_APP_REINDEX_THREAD_COUNT": "11",
        "FUSIONAUTH_APP_SEARCH_DEFAULT_REFRESH_INTERVAL": "12",
        "FUSIONAUTH_SEARCH_HOSTS": "13",
        "SEARCH_SERVERS": "14",
        "SEARCH_TYPE": "15",
        "DATABASE_PASSWORD": SECRET,
    }
    found = from_environment(environment, OPTIONS)
    assert found.keys() == set(OPTIONS)
    assert sorted(found.values(), key=int) == [str(number) for number in range(1, 16)]


def test_the_environment_goes_before_the_file_and_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSIONAUTH_APP_MEMORY", "2G")
    text = "fusionauth-app.memory=1G\ndatabase.idle-timeout=7\n"
    assert values(tmp_path, text)["instanceFusionauthAppMemory"] == 2**30
    both = values(tmp_path, text, environment=True)
    assert both["instanceFusionauthAppMemory"] == 2**31
    assert both["instanceDatabaseIdleTimeout"] == 7
    assert values(tmp_path, environment=True)["instanceDatabaseIdleTimeout"] == 120000


def test_search_servers_stand_in_for_search_hosts(tmp_path: Path) -> None:
    assert values(tmp_path, "search.servers=http://a:9021,http://b:9021")["instanceFusionauthSearchHostsCount"] == 2
    text = "search.servers=http://a:9021,http://b:9021\nfusionauth-search.hosts=a"
    assert values(tmp_path, text)["instanceFusionauthSearchHostsCount"] == 1


def test_bytes_of_the_environment_that_are_no_text_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEARCH_TYPE", "\udcff\udcfe")
    figures, _ = read(tmp_path, environment=True)
    assert figures["instanceSearchType"].status is Status.UNAVAILABLE
    assert figures["instanceDatabaseIdleTimeout"].value == 120000


# --------------------------------------------------------------------------------------------- values of the wrong kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("512", 512),
        ("512K", 512 * 2**10),
        ("512k", 512 * 2**10),
        ("512M", 512 * 2**20),
        ("2G", 2**31),
        ("2g", 2**31),
        ("1T", 2**40),
        ("0", 0),
        ("2GB", None),
        ("1.5G", None),
        ("-1G", None),
        ("G", None),
        ("two", None),
        ("99999999999999999999G", None),
        ("9999999T", None),
        ("'; DROP TABLE x", None),
    ],
)
def test_memory_is_a_number_with_a_suffix(text: str, expected: int | None, tmp_path: Path) -> None:
    figure = read(tmp_path, f"fusionauth-app.memory={text}")[0]["instanceFusionauthAppMemory"]
    assert figure.value == expected
    if expected is None:
        assert figure.status in (Status.UNAVAILABLE, Status.FAILED)
        assert figure.reason


@pytest.mark.parametrize("text", ["many", "1.5", "1e3", "0x10", "1_000", "10 ms", "99999999999999999999", SECRET])
def test_a_number_that_is_none_is_unavailable_and_not_repeated(text: str, tmp_path: Path) -> None:
    figures, run = read(tmp_path, f"database.idle-timeout={text}")
    figure = figures["instanceDatabaseIdleTimeout"]
    assert figure.status is Status.UNAVAILABLE
    assert figure.reason == "the option holds something that cannot be read as a value of its kind"
    assert figures["instanceDatabaseMaxLifetime"].value == 240000
    assert text not in repr((figures, run)) or text in "1.5 1e3"


def test_the_largest_java_number_is_told_to_be_too_large(tmp_path: Path) -> None:
    figure = read(tmp_path, f"database.max-lifetime={2**63 - 1}")[0]["instanceDatabaseMaxLifetime"]
    assert figure.status is Status.FAILED
    assert "the largest that JSON keeps whole" in str(figure.reason)


@pytest.mark.parametrize("text", ["yes", "1", "t", "on", "TRUE FALSE"])
def test_a_switch_is_true_or_false(text: str, tmp_path: Path) -> None:
    figures, _ = read(tmp_path, f"database.mysql.enforce-utf8mb4={text}")
    assert figures["instanceDatabaseMysqlEnforceUtf8mb4"].status is Status.UNAVAILABLE


@pytest.mark.parametrize("option", ["search.type", "fusionauth-app.search.default-refresh-interval"])
def test_a_text_that_is_none_of_its_kind_never_leaves(option: str, tmp_path: Path) -> None:
    figures, run = read(tmp_path, f"{option}=http://user:{SECRET}@host")
    assert SECRET not in repr((figures, run))
