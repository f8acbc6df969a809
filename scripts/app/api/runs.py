"""Routes that start work: a command's keys in the body, a job in the answer."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from starlette.requests import Request

from ..jobs import KINDS, submit
from ..security import Principal, refusal, require
from ..storage import Job, Store, UnknownError
from .requests import OfStore, json_body
from .responses import located, problems

router = APIRouter(prefix="/v1", tags=["work"])
PATHS = {  # kind of job -> where it is asked for, and what the answer's job does
    "ingest": ("/ingests", "Read exports: what was found in each file, and the history."),
    "insights": ("/insights", "Report what the exports say: changes, anomalies, forecasts."),
    "attribute": ("/attributions", "Attribute conversions to the channels of journeys."),
    "calibrate": ("/calibrations", "Calibrate the simulator: response curves with intervals."),
    "plan": ("/plans", "Plan a budget: dollars per day and campaign."),
    "frontier": ("/frontiers", "Plan other budgets: the best plan of each, without a dated plan."),
    "replan": ("/replans", "Plan the rest of a flight anew from what has happened."),
    "score": ("/scores", "Compare a plan of the user's own with the proposed ones."),
}


def _body_schema(kind: str) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": f"#/components/schemas/{kind}-request"}}
            },
        }
    }


def _start(kind: str) -> Callable[..., Job]:
    def start(
        response: Response,
        principal: Annotated[Principal, Depends(require("run"))],  # before the body is looked at
        body: Annotated[dict[str, Any], Depends(json_body)],
        store: OfStore,
        request: Request,
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1,
                max_length=255,
                pattern=r"^[\x21-\x7e]+$",
                description="the same key with the same body within a day is the same job",
            ),
        ] = None,
        fresh: Annotated[
            bool, Query(description="work anew, even if the same was done before")
        ] = False,
    ) -> Job:
        advertiser, dataset, keys = _parts(store, body)
        KINDS[kind].validate(keys, store)
        job = submit(
            store,
            kind,
            keys,
            advertiser=advertiser,
            dataset=dataset,
            requested_by=principal.name,
            idempotency_key=idempotency_key,
            key_id=principal.key_id,
            fresh=fresh,
            limit=request.app.state.settings.limits.queue,
        )
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return job

    return start


def _parts(store: Store, body: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Advertiser and data set of a request, and the keys of the YAML.

    Raises:
        ProblemError: one of the two is missing, unknown or not the other's (422).
    """
    names = {"advertiser": store.advertiser, "dataset": store.dataset}
    for key, look in names.items():
        given = body.get(key)
        if not isinstance(given, str):
            what = "is missing" if key not in body else "is no text"
            raise refusal(
                "invalid-request", f"{key}: it {what}. Allowed: an id. To fix: set it.", f"/{key}"
            )
        try:
            look(given)
        except UnknownError as error:
            raise refusal("invalid-request", str(error), f"/{key}") from None
    advertiser, dataset = body["advertiser"], body["dataset"]
    if store.dataset(dataset).advertiser != advertiser:
        raise refusal(
            "invalid-request",
            f"dataset: it is not of the advertiser {advertiser!r}. Allowed: its own. To fix: list "
            "them with GET /v1/datasets?advertiser=ID.",
            "/dataset",
        )
    return advertiser, dataset, {key: body[key] for key in body if key not in names}


for _kind, (_path, _summary) in PATHS.items():
    router.add_api_route(
        _path,
        _start(_kind),
        methods=["POST"],
        status_code=202,
        summary=_summary.partition(":")[0],
        description=_summary,
        operation_id=f"start_{_kind}",
        openapi_extra=_body_schema(_kind),
        responses=located(202) | problems(409, 415, 503),
    )
