"""What changed between two days: laws that always hold, and each kind of change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fa_stats.collection import Figure, Status
from fa_stats.diff import Added, Change, Changed, Removed, Same, StatusChanged, compare, differences

OK, GONE = Status.OK, [status for status in Status if status is not Status.OK]
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 3),
    st.booleans(),
    st.sampled_from(["", "a", "b"]),
    st.lists(st.fixed_dictionaries({"idp": st.sampled_from("ABC"), "count": st.integers(0, 3)}), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.booleans(), max_size=2),
)
FIGURES = st.builds(
    lambda name, status, value: Figure(
        name, status, value if status is OK else None, reason=None if status is OK else "why"
    ),
    st.sampled_from("abcdefgh"),
    st.sampled_from(Status) | st.just(OK),
    VALUES,
)
DAYS = st.lists(FIGURES, unique_by=lambda figure: figure.name, max_size=8)
VERSIONS = st.tuples(st.sampled_from(["1.58.2", "1.60.2", None]), st.sampled_from(["1.58.2", "1.60.2", None]))


def ok(value: Any, name: str = "a") -> Figure:
    return Figure(name, OK, value)


def lost(status: Status, name: str = "a", reason: str | None = "why") -> Figure:
    return Figure(name, status, reason=reason)


def change(before: Figure | None, after: Figure | None, **more: Any) -> Change:
    [found] = compare([before] if before else [], [after] if after else [], **more)
    return found


# ----------------------------------------------------------------------------------------------------------------- laws


@given(DAYS, DAYS, VERSIONS)
def test_every_name_of_either_day_appears_exactly_once_and_in_order(
    before: list[Figure], after: list[Figure], versions: tuple[str | None, str | None]
) -> None:
    names = [each.name for each in compare(before, after, versions=versions)]
    assert names == sorted({figure.name for figure in [*before, *after]})


@given(DAYS, VERSIONS)
def test_a_day_compared_with_itself_is_all_the_same(day: list[Figure], versions: tuple[str | None, str | None]) -> None:
    found = compare(day, day, versions=versions)
    assert found == tuple(Same(each.name, each.value) for each in sorted(day, key=lambda figure: figure.name))
    assert differences(found) == ()


@given(DAYS, DAYS)
def test_the_order_in_which_figures_come_makes_no_difference(before: list[Figure], after: list[Figure]) -> None:
    assert compare(before, after) == compare(before[::-1], iter(after[::-1]))


@given(DAYS, DAYS)
def test_turned_round_it_is_the_reverse(before: list[Figure], after: list[Figure]) -> None:
    turned = {each.name: each for each in compare(after, before)}
    for each in compare(before, after):
        other = turned[each.name]
        match each:
            case Added():
                assert isinstance(other, Removed)
                assert other.value == each.value
            case Removed():
                assert isinstance(other, Added)
            case StatusChanged():
                assert isinstance(other, StatusChanged)
                assert (other.before, other.after) == (each.after, each.before)
                assert (other.before_value, other.after_value) == (each.after_value, each.before_value)
            case Changed():
                assert isinstance(other, Changed)
                assert (other.before, other.after) == (each.after, each.before)
                assert other.by == (None if each.by is None else -each.by)
            case Same():
                assert other == each


@given(DAYS, DAYS)
def test_the_kind_of_a_change_follows_from_the_two_days(before: list[Figure], after: list[Figure]) -> None:
    old, new = ({figure.name: figure for figure in day} for day in (before, after))
    for each in compare(before, after):
        one, other = old.get(each.name), new.get(each.name)
        if one is None or other is None:
            assert isinstance(each, Added if one is None else Removed)
        elif one.status is not other.status:
            assert isinstance(each, StatusChanged)
            assert each.why
        else:
            same = one.value == other.value and type(one.value) is type(other.value)
            assert isinstance(each, Same if same else Changed)


@given(DAYS, DAYS)
def test_differences_are_what_is_not_the_same_the_weightiest_first(before: list[Figure], after: list[Figure]) -> None:
    changes = compare(before, after)
    found = differences(changes)
    assert set(map(repr, found)) == {repr(each) for each in changes if not isinstance(each, Same)}
    order = [[Removed, Added, StatusChanged, Changed].index(type(each)) for each in found]
    assert order == sorted(order)
    ratios = [abs(each.ratio) for each in found if isinstance(each, Changed) and each.ratio is not None]
    assert ratios == sorted(ratios, reverse=True)
    assert differences(reversed(changes)) == found


# -------------------------------------------------------------------------------------------------- each kind of change


@pytest.mark.parametrize(
    ("versions", "why"),
    [
        (("1.58.2", "1.60.2"), "new version"),
        (("1.60.2", "1.60.2"), "new stat"),
        ((None, "1.60.2"), "new stat"),
        (("1.60.2", None), "new stat"),
        ((None, None), "new stat"),
    ],
)
def test_a_new_stat_came_with_a_version_or_by_itself(versions: tuple[str | None, str | None], why: str) -> None:
    assert change(None, ok(5), versions=versions) == Added("a", 5, why)
    assert change(None, lost(Status.FAILED)) == Added("a", None, "new stat")


def test_a_stat_that_is_gone_was_removed_on_purpose_or_is_no_longer_known() -> None:
    assert change(ok(5), None) == Removed("a", 5, "no longer known")
    assert change(ok(5), None, removed={"a": "merged"}) == Removed("a", 5, "removed on purpose: merged")
    assert change(ok(5), ok(5), removed={"a": "merged"}) == Same("a", 5)


@pytest.mark.parametrize(
    ("before", "after", "by", "ratio"),
    [
        (4, 6, 2, 0.5),
        (6, 3, -3, -0.5),
        (0, 5, 5, None),
        (5, 0, -5, -1.0),
        (-4, -2, 2, 0.5),
        (-1, 1, 2, 2.0),
        (1.5, 3.0, 1.5, 1.0),
        ("a", "b", None, None),
        (False, True, None, None),
        (True, 1, None, None),
        (1, True, None, None),
        (0, False, None, None),
        ("1", 1, None, None),
        ({"a": True}, {"a": False}, None, None),
        ([], [{"idp": "Apple", "count": 3}], 3, None),
        ([{"idp": "Apple", "count": 4}], [{"idp": "Apple", "count": 1}, {"idp": "X", "count": 1}], -2, -0.5),
        ([{"idp": "Apple", "count": 4}], [{"idp": "X", "count": 4}], 0, 0.0),
    ],
)
def test_a_value_changed_by_so_much(before: Any, after: Any, by: Any, ratio: Any) -> None:
    assert change(ok(before), ok(after)) == Changed("a", before, after, by, ratio)


@pytest.mark.parametrize("status", GONE)
def test_two_days_without_a_value_are_the_same_whatever_was_said(status: Status) -> None:
    assert change(lost(status, reason="one"), lost(status, reason="another")) == Same("a", None)


def test_a_status_changed_with_its_reason() -> None:
    def why(before: Figure, after: Figure, **more: Any) -> str:
        found = change(before, after, **more)
        assert isinstance(found, StatusChanged)
        assert (found.before, found.after) == (before.status, after.status)
        assert (found.before_value, found.after_value) == (before.value, after.value)
        return found.why

    upgrade = {"versions": ("1.58.2", "1.60.2")}
    assert why(ok(5), lost(Status.DISABLED, reason="switched off by Ada")) == "disabled: switched off by Ada"
    assert why(ok(5), lost(Status.FAILED)) == "why"
    assert why(ok(5), lost(Status.TIMED_OUT, reason=None)) == "its statement reached a time limit"
    assert why(lost(Status.UNAVAILABLE), ok(0), **upgrade) == "new version"
    assert why(lost(Status.UNAVAILABLE), ok(0)) == "counted again, was unavailable: why"
    assert why(lost(Status.FAILED), ok(0), **upgrade) == "counted again, was failed: why"
    assert why(lost(Status.FAILED), lost(Status.OVER_BUDGET, reason="late")) == "late"


def test_a_change_from_zero_weighs_most_among_changes_and_words_least() -> None:
    before = [ok(0, "zero"), ok(10, "double"), ok("x", "word"), ok(10, "less")]
    after = [ok(1, "zero"), ok(20, "double"), ok("y", "word"), ok(9, "less")]
    assert [each.name for each in differences(compare(before, after))] == ["zero", "double", "less", "word"]
