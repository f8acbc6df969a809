"""A client that is generated from docs/openapi.json runs the quick start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mediagym.data.storage import ROOT, SAMPLE
from mediagym.scripts.fuzzing.requests import served

GENERATOR = shutil.which("openapi-python-client")
QUICK_START = """
import io, os, sys, time
from pathlib import Path

from media_gym_client import AuthenticatedClient
from media_gym_client.api.advertisers import add_advertiser
from media_gym_client.api.datasets import delete_dataset, upload_dataset
from media_gym_client.api.jobs import show_job
from media_gym_client.api.results import result_file, show_result
from media_gym_client.api.work import start_plan
from media_gym_client.models import NewAdvertiser, PlanRequest, ProblemDocument, UploadDatasetBody
from media_gym_client.types import File

client = AuthenticatedClient(os.environ["MEDIAGYM_URL"], os.environ["MEDIAGYM_KEY"], timeout=60)
advertiser = add_advertiser.sync(client=client, body=NewAdvertiser(name="Generated")).id
files = [
    File(io.BytesIO(path.read_bytes()), path.name, "text/csv")
    for path in Path(sys.argv[1]).glob("*ads-*.csv")
]
form = UploadDatasetBody(advertiser=advertiser, files=files)
dataset = upload_dataset.sync(client=client, body=form).dataset.id
request = PlanRequest.from_dict({
    "advertiser": advertiser, "dataset": dataset, "agent": "static",
    "constraints": {"total": 150_000}, "env": {"days": 14},
    "calibration": {"draws": 256, "held_out": 64}, "baselines": [], "frontier": None,
})
job = start_plan.sync(client=client, body=request)
refused = delete_dataset.sync(dataset, client=client)
assert isinstance(refused, ProblemDocument) and refused.status == 409, refused
while job.state in ("queued", "running"):
    time.sleep(0.5)
    job = show_job.sync(job.id, client=client)
assert job.state == "done", job
names = [file.name for file in show_result.sync(job.result, client=client).files]
plan = result_file.sync_detailed(job.result, "plan.json", client=client)
print(plan.status_code.value, len(plan.content), "plan.json" in names)
"""


@pytest.mark.slow
@pytest.mark.skipif(GENERATOR is None, reason="openapi-python-client is not on the path")
def test_a_generated_client_runs_the_quick_start(tmp_path: Path) -> None:
    path = ROOT / "docs" / "openapi.json"
    command = [str(GENERATOR), "generate", "--path", str(path), "--output-path", "client"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout.upper(), made.stdout  # every route and schema is understood
    with served("workers=1") as (url, key):
        where = {"MEDIAGYM_URL": url, "MEDIAGYM_KEY": key, "PYTHONPATH": str(tmp_path / "client")}
        command = [sys.executable, "-c", QUICK_START, str(SAMPLE)]
        done = subprocess.run(  # noqa: S603
            command, env=os.environ | where, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    status, size, listed = done.stdout.split()
    assert (status, listed) == ("200", "True")
    assert int(size) > 10_000
