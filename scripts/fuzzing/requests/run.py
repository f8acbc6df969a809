"""All requests of a fuzzing, and their counts."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import httpx
from pydantic import Field

from mediagym.data.settings import Command, Seed

from .cases import Answer, answers_of
from .server import known_of, served


class FuzzRequestsCommand(Command):
    """Options of `scripts/fuzzing/requests/fuzz.py`."""

    examples: Annotated[int, Field(ge=1)]  # requests per operation and mode
    seed: Seed


def fuzz_requests(
    options: FuzzRequestsCommand, report: Callable[[Answer], None] = lambda answer: None
) -> list[Answer]:
    """Answers of a server of its own, which has no worker, so that jobs wait.

    Args:
        options: how many requests.
        report: called with every answer.
    """
    limits = ("limits.burst=1000000", "limits.per_second=1000000", "limits.queue=1000000")
    with served("workers=0", *limits) as (url, key):
        known = known_of(url, key)
        headers = {"Authorization": f"Bearer {key}"}
        described = httpx.get(f"{url}/v1/openapi.json", headers=headers, timeout=60)
        document: Mapping[str, Any] = described.json()
        return answers_of(document, url, key, known, options.examples, options.seed, report)


def answers_table(answers: Sequence[Answer]) -> list[tuple[str, ...]]:
    """Rows of counts by operation: a heading, then requests, statuses, slowest, failures."""
    rows: list[tuple[str, ...]] = [("operation", "requests", "statuses", "slowest, s", "failures")]
    for operation in dict.fromkeys(answer.operation for answer in answers):
        own = [answer for answer in answers if answer.operation == operation]
        statuses = Counter(answer.status for answer in own)
        rows.append(
            (
                operation,
                str(len(own)),
                " ".join(f"{status}:{count}" for status, count in sorted(statuses.items())),
                f"{max(answer.seconds for answer in own):.2f}",
                str(sum(bool(answer.failures) for answer in own)),
            )
        )
    return rows
