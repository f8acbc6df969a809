"""The gate that every request passes: host, identity, rate, size and origin, in this order."""

from collections.abc import Collection

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..storage import Key, Store
from .answers import error_response
from .bodies import bounded
from .forgery import SAFE, require_same_origin, require_token
from .keys import TokenChecker, parse_token
from .principal import Principal, unauthenticated
from .problems import ProblemError, refusal
from .sessions import COOKIE, Session, Sessions
from .throttle import TokenBuckets

PUBLIC = ("/healthz", "/readyz", "/login")
PUBLIC_BELOW = ("/static/", "/s/")  # files of the pages; shared plans, which their token protects
_UNLIMITED = ("/healthz", "/readyz")
_FAILURES, _PER_SECOND = 10, 0.2  # wrong keys of one address at once; regained per second


class Identities:
    """Finds out who makes a request, by a key or by the session of a browser."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store, self._checker = store, TokenChecker()
        self._failures = TokenBuckets(_FAILURES, _PER_SECOND)
        self.sessions = sessions

    def of_token(self, text: str, address: str) -> Principal:
        """The principal of a key.

        Args:
            text: `mg_<id>_<secret>` as the client sent it.
            address: of the client, which may be wrong only so often.

        Raises:
            ProblemError: the key is unknown, wrong or revoked (401), or the address has sent too
                many such (429).
        """
        token = parse_token(text)
        key = self._valid_key(token.key_id) if token else None
        if token and key and self._checker.knows(token, key.hashed):
            return Principal.of(key)
        if wait := self._failures.wait(address):
            raise _too_many(wait)
        if not token or not self._checker.check(token, key.hashed if key else None) or not key:
            self._failures.take(address)
            raise unauthenticated("The key is unknown, wrong or revoked")
        return Principal.of(key)

    def of_key_id(self, key_id: str) -> Principal | None:
        """The principal of a key that a session or a one-time link stands for."""
        key = self._valid_key(key_id)
        return Principal.of(key) if key else None

    def _valid_key(self, key_id: str) -> Key | None:
        key = self._store.key_by_id(key_id)
        return None if key is None or key.revoked is not None else key

    def of_request(self, request: Request) -> tuple[Principal | None, Session | None]:
        """Who makes a request, and the session if it is that of a browser.

        Raises:
            ProblemError: a key was sent and is not valid (401, 429).
        """
        sent = request.headers.get("authorization")
        if sent is not None:
            kind, _, text = sent.partition(" ")
            if kind.lower() != "bearer":
                raise unauthenticated("The header Authorization has no Bearer token")
            return self.of_token(text.strip(), address_of(request)), None
        session = self.sessions.session(request.cookies.get(COOKIE, ""))
        if session is not None and self._store.has_ended(session.nonce):
            return None, None  # signed out of, wherever the cookie was copied to
        principal = self.of_key_id(session.key_id) if session else None
        return (principal, session) if principal else (None, None)


class Gate:
    """ASGI middleware that lets nobody in without a key, but to the public addresses."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        identities: Identities,
        buckets: TokenBuckets,
        hosts: Collection[str],
        upload: int,
    ) -> None:
        """A gate before an application.

        Args:
            app: what lies behind it.
            identities: tells who makes a request.
            buckets: requests that a client may make.
            hosts: names that the server answers to, lower-case and without ports.
            upload: most bytes of an upload.
        """
        self._app, self._identities, self._buckets = app, identities, buckets
        self._hosts, self._upload = frozenset(hosts), upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            request = Request(scope, receive)
            try:
                receive = await self._admitted(request)
            except ProblemError as error:
                await error_response(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _admitted(self, request: Request) -> Receive:
        """The channel of the body of a request that may pass; its state holds who makes it."""
        path = request.scope["path"]
        if path in _UNLIMITED:
            return bounded(request, 0)
        if host_name(request.headers.get("host", "")) not in self._hosts:
            raise refusal(
                "unknown-host",
                f"The host name {request.headers.get('host', '')[:100]!r} is not one of this "
                "server. To fix: add it to allowed_hosts of the server's configuration.",
            )
        is_public = path in PUBLIC or path.startswith(PUBLIC_BELOW)
        principal, session = await self._identified(request, is_public)
        client = f"key {principal.key_id}" if principal else f"address {address_of(request)}"
        if not path.startswith("/static/") and (wait := self._buckets.take(client)):
            raise _too_many(wait)
        if principal is None and not is_public:
            raise unauthenticated("No key was given")
        request.state.principal, request.state.session = principal, session
        receive = bounded(request, self._upload if principal else 0)  # the sign-in takes no files
        if request.method not in SAFE and (session is not None or is_public):
            require_same_origin(request)
        if request.method not in SAFE and session is not None and not is_public:
            sessions = self._identities.sessions
            receive = await require_token(request, receive, sessions, session)
        return receive

    async def _identified(
        self, request: Request, is_public: bool
    ) -> tuple[Principal | None, Session | None]:
        if is_public and "authorization" in request.headers:
            return None, None
        return await run_in_threadpool(self._identities.of_request, request)


def host_name(header: str) -> str:
    """Name of a `Host` header without the port, lower-case."""
    name = header.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].removesuffix(".")


def address_of(request: Request) -> str:
    """Address of the client, or of the proxy where none is trusted."""
    return request.client.host if request.client else "unknown"


def _too_many(wait: int) -> ProblemError:
    error = refusal(
        "too-many-requests",
        f"The client has made too many requests. To fix: wait {wait} s and try again.",
        retry_after=wait,
    )
    error.headers = {"Retry-After": str(wait)}
    return error
