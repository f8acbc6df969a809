"""A plan is shown before its frontier is there, without a browser; and what may be deleted."""

import httpx
import pytest
from helpers.working import work_off

from mediagym.scripts.app.jobs import cancel, claim, follower, jobs

FORM = {"total": "30,000", "days": "14", "channel_floor": "5%", "agent": "static"}


@pytest.fixture
def client(planned):
    headers = {"Authorization": f"Bearer {planned.token}", "Accept": "text/html"}
    with httpx.Client(base_url=planned.address, headers=headers, follow_redirects=True) as client:
        yield client


def work(store):
    """Runs the next job, small; returns its kind."""
    job = claim(store, "thread", 600.0)
    work_off(store, job)
    return job.kind


def test_the_plan_comes_before_the_plans_of_other_budgets(planned, client):
    store = planned.store
    page = client.post("/a/acme/plan", data=FORM)
    plan = jobs(store, "acme", kind="plan")[0]
    after = follower(store, plan.id, "frontier")
    assert plan.body["frontier"] is None
    assert after.body["constraints"] == plan.body["constraints"]
    assert "Optimising the plan" in page.text
    assert work(store) == "plan"

    address = f"/a/acme/plan?job={plan.id}"
    page = client.get(address).text
    assert "Where the money goes" in page
    assert "The plans of other budgets are still being made" in page
    part = f"/a/acme/plan/other-budgets?job={plan.id}"
    assert f'hx-get="{part}"' in page
    assert 'id="budget"' not in page

    assert work(store) == "frontier"
    fragment = client.get(part, headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<section id="what-if"')
    assert "<main" not in fragment
    for text in (fragment, client.get(address).text, client.get(part).text):
        assert 'id="budget"' in text
        assert "still being made" not in text
    result = follower(store, plan.id, "frontier").result
    assert f"charts/frontier.json?result={result}" in fragment
    chart = client.get(f"/a/acme/charts/frontier.json?result={result}")
    assert chart.status_code == 200
    question = {"job": plan.id, "budget": "25000"}
    answer = client.get("/a/acme/plan/what-if", params=question, headers={"HX-Request": "true"})
    assert "$25,000" in answer.text


def test_other_budgets_that_were_cancelled_are_asked_for_again(planned, client):
    store = planned.store
    client.post("/a/acme/plan", data=FORM)
    plan = jobs(store, "acme", kind="plan")[0]
    first = follower(store, plan.id, "frontier")
    cancel(store, first.id)
    work(store)
    assert "making them was cancelled" in client.get(f"/a/acme/plan?job={plan.id}").text
    client.post("/a/acme/plan/other-budgets", data={"job": plan.id})
    again = follower(store, plan.id, "frontier")
    assert again.id != first.id
    assert again.state == "queued"


def test_a_saved_plan_shares_the_file_of_the_job_after_it(planned, client):
    store = planned.store
    client.post("/a/acme/plan", data=FORM)
    plan = jobs(store, "acme", kind="plan")[0]
    assert [work(store), work(store)] == ["plan", "frontier"]
    scenario = store.save_scenario("acme", "Two jobs", plan.id)
    page = client.get(f"/a/acme/share?s={scenario.id}").text
    result = follower(store, plan.id, "frontier").result
    address = f"/a/acme/results/{result}/frontier.json"
    assert address in page
    assert len(client.get(address).json()["points"]) >= 2


def test_what_is_compared_is_chosen_beforehand(planned, client):
    store = planned.store
    adopted = store.adopted("acme")
    other = store.save_scenario("acme", "Another", adopted.job)

    def chosen(address):
        page = client.get(address).text
        return {each.id for each in store.scenarios("acme") if f'value="{each.id}" checked' in page}

    assert chosen("/a/acme/compare") == {adopted.id}
    assert chosen(f"/a/acme/compare?s={other.id}") == {other.id}
    store.delete_scenario(adopted.id)
    assert chosen("/a/acme/compare") == {other.id}  # the only one
    store.save_scenario("acme", "A third", adopted.job)
    assert chosen("/a/acme/compare") == set()


def test_a_plan_is_deleted_on_its_page_unless_it_is_saved(planned, client):
    store = planned.store
    scenario = store.adopted("acme")
    page = client.post("/a/acme/plan/delete", data={"job": scenario.job})
    assert "the plan under way" in page.text
    assert "Where the money goes" in page.text
    store.delete_scenario(scenario.id)
    page = client.post("/a/acme/plan/delete", data={"job": scenario.job})
    assert "The plan was deleted." in page.text
    assert client.get(f"/a/acme/plan?job={scenario.job}").status_code == 404
    assert not (store.folder / "results" / scenario.result).exists()
    for path in ("", "plan", "compare", "pacing", "replan", "share"):
        assert client.get(f"/a/acme/{path}").status_code == 200, path


def test_an_upload_and_an_advertiser_are_deleted_on_the_data_page(planned, client):
    store = planned.store
    (dataset,) = store.datasets("acme")
    page = client.post(f"/a/acme/datasets/{dataset.id}/delete").text
    assert "it cannot be deleted, as the plan under way" in page
    assert "the plan under way" in client.post("/a/acme/delete").text
    for each in store.scenarios("acme"):
        store.delete_scenario(each.id)
    assert "Spring was deleted." in client.post(f"/a/acme/datasets/{dataset.id}/delete").text
    assert store.datasets("acme") == []
    for path in ("", "data", "performance", "curves", "plan", "compare", "pacing", "attribution"):
        assert client.get(f"/a/acme/{path}").status_code == 200, path
    assert client.post("/a/acme/delete").status_code == 200
    assert "acme" not in {each.id for each in store.advertisers()}
    for folder in (store.folder / "results").iterdir():  # of other advertisers of the same site
        assert store.result(folder.name).id == folder.name
