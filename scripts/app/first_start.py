"""What an empty store gets: the shipped sample, with its analyses and a plan."""

import shutil
import tempfile
from pathlib import Path

from mediagym.data.storage import SAMPLE

from .jobs import submit
from .storage import Store

_NAME = "sample"
_KINDS = ("ingest", "calibrate", "attribute", "plan", "insights")  # what people look at first


def add_sample(store: Store) -> None:
    """Add the shipped synthetic advertiser and ask for its analyses, unless it is there."""
    if all(each.id != _NAME for each in store.advertisers()):
        store.add_advertiser(_NAME)
    if store.datasets(_NAME):
        return
    folder = Path(tempfile.mkdtemp(dir=store.folder / "work", prefix="sample-"))
    for path in sorted(SAMPLE.glob("*.csv")):
        shutil.copyfile(path, folder / path.name)
    dataset = store.add_dataset(_NAME, "Shipped sample", folder)
    for kind in _KINDS:
        submit(store, kind, {}, advertiser=_NAME, dataset=dataset.id, requested_by="server")
