"""Files that are sent with a form: plans of the user's own, and mappings of campaigns."""

import shutil
import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from mediagym.data.display import file_name
from mediagym.data.errors import DataError

from .. import Visit

_MOST = 10_000_000  # bytes of a plan


async def keep_upload(visit: Visit, sent: object, what: str) -> str | None:
    """Keep a file of a form and return its id; None if none was chosen.

    Args:
        visit: whose form it was.
        sent: the value of the form's field.
        what: of the file, for messages.

    Raises:
        DataError: the file is empty or too large.
    """
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    if not sent.size or sent.size > _MOST:
        raise DataError(
            f"{sent.filename}: {sent.size or 0:,} bytes were sent. Allowed: {what} of 1 to "
            f"{_MOST:,} bytes. To fix: choose another file."
        )
    return await run_in_threadpool(_keep, visit, sent)


def _keep(visit: Visit, sent: UploadFile) -> str:
    path = Path(sent.filename or "plan")
    with tempfile.TemporaryDirectory(dir=visit.store.folder / "work") as parent:
        folder = Path(parent) / "files"
        folder.mkdir()
        suffix = path.suffix if path.suffix.lower() in (".csv", ".xlsx", ".json", ".yaml") else ""
        target = folder / (file_name(path.name.removesuffix(suffix)) + suffix.lower())
        with target.open("wb") as stream:
            shutil.copyfileobj(sent.file, stream)
        kept = visit.store.add_dataset(visit.advertiser.id, path.name[:100], folder, purpose="plan")
    detail = {"advertiser": visit.advertiser.id, "name": kept.name, "size": kept.size}
    visit.store.audit(visit.principal.name, "upload", kept.id, detail)
    return kept.id
