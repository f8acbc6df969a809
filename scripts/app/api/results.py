"""Routes of results: the files that a job has written."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ..security import refusal, require
from ..storage import Result
from .requests import Id, OfStore
from .responses import problems

router = APIRouter(prefix="/v1/results", tags=["results"])
MEDIA_TYPES = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OTHER = "application/octet-stream"
# pages of results are whole in themselves: their own styles and pictures, and no scripts
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; sandbox; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
_BYTES = {"type": "string", "format": "binary"}
_FILES = {
    "description": "The file, or with `Range` a part of it.",
    "content": {
        kind.partition(";")[0]: {"schema": {} if "json" in kind else _BYTES}
        for kind in (*MEDIA_TYPES.values(), _OTHER)
    },
    "headers": {"ETag": {"description": "SHA-256 of the file", "schema": {"type": "string"}}},
}


@router.get("/{result_id}", responses=problems(404), dependencies=[Depends(require("read"))])
def show_result(result_id: Id, store: OfStore) -> Result:
    """List the files of a result."""
    return store.result(result_id)


@router.get(
    "/{result_id}/files/{name:path}",
    response_class=Response,
    responses={
        200: _FILES,
        206: _FILES,
        304: {"description": "The client has the file already (`If-None-Match`)."},
        **problems(404, 416),
    },
    dependencies=[Depends(require("read"))],
)
def result_file(
    result_id: Id,
    name: Annotated[str, Path(description="name of the file, as the result lists it")],
    store: OfStore,
    request: Request,
) -> Response:
    """Download a file of a result, whole or a range of its bytes."""
    return file_response(store.result(result_id), name, store.result_file(result_id, name), request)


def media_type_of(name: str) -> str:
    """Media type of a file of a result by its name."""
    return MEDIA_TYPES.get("." + name.rpartition(".")[2].lower(), _OTHER)


def file_response(result: Result, name: str, path: object, request: Request) -> Response:
    """The answer that holds a file of a result, or says that the client has it.

    Args:
        result: the result that lists the file.
        name: its name there.
        path: where it is.
        request: whose headers `If-None-Match` and `Range` are respected.

    Raises:
        ProblemError: the range lies beyond the file (416).
    """
    file = next(each for each in result.files if each.name == name)
    tag = f'"{file.sha256}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [each.strip().removeprefix("W/") for each in _header(request, "if-none-match")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    if name.lower().endswith((".html", ".svg")):
        headers["Content-Security-Policy"] = _POLICY
    _set_range(request, file.size, tag)
    return FileResponse(
        str(path),
        headers=headers,
        media_type=media_type_of(name),
        filename=name.rpartition("/")[2],
        content_disposition_type="inline",
    )


def _header(request: Request, name: str) -> list[str]:
    return request.headers.get(name, "").split(",")


def _set_range(request: Request, size: int, tag: str) -> None:
    """Leaves the one range that is asked for in the request; what is no range is ignored.

    Raises:
        ProblemError: the file has no such bytes (416).
    """
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    condition = request.headers.get("if-range", tag).strip()
    others = [pair for pair in request.scope["headers"] if pair[0] not in (b"range", b"if-range")]
    request.scope["headers"] = others
    if match is None or condition != tag:
        return
    first, last, tail = match.groups()
    start = int(first) if first is not None else max(0, size - int(tail))
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return
    if start >= size or tail == "0":
        error = refusal("range-not-satisfiable", f"The file has {size:,} bytes.", size=size)
        error.headers = {"Content-Range": f"bytes */{size}"}
        raise error
    request.scope["headers"] = [*others, (b"range", f"bytes={start}-{end}".encode())]
