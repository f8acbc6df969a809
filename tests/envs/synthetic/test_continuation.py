"""Days appended to the exports of a known advertiser."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mediagym.data.errors import ConfigError, DataError
from mediagym.data.exports import DataSettings
from mediagym.data.units import load_history
from mediagym.envs.synthetic import (
    ContinuationSettings,
    SyntheticSettings,
    continue_advertiser,
    read_truth,
    synthesize,
    write_advertiser,
)

SEARCH = "google/Search Network"
DELIVERY = {"sd": 0, "over": 0, "most": 2, "shares": {}}


@pytest.fixture(scope="module")
def drawn(conf, priors, tmp_path_factory):
    """Settings of an advertiser whose files are written."""
    folder = tmp_path_factory.mktemp("drawn")
    mapping = conf("advertiser/default.yaml") | {
        "path": folder, "days": 60, "landings": 500, "gap_share": 0, "form": "drifting",
    }  # fmt: skip
    settings = SyntheticSettings.of(mapping, "synthesize")
    write_advertiser(synthesize(settings, priors), settings)
    return settings


@pytest.fixture
def copied(drawn, tmp_path):
    """Makes settings of a copy."""

    def make(name: str) -> SyntheticSettings:
        shutil.copytree(drawn.path, tmp_path / name)
        return drawn.model_copy(update={"path": tmp_path / name})

    return make


def more(days: int, **keys) -> ContinuationSettings:
    defaults = {"continue_days": days, "plan": None, "break": None, "delivery": DELIVERY}
    return ContinuationSettings.of(defaults | keys, "synthesize")


def history_of(conf, folder: Path):
    return load_history(DataSettings.of(conf("data/default.yaml", path=folder)))


def plan_json(path: Path, names: list[str], first: str, dollars: np.ndarray) -> Path:
    days = [
        {
            "date": str(np.datetime64(first) + t),
            "campaigns": [
                {
                    "channel": name.partition("/")[0],
                    "campaign_type": name.partition("/")[2] or None,
                    "budget": float(amount),
                }
                for name, amount in zip(names, row, strict=True)
            ],
        }
        for t, row in enumerate(dollars)
    ]
    path.write_text(json.dumps({"days": days}))
    return path


def test_the_days_before_stay_as_they_are_and_the_new_ones_spend_the_plan_to_the_cent(
    conf, drawn, copied, tmp_path
):
    settings = copied("a")
    names = read_truth(settings.path).names
    dollars = np.round(np.random.default_rng(0).uniform(1, 900, (10, len(names))), 2)
    plan = plan_json(tmp_path / "plan.json", names, "2024-03-01", dollars)
    continue_advertiser(settings, more(10, plan=plan))
    for file in drawn.path.glob("*.csv"):
        assert (settings.path / file.name).read_bytes().startswith(file.read_bytes())
    history = history_of(conf, settings.path)
    assert len(history.dates) == 70
    order = [names.index(name) for name in history.names]
    np.testing.assert_allclose(history.spend[60:], dollars[:, order], atol=1e-9)


def test_ten_days_are_five_and_five_more(copied):
    once, twice = copied("once"), copied("twice")
    amounts = "date,campaign,budget\n" + "".join(
        f"2024-03-01,{name},{100 + k}\n" for k, name in enumerate(read_truth(once.path).names)
    )
    table = once.path.parent / "spend.csv"
    table.write_text(amounts)
    continue_advertiser(once, more(10, plan=table))
    for _ in range(2):
        continue_advertiser(twice, more(5, plan=table))
    truths = [json.loads((s.path / "truth.json").read_text()) for s in (once, twice)]
    assert truths[0] == truths[1]
    assert truths[0]["days"] == 70
    for file in once.path.glob("*ads-performance.csv"):
        assert file.read_bytes() == (twice.path / file.name).read_bytes()


def test_the_market_goes_on_from_the_state_at_the_end(conf, priors, drawn):
    truth = read_truth(drawn.path)
    advertiser = synthesize(drawn, priors)
    assert truth.campaigns == advertiser.campaigns
    for name in ("stock", "level", "drift"):
        np.testing.assert_array_equal(getattr(truth.state, name), getattr(advertiser.state, name))
    assert truth.state.day == advertiser.state.day
    for field, value in advertiser.market._asdict().items():
        if value is not None:
            np.testing.assert_array_equal(getattr(truth.market, field), value)


def test_a_break_lowers_one_campaign_from_its_day_on_and_for_good(copied):
    usual, broken = copied("usual"), copied("broken")
    continue_advertiser(usual, more(40))
    hit = {"campaign": SEARCH, "day": 8, "factor": 0.25}
    continue_advertiser(broken, more(40, **{"break": hit}))
    tables = [
        pd.read_csv(s.path / "googleads-performance.csv").pivot(
            index="Date", columns="Campaign type", values="Conversions"
        )
        for s in (usual, broken)
    ]
    before, after = (tables[1].iloc[d] - tables[0].iloc[d] for d in (slice(60, 67), slice(67, 100)))
    assert (before.abs() < 1e-9).all().all()
    ratio = tables[1].iloc[67:].sum() / tables[0].iloc[67:].sum()
    assert 0.2 < ratio["Search Network"] < 0.32
    assert ratio["Cross-network"] == pytest.approx(1, abs=0.02)  # credit is shared with it
    assert after["Search Network"].sum() < 0
    conversions = [read_truth(s.path).market.reference_conversions for s in (usual, broken)]
    k = read_truth(usual.path).names.index(SEARCH)
    assert conversions[1][k] == pytest.approx(0.25 * conversions[0][k])


def test_delivery_falls_short_or_goes_over_as_it_is_configured(conf, copied):
    settings = copied("a")
    delivery = {"sd": 0, "over": 0.3, "most": 2, "shares": {"meta": 0.5}}
    continue_advertiser(settings, more(60, delivery=delivery))
    history = history_of(conf, settings.path)
    planned = np.nanmean(history.spend[53:60], 0).round(2)
    ratio = history.spend[60:] / planned
    meta = history.names.index("meta")
    ratio[:, meta] *= 2
    doubled = np.abs(ratio - 2) < 0.05
    assert (doubled | (np.abs(ratio - 1) < 0.05)).all()
    assert doubled.mean() == pytest.approx(0.3, abs=0.08)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("date,campaign,budget\n2024-03-01,meta,5\n", "no budget of google"),
        ("date,campaign,budget\n2024-03-01,tv,5\n", "not known"),
        ("date,campaign,budget\n2024-03-01,meta,-5\n", "0 or more"),
        ("date,campaign,budget\nsoon,meta,5\n", "ISO date"),
    ],
)
def test_a_table_that_leaves_something_open_is_refused_and_nothing_written(
    drawn, copied, tmp_path, content, match
):
    settings = copied("a")
    table = tmp_path / "table.csv"
    table.write_text(content)
    with pytest.raises(DataError, match=match):
        continue_advertiser(settings, more(3, plan=table))
    for file in drawn.path.iterdir():
        assert (settings.path / file.name).read_bytes() == file.read_bytes()


def test_a_plan_that_ends_too_early_is_refused(copied, tmp_path):
    settings = copied("a")
    names = read_truth(settings.path).names
    plan = plan_json(tmp_path / "p.json", names, "2024-03-01", np.ones((3, len(names))))
    with pytest.raises(DataError, match="2024-03-04"):
        continue_advertiser(settings, more(4, plan=plan))


def test_files_that_go_on_after_their_truth_are_refused(drawn, copied):
    settings = copied("a")
    continue_advertiser(settings, more(2))
    shutil.copy(drawn.path / "truth.json", settings.path)
    with pytest.raises(DataError, match="2024-03-02"):
        continue_advertiser(settings, more(2))


def test_an_unknown_campaign_of_a_break_is_refused(copied):
    hit = {"campaign": "tv", "day": 1, "factor": 0.5}
    with pytest.raises(ConfigError, match=r"break\.campaign"):
        continue_advertiser(copied("a"), more(2, **{"break": hit}))
