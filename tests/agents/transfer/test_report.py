from typing import Any

import numpy as np
import pytest

from mediagym.agents.studies import placed
from mediagym.agents.transfer import advertisers_markdown, advertisers_summary

MARKETS = 30


def row(seed: int, gains: dict[str, float], noise: float) -> dict[str, Any]:
    """An advertiser whose policies gain so much over the static plan, in percent."""
    rng = np.random.default_rng(seed)
    static = rng.uniform(100, 1000, MARKETS)
    policies = {"static": static} | {
        name: static * (1 + (gain + noise * rng.standard_normal(MARKETS)) / 100)
        for name, gain in gains.items()
    }
    flights = {
        name: {"total": total.tolist(), "violations": 0, "cents_off": 0}
        for name, total in policies.items()
    }
    facts = {"seed": seed, "digest": f"hash{seed}", "campaigns": 5, "channels": 2, "days": 28}
    return facts | {"effects": ["weekday", "lag"], "policies": flights}


ROWS = [
    row(seed, {"follow": 4 + offset, "mine": 5 + 3 * offset}, noise=1.0)
    for seed, offset in enumerate((-2, -1, 0, 1, 2))
]
SUMMARY = advertisers_summary(ROWS, 400, 0)


def policy(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in SUMMARY["policies"] if each["policy"] == name)
    return found


def test_gains_are_means_over_advertisers_of_their_markets() -> None:
    assert policy("static")["gains"] == {}
    assert list(policy("follow")["gains"]) == ["static"]
    assert policy("follow")["gains"]["static"]["mean"] == pytest.approx(4, abs=0.3)
    mine = policy("mine")["gains"]
    assert mine["static"]["mean"] == pytest.approx(5, abs=0.3)
    assert mine["follow"]["mean"] == pytest.approx(1 / 1.04, abs=0.3)
    own = [each["gains"]["mine"]["static"]["mean"] for each in SUMMARY["advertisers"]]
    assert mine["static"]["mean"] == pytest.approx(np.mean(own))


def test_the_interval_over_all_knows_that_advertisers_differ() -> None:
    """That of one advertiser is over its markets alone; five differ by a standard error of 1.9."""
    low, high = policy("mine")["gains"]["static"]["ci"]
    one = SUMMARY["advertisers"][0]["gains"]["mine"]["static"]
    assert low < 5 < high
    assert 4 < high - low < 10
    assert one["ci"][1] - one["ci"][0] < 1.2
    assert one["ci"][0] < one["mean"] < one["ci"][1]


def test_shares_count_the_advertisers_whose_interval_leaves_out_zero() -> None:
    mine = policy("mine")["gains"]
    assert mine["static"]["certain_gain"] == 0.8  # gains of -1, 2, 5, 8 and 11 %
    assert mine["static"]["certain_loss"] == 0.2
    assert mine["follow"]["certain_loss"] == 0.4


def test_broken_rules_are_added_and_the_largest_error_in_cents_is_kept() -> None:
    rows = [row(seed, {"follow": 1}, 1.0) for seed in (0, 1)]
    for number, each in enumerate(rows, start=1):
        each["policies"]["follow"] |= {"violations": number, "cents_off": 10 * number}
    _, follow = advertisers_summary(rows, 100, 0)["policies"]
    assert (follow["violations"], follow["cents_off"]) == (3, 20)


def test_the_document_keeps_its_text_and_gets_both_tables() -> None:
    table = advertisers_markdown(SUMMARY, "python a.py")
    assert "| mine | static |" in table
    assert "5 advertisers, 30 test markets each." in table
    lines = [line for line in table.splitlines() if "`hash" in line]
    assert len(lines) == 5
    assert lines[3].startswith("| 3 | 5 | 2 | 28 | weekday, lag | +4.92 (")
    widths = {line.count("|") for line in lines}
    header = next(line for line in table.splitlines() if line.startswith("| advertiser |"))
    assert widths == {header.count("|")}
    document = placed("# Title\n\nText.\n", table)
    assert document.startswith("# Title\n\nText.\n")
    other = advertisers_markdown(SUMMARY, "python b.py")
    again = placed(document, other)
    assert again == document.replace("python a.py", "python b.py")
