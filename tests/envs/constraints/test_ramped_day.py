"""Days under ramps: feasible and exact to the last day, whatever is asked for."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.data.errors import ConstraintError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import (
    ConstraintSettings,
    FlightStart,
    Ledger,
    parse_constraints,
    rest_of,
    spend_day,
    to_cents,
    violations,
    with_rhythm,
)

NAMES = ("g/a", "g/b", "m/a", "m/b", "x/a")
CAMPAIGNS = [SimpleNamespace(name=name, channel=name[0]) for name in NAMES]
MONDAY = 19723  # 2024-01-01


def set_of(live, days=14, **keys):
    """A set of five campaigns with a typed ramp unless another is given."""
    group = shipped_yaml("constraints/default") | {
        "total": 14000,
        "pacing": None,
        "most_times_recent": None,
        "ramp": {"up": "25%", "down": "25%", "least": "$5"},
    }
    settings = ConstraintSettings.of(group | keys, "constraints")
    return parse_constraints(
        settings, CAMPAIGNS, days, start=FlightStart(np.asarray(live, float), MONDAY)
    )


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


@settings(max_examples=150, deadline=None)
@given(
    live=st.lists(st.floats(0, 600), min_size=5, max_size=5),
    up=st.integers(0, 80),
    down=st.integers(0, 80),
    least=st.integers(2, 60),
    changes=st.sampled_from([None, {"every": 3}, {"weekdays": ["Mon", "Thu"]}]),
    against=st.sampled_from(["rhythm", "yesterday"]),
    lock=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_any_flight_is_feasible_and_exact_or_refused(
    live, up, down, least, changes, against, lock, seed
):
    rng = np.random.default_rng(seed)
    locks = [{"date": "2024-01-05", "campaign": "g/a", "amount": 100}] if lock else None
    ramp = {"up": f"{up}%", "down": f"{down}%", "least": f"${least}", "against": against}
    try:
        constraints = set_of(live, ramp=ramp, changes=changes, locks=locks)
    except ConstraintError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert "out of reach" in refusal
        assert refusal.partition(":")[0] in (*NAMES, *"gmx", "total")
        return
    plan = fly(constraints, rng.lognormal(5, 2, (14, 3, 5)))
    for row in plan.swapaxes(0, 1):
        assert violations(constraints, row, 1e-5) == []
    cents = to_cents(plan[:, 0], constraints)
    assert cents.sum() == constraints.total_cents
    assert violations(constraints, cents) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), over=st.integers(1, 13))
def test_the_rest_after_any_actuals_is_feasible_and_exact(seed, over):
    rng = np.random.default_rng(seed)
    constraints = set_of(LIVE)
    spent = rng.integers(0, 60_000, (over, 5)) * rng.integers(0, 2, (over, 5))
    rest = rest_of(constraints, spent)
    if rest.total_cents == 0:
        assert spent.sum() >= constraints.total_cents
        return
    plan = fly(rest, rng.lognormal(5, 2, (14 - over, 1, 5)))[:, 0]
    assert violations(rest, plan, 1e-5) == []
    cents = to_cents(plan, rest)
    assert violations(rest, cents) == []
    if rest.spend_all:
        assert cents.sum() + spent.sum() == constraints.total_cents


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
