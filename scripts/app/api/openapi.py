"""The description of the API as an OpenAPI 3.1 document."""

from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi

from ..jobs import KINDS
from .requests import ID, SLUG
from .responses import ProblemDocument

VERSION = "1.0"
_ABOUT = (
    "Plans of media budgets from ad exports. Send a key as `Authorization: Bearer mg_ID_SECRET`. "
    "Work is done by jobs: a POST answers 202 with the job's address."
)
_NAMES = {  # what every request for work has beside the keys of the command's YAML
    "advertiser": {"type": "string", "pattern": SLUG, "description": "id of an advertiser"},
    "dataset": {"type": "string", "pattern": ID, "description": "id of one of its data sets"},
}


def openapi_document(routes: APIRouter) -> dict[str, Any]:
    """The document that describes routes.

    Args:
        routes: the router of the whole API.
    """
    document: dict[str, Any] = get_openapi(
        title="MediaGym", version=VERSION, description=_ABOUT, routes=routes.routes
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = ProblemDocument.model_json_schema()
    for name, kind in KINDS.items():
        schemas[f"{name}-request"] = _request_schema(kind.schema())
    for name in ("HTTPValidationError", "ValidationError"):  # answers are problems instead
        schemas.pop(name, None)
    components["schemas"] = dict(sorted(schemas.items()))
    return document


def _request_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Schema of the body that asks for a kind of job."""
    properties = {**_NAMES, **schema["properties"]}
    return {**schema, "required": [*_NAMES], "properties": properties}
