"""Which benchmark tasks are there?"""

from .docs_page import task_page
from .env import make_env, make_vector_env
from .generator import markets_of, sha256_of
from .reference import posterior_of, problem_for, reference_of, write_reference
from .splits import source_of, trial_noise
from .task import Task, every_task, task_of

__all__ = [
    "Task",
    "every_task",
    "make_env",
    "make_vector_env",
    "markets_of",
    "posterior_of",
    "problem_for",
    "reference_of",
    "sha256_of",
    "source_of",
    "task_of",
    "task_page",
    "trial_noise",
    "write_reference",
]
