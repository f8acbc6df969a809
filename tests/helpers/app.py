"""The application before a store with real results, served to a browser by a thread."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
import yaml

from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser
from mediagym.scripts.app import ServeCommand
from mediagym.scripts.app.application import create_app
from mediagym.scripts.app.jobs import claim, finish, submit
from mediagym.scripts.app.jobs.run import run_job
from mediagym.scripts.app.security import first_key
from mediagym.scripts.app.storage import Job, Store

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update"
).split()
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
