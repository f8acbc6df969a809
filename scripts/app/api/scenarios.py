"""Routes of scenarios: plans that were given a name."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from ..security import Principal, require
from ..storage import Scenario
from .requests import SLUG, Id, IdText, Name, Note, OfStore, Slug
from .responses import Listing, located, problems

router = APIRouter(prefix="/v1/scenarios", tags=["scenarios"])
Runner = Annotated[Principal, Depends(require("run"))]


class NewScenario(BaseModel, extra="forbid"):
    """A plan to give a name."""

    advertiser: Slug
    name: Name
    job: IdText  # a plan or a re-plan that is done
    note: Note = ""


class NewName(BaseModel, extra="forbid"):
    """Another name of a scenario."""

    name: Name


@router.get("", responses=problems(404), dependencies=[Depends(require("read"))])
def list_scenarios(
    advertiser: Annotated[str, Query(pattern=SLUG)], store: OfStore
) -> Listing[Scenario]:
    """List the scenarios of an advertiser."""
    return Listing(items=store.scenarios(store.advertiser(advertiser).id))


@router.post("", status_code=201, responses=located(201) | problems(404, 409))
def save_scenario(
    body: NewScenario, store: OfStore, response: Response, principal: Runner
) -> Scenario:
    """Give the plan of a job a name."""
    made = store.save_scenario(body.advertiser, body.name, body.job, body.note)
    store.audit(principal.name, "save_scenario", made.id, {"name": made.name, "job": made.job})
    response.headers["Location"] = f"/v1/scenarios/{made.id}"
    return made


@router.get("/{scenario_id}", responses=problems(404), dependencies=[Depends(require("read"))])
def show_scenario(scenario_id: Id, store: OfStore) -> Scenario:
    """Show a scenario."""
    return store.scenario(scenario_id)


@router.patch("/{scenario_id}", responses=problems(404, 409))
def rename_scenario(scenario_id: Id, body: NewName, store: OfStore, principal: Runner) -> Scenario:
    """Give a scenario another name."""
    renamed = store.rename_scenario(scenario_id, body.name)
    store.audit(principal.name, "rename_scenario", scenario_id, {"name": renamed.name})
    return renamed


@router.delete("/{scenario_id}", status_code=204, responses=problems(404))
def delete_scenario(scenario_id: Id, store: OfStore, principal: Runner) -> None:
    """Forget a scenario; the result of its job stays."""
    store.delete_scenario(scenario_id)
    store.audit(principal.name, "delete_scenario", scenario_id, {})


@router.post("/{scenario_id}/adopt", responses=problems(404))
def adopt_scenario(scenario_id: Id, store: OfStore, principal: Runner) -> Scenario:
    """Make a scenario the plan under way of its advertiser, in place of the one before."""
    return store.adopt(scenario_id, principal.name)
