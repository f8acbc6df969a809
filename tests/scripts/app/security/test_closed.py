"""Every route of the whole application is closed: without a key, and to keys that may only read."""

import re

import pytest
from fastapi.routing import iter_route_contexts
from helpers.app import serve_settings
from helpers.server import bearer, client_of

from mediagym.scripts.app import create_app
from mediagym.scripts.app.security import new_key

pytestmark = pytest.mark.anyio
PUBLIC = ("/healthz", "/readyz", "/login", "/static", "/s/")


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def app(store, owner):
    limits = {"upload": 2**20, "files": 20, "queue": 5, "burst": 1000, "per_second": 1000.0}
    return create_app(serve_settings(store.folder, limits=limits), store)


def routes_of(app):
    for route in iter_route_contexts(app.routes):
        for method in getattr(route, "methods", None) or ():
            if not route.path.startswith(PUBLIC):
                yield method, re.sub(r"{\w+(:path)?}", "0" * 32, route.path)


async def test_no_route_opens_without_a_key(app):
    routes = list(routes_of(app))
    assert {"/v1/jobs", "/", "/metrics", "/logout", "/new"} <= {path for _, path in routes}
    async with client_of(app) as client:
        for method, path in routes:
            answer = await client.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert "Content-Security-Policy" in answer.headers
        page = {"Accept": "text/html"}
        assert (await client.get("/a/sample/plan", headers=page)).status_code == 303


async def test_a_key_for_reading_changes_nothing(app, store):
    _, reader = new_key(store, "reader", ("read",))
    async with client_of(app, **bearer(reader)) as client:
        for method, path in routes_of(app):
            if method not in ("GET", "HEAD") and path != "/logout":
                answer = await client.request(method, path)
                assert answer.status_code == 403, (method, path)
