"""Routes of advertisers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from ..security import Principal, require
from ..storage import Advertiser
from .requests import AdvertiserId, Name, OfStore
from .responses import Listing, located, problems

router = APIRouter(prefix="/v1/advertisers", tags=["advertisers"])


class NewAdvertiser(BaseModel, extra="forbid"):
    """An advertiser to add."""

    name: Name


@router.get("", responses=problems(), dependencies=[Depends(require("read"))])
def list_advertisers(store: OfStore) -> Listing[Advertiser]:
    """List the advertisers."""
    return Listing(items=store.advertisers())


@router.post("", status_code=201, responses=located(201) | problems(409))
def add_advertiser(
    body: NewAdvertiser,
    store: OfStore,
    response: Response,
    principal: Annotated[Principal, Depends(require("run"))],
) -> Advertiser:
    """Add an advertiser; its id is made of its name."""
    made = store.add_advertiser(body.name)
    store.audit(principal.name, "add_advertiser", made.id, {"name": made.name})
    response.headers["Location"] = f"/v1/advertisers/{made.id}"
    return made


@router.get("/{advertiser_id}", responses=problems(404), dependencies=[Depends(require("read"))])
def show_advertiser(advertiser_id: AdvertiserId, store: OfStore) -> Advertiser:
    """Show an advertiser."""
    return store.advertiser(advertiser_id)


@router.delete("/{advertiser_id}", status_code=204, responses=problems(404, 409))
def delete_advertiser(
    advertiser_id: AdvertiserId,
    store: OfStore,
    principal: Annotated[Principal, Depends(require("run"))],
) -> None:
    """Delete an advertiser with its uploads, jobs, results, scenarios and ended links.

    Refused while a job waits or runs, a plan is under way, or a link is open.
    """
    store.delete_advertiser(advertiser_id, principal.name)
