"""A few requests of the fuzzing; `python scripts/fuzzing/requests/fuzz.py` sends many."""

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from mediagym.scripts.fuzzing.requests import (
    Answer,
    FuzzRequestsCommand,
    answers_table,
    fuzz_requests,
)

pytestmark = pytest.mark.slow  # an application that answers requests


def test_every_answer_is_one_that_the_description_allows():
    answers = fuzz_requests(FuzzRequestsCommand(examples=2, seed=3))
    assert len(answers) >= 100
    assert [answer for answer in answers if answer.failures or answer.status >= 500] == []
    statuses = {answer.status for answer in answers}
    assert {200, 201, 401, 404, 422} <= statuses


def test_counts_are_by_operation():
    answers = [
        Answer("GET /a", "allowed", 200, 0.1, (), ""),
        Answer("GET /a", "forbidden", 500, 2.0, ("Server error",), "curl"),
        Answer("GET /b", "allowed", 404, 0.1, (), ""),
    ]
    _, first, second = answers_table(answers)
    assert first == ("GET /a", "2", "200:1 500:1", "2.00", "1")
    assert second == ("GET /b", "1", "404:1", "0.10", "0")
