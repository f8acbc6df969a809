"""Uploads: multipart forms written to disk as they come, at constant memory."""

import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from ..security import CSRF_FIELD, ProblemError, refusal
from .names import checked_name

_MAX_FIELDS, _MAX_FIELD = 16, 4096  # fields that are no files; bytes of one
_STALE = 24 * 3600.0  # seconds after which an upload's folder is that of a killed server
_PREFIX = ".upload-"


@dataclass
class Form:
    """What a form has brought: fields, and files that lie in a folder."""

    folder: Path
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def discard(self) -> None:
        """Removes the files, if nobody has taken them over."""
        shutil.rmtree(self.folder, ignore_errors=True)


async def receive_form(
    request: Request, parent: Path, suffixes: tuple[str, ...], files: int
) -> Form:
    """The form of a request; its files are in a new folder, which the caller has to discard.

    Args:
        request: a request with a multipart form.
        parent: where the folder is made.
        suffixes: what names of files may end with.
        files: most files.

    Raises:
        ProblemError: the request is of another type (415), cut short or no multipart form (400);
            a name is not allowed (415, 422); there are more files or fields than allowed (413).
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise refusal(
            "unsupported-media-type",
            f"The Content-Type is {kind.decode('latin-1')[:60]!r}. Allowed: multipart/form-data "
            "with a boundary. To fix: send the files as a form.",
        )
    _remove_stale(parent)
    form = Form(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)))
    reader = _FormReader(form, suffixes, files)
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
        async for chunk in request.stream():
            if chunk:
                await run_in_threadpool(parser.write, chunk)
        await run_in_threadpool(parser.finalize)
        reader.finish()
    except BaseException as error:
        reader.close()
        form.discard()
        if isinstance(error, MultipartParseError | ClientDisconnect):
            raise _malformed(f"The form cannot be read ({error})") from None
        raise
    return form


def _remove_stale(parent: Path) -> None:
    """Removes what uploads have left behind whose server was killed."""
    for path in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE:
                shutil.rmtree(path, ignore_errors=True)


class _FormReader:
    """Callbacks of the parser: a part is a field, which is short, or a file, which is written."""

    def __init__(self, form: Form, suffixes: tuple[str, ...], files: int) -> None:
        self._form, self._suffixes, self._most = form, suffixes, files
        self._header, self._value = b"", b""
        self._disposition: dict[bytes, bytes] = {}
        self._stream: IO[bytes] | None = None
        self._text = bytearray()
        self._complete = False

    def callbacks(self) -> dict[str, Any]:
        """The callbacks by the names that the parser knows."""
        names = (
            "part_begin", "part_data", "part_end", "header_field", "header_value", "header_end",
            "headers_finished", "end",
        )  # fmt: skip
        return {f"on_{name}": getattr(self, f"_on_{name}") for name in names}

    def finish(self) -> None:
        """Raises if the form was cut short."""
        if not self._complete:
            raise _malformed("The form ends before its last boundary")

    def close(self) -> None:
        """Closes the file that is being written."""
        if self._stream is not None:
            self._stream.close()

    def _on_part_begin(self) -> None:
        self._disposition, self._text = {}, bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, self._disposition = parse_options_header(self._value)
        self._header, self._value = b"", b""

    def _on_headers_finished(self) -> None:
        if b"name" not in self._disposition:
            raise _malformed("A part of the form has no name")
        given = self._disposition.get(b"filename")
        if given is None:
            if len(self._form.fields) >= _MAX_FIELDS:
                raise refusal("too-large", f"The form has more than {_MAX_FIELDS} fields.")
            return
        if not given:
            raise refusal("invalid-request", "A file has no name. To fix: choose a file.")
        if len(self._form.files) >= self._most:
            raise refusal(
                "too-large",
                f"The form has more than {self._most} files. To fix: send several uploads.",
                limit=self._most,
            )
        name = checked_name(_decoded(given), self._form.files, self._suffixes)
        self._stream = (self._form.folder / name).open("xb")
        self._form.files.append(name)

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._stream is not None:
            self._stream.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD:
            raise refusal("too-large", f"A field of the form has more than {_MAX_FIELD} bytes.")

    def _on_part_end(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            return
        name = _decoded(self._disposition[b"name"])
        if name != CSRF_FIELD:
            self._form.fields[name] = _decoded(bytes(self._text))

    def _on_end(self) -> None:
        self._complete = True


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _malformed(reason: str) -> ProblemError:
    return refusal("malformed-request", f"{reason}. To fix: send the form again.")
