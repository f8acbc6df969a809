"""Answers to what was refused: a problem for programs, a page or a redirect for people."""

from html import escape
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .problems import CODES, Problem, ProblemError, problem_response

API = "/v1/"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} - MediaGym</title>
<link rel="icon" href="/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/stylesheet.css">
<link rel="stylesheet" href="/static/app.css">
<script src="/static/theme.js"></script></head>
<body class="app"><header class="bar"><a class="brand" href="/">MediaGym</a></header>
<main id="main">
<h1>{title}</h1><p>{detail}</p><p><a href="/">To the start page</a></p></main></body>
</html>
"""


def error_response(request: Request, error: HTTPException) -> Response:
    """The answer to a request that was refused.

    Programs, which call addresses below `/v1/`, get a problem. A page that needs a key leads to
    the sign-in; any other refusal is a page that says why.
    """
    is_page = not request.url.path.startswith(API) and _wants_page(request)
    problem = error.problem if isinstance(error, ProblemError) else _problem(error, is_page)
    headers = dict(error.headers or {})
    if not is_page:
        return problem_response(problem, headers)
    if problem.code == "unauthenticated":
        return _to_sign_in(request)
    detail = str(problem.document()["detail"])
    if problem.code == "not-found":  # lists are a program's remedy
        detail = detail.partition(" Allowed: ")[0] + " It may have been deleted."
    page = _PAGE.format(title=escape(CODES[problem.code][1]), detail=escape(detail))
    return HTMLResponse(page, problem.status, headers)


def local_address(target: str) -> str:
    """The target if it is an address of this server that a header can hold, otherwise empty.

    Args:
        target: from a query or a form; browsers read `//` and a backslash as another server's.
    """
    is_plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if is_plain and target.startswith("/") and target[1:2] != "/" else ""


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("hx-request") == "true":  # htmx follows redirects into the fragment
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    here = here if request.method == "GET" else "/"
    return RedirectResponse(f"/login?next={quote(here, safe='')}", 303)


def _wants_page(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or request.headers.get("hx-request") == "true"


def _problem(error: HTTPException, is_page: bool) -> Problem:
    """Problem of an error that the framework has raised."""
    codes = {status: code for code, (status, _) in reversed(CODES.items())}
    code = codes.get(error.status_code, "malformed-request")
    details = {
        "not-found": "Nothing is at this address."
        + ("" if is_page else " To fix: see /v1/openapi.json for all of them."),
        "method-not-allowed": "The address exists, but not for this method; see the header Allow.",
    }
    return Problem(code, details.get(code, str(error.detail)))
