"""A store with an advertiser and its small exports, and clients of the API in front of it."""

import shutil

import pytest
from helpers.server import api_of, bearer, client_of

from mediagym.data.storage import SAMPLE
from mediagym.scripts.app.security import first_key, new_key
from mediagym.scripts.app.storage import Store

EXPORT = "googleads-performance.csv"


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("data"))
    store.add_advertiser("Acme")
    yield store
    store.close()


@pytest.fixture(scope="module")
def owner(store):
    return first_key(store)


@pytest.fixture(scope="module")
def reader(store, owner):
    return new_key(store, "reader", ("read",))[1]


@pytest.fixture(scope="module")
def app(store, owner):
    return api_of(store)


@pytest.fixture
async def client(app, owner):
    async with client_of(app, **bearer(owner)) as client:
        yield client


@pytest.fixture(scope="module")
def dataset(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("received") / "files"
    folder.mkdir()
    shutil.copy(SAMPLE / EXPORT, folder)
    return store.add_dataset("acme", "first", folder)


@pytest.fixture(scope="module")
def result(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work") / "result"
    (folder / "calibration").mkdir(parents=True)
    (folder / "plan.json").write_text('{"budget": 1}')
    (folder / "plan.html").write_text("<style>p{color:red}</style><p>plan</p>")
    (folder / "calibration" / "posterior.npz").write_bytes(bytes(range(256)) * 8)
    return finished(store, "plan", folder)


def finished(store, kind, folder, **body):
    """The job of a kind that has written a folder."""
    from mediagym.scripts.app.jobs import claim, finish, submit

    submit(store, kind, body, advertiser="acme", dataset=None, requested_by="x" * 16, fresh=True)
    job = claim(store, "worker", 60.0)
    return finish(store, job.id, "worker", folder)
