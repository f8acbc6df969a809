"""A person's request: who asks, at the pages of which advertiser, and the page that answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends
from fastapi.responses import HTMLResponse
from starlette.requests import Request

from ..jobs import submit
from ..security import Principal, Scope, csrf_token, require
from ..storage import Advertiser, Job, Store
from .environment import environment

_LONGEST = 500  # characters of a message


@dataclass(frozen=True)
class Visit:
    """A request of somebody who signed in."""

    request: Request
    principal: Principal
    store: Store
    own: Advertiser | None  # of the address; None: the page is of no advertiser

    @property
    def advertiser(self) -> Advertiser:
        """The advertiser whose pages are visited."""
        assert self.own is not None  # noqa: S101  # the address of such a page names one
        return self.own

    @property
    def is_fragment(self) -> bool:
        """True if a script of the page asks, for a part of it."""
        return self.request.headers.get("hx-request") == "true"

    def messages(self) -> dict[str, Any]:
        """What the redirect after a form says: `notice` of what was done, or `mistake`."""
        query = self.request.query_params
        return {key: query.get(key, "")[:_LONGEST] for key in ("notice", "mistake")}

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Answer with a page.

        Args:
            template: its name in `templates`; it extends `base.html.j2`.
            status: of the answer.
            values: what the template shows; `page` is the link of the navigation that is current.
        """
        shared = {
            "advertiser": self.own,
            "advertisers": self.store.advertisers(),
            "principal": self.principal,
            "may_run": self.principal.may("run"),
            "csrf": csrf_token(self.request),
            "page": None,
        }
        text = environment().get_template(template).render(shared | values)
        return HTMLResponse(text, status)

    def submit(
        self,
        kind: str,
        body: dict[str, Any],
        dataset: str | None,
        fresh: bool = False,
        background: bool = False,
        follows: str | None = None,
    ) -> Job:
        """Ask for a job of the advertiser, unless the same is there, waits or runs.

        Args:
            kind: a name of `KINDS`.
            body: keys of the command's YAML file that differ.
            dataset: files that it works on, if any.
            fresh: work anew even if it is done.
            background: work that is asked for later comes before it.
            follows: job that must be done before it begins.

        Raises:
            QueueFullError: as many jobs wait as the server allows.
        """
        return submit(
            self.store,
            kind,
            body,
            advertiser=self.advertiser.id,
            dataset=dataset,
            requested_by=self.principal.name,
            fresh=fresh,
            background=background,
            follows=follows,
            limit=self.request.app.state.settings.limits.queue,
        )

    def address(self, path: str, **query: Any) -> str:
        """Address of one of the advertiser's pages, with what it shows as its query."""
        known = {key: value for key, value in query.items() if value is not None}
        return f"/a/{self.advertiser.id}/{path}" + (f"?{urlencode(known)}" if known else "")


def visitor(scope: Scope) -> Callable[..., Visit]:
    """Dependency of a route that returns the visit of somebody whose key has a scope."""

    def visit(request: Request, principal: Annotated[Principal, Depends(require(scope))]) -> Visit:
        store: Store = request.app.state.store
        key = request.path_params.get("advertiser")
        return Visit(request, principal, store, None if key is None else store.advertiser(key))

    return visit


Reader = Annotated[Visit, Depends(visitor("read"))]
"""Visit of somebody who may look."""
Runner = Annotated[Visit, Depends(visitor("run"))]
"""Visit of somebody who may upload and start jobs."""
