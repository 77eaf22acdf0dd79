"""Errors: an exit code for each, and a message without a traceback in Jupyter."""

from __future__ import annotations

import inspect
import re

import pytest

from fa_stats import errors
from fa_stats.errors import ExitCode, FaStatsError, QueryError

KINDS = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, FaStatsError)]


def test_the_exit_codes_are_those_of_the_documentation() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "CHECK_FAILED": 1,
        "USAGE": 2,
        "NO_PAYLOAD": 3,
        "NOT_SENT": 4,
        "PARTIAL": 5,
    }
    assert all(code.meaning.endswith(".") for code in ExitCode)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_ends_in_the_exit_code_of_the_documented_tree(kind: type[FaStatsError]) -> None:
    found = re.search(rf"\b{kind.__name__} +(\d)  \S", errors.__doc__ or "")
    assert found, f"{kind.__name__} is not in the tree"
    assert kind.exit_code == int(found.group(1))
    assert kind.exit_code not in (ExitCode.DONE, ExitCode.PARTIAL)
    assert (kind.__doc__ or "").strip()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_jupyter_shows_the_sentence_and_no_traceback(kind: type[FaStatsError]) -> None:
    assert kind("The disk is full.")._render_traceback_() == [f"{kind.__name__}: The disk is full."]


def test_a_query_error_says_what_kind_of_failure_it_is() -> None:
    assert (QueryError("x").timed_out, QueryError("x").document) == (False, False)
    assert QueryError("x", timed_out=True).timed_out
    assert QueryError("x", document=True).document
