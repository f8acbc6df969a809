"""Small valid export folders, written independently of the package under test."""

import csv
import io
from pathlib import Path

import numpy as np

GOOGLE = "googleads-performance.csv"
META = "metaads-performance.csv"
MICROSOFT = "microsoftads-performance.csv"
LANDINGS = "website-landings.csv"
TYPED_HEADER = ["Date", "Campaign type", "Impressions", "Clicks", "Cost", "Conversions", "Revenue"]
META_HEADER = ["Date", "Impressions", "Reach", "Cost", "Clicks", "Conversions", "Revenue"]
LANDINGS_HEADER = [
    "User Id",
    "Website Landing Time",
    "Is Converted",
    "Source",
    "Channel",
    "Campaign Type",
]
MEAN_COSTS = {  # dollars per day, by file and campaign type
    GOOGLE: {"Cross-network": 600.0, "Search Network": 300.0, "YouTube": 90.0},
    MICROSOFT: {"Search & content": 200.0, "Shopping": 60.0},
}
SOURCES = {GOOGLE: "google", MICROSOFT: "bing", META: "facebook"}


def _day(rng: np.random.Generator, mean_cost: float) -> dict[str, float]:
    """Metrics of one campaign and day, with one decimal as in real exports."""
    cost = round(mean_cost * rng.uniform(0.5, 1.5), 1)
    clicks = float(int(cost / 1.5) + 1)
    conversions = round(float(rng.poisson(clicks * 0.05)) + 0.5 * float(rng.random() < 0.2), 1)
    return {
        "Impressions": clicks * 40,
        "Reach": clicks * 30,
        "Clicks": clicks,
        "Cost": cost,
        "Conversions": conversions,
        "Revenue": round(conversions * rng.uniform(100, 200), 1),
    }


def write_exports(folder: Path, days: int = 60, start: str = "2024-01-01", seed: int = 0) -> Path:
    """Writes google (3 types), meta and microsoft (2 types), all days; returns the folder."""
    rng = np.random.default_rng(seed)
    dates = np.datetime64(start, "D") + np.arange(days)
    folder.mkdir(parents=True, exist_ok=True)
    for file, types in MEAN_COSTS.items():
        rows = [
            {"Date": str(date), "Campaign type": name, **_day(rng, mean_cost)}
            for date in dates
            for name, mean_cost in types.items()
        ]
        write_rows(folder / file, TYPED_HEADER, rows)
    rows = [{"Date": str(date), **_day(rng, 100.0)} for date in dates]
    write_rows(folder / META, META_HEADER, rows)
    return folder


def write_rows(path: Path, header: list[str], rows: list[dict[str, object]]) -> None:
    """Writes the columns of the header as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(stream.getvalue().encode())


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of an export, each a mapping from column to text."""
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def write_landings(folder: Path, seed: int = 0, time_format: str = "seconds") -> Path:
    """Writes site landings that match the folder's ad clicks, one per 20 clicks.

    `time_format` is `seconds` for YYYY-MM-DD HH:MM:SS or `spreadsheet` for DD-MM-YYYY HH:MM.
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for file, source in SOURCES.items():
        for row in read_rows(folder / file):
            for _ in range(int(float(row["Clicks"])) // 20):
                rows.append(_landing(rng, row["Date"], source, "paid", row.get("Campaign type")))
    for row in read_rows(folder / META):
        rows.append(_landing(rng, row["Date"], None, "direct", None))
        rows.append(_landing(rng, row["Date"], "google", "organic search", None))
        rows.append(_landing(rng, row["Date"], "taboola", "paid search", None))
    order = rng.permutation(len(rows))
    rows = [rows[i] for i in order]
    if time_format == "spreadsheet":
        for landing in rows:
            day, clock = str(landing["Website Landing Time"]).split(" ")
            year, month, date = day.split("-")
            landing["Website Landing Time"] = f"{date}-{month}-{year} {clock[:5]}"
    write_rows(folder / LANDINGS, LANDINGS_HEADER, rows)
    return folder / LANDINGS


def _landing(
    rng: np.random.Generator, date: str, source: str | None, channel: str, campaign_type: str | None
) -> dict[str, object]:
    """One row of the site log."""
    second = int(rng.integers(86_400))
    clock = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    return {
        "User Id": f"{int(rng.integers(2_000)) * 2_097_143 % 2**32:08x}",
        "Website Landing Time": f"{date} {clock}",
        "Is Converted": int(rng.random() < 0.05),
        "Source": source or "",
        "Channel": channel,
        "Campaign Type": campaign_type or "",
    }
