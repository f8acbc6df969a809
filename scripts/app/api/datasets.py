"""Routes of data sets: exports, and plans of the user's own, as they were uploaded."""

from pathlib import Path
from threading import Lock
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from mediagym.data.errors import DataError, MediaGymError
from mediagym.data.exports import SUFFIXES, DataSettings, read_exports
from mediagym.data.storage import shipped_yaml

from ..security import Principal, Problem, ProblemError, principal_of, problem_of, refusal, require
from ..storage import Dataset, Purpose, Store
from .archives import size_of, unpack
from .names import PLAN_SUFFIXES
from .requests import SLUG, Id, OfAdvertiser, OfStore
from .responses import Listing, located, problems
from .uploads import Form, receive_form

MAX_CHECKED = 2**24  # bytes of exports that are read at once; a job reads larger ones
router = APIRouter(prefix="/v1/datasets", tags=["datasets"])
_reading = Lock()  # one upload at a time is read, so that memory stays bounded
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["advertiser", "files"],
                    "properties": {
                        "advertiser": {
                            "type": "string",
                            "description": "id of an advertiser",
                            "pattern": SLUG,
                        },
                        "name": {
                            "type": "string",
                            "description": "name of the data set; the day without it",
                            "minLength": 1,
                            "maxLength": 120,
                        },
                        "purpose": {"type": "string", "enum": list(get_args(Purpose))},
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "exports as the platforms gave them, or one zip of them",
                        },
                    },
                },
                "encoding": {"files": {"contentType": "application/octet-stream"}},
            }
        },
    }
}


class Upload(BaseModel):
    """A data set that was uploaded, and what reading it has found."""

    dataset: Dataset
    checked: bool  # the exports were read, with the settings that nobody has changed
    notes: list[str]  # what the reading tolerates, and what it leaves out


@router.get("", responses=problems(), dependencies=[Depends(require("read"))])
def list_datasets(store: OfStore, advertiser: OfAdvertiser = None) -> Listing[Dataset]:
    """List the data sets."""
    return Listing(items=store.datasets(advertiser))


@router.get("/{dataset_id}", responses=problems(404), dependencies=[Depends(require("read"))])
def show_dataset(dataset_id: Id, store: OfStore) -> Dataset:
    """Show a data set with its files."""
    return store.dataset(dataset_id)


@router.delete("/{dataset_id}", status_code=204, responses=problems(404, 409))
def delete_dataset(
    dataset_id: Id, store: OfStore, principal: Annotated[Principal, Depends(require("run"))]
) -> None:
    """Delete an upload with its analyses; plans that were made from it stay.

    Refused while a job works on it, or the plan under way or an open link was made from it.
    """
    store.delete_dataset(dataset_id, principal.name)


@router.post(
    "",
    status_code=201,
    openapi_extra=_FORM,
    responses=located(201) | problems(415),
    dependencies=[Depends(require("run"))],
)
async def upload_dataset(
    request: Request,
    response: Response,
    check: Annotated[
        bool, Query(description="false: keep exports unread, whose reading needs settings")
    ] = True,
) -> Upload:
    """Upload exports, or a plan to score.

    The same files of the same advertiser again are the data set that is there. Exports of up to
    16 MiB are read before they are kept, and refused with file, row and column.
    """
    upload = await store_upload(request, check=check)
    response.headers["Location"] = f"/v1/datasets/{upload.dataset.id}"
    return upload


async def store_upload(request: Request, *, check: bool = True) -> Upload:
    """The data set of a multipart form with the fields `advertiser`, `name`, `purpose`, `files`.

    Args:
        request: the request, its body unread.
        check: read the exports before they are kept.

    Raises:
        ProblemError: see `receive_form` and `unpack`; a field is missing or not allowed (422); the
            exports cannot be read with certainty (422, with file, row and column).
    """
    store: Store = request.app.state.store
    limits = request.app.state.settings.limits
    parent = store.folder / "work"
    form = await receive_form(request, parent, SUFFIXES + PLAN_SUFFIXES, limits.files)
    try:
        return await run_in_threadpool(
            _kept, store, form, principal_of(request), check, limits.files, limits.upload
        )
    finally:
        await run_in_threadpool(form.discard)


def _kept(
    store: Store, form: Form, principal: Principal, check: bool, files: int, most: int
) -> Upload:
    advertiser, name, purpose = _fields(store, form)
    suffixes = SUFFIXES if purpose == "exports" else PLAN_SUFFIXES
    for file in form.files:
        if not file.lower().endswith(suffixes):
            raise refusal(
                "unsupported-media-type",
                f"The file {file!r} is not of a type that is read here. Allowed: "
                f"{', '.join(suffixes)}. To fix: leave it out.",
                file=file,
            )
        if purpose == "exports" and file.lower().endswith(".zip"):
            unpack(form.folder / file, suffixes, files, most)
    size = size_of(form.folder)
    check = check and purpose == "exports" and size <= MAX_CHECKED
    notes = _read(form.folder) if check else ()
    dataset = store.add_dataset(advertiser, name, form.folder, purpose)
    store.audit(principal.name, "upload", dataset.id, {"name": name, "bytes": dataset.size})
    return Upload(dataset=dataset, checked=check, notes=list(notes))


def _fields(store: Store, form: Form) -> tuple[str, str, Purpose]:
    """Advertiser, name and purpose of an upload."""
    known = ("advertiser", "name", "purpose")
    for key in form.fields:
        if key not in known:
            raise refusal(
                "invalid-request",
                f"The form has the field {key[:60]!r}. Allowed: {', '.join(known)} and files.",
            )
    if not form.files:
        raise refusal("invalid-request", "The form has no files. To fix: add one or more.")
    advertiser = form.fields.get("advertiser", "")
    if all(each.id != advertiser for each in store.advertisers()):
        raise refusal(
            "invalid-request",
            f"advertiser: {advertiser[:60]!r} is not known. To fix: add it with POST "
            "/v1/advertisers, or use an id of GET /v1/advertisers.",
            "/advertiser",
        )
    purpose = form.fields.get("purpose", "exports")
    if purpose not in get_args(Purpose):
        raise refusal(
            "invalid-request",
            f"purpose: {purpose[:60]!r} was given. Allowed: {', '.join(get_args(Purpose))}.",
            "/purpose",
        )
    name = form.fields.get("name") or f"{store.clock():%Y-%m-%d %H:%M}"
    return advertiser, name, purpose  # type: ignore[return-value]  # it is one of them


def _read(folder: Path) -> tuple[str, ...]:
    """Notes of a reading with the settings of the YAML.

    Raises:
        ProblemError: the exports are refused; the place is given without the server's folder.
    """
    settings = DataSettings.of({**shipped_yaml("data/default"), "path": str(folder)}, "data")
    try:
        with _reading:
            return tuple(read_exports(settings, lambda _: None).notes)
    except DataError as error:
        raise ProblemError(_without_folder(problem_of(error), folder)) from None
    except MediaGymError as error:
        raise ProblemError(problem_of(error)) from None


def _without_folder(problem: Problem, folder: Path) -> Problem:
    def cleaned(value: object) -> object:
        return value.replace(str(folder), "the upload") if isinstance(value, str) else value

    listed = [
        {key: cleaned(value) for key, value in each.items()} for each in problem.numbers["problems"]
    ]
    numbers = {**problem.numbers, "problems": listed}
    return Problem(problem.code, str(cleaned(problem.detail)), None, numbers)
