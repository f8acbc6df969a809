"""Records that the store returns, all frozen; moments are aware and in UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]
Purpose = Literal["exports", "plan"]
SAMPLE_NAME = "sample"
"""Name and id of the advertiser that an empty store gets, which is made up."""


@dataclass(frozen=True)
class Advertiser:
    """Somebody whose exports are kept together."""

    id: str  # a slug of the name
    name: str
    created: datetime


@dataclass(frozen=True)
class StoredFile:
    """A file of a data set or of a result."""

    name: str  # relative path with /
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Dataset:
    """Files that were uploaded together: exports, or a plan of the user's own."""

    id: str  # 32 hex digits of a hash of the advertiser and the content
    advertiser: str
    purpose: Purpose
    name: str
    created: datetime
    size: int  # bytes
    files: tuple[StoredFile, ...]


@dataclass(frozen=True)
class Result:
    """Files that a job wrote."""

    id: str  # 32 hex digits of a hash of the content
    kind: str
    created: datetime
    files: tuple[StoredFile, ...]


@dataclass(frozen=True)
class Job:
    """Work that was asked for, and how far it is."""

    id: str
    kind: str
    body: dict[str, Any]
    advertiser: str
    dataset: str | None
    state: State
    stage: str
    done: int  # parts of the stage
    total: int | None  # parts of the stage; None: unknown
    eta_seconds: float | None  # time left of the stage; None: unknown
    attempt: int  # times that a worker has begun it
    created: datetime
    started: datetime | None
    finished: datetime | None
    result: str | None
    error: dict[str, Any] | None  # a problem of RFC 9457
    requested_by: str
    follows: str | None  # job that must be done before it begins; None: it waits for no other

    @property
    def has_ended(self) -> bool:
        """True if it is done, failed or cancelled, and stays so."""
        return self.state not in ("queued", "running")


@dataclass(frozen=True)
class Event:
    """A moment in the life of a job."""

    id: int  # increases
    time: datetime
    state: State
    stage: str
    done: int
    total: int | None
    eta_seconds: float | None


@dataclass(frozen=True)
class Scenario:
    """A plan that was given a name."""

    id: str
    advertiser: str
    name: str
    job: str
    result: str
    created: datetime
    note: str
    adopted: bool  # the plan under way; at most one per advertiser


@dataclass(frozen=True)
class Share:
    """A read-only link to a result; its token is not kept, only the hash."""

    id: str
    advertiser: str
    result: str
    created: datetime
    created_by: str
    expires: datetime | None
    revoked: datetime | None


@dataclass(frozen=True)
class Key:
    """A key of a client; its secret is not kept, only the hash."""

    id: str
    name: str
    scopes: tuple[str, ...]
    hashed: str
    created: datetime
    revoked: datetime | None


@dataclass(frozen=True)
class AuditEntry:
    """Who did what."""

    id: int  # increases
    time: datetime
    who: str
    action: str
    subject: str
    detail: dict[str, Any]
