"""Parsing of constraints by name, and the error messages."""

import json

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from scipy.optimize import linprog

from mediagym.data.errors import ConfigError, ConstraintError
from mediagym.envs.constraints import ConstraintSettings, constraints_from_json, parse_constraints

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("google/Search", "google/YouTube", "meta", "microsoft/Shopping", "microsoft/Audience")


@pytest.fixture
def build(default_constraints, ads):
    return lambda days=30, names=NAMES, **changes: parse_constraints(
        ConstraintSettings.of(default_constraints | changes, "constraints"), ads(*names), days
    )


def test_the_defaults_give_every_channel_and_campaign_a_floor(build):
    constraints = build()
    assert constraints.total == 200_000
    assert constraints.spend_all
    assert constraints.channels == ("google", "meta", "microsoft")
    np.testing.assert_array_equal(constraints.floor_cents[0], [2_000_000] * 3)
    np.testing.assert_array_equal(constraints.floor_cents[1], [100_000] * 5)
    np.testing.assert_array_equal(constraints.cap_cents[1], [20_000_000] * 5)
    assert constraints.pacing == (0, 30)
    assert not constraints.has_daily_caps


def test_an_override_by_name_changes_that_node_alone(build):
    constraints = build(
        channels={"google": {"floor": "20%", "cap": "$120000"}},
        campaigns={
            "google/YouTube": {"off": True},
            "microsoft/Audience": {"fixed": 1500},
            "meta": {"daily_cap": "2.5%"},
        },
    )
    np.testing.assert_array_equal(constraints.floor_cents[0], [4_000_000, 2_000_000, 2_000_000])
    np.testing.assert_array_equal(constraints.cap_cents[0], [12_000_000, 20_000_000, 20_000_000])
    np.testing.assert_array_equal(
        constraints.floor_cents[1], [100_000, 0, 100_000, 100_000, 150_000]
    )
    np.testing.assert_array_equal(constraints.cap_cents[1][[1, 4]], [0, 150_000])
    assert constraints.daily_cap_cents[2] == 500_000


def test_settings_are_parsed_as_yaml_gives_them(default_constraints, ads):
    text = """
    channels: {google: {floor: 20%, cap: $120000}}
    campaigns: {google/YouTube: {off: true}}
    """  # bare `off` is a truth value in YAML
    omega = OmegaConf.merge(default_constraints, OmegaConf.create(text))
    for given_ in (default_constraints | yaml.safe_load(text), omega):
        constraints = parse_constraints(
            ConstraintSettings.of(given_, "constraints"), ads(*NAMES), 30
        )
        assert constraints.cap_cents[0][0] == 12_000_000
        assert constraints.cap_cents[1][1] == 0


@pytest.mark.parametrize(
    ("given_", "floor", "cap"),
    [("33.333333%", 3334, 3333), ("$12.345", 1235, 1234), (12.345, 1235, 1234), ("12", 1200, 1200)],
)
def test_floors_round_up_to_cents_and_caps_down(build, given_, floor, cap):
    free = {"channel": {}, "campaign": {}, "total": 100}
    low = build(**free, campaigns={"meta": {"floor": given_}})
    high = build(**free, campaigns={"meta": {"cap": given_}})
    assert low.floor_cents[1][2] == floor
    assert high.cap_cents[1][2] == cap


def test_permuting_the_campaigns_permutes_the_set(build):
    campaigns = {"google/YouTube": {"cap": "5%"}, "meta": {"fixed": 25_000}}
    order = [4, 2, 0, 1, 3]
    constraints = build(campaigns=campaigns)
    permuted = build(campaigns=campaigns, names=[NAMES[i] for i in order])
    np.testing.assert_array_equal(permuted.cap_cents[1], constraints.cap_cents[1][order])
    np.testing.assert_array_equal(permuted.floor_cents[1], constraints.floor_cents[1][order])
    assert permuted.channels == ("microsoft", "meta", "google")
    assert permuted.channel_of == {name: name.split("/")[0] for name in permuted.names}


def test_json_and_back_is_the_same_set(build):
    for changes in (
        {"campaigns": {"meta": {"daily_cap": 2000}, "google/YouTube": {"off": True}}},
        {"pacing": [1, 1], "change_limit": "12.5%", "total_type": "at_most"},
        {"total": 0.5 + 1000, "channel": {"floor": "$0.70"}, "pacing": None},
    ):
        document = json.loads(json.dumps(build(**changes).to_json()))
        assert constraints_from_json(document).to_json() == document


@given(seed=SEEDS)
@settings(max_examples=60)
def test_json_and_back_for_any_set(seed, feasible_set):
    document = feasible_set(np.random.default_rng(seed)).to_json()
    assert constraints_from_json(json.loads(json.dumps(document))).to_json() == document


REFUSED = {
    "unknown key": ({"totl": 5}, r"constraints.totl: unknown key.*did you mean 'total'"),
    "share of nothing": ({"total": "10%"}, r"constraints.total: '10%' does not fit"),
    "zero total": ({"total": 0}, r"constraints.total: 0 does not fit.*above 0"),
    "broken cents": ({"total": 100.005}, r"constraints.total.*whole cents"),
    "type": ({"total_type": "exact"}, r"constraints.total_type: 'exact'.*equal or at_most"),
    "unknown channel": (
        {"channels": {"gogle": {"off": True}}},
        r"constraints.channels: 'gogle' is not a channel of this flight. "
        r"Allowed: google, meta, microsoft. To fix: did you mean google\?",
    ),
    "unknown campaign": (
        {"campaigns": {"google/You Tube": {"off": True}}},
        r"campaigns: 'google/You Tube' is not a campaign.*did you mean google/YouTube\?",
    ),
    "unknown node key": (
        {"campaigns": {"meta": {"flor": "10%"}}},
        r"constraints.campaigns.meta: unknown key 'flor'.*did you mean floor\?",
    ),
    "channel without days": (
        {"channel": {"daily_cap": 100}},
        r"constraints.channel: unknown key 'daily_cap'. Allowed: floor, cap, fixed, off",
    ),
    "no mapping": ({"channel": "10%"}, r"constraints.channel: '10%' does not fit"),
    "list of names": ({"campaigns": ["meta"]}, r"constraints.campaigns:"),
    "bare share": (
        {"channel": {"floor": 0.1}},
        r'constraints.channel.floor: 0.1 does not fit.*likely a share.*write "10%"',
    ),
    "bare share in text": ({"channel": {"floor": "0.1"}}, r"likely a share"),
    "negative": ({"campaign": {"floor": -5}}, r"constraints.campaign.floor: -5 does not fit"),
    "negative share": ({"campaign": {"floor": "-5%"}}, r"constraints.campaign.floor: '-5%'"),
    "not a number": ({"campaign": {"cap": float("nan")}}, r"constraints.campaign.cap: nan"),
    "infinite": ({"campaign": {"cap": float("inf")}}, r"constraints.campaign.cap: inf"),
    "truth": ({"campaign": {"cap": True}}, r"constraints.campaign.cap: True"),
    "separator": ({"campaign": {"cap": "5,000"}}, r"'5,000' does not fit.*no thousands"),
    "too much": ({"channel": {"floor": "110%"}}, r"constraints.channel.floor.*0% to 100%"),
    "cap under floor": (
        {"channels": {"google": {"floor": "20%", "cap": 30_000}}},
        r"constraints.channels.google.floor: '20%' does not fit. Allowed: at most the cap, 30000 "
        r"\(constraints.channels.google.cap\)",
    ),
    "floor over total": (
        {"campaigns": {"meta": {"floor": 300_000}}},
        r"constraints.campaigns.meta.floor: 300000 .*at most the cap, the total",
    ),
    "pacing reversed": ({"pacing": [1.5, 0.5]}, r"constraints.pacing: \[1.5, 0.5\]"),
    "pacing short": ({"pacing": [0.5]}, r"constraints.pacing"),
    "pacing number": ({"pacing": 1}, r"constraints.pacing"),
    "pacing in words": ({"pacing": "slow"}, r"constraints.pacing: 'slow'"),
    "pacing without even": ({"pacing": [1.1, 1.5]}, r"constraints.pacing.*a <= 1 <= b"),
    "pacing nan": ({"pacing": [float("nan"), 2]}, r"constraints.pacing"),
    "change at any pace": ({"change_limit": "25%"}, r"constraints.pacing.*where there is a change"),
    "change in dollars": ({"change_limit": 500}, r"constraints.change_limit: 500.*percent sign"),
    "no change": ({"change_limit": "0%", "pacing": [1, 1]}, r"constraints.change_limit: '0%'"),
    "fixed and cap": (
        {"campaigns": {"meta": {"fixed": "10%", "cap": "5%"}}},
        r"campaigns.meta.fixed: '10%' .*constraints.campaigns.meta.cap is '5%'",
    ),
    "fixed and floor": (
        {"channels": {"google": {"fixed": "10%", "floor": "5%"}}},
        r"channels.google.fixed: '10%' .*constraints.channels.google.floor is '5%'",
    ),
    "off and floor": (
        {"campaigns": {"meta": {"off": True, "floor": "10%"}}},
        r"campaigns.meta.off: True .*constraints.campaigns.meta.floor is '10%'",
    ),
    "off and fixed": (
        {"campaigns": {"meta": {"off": True, "fixed": 100}}},
        r"campaigns.meta.off: True .*constraints.campaigns.meta.fixed is 100",
    ),
    "off by number": ({"campaigns": {"meta": {"off": 1}}}, r"constraints.campaigns.meta.off"),
    "off by list": ({"campaigns": {"meta": {"off": []}}}, r"constraints.campaigns.meta.off"),
    "total out of range": ({"total": 1e18}, r"constraints.total: 1e\+18 .*at most 1e\+12"),
    "total of many digits": ({"total": "9" * 5000}, r"constraints.total: '9{40}\.\.\.'"),
    "floor out of range": ({"campaign": {"floor": 1e300}}, r"constraints.campaign.floor: 1e\+300"),
    "endless pace": ({"pacing": [0.5, 1e300]}, r"constraints.pacing"),
    "pacing of whole numbers": ({"pacing": [0, 10**400]}, r"constraints.pacing"),
    "endless change": (
        {"change_limit": "9" * 400 + "%", "pacing": [1, 1]},
        r"constraints.change_limit: '9{40}\.\.\.'",
    ),
    "off in words": ({"campaigns": {"meta": {"off": "yes"}}}, r"constraints.campaigns.meta.off"),
}


def test_a_key_of_one_campaign_may_replace_the_default_of_all(build):
    constraints = build(
        campaign={"floor": "1%", "cap": "45%"}, campaigns={"meta": {"fixed": "10%"}}, channel={}
    )
    assert constraints.floor_cents[1][2] == constraints.cap_cents[1][2] == 2_000_000


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_value_is_refused_by_its_key(build, case):
    changes, message = REFUSED[case]
    with pytest.raises(ConfigError, match=message):
        build(**changes)


def test_a_missing_key_is_named(ads):
    with pytest.raises(ConfigError, match=r"constraints\.total: no value"):
        parse_constraints(ConstraintSettings.of({}, "constraints"), ads(*NAMES), 30)


@pytest.mark.parametrize("days", [0, -1, 2.5, True, 367, 1_000_000])
def test_a_flight_has_whole_days(build, days):
    with pytest.raises(ConfigError, match="days of the flight"):
        build(days=days)


@pytest.mark.parametrize("names", [[], ["meta", "meta"]])
def test_campaign_names_are_unique_and_not_empty(build, names):
    with pytest.raises(ConfigError, match="campaigns"):
        build(names=names)


INFEASIBLE = {
    "google: floors of its campaigns sum to $24,000, above its cap $20,000": {
        "channels": {"google": {"cap": 20_000}},
        "campaigns": {"google/Search": {"floor": 20_000}, "google/YouTube": {"floor": 4000}},
    },
    "meta: its floor $20,000 is above what its campaigns may get, $0": {
        "campaigns": {"meta": {"off": True}},
    },
    "meta: its floor $1,000 is above its daily cap $33.33 x 30 days = $999.90": {
        "campaigns": {"meta": {"daily_cap": 33.333}},
    },
    "google: its floor $20,000 is above what its campaigns may get, $6,000": {
        "campaigns": {name: {"daily_cap": 100} for name in NAMES[:2]},
    },
    "total: floors of the channels sum to $210,000, above the total $200,000": {
        "channel": {"floor": "35%"},
    },
    "total: caps of the channels sum to $180,000, below the total $200,000": {
        "channel": {"floor": "10%", "cap": "30%"},
    },
}


@pytest.mark.parametrize("message", INFEASIBLE)
def test_a_set_without_a_plan_is_refused_with_the_node_and_its_numbers(build, message):
    with pytest.raises(ConstraintError) as caught:
        build(**INFEASIBLE[message])
    assert str(caught.value).startswith(message)


def test_caps_below_the_total_are_fine_where_it_is_a_limit(build):
    assert not build(channel={"cap": "30%"}, total_type="at_most").spend_all


def has_plan(bounds, owners, days, total, spend_all):
    """Feasibility by a linear program over the campaigns' totals."""
    channels = 1.0 * (np.arange(owners.max() + 1)[:, None] == owners)
    (low, high), (low_all, high_all), daily = bounds
    rows = np.concatenate([channels, -channels, np.ones((1, len(owners)))])
    ends = np.r_[high_all, -low_all, total]
    boxes = np.stack([low, np.minimum(high, daily * days)], 1)
    if (boxes[:, 0] > boxes[:, 1]).any():
        return False
    exact = {"A_eq": np.ones((1, len(owners))), "b_eq": [total]} if spend_all else {}
    return linprog(np.zeros(len(owners)), A_ub=rows, b_ub=ends, bounds=boxes, **exact).status == 0


@given(seed=SEEDS)
@settings(max_examples=200)
def test_refuses_exactly_the_sets_without_a_feasible_plan(seed, default_constraints, ads):
    rng = np.random.default_rng(seed)
    count, days, total = int(rng.integers(1, 6)), int(rng.integers(1, 5)), 1000
    owners = np.r_[0, rng.integers(0, 2, count)]
    owners = np.unique(owners, return_inverse=True)[1]

    def pair(size):
        low = rng.integers(0, 9, size) * rng.choice([20, 40])
        return low, low + rng.integers(0, 12, size) * 40

    campaign, channel = pair(len(owners)), pair(owners.max() + 1)
    daily = rng.integers(3, 12, len(owners)) * 40
    spend_all = bool(rng.integers(2))
    names = [f"c{owner}/{i}" for i, owner in enumerate(owners)]
    keys = ("floor", "cap", "daily_cap")
    changes = {
        "total": total,
        "total_type": "equal" if spend_all else "at_most",
        "channel": {},
        "campaign": {},
        "campaigns": {
            name: {key: f"${value}" for key, value in zip(keys, values, strict=True)}
            for name, *values in zip(names, *campaign, daily, strict=True)
        },
        "channels": {
            f"c{i}": {"floor": f"${low}", "cap": f"${high}"}
            for i, (low, high) in enumerate(zip(*channel, strict=True))
        },
    }
    capped = tuple((low, np.minimum(high, total)) for low, high in (campaign, channel))
    if has_plan((*capped, daily), owners, days, total, spend_all):
        parse_constraints(
            ConstraintSettings.of(default_constraints | changes, "constraints"), ads(*names), days
        )
        return
    with pytest.raises(ConstraintError):
        parse_constraints(
            ConstraintSettings.of(default_constraints | changes, "constraints"), ads(*names), days
        )
