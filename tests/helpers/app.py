"""The application before a store with real results, served to a browser by a thread."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser
from mediagym.scripts.app import ServeCommand
from mediagym.scripts.app.application import create_app
from mediagym.scripts.app.jobs import claim, finish, submit
from mediagym.scripts.app.jobs.run import run_job
from mediagym.scripts.app.security import first_key, new_key
from mediagym.scripts.app.storage import Job, Store

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
CAMPAIGNS = ("google/Search Network", "google/YouTube", "meta", "microsoft/Search & content")
SMALL: Mapping[str, dict[str, Any]] = {  # bodies of jobs that take seconds
    "ingest": {},
    "insights": {
        "forecasting": {"forecasters": ["same_weekday", "last_28_days", "log_log"]},
        "attribution": {"draws": 100, "orders": [1]},
    },
    "calibrate": {
        "calibration": {
            "particles": 64, "mcmc_steps": 2, "final_mcmc_steps": 2, "draws": 96, "held_out": 32,
        },
    },
}  # fmt: skip


def write_exports(folder: Path, days: int = 120, campaigns: tuple[str, ...] = CAMPAIGNS) -> None:
    """Writes the exports and the log of landings of a small synthetic advertiser."""
    given = shipped_yaml("advertiser/default")
    given |= {"path": folder, "seed": 3, "days": days, "landings": 6000}
    given["campaigns"] = {name: given["campaigns"][name] for name in campaigns}
    settings = SyntheticSettings.of(given, "synthesize")
    priors = Priors.of(shipped_yaml("priors/default"), "priors")
    write_advertiser(synthesize(settings, priors), settings)
    (folder / "truth.json").unlink()


def done(store: Store, kind: str, body: Mapping[str, Any], advertiser: str, dataset: str) -> Job:
    """Runs a job in this process, as a worker would, and returns it with its result."""
    submit(store, kind, dict(body), advertiser=advertiser, dataset=dataset, requested_by="tests")
    job = claim(store, "tests", 600.0)
    assert job is not None
    return finish(store, job.id, "tests", run_job(store, job, lambda *_: None))


def filled(folder: Path) -> Store:
    """A store with the advertiser `acme`, its exports and their analyses."""
    store = Store(folder)
    store.add_advertiser("Acme")
    received = store.folder / "work" / "received"
    write_exports(received)
    dataset = store.add_dataset("acme", "Spring", received)
    for kind, body in SMALL.items():
        done(store, kind, body, "acme", dataset.id)
    return store


def serve_settings(folder: Path, **changes: Any) -> ServeCommand:
    """The shipped options of a server without workers, with generous limits."""
    given = shipped_yaml("serve")
    given["limits"] |= {"burst": 10_000, "per_second": 10_000.0}
    given |= {"data_folder": folder, "workers": 0, "sample": False}
    return ServeCommand.read(given | changes)


@contextmanager
def served(store: Store) -> Iterator["Site"]:
    """The application on a free port of this machine, until the context ends."""
    token = first_key(store) or new_key(store, "tests", ("admin",))[1]
    app = create_app(serve_settings(store.folder), store)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield Site(store, address, token, app.state.security.sign_in_path)
    finally:
        server.should_exit = True
        thread.join(30)


class Site:
    """A served application: its store, its address, a key, and links that sign a browser in."""

    def __init__(self, store: Store, address: str, token: str, sign_in: Any) -> None:
        self.store, self.address, self.token, self._sign_in = store, address, token, sign_in

    def sign_in_link(self, target: str = "/") -> str:
        """Address that signs a browser in once and leads to a page."""
        return f"{self.address}{self._sign_in(target)}"


def violations(page: Any) -> list[str]:
    """Serious and critical findings of axe on a page, with the first element of each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def drawn(page: Any) -> int:
    """Waits until every chart of a page is drawn; returns how many there are."""
    charts = page.locator(".chart[data-spec]")
    for k in range(charts.count()):
        charts.nth(k).scroll_into_view_if_needed()
    from playwright.sync_api import expect

    expect(page.locator(".chart[data-spec]:not([data-drawn=yes])")).to_have_count(0, timeout=30_000)
    return int(charts.count())
