"""Amounts of constraints in the advertiser's currency: reading, display, whole units."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import ConfigError, ConstraintError
from mediagym.data.formats import CODES
from mediagym.envs.constraints import (
    Constraints,
    ConstraintSettings,
    constraints_from_json,
    parse_constraints,
    to_cents,
    violations,
)
from mediagym.envs.constraints.money import cents, dollars, quantum_of, written

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("google/Search", "google/YouTube", "meta")


@pytest.fixture
def build(default_constraints, ads):
    def make(days=10, **changes) -> Constraints:
        settings = default_constraints | {"total": 30_000} | changes
        return parse_constraints(ConstraintSettings.of(settings, "constraints"), ads(*NAMES), days)

    return make


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("€5000", None, 5000),
        ("€5000", "EUR", 5000),
        ("5000 EUR", "EUR", 5000),
        ("eur 0.70", "EUR", 0.7),
        ("¥5000", "JPY", 5000),
        ("CHF 12.5", "CHF", 12.5),
        ("A$5", "AUD", 5),
        ("$5", "AUD", 5),
        ("$5", None, 5),
        ("kr 5", "SEK", 5),
        ("5000", "EUR", 5000),
        (5000, "EUR", 5000),
    ],
)
def test_an_amount_may_carry_the_sign_of_its_currency(text, currency, amount):
    assert float(dollars(text, "total", currency)) == amount


@pytest.mark.parametrize(
    ("text", "currency", "message"),
    [
        ("$5000", "EUR", r'an amount \("€5000" or 5000, .*as the exports are in EUR.*convert'),
        ("£5000", "JPY", r'"¥5000".*as the exports are in JPY'),
        ("5000 min", "EUR", r"'5000 min' does not fit.*\"€5000\" or 5000"),
        ("€5 USD", None, r"'€5 USD' does not fit"),
        ("0.7", "EUR", r'likely a share.*write "70%" for the share, or "€0.7" for the amount'),
        (
            "0.7",
            None,
            r'likely a share.*write "70%" for the share, or "\$0.7" with the sign of the curr',
        ),
    ],
)
def test_another_currency_or_an_unknown_sign_is_refused(text, currency, message):
    with pytest.raises(ConfigError, match=message) as caught:
        cents(text, 10_000, "total", True, currency)
    assert currency is None or "dollar" not in str(caught.value)


@given(st.sampled_from([None, "$", "kr", *sorted(CODES)]), st.integers(0, 10**12))
def test_amounts_are_read_as_they_were_written(currency, units):
    amount = units * quantum_of(currency)
    assert cents(written(amount, currency), 10**15, "total", True, currency) == amount
    assert cents(written(amount, currency), 10**15, "total", True) == amount


def test_a_set_without_a_currency_is_written_in_dollars(build):
    document = build(campaigns={"meta": {"cap": 9000}}).to_json()["settings"]
    assert document["total"] == "$30000.00"
    assert document["campaigns"]["meta"] == {
        "floor": "$150.00",
        "cap": "$9000.00",
        "daily_cap": None,
    }


@pytest.mark.parametrize(
    ("currency", "total", "floor"),
    [
        ("EUR", "€30000.00", "€150.00"),
        ("JPY", "¥30000", "¥150"),
        ("SEK", "SEK 30000.00", "SEK 150.00"),
    ],
)
def test_a_set_is_written_in_its_currency_and_read_back(build, currency, total, floor):
    constraints = build().in_currency(currency)
    document = json.loads(json.dumps(constraints.to_json()))
    assert document["settings"]["total"] == total
    assert document["settings"]["campaigns"]["meta"]["floor"] == floor
    assert "$" not in json.dumps(document)
    assert constraints_from_json(document).in_currency(currency).to_json() == document


def test_bounds_in_yen_are_whole_with_floors_up_and_caps_down(build):
    constraints = build(
        total=10_001,
        channel={},
        campaign={"floor": "0.333%", "cap": "66.666%", "daily_cap": "25.55%"},
        campaigns={"meta": {"fixed": "33.3333%"}},
    ).in_currency("JPY")
    np.testing.assert_array_equal(constraints.floor_cents[1], [3_400, 3_400, 333_400])
    np.testing.assert_array_equal(constraints.cap_cents[1], [666_700, 666_700, 333_400])
    np.testing.assert_array_equal(constraints.daily_cap_cents, [255_500] * 3)
    assert constraints.total_cents == 1_000_100


def test_a_total_that_is_not_whole_is_refused_in_yen_alone(build):
    constraints = build(total=10_000.5)
    assert constraints.in_currency("EUR").total_cents == 1_000_050
    with pytest.raises(ConfigError, match=r"constraints\.total: 10000\.5 .*whole number of JPY"):
        constraints.in_currency("JPY")


def test_bounds_that_contradict_each_other_once_they_are_whole_are_an_error_in_yen(build):
    shares = {"floor": "33%", "cap": None}
    constraints = build(total=10, channel={}, campaign=shares, pacing=None)
    with pytest.raises(ConstraintError, match="sum to ¥12, above the total ¥10") as caught:
        constraints.in_currency("JPY")
    assert "$" not in str(caught.value)


@pytest.mark.parametrize(("currency", "sign"), [("EUR", "€"), ("JPY", "¥"), (None, "$")])
def test_violations_are_told_in_the_currency(build, currency, sign):
    constraints = build(campaigns={"meta": {"cap": 9000}}).in_currency(currency)
    plan = np.zeros((10, 3))
    plan[:, 2] = 3000.25
    for amounts in (plan, np.round(100 * plan).astype(np.int64)):
        lines = violations(constraints, amounts)
        assert f"meta: {sign}30,002.50 is above its cap {sign}9,000" in lines
        assert {mark for line in lines for mark in re.findall(r"[$€¥]", line)} == {sign}


@given(seed=SEEDS)
def test_a_plan_in_yen_is_rounded_to_whole_units_within_its_bounds(seed, build):
    rng = np.random.default_rng(seed)
    constraints = build(channel={"floor": "10%"}, campaign={"floor": "1.2345%"}).in_currency("JPY")
    days = rng.dirichlet(np.full(10, 200.0))[:, None]
    plan = 30_000 * days * np.array([0.3 + 0.2 * rng.random(), 0.2, 0.0])
    plan[:, 2] = 30_000 * days[:, 0] - plan.sum(1)
    rounded = to_cents(plan, constraints)
    assert (rounded % 100 == 0).all()
    assert rounded.sum() == 3_000_000
    assert np.abs(rounded / 100 - plan).max() < 1
    assert violations(constraints, rounded) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channel": {"floor": "60%"}}, "sum to €36,000, above the total €30,000"),
        (
            {"channel": {}, "channels": {"google": {"cap": 100}}},
            "campaigns sum to €300, above its cap €100",
        ),
        (
            {"campaign": {"daily_cap": 5, "floor": 100}},
            "its floor €100 is above its daily cap €5 x",
        ),
        (
            {"channel": {"cap": "10%"}},
            "caps of the channels sum to €6,000, below the total €30,000",
        ),
        ({"total": "$5000"}, "an amount .*as the exports are in EUR"),
        ({"campaigns": {"meta": {"cap": "£5"}}}, "campaigns.meta.cap: '£5'.*exports are in EUR"),
        ({"total": 100.005}, "EUR in whole cents, above 0"),
    ],
)
def test_contradictions_are_told_in_the_currency(default_constraints, ads, changes, message):
    settings = default_constraints | {"total": 30_000} | changes
    settings = ConstraintSettings.of(settings, "constraints")
    with pytest.raises((ConfigError, ConstraintError), match=message) as caught:
        parse_constraints(settings, ads(*NAMES), 10, "EUR")
    assert "dollar" not in str(caught.value)
