"""fa_stats.toml: every key, every mistake, all at once; and where the file is looked for."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from fa_stats import project, settings
from fa_stats.errors import SettingsError
from fa_stats.settings import Settings, SwitchedOff, load

FULL = """
[source]
url = "duckdb:///srv/instance.duckdb"

[collection]
mode = "off"
statement_timeout_seconds = 3
budget_seconds = 4.5
pause_ratio = 0
lock_timeout_seconds = 0.25
statement_rows = 1000
measured_alone = 0

[back_off]
sessions = 1
lock_waits = 2
replica_lag_seconds = 3
wait_seconds = 0

[paths]
data = "a"
reports = "/b"
notebooks = "c/d"

[configuration]
properties = "fusionauth.properties"
environment = true

[demo]
seed = -7
tenants = 8
applications = 9
users = 10

[instance]
deployment = "cloud"
air_gapped = true
created_with = "1.54"
id = "8d5c5a69-21fe-476d-816b-285c333a1f37"

[api]
calls = 7
calls_per_second = 0.5
megabytes = 9
call_seconds = 1.5
budget_seconds = 30
ca = "authority.pem"

[policy]
url = "https://policy.example/fleet.json"
days = 2
follow_active_list = true

[sending]
usage_data = false
metrics = false
usage_data_url = "https://receiver.example:8443/usage"
metrics_url = "http://localhost:8080/metrics"
approvals = 2
headers = { Authorization = "RECEIVER_TOKEN" }
ca = "authority.pem"
certificate = "/etc/client.pem"
key = "client.key"
attempt_seconds = 5
budget_seconds = 60.5
days = 3

[signing]
key = "signing.pem"
trusted = ["%s"]

[[switched_off]]
stat = "tenantNumber"
by = "Ada"
on = 2026-11-23
why = "agreed"
until = 2026-12-31

[[switched_off]]
stat = "nodes"
by = "Ada"
on = 2026-11-23
why = "agreed"
""" % ("0f" * 32)


@pytest.fixture(autouse=True)
def _no_source_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(settings.SOURCE_VARIABLE, raising=False)


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / settings.FILE
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    """What is said of a file, a line per mistake."""
    path = write(folder, text)
    with pytest.raises(SettingsError) as raised:
        load(folder)
    first, *lines = str(raised.value).splitlines()
    assert first == f"{path} has {len(lines)} mistake{'s' * (len(lines) > 1)}; nothing was touched:"
    return [line.strip() for line in lines]


# ------------------------------------------------------------------------------------------------------------ every key


def test_every_key_is_read(tmp_path: Path) -> None:
    write(tmp_path, FULL)
    assert load(tmp_path) == Settings(
        folder=tmp_path,
        file=tmp_path / "fa_stats.toml",
        source=settings.Source("duckdb:///srv/instance.duckdb"),
        collection=settings.Collection("off", 3.0, 4.5, 0.0, 0.25, 1000, 0),
        back_off=settings.BackOff(1, 2, 3.0, 0.0),
        paths=settings.Paths(Path("a"), Path("/b"), Path("c/d")),
        configuration=settings.Configuration(Path("fusionauth.properties"), True),
        demo=settings.Demo(-7, 8, 9, 10),
        switched_off=(
            SwitchedOff("tenantNumber", "Ada", date(2026, 11, 23), "agreed", date(2026, 12, 31)),
            SwitchedOff("nodes", "Ada", date(2026, 11, 23), "agreed"),
        ),
        instance=settings.Instance("cloud", True, "1.54", "8d5c5a69-21fe-476d-816b-285c333a1f37"),
        api=settings.Api(7, 0.5, 9, 1.5, 30.0, Path("authority.pem")),
        policy=settings.RemotePolicy("https://policy.example/fleet.json", 2.0, True),
        sending=settings.Sending(
            usage_data=False,
            metrics=False,
            usage_data_url="https://receiver.example:8443/usage",
            metrics_url="http://localhost:8080/metrics",
            approvals=2,
            headers={"Authorization": "RECEIVER_TOKEN"},
            ca=Path("authority.pem"),
            certificate=Path("/etc/client.pem"),
            key=Path("client.key"),
            attempt_seconds=5.0,
            budget_seconds=60.5,
            days=3,
        ),
        signing=settings.Signing(Path("signing.pem"), ("0f" * 32,)),
    )


def test_the_test_above_sets_every_key_there_is() -> None:
    for section in fields(Settings):
        kind = get_type_hints(Settings)[section.name]
        kind = SwitchedOff if section.name == "switched_off" else kind
        if is_dataclass(kind):
            assert f"[{section.name}]" in FULL
            for key in fields(kind):
                assert re.search(rf"^{key.name} = ", FULL, re.MULTILINE), key.name


def test_an_empty_file_and_no_file_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings(folder=tmp_path)
    path = write(tmp_path, "")
    assert load(tmp_path) == Settings(folder=tmp_path, file=path)


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, FULL)
    found = load(tmp_path)
    assert (found.data, found.reports, found.notebooks) == (tmp_path / "a", Path("/b"), tmp_path / "c" / "d")
    assert found.properties == tmp_path / "fusionauth.properties"
    assert Settings(folder=tmp_path).properties is None


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    write(tmp_path, '[paths]\ndata = "~/data"\nreports = "~nobody-of-this-name/x"\n')
    assert load(tmp_path).data == Path("/home/ada/data")
    assert load(tmp_path).reports == tmp_path / "~nobody-of-this-name" / "x"


def test_the_environment_names_the_source_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, FULL)
    monkeypatch.setenv("FA_STATS_SOURCE", "demo:")
    assert load(tmp_path).source.url == "demo:"
    assert load(tmp_path).collection.mode == "off"
    monkeypatch.setenv("FA_STATS_SOURCE", "")
    assert load(tmp_path).source.url == "duckdb:///srv/instance.duckdb"


def test_the_shipped_template_is_the_defaults_and_each_of_its_lines_can_be_used(tmp_path: Path) -> None:
    text = project.TEMPLATE.read_text(encoding="utf-8")
    path = write(tmp_path, text)
    assert load(tmp_path) == Settings(folder=tmp_path, file=path)
    used = re.sub(r"^# (?=\[\[|\w+ = )", "", text, flags=re.MULTILINE)
    assert used != text
    write(tmp_path, used)
    found = load(tmp_path)
    assert found.collection == settings.Collection()
    assert found.back_off == settings.BackOff()
    assert found.demo == settings.Demo()
    assert found.paths == settings.Paths()
    assert found.instance == settings.Instance()
    assert found.policy == settings.RemotePolicy()
    files = settings.Sending(ca=Path("authority.pem"), certificate=Path("client.pem"), key=Path("client.key"))
    assert found.sending == files
    assert found.signing == settings.Signing(Path("signing.pem"))
    assert len(found.switched_off) == 1
    for kind in (
        settings.Source,
        settings.Collection,
        settings.BackOff,
        settings.Paths,
        settings.Configuration,
        settings.Demo,
        settings.Instance,
        settings.RemotePolicy,
        settings.Sending,
        settings.Signing,
        SwitchedOff,
    ):
        for key in fields(kind):
            assert re.search(rf"^{key.name} = ", used, re.MULTILINE), key.name


# ----------------------------------------------------------------------------------------- where the file is looked for


def test_the_file_is_found_in_a_folder_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, '[paths]\ndata = "kept"\n')
    below = tmp_path / "notebooks" / "deeper"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    found = load()
    assert (found.folder, found.file, found.data) == (tmp_path, tmp_path / "fa_stats.toml", tmp_path / "kept")


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    write(tmp_path, "[demo]\nseed = 2\n")
    write(tmp_path / "a", "[demo]\nseed = 3\n")
    assert load(tmp_path / "a").demo.seed == 3
    assert load(tmp_path / "a" / "b").demo.seed == 3
    (tmp_path / "a" / "fa_stats.toml").unlink()
    (tmp_path / "a" / "fa_stats.toml").mkdir()  # a folder of that name is no file
    assert load(tmp_path / "a").demo.seed == 2


def test_without_a_file_everything_starts_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = load()
    assert (found.folder, found.file, found.data) == (tmp_path, None, tmp_path / "data")


def test_a_link_to_a_folder_leads_to_the_real_one(tmp_path: Path) -> None:
    write(tmp_path / "real", "[demo]\nseed = 2\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert load(tmp_path / "link").folder == tmp_path / "real"


# ------------------------------------------------------------------------------------------------------------- mistakes

WRONG = {
    "an unknown section": ("[colection]\n", ["unknown key `colection`; did you mean `collection`?"]),
    "an unknown section unlike any": (
        "[x]\n",
        ["unknown key `x`; known are source, collection, back_off, paths, configuration, demo, switched_off"],
    ),
    "an unknown key": (
        "[collection]\nbudget_second = 1\n",
        ["unknown key `budget_second` in [collection]; did you mean `budget_seconds`?"],
    ),
    "an unknown key unlike any": (
        "[source]\nx = 1\n",
        ["unknown key `x` in [source]; known are url"],
    ),
    "a key outside of its section": ('url = "demo:"\n', ["unknown key `url`; known are source, collection,"]),
    "a section that is none": ("demo = 5\n", ["`demo` is a section: write [demo]"]),
    "the folder": ('folder = "/"\n', ["unknown key `folder`"]),
    "a truth value where a number is": (
        "[collection]\nbudget_seconds = true\n",
        ["`budget_seconds` in [collection] is to be a number, not True"],
    ),
    "a truth value where a whole number is": (
        "[demo]\nusers = true\n",
        ["`users` in [demo] is to be a whole number, not True"],
    ),
    "a number with a point where a whole one is": (
        "[demo]\nusers = 1.0\n",
        ["`users` in [demo] is to be a whole number, not 1.0"],
    ),
    "a text where a number is": (
        '[collection]\npause_ratio = "0.5"\n',
        ["`pause_ratio` in [collection] is to be a number, not '0.5'"],
    ),
    "a number where a truth value is": (
        "[configuration]\nenvironment = 1\n",
        ["`environment` in [configuration] is to be true or false, not 1"],
    ),
    "a number where a text is": ("[source]\nurl = 5\n", ["`url` in [source] is to be a text in quotes, not 5"]),
    "a source in brackets, whose password is nobody's business": (
        '[source]\nurl = ["postgresql://u:hunter2@host/db"]\n',
        ["`url` in [source] is to be a text in quotes, not a list"],
    ),
    "an empty path": ('[paths]\ndata = ""\n', ["`data` in [paths] is to be a path in quotes, not ''"]),
    "an empty source": ('[source]\nurl = " "\n', ["`url` in [source] is to name a source"]),
    "another mode": (
        '[collection]\nmode = "remote"\n',
        ['`mode` in [collection] is to be "off", "local" or "on", not \'remote\''],
    ),
    "another deployment": (
        '[instance]\ndeployment = "hosted"\n',
        ['`deployment` in [instance] is to be "self-hosted" or "cloud", not \'hosted\''],
    ),
    "a version that is none": (
        '[instance]\ncreated_with = "v1.55"\n',
        ["`created_with` in [instance] is to be a version such as 1.60.2, not 'v1.55'"],
    ),
    "an address that others can read": (
        '[sending]\nmetrics_url = "http://receiver.example/"\n',
        ["`metrics_url` in [sending] is to begin with https:// and name a host"],
    ),
    "an address with a password": (
        '[policy]\nurl = "https://u:hunter2@policy.example/"\n',
        ["`url` in [policy] is to hold no user and no password: see `headers` in [sending]"],
    ),
    "an address whose port is none": (
        '[policy]\nurl = "https://policy.example:hunter2/"\n',
        ["`url` in [policy] is to begin with https:// and name a host"],
    ),
    "a copy that is kept for less than no time": (
        "[policy]\ndays = -1\n",
        ["`days` in [policy] is to be between 0 and 366"],
    ),
    "a crowd of approvers": ("[sending]\napprovals = 3\n", ["`approvals` in [sending] is to be 0, 1 or 2"]),
    "no time to send": ("[sending]\nattempt_seconds = 0\n", ["`attempt_seconds` in [sending] is to be above zero"]),
    "half a certificate": (
        '[sending]\ncertificate = "client.pem"\n',
        ["`certificate` and `key` in [sending] are to be given together"],
    ),
    "a header that is no text": (
        "[sending]\nheaders = { Authorization = 5 }\n",
        ["`headers` in [sending] is to be a table of texts in quotes, not a dict"],
    ),
    "a key that is none": (
        '[signing]\ntrusted = ["0F"]\n',
        ["`trusted` in [signing] is to hold public keys of 64 hexadecimal digits"],
    ),
    "a mode that is no text": (
        "[collection]\nmode = false\n",
        ["`mode` in [collection] is to be a text in quotes, not False"],
    ),
    "no time": (
        "[collection]\nstatement_timeout_seconds = 0\n",
        ["`statement_timeout_seconds` in [collection] is to be above"],
    ),
    "less than no time": (
        "[collection]\nbudget_seconds = -1\n",
        ["`budget_seconds` in [collection] is to be above zero"],
    ),
    "no number": ("[collection]\nbudget_seconds = nan\n", ["`budget_seconds` in [collection] is to be above zero"]),
    "for ever": ("[collection]\nbudget_seconds = inf\n", ["`budget_seconds` in [collection] is to be above zero"]),
    "a rest below zero": (
        "[collection]\npause_ratio = -0.1\n",
        ["`pause_ratio` in [collection] is to be between 0 and 100"],
    ),
    "no time for a lock": (
        "[collection]\nlock_timeout_seconds = 0\n",
        ["`lock_timeout_seconds` in [collection] is to be above zero, and an hour (3600) at the most"],
    ),
    "a lock for ever": (
        "[collection]\nlock_timeout_seconds = inf\n",
        ["`lock_timeout_seconds` in [collection] is to be above zero"],
    ),
    "no rows": ("[collection]\nstatement_rows = 0\n", ["`statement_rows` in [collection] is to be at least 1"]),
    "a part of a row": (
        "[collection]\nstatement_rows = 1.5\n",
        ["`statement_rows` in [collection] is to be a whole number, not 1.5"],
    ),
    "fewer than none alone": (
        "[collection]\nmeasured_alone = -1\n",
        ["`measured_alone` in [collection] is to be at least 0"],
    ),
    "fewer sessions than none": (
        "[back_off]\nsessions = -1\n",
        ["`sessions` in [back_off] is to be between 0 and 1000000"],
    ),
    "a wait for ever": ("[back_off]\nwait_seconds = inf\n", ["`wait_seconds` in [back_off] is to be between 0"]),
    "a lag that is no number": (
        "[back_off]\nreplica_lag_seconds = nan\n",
        ["`replica_lag_seconds` in [back_off] is to be between 0"],
    ),
    "a key of another section": (
        "[back_off]\nlock_timeout_seconds = 1\n",
        ["unknown key `lock_timeout_seconds` in [back_off]"],
    ),
    "a wrong type beside what is out of range": (
        '[api]\ncalls = "many"\nmegabytes = 0\ncall_seconds = -1\n',
        [
            "`calls` in [api] is to be a whole number, not 'many'",
            "`megabytes` in [api] is to be between 1 and 1000000",
            "`call_seconds` in [api] is to be above zero",
        ],
    ),
    "no tenants": ("[demo]\ntenants = 0\n", ["`tenants` in [demo] is to be at least 1"]),
    "a stat that is none": (
        '[[switched_off]]\nstat = "tenantNumbers"\nby = "a"\non = 2026-01-01\nwhy = "w"\n',
        ["unknown key `tenantNumbers` as `stat` of [[switched_off]]; did you mean `tenantNumber`?"],
    ),
    "an entry that says too little": (
        '[[switched_off]]\nstat = "tenantNumber"\n',
        ["[[switched_off]] lacks `by`, `on`, `why`"],
    ),
    "a day in quotes": (
        '[[switched_off]]\nstat = "tenantNumber"\nby = "a"\non = "2026-01-01"\nwhy = "w"\n',
        ["`on` in [[switched_off]] is to be a day such as 2026-11-23, without quotes, not '2026-01-01'"],
    ),
    "a day with a time": (
        '[[switched_off]]\nstat = "tenantNumber"\nby = "a"\non = 2026-01-01T00:00:00\nwhy = "w"\n',
        ["`on` in [[switched_off]] is to be a day such as 2026-11-23"],
    ),
    "an end before its beginning": (
        '[[switched_off]]\nstat = "tenantNumber"\nby = "a"\non = 2026-01-02\nwhy = "w"\nuntil = 2026-01-01\n',
        ["`until` of tenantNumber in [[switched_off]] is before its `on`"],
    ),
    "one entry for all": ('[switched_off]\nstat = "x"\n', ["`switched_off` is written as [[switched_off]]"]),
    "entries that are none": ("switched_off = [5]\n", ["`switched_off` is a section: write [[switched_off]]"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_told_once_and_plainly(case: str, tmp_path: Path) -> None:
    text, expected = WRONG[case]
    found = mistakes(tmp_path, text)
    assert len(found) == len(expected)
    for line, said in zip(found, expected, strict=True):
        assert line.startswith(said)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = """
colour = "red"
[collection]
mode = "x"
budget_seconds = true
pause_ratios = 1
[demo]
users = 0
[[switched_off]]
stat = "y"
"""
    assert len(mistakes(tmp_path, text)) == 6


@pytest.mark.parametrize("text", ["[collection\n", "[demo]\nseed = \n", "[demo]\n[demo]\n", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(
        SettingsError, match=r"is not valid TOML: .*line \d.*Mend that line; nothing was touched"
    ) as raised:
        load(tmp_path)
    assert str(path) in str(raised.value)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "fa_stats.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load(tmp_path)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    found: Any = load(tmp_path)
    with pytest.raises(AttributeError):
        found.folder = Path("/")
    with pytest.raises(AttributeError):
        found.collection.mode = "local"
