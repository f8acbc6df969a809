"""What an empty store gets: the shipped sample, with its analyses and a plan."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from mediagym.data.storage import SAMPLE

from .jobs import submit
from .storage import SAMPLE_NAME, Store

_WORK: tuple[tuple[str, dict[str, Any]], ...] = (  # what people look at first
    ("ingest", {}),
    ("calibrate", {}),
    ("attribute", {}),
    ("plan", {"frontier": None}),
    ("insights", {}),
    ("frontier", {}),
)


def add_sample(store: Store) -> None:
    """Add the shipped synthetic advertiser and ask for its analyses, unless it is there."""
    if all(each.id != SAMPLE_NAME for each in store.advertisers()):
        store.add_advertiser(SAMPLE_NAME)
    if store.datasets(SAMPLE_NAME):
        return
    folder = Path(tempfile.mkdtemp(dir=store.folder / "work", prefix="sample-"))
    for path in sorted(SAMPLE.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    dataset = store.add_dataset(SAMPLE_NAME, "Shipped sample", folder)
    plan = None
    for kind, body in _WORK:
        job = submit(
            store,
            kind,
            dict(body),
            advertiser=SAMPLE_NAME,
            dataset=dataset.id,
            requested_by="server",
            background=True,
            follows=plan if kind == "frontier" else None,
        )
        plan = job.id if kind == "plan" else plan
