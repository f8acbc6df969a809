"""Puts the gate, the headers, the sign-in and the answers to errors in front of an application."""

from datetime import timedelta
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from mediagym.data.errors import ConfigError, MediaGymError

from ..storage import Key, Store
from .answers import error_response
from .forgery import FIELD, HEADER
from .gate import Gate, Identities, host_name
from .headers import SecureHeaders
from .keys import Token, hashed
from .principal import Principal, Scope
from .problems import ProblemError, pointer_to, problem_of, refusal
from .sessions import Session, Sessions
from .sign_in import LINK, sign_in_routes
from .throttle import TokenBuckets

_LINK_LIFETIME = timedelta(minutes=30)
_RETRY = 30  # seconds after which a full queue may have room
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Limits(Protocol):
    """What a client may ask for."""

    @property
    def upload(self) -> int: ...  # noqa: D102
    @property
    def burst(self) -> int: ...  # noqa: D102
    @property
    def per_second(self) -> float: ...  # noqa: D102


class ServerSettings(Protocol):
    """The options of the server that concern who may do what."""

    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def allowed_hosts(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def session_hours(self) -> float: ...  # noqa: D102
    @property
    def limits(self) -> Limits: ...  # noqa: D102


class Security:
    """What the rest of the server asks of this package."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store, self._sessions = store, sessions

    def csrf_token(self, session: Session) -> str:
        """Token that the forms of a session carry."""
        return self._sessions.csrf_token(session)

    def sign_in_path(self, target: str = "/") -> str:
        """Address that signs a browser in once, as the oldest administrator.

        Raises:
            ConfigError: no key with the scope admin is left.
        """
        administrators = [key for key in _valid_keys(self._store) if Principal.of(key).may("admin")]
        if administrators:
            token = self._store.add_token(LINK, administrators[-1].id, _LINK_LIFETIME)
            return f"/login?token={token}&next={quote(target, safe='')}"
        raise ConfigError(
            "keys: every key with the scope admin is revoked. Allowed: one at least. To fix: "
            "make one with python scripts/serve.py new_key=NAME"
        )


def install(app: FastAPI, store: Store, settings: ServerSettings) -> Security:
    """Secures an application; to be called before it answers its first request.

    Args:
        app: the application; its `state.security` is set.
        store: where the keys are.
        settings: options of the server.
    """
    sessions = Sessions(store.secret("sessions"), 3600 * settings.session_hours)
    identities = Identities(store, sessions)
    limits = settings.limits
    app.add_middleware(
        Gate,
        identities=identities,
        buckets=TokenBuckets(limits.burst, limits.per_second),
        hosts=_hosts(settings),
        upload=limits.upload,
    )
    app.add_middleware(SecureHeaders)
    app.router.routes.extend(sign_in_routes(identities, store))
    app.add_exception_handler(HTTPException, _answer_refusal)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(MediaGymError, _answer_mistake)
    app.state.security = Security(store, sessions)
    return app.state.security  # type: ignore[no-any-return]  # just set


def _hosts(settings: ServerSettings) -> set[str]:
    own = settings.host.lower()
    own = f"[{own}]" if ":" in own else own
    wildcards = ("0.0.0.0", "[::]")  # noqa: S104  # addresses to listen on, not names
    named = {host_name(name) for name in settings.allowed_hosts}
    return {*_LOOPBACK, *named} | ({own} - set(wildcards))


def require_safe_bind(host: str, allowed_hosts: tuple[str, ...], store: Store) -> None:
    """Raises if a server that other machines reach would have no key, or no name.

    Raises:
        ConfigError: `host` is no address of this machine alone, and there is no key yet or
            `allowed_hosts` is empty.
    """
    try:
        is_loopback = ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_loopback = host.lower() == "localhost"
    if is_loopback:
        return
    if not _valid_keys(store):
        raise ConfigError(
            f"host: {host!r} was given, which other machines reach, and there is no key yet. "
            "Allowed: 127.0.0.1 until there is one. To fix: start once with host=127.0.0.1, which "
            "prints the owner's key."
        )
    if not allowed_hosts:
        raise ConfigError(
            f"host: {host!r} was given, which other machines reach, without allowed_hosts. "
            "Allowed: the names by which they call the server. To fix: set allowed_hosts=[NAME]."
        )


def new_key(store: Store, name: str, scopes: tuple[Scope, ...]) -> tuple[Key, str]:
    """Makes a key; returns it with its token, which is nowhere kept.

    Args:
        store: where its hash goes.
        name: whose or what for it is.
        scopes: what it allows.
    """
    key, secret = store.add_key(name, scopes, hashed)
    return key, str(Token(key.id, secret))


def first_key(store: Store) -> str | None:
    """Token of the key `owner`, which is made where there is no key yet; otherwise None."""
    every = store.keys()
    return None if every else new_key(store, "owner", ("admin",))[1]


def _valid_keys(store: Store) -> list[Key]:
    every = store.keys()
    return [key for key in every if key.revoked is None]


def csrf_token(request: Request) -> str:
    """Token for the forms of a page: header `X-CSRF-Token`, or field `csrf`, first in the form.

    Empty where nobody has signed in by a browser.
    """
    session = getattr(request.state, "session", None)
    return request.app.state.security.csrf_token(session) if session else ""


CSRF_HEADER, CSRF_FIELD = HEADER, FIELD


async def _answer_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for these
    if error.status_code == 405:
        error.headers = {"Allow": ", ".join(sorted(_methods(request)))}
    return error_response(request, error)


def _methods(request: Request) -> set[str]:
    """Methods of all routes of an address; the framework lists those of the first route only."""
    return {
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    }


async def _answer_mistake(request: Request, error: Exception) -> Response:
    assert isinstance(error, MediaGymError)  # noqa: S101  # registered for these
    problem = problem_of(error)
    headers = {"Retry-After": str(_RETRY)} if problem.code == "queue-full" else {}
    return error_response(request, ProblemError(problem, headers))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for these
    first = error.errors()[0]
    place, *path = first["loc"]
    where = ".".join(map(str, path)) or "the body"
    if first["type"] == "json_invalid":
        detail, pointer = f"The body is no JSON: {first['msg']}", None
    else:
        detail = f"{place} {where}: {first['msg'].lower()}. To fix: see /v1/openapi.json."
        pointer = pointer_to(path) if place == "body" else None
    return error_response(request, refusal("invalid-request", detail, pointer))
