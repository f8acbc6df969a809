"""Requests that the description of the API allows or forbids, sent and judged."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from requests import Request
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure, FailureGroup

from mediagym.data.errors import MediaGymError

MODES = {"allowed": GenerationMode.POSITIVE, "forbidden": GenerationMode.NEGATIVE}
_NOT_CHECKED = (
    # a request of the right form is refused all the same for a name that is taken or an unknown id;
    # the other checks look at the problems that say so
    "positive_data_acceptance",
    # it sends wrong keys, which are soon answered with 429; the tests look at all routes
    "ignored_auth",
)
_TIMEOUT = 60.0  # seconds


class Known(NamedTuple):
    """Ids of what exists, so that not every request ends with 404."""

    path: Mapping[str, str]  # parameter of a path -> id
    body: Mapping[str, Any]  # key of a body -> id


class Answer(NamedTuple):
    """What was answered to one request."""

    operation: str  # method and path
    mode: str  # a key of `MODES`
    status: int
    seconds: float
    failures: tuple[str, ...]  # names of the checks that failed
    request: str  # as a command line, where a check failed


def answers_of(
    document: Mapping[str, Any],
    url: str,
    key: str,
    known: Known,
    examples: int,
    seed_: int,
    report: Callable[[Answer], None] = lambda answer: None,
) -> list[Answer]:
    """Answers to requests that are drawn from a description.

    Args:
        document: OpenAPI document of the server.
        url: address of the server.
        key: token of an administrator's key.
        known: ids of what exists.
        examples: requests per operation and mode.
        seed_: of the draws.
        report: called with every answer.
    """
    answers: list[Answer] = []
    for found in schemathesis.openapi.from_dict(dict(document)).get_all_operations():
        operation = _described(found)
        for mode in MODES:

            def note(answer: Answer) -> None:
                answers.append(answer)
                report(answer)

            _draw(operation, mode, url, key, known, examples, seed_, note)
    return answers


def _described(found: Any) -> APIOperation[Any, Any, Any, Any]:
    """The operation, if its description can be read.

    Raises:
        MediaGymError: it cannot.
    """
    operation = found.ok()
    if operation is None:
        raise MediaGymError(f"The description cannot be read: {found.err()}")
    return operation  # type: ignore[no-any-return]  # of one of two types of a result


def _draw(
    operation: APIOperation[Any, Any, Any, Any],
    mode: str,
    url: str,
    key: str,
    known: Known,
    examples: int,
    seed_: int,
    note: Callable[[Answer], None],
) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=MODES[mode])
    except Exception as error:  # nothing about some operations can be forbidden
        if "skip" in type(error).__name__.lower():
            return
        raise

    @seed(seed_)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, exists=st.booleans())
    def draw(case: Case[Any], exists: bool) -> None:
        if exists and mode == "allowed":
            _fill(case, known)
        if mode == "forbidden":
            assume(is_sent(case, url))
        if case.path.endswith("/events"):  # else it goes on as long as the job waits
            query = case.query if isinstance(case.query, dict) else {}
            case.query = {**query, "seconds": query.get("seconds", 0) and "0"}
        note(_answer(case, mode, url, key))

    draw()


def is_sent(case: Case[Any], url: str) -> bool:
    """Whether every parameter of a query reaches the server.

    One whose value is an empty list leaves no trace in the address, so that what is forbidden
    about it is not sent either: `{"before": 1, "other": []}` is sent as `?before=1`.

    Args:
        case: a request.
        url: address of the server.
    """
    query = case.as_transport_kwargs(base_url=url).get("params") or {}
    alone = (Request("GET", url, params={name: value}).prepare() for name, value in query.items())
    return all("?" in str(request.url) for request in alone)


def _fill(case: Case[Any], known: Known) -> None:
    """Put what exists into a request."""
    path = case.path_parameters
    if isinstance(path, dict):
        case.path_parameters = {name: known.path.get(name, value) for name, value in path.items()}
    if isinstance(case.body, dict):
        ids = {name: known.body[name] for name in case.body if name in known.body}
        case.body = {**case.body, **ids}


def _answer(case: Case[Any], mode: str, url: str, key: str) -> Answer:
    headers = {"Authorization": f"Bearer {key}"}
    begin = time.monotonic()
    response = case.call(base_url=url, headers=headers, timeout=_TIMEOUT)
    seconds = time.monotonic() - begin
    failures: tuple[str, ...] = ()
    try:
        checks: list[Any] = [CHECKS.get_one(name) for name in _NOT_CHECKED]
        case.validate_response(response, headers=headers, excluded_checks=checks)
    except FailureGroup as group:
        failures = tuple(sorted({f"{each.title}: {each.message}" for each in group.exceptions}))
    except Failure as failure:
        failures = (f"{failure.title}: {failure.message}",)
    request = case.as_curl_command(headers=headers) if failures else ""
    name = f"{case.method} {case.operation.path}"
    return Answer(name, mode, response.status_code, seconds, failures, request)
