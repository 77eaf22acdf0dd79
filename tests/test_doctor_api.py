"""`fa-stats doctor` over the HTTP API: the switch first, then what the key may do, and no more than that takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from instances import instance
from projects import Fixed, Project
from standin import KEY, Answer, Fault, Request, Standin
from test_api import LEAST, SWITCH, serving, switched_off, tenant_of

from fa_stats import doctor
from fa_stats.api import shown
from fa_stats.api.address import Address
from fa_stats.finding import Finding

REST = [call.path for call in shown.load().calls.values() if call.path != SWITCH] + [shown.METRICS]
OTHERS = "[api]\ncalls_per_second = 1000.0\ncall_seconds = 0.3\n"


@pytest.fixture
def found(here: Project, monkeypatch: pytest.MonkeyPatch) -> Looking:
    """Return what looks at a stand-in."""
    (here.folder / "fa_stats.toml").write_text(OTHERS)
    monkeypatch.setenv("FUSIONAUTH_API_KEY", KEY)
    return Looking(here, monkeypatch)


class Looking:
    """What doctor says of a source."""

    def __init__(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project, self._patch = project, monkeypatch

    def __call__(self, standin: Standin) -> list[Finding]:
        self._patch.setenv("FA_STATS_SOURCE", standin.url)
        said = doctor.examine(Fixed(), self.project.folder)
        for each in said:
            assert "127.0.0.1" not in f"{each}"
            assert KEY not in f"{each}"
        assert self.project.files() == {"fa_stats.toml"}
        return said

    def bad(self, standin: Standin) -> list[str]:
        return [f"{each.what} {each.mend}" for each in self(standin) if not each.good]

    def text(self, standin: Standin) -> str:
        return "\n".join(f"{each.what} {each.mend}" for each in self(standin))


# ----------------------------------------------------------------------------------------------------------- the switch


def test_an_instance_whose_switch_is_off_is_asked_for_that_switch_and_nothing_else(
    found: Looking, tmp_path: Path
) -> None:
    with serving(switched_off(tmp_path)) as standin:
        said = found(standin)
        assert [(each.method, each.path) for each in standin.requests] == [("GET", SWITCH)]
    assert all(each.good for each in said)
    [source] = [each.what for each in said if each.what.startswith("The source")]
    assert source.startswith("The source (HTTP API) answers. The instance's own switch for usage data is off")
    assert source.endswith("that switch was read and nothing else.")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("unauthorized", f"the API key may not GET {SWITCH}: it lacks that permission, or FusionAuth does not"),
        ("unknown", f"this version of FusionAuth has no GET {SWITCH} (or the source's URL leads elsewhere)"),
        ("login page", "a page instead of JSON; a proxy or a login page may stand between"),
        ("broken", "was answered with the status 500"),
        ("hang", "was not answered in full within 0.3 s"),
        ("not json", "is not valid JSON"),
    ],
)
def test_where_the_switch_cannot_be_read_nothing_else_is_tried(kind: str, said: str, found: Looking) -> None:
    with serving(faults=[Fault("*", kind)]) as standin:
        [bad] = found.bad(standin)
        assert {each.path for each in standin.requests} == {SWITCH}
    assert bad.startswith("The source (HTTP API): the instance's own switch for usage data cannot be read: ")
    assert said in bad
    assert "Without it nothing else is tried." in bad


def test_where_nobody_answers_that_is_said_once(found: Looking) -> None:
    with serving() as standin:
        pass
    [bad] = found.bad(standin)
    assert "the instance cannot be reached; check the source's URL" in bad


# -------------------------------------------------------------------------------------------------------------- the key


def test_what_a_key_lacks_and_what_it_has_too_much_is_named(found: Looking) -> None:
    with serving(permissions=LEAST) as standin:
        assert "may GET all that is counted in, and may not POST" in found.text(standin)
        assert {each.path for each in standin.requests} == {SWITCH, *REST}
    with serving(permissions={path: how for path, how in LEAST.items() if "theme" not in path}) as standin:
        assert "The API key lacks a permission: GET /api/theme/search." in found.text(standin)
    with serving(permissions={**LEAST, "/api/group/search": ("GET", "POST")}) as standin:
        assert "more than it needs: it may POST to /api/group/search, where GET is enough." in found.text(standin)
    with serving() as standin:
        assert "it may POST to /api/application/search" in found.text(standin)
        assert {method for method, path in standin.counts if not path.endswith("/search")} == {"GET"}
    with serving(permissions={SWITCH: ("GET",)}) as standin:
        assert f"The API key lacks {len(REST)} permissions: GET /api/system/version, " in found.text(standin)


def test_a_key_that_is_not_known_is_told_as_such(found: Looking) -> None:
    with serving() as standin:
        standin.expired = True
        assert "or FusionAuth does not know the key (mistyped, expired, deleted?)" in found.text(standin)


@pytest.mark.parametrize("default", [True, False])
def test_a_key_for_one_tenant_is_told(default: bool, found: Looking) -> None:
    with serving(tenant=tenant_of(default=default), permissions=LEAST) as standin:
        [bad] = found.bad(standin)
        assert bad.startswith("The API key is for one tenant only: what is counted in several cannot be counted.")
        assert "may GET all" not in found.text(standin)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "it may POST to /api/group/search, where GET is enough"),
        (503, "Whether the API key may POST to /api/group/search could not be tried"),
        (429, "Whether the API key may POST to /api/group/search could not be tried"),
        (403, "may not POST"),
    ],
)
def test_it_is_not_said_that_a_key_may_not_post_where_that_could_not_be_told(
    status: int, said: str, found: Looking
) -> None:
    class Odd(Standin):
        def reply(self, request: Request, key: str | None, fault: str | None) -> Answer:
            if (request.method, request.path) == ("POST", "/api/group/search"):
                return Answer(status)
            return super().reply(request, key, fault)

    with Odd(instance(), permissions=LEAST) as standin:
        text = found.text(standin)
    assert said in text
    assert ("may not POST" in text) is (status == 403)


def test_a_url_behind_which_there_is_next_to_nothing_of_the_api_is_told(found: Looking) -> None:
    with serving(faults=[Fault(path, "unknown") for path in (*REST, "/api/status", "/api/tenant")]) as standin:
        [bad] = found.bad(standin)
    assert bad.startswith("The source (HTTP API) has next to nothing of FusionAuth's API: it does not know ")
    with serving(faults=[Fault("/api/ip-acl/search", "unknown")], permissions=LEAST) as standin:
        assert "has no GET /api/ip-acl/search: what is counted in it is unavailable." in found.text(standin)
        assert found.bad(standin) == []


def test_the_permission_of_an_older_version_is_named(found: Looking) -> None:
    allowed = {
        **LEAST,
        **dict.fromkeys(("/api/tenant", "/api/webhook", "/api/identity-provider", "/api/theme"), ("GET",)),
    }
    with serving(version="1.44.0", permissions=allowed) as standin:
        [bad] = found.bad(standin)
    assert bad.startswith("The API key lacks a permission: GET /api/application.")


def test_a_status_that_names_no_version_leaves_that_permission_lacking(found: Looking) -> None:
    class Silent(Standin):
        def reply(self, request: Request, key: str | None, fault: str | None) -> Answer:
            return Answer(200, b"{}") if request.path == "/api/status" else super().reply(request, key, fault)

    allowed = {path: how for path, how in LEAST.items() if path != "/api/system/version"}
    with Silent(instance(), permissions=allowed) as standin:
        [bad] = found.bad(standin)
    assert bad.startswith("The API key lacks a permission: GET /api/system/version.")


def test_a_key_file_that_others_may_read_is_told(
    found: Looking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(0o644)
    monkeypatch.delenv("FUSIONAUTH_API_KEY")
    monkeypatch.setenv("FUSIONAUTH_API_KEY_FILE", str(path))
    with serving(permissions=LEAST) as standin:
        [bad] = found.bad(standin)
        assert bad.startswith(f"The file of the API key, {path}, can be read or written by others")
        assert "chmod 600" in bad
        path.chmod(0o600)
        assert found.bad(standin) == []
        assert Address.parse(standin.url).key() == KEY


# ---------------------------------------------------------------------------------------------- an instance that is ill


@pytest.mark.parametrize(("kind", "each"), [("broken", 3), ("hang", 1), ("login page", 1), ("busy", 3)])
def test_after_the_same_problem_three_times_the_rest_is_not_tried(kind: str, each: int, found: Looking) -> None:
    with serving(faults=[Fault(path, kind) for path in REST], permissions=LEAST) as standin:
        bad = found.bad(standin)
        paths = [request.path for request in standin.requests if request.path != SWITCH]
    older = {"/api/status"}  # stands in for what is not there, and these are there
    assert set(paths) - older == set(REST[:3])
    assert max(paths.count(path) for path in paths) == each
    assert len(bad) == 3
    assert f"{len(REST) - 3} other calls not tried." in bad[-1]
    assert "may GET all" not in "\n".join(bad)


def test_problems_of_several_kinds_do_not_add_up(found: Looking) -> None:
    faults = [Fault(path, kind) for path, kind in zip(REST, ["empty", "login page"] * 2, strict=False)]
    with serving(faults=faults, permissions=LEAST) as standin:
        bad = found.bad(standin)
        assert {request.path for request in standin.requests} >= set(REST)
    assert len(bad) == 3
    assert "1 more call failed." in bad[-1]
    assert "not tried" not in bad[-1]
