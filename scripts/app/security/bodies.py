"""Bodies of requests as streams: bounded, and looked into without being used up."""

from starlette.requests import Request
from starlette.types import Message, Receive

from .problems import refusal

MAX_BODY = 2**20  # bytes of a body that is no upload
_PEEK = 2**14  # bytes that are read before a form is passed on
_FORM_OVERHEAD = 2**20  # bytes of an upload's boundaries and headers, beside its files


def bounded(request: Request, most_of_upload: int) -> Receive:
    """The channel of a request's body, which raises when more comes than is allowed.

    Args:
        request: the request before its body is read.
        most_of_upload: bytes of a multipart form; other bodies may have `MAX_BODY`.

    Raises:
        ProblemError: the request announces a larger body (413).
    """
    is_upload = _content_type(request) == "multipart/form-data"
    most = most_of_upload + _FORM_OVERHEAD if is_upload else MAX_BODY
    announced = request.headers.get("content-length", "0")
    size = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
    error = refusal(
        "too-large",
        f"The body has more than {most:,} bytes. To fix: send less"
        + (", or several uploads." if is_upload else "."),
        limit=most,
    )
    if size > most:
        raise error
    received, size = 0, 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > most:
            raise error
        return message

    return receive


async def peeked(receive: Receive) -> tuple[bytes, Receive]:
    """The first bytes of a body, and a channel that brings them again and then the rest."""
    messages: list[Message] = []
    content = b""
    while len(content) < _PEEK:
        message = await receive()
        messages.append(message)
        content += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            break

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return content[:_PEEK], replay


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
