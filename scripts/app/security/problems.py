"""Problems of RFC 9457: the one form in which errors reach programs."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from mediagym.data.errors import ConfigError, ConstraintError, DataError, MediaGymError

from ..storage import ConflictError, QueueFullError, TakenError, UnknownError, UsedError

MEDIA_TYPE = "application/problem+json"
CODES = {  # code -> status, title
    "malformed-request": (400, "The request cannot be read"),
    "unauthenticated": (401, "A key is needed"),
    "forbidden": (403, "The key does not allow this"),
    "forged-request": (403, "The request does not come from a page of this server"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "The address does not take this method"),
    "conflict": (409, "The request contradicts what is kept"),
    "too-large": (413, "The request is too large"),
    "unsupported-media-type": (415, "The content is of another type than expected"),
    "range-not-satisfiable": (416, "The file has no such bytes"),
    "unknown-host": (421, "The server does not answer to this host name"),
    "invalid-request": (422, "The request is not valid"),
    "invalid-setting": (422, "A setting is not valid"),
    "invalid-data": (422, "The files cannot be read with certainty"),
    "infeasible": (422, "No plan satisfies the constraints"),
    "refused": (422, "The request cannot be carried out"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "The server made a mistake"),
    "queue-full": (503, "Too many jobs wait"),
}
_MAX_PROBLEMS = 100  # of the files, in one answer
_MAX_DETAIL = 4000  # characters
_KEY = re.compile(  # the dotted key that a message begins with, quoted if nobody knows it
    r"'([^']{1,100})': |([a-z_]+(?:\.[^.:\s][^.:]*)*): "
)


@dataclass(frozen=True)
class Problem:
    """Error in the form of RFC 9457."""

    code: str  # a key of `CODES`; stable, for programs
    detail: str  # what was given, what is allowed, what to do
    pointer: str | None = None  # JSON pointer of the value in the request's body
    numbers: Mapping[str, Any] = field(default_factory=dict)  # further members of the document

    @property
    def status(self) -> int:
        """Status of the answer."""
        return CODES[self.code][0]

    def document(self) -> dict[str, Any]:
        """Members of the problem as JSON."""
        detail = "".join(c if c.isprintable() or c == "\n" else " " for c in self.detail)
        document: dict[str, Any] = {
            "type": f"urn:mediagym:problem:{self.code}",
            "title": CODES[self.code][1],
            "status": self.status,
            "code": self.code,
            "detail": detail[:_MAX_DETAIL],
        }
        if self.pointer is not None:
            document["pointer"] = self.pointer
        return {**{key: _finite(value) for key, value in self.numbers.items()}, **document}


class ProblemError(HTTPException):
    """Raised to answer a request with a problem."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.status, problem.detail, dict(headers or {}))
        self.problem = problem


def refusal(code: str, detail: str, pointer: str | None = None, **numbers: Any) -> ProblemError:
    """Error that answers with the problem of a code; see `Problem`."""
    return ProblemError(Problem(code, detail, pointer, numbers))


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Answer that holds a problem."""
    return JSONResponse(
        problem.document(), problem.status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def problem_of(error: MediaGymError) -> Problem:
    """Problem that says what an error says, with its place and its numbers.

    Args:
        error: what reading, parsing or planning has raised.
    """
    if isinstance(error, DataError):
        problems = error.problems
        listed = [_printable(each.details) for each in problems[:_MAX_PROBLEMS]]
        return Problem(
            "invalid-data", str(error), None, {"problems": listed, "problem_count": len(problems)}
        )
    if isinstance(error, ConstraintError):
        return Problem("infeasible", str(error), None, error.details)
    if isinstance(error, ConfigError):
        key = _KEY.match(str(error))
        path = [key[1]] if key and key[1] else key[2].split(".") if key else None
        return Problem("invalid-setting", str(error), None if path is None else pointer_to(path))
    kinds = {
        UnknownError: "not-found",
        ConflictError: "conflict",
        TakenError: "conflict",
        UsedError: "conflict",
        QueueFullError: "queue-full",
    }
    return Problem(kinds.get(type(error), "refused"), str(error))


def pointer_to(path: Iterable[str | int]) -> str:
    """JSON pointer (RFC 6901) of a path of keys and positions."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def _finite(value: Any) -> Any:
    """A value, or None for a number that JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _printable(details: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: "".join(c if c.isprintable() else " " for c in value)
        if isinstance(value, str)
        else value
        for key, value in details.items()
    }
