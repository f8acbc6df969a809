"""An application with a plan that was made, saved and adopted."""

import shutil

import pytest
from helpers.app import served
from helpers.browser import signed_in_state, windows
from helpers.working import work_off

from mediagym.scripts.app.jobs import claim, submit
from mediagym.scripts.app.storage import Store

PLAN = {"env": {"days": 14}, "constraints": {"total": 40000}}


def made(store, kind, body, dataset):
    """A job of `acme`, run small in this process."""
    job = submit(store, kind, body, advertiser="acme", dataset=dataset, requested_by="tests")
    work_off(store, claim(store, "thread", 600.0))
    return job


@pytest.fixture(scope="session")
def planned_folder(site, tmp_path_factory):
    """Data folder with a plan, saved as `Spring plan` and adopted, and its score."""
    folder = tmp_path_factory.mktemp("planned") / "data"
    shutil.copytree(site.store.folder, folder)
    store = Store(folder)
    dataset = store.datasets("acme")[0].id
    job = made(store, "plan", PLAN, dataset)
    scenario = store.save_scenario("acme", "Spring plan", job.id)
    store.adopt(scenario.id, "tests")
    body = {"plan": [scenario.result], "beside": ["live"], **PLAN}
    made(store, "score", body, dataset)
    store.close()
    return folder


@pytest.fixture
def planned(planned_folder, tmp_path):
    """A served application of its own, which a test may change."""
    folder = tmp_path / "data"
    shutil.copytree(planned_folder, folder)
    store = Store(folder)
    with served(store) as site:
        yield site


@pytest.fixture
def window(planned, chromium):
    """Opens an address of the application of a test's own."""
    with windows(chromium, planned, signed_in_state(chromium, planned)) as open_page:
        yield open_page
