"""How does work get done, and survive?

- ``submission``: submit a job, unless the same work is there
- ``queue``: claim, beat, finish, fail, cancel
- ``rows``: jobs, their events and the workers, as they stand in the database
- ``kinds``: what can be asked for: commands, their schemas and checks
- ``configuration``: from the body of a request to the configuration of a command
- ``references``: ids in a body, and the files that they stand for
- ``schema``: the JSON schema of a body
- ``run``: one job, run in this process
- ``worker``: a process that claims jobs
- ``supervisor``: starts workers, and again when they die
- ``sweep``: removes what killed processes left
- ``logs``: log lines as text or JSON
"""

from .kinds import KINDS, Kind, Places
from .logs import log_to_stderr
from .queue import (
    MAX_ATTEMPTS,
    LeaseLostError,
    beat,
    cancel,
    claim,
    fail,
    finish,
    give_back,
    let_go,
)
from .rows import counts, durations, events, follower, job, jobs, latest_jobs, workers_alive
from .submission import fingerprint, submit
from .supervisor import Supervisor
from .sweep import sweep

__all__ = [
    "KINDS",
    "MAX_ATTEMPTS",
    "Kind",
    "LeaseLostError",
    "Places",
    "Supervisor",
    "beat",
    "cancel",
    "claim",
    "counts",
    "durations",
    "events",
    "fail",
    "fingerprint",
    "finish",
    "follower",
    "give_back",
    "job",
    "jobs",
    "latest_jobs",
    "let_go",
    "log_to_stderr",
    "submit",
    "sweep",
    "workers_alive",
]
