"""Table of the black box study, with paired bootstrap intervals over trainings and flights."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data.types import Floats
from ..evaluation import Resamples, interval
from .black_box import ZERO_SHOT

BEGIN, END = "<!-- begin: black box -->", "<!-- end: black box -->"
_Row = Mapping[str, Any]


def black_box_summary(rows: Sequence[_Row], resamples: int, seed: int) -> list[dict[str, Any]]:
    """Return one row per world and policy: the gain over zero-shot in percent, intervals, sums.

    A flight's gain is that in its expected conversions over the untrained network's in the same
    world and noise, averaged over the advertisers. Trainings and flights are resampled, the
    advertisers are those of the study.

    Args:
        rows: results of ``fly_black_box``.
        resamples: number of resamples.
        seed: seed of the resamples.
    """
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row["world"], row["policy"]), []).append(row)
    summary = []
    for (world, policy), own in groups.items():
        gains = _gains(own, groups[world, ZERO_SHOT])
        drawn = Resamples(gains.shape[1], resamples, seed).means(policy, gains)
        reference = policy == ZERO_SHOT
        summary.append(
            {
                "world": world,
                "policy": policy,
                "advertisers": len({row["advertiser"] for row in own}),
                "trainings": len(own) if policy.startswith("ppo") else None,
                "kept": sum(row["steps"] > 0 for row in own),
                "flights": sum(len(row["conversions"]) for row in own),
                "gain": None if reference else float(gains.mean()),
                "gain_interval": None if reference else interval(drawn),
                "turnover": 100 * float(np.mean([row["turnover"] for row in own])),
                "broken": sum(row["broken"] for row in own),
                "cents_off": max(row["cents_off"] for row in own),
                "seconds": float(np.mean([row["seconds"] for row in own])),
            }
        )
    return summary


def _gains(own: Sequence[_Row], reference: Sequence[_Row]) -> Floats:
    """Return the gain over the reference, percent, mean of the advertisers, (seeds, flights)."""
    base = {row["advertiser"]: np.array(row["conversions"]) for row in reference}
    by_advertiser: dict[int, list[Floats]] = {}
    for row in sorted(own, key=lambda row: row["seed"]):
        gain = 100 * (np.array(row["conversions"]) / base[row["advertiser"]] - 1)
        by_advertiser.setdefault(row["advertiser"], []).append(gain)
    return np.asarray(np.mean([np.stack(each) for each in by_advertiser.values()], 0))


def black_box_text(row: _Row) -> str:
    """Return a line of the terminal for a row of the summary."""
    return f"{row['world']:12}{row['policy']:20}{_gain(row):26}turnover {row['turnover']:5.1f} %"


def black_box_markdown(summary: Sequence[_Row], command: str) -> str:
    """Return the table with the command that makes it."""
    trained = [row for row in summary if row["trainings"]]
    seconds = float(np.mean([row["seconds"] for row in trained])) if trained else 0.0
    most = max((row["advertisers"] for row in summary), default=0)
    lines = [
        BEGIN,
        "",
        f"    {command}",
        "",
        f"{most} {'advertiser' if most == 1 else 'advertisers'} per world, "
        f"{sum(row['flights'] for row in summary):,} flights; a training takes {seconds:.0f} "
        "CPU-seconds.",
        "",
        "| world | policy | flights | gain over zero-shot, % | trainings that beat their start "
        "| turnover | broken | cents off |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [f"| {' | '.join(_cells(row))} |" for row in summary]
    return "\n".join([*lines, "", END])


def _cells(row: _Row) -> list[str]:
    kept = "" if row["trainings"] is None else f"{row['kept']} of {row['trainings']}"
    numbers = [f"{row['turnover']:.1f}", str(row["broken"]), str(row["cents_off"])]
    return [row["world"], row["policy"], str(row["flights"]), _gain(row), kept, *numbers]


def _gain(row: _Row) -> str:
    if row["gain"] is None:
        return ""
    return "{:+.2f} ({:+.2f}..{:+.2f})".format(row["gain"], *row["gain_interval"])
