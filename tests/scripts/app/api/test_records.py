"""Advertisers, results, scenarios, keys and the log."""

import hashlib

import pytest
from helpers.server import bearer, client_of

from mediagym.scripts.app.jobs import submit
from mediagym.scripts.app.security import new_key

pytestmark = pytest.mark.anyio


async def test_an_advertiser_is_added_once(client):
    made = await client.post("/v1/advertisers", json={"name": "Café & Söhne"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/advertisers/{made.json()['id']}"
    assert (await client.get(made.headers["Location"])).json() == made.json()
    assert made.json() in (await client.get("/v1/advertisers")).json()["items"]
    again = await client.post("/v1/advertisers", json={"name": "Café & Söhne"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert (await client.get("/v1/advertisers/nobody")).status_code == 404


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 121}, {"name": "\0"}, {"name": 7}, {"nam": "x"}, []]
)
async def test_a_body_that_does_not_fit_says_where(client, body):
    answer = await client.post("/v1/advertisers", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid-request"
    assert answer.json()["pointer"] in ("", "/name", "/nam")


async def test_a_result_lists_its_files_and_gives_them_as_they_are(client, store, result):
    url = f"/v1/results/{result.result}"
    files = (await client.get(url)).json()["files"]
    names = ["calibration/posterior.npz", "plan.html", "plan.json"]
    assert [file["name"] for file in files] == names
    for file in files:
        answer = await client.get(f"{url}/files/{file['name']}")
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == file["sha256"]
        assert answer.headers["ETag"] == f'"{file["sha256"]}"'
    page = await client.get(f"{url}/files/plan.html")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    data = await client.get(f"{url}/files/plan.json")
    assert data.headers["Content-Type"] == "application/json"
    assert "script-src 'self'" in data.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["../../database.sqlite", "..%2f..%2fdatabase.sqlite", "nothing", "/etc/passwd", "%00"]
)
async def test_a_name_that_the_result_has_not_is_not_found(client, result, name):
    url = f"/v1/results/{result.result}/files/{name}"
    assert (await client.get(url)).status_code in (401, 404, 422)


async def test_a_file_that_the_client_has_is_not_sent_again(client, result):
    url = f"/v1/results/{result.result}/files/plan.json"
    tag = (await client.get(url)).headers["ETag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = await client.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert (await client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_range_of_a_file_is_sent(client, result):
    url = f"/v1/results/{result.result}/files/calibration/posterior.npz"
    whole = (await client.get(url)).content
    size, tag = len(whole), (await client.get(url)).headers["ETag"]
    parts = {"bytes=0-9": whole[:10], "bytes=2000-": whole[2000:], "bytes=-5": whole[-5:]}
    parts |= {"bytes=2040-9999": whole[2040:]}
    for given, expected in parts.items():
        answer = await client.get(url, headers={"Range": given, "If-Range": tag})
        assert (answer.status_code, answer.content) == (206, expected)
        assert answer.headers["Content-Range"].endswith(f"/{size}")
    for ignored in ("bytes=9-2", "bytes=", "lines=0-9", "bytes=0-1,5-6"):
        answer = await client.get(url, headers={"Range": ignored})
        assert (answer.status_code, answer.content) == (200, whole)
    changed = await client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"old"'})
    assert changed.status_code == 200
    for beyond in ("bytes=2048-", "bytes=-0"):
        answer = await client.get(url, headers={"Range": beyond})
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{size}"


async def test_a_scenario_is_named_adopted_and_forgotten(client, store, result):
    body = {"advertiser": "acme", "name": "Summer", "job": result.id, "note": "first"}
    made = await client.post("/v1/scenarios", json=body)
    assert made.status_code == 201, made.text
    url = made.headers["Location"]
    assert made.json()["result"] == result.result
    second = (await client.post("/v1/scenarios", json=body | {"name": "Other"})).json()
    assert (await client.post("/v1/scenarios", json=body)).status_code == 409
    assert (await client.patch(url, json={"name": "Autumn"})).json()["name"] == "Autumn"
    assert (await client.post(f"{url}/adopt")).json()["adopted"]
    assert (await client.post(f"/v1/scenarios/{second['id']}/adopt")).json()["adopted"]
    assert not (await client.get(url)).json()["adopted"]
    listed = (await client.get("/v1/scenarios?advertiser=acme")).json()["items"]
    assert {item["name"] for item in listed} == {"Autumn", "Other"}
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404
    actions = [entry.action for entry in store.audit_log(10)]
    assert actions[:2] == ["delete_scenario", "adopt"]


async def test_what_is_used_is_kept_and_the_rest_is_deleted(client, store, tmp_path):
    folder = tmp_path / "received"
    folder.mkdir()
    (folder / "a.csv").write_text("1")
    made = (await client.post("/v1/advertisers", json={"name": "Brief"})).json()["id"]
    dataset = store.add_dataset(made, "first", folder)
    given = {"advertiser": made, "dataset": dataset.id, "requested_by": "tests"}
    job = submit(store, "plan", {}, **given)
    url = f"/v1/jobs/{job.id}/result"
    urls = (f"/v1/datasets/{dataset.id}", url, f"/v1/advertisers/{made}")
    for each in urls:
        answer = await client.delete(each)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert "the job plan" in answer.json()["detail"]
    await client.delete(f"/v1/jobs/{job.id}")  # cancels
    for each in (url, *urls[::2]):
        assert (await client.delete(each)).status_code == 204
        assert (await client.get(each.removesuffix("/result"))).status_code == 404
        assert (await client.delete(each)).status_code == 404
    entries = store.audit_log(3)
    assert [entry.action for entry in entries] == [
        "delete_advertiser", "delete_dataset", "delete_job"
    ]  # fmt: skip
    assert {entry.who for entry in entries} == {"owner"}


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(client, app, store):
    made = await client.post("/v1/keys", json={"name": "loader", "scopes": ["read", "run"]})
    assert made.status_code == 201
    token, key = made.json()["token"], made.json()["key"]
    listed = await client.get("/v1/keys")
    assert key in listed.json()["items"]
    assert token.rpartition("_")[2] not in listed.text
    assert "hash" not in listed.text
    async with client_of(app, **bearer(token)) as other:
        assert (await other.get("/v1/jobs")).status_code == 200
        assert (await other.get("/v1/keys")).status_code == 403
        assert (await client.delete(f"/v1/keys/{key['id']}")).json()["revoked"]
        assert (await other.get("/v1/jobs")).status_code == 401


async def test_a_key_cannot_lock_itself_out(client, store, owner):
    own = owner.split("_")[1]
    assert (await client.delete(f"/v1/keys/{own}")).status_code == 409
    assert (await client.delete("/v1/keys/" + "0" * 16)).status_code == 404


async def test_a_parameter_that_does_not_exist_is_not_ignored(client):
    answer = await client.get("/v1/jobs?advertizer=acme")
    assert answer.status_code == 422
    assert "advertiser, limit, state" in answer.json()["detail"]


async def test_the_log_says_who_did_what_in_pages(client):
    for name in ("one", "two", "three"):
        await client.post("/v1/advertisers", json={"name": f"logged {name}"})
    first = (await client.get("/v1/audit?limit=2")).json()["items"]
    assert [entry["detail"]["name"] for entry in first] == ["logged three", "logged two"]
    assert first[0]["who"] == "owner"
    url = f"/v1/audit?limit=1&before={first[-1]['id']}"
    assert (await client.get(url)).json()["items"][0]["detail"]["name"] == "logged one"


@pytest.mark.parametrize("query", ["", "?before=1", "?limit=5&before=9", "?before=x"])
async def test_the_log_is_for_administrators_whatever_is_asked(app, store, query):
    async with client_of(app) as nobody:
        assert (await nobody.get(f"/v1/audit{query}")).status_code == 401
    for scope in ("read", "run"):
        _, token = new_key(store, f"a key to {scope}", (scope,))
        async with client_of(app, **bearer(token)) as client:
            answer = await client.get(f"/v1/audit{query}")
            assert answer.status_code == 403
            assert "items" not in answer.json()
