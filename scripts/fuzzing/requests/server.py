"""A server of its own for a fuzzing of requests."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mediagym.data.errors import MediaGymError
from mediagym.data.storage import ROOT, SAMPLE

from .cases import Known

_START_SECONDS = 120.0
_KEY = re.compile(r"mg_[0-9a-f]+_[\w-]+")


@contextmanager
def served(*options: str) -> Iterator[tuple[str, str]]:
    """Run `scripts/serve.py` on a free port, with a data folder that is thrown away.

    Args:
        options: further overrides of its configuration.

    Yields:
        Address of the server and the token of its owner's key.

    Raises:
        MediaGymError: the server does not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="mediagym-requests-") as folder:
        log = Path(folder) / "log.txt"
        words = [f"port={port}", f"data_folder={folder}/data", "sample=false", *options]
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        with log.open("wb") as stream:
            process = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, str(ROOT / "scripts" / "serve.py"), *words],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, log)
            key = _KEY.search(log.read_text(encoding="utf-8"))
            if key is None:
                raise MediaGymError("The server printed no key.")
            yield url, key[0]
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise MediaGymError(f"The server does not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def known_of(url: str, key: str) -> Known:
    """Make an advertiser, a data set, a job and a key on a server, and return their ids."""
    export = SAMPLE / "googleads-performance.csv"
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=_START_SECONDS) as client:
        advertiser = _made(client.post("/v1/advertisers", json={"name": "Acme"}))["id"]
        upload = client.post(
            "/v1/datasets",
            data={"advertiser": advertiser},
            files={"files": (export.name, export.read_bytes())},
        )
        dataset = _made(upload)["dataset"]["id"]
        body = {"advertiser": advertiser, "dataset": dataset}
        job = _made(client.post("/v1/ingests", json=body))["id"]
        spare = {"name": "spare", "scopes": ["read"]}
        spare_key = _made(client.post("/v1/keys", json=spare))["key"]["id"]
    path = {"advertiser_id": advertiser, "dataset_id": dataset, "job_id": job, "key_id": spare_key}
    return Known(path, {"advertiser": advertiser, "dataset": dataset, "job": job})


def _made(response: httpx.Response) -> dict[str, Any]:
    if not response.is_success:
        raise MediaGymError(f"{response.url}: {response.status_code} {response.text[:500]}")
    content: dict[str, Any] = response.json()
    return content
