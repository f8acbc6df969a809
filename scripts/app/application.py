"""The web application: store, supervisor, routers and middleware in one."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.concurrency import run_in_threadpool

from mediagym import __version__

from . import health
from .api import router as api
from .first_start import add_sample
from .jobs import Supervisor, sweep
from .pages import add_pages
from .pages.planning import router as planning
from .request_log import RequestLog
from .security import install
from .settings import ServeCommand
from .storage import Store


def open_store(settings: ServeCommand) -> Store:
    """Return the store of the data folder, or of the PostgreSQL that MEDIAGYM_DATABASE names.

    Raises:
        StoreError: the folder or the database cannot be used.
    """
    return Store(settings.folder, os.environ.get("MEDIAGYM_DATABASE") or None)


def create_app(settings: ServeCommand, store: Store | None = None) -> FastAPI:
    """Return the application; its workers start and end with it.

    Args:
        settings: options of the server.
        store: where everything is kept; None: what `open_store` returns.

    Raises:
        StoreError: the folder or the database cannot be used.
    """
    store = store or open_store(settings)
    supervisor = Supervisor(store, settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        supervisor.start()
        await run_in_threadpool(sweep, store)
        yield
        await run_in_threadpool(supervisor.stop)
        store.close()

    app = FastAPI(
        title="MediaGym",
        version=__version__,
        docs_url=None,  # it would fetch scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
    )
    registry = CollectorRegistry()
    registry.register(health.QueueMetrics(store))
    app.state.store, app.state.settings = store, settings
    app.state.supervisor, app.state.registry = supervisor, registry
    if settings.sample:
        add_sample(store)
    for router in (health.router, api, planning):
        app.include_router(router)
    add_pages(app)
    install(app, store, settings)
    app.add_middleware(RequestLog, registry=registry)
    return app
