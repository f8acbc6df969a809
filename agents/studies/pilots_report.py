"""Table of the pilots study, with paired bootstrap intervals over advertisers and their flights."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.storage import write_text
from ...data.types import Floats
from ...envs.market import generator

REFERENCE = "static"  # pilot that the others are compared with, under the same rules
BEGIN, END = "<!-- begin: pilots -->", "<!-- end: pilots -->"
_TAIL = 0.025  # on each side of an interval
_Row = Mapping[str, Any]


def pilots_summary(rows: Sequence[_Row], resamples: int, seed: int) -> list[dict[str, Any]]:
    """Return one row per world, rules and pilot: means in percent, intervals, sums.

    Advertisers are resampled, then the flights of each; a pilot and the reference are compared on
    the same flights and the same resamples.

    Args:
        rows: results of ``fly_pilots``.
        resamples: number of resamples.
        seed: seed of the resamples.
    """
    groups: dict[tuple[str, bool, str], dict[int, _Row]] = {}
    for row in rows:
        key = row["world"], row["ramps"], row["pilot"]
        groups.setdefault(key, {})[row["advertiser"]] = row
    summary = []
    for (world, ramps, pilot), own in groups.items():
        others = groups.get((world, ramps, REFERENCE), own)
        lost = [100 * np.array(own[a]["regret"]) for a in own]
        reference = [100 * np.array(others[a]["regret"])[: len(own[a]["regret"])] for a in own]
        gains = [theirs - ours for theirs, ours in zip(reference, lost, strict=True)]
        summary.append(
            {
                "world": world,
                "ramps": ramps,
                "pilot": pilot,
                "flights": sum(map(len, lost)),
                "regret": _mean(lost),
                "regret_interval": bootstrap(lost, resamples, seed),
                "regret_within": 100 * _mean([np.array(own[a]["regret_within"]) for a in own]),
                "gain": None if pilot == REFERENCE else _mean(gains),
                "gain_interval": None if pilot == REFERENCE else bootstrap(gains, resamples, seed),
                "turnover": 100 * _mean([np.array(own[a]["turnover"]) for a in own]),
                "broken": sum(row["broken"] for row in own.values()),
                "cents_off": max(row["cents_off"] for row in own.values()),
            }
        )
    return summary


def bootstrap(groups: Sequence[Floats], resamples: int, seed: int) -> list[float]:
    """Return the 95 % interval of the mean over groups, which are resampled with their members."""
    rng = generator(seed)
    means = np.empty(resamples)
    for b in range(resamples):
        chosen = rng.integers(0, len(groups), len(groups))
        means[b] = np.mean(
            [groups[g][rng.integers(0, len(groups[g]), len(groups[g]))].mean() for g in chosen]
        )
    low, high = np.quantile(means, [_TAIL, 1 - _TAIL])
    return [float(low), float(high)]


def pilots_markdown(summary: Sequence[_Row], command: str) -> str:
    """Return the table with the command that makes it."""
    flights = sum(row["flights"] for row in summary)
    lines = [
        BEGIN,
        "",
        f"    {command}",
        "",
        f"{flights:,} flights.",
        "",
        "| world | pilot | ramps | flights | regret | within the rules | gain on static | turnover "
        "| broken | cents off |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in summary]
    return "\n".join([*lines, "", END])


def write_table(page: Path, table: str) -> Path:
    """Write a table into a page, in place of the one between the same marks; return the page."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    return write_text(page, placed(text, table))


def placed(document: str, table: str) -> str:
    """Return a document with the table in place of the one between the same marks.

    Args:
        document: text of the document; without the marks the table comes at its end.
        table: the new table; its first and its last line are the marks.
    """
    first, *_, last = table.splitlines()
    before, begin, rest = document.partition(first)
    after = rest.partition(last)[2] if begin else "\n"
    gap = "" if begin or not before else "\n"
    return f"{before}{gap}{table}{after}"


def _cells(row: _Row) -> list[str]:
    low, high = row["regret_interval"]
    gain = ""
    if row["gain"] is not None:
        gain = "{:+.2f} ({:+.2f}..{:+.2f})".format(row["gain"], *row["gain_interval"])
    return [
        row["world"],
        row["pilot"],
        "yes" if row["ramps"] else "no",
        str(row["flights"]),
        f"{row['regret']:.2f} ({low:.2f}..{high:.2f})",
        f"{row['regret_within']:.2f}",
        gain,
        f"{row['turnover']:.1f}",
        str(row["broken"]),
        str(row["cents_off"]),
    ]


def _mean(groups: Sequence[Floats]) -> float:
    return float(np.mean([group.mean() for group in groups]))
