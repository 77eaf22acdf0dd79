"""How a statement's time is shared out: to the microsecond, by weight, and always in the same way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fa_stats.timing import apportion, milliseconds

NAMES = st.lists(st.text(min_size=1, max_size=4), unique=True, min_size=1, max_size=30)
TIMES = st.integers(0, 10**12)
WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 10**9), max_size=30)


@given(TIMES, NAMES, WEIGHTS)
def test_the_shares_add_up_and_none_is_below_zero(time: int, names: list[str], weights: dict[str, int]) -> None:
    shares = apportion(time, names, weights)
    assert sum(shares) == time
    assert len(shares) == len(names)
    assert all(isinstance(share, int) and share >= 0 for share in shares)


@given(TIMES, NAMES, WEIGHTS)
def test_the_same_question_has_the_same_answer(time: int, names: list[str], weights: dict[str, int]) -> None:
    turned = dict(reversed(weights.items()))
    assert apportion(time, names, weights) == apportion(time, names, turned) == apportion(time, tuple(names), weights)


@given(TIMES, NAMES)
def test_without_weights_the_shares_are_even(time: int, names: list[str]) -> None:
    shares = apportion(time, names, {})
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)  # what cannot be shared goes to the first


@given(TIMES, NAMES, st.data())
def test_a_share_is_in_proportion_to_its_weight(time: int, names: list[str], data: st.DataObject) -> None:
    weights = {name: data.draw(st.integers(1, 10**6)) for name in names}
    whole = sum(weights.values())
    for name, share in zip(names, apportion(time, names, weights), strict=True):
        assert abs(share - time * weights[name] / whole) <= 1 + time * 1e-15


def test_a_stat_without_a_weight_weighs_as_much_as_the_others_on_average() -> None:
    assert apportion(600, ["a", "b", "new"], {"a": 100, "b": 300}) == [100, 300, 200]
    assert apportion(600, ["a", "b", "new"], {"a": 100, "b": 300, "gone": 10**9}) == [100, 300, 200]
    assert apportion(10, ["a", "b"], {"a": 0, "b": 0}) == [5, 5]


def test_what_cannot_be_shared_goes_to_the_largest_remainders() -> None:
    assert apportion(7, ["a", "b", "c"], {}) == [3, 2, 2]
    assert apportion(10, ["a", "b", "c"], {"a": 1, "b": 2, "c": 4}) == [1, 3, 6]
    assert apportion(2, ["a", "b", "c"], {"a": 1, "b": 1, "c": 100}) == [0, 0, 2]


def test_nothing_is_shared_among_nobody() -> None:
    assert apportion(0, [], {}) == []


def test_milliseconds_are_rounded_up() -> None:
    assert [milliseconds(each) for each in (0, 1, 999, 1000, 1001, 2000)] == [0, 1, 1, 1, 2, 2]


@given(st.integers(0, 10**12))
def test_milliseconds_hold_the_time_and_waste_less_than_one(time: int) -> None:
    assert time <= milliseconds(time) * 1000 < time + 1000
