"""Hashes of keys, buckets of requests, and problems."""

import pytest

from mediagym.data.errors import (
    ConfigError,
    DataProblemsError,
    MediaGymError,
    bound_error,
    data_error,
)
from mediagym.scripts.app.security import first_key, new_key, problem_of, require_safe_bind
from mediagym.scripts.app.security.keys import Token, TokenChecker, fits, hashed, parse_token
from mediagym.scripts.app.security.throttle import TokenBuckets
from mediagym.scripts.app.storage import ConflictError, Store, TakenError, UnknownError

EVERYWHERE = "0.0.0.0"  # noqa: S104  # not bound here


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    yield store
    store.close()


def test_a_secret_fits_its_own_hash_only_and_hashes_are_salted():
    first, second = hashed("secret"), hashed("secret")
    assert first != second
    assert "secret" not in first
    assert fits("secret", first)
    assert fits("secret", second)
    assert not fits("Secret", first)


def test_what_a_checker_remembers_is_bound_to_the_hash():
    checker, token = TokenChecker(), Token("ab" * 8, "s" * 43)
    stored = hashed(token.secret)
    assert not checker.knows(token, stored)
    assert checker.check(token, stored)
    assert checker.knows(token, stored)
    assert not checker.knows(token, hashed(token.secret))
    assert not checker.knows(Token("ab" * 8, "t" * 43), stored)
    assert not checker.check(token, None)


@pytest.mark.parametrize("text", ["", "mg_", "mg_ab_cd", "mg_" + "a" * 16 + "_" + "é" * 43, "x"])
def test_what_is_no_token_is_none(text):
    assert parse_token(text) is None


def test_a_token_is_read_as_it_is_written(store):
    key, text = new_key(store, "a key", ("read",))
    assert parse_token(text).key_id == key.id
    assert fits(parse_token(text).secret, store.key_by_id(key.id).hashed)


def test_the_first_key_is_made_once_and_is_an_administrators(store):
    assert first_key(store) is not None
    assert first_key(store) is None
    assert [key.scopes for key in list(store.keys())] == [("admin",)]


def test_a_server_that_others_reach_needs_a_key_and_a_name(store):
    require_safe_bind("127.0.0.1", (), store)
    require_safe_bind("::1", (), store)
    require_safe_bind("localhost", (), store)
    with pytest.raises(ConfigError, match="no key yet"):
        require_safe_bind(EVERYWHERE, ("a.example",), store)
    first_key(store)
    with pytest.raises(ConfigError, match="allowed_hosts"):
        require_safe_bind("192.168.0.5", (), store)
    require_safe_bind(EVERYWHERE, ("a.example",), store)


def test_a_bucket_gives_its_burst_and_then_as_much_as_comes_back():
    now = [0.0]
    buckets = TokenBuckets(2, 0.5, clock=lambda: now[0])
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]
    assert buckets.take("b") == 0
    now[0] = 1.9
    assert buckets.take("a") == 1
    now[0] = 4.0
    assert (buckets.wait("a"), buckets.take("a")) == (0, 0)
    now[0] = 1000.0
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]


def test_a_problem_names_the_key_as_a_pointer():
    problem = problem_of(ConfigError("constraints.total: got -1; it has to be positive"))
    assert (problem.status, problem.code) == (422, "invalid-setting")
    assert problem.pointer == "/constraints/total"
    slash = problem_of(ConfigError("constraints.campaigns.google/YouTube.floor: no"))
    assert slash.pointer == "/constraints/campaigns/google~1YouTube/floor"
    assert problem_of(ConfigError("something else is wrong")).pointer is None


def test_a_problem_of_files_lists_each_place():
    errors = [data_error("a.csv", "x", "y", "z", row=n, column="Cost") for n in range(150)]
    document = problem_of(DataProblemsError(errors)).document()
    assert document["problem_count"] == 150
    assert len(document["problems"]) == 100
    assert document["problems"][7]["row"] == 7
    assert document["problems"][7]["file"] == "a.csv"
    assert document["problems"][7]["column"] == "Cost"


def test_a_problem_of_constraints_has_the_node_and_the_numbers():
    document = problem_of(bound_error("meta: too much", "meta", "floor", 20.0, 10.5)).document()
    assert (document["status"], document["code"]) == (422, "infeasible")
    assert (document["node"], document["amount"], document["available"]) == ("meta", 20.0, 10.5)


def test_a_number_that_json_does_not_have_is_null():
    document = problem_of(bound_error("x", "meta", "cpa", 20.0, float("inf"))).document()
    assert document["available"] is None


def test_errors_of_the_store_have_their_status():
    assert problem_of(UnknownError("job", "x")).status == 404
    assert problem_of(ConflictError("used")).status == 409
    assert problem_of(TakenError("taken")).status == 409
    assert problem_of(MediaGymError("no")).status == 422


def test_a_member_of_a_problem_cannot_be_replaced_by_its_numbers():
    document = problem_of(DataProblemsError([data_error("a", "b", "c", "d")])).document()
    assert list(document)[-5:] == ["type", "title", "status", "code", "detail"]
