"""Days under ramps: feasible and exact to the last day, whatever is asked for."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import ConfigError, MediaGymError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import (
    ConstraintSettings,
    FlightStart,
    KnownSpend,
    Ledger,
    parse_constraints,
    rest_of,
    spend_day,
    to_cents,
    violations,
    with_rhythm,
)
from mediagym.envs.synthetic import constraint_set

NAMES = ("g/a", "g/b", "m/a", "m/b", "x/a")
CAMPAIGNS = [SimpleNamespace(name=name, channel=name[0]) for name in NAMES]
MONDAY = 19723  # 2024-01-01


def set_of(live, days=14, spend=None, **keys):
    """A set of five campaigns with a typed ramp unless another is given."""
    group = shipped_yaml("constraints/default") | {
        "total": 14000,
        "pacing": None,
        "most_times_recent": None,
        "ramp": {"up": "25%", "down": "25%", "least": "$5"},
    }
    settings = ConstraintSettings.of(group | keys, "constraints")
    start = FlightStart(np.asarray(live, float), MONDAY)
    return parse_constraints(settings, CAMPAIGNS, days, spend=spend, start=start)


def fly(constraints, requests, lost=None):
    """Fly the requests, (days, rows, campaigns); returns what was planned."""
    ledger, days = Ledger.start(constraints, requests.shape[1:2]), []
    for t, request in enumerate(requests):
        spend, after = spend_day(constraints, ledger, request, request.sum(-1))
        if lost is not None:
            after = ledger.advance(spend, spend * lost[t], after.live)
        ledger = after
        days.append(spend)
    return np.stack(days)


LIVE = [300.0, 200.0, 200.0, 150.0, 150.0]


def drawn(seed):
    """A random set; None where no plan satisfies it, with an error that names its node or key."""
    rng, said = np.random.default_rng(seed), ""
    try:
        return constraint_set(rng, CAMPAIGNS).parsed(), rng
    except MediaGymError as error:
        said = str(error)
    assert said.startswith((*NAMES, "g:", "m:", "x:", "total:", "constraints."))
    return None, rng


def without_band(constraints):
    """The set without the band of day totals, which does not bind days of sets with such rules."""
    if not constraints.is_continued:
        return constraints
    return replace(constraints, pacing=(0.0, float(constraints.days)))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_flight_is_feasible_and_exact_or_refused(seed):
    constraints, rng = drawn(seed)
    if constraints is None:
        return
    plan = fly(constraints, rng.lognormal(5, 2, (constraints.days, 3, 5)))
    limits = without_band(constraints)
    for row in plan.swapaxes(0, 1):
        assert violations(limits, row, 1e-5) == []
    cents = to_cents(plan[:, 0], limits)
    assert cents.sum() == constraints.total_cents or not constraints.spend_all
    assert violations(limits, cents) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0.05, 0.95))
def test_the_rest_after_any_actuals_is_feasible_and_exact(seed, share):
    constraints, rng = drawn(seed)
    if constraints is None:
        return
    over = min(max(round(share * constraints.days), 1), constraints.days - 1)
    even = constraints.total_cents / (5 * constraints.days)
    spent = rng.integers(0, int(3 * even) + 1, (over, 5)) * rng.integers(0, 2, (over, 5))
    rest = without_band(rest_of(constraints, spent))
    if rest.total_cents == 0:
        assert spent.sum() >= constraints.total_cents
        return
    plan = fly(rest, rng.lognormal(5, 2, (rest.days, 1, 5)))[:, 0]
    assert violations(rest, plan, 1e-5) == []
    cents = to_cents(plan, rest)
    assert violations(rest, cents) == []
    if rest.spend_all:
        assert cents.sum() + spent.sum() == constraints.total_cents
    elif constraints.spend_all:
        assert rest.notes


def test_bounds_of_single_days_hold_without_a_ramp():
    calendar = [
        {"start": "2024-01-03", "end": "2024-01-04", "campaigns": ["g/a"], "kind": "blackout"},
        {"start": "2024-01-08", "campaigns": ["m/a"], "least": 900, "most": 1000},
    ]
    constraints = set_of(LIVE, ramp=None, calendar=calendar)
    plan = fly(constraints, np.random.default_rng(2).lognormal(5, 1, (14, 3, 5)))
    assert (plan[2:4, :, 0] == 0).all()
    assert ((plan[7, :, 2] >= 900 - 1e-6) & (plan[7, :, 2] <= 1000 + 1e-6)).all()
    with pytest.raises(ConfigError, match="change_limit"):
        set_of(LIVE, ramp=None, calendar=calendar, change_limit="25%", pacing=[1, 1])


def test_a_lock_above_a_daily_cap_is_refused_with_both_amounts():
    locks = [{"date": "2024-01-03", "campaign": "g/a", "amount": "$52.45"}]
    with pytest.raises(ConfigError, match=r"locks\.0: '\$52\.45'.* of g/a, \$51\.33"):
        set_of(LIVE, locks=locks, campaigns={"g/a": {"daily_cap": "$51.33"}})


def test_a_lock_wins_over_a_cap_by_recent_spend_on_its_day_alone():
    campaigns = {"g/a": {"daily_cap": None}}
    locks = [{"date": "2024-01-03", "campaign": "g/a", "amount": 900}]
    recent = np.full(5, 250.0)
    constraints = set_of(
        LIVE, spend=KnownSpend(recent, recent, recent), most_times_recent=2, campaigns=campaigns,
        locks=locks,
    )  # fmt: skip
    plan = fly(constraints, np.tile([2000.0, 1, 1, 1, 1], (14, 1, 1)))[:, 0]
    assert violations(constraints, plan, 1e-5) == []
    assert plan[2, 0] == pytest.approx(900)
    assert plan[3:, 0].max() <= 500 + 1e-6


def test_money_wins_over_change_days_and_says_so():
    constraints = set_of(LIVE, ramp=None, changes={"every": 7})
    spent = np.zeros((10, 5), np.int64)
    spent[:, 0] = 110_000
    rest = rest_of(constraints, spent, np.full(5, 200_00))
    assert rest.may_change[0]
    assert not constraints.may_change[10]
    assert any("no change day" in note for note in rest.notes)
    plan = fly(rest, np.full((4, 1, 5), 100.0))[:, 0]
    assert plan.sum() == pytest.approx(3000)


@pytest.mark.parametrize("live", [None, np.array([300, 100, 200, 200, 200]) * 100])
def test_a_limit_of_change_holds_from_the_last_day_on(live):
    constraints = set_of(LIVE, ramp=None, change_limit="25%", pacing=[1, 1])
    spent = np.tile(np.array([250, 150, 200, 200, 200]) * 100, (6, 1))
    rest = without_band(rest_of(constraints, spent, live))
    plan = to_cents(fly(rest, np.random.default_rng(4).lognormal(5, 2, (8, 1, 5)))[:, 0], rest)
    days = np.vstack([spent[-1] if live is None else live, plan])
    np.testing.assert_array_less(days[1:], 1.25 * days[:-1] + 3)
    np.testing.assert_array_less(0.75 * days[:-1] - 3, days[1:])
    assert plan.sum() == 800_000
    jump = np.tile([1000_00, 0, 0, 0, 0], (8, 1))
    assert any("ramp" in line for line in violations(rest, jump))


def test_a_ramp_allows_no_less_than_nothing_but_for_rounding():
    """Down by $5 from $1 is $0; the rounding of two days may be 2.25 cents."""
    none = {"floor": None, "cap": None}
    constraints = set_of([*LIVE[:4], 1.0], channel=none, campaign=none)
    plan = np.tile(np.array([*LIVE[:4], 1.0]) * 100, (14, 1)).astype(int)
    for cents, said in ((-2, False), (-3, True)):
        plan[0, 4] = cents
        lines = [line for line in violations(constraints, plan) if "below what its ramp" in line]
        assert any("day 1, x/a" in line for line in lines) == said


def test_a_feasible_plan_is_followed_to_the_cent():
    constraints = set_of(LIVE)
    plan = fly(constraints, np.random.default_rng(3).lognormal(5, 1, (14, 1, 5)))[:, 0]
    followed = fly(replace(constraints, course=plan), plan[:, None])[:, 0]
    np.testing.assert_allclose(followed, plan, rtol=1e-9)


def test_single_and_batched_flights_agree_bitwise():
    constraints = set_of(LIVE)
    requests = np.random.default_rng(4).lognormal(5, 2, (14, 8, 5))
    together = fly(constraints, requests)
    for row in range(8):
        assert (fly(constraints, requests[:, row : row + 1])[:, 0] == together[:, row]).all()


def test_permuting_campaigns_of_a_channel_permutes_the_plan():
    constraints = set_of(LIVE, campaign={"floor": None, "cap": None, "daily_cap": None})
    requests = np.random.default_rng(5).lognormal(5, 1, (14, 1, 5))
    swap = [1, 0, 2, 3, 4]
    other = set_of(np.asarray(LIVE)[swap], campaign={"floor": None, "cap": None, "daily_cap": None})
    np.testing.assert_allclose(
        fly(other, requests[..., swap]), fly(constraints, requests)[..., swap], rtol=1e-9
    )


def test_torch_equals_numpy_and_its_gradient_is_right():
    constraints = set_of(LIVE)
    ledger = Ledger.start(constraints, (2,))
    request = np.array([[310, 190, 210, 160, 130.0], [280, 230, 190, 140, 160]])
    spend, _ = spend_day(constraints, ledger, request, request.sum(-1))
    zeros = torch.zeros(2, 5, dtype=torch.float64)
    tensors = Ledger.start(constraints, (2,), zeros)

    def day(live, asked):
        return spend_day(constraints, tensors._replace(live=live), asked, asked.sum(-1))[0]

    asked = torch.tensor(request, requires_grad=True)
    live = tensors.live.clone().requires_grad_()
    np.testing.assert_allclose(day(live, asked).detach().numpy(), spend, rtol=1e-12)
    assert torch.autograd.gradcheck(day, (live, asked), eps=1e-4, atol=1e-4)


def test_money_that_was_not_delivered_is_spent_where_the_default_ramp_yields():
    default = set_of(LIVE, ramp=shipped_yaml("constraints/default")["ramp"])
    assert default.ramp.yields
    requests = np.tile(np.asarray(LIVE)[None, None], (14, 1, 1))
    lost = np.ones((14, 1, 1))
    lost[5:11] = 0.2
    plan = fly(default, requests, lost)
    assert (plan * lost).sum() == pytest.approx(14000)
    typed = set_of(LIVE)
    held = fly(typed, requests, lost)
    assert (held * lost).sum() < 14000  # a typed ramp holds, and money is left
    levels = np.concatenate([[LIVE], held[:, 0]])
    assert (levels[1:] <= np.maximum(1.25 * levels[:-1], levels[:-1] + 5) + 1e-6).all()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), cap=st.integers(350, 900))
def test_levels_keep_their_ramp_under_daily_caps_and_any_rhythm(seed, cap):
    rng = np.random.default_rng(seed)
    campaign = {"floor": "0.5%", "cap": None, "daily_cap": f"${cap}", "daily_floor": "$2"}
    constraints = set_of(LIVE, campaign=campaign)
    rhythm = np.resize(rng.uniform(0.5, 2, (7, 5)), (14, 5))
    constraints = with_rhythm(constraints, rhythm)
    plan = fly(constraints, rng.lognormal(5, 2, (14, 2, 5)))
    levels = np.concatenate([np.tile(LIVE, (1, 2, 1)), plan / constraints.rhythm[:, None]])
    before, after = levels[1:-1], levels[2:]  # a live budget may be beyond the first day's bounds
    assert (after <= np.maximum(1.25 * before, before + 5) + 1e-6).all()
    assert (after >= np.minimum(0.75 * before, before - 5) - 1e-6).all()
    for row in plan.swapaxes(0, 1):
        assert violations(constraints, row, 1e-5) == []
