"""Which benchmark tasks are there?

- ``names``: names, sizes and versions of all tasks
- ``task``: tasks, sizes and their settings
- ``generator``: random markets of a task, by seed
- ``advertisers``: random advertisers, each a task of its own
- ``splits``: training, validation and test markets
- ``misspecified``: held-out markets of another kind than the posterior
- ``reference``: the problem of a task, and the static plan and clairvoyant values that ship
- ``env``: Gymnasium's entry points
- ``docs_page``: the page of a task in docs
"""

from .advertisers import advertiser_digest, advertiser_task, effects_of
from .docs_page import task_page
from .env import make_env, make_vector_env
from .generator import sample_markets, sha256_of
from .names import every_task
from .reference import (
    posterior_of,
    problem_for,
    reference_of,
    write_informed,
    write_reference,
)
from .splits import HELD_OUT_MARKETS, HELD_OUT_SPLITS, held_out_markets, source_of
from .task import Task, task_of

__all__ = [
    "HELD_OUT_MARKETS",
    "HELD_OUT_SPLITS",
    "Task",
    "advertiser_digest",
    "advertiser_task",
    "effects_of",
    "every_task",
    "held_out_markets",
    "make_env",
    "make_vector_env",
    "posterior_of",
    "problem_for",
    "reference_of",
    "sample_markets",
    "sha256_of",
    "source_of",
    "task_of",
    "task_page",
    "write_informed",
    "write_reference",
]
