"""Where is everything kept?

- ``store``: everything below as one object
- ``catalog``: advertisers, their data sets, results
- ``plans``: scenarios, the plan under way, shares
- ``deletion``: what may be deleted, and what goes with it
- ``access``: keys, tokens, secrets, idempotency, the audit log
- ``base``: folder, database and clock, on which these stand
- ``contents``: folders that are named by their content
- ``records``: what is returned
- ``database``: SQLite and PostgreSQL, transactions
- ``migrations``: steps from each version of the tables to the next
- ``tables``: the tables
- ``errors``: what is refused
"""

from .base import new_id
from .contents import content_id, manifest
from .errors import ConflictError, QueueFullError, StoreError, TakenError, UnknownError, UsedError
from .records import (
    SAMPLE_NAME,
    Advertiser,
    AuditEntry,
    Dataset,
    Event,
    Job,
    Key,
    Purpose,
    Result,
    Scenario,
    Share,
    State,
    StoredFile,
)
from .store import Store
from .tables import DATASETS, EVENTS, JOBS, RESULTS, WORKERS

__all__ = [
    "DATASETS",
    "EVENTS",
    "JOBS",
    "RESULTS",
    "SAMPLE_NAME",
    "WORKERS",
    "Advertiser",
    "AuditEntry",
    "ConflictError",
    "Dataset",
    "Event",
    "Job",
    "Key",
    "Purpose",
    "QueueFullError",
    "Result",
    "Scenario",
    "Share",
    "State",
    "Store",
    "StoreError",
    "StoredFile",
    "TakenError",
    "UnknownError",
    "UsedError",
    "content_id",
    "manifest",
    "new_id",
]
