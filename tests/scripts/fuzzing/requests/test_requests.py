"""A few requests of the fuzzing; `python scripts/fuzzing/requests/fuzz.py` sends many."""

import pytest

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from mediagym.scripts.fuzzing.requests import (
    Answer,
    FuzzRequestsCommand,
    answers_table,
    fuzz_requests,
    is_sent,
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


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ({}, True),
        ({"before": 1, "other": "x"}, True),
        ({"before": ""}, True),
        ({"before": {}}, True),  # sent as an empty text
        ({"before": 1, "": []}, False),
        ({"before": [None]}, False),
    ],
)
def test_a_parameter_without_values_is_no_request_that_is_forbidden(query: dict, sent: bool):
    parameter = {"name": "before", "in": "query", "schema": {"type": "integer"}}
    get = {"parameters": [parameter], "responses": {"200": {"description": "a list"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "lists", "version": "1"},
        "paths": {"/list": {"get": get}},
    }
    schemathesis = pytest.importorskip("schemathesis")
    (operation,) = schemathesis.openapi.from_dict(document).get_all_operations()
    assert is_sent(operation.ok().Case(query=query), "http://localhost") == sent
