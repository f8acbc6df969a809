"""Checks that a request that changes something was made by a page of this server."""

import re
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.types import Receive

from .bodies import peeked
from .problems import ProblemError, refusal
from .sessions import Session, Sessions

SAFE = ("GET", "HEAD", "OPTIONS")
HEADER, FIELD = "X-CSRF-Token", "csrf"
_PART = re.compile(  # of a multipart form; the token's field is its first
    rb'content-disposition: form-data; name="csrf"\r\n(?:[^\r\n]+\r\n)*\r\n([\w-]{1,128})\r\n',
    re.IGNORECASE,
)


def require_same_origin(request: Request) -> None:
    """Raises if the browser says that another site has made the request.

    Raises:
        ProblemError: `Sec-Fetch-Site` or `Origin` names another site (403).
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    if site not in ("same-origin", "none") or (
        origin is not None and _host_of(origin) != host.lower()
    ):
        raise _forged("It comes from another site")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


async def require_token(
    request: Request, receive: Receive, sessions: Sessions, session: Session
) -> Receive:
    """Channel of the body after the session's token was found in the header or in the form.

    The field `csrf` has to stand among the first bytes of a form, so it comes first in it.

    Raises:
        ProblemError: there is no token, or that of another session (403).
    """
    token = request.headers.get(HEADER)
    if token is None:
        content, receive = await peeked(receive)
        token = _field(request.headers.get("content-type", ""), content)
    if not token or not sessions.is_csrf_token(session, token):
        raise _forged(f"It lacks the token of the session ({HEADER}, or {FIELD} first in a form)")
    return receive


def _field(content_type: str, content: bytes) -> str | None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        match = _PART.search(content)
        return match[1].decode() if match else None
    if kind == "application/x-www-form-urlencoded":
        text = content.decode("latin-1").split("&", 1)[0]
        return parse_qs(text).get(FIELD, [None])[0]
    return None


def _forged(reason: str) -> ProblemError:
    return refusal(
        "forged-request",
        f"{reason}. To fix: reload the page and send the form again, or use a key.",
    )
