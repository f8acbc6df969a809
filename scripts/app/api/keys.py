"""Routes of administrators: keys, and the log of who did what."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from ..security import Principal, Scope, new_key, refusal, require
from ..storage import AuditEntry, Key
from .requests import Limit, Name, OfStore
from .responses import Listing, located, problems

router = APIRouter(prefix="/v1", tags=["administration"])
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", description="16 hexadecimal digits")]
Administrator = Annotated[Principal, Depends(require("admin"))]


class KeyRecord(BaseModel):
    """A key without its secret, which is nowhere kept."""

    id: str
    name: str
    scopes: list[str]
    created: datetime
    revoked: datetime | None

    @classmethod
    def of(cls, key: Key) -> "KeyRecord":
        """The public part of a key."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=list(key.scopes),
            created=key.created,
            revoked=key.revoked,
        )


class NewKey(BaseModel, extra="forbid"):
    """A key to make."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]


class MadeKey(BaseModel):
    """A new key with its token, which is shown this once."""

    key: KeyRecord
    token: str


@router.get("/keys", responses=problems(), dependencies=[Depends(require("admin"))])
def list_keys(store: OfStore) -> Listing[KeyRecord]:
    """List all keys, those revoked included."""
    every = store.keys()
    return Listing(items=[KeyRecord.of(key) for key in every])


@router.post("/keys", status_code=201, responses=located(201) | problems())
def add_key(body: NewKey, store: OfStore, response: Response, principal: Administrator) -> MadeKey:
    """Make a key; its token is in this answer and never again."""
    key, token = new_key(store, body.name, tuple(dict.fromkeys(body.scopes)))
    store.audit(principal.name, "add_key", key.id, {"name": key.name, "scopes": list(key.scopes)})
    response.headers["Location"] = f"/v1/keys/{key.id}"
    return MadeKey(key=KeyRecord.of(key), token=token)


@router.delete("/keys/{key_id}", responses=problems(404, 409))
def revoke_key(key_id: KeyId, store: OfStore, principal: Administrator) -> KeyRecord:
    """Revoke a key; its sessions in browsers end too. A key cannot revoke itself."""
    if key_id == principal.key_id:
        raise refusal(
            "conflict", "A key cannot revoke itself. To fix: use another administrator's key."
        )
    key = store.revoke_key(key_id)
    store.audit(principal.name, "revoke_key", key_id, {"name": key.name})
    return KeyRecord.of(key)


@router.get("/audit", responses=problems(), dependencies=[Depends(require("admin"))])
def audit_log(
    store: OfStore,
    limit: Limit = 100,
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="only entries with a smaller id")
    ] = None,
) -> Listing[AuditEntry]:
    """List who did what, the newest first."""
    return Listing(items=store.audit_log(limit, before))
