"""Tables of the flights at new advertisers, with intervals over advertisers and their markets."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...data.display import markdown_text
from ...data.types import Floats
from ..studies import bootstrap
from .fly import REFERENCES

BEGIN, END = "<!-- begin: advertisers -->", "<!-- end: advertisers -->"
_Row = Mapping[str, Any]


def advertisers_summary(rows: Sequence[_Row], resamples: int, seed: int) -> dict[str, Any]:
    """Return the gains of every policy over the references, by advertiser and over all.

    A gain is the difference of a market's conversions in percent of the reference's. Over all,
    advertisers are resampled, and the markets of each; of one advertiser, its markets.

    Args:
        rows: results of ``fly_advertisers``.
        resamples: number of resamples.
        seed: seed of the resamples.

    Returns:
        ``markets`` per advertiser; ``policies``: a row per policy with its gains, the shares of
        advertisers with a certain gain and a certain loss (an interval without 0), broken
        constraints and cents off; ``advertisers``: a row each with the gains of every policy.
    """
    names = list(rows[0]["policies"])
    advertisers = [
        {key: value for key, value in row.items() if key != "policies"}
        | {"gains": {name: _gains([row], name, resamples, seed) for name in names}}
        for row in rows
    ]
    policies = []
    for name in names:
        gains = _gains(rows, name, resamples, seed)
        for reference, gain in gains.items():
            intervals = np.array([a["gains"][name][reference]["ci"] for a in advertisers])
            gain["certain_gain"] = float((intervals[:, 0] > 0).mean())
            gain["certain_loss"] = float((intervals[:, 1] < 0).mean())
        own = [row["policies"][name] for row in rows]
        policies.append(
            {
                "policy": name,
                "gains": gains,
                "violations": sum(each["violations"] for each in own),
                "cents_off": max(each["cents_off"] for each in own),
            }
        )
    markets = len(rows[0]["policies"][names[0]]["total"])
    return {"markets": markets, "policies": policies, "advertisers": advertisers}


def advertisers_markdown(summary: Mapping[str, Any], command: str) -> str:
    """Return both tables with the command that makes them, between their marks."""
    advertisers, policies = summary["advertisers"], summary["policies"]
    pairs = [(row["policy"], reference) for row in policies for reference in row["gains"]]
    columns = [f"{markdown_text(name)} over {reference}" for name, reference in pairs]
    lines = [
        BEGIN,
        "",
        f"    {command}",
        "",
        f"{len(advertisers)} advertisers, {summary['markets']} test markets each.",
        "",
        "| policy | over | gain in percent | advertisers with a certain gain | a certain loss "
        "| broken | cents off |",
        "|---|---|---:|---:|---:|---:|---:|",
        *(_policy_line(row, reference) for row in policies for reference in row["gains"]),
        "",
        "| advertiser | campaigns | channels | days | effects | "
        + " | ".join([*columns, "hash"])
        + " |",
        "|---|---:|---:|---:|---|" + "---:|" * len(columns) + "---|",
        *(_advertiser_line(row, pairs) for row in advertisers),
        "",
        END,
    ]
    return "\n".join(lines)


def _gains(rows: Sequence[_Row], name: str, resamples: int, seed: int) -> dict[str, dict[str, Any]]:
    """Return mean and interval of a policy's gains over every other reference, in percent."""
    gains = {}
    for reference in REFERENCES:
        if reference == name:
            break  # a reference is compared with those before it
        groups = [_gain(row["policies"], name, reference) for row in rows]
        gains[reference] = {
            "mean": float(np.mean([group.mean() for group in groups])),
            "ci": bootstrap(groups, resamples, seed),
        }
    return gains


def _gain(policies: Mapping[str, _Row], name: str, reference: str) -> Floats:
    """Return the gain in every market of an advertiser, (markets,) percent."""
    ours, theirs = (np.array(policies[each]["total"]) for each in (name, reference))
    return np.asarray(100 * (ours - theirs) / np.abs(theirs))


def _policy_line(row: _Row, reference: str) -> str:
    gain = row["gains"][reference]
    cells = [
        markdown_text(row["policy"]),
        reference,
        _within(gain),
        f"{gain['certain_gain']:.0%}",
        f"{gain['certain_loss']:.0%}",
        str(row["violations"]),
        str(row["cents_off"]),
    ]
    return f"| {' | '.join(cells)} |"


def _advertiser_line(row: _Row, pairs: Sequence[tuple[str, str]]) -> str:
    counts = [str(row[key]) for key in ("seed", "campaigns", "channels", "days")]
    gains = [_within(row["gains"][name][reference]) for name, reference in pairs]
    cells = [*counts, ", ".join(row["effects"]), *gains, f"`{row['digest']}`"]
    return f"| {' | '.join(cells)} |"


def _within(gain: _Row) -> str:
    return "{:+.2f} ({:+.2f}..{:+.2f})".format(gain["mean"], *gain["ci"])
