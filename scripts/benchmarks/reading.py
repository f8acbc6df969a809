"""Benchmark of reading exports: ads of five platforms over three years, in a process of its own."""

import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from mediagym.data.exports import DataSettings, read_exports
from mediagym.data.storage import shipped_yaml
from mediagym.scripts.benchmarks.figure import Figure, Figures

_PLATFORMS = ("google", "meta", "microsoft", "linkedin", "pinterest")
_CAMPAIGNS = 40  # of each platform
_DAYS = 1095
_SIZES = (250_000, 1_000_000)  # rows of all files together


def reading() -> Figures:
    """CPU seconds and peak memory of reading a folder of ads, at two sizes."""
    figures: Figures = {}
    times = []
    for rows in _SIZES:
        with tempfile.TemporaryDirectory() as folder:
            written = write_exports(Path(folder), rows)
            with get_context("spawn").Pool(1) as pool:
                seconds, megabytes = pool.apply(read_folder, (folder,))
        times.append(seconds / written)
        label = f"{written:,} rows of ads, 5 platforms, 200 campaigns, 3 years"
        targets = (10.0, 1000.0) if rows == max(_SIZES) else (0.0, 0.0)
        figures[f"{label}, time"] = Figure(seconds, targets[0], "s of CPU")
        figures[f"{label}, peak memory"] = Figure(megabytes, targets[1], "MB")
    figures["time of a row at the larger size over the smaller"] = Figure(
        times[1] / times[0], 1.3, ""
    )
    return figures


def read_folder(folder: str) -> tuple[float, float]:
    """CPU seconds of reading, and the peak memory of the process in MB."""
    settings = DataSettings.of({**shipped_yaml("data/default"), "path": folder})
    start = time.process_time()
    read_exports(settings)
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def write_exports(folder: Path, rows: int) -> int:
    """Write one file per platform, some ads per campaign and day; return the number of rows."""
    rng = np.random.default_rng(0)
    ads = max(round(rows / len(_PLATFORMS) / _CAMPAIGNS / _DAYS), 1)
    days = np.datetime_as_string(np.datetime64("2022-01-01") + np.arange(_DAYS))
    campaign, day, ad = (
        index.ravel() for index in np.indices((_CAMPAIGNS, _DAYS, ads), dtype=np.int32)
    )
    for platform in _PLATFORMS:
        cost = rng.gamma(2, 20, len(day)).round(2)
        clicks = (cost / 1.2).astype(int)
        conversions = rng.poisson(clicks * 0.05)
        pd.DataFrame(
            {
                "Date": days[day],
                "Campaign": [f"Campaign {k:03d}" for k in campaign],
                "Campaign type": np.array(["Search", "Shopping", "Display"])[campaign % 3],
                "Ad group": [f"Group {k}-{a}" for k, a in zip(campaign, ad, strict=True)],
                "Currency": "USD",
                "Cost": cost,
                "Impressions": clicks * 40,
                "Clicks": clicks,
                "Conversions": conversions,
                "Revenue": (conversions * 57.3).round(2),
            }
        ).to_csv(folder / f"{platform}.csv", index=False)
    return len(_PLATFORMS) * len(day)
