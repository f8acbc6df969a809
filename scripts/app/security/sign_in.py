"""Pages on which a browser signs in with a key or a one-time link, and out again."""

from collections.abc import Mapping
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from mediagym.data.display import page_environment

from ..storage import Store
from .answers import local_address
from .gate import Identities, address_of
from .problems import ProblemError
from .sessions import COOKIE

LINK = "sign-in"  # purpose of the tokens of one-time links
_PAGES = page_environment(Path(__file__).parent)


def sign_in_routes(identities: Identities, store: Store) -> list[Route]:
    """Routes `/login` and `/logout`."""

    async def show(request: Request) -> Response:
        token = request.query_params.get("token")
        target = _inside(request.query_params.get("next", "/"))
        if token is None:
            return _form(target)
        key_id = await run_in_threadpool(store.use_token, LINK, token)
        principal = await run_in_threadpool(identities.of_key_id, key_id) if key_id else None
        if principal is None:
            reason = "The link was used before or is too old. Sign in with a key, or restart the "
            return _form(target, reason + "server: it prints a new link.", 401)
        # a page, not a redirect: a strict cookie would not be sent if another site had linked here
        answer = HTMLResponse(_PAGES.get_template("signed_in.html.j2").render(target=target))
        return _with_cookie(request, answer, principal.key_id)

    async def sign_in(request: Request) -> Response:
        form = await request.form()
        target = _inside(str(form.get("next", "/")))
        text = str(form.get("key", "")).strip()
        try:
            principal = await run_in_threadpool(identities.of_token, text, address_of(request))
        except ProblemError as error:
            reason = error.problem.detail.partition(" To fix:")[0]
            return _form(target, reason, error.status_code, error.headers)
        return _with_cookie(request, RedirectResponse(target, 303), principal.key_id)

    def _with_cookie(request: Request, answer: Response, key_id: str) -> Response:
        answer.set_cookie(
            COOKIE,
            identities.sessions.cookie(key_id),
            max_age=int(identities.sessions.seconds),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def sign_out(request: Request) -> Response:
        session = getattr(request.state, "session", None)
        if session is not None:  # a key has none
            expires = identities.sessions.end_of(session)
            await run_in_threadpool(store.end_session, session.nonce, expires)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return [
        Route("/login", show, methods=["GET"]),
        Route("/login", sign_in, methods=["POST"]),
        Route("/logout", sign_out, methods=["POST"]),
    ]


def _form(
    target: str, error: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    page = _PAGES.get_template("login.html.j2").render(target=target, error=error)
    return HTMLResponse(page, status, headers)


def _inside(target: str) -> str:
    """The target if it is an address of this server behind the sign-in, otherwise `/`."""
    return "/" if target.startswith("/login") else local_address(target) or "/"
