"""All routes of the API in one router."""

from functools import cache
from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from ..security import require
from . import advertisers, datasets, jobs, keys, results, runs, scenarios
from .openapi import openapi_document
from .requests import require_known_parameters
from .responses import problems

router = APIRouter(
    dependencies=[Depends(require_known_parameters)],
    generate_unique_id_function=lambda route: route.name,  # names in generated clients
)
for _part in (advertisers, datasets, runs, jobs, results, scenarios, keys):
    router.include_router(_part.router)


@router.get(
    "/v1/openapi.json",
    tags=["description"],
    responses=problems(),
    dependencies=[Depends(require("read"))],
)
def show_openapi() -> JSONResponse:
    """Describe the API as an OpenAPI document."""
    return JSONResponse(_document())


@cache
def _document() -> dict[str, Any]:
    return openapi_document(router)
