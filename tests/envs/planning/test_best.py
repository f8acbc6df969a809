"""The best plan that can be carried out: value, steadiness, guardrails, runs, costs."""

from dataclasses import replace

import numpy as np
import pytest

from mediagym.data.errors import ConstraintError
from mediagym.envs.constraints import Guardrail, Ramp, violations
from mediagym.envs.flight import BeliefCovariance, Problem
from mediagym.envs.market import Noise, draw_noises, generator, simulate
from mediagym.envs.planning import (
    Sample,
    SolverSettings,
    clairvoyant_values,
    executable_plan,
    level_changes,
    plan_objective,
    rule_costs,
    rules_in,
    static_plan,
    unrestricted,
    unrestricted_plan,
    weekday_rhythm,
)

MONDAY = 4  # 1970-01-05


@pytest.fixture(scope="module")
def solver(conf):
    return SolverSettings.of(conf("solver/default.yaml", draws=32), "solver")


@pytest.fixture(scope="module")
def plan_within(posterior, objective, solver):
    """Plans within a set; with the sum of expected outcomes of a plan on the same markets."""

    def plan(constraints):
        return executable_plan(posterior, constraints, objective, constraints.days, solver)

    return plan


@pytest.fixture(scope="module")
def outcomes(posterior, solver):
    """Expected conversions of a plan, (campaigns,), on the markets that plans are made on."""
    market, state = posterior.sample_training(solver.draws)
    rngs = (generator(solver.seed, i) for i in range(len(market.elasticity)))
    path = draw_noises(market, 30, rngs).without_count_noise()

    def conversions(plan):
        plans = np.repeat(plan[:, None], len(market.elasticity), 1)
        days = simulate(market, state, plans, path)[1]
        return sum(day.expected for day in days).mean(0)

    return conversions


@pytest.fixture(scope="module")
def free(posterior, constraints, objective, solver):
    """The best plan without rules of execution."""
    return unrestricted_plan(posterior, constraints, objective, 30, solver)


@pytest.fixture(scope="module")
def ramped(constraints, free):
    """Ramps of 25 % from live budgets that are those of the free plan, some much lower."""
    count = len(constraints.names)
    share = np.where(np.arange(count) % 3 == 0, 0.3, 1.0)
    wide = np.full(count, 0.25)
    ramp = Ramp(wide, wide, np.full(count, 2000), np.zeros(count, bool))
    return replace(
        constraints,
        ramp=ramp,
        live_cents=np.round(100 * share * free.mean(0)).astype(np.int64),
        rhythm=weekday_rhythm(free, MONDAY),
        pacing=(0.3, 2.0),
    )


@pytest.fixture(scope="module")
def best(plan_within, ramped):
    return plan_within(ramped)


@pytest.fixture(scope="module")
def steady(plan_within, ramped):
    return plan_within(replace(ramped, steadiness=0.003))


def test_the_plan_keeps_every_rule_and_loses_little(best, ramped, outcomes):
    assert violations(ramped, best.plan) == []
    assert best.value == pytest.approx(outcomes(best.plan).sum(), rel=1e-9)
    assert 0.97 * best.unrestricted_value < best.value <= best.unrestricted_value * (1 + 1e-5)


def test_random_feasible_moves_do_not_improve_it(best, ramped, outcomes):
    """Mixtures with other feasible plans: ramps by share alone keep mixtures feasible."""
    from mediagym.envs.planning import project_executable

    projection, rng = project_executable(ramped), np.random.default_rng(0)
    for scale in (0.01, 0.05, 0.2):
        moved = projection((best.plan * np.exp(scale * rng.normal(size=best.plan.shape)))[None])
        assert outcomes(moved[0]).sum() <= best.value * (1 + 1e-4)


def test_without_rules_it_is_worth_what_the_static_plan_is(
    posterior, constraints, objective, solver, plan_within, outcomes
):
    found = plan_within(constraints)
    static = static_plan(posterior, constraints, objective, 30, solver)
    assert found.costs == ()
    assert violations(constraints, found.plan) == []
    assert found.value >= outcomes(static).sum() * (1 - 1e-4)


@pytest.mark.slow
def test_newton_steps_reach_the_value_of_the_spectral_solver(
    posterior, constraints, objective, solver
):
    """On the tree of sums, where both apply, for markets with plans of their own."""
    market, state = posterior.sample_training(4)
    rngs = (generator(0, i) for i in range(4))
    path: Noise = draw_noises(market, 30, rngs).without_count_noise()
    start = np.full((30, len(constraints.names)), constraints.total / 30 / len(constraints.names))
    problem = Problem(
        replace(constraints, pacing=(0.0, 30.0)),
        objective,
        *posterior.mean(),
        BeliefCovariance.none(start[0]),
        start,
    )
    spectral = clairvoyant_values(problem, market, state, path)
    count = len(constraints.names)
    loose = replace(
        problem.constraints,
        ramp=Ramp(
            np.full(count, np.inf), np.ones(count), np.zeros(count, np.int64), np.zeros(count, bool)
        ),
        live_cents=np.zeros(count, np.int64),
    )
    newton = clairvoyant_values(replace(problem, constraints=loose), market, state, path)
    np.testing.assert_allclose(newton.daily, spectral.daily, rtol=1e-4)


def test_the_clairvoyant_keeps_ramps_and_beats_the_shared_plan(posterior, ramped, objective, best):
    market, state = posterior.sample_training(4)
    path = draw_noises(market, 30, (generator(0, i) for i in range(4))).without_count_noise()
    # of the third market, the first campaign is out for two days
    outage = np.ones((30, 4, len(ramped.names)))
    outage[10:12, 2, 0] = 0
    path = path._replace(outage=outage)
    problem = Problem(
        ramped, objective, *posterior.mean(), BeliefCovariance.none(best.plan[0]), best.plan
    )
    found = clairvoyant_values(problem, market, state, path)
    shared = plan_objective(problem, market, state, path)(np.repeat(best.plan[None], 4, 0))[0]
    assert (found.daily[[0, 1, 3]] > shared[[0, 1, 3]]).all()
    for row in (0, 1, 3):
        assert violations(ramped, found.plan[:, row]) == []
    out = (found.plan[:, 2] * outage[:, 2]).sum()
    assert out == pytest.approx(ramped.total)  # what is not spent in an outage is spent elsewhere
    assert found.plan[10, 2, 0] > 0  # and the level goes on


def test_steadiness_gives_up_no_more_than_it_may(best, steady, ramped):
    assert violations(ramped, steady.plan) == []
    assert best.value * (1 - 0.003) <= steady.value <= best.value
    before, after = (level_changes(ramped, found.plan) for found in (best, steady))
    assert np.nanmedian(after) < 0.7 * np.nanmedian(before)
    assert np.nanmedian(after) <= 0.05
    assert [cost.rule for cost in steady.costs] == list(rules_in(replace(ramped, steadiness=0.003)))


def test_costs_are_what_a_plan_without_the_rule_is_worth_more(best, plan_within, ramped):
    costs = {cost.rule: cost.value for cost in best.costs}
    assert set(costs) == {"ramp", "start", "pacing"}
    without = plan_within(replace(ramped, ramp=None)).value
    assert costs["ramp"] == pytest.approx(without - best.value, abs=2e-4 * best.value)
    assert 0 < costs["start"] <= costs["ramp"] + 1e-4 * best.value


def _cpa(plan, conversions, members):
    return plan[:, members].sum() / conversions[members].sum()


@pytest.mark.parametrize("node", ["google/Search Network", "microsoft", None])
def test_a_guardrail_that_binds_is_kept(node, best, ramped, plan_within, outcomes):
    members = [node is None or name == node or name.startswith(f"{node}/") for name in ramped.names]
    now = _cpa(best.plan, outcomes(best.plan), members)
    share = 0.97 if node else 0.9  # all money must be spent: only fewer dollars lower everything
    rails = (Guardrail(node, "cpa", share * now),)
    within = replace(ramped, guardrails=rails, spend_all=node is not None)
    found = plan_within(within)
    reached = _cpa(found.plan, outcomes(found.plan), members)
    assert share * now * 0.99 <= reached <= share * now * (1 + 1e-9)
    assert violations(within, found.plan) == []
    assert found.value < best.value
    assert {cost.rule: cost.value for cost in found.costs}["guardrails"] > 0


def test_guardrails_out_of_reach_say_what_is_reached(ramped, plan_within, outcomes, best):
    now = _cpa(best.plan, outcomes(best.plan), np.ones(len(ramped.names), bool))
    impossible = replace(ramped, guardrails=(Guardrail(None, "cpa", now / 2),))
    with pytest.raises(
        ConstraintError, match=r"all campaigns: cpa <= .* reach is ([\d.]+)"
    ) as refusal:
        plan_within(impossible)
    reached = float(str(refusal.value).split("reach is ")[1].split(";")[0])
    assert now / 2 < reached <= now * 1.001


def test_a_return_on_spend_that_holds_costs_nothing(ramped, plan_within, best):
    found = plan_within(replace(ramped, guardrails=(Guardrail("google", "roas", 1e-6),)))
    assert found.value == pytest.approx(best.value, rel=1e-5)


def test_no_campaign_is_off_and_on_again(ramped, plan_within):
    floors = (0 * ramped.floor_cents[0], 0 * ramped.floor_cents[1])
    found = plan_within(replace(ramped, floor_cents=floors, min_run=30))
    on = found.plan > 0.01
    assert (np.diff(on.astype(int), axis=0) <= 0).all()  # what its ramp winds down stays off
    assert on.all(0).sum() >= 6


def test_budgets_stand_still_between_change_days(ramped, plan_within):
    may_change = np.arange(30) % 7 == 0
    wide = ramped.ramp._replace(up=np.full(len(ramped.names), 3.0))
    still = replace(ramped, ramp=wide, rhythm=None, may_change=may_change)
    found = plan_within(still)
    moved = np.abs(np.diff(found.plan, axis=0)).max(1) > 1e-6
    assert not moved[~may_change[1:]].any()
    assert violations(still, found.plan) == []
    assert "change_days" in {cost.rule for cost in found.costs}


def test_the_unrestricted_set_keeps_sums_and_bounds_of_days(ramped):
    days = np.full((30, len(ramped.names)), ramped.total_cents)
    bare = unrestricted(replace(ramped, day_cap_cents=days, steadiness=0.1))
    assert bare.ramp is None
    assert bare.day_cap_cents is days
    assert bare.pacing == ramped.pacing
    assert bare.floor_cents is ramped.floor_cents


def test_a_rhythm_has_mean_one_and_stays_in_its_range():
    week = np.array([0.0, 1, 1, 1, 1, 10, 1])
    plan = np.stack([np.tile(week, 5), np.ones(35), np.zeros(35)], 1)
    rhythm = weekday_rhythm(plan, MONDAY)
    np.testing.assert_allclose(rhythm[:7].mean(0), 1, rtol=1e-3)
    assert rhythm.min() >= 1 / 3 - 1e-9
    assert rhythm.max() <= 3 + 1e-9
    assert rhythm[5, 0] > rhythm[1, 0] > rhythm[0, 0]
    np.testing.assert_array_equal(rhythm[:, 1:], 1)
    np.testing.assert_array_equal(rhythm[:28], rhythm[7:])
    shifted = weekday_rhythm(plan, MONDAY + 1)
    np.testing.assert_allclose(shifted, rhythm)  # the plan's own week, whatever the day is called


def test_a_search_from_a_near_plan_ends_as_high(
    posterior, constraints, objective, solver, free, ramped, best
):
    near = 1.3 * free * np.linspace(0.8, 1.2, free.shape[1])
    near[:, 0] = 0.0  # a campaign without money comes back
    found = unrestricted_plan(posterior, constraints, objective, 30, solver, near=near)
    args = (objective, 30, solver)
    quick = executable_plan(posterior, ramped, *args, start=found, quick=True)
    assert quick.unrestricted_value == pytest.approx(best.unrestricted_value, rel=2e-5)
    assert quick.value == pytest.approx(best.value, rel=5e-5)
    assert quick.costs == ()
    assert violations(ramped, quick.plan) == []


def test_costs_on_given_markets_are_those_of_the_plan(posterior, objective, solver, best, ramped):
    sample = Sample.of(posterior, 30, solver.draws, solver.seed)
    problem = Problem(
        ramped, objective, *posterior.mean(), BeliefCovariance.none(best.plan[0]), best.plan
    )
    costs = rule_costs(problem, sample, best.plan)
    assert [cost.rule for cost in costs] == [cost.rule for cost in best.costs]
    for found, known in zip(costs, best.costs, strict=True):
        assert found.value == pytest.approx(known.value, abs=1e-4 * best.value)
    thinned = sample.thinned(5)
    np.testing.assert_array_equal(
        thinned.market.elasticity[[0, -1]], sample.market.elasticity[[0, -1]]
    )
    assert thinned.path.demand.shape[:2] == (30, 5)
