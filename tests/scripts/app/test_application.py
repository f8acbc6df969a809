"""The application as a whole: health, measurements, the log, and the first start."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from hydra import compose, initialize_config_dir
from prometheus_client.parser import text_string_to_metric_families

from mediagym.data.storage import CONF, SAMPLE
from mediagym.scripts.app import ServeCommand, create_app
from mediagym.scripts.app.first_start import add_sample
from mediagym.scripts.app.jobs import claim, finish, follower, jobs, submit
from mediagym.scripts.app.jobs.logs import log_to_stderr
from mediagym.scripts.app.jobs.rows import gone, seen
from mediagym.scripts.app.security import new_key
from mediagym.scripts.app.storage import Store
from mediagym.scripts.cli import to_plain_dict

ADDRESS = "http://127.0.0.1:8000"


def options(folder: Path, *changes: str) -> ServeCommand:
    """Options of a server without workers."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = to_plain_dict(compose("serve", ["workers=0", "sample=false", *changes]))
    return ServeCommand.read({**config, "data_folder": str(folder)})


@pytest.fixture
def app(store: Store) -> Any:
    return create_app(options(store.folder), store)


@pytest.fixture
def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def work(store: Store, seed: int) -> None:
    job = submit(store, "plan", {"seed": seed}, advertiser="a", dataset=None, requested_by="me")
    if claim(store, "w", 60) is not None:
        folder = store.folder / "work" / job.id
        folder.mkdir()
        (folder / "plan.json").write_text(str(seed))
        finish(store, job.id, "w", folder)


@pytest.mark.anyio
async def test_it_is_ready_while_the_database_answers_and_a_worker_is_heard_of(
    client: httpx.AsyncClient, store: Store, clock: Any
) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).status_code == 503
    seen(store, "w")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["workers"]) == (200, 1)
    clock.forward(21)
    assert (await client.get("/readyz")).status_code == 503
    seen(store, "w")
    gone(store, "w")
    assert (await client.get("/readyz")).status_code == 503
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE workers")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "does not answer")


@pytest.mark.anyio
async def test_measurements_are_for_those_with_a_key(
    client: httpx.AsyncClient, store: Store
) -> None:
    assert (await client.get("/metrics")).status_code == 401
    _, token = new_key(store, "prometheus", ("read",))
    store.add_advertiser("a")
    for seed in range(3):
        work(store, seed)
    submit(store, "plan", {"seed": 9}, advertiser="a", dataset=None, requested_by="me")
    answer = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["mediagym_jobs", "queued"] == 1
    assert found["mediagym_jobs", "done"] == 3
    assert found["mediagym_workers",] == 0
    assert found["mediagym_job_seconds_count", "plan", "done"] == 3
    assert found["mediagym_requests_total", "GET", "none", "401"] == 1


@pytest.mark.anyio
async def test_a_request_is_one_line_without_secrets(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    root, own = logging.getLogger(), logging.getLogger("mediagym")
    before = (list(root.handlers), root.level, own.level)
    log_to_stderr("json")
    try:
        await client.get("/healthz", headers={"X-Request-ID": "abc-1"})
        answer = await client.get("/s/SECRET-OF-A-SHARE?page=1")
        await client.get("/login?token=SECRET-OF-A-LINK", headers={"X-Request-ID": "bad id\t"})
    finally:
        root.handlers[:], (root.level, own.level) = before[0], before[1:]
    text = capsys.readouterr().err
    assert "SECRET" not in text
    first, second, third = map(json.loads, text.splitlines())
    assert first["ms"] >= 0
    assert [first[key] for key in ("request", "method", "path", "status", "event")] == [
        "abc-1",
        "GET",
        "/healthz",
        200,
        "answered",
    ]
    assert second["path"] == "/s/..."
    assert second["request"] == answer.headers["X-Request-ID"] != third["request"]
    assert third["request"] != "bad id\t"


@pytest.mark.anyio
async def test_a_client_writes_no_lines_of_the_log_and_makes_no_new_measurements(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    root, own = logging.getLogger(), logging.getLogger("mediagym")
    before = (list(root.handlers), root.level, own.level)
    log_to_stderr("text")
    try:
        await client.get("/x%0A12:00:00 info    requests: forged%1B[2J")
        await client.request("INVENTED", "/x")
    finally:
        root.handlers[:], (root.level, own.level) = before[0], before[1:]
    text = capsys.readouterr().err
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    _, token = new_key(store, "metrics", ("read",))
    headers = {"Authorization": f"Bearer {token}"}
    measured = (await client.get("/metrics", headers=headers)).text
    assert 'method="other"' in measured
    assert "INVENTED" not in measured


def test_an_empty_store_gets_the_sample_once(store: Store) -> None:
    for _ in range(2):
        add_sample(store)
    (dataset,) = store.datasets("sample")
    assert {file.name for file in dataset.files} == {path.name for path in SAMPLE.glob("*.csv")}
    kinds = [job.kind for job in reversed(jobs(store))]
    assert sorted(kinds) == ["attribute", "calibrate", "frontier", "ingest", "insights", "plan"]
    plan = jobs(store, kind="plan")[0]
    assert follower(store, plan.id, "frontier") == jobs(store, kind="frontier")[0]
    assert kinds[0] == "ingest"
    assert list((store.folder / "work").iterdir()) == []


def test_the_data_folder_is_the_users_unless_it_is_given(tmp_path: Path) -> None:
    given = options(tmp_path)
    assert given.folder == tmp_path
    assert given.model_copy(update={"data_folder": None}).folder.is_relative_to(Path.home())
