"""A server's settings and clients for the tests of the application."""

from types import SimpleNamespace

import httpx
from fastapi import FastAPI

from mediagym.scripts.app.api import router
from mediagym.scripts.app.security import install

ADDRESS = "http://127.0.0.1:8000"


def settings(**changes):
    """Options of a server like those of `conf/serve.yaml`, with generous limits."""
    limits = {"upload": 2**20, "files": 20, "queue": 50, "burst": 1000, "per_second": 1000.0}
    limits |= {key: changes.pop(key) for key in list(changes) if key in limits}
    options = {"host": "127.0.0.1", "port": 8000, "allowed_hosts": (), "session_hours": 1.0}
    return SimpleNamespace(limits=SimpleNamespace(**limits), **(options | changes))


def client_of(app, **headers):
    """A client that calls an application without a network."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers)


def bearer(token):
    """The header that sends a key."""
    return {"Authorization": f"Bearer {token}"}


def api_of(store, **changes):
    """The API before a store, secured, without workers: jobs that are asked for wait."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.store, app.state.settings = store, settings(**changes)
    install(app, store, app.state.settings)
    app.include_router(router)
    return app
