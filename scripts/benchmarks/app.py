"""Benchmark of the application: pages, many readers at once, and the memory of a large upload.

A server of its own, as it is shipped but for its limits of requests, gets the exports of a
synthetic advertiser by its API and analyses them with few draws: pages are as large with more.
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mediagym.data.storage import ROOT
from mediagym.scripts.benchmarks.exports import write_exports
from mediagym.scripts.benchmarks.figure import Figure, Figures

_CAMPAIGNS, _DAYS, _LANDINGS = 40, 365, 20_000
_READERS, _ROUNDS, _PAUSE = 50, 2, 5.0  # visits to all pages per reader; seconds between pages
_CALIBRATION = {
    "calibration": {
        "particles": 64, "mcmc_steps": 2, "final_mcmc_steps": 2, "draws": 96, "held_out": 32,
    },
}  # fmt: skip
_FORECASTERS = ["same_weekday", "last_28_days", "log_log"]
_PLAN: dict[str, Any] = {
    **_CALIBRATION,
    "constraints": {"total": 200_000},
    "baselines": ["historical"],
    "frontier": ["70%", "100%", "130%"],
}
_JOBS: dict[str, dict[str, Any]] = {
    "ingests": {},
    "insights": {
        "forecasting": {"forecasters": _FORECASTERS},
        "attribution": {"draws": 100, "orders": [1]},
    },
    "calibrations": _CALIBRATION,
    "plans": _PLAN,
}
_PAGES = (
    "", "data", "performance", "curves", "plan", "compare", "pacing", "replan", "attribution",
    "share",
)  # fmt: skip
_CHARTS = ("performance.json?metric=spend", "curve-0.json", "lifetimes.json", "credits.json")
_MEGABYTES = (50, 200)  # sizes of the uploads
_PIECE = 2**16  # bytes of an upload that are sent at a time
_VISITS = 10  # later visits to each page
_LONGEST = 3600.0  # seconds that a job may take


def app() -> Figures:
    """Server time of every page, memory while a large upload arrives, and p95 of many readers."""
    with tempfile.TemporaryDirectory() as name:
        exports = Path(name) / "exports"
        write_exports(exports, _CAMPAIGNS, _DAYS, _LANDINGS)
        (exports / "truth.json").unlink()
        with _serving(Path(name) / "data") as server:
            advertiser = _filled(server, exports)
            return _measured(server, advertiser)


def _measured(server: "_Server", advertiser: str) -> Figures:
    return {
        **_visited(server, advertiser),
        **_uploaded(server, advertiser),
        **_read_by_many(server, [f"/a/{advertiser}/{page}" for page in _PAGES]),
    }


class _Server(NamedTuple):
    """A running server."""

    port: int
    token: str
    process: int

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and content of an answer; a body that is a mapping is sent as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_LONGEST)
        if isinstance(body, dict):
            body, headers = json.dumps(body), {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(content) if is_json else content

    def made(self, path: str, body: Any, **headers: str) -> Any:
        """Content of the answer to a POST that has to succeed."""
        status, content = self.request("POST", path, body, **headers)
        if status >= 300:
            raise RuntimeError(f"{path}: {status} {content}")
        return content


@contextmanager
def _serving(folder: Path) -> Iterator[_Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    limits = ("limits.burst=1000000", "limits.per_second=1000000")
    script = str(ROOT / "scripts" / "serve.py")
    words = [sys.executable, script, f"port={port}", f"data_folder={folder}", "sample=false"]
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*words, *limits], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        lines = iter(process.stdout or ())
        token = next(found[0] for line in lines if (found := re.search(r"mg_\S+", line)))
        server = _Server(port, token, process.pid)
        while True:
            with suppress(OSError):
                if server.request("GET", "/healthz")[0] == 200:
                    break
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait()


def _filled(server: _Server, exports: Path) -> str:
    """Upload exports, analyse them, and adopt a plan; return the advertiser's id."""
    advertiser: str = server.made("/v1/advertisers", {"name": "Forty campaigns"})["id"]
    parts = [_field("advertiser", advertiser)]
    for path in sorted(exports.iterdir()):
        parts += [_file_head(path.name), path.read_bytes(), b"\r\n"]
    upload = _sent(server, b"".join([*parts, b"--b--\r\n"]))
    common = {"advertiser": advertiser, "dataset": upload["dataset"]["id"]}
    jobs = {path: _done(server, path, {**body, **common}) for path, body in _JOBS.items()}
    scenario = {"advertiser": advertiser, "name": "Plan", "job": jobs["plans"]["id"]}
    scenario_id = server.made("/v1/scenarios", scenario)["id"]
    server.made(f"/v1/scenarios/{scenario_id}/adopt", None)
    plan = {"plan": [jobs["plans"]["result"]], "beside": ["live"]}
    _done(server, "scores", {**_CALIBRATION, **plan, "constraints": {"total": 200_000}, **common})
    return advertiser


def _done(server: _Server, path: str, body: dict[str, Any]) -> Any:
    """The job that a request starts, once it is done."""
    job = server.made(f"/v1/{path}", body)
    end = time.monotonic() + _LONGEST
    while job["state"] in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.5)
        job = server.request("GET", f"/v1/jobs/{job['id']}")[1]
    if job["state"] != "done":
        raise RuntimeError(f"{path}: {job['state']} {job['error']}")
    return job


def _seconds(server: _Server, path: str) -> float:
    """Wall seconds of a request."""
    start = time.perf_counter()
    status, content = server.request("GET", path)
    seconds = time.perf_counter() - start
    if status != 200:
        raise RuntimeError(f"{path}: {status} {content[:200]}")
    return seconds


def _cpu_seconds(server: _Server, path: str, visits: int = 1) -> float:
    """Mean CPU seconds of the server per request, which do not depend on the machine's load."""
    before = _used(server)
    for _ in range(visits):
        _seconds(server, path)
    return (_used(server) - before) / visits


def _used(server: _Server) -> float:
    fields = Path(f"/proc/{server.process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _visited(server: _Server, advertiser: str) -> Figures:
    """Server time of the first visit to each page, which reads its files, and of later ones."""
    figures: Figures = {}
    for page in _PAGES:
        path = f"/a/{advertiser}/{page}"
        first = _cpu_seconds(server, path)
        figures[f"{page or 'overview'}, first visit"] = Figure(first, 1.0, "s of CPU")
        later = _cpu_seconds(server, path, _VISITS)
        figures[f"{page or 'overview'}, later visits"] = Figure(later, 1.0, "s of CPU")
    charts = [f"/a/{advertiser}/charts/{chart}" for chart in _CHARTS]
    slowest = max(_cpu_seconds(server, chart, _VISITS) for chart in charts)
    return figures | {"slowest chart": Figure(slowest, 1.0, "s of CPU")}


def _read_by_many(server: _Server, pages: list[str]) -> Figures:
    """The 95th percentile of 50 readers' times: with a pause between pages, and without one."""
    figures: Figures = {}
    for pause, target in ((_PAUSE, 500.0), (0.0, 0.0)):
        times: list[float] = []

        def read(reader: int, pause: float = pause, times: list[float] = times) -> None:
            time.sleep(pause * reader / _READERS)
            for visit in range(_ROUNDS * len(pages)):
                times.append(1000 * _seconds(server, pages[(reader + visit) % len(pages)]))
                time.sleep(pause)

        begun = time.perf_counter()
        readers = [threading.Thread(target=read, args=(k,)) for k in range(_READERS)]
        for thread in readers:
            thread.start()
        for thread in readers:
            thread.join()
        expected = _READERS * _ROUNDS * len(pages)
        if len(times) != expected:
            raise RuntimeError(f"{expected - len(times)} visits failed")
        how = f"a page every {pause:.0f} s each" if pause else "without a pause"
        label = f"{_READERS} readers of all pages, {how}"
        figures[f"{label}, p95"] = Figure(float(np.percentile(times, 95)), target, "ms")
        rate = len(times) / (time.perf_counter() - begun)
        figures[f"{label}, pages"] = Figure(rate, 0.0, "per second", at_least=True)
    return figures


def _uploaded(server: _Server, advertiser: str) -> Figures:
    """Memory of the server beyond what it held, at its peak while uploads of two sizes arrive."""
    figures: Figures = {}
    for megabytes in _MEGABYTES:
        clear = Path(f"/proc/{server.process}/clear_refs")
        clear.write_text("5")  # the peak begins anew
        before = _memory(server, "VmRSS")
        _sent(server, _pieces(advertiser, megabytes * 10**6))
        grown = _memory(server, "VmHWM") - before
        figures[f"upload of {megabytes} MB, memory"] = Figure(grown, 20.0, "MB above rest")
    return figures


def _memory(server: _Server, key: str) -> float:
    text = Path(f"/proc/{server.process}/status").read_text(encoding="utf-8")
    return int(next(line for line in text.splitlines() if line.startswith(key)).split()[1]) / 1000


def _pieces(advertiser: str, size: int) -> Iterator[bytes]:
    yield _field("advertiser", advertiser) + _file_head(f"large-{size}.csv")
    for begin in range(0, size, _PIECE):
        yield os.urandom(min(_PIECE, size - begin) // 2).hex().encode()
    yield b"\r\n--b--\r\n"


def _sent(server: _Server, form: bytes | Iterator[bytes]) -> Any:
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    return server.made("/v1/datasets", form, **kind)


def _field(name: str, value: str) -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _file_head(name: str) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode()
