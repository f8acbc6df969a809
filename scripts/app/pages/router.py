"""All pages as one router, and their files."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from mediagym.data.display import STYLESHEET

from . import attribution, curves, exports, overview, performance, progress
from .environment import FOLDER

_FRESH = {"Cache-Control": "no-cache"}  # kept by the browser, asked for whether it has changed
router = APIRouter(include_in_schema=False)
for part in (overview, exports, performance, curves, attribution, progress):
    router.include_router(part.router)


class _Files(StaticFiles):
    def file_response(self, *given: object, **named: object) -> Response:
        answer = super().file_response(*given, **named)  # type: ignore[arg-type]  # passed on
        answer.headers.update(_FRESH)
        return answer


@router.get("/static/stylesheet.css")
def stylesheet() -> FileResponse:
    """The style that static pages have as well."""
    return FileResponse(STYLESHEET, headers=_FRESH)


@router.get("/favicon.ico")
def icon() -> Response:
    """Where browsers look for an icon first."""
    return RedirectResponse("/static/icon.svg", 301)


def add_pages(app: FastAPI) -> None:
    """Add the pages and their files to an application whose state has a `store`."""
    app.include_router(router)
    app.mount("/static", _Files(directory=Path(FOLDER) / "static"))
