"""The whole way on both databases: upload, jobs, plan, other budgets, pages, files, deletion."""

import pytest
from helpers.app import serve_settings, write_exports
from helpers.server import bearer, client_of
from helpers.working import work_off

from mediagym.scripts.app import create_app
from mediagym.scripts.app.jobs import claim, jobs
from mediagym.scripts.app.security import first_key
from mediagym.scripts.app.storage import Store

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
PAGES = ("", "data", "performance", "curves", "plan", "compare", "pacing", "replan", "share")
PLAN = {
    "env": {"days": 14},
    "constraints": {"total": 40000, "campaigns": {"meta": {"fixed": 5000}}},
}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    write_exports(folder)
    return sorted(path for path in folder.glob("*.csv") if "landings" not in path.name)


@pytest.fixture
def store(address, tmp_path):
    """A store whose clock is the machine's, as workers need."""
    store = Store(tmp_path / "data", address)
    yield store
    store.close()


def work(store):
    """Runs all jobs that wait, small; returns their kinds."""
    kinds = []
    while (job := claim(store, "thread", 600.0)) is not None:
        work_off(store, job)
        kinds.append(job.kind)
    assert {each.state for each in jobs(store)} == {"done"}
    return kinds


async def test_from_exports_to_a_plan_and_back_to_nothing(store, exports):
    owner = first_key(store)
    app = create_app(serve_settings(store.folder), store)
    async with client_of(app, **bearer(owner), Accept="text/html") as client:
        files = [("files", (path.name, path.read_bytes())) for path in exports]
        await client.post("/v1/advertisers", json={"name": "Acme"})
        page = await client.post("/a/acme/data", data={"advertiser": "acme"}, files=files)
        assert page.status_code == 303
        assert work(store) == ["ingest", "calibrate", "insights"]
        dataset = (await client.get("/v1/datasets")).json()["items"][0]["id"]

        body = {"advertiser": "acme", "dataset": dataset, **PLAN}
        made = await client.post("/v1/plans", json=body, headers={"Idempotency-Key": "one"})
        assert made.status_code == 202, made.text
        again = await client.post("/v1/plans", json=body, headers={"Idempotency-Key": "one"})
        assert again.json()["id"] == made.json()["id"]
        form = {"total": "30000", "days": "14", "channel_floor": "5%", "agent": "static"}
        assert (await client.post("/a/acme/plan", data=form)).status_code == 303
        assert work(store) == ["plan", "plan", "frontier"]

        job = (await client.get(made.headers["Location"])).json()
        result = f"/v1/results/{job['result']}/files"
        plan = (await client.get(f"{result}/plan.json")).json()
        assert plan["totals"]["budget"] == 40000
        assert {row["budget"] for row in plan["campaigns"] if row["channel"] == "meta"} == {5000}
        assert (await client.get(f"{result}/plan.xlsx")).content.startswith(b"PK")
        events = await client.get(f"{made.headers['Location']}/events")
        assert events.text.count("event: done") == 1

        named = {"advertiser": "acme", "name": "Spring", "job": job["id"]}
        scenario = (await client.post("/v1/scenarios", json=named)).json()["id"]
        await client.post(f"/v1/scenarios/{scenario}/adopt")
        for path in PAGES:
            answer = await client.get(f"/a/acme/{path}")
            assert answer.status_code == 200, (path, answer.text[:300])
        assert 'id="budget"' in (await client.get("/a/acme/plan")).text
        await client.post("/a/acme/share", data={"scenario": scenario, "days": "7"})
        (share,) = store.shares("acme")

        assert (await client.delete(f"/v1/datasets/{dataset}")).status_code == 409
        store.revoke_share(share.id, "me")
        assert (await client.delete(f"/v1/scenarios/{scenario}")).status_code == 204
        assert (await client.delete(f"/v1/jobs/{job['id']}/result")).status_code == 204
        assert (await client.delete(f"/v1/datasets/{dataset}")).status_code == 204
        assert (await client.delete("/v1/advertisers/acme")).status_code == 204
    for name in ("datasets", "results"):
        assert list((store.folder / name).iterdir()) == []
    actions = {entry.action for entry in store.audit_log(100)}
    assert {"upload", "plan", "adopt", "share", "delete_dataset", "delete_job"} <= actions
