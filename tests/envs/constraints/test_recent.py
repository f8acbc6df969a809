"""Daily caps at a multiple of recent spend: which they are, and what wins over them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import ConfigError, ConstraintError
from mediagym.envs.constraints import (
    ConstraintSettings,
    KnownSpend,
    Ledger,
    constraints_from_json,
    parse_constraints,
    spend_day,
    to_cents,
    violations,
)

NAMES = ("google/Search", "google/Video", "google/Old", "meta")
RECENT = np.array([1000.0, 10.0, 0.0, 100.0])
SPEND = KnownSpend(RECENT, np.array([1000.0, 20.0, 500.0, 100.0]), np.array([1e4, 20, 500, 300]))


@pytest.fixture
def build(default_constraints, ads):
    def make(spend=SPEND, names=NAMES, currency=None, days=30, **changes):
        changed = {"total": 40_000, "channel": {}, "campaign": {}, **changes}
        parsed = ConstraintSettings.of(default_constraints | changed, "constraints")
        return parse_constraints(parsed, ads(*names), days, currency, spend)

    return make


def test_a_day_is_capped_at_three_times_the_dearest_recent_day(build):
    constraints = build()
    assert constraints.daily_cap_cents.tolist() == [300_000, 6_000, 0, 30_000]
    assert constraints.recent_caps.tolist() == [True] * 4
    assert constraints.notes == ()


@pytest.mark.parametrize(("times", "cap"), [(1, 100_000), (2.5, 250_000), (1000, 4_000_000)])
def test_the_multiple_is_a_key(build, times, cap):
    assert build(most_times_recent=times, total_type="at_most").daily_cap_cents[0] == cap


def test_without_the_key_or_without_a_history_there_is_no_such_cap(build):
    for constraints in (build(most_times_recent=None), build(spend=None)):
        assert not constraints.has_daily_caps
        assert constraints.recent_caps is None
        assert constraints.notes == ()


def test_documents_from_before_the_key_have_no_such_cap(default_constraints):
    older = {k: v for k, v in default_constraints.items() if k != "most_times_recent"}
    assert ConstraintSettings.of(older, "constraints").most_times_recent is None


@pytest.mark.parametrize("value", [0, 0.5, -1, 1001, True, "3", "3x", float("nan"), [3], {}, 2**62])
def test_other_multiples_are_refused_with_the_allowed_ones(build, value):
    for spend in (SPEND, None):
        with pytest.raises(ConfigError, match=r"most_times_recent.*Allowed: a number from 1 to"):
            build(spend=spend, most_times_recent=value)


def test_a_lower_daily_cap_and_a_cap_over_the_flight_stay(build):
    own = {"google/Search": {"daily_cap": 2000}, "meta": {"cap": 2400}}
    constraints = build(campaigns=own)
    assert constraints.daily_cap_cents.tolist() == [200_000, 6_000, 0, 30_000]
    assert constraints.recent_caps.tolist() == [False, True, True, True]
    assert constraints.cap_cents[1][3] == 240_000


def test_a_campaign_without_recent_spend_gets_its_floor_and_no_more(build):
    constraints = build(campaigns={"google/Old": {"floor": 1000}})
    assert constraints.daily_cap_cents[2] == 3_334  # a thirtieth, rounded up
    assert constraints.daily_cap_cents[[0, 1, 3]].tolist() == [300_000, 6_000, 30_000]


def test_a_campaign_that_is_off_stays_off(build):
    constraints = build(total=200_000, campaigns={"google/Old": {"off": True}})
    assert constraints.cap_cents[1][2] == 0
    assert constraints.daily_cap_cents[2] == 0


def test_a_floor_above_the_multiple_wins_and_is_named(build):
    constraints = build(campaigns={"google/Video": {"floor": 9000}})
    assert constraints.daily_cap_cents.tolist() == [300_000, 30_000, 0, 30_000]
    (note,) = constraints.notes
    assert note.startswith("WARNING: the floors of google/Video are above the cap at 3 times")


def test_a_channels_floor_raises_the_caps_of_its_live_campaigns_by_one_factor(build):
    constraints = build(
        names=("google/Search", "google/Video", "google/Old", "meta/A"),
        total=200_000,
        total_type="at_most",
        channels={"google": {"floor": 180_000}},
    )
    daily = constraints.daily_cap_cents
    factor = 180_000 / 30 / (3000 + 60)
    np.testing.assert_allclose(daily[:2], factor * np.array([300_000, 6_000]), atol=2)
    assert daily[2:].tolist() == [0, 30_000]
    (note,) = constraints.notes
    assert "google: its floor of $180,000" in note
    assert "under the cap at 3 times the dearest recent day" in note


def test_a_channel_without_recent_spend_shares_its_floor_as_it_once_spent(build):
    none = np.array([1000.0, 0.0, 0.0, 100.0])
    constraints = build(
        spend=KnownSpend(none, none, np.array([1000.0, 300.0, 100.0, 100.0])),
        names=("google/Search", "tv/A", "tv/B", "meta"),
        channels={"tv": {"floor": 6000}},
    )
    np.testing.assert_allclose(constraints.daily_cap_cents[1:3], [15_000, 5_000], atol=2)


def test_a_total_that_does_not_fit_raises_all_caps_by_one_factor(build):
    constraints = build(total=200_000)
    factor = 200_000 / 30 / 3360
    np.testing.assert_allclose(
        constraints.daily_cap_cents, factor * np.array([300_000, 6_000, 0, 30_000]), atol=2
    )
    (note,) = constraints.notes
    assert "the total of $200,000 cannot be spent under the cap at 3 times" in note
    assert "most_times_recent" not in note
    assert "total_type" not in note
    assert f"up to {3 * factor:.1f} times" in note


def test_a_total_that_may_be_left_over_raises_nothing(build):
    constraints = build(total=200_000, total_type="at_most")
    assert constraints.daily_cap_cents.tolist() == [300_000, 6_000, 0, 30_000]
    assert constraints.notes == ()


def test_a_first_flight_is_shared_without_caps_that_no_plan_satisfies(build):
    zero = np.zeros(4)
    constraints = build(spend=KnownSpend(zero, zero, zero))
    daily = constraints.daily_cap_cents
    assert (daily * constraints.days).sum() >= constraints.total_cents
    assert np.ptp(daily) <= 1


def test_caps_of_a_currency_without_decimals_are_whole_units(build):
    spend = KnownSpend(RECENT / 7, RECENT / 7, RECENT / 7)
    constraints = build(spend=spend, currency="JPY", total=4000, total_type="at_most")
    assert (constraints.daily_cap_cents % 100 == 0).all()
    assert (constraints.daily_cap_cents <= 300 * spend.known).all()


def test_a_plans_constraints_are_read_back_with_the_caps(build):
    constraints = build(total=200_000)
    document = constraints.to_json()
    again = constraints_from_json(document)
    assert again.daily_cap_cents.tolist() == constraints.daily_cap_cents.tolist()
    assert again.to_json() == document


def test_constraints_that_contradict_each_other_are_refused_as_before(build):
    with pytest.raises(ConstraintError, match="caps of the channels sum"):
        build(campaigns={name: {"cap": 1000} for name in NAMES})


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_feasible_set_stays_feasible_and_can_be_spent_to_the_cent(seed):
    from mediagym.data.history import Campaign
    from mediagym.data.storage import shipped_yaml

    rng = np.random.default_rng(seed)
    size, days = int(rng.integers(1, 7)), int(rng.integers(1, 40))
    names = [Campaign(str(rng.choice(["a", "b", "c"])), f"{i}") for i in range(size)]
    ever = np.exp(rng.normal(3, 3, size)) * (rng.random(size) < 0.9)
    recent = ever * rng.random(size) * (rng.random(size) < 0.6)
    known = np.maximum(recent, ever * (rng.random(size) < 0.3))
    changes = {
        "total": round(float(np.exp(rng.normal(7, 2))) + 100, 2),
        "total_type": str(rng.choice(["equal", "at_most"])),
        "channel": {"floor": f"{rng.integers(0, 33)}%"},
        "campaign": {"floor": f"{rng.integers(0, 10)}%", "cap": None, "daily_cap": None},
    }
    parsed = ConstraintSettings.of({**shipped_yaml("constraints/default"), **changes}, "c")
    constraints = parse_constraints(parsed, names, days, None, KnownSpend(recent, known, ever))
    free = parse_constraints(parsed, names, days)
    ledger, plan = Ledger.start(constraints), []
    for left in range(days, 0, -1):
        asked = rng.random(size) * constraints.total
        spend, ledger = spend_day(
            constraints, ledger, asked, (constraints.total - ledger.spent.sum()) / left
        )
        plan.append(spend)
    cents = to_cents(np.stack(plan), constraints)
    assert violations(constraints, cents) == []
    assert violations(free, cents) == []
    if not constraints.notes:
        over = cents.max(0) > np.maximum(300 * np.where(recent > 0, known, 0), 0) + 1e-6
        floors = np.ceil(constraints.floor_cents[1] / days)
        assert (~over | (cents.max(0) <= floors)).all()


def test_the_record_of_caps_survives_a_change_of_currency(build):
    constraints = replace(build(), currency=None).in_currency("EUR")
    assert constraints.recent_caps.tolist() == [True] * 4
