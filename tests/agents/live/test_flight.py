"""A plan that is under way: what is set each day, and what is known afterwards."""

import time
from dataclasses import replace

import numpy as np
import pytest

from mediagym.agents.live import Flight
from mediagym.agents.plans import document
from mediagym.agents.policies import baseline
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import draw_evaluation_set
from mediagym.data.errors import ConfigError, ConstraintError
from mediagym.envs.arrays import select
from mediagym.envs.constraints import violations
from mediagym.envs.flight import initial_state, rollout, step_day
from mediagym.envs.market import step

from .conftest import HOLD


def total(flight):
    """Cents of what was spent and is planned."""
    return int(flight.reports.spend.sum() + flight.decide().choice.plan.sum())


@pytest.mark.parametrize("policy", ["follow", "replanner", "ensemble", "static"])
def test_on_day_0_the_plan_stands_to_the_cent(fly, cents, policy):
    flight = fly(policy, HOLD)
    np.testing.assert_array_equal(flight.plan().cents, cents)
    assert flight.today() == dict(zip(flight.names, (cents[0] / 100).tolist(), strict=True))
    assert flight.plan().changes == ()


@pytest.mark.parametrize("policy", ["follow", "replanner", "ensemble"])
def test_a_month_day_by_day_is_the_same_month_in_a_rollout(fly, planned, posterior, cents, policy):
    problem, days = planned.problem, planned.problem.days
    market, state = posterior.held(1)
    noise = draw_evaluation_set(market, state, days, 3).noise.without_count_noise()
    noise = noise._replace(delivery=None, outage=None)
    acting, first = baseline(policy, planned), PlanPolicy("plan", cents / 100)

    def act(view, memory):
        if view.ledger.day == 0:  # the plan's own first day
            requested, total, _ = first.act(view, None)
            return requested, total, acting.act(view, None)[2]
        return acting.act(view, memory)

    _, flown = rollout(problem, market, initial_state(problem, state, (1,)), noise, act)
    flight, hidden = fly(policy), state
    for t in range(days):
        today = np.array([flight.today()[name] for name in flight.names])
        assert np.abs(today - flown[t].planned[0]).max() < 0.025  # cents round at most two ways
        hidden, outcome = step(market, hidden, today[None], select(noise, t))
        rows = {
            name: {"spend": today[k], "conversions": float(outcome.claimed[0, k])}
            for k, name in enumerate(flight.names)
        }
        flight.report(flight.dates[t], rows)
    assert flight.reports.spend.sum() == problem.constraints.total_cents
    assert violations(problem.constraints, flight.reports.spend) == []


@pytest.mark.parametrize("hold", [None, HOLD], ids=["free", "hold"])
def test_every_day_is_feasible_and_the_whole_sums_to_the_total(fly, day_by_day, hold):
    flight = fly("replanner", hold)
    rng, constraints = np.random.default_rng(1), flight.parts.problem.constraints
    for _ in range(flight.days_left):
        assert total(flight) == constraints.total_cents
        factors = np.exp(0.5 * rng.standard_normal(len(flight.names)))
        day_by_day(flight, 1, efficiency=factors)
    assert violations(constraints, flight.reports.spend) == []
    assert flight.days_left == 0


def test_the_past_never_moves(fly, day_by_day):
    flight = fly("replanner")
    day_by_day(flight, 4, spend=0.9, efficiency=np.linspace(0.5, 2, len(flight.names)))
    past = flight.reports.spend.copy()
    day_by_day(flight, 3)
    np.testing.assert_array_equal(flight.plan().cents[:4], past)
    assert [day["status"] for day in document(flight.plan())["days"]][:8] == ["actual"] * 7 + [
        "planned"
    ]


def test_a_campaign_that_does_better_gets_more(fly, day_by_day):
    money = []
    for factor in (1.0, 3.0):
        flight = fly("replanner")
        factors = np.ones(len(flight.names))
        factors[0] = factor
        day_by_day(flight, 8, efficiency=factors)
        plan = flight.decide().choice.plan
        money.append(flight.reports.spend[:, 0].sum() + plan[:, 0].sum())
    assert money[1] > 1.5 * money[0]


def test_twice_the_spend_is_a_fact_and_the_rest_adapts(fly, day_by_day):
    flight = fly("follow")
    double = np.ones(len(flight.names))
    double[0] = 2.0
    day_by_day(flight, 5, spend=double)
    assert total(flight) == flight.parts.problem.constraints.total_cents
    content = document(flight.plan())
    assert content["flight"]["spent"] == flight.reports.spend.sum() / 100


def test_a_cap_that_is_overspent_counts_as_met(fly, day_by_day, planned, cents):
    constraints = planned.problem.constraints
    caps = constraints.cap_cents[1].copy()
    caps[0] = cents[:, 0].sum() + 100
    changed = replace(constraints, cap_cents=(constraints.cap_cents[0], caps))
    problem = replace(planned.problem, constraints=changed)
    flight = fly("follow", experiment=replace(planned, problem=problem))
    factor = np.ones(len(flight.names))
    factor[0] = 40.0
    day_by_day(flight, 1, spend=factor)
    assert flight.decide().choice.plan[:, 0].sum() == 0
    kinds = {(flag.kind, flag.node) for flag in flight.plan().flags}
    assert ("overspent", flight.names[0]) in kinds


def test_more_than_the_total_leaves_nothing_and_says_so(fly, day_by_day):
    flight = fly("follow")
    day_by_day(flight, 2, spend=60.0)
    assert flight.reports.spend.sum() > flight.parts.problem.constraints.total_cents
    assert set(flight.today().values()) == {0.0}
    flags = [flag.text for flag in flight.plan().flags if flag.kind == "overspent"]
    assert any("nothing is left" in text for text in flags)
    day_by_day(flight, 1)  # and the flight goes on


def test_undelivered_money_is_planned_again(fly, day_by_day):
    flight = fly("follow")
    nothing = np.ones(len(flight.names))
    nothing[2] = 0.0
    day_by_day(flight, 6, spend=nothing)
    assert total(flight) == flight.parts.problem.constraints.total_cents


def test_the_last_day_spends_what_is_left(fly, day_by_day):
    flight = fly("replanner")
    day_by_day(flight, 29, spend=0.97)
    left = flight.parts.problem.constraints.total_cents - flight.reports.spend.sum()
    assert round(100 * sum(flight.today().values())) == left


def test_after_the_last_day_there_is_a_report_and_nothing_to_set(fly, day_by_day):
    flight = fly("static")
    day_by_day(flight, 30)
    content = document(flight.plan())
    assert content["flight"]["actual_days"] == 30
    assert [flag["kind"] for flag in content["flags"]].count("ended") == 1
    with pytest.raises(ConfigError, match="the flight ended on"):
        flight.today()


def test_restated_conversions_change_the_answer(fly, day_by_day):
    early, late = fly("replanner"), fly("replanner")
    for flight in (early, late):
        day_by_day(flight, 5)
    rows = {
        name: {"spend": early.reports.spend[1, k] / 100, "conversions": 400.0}
        for k, name in enumerate(early.names)
        if k == 0
    }
    others = {
        name: {
            "spend": early.reports.spend[1, k] / 100,
            "conversions": early.reports.conversions[1, k],
        }
        for k, name in enumerate(early.names)
        if k
    }
    late.report(late.dates[1], {**rows, **others})
    assert late.today() != early.today()
    assert late.reports.days == 5


def test_a_campaign_without_a_report_teaches_nothing(fly, day_by_day):
    flight = fly("replanner")
    before = flight.standing().view.belief
    name = flight.names[0]
    rows = {each: {"spend": 10.0, "conversions": 1.0} for each in flight.names if each != name}
    flight.report(flight.dates[0], rows)
    after = flight.standing().view.belief
    assert flight.reports.spend[0, 0] == flight.course[0, 0]
    kept = flight.parts.problem.market.level_kept[0]
    assert after.state.level[0, 0] == pytest.approx(kept * before.state.level[0, 0], abs=1e-6)
    assert after.covariance.level[0, 0] >= kept**2 * before.covariance.level[0, 0] - 1e-9


def test_half_reported_days_move_the_belief_less(fly, planned):
    whole, half = fly("replanner"), fly("replanner")
    expected = planned.problem.market.reference_conversions[0]
    shifts = []
    for flight, share in ((whole, 1.0), (half, 0.3)):
        count = len(flight.names)
        spend = flight.course[0]
        row = (spend, np.full(count, 3 * share * expected), np.full(count, np.nan))
        flight.reports = flight.reports.with_day(0, *row, np.full(count, share))
        level = flight.standing().view.belief.state.level
        shifts.append(float(level[0, 0]))
    start = float(planned.problem.state.level[0])
    assert start < shifts[1] < shifts[0]


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"nobody": {"spend": 1, "conversions": 1}}, "is not a campaign"),
        ({0: {"spend": -1, "conversions": 1}}, "numbers of 0 or more"),
        ({0: {"spend": 1}}, "spend and conversions"),
        ({0: {"spend": 1, "conversions": float("nan")}}, "numbers of 0 or more"),
    ],
)
def test_a_report_that_is_no_report_is_refused(fly, results, message):
    flight = fly("follow")
    named = {flight.names[k] if k == 0 else k: row for k, row in results.items()}
    with pytest.raises(ConfigError, match=message):
        flight.report(flight.dates[0], named)
    assert flight.reports.days == 0


def test_a_gap_between_reports_is_refused(fly):
    flight = fly("follow")
    with pytest.raises(ConfigError, match="the next one without a report"):
        flight.report(flight.dates[1], {})
    with pytest.raises(ConfigError, match="report: soon was given"):
        flight.report("soon", {})


def test_today_is_quick(fly, day_by_day):
    flight = fly("replanner", HOLD)
    flight.prepare()
    day_by_day(flight, 2)
    start = time.process_time()
    flight.today()
    assert time.process_time() - start < 1.0  # .2 s on an idle core


def test_a_saved_flight_goes_on_as_it_was(tmp_path, day_by_day, opened):
    flight = opened("replanner")
    day_by_day(flight, 3, efficiency=np.linspace(0.6, 1.5, len(flight.names)))
    flight.save(tmp_path / "flight")
    again = Flight.load(tmp_path / "flight")
    assert again.today() == flight.today()
    assert document(again.plan()) == document(flight.plan())


def test_step_day_and_the_replay_agree(fly, planned):
    """The replayed ledger and belief are those of `envs.flight.step_day`."""
    problem, flight = planned.problem, fly("follow")
    state = initial_state(problem, problem.state, (1,))
    spend = flight.course[0] / 100
    state, day = step_day(problem, problem.market, state, spend[None], spend.sum()[None], None)
    rows = {
        name: {"spend": spend[k], "conversions": float(day.outcome.claimed[0, k])}
        for k, name in enumerate(flight.names)
    }
    flight.report(flight.dates[0], rows)
    replayed = flight.standing().view
    np.testing.assert_allclose(replayed.ledger.spent, state.view.ledger.spent, atol=0.01)
    np.testing.assert_allclose(
        replayed.belief.state.level, state.view.belief.state.level, atol=1e-5
    )
    np.testing.assert_allclose(replayed.smooth, state.view.smooth, atol=0.01)


@pytest.mark.parametrize(
    ("policy", "days", "note"), [("static", 3, "keeps"), ("follow", 30, "left")]
)
def test_where_no_plan_is_made_the_costs_are_not_known(fly, day_by_day, policy, days, note):
    flight = fly(policy)
    day_by_day(flight, days)
    content = document(flight.plan())
    assert content["constraint_costs"] is None
    assert note in content["constraint_costs_note"]


def test_where_what_is_asked_for_fits_no_plan_the_plan_before_goes_on_and_says_so(
    fly, day_by_day, monkeypatch
):
    flight = fly()
    day_by_day(flight, 3)
    before = flight.course[3:].copy()

    def refuses(*_):
        raise ConstraintError("no plan near it keeps every rule")

    monkeypatch.setattr("mediagym.agents.live.flight.decided", refuses)
    flight._decision = None
    assert (flight.decide().choice.plan.sum(1) > 0).all()
    assert abs(flight.decide().choice.plan - before).max() <= 3  # cents that the rounding moves
    flags = [flag.text for flag in flight.plan().flags if flag.kind == "out_of_reach"]
    assert flags == [
        "what follow asks for fits no plan that keeps every rule: the plan before goes on."
    ]
