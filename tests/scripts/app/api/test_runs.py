"""Work that is asked for: jobs, their keys, their events and their end."""

import json

import pytest
from helpers.server import api_of, bearer, client_of

from mediagym.scripts.app.api.runs import PATHS
from mediagym.scripts.app.jobs import KINDS, beat, claim, fail, job

pytestmark = pytest.mark.anyio


def body_of(files, **keys):
    return {"advertiser": "acme", "dataset": files.id} | keys


def events_of(text):
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("id: ")]
    return [
        (int(lines[0].removeprefix("id: ")), json.loads(lines[2].removeprefix("data: ")))
        for lines in blocks
    ]


def test_every_kind_of_job_has_an_address():
    assert set(PATHS) == set(KINDS)


async def test_work_is_accepted_as_a_job_that_says_how_far_it_is(client, dataset):
    answer = await client.post("/v1/plans", json=body_of(dataset, constraints={"total": 90_000}))
    assert answer.status_code == 202, answer.text
    made = answer.json()
    assert answer.headers["Location"] == f"/v1/jobs/{made['id']}"
    assert (made["kind"], made["state"], made["advertiser"]) == ("plan", "queued", "acme")
    assert made["body"] == {"constraints": {"total": 90_000}}
    assert made["requested_by"] == "owner"
    shown = (await client.get(answer.headers["Location"])).json()
    assert shown == made
    listed = (await client.get("/v1/jobs?state=queued&advertiser=acme")).json()["items"]
    assert made in listed
    assert (await client.get("/v1/jobs?state=done&limit=1")).json()["items"] == []


async def test_the_same_work_is_not_done_twice_unless_it_is_asked_for(client, dataset):
    body = body_of(dataset, data={"minimum_days": 30})
    first = (await client.post("/v1/ingests", json=body)).json()["id"]
    assert (await client.post("/v1/ingests", json=body)).json()["id"] == first
    assert (await client.post("/v1/ingests?fresh=true", json=body)).json()["id"] != first


async def test_an_idempotency_key_stands_for_one_request(client, dataset):
    headers = {"Idempotency-Key": "order-7"}
    body = body_of(dataset, data={"minimum_days": 31})
    url = "/v1/ingests?fresh=true"
    first = await client.post(url, json=body, headers=headers)
    again = await client.post(url, json=body, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    other = await client.post(url, json=body_of(dataset), headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    elsewhere = await client.post("/v1/insights", json=body, headers=headers)
    assert elsewhere.status_code == 409


@pytest.mark.parametrize(
    ("keys", "pointer"),
    [
        ({"constraints": {"totl": 1}}, "/constraints"),
        ({"nothing": 1}, "/nothing"),
        ({"env": {"days": "many"}}, "/env/days"),
        ({"agent": "nobody"}, "/agent"),
        ({"data": {"path": "/etc"}}, "/data/path"),
        ({"cache": "/etc"}, "/cache"),
        ({"output": "x"}, "/output"),
        ({"policy": "../../x"}, "/policy"),
        ({"export_mapping": "/etc/passwd"}, "/export_mapping"),
    ],
)
async def test_a_key_that_is_not_allowed_is_named_before_anything_is_queued(
    client, dataset, keys, pointer
):
    answer = await client.post("/v1/plans", json=body_of(dataset, **keys))
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == "invalid-setting"
    assert problem["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "malformed-request"),
        (b"{", 400, "malformed-request"),
        (b"\xff", 400, "malformed-request"),
        (b'{"advertiser": NaN}', 400, "malformed-request"),
        (b'{"env": {"days": 1e999}}', 400, "malformed-request"),
        (b"[" * 100_000, 400, "malformed-request"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, 422, "invalid-setting"),
        (b"[]", 422, "invalid-request"),
        (b"{}", 422, "invalid-request"),
        (b'{"advertiser": "acme"}', 422, "invalid-request"),
        (b'{"advertiser": 7, "dataset": 7}', 422, "invalid-request"),
        (b'{"advertiser": "\\ud800", "dataset": "x"}', 422, "invalid-setting"),
    ],
)
async def test_a_body_that_is_no_request_is_refused(client, content, status, code):
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/v1/plans", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    as_text = await client.post("/v1/plans", content=content, headers={"Content-Type": "text/xml"})
    assert as_text.status_code == 415


async def test_work_on_what_is_anothers_is_refused(client, store, dataset):
    store.add_advertiser("Other")
    answer = await client.post("/v1/plans", json=body_of(dataset, advertiser="other"))
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/dataset")
    answer = await client.post("/v1/plans", json=body_of(dataset, dataset="0" * 32))
    assert (answer.status_code, answer.json()["pointer"]) == (422, "/dataset")


async def test_a_full_queue_takes_no_more(store, owner, dataset):
    app = api_of(store, queue=1)
    async with client_of(app, **bearer(owner)) as client:
        url = "/v1/ingests?fresh=true"
        answers = [await client.post(url, json=body_of(dataset)) for _ in range(2)]
    assert answers[-1].status_code == 503
    assert answers[-1].json()["code"] == "queue-full"
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_a_cancelled_job_stays_cancelled(client, store, dataset):
    made = await client.post("/v1/ingests?fresh=true", json=body_of(dataset))
    url = made.headers["Location"]
    assert (await client.delete(url)).json()["state"] == "cancelled"
    assert (await client.delete(url)).json()["state"] == "cancelled"
    assert (await client.delete("/v1/jobs/" + "0" * 32)).status_code == 404
    assert store.audit_log(1)[0].action == "cancel_job"


async def test_events_follow_a_job_and_go_on_where_a_client_has_stopped(client, store, dataset):
    for waiting in (await client.get("/v1/jobs?state=queued&limit=500")).json()["items"]:
        await client.delete(f"/v1/jobs/{waiting['id']}")
    made = await client.post("/v1/ingests?fresh=true", json=body_of(dataset))
    url = f"{made.headers['Location']}/events"
    job_id = claim(store, "worker", 60.0).id
    assert beat(store, job_id, "worker", "reading", 1, 3)
    assert beat(store, job_id, "worker", "reading", 2, 3)
    sofar = await client.get(url, params={"seconds": 0})
    assert sofar.headers["Content-Type"].startswith("text/event-stream")
    first = events_of(sofar.text)
    assert [event["state"] for _, event in first] == ["queued", "running", "running", "running"]
    assert [event["done"] for _, event in first][-2:] == [1, 2]
    fail(store, job_id, "worker", {"title": "no"})
    resumed = await client.get(url, headers={"Last-Event-ID": str(first[1][0])})
    rest = events_of(resumed.text)
    assert [number for number, _ in rest][:2] == [number for number, _ in first[2:]]
    assert rest[-1][1]["state"] == "failed"
    nothing = await client.get(url, headers={"Last-Event-ID": str(rest[-1][0])})
    assert events_of(nothing.text) == []
    assert job(store, job_id).error == {"title": "no"}
    assert (await client.get(f"/v1/jobs/{'0' * 32}/events")).status_code == 404
