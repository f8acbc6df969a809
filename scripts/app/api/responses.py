"""What every route says of its answers: problems, and lists of records."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, Field

from ..security import CODES, MEDIA_TYPE

Item = TypeVar("Item")
_USUAL = (400, 401, 403, 413, 421, 422, 429)
_SAID = {
    400: "The request cannot be read.",
    401: "No key was sent, or it is unknown, wrong or revoked.",
    403: "The key lacks the scope, or a page of another site has made the request.",
    404: "There is no such thing.",
    409: "The name is taken, something else needs it, or the request contradicts an earlier one.",
    413: "The body is larger than the server allows.",
    415: "The content is of a type that is not read here.",
    416: "The file has no such bytes.",
    421: "The server does not answer to this host name.",
    422: "A value is not allowed, or the files cannot be read with certainty.",
    429: "The client has made too many requests; `Retry-After` says when to go on.",
    503: "Too many jobs wait; `Retry-After` says when to try again.",
}


class Listing(BaseModel, Generic[Item]):
    """Records, the newest first."""

    items: list[Item]


class ProblemDocument(BaseModel, extra="allow"):
    """What went wrong, as RFC 9457 describes it; further members hold numbers."""

    type: Annotated[str, Field(description="urn:mediagym:problem: and the code")]
    title: Annotated[str, Field(description="the same for every problem of a code")]
    status: Annotated[int, Field(ge=400, le=599)]
    code: Annotated[
        str, Field(description="stable, for programs", json_schema_extra={"enum": [*CODES]})
    ]
    detail: Annotated[str, Field(description="what was given, what is allowed, what to do")]
    pointer: Annotated[str | None, Field(description="JSON pointer of the value in the body")] = (
        None
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declaration of the problems that a route may answer with.

    Args:
        statuses: those beside the usual ones, which every route has.
    """
    return {
        status: {
            "description": _SAID[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            **({"headers": {"Retry-After": _RETRY}} if status in (429, 503) else {}),
        }
        for status in sorted({*_USUAL, *statuses})
    }


_RETRY = {"description": "seconds to wait", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
_LOCATION = {"Location": {"description": "address of it", "schema": {"type": "string"}}}


def located(status: int) -> dict[int | str, dict[str, Any]]:
    """Declaration of an answer whose header `Location` leads to what was made."""
    return {status: {"headers": _LOCATION}}
