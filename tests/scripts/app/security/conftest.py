"""A store for all tests of a file, and its owner's key."""

import pytest

from mediagym.scripts.app.security import first_key
from mediagym.scripts.app.storage import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("data"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def owner(store):
    return first_key(store)
