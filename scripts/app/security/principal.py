"""Who makes a request, and what they may do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from ..storage import Key
from .problems import ProblemError, refusal

Scope = Literal["read", "run", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "run", "admin")  # each includes those before it


@dataclass(frozen=True)
class Principal:
    """Holder of a key, by the key itself or by the session of a browser."""

    key_id: str
    name: str
    scopes: tuple[str, ...]

    @classmethod
    def of(cls, key: Key) -> "Principal":
        """The holder of a key that is valid."""
        return cls(key.id, key.name, key.scopes)

    def may(self, scope: Scope) -> bool:
        """True if one of the scopes is this one or includes it."""
        return any(each in self.scopes for each in SCOPES[SCOPES.index(scope) :])


def principal_of(request: Request) -> Principal:
    """The principal of a request that was let in.

    Raises:
        ProblemError: the address is public and nobody has signed in (401).
    """
    principal = getattr(request.state, "principal", None)
    if not isinstance(principal, Principal):
        raise unauthenticated("No key was given")
    return principal


def require(scope: Scope) -> Callable[[Request], Principal]:
    """Dependency of a route that returns the principal if its key has a scope.

    Args:
        scope: `read` to look, `run` to upload and to start jobs, `admin` for keys and the log.
    """

    def dependency(request: Request) -> Principal:
        principal = principal_of(request)
        if not principal.may(scope):
            raise refusal(
                "forbidden",
                f"The key {principal.name!r} has the scopes {', '.join(principal.scopes)}; this "
                f"needs {scope}. To fix: use another key, or ask an administrator for one.",
                scope=scope,
            )
        return principal

    return dependency


def unauthenticated(reason: str) -> ProblemError:
    """Error 401 with the challenge that RFC 6750 asks for."""
    error = refusal(
        "unauthenticated", f"{reason}. To fix: send `Authorization: Bearer mg_ID_SECRET`."
    )
    error.headers = {"WWW-Authenticate": 'Bearer realm="mediagym"'}
    return error
