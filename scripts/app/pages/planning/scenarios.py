"""Plans that are saved under a name, renamed, deleted and adopted."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from mediagym.data.errors import MediaGymError

from ...storage import Scenario, UnknownError
from .. import Runner, Visit
from .forms import Texts, leads_to

router = APIRouter()


def own_scenario(visit: Visit, scenario_id: str) -> Scenario:
    """Return a scenario of the advertiser.

    Raises:
        UnknownError: the advertiser has no such scenario.
    """
    found = visit.store.scenario(scenario_id)
    if found.advertiser != visit.advertiser.id:
        raise UnknownError("scenario", scenario_id)
    return found


@router.post("/a/{advertiser}/scenarios")
def save(visit: Runner, fields: Texts) -> Response:
    """Save the plan of a job under a name, and adopt it if that was asked for."""
    job, page = fields.get("job", ""), _page_of(fields)
    name, note = fields.get("name", ""), fields.get("note", "")
    try:
        made = visit.store.save_scenario(visit.advertiser.id, name, job, note)
    except UnknownError:
        raise
    except MediaGymError as error:
        return leads_to(visit, page, [("job", job), ("mistake", str(error))], "keep")
    detail = {"advertiser": visit.advertiser.id, "name": made.name, "result": made.result}
    visit.store.audit(visit.principal.name, "save_scenario", made.id, detail)
    notice = f"Saved as {made.name}."
    if fields.get("adopt"):
        visit.store.adopt(made.id, visit.principal.name)
        notice = f"Saved as {made.name}, which is now the plan under way."
    return leads_to(visit, page, [("job", job), ("notice", notice)], "keep")


@router.post("/a/{advertiser}/scenarios/{scenario_id}/{action}")
def change(visit: Runner, scenario_id: str, action: str, fields: Texts) -> Response:
    """Rename, delete or adopt a scenario."""
    found = own_scenario(visit, scenario_id)
    who, store = visit.principal.name, visit.store
    detail = {"advertiser": found.advertiser, "name": found.name, "result": found.result}
    query: list[tuple[str, str]] = []
    try:
        if action == "adopt":
            store.adopt(found.id, who)
            query = [("notice", f"{found.name} is the plan under way.")]
        elif action == "delete":
            store.delete_scenario(found.id)
            store.audit(who, "delete_scenario", found.id, detail)
            query = [("notice", f"{found.name} was deleted; its files stay.")]
        elif action == "rename":
            renamed = store.rename_scenario(found.id, fields.get("name", ""))
            store.audit(who, "rename_scenario", found.id, {**detail, "to": renamed.name})
            query = [("notice", f"{found.name} is now {renamed.name}.")]
        else:
            raise UnknownError("action", quote(action))
    except UnknownError:
        raise
    except MediaGymError as error:
        query = [("mistake", str(error))]
    return leads_to(visit, _page_of(fields), [("job", fields.get("job", "")), *query], "keep")


def _page_of(fields: dict[str, str]) -> str:
    page = fields.get("page", "")
    return page if page in ("plan", "compare", "replan", "pacing", "share") else "compare"
