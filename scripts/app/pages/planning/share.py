"""The page Share: files of a plan, links for clients, and paper."""

import base64
import hashlib
import re
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from ...api import media_type_of
from ...jobs import job
from ...storage import Scenario, Share, Store, UnknownError
from .. import Reader, Runner, Visit, findings
from .forms import Texts, leads_to
from .results import FRONTIER, budgets_job, files_of, plan_content
from .scenarios import own_scenario

router = APIRouter()
FILES = {  # what each file of a plan is for
    "plan.xlsx": "Workbook: summary, days, campaigns, notes",
    "plan.pdf": "One page for a client",
    "plan_long.csv": "One row per day and campaign",
    "plan_wide.csv": "One row per day, one column per campaign",
    "today.csv": "The daily budgets to enter now",
    "google_ads_editor.csv": "Budgets for Google Ads Editor",
    "media_plan.json": "Media Plan Open Data Standard, for other tools",
    "plan.json": "Everything, for programs",
    "frontier.json": "Best plans of other budgets, for programs",
    "changes.json": "What to set today and why, for programs",
    "plan.html": "The plan as one page, also for paper",
}
LIFETIMES = {"7": "one week", "30": "30 days", "90": "90 days", "": "until it is revoked"}
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@router.get("/a/{advertiser}/share")
def share_page(visit: Reader, s: str | None = None) -> Response:
    """Show the files of a scenario and its links."""
    return _page(visit, s, "")


@router.post("/a/{advertiser}/share")
def make_link(visit: Runner, fields: Texts) -> Response:
    """Make a read-only link to a scenario; its address is shown once."""
    scenario = own_scenario(visit, fields.get("scenario", ""))
    days = fields.get("days", "30")
    if days not in LIFETIMES:
        days = "30"
    expires = visit.store.clock() + timedelta(days=int(days)) if days else None
    who = visit.principal.name
    _, token = visit.store.add_share(visit.advertiser.id, scenario.result, who, expires)
    link = str(visit.request.url_for("shared_plan", token=token))
    return _page(visit, scenario.id, link)


@router.post("/a/{advertiser}/share/{share_id}/revoke")
def revoke_link(visit: Runner, share_id: str, fields: Texts) -> Response:
    """End a link."""
    own = {each.id for each in visit.store.shares(visit.advertiser.id)}
    if share_id not in own:
        raise UnknownError("share", share_id)
    visit.store.revoke_share(share_id, visit.principal.name)
    query = [("s", fields.get("scenario", "")), ("notice", "The link was revoked.")]
    return leads_to(visit, "share", query)


@router.get("/a/{advertiser}/results/{result}/{name:path}")
def result_file(visit: Reader, result: str, name: str) -> Response:
    """Send a file of a result; a page is sent to be looked at, anything else to be kept."""
    path = visit.store.result_file(result, name)
    if name.endswith(".html"):
        return _static_page(path.read_text(encoding="utf-8"))
    label = f"{visit.advertiser.id}-{PurePosixPath(name).name}"
    disposition = f"attachment; filename*=UTF-8''{quote(label)}"
    return FileResponse(
        path, media_type=media_type_of(name), headers={"Content-Disposition": disposition}
    )


@router.get("/s/{token}")
def shared_plan(request: Request, token: str) -> Response:
    """Show the plan of a link to anybody who has it."""
    store: Store = request.app.state.store
    share = store.share_of(token)
    if share is None:
        raise UnknownError("link", token[:8])
    page = store.result_file(share.result, "plan.html").read_text(encoding="utf-8")
    return _static_page(page)


def _static_page(text: str) -> Response:
    """Return a page that is complete in itself: its own style, no script, nothing fetched."""
    digests = [
        base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        for style in _STYLE.findall(text)
    ]
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = (
        f"default-src 'none'; style-src {styles}; style-src-attr 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    return HTMLResponse(text, headers=headers)


def _page(visit: Visit, chosen: str | None, link: str) -> Response:
    store, advertiser = visit.store, visit.advertiser.id
    scenarios = store.scenarios(advertiser)
    adopted = store.adopted(advertiser)
    scenario: Scenario | None = adopted or next(iter(scenarios), None)
    if chosen:
        scenario = own_scenario(visit, chosen)
    plan = None if scenario is None else plan_content(store, scenario.result)
    return visit.page(
        "share.html.j2",
        page="share",
        scenarios=scenarios,
        scenario=scenario,
        files=[] if scenario is None else _files(store, scenario),
        plan=plan,
        link=link,
        lifetimes=LIFETIMES,
        shares=[(each, _state(each, store.clock())) for each in store.shares(advertiser)],
        names={each.result: each.name for each in scenarios},
        found=findings(store, advertiser),
        **visit.messages(),
    )


def _files(store: Store, scenario: Scenario) -> list[tuple[str, str, int, str]]:
    """Return name, use, size and result of the files of a plan, the best known use first."""
    plan = job(store, scenario.job)
    found = {name: (size, scenario.result) for name, size in files_of(store, plan).items()}
    after = budgets_job(store, plan)
    if after is not None and after.result is not None:
        size = files_of(store, after).get(FRONTIER)
        found |= {} if size is None else {FRONTIER: (size, after.result)}
    return [(name, use, *found[name]) for name, use in FILES.items() if name in found]


def _state(share: Share, now: datetime) -> str:
    if share.revoked is not None:
        return "revoked"
    return "expired" if share.expires is not None and share.expires <= now else "open"
