"""What receives a budget: types, campaigns, groups, and what is pooled."""

from pathlib import Path

import numpy as np
import pytest
from helpers.small_exports import DAYS, settings_for, write_csv

from mediagym.data.errors import ConfigError
from mediagym.data.history import History
from mediagym.data.units import load_history

HEADER = [
    "Date",
    "Channel",
    "Campaign",
    "Campaign type",
    "Cost",
    "Impressions",
    "Clicks",
    "Conversions",
]


def write(tmp_path: Path, campaigns: int = 4) -> None:
    """Google with types; radio with campaigns of growing spend and no types."""
    rows: list[list[object]] = []
    for day in DAYS:
        rows += [[day, "google", c, t, 10, 100, 5, 1] for c, t in (("A", "Search"), ("B", "Video"))]
        rows += [[day, "radio", f"R{k}", "", 1 + k, 100, 5, 1] for k in range(campaigns)]
    write_csv(tmp_path / "a.csv", HEADER, rows)


def load(tmp_path: Path, **changes: object) -> History:
    return load_history(settings_for(tmp_path, minimum_days=28, **changes))


def test_types_where_a_channel_has_them_otherwise_campaigns(tmp_path: Path) -> None:
    write(tmp_path)
    names = load(tmp_path).names
    assert names == (
        "google/Search Network",
        "google/YouTube",
        "radio/R0",
        "radio/R1",
        "radio/R2",
        "radio/R3",
    )


def test_the_unit_is_the_users(tmp_path: Path) -> None:
    write(tmp_path)
    assert load(tmp_path, unit="type").names == ("google/Search Network", "google/YouTube", "radio")
    assert load(tmp_path, unit="campaign").names[:2] == ("google/A", "google/B")


@pytest.mark.parametrize("unit", ["type", "campaign", None])
def test_no_unit_loses_money(tmp_path: Path, unit: str | None) -> None:
    write(tmp_path, campaigns=12)
    assert load(tmp_path, unit=unit).totals.spend.sum() == 30 * (20 + sum(range(1, 13)))


def test_small_campaigns_are_pooled_and_recent_spend_ranks_them(tmp_path: Path) -> None:
    write(tmp_path, campaigns=12)
    history = load(tmp_path, max_campaigns=4)
    assert history.names[2:] == ("radio/Other campaigns", "radio/R10", "radio/R11", "radio/R9")
    pooled = history.names.index("radio/Other campaigns")
    assert history.totals.spend[pooled] == 30 * sum(range(1, 10))
    assert any("the other 9 (58% of all spend) are pooled" in note for note in history.notes)


def test_units_of_a_plan_stay_its_units_whatever_later_days_bring(tmp_path: Path) -> None:
    """A campaign that overtakes during a flight, and one that is born in it, change no unit."""
    rows: list[list[object]] = []
    for at, day in enumerate(DAYS):
        late = at >= 20
        costs = {"A": 9, "B": 5, "C": 900 if late else 1, "D": 2} | ({"E": 700} if late else {})
        rows += [[day, "radio", name, "", cost, 100, 5, 1] for name, cost in costs.items()]
    write_csv(tmp_path / "a.csv", HEADER, rows)
    settings = settings_for(tmp_path, minimum_days=28, max_campaigns=3)
    eve = np.datetime64(str(DAYS[19]), "D")
    kept = load_history(settings, known_until=eve)
    assert kept.names == ("radio/A", "radio/B", "radio/Other campaigns")
    assert load_history(settings).names == ("radio/C", "radio/E", "radio/Other campaigns")
    np.testing.assert_array_equal(
        kept.totals.spend, [9 * 30, 5 * 30, 2 * 30 + 20 + (len(DAYS) - 20) * 1600]
    )


def test_groups_are_patterns_of_names(tmp_path: Path) -> None:
    write(tmp_path)
    groups = tmp_path / "groups.yaml"
    groups.write_text("Low: [r0, R1]\nHigh: 'radio/r[23]'\n")
    history = load(tmp_path, unit="group", groups=str(groups))
    assert history.names == ("google/Other campaigns", "radio/High", "radio/Low")
    np.testing.assert_array_equal(history.totals.spend, [600, 30 * 7, 30 * 3])
    assert any("google: 2 campaigns are in no group" in note for note in history.notes)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Low: [r*]\nHigh: [r3]\n", "each campaign in one group"),
        ("- a\n", "a mapping from groups"),
        ("Low: 3\n", "a mapping from groups"),
        ("Low: [3]\n", "a mapping from groups"),
        ("Low: [", "cannot be read"),
        ("", "a mapping from groups"),
    ],
)
def test_a_wrong_file_of_groups_is_refused(tmp_path: Path, content: str, message: str) -> None:
    write(tmp_path)
    groups = tmp_path / "groups.yaml"
    groups.write_text(content)
    with pytest.raises(ConfigError, match=rf"data\.groups.*{message}"):
        load(tmp_path, unit="group", groups=str(groups))


def test_a_renamed_campaign_is_one_unit_under_its_latest_name(tmp_path: Path) -> None:
    header = [
        "Date",
        "Channel",
        "Campaign ID",
        "Campaign",
        "Cost",
        "Impressions",
        "Clicks",
        "Conversions",
    ]
    rows = [[d, "radio", 7, "Old" if at < 15 else "New", 1, 10, 1, 0] for at, d in enumerate(DAYS)]
    write_csv(tmp_path / "a.csv", header, rows)
    history = load(tmp_path)
    assert history.names == ("radio/New",)
    assert history.totals.spend.tolist() == [30]
    assert any("renamed" in note for note in history.notes)


def test_the_last_days_are_left_out_by_a_key(tmp_path: Path) -> None:
    write(tmp_path)
    history = load(tmp_path, incomplete_days=2)
    assert len(history.dates) == 28
    assert history.dates[-1] == np.datetime64(DAYS[27])
