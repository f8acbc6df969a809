"""What routes take from a request: the store, ids, names, and bodies of JSON."""

import json
import math
from typing import Annotated, Any, NoReturn

from fastapi import Depends, Path, Query
from pydantic import AfterValidator, StringConstraints
from starlette.requests import Request

from mediagym.data.errors import ConfigError
from mediagym.data.settings import require_plain

from ..security import ProblemError, problem_of, refusal
from ..storage import Store

ID, SLUG = r"^[0-9a-f]{32}$", r"^[a-z0-9][a-z0-9-]{0,79}$"
Id = Annotated[str, Path(pattern=ID, description="32 hexadecimal digits")]
IdText = Annotated[str, StringConstraints(pattern=ID)]
AdvertiserId = Annotated[str, Path(pattern=SLUG, description="its slug")]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
OfAdvertiser = Annotated[
    str | None, Query(pattern=SLUG, description="id of an advertiser; all without it")
]
Limit = Annotated[int, Query(ge=1, le=500, description="most records of the answer")]


def _without_control(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\t" for character in text):
        raise ValueError("text without control characters is allowed")
    return text


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=120), AfterValidator(_without_control)
]
Note = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_without_control)]


def store_of(request: Request) -> Store:
    """The store of the application."""
    store: Store = request.app.state.store
    return store


OfStore = Annotated[Store, Depends(store_of)]


def require_known_parameters(request: Request) -> None:
    """Raises for a parameter that the route does not have, which would be ignored without a word.

    Raises:
        ProblemError: naming it and those that are allowed (422).
    """
    allowed = {field.alias for field in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in allowed:
            raise refusal(
                "invalid-request",
                f"The parameter {name[:60]!r} was given. Allowed: "
                f"{', '.join(sorted(allowed)) or 'none'}. To fix: rename it or leave it out.",
            )


async def json_body(request: Request) -> dict[str, Any]:
    """The mapping in a request's body.

    Raises:
        ProblemError: the body is of another type (415), no JSON (400), or no mapping of plain and
            finite values (422).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refusal(
            "unsupported-media-type",
            f"The Content-Type is {kind[:60]!r}. Allowed: application/json. To fix: send JSON.",
        )
    content = await request.body()
    try:
        body = json.loads(content.decode("utf-8"), parse_constant=_not_finite)
    except (ValueError, RecursionError) as error:
        raise refusal(
            "malformed-request", f"The body is no JSON: {str(error)[:200]}. To fix: send JSON."
        ) from None
    if not isinstance(body, dict):
        raise refusal(
            "invalid-request",
            f"The body is a {type(body).__name__}. Allowed: an object. To fix: send an object.",
            "",
        )
    _require_finite(body)
    try:
        require_plain(body, "configuration")
    except ConfigError as error:
        raise ProblemError(problem_of(error)) from None
    return body


def _not_finite(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _require_finite(body: Any) -> None:
    left = [body]
    while left:
        value = left.pop()
        if isinstance(value, float) and not math.isfinite(value):
            raise refusal("malformed-request", "A number is too large. To fix: send a smaller one.")
        left += (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        )
