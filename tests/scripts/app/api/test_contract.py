"""The contract: every route is closed without a key, declared, and never taken away."""

import json
import re
import runpy
from pathlib import Path

import pytest
from helpers.server import api_of, bearer, client_of

from mediagym.data.storage import ROOT
from mediagym.scripts.app.api import openapi_document, router

pytestmark = pytest.mark.anyio
COMMITTED = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [
    (method, path, operation)
    for path, methods in openapi_document(router)["paths"].items()
    for method, operation in methods.items()
]
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]
USUAL = {"400", "401", "403", "413", "421", "422", "429"}


def address_of(path):
    values = {"advertiser_id": "acme", "name": "plan.json", "key_id": "0" * 16}
    return re.sub(r"{(\w+)}", lambda match: values.get(match[1], "0" * 32), path)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
async def test_every_route_is_closed_without_a_key(store, method, path, operation):
    async with client_of(api_of(store)) as client:
        answer = await client.request(method, address_of(path))
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        wrong = await client.request(method, address_of(path), headers=bearer("mg_x_y"))
        assert wrong.status_code == 401


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
async def test_a_key_for_reading_changes_nothing(app, reader, method, path, operation):
    async with client_of(app, **bearer(reader)) as client:
        answer = await client.request(method, address_of(path))
        is_reading = method == "get" and "audit" not in path and "keys" not in path
        assert (answer.status_code == 403) == (not is_reading), answer.text


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_route_declares_its_problems(method, path, operation):
    declared = operation["responses"]
    expected = USUAL | ({"404"} if "_id}" in path else set())
    assert expected <= set(declared)
    for status in set(declared) - {"200", "201", "202", "204", "206", "304"}:
        schema = declared[status]["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}
    assert operation["summary"]
    assert operation["operationId"]


def test_every_reference_of_the_description_leads_somewhere():
    document = openapi_document(router)
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)):
        assert name in document["components"]["schemas"]


def test_the_committed_description_is_that_of_the_routes():
    described = runpy.run_path(str(ROOT / "docs" / "openapi.py"))["described"]()
    committed = Path(ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert described == committed, "run `python docs/openapi.py` and commit the description"


def removals(before, after):
    """What a client of the description before would miss: paths, methods, fields of answers."""
    missing = []
    for path, methods in before["paths"].items():
        for method, operation in methods.items():
            now = after["paths"].get(path, {}).get(method)
            if now is None:
                missing.append(f"{method} {path}")
                continue
            missing += [
                f"{method} {path} {status}"
                for status in operation["responses"]
                if status[0] == "2" and status not in now["responses"]
            ]
    for name, schema in before["components"]["schemas"].items():
        now = after["components"]["schemas"].get(name, {})
        if name.endswith("-request"):
            lost = set(schema["properties"]) - set(now.get("properties", {}))
        else:
            lost = set(schema.get("required", [])) - set(now.get("required", []))
        missing += [f"{name}.{field}" for field in sorted(lost)]
    return missing


def test_nothing_that_a_client_relies_on_is_taken_away():
    assert removals(COMMITTED, openapi_document(router)) == []


def test_a_removal_would_be_noticed():
    changed = json.loads(json.dumps(COMMITTED))
    del changed["paths"]["/v1/plans"]
    del changed["paths"]["/v1/jobs/{job_id}"]["delete"]
    changed["components"]["schemas"]["Job"]["required"].remove("state")
    del changed["components"]["schemas"]["plan-request"]["properties"]["constraints"]
    assert removals(COMMITTED, changed) == [
        "delete /v1/jobs/{job_id}",
        "post /v1/plans",
        "Job.state",
        "plan-request.constraints",
    ]


async def test_the_description_is_served(client):
    assert (await client.get("/v1/openapi.json")).json() == openapi_document(router)
