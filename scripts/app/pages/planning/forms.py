"""Forms of the planner: what was sent, and where its answer leads."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse

from .. import Visit

MAX_FIELDS = 4000  # of one form: 200 campaigns with a row of bounds each


async def _texts(request: Request) -> dict[str, str]:
    """Return the fields of a form that hold text; of one that stands twice, the last."""
    async with request.form(max_fields=MAX_FIELDS, max_files=1) as form:
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}


Texts = Annotated[dict[str, str], Depends(_texts)]
"""Fields of the form that a browser has sent."""


def leads_to(
    visit: Visit, path: str, query: Sequence[tuple[str, Any]] = (), part: str = ""
) -> RedirectResponse:
    """Return the redirect to a page of the advertiser, which is then loaded by GET.

    Args:
        visit: whose form it was.
        path: last part of the address.
        query: pairs of the query; one without a value is left out.
        part: id of the part of the page to go to.
    """
    pairs = [(key, value) for key, value in query if value not in (None, "")]
    address = visit.address(path) + (f"?{urlencode(pairs)}" if pairs else "")
    return RedirectResponse(address + (f"#{part}" if part else ""), 303)
