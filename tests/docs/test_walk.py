"""The walk of docs/walk.py: from exports to a plan with one lock, by the pages alone."""

import runpy

import pytest
from helpers.app import served
from helpers.browser import chromium  # noqa: F401 - a fixture
from helpers.working import working

from mediagym.data.storage import ROOT, SAMPLE
from mediagym.scripts.app.jobs import jobs
from mediagym.scripts.app.storage import SAMPLE_NAME, Store

WALK = runpy.run_path(str(ROOT / "docs" / "walk.py"))


@pytest.mark.slow
def test_somebody_new_gets_from_exports_to_a_plan_with_one_lock(chromium, tmp_path):  # noqa: F811
    store = Store(tmp_path / "data")
    store.add_advertiser(SAMPLE_NAME)
    exports = [path for path in sorted(SAMPLE.glob("*.csv")) if "landings" not in path.name]
    watch = WALK["Watch"]()
    with served(store) as site, working(store):
        page = chromium.new_page(viewport={"width": 1180, "height": 900})
        page.set_default_timeout(600_000)  # a busy machine takes minutes
        WALK["walk"](page, site.sign_in_link(), exports, watch, lambda *_: None)
        assert page.locator("main [role=alert]").count() == 0
        page.close()
    plan = store.adopted("acme")
    body = next(each.body for each in jobs(store, "acme") if each.id == plan.job)
    assert body["constraints"]["campaigns"] == {WALK["LOCK"]: {"fixed": 4500}}
    assert body["constraints"]["total"] == 150_000
    assert len(watch.times) == 7
    assert WALK["table"]([("a", 1.4), ("b", 2.0)]).splitlines()[-1] == "| b | 2 | 3 |"
