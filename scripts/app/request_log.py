"""One log line and one measurement per request."""

import logging
import re
import time
import uuid

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADER = b"x-request-id"
_SHARED = re.compile(r"^/s/[^/]+")  # its token is a secret
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SOUND = re.compile(rb"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("mediagym.requests")


class RequestLog:
    """Middleware that gives every request an id, logs it and counts it.

    Args:
        app: what answers.
        registry: where the counts are kept.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        labels = ("method", "route", "status")
        self._count = Counter(
            "mediagym_requests", "Requests that were answered", labels, registry=registry
        )
        self._seconds = Histogram(
            "mediagym_request_seconds",
            "Time until the answer was sent",
            ("method", "route"),
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(_HEADER, b"")
        request_id = given.decode() if _SOUND.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        begun, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message.get("headers", []), (_HEADER, request_id.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("failed", extra={"request": request_id})
            raise
        finally:
            self._note(scope, request_id, status, time.perf_counter() - begun)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method, path = scope["method"], _SHARED.sub("/s/...", scope["path"])
        route = getattr(scope.get("route"), "path", "none")  # few, unlike paths
        known = method if method in _METHODS else "other"  # clients may invent as many as they like
        self._count.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)
        more = {"request": request_id, "method": method, "path": path, "status": status}
        log.info("answered", extra={**more, "ms": round(1000 * seconds, 1)})
