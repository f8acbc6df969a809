"""How does work get done, and survive?

- ``submission``: submit a job, unless the same work is there
- ``queue``: claim, beat, finish, fail, cancel
- ``rows``: jobs and their events, as they stand in the database
"""

from .queue import MAX_ATTEMPTS, LeaseLostError, beat, cancel, claim, fail, finish, let_go
from .rows import events, job, jobs, latest_done, waiting
from .submission import QueueFullError, fingerprint, submit

__all__ = [
    "MAX_ATTEMPTS",
    "LeaseLostError",
    "QueueFullError",
    "beat",
    "cancel",
    "claim",
    "events",
    "fail",
    "fingerprint",
    "finish",
    "job",
    "jobs",
    "latest_done",
    "let_go",
    "submit",
    "waiting",
]
