"""`ensemble`: the mean of its members, each with its own memory, whoever replays the reports."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import Ensemble, Follow, RollingHorizon, baseline
from mediagym.agents.policy import Learning, Policy, Report, decision, remembered
from mediagym.agents.rollout import rollout_policy
from mediagym.envs.flight import Observable, initial_state, update_belief


@pytest.fixture(scope="module")
def experiment(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Full-S", markets=3)


def _members(experiment: Experiment) -> list[Policy]:
    horizon = RollingHorizon(experiment.problem, experiment.posterior, 32)
    return [horizon, Follow(experiment.problem), baseline("universal", experiment)]


def _next_day(experiment: Experiment, view: Observable, report: Report) -> Observable:
    belief = update_belief(experiment.problem, view.belief, report.spend, report.reported)
    ledger = view.ledger.advance(report.spend, report.spend, view.ledger.live)
    return view._replace(ledger=ledger, belief=belief)


def _days(experiment: Experiment, count: int = 4) -> list[tuple[Observable, Report]]:
    """What is seen on the first days of two flights, and what they report."""
    problem, rng = experiment.problem, np.random.default_rng(0)
    view, days = initial_state(problem, problem.state, (2,)).view, []
    for t in range(count):
        spend = problem.static_plan[t] * rng.uniform(0.5, 1.5, (2, problem.static_plan.shape[1]))
        conversions = rng.poisson(problem.market.reference_conversions * np.ones((2, 1)))
        report = Report(spend, conversions.astype(float), np.ones_like(spend))
        days.append((view, report))
        view = _next_day(experiment, view, report)
    return days


def _acted(policy: Policy, days: list[tuple[Observable, Report]]) -> list[Any]:
    memory, found = None, []
    for view, _ in days:
        spend, total, memory = policy.act(view, memory)
        found.append((spend, total))
    return found


def test_it_requests_the_mean_of_what_its_members_request_alone(experiment: Experiment) -> None:
    days, members = _days(experiment), _members(experiment)
    alone = [_acted(member, days) for member in members]
    together = _acted(Ensemble("mean", members), days)
    for t, (spend, total) in enumerate(together):
        np.testing.assert_allclose(spend, sum(own[t][0] for own in alone) / 3, rtol=1e-12)
        np.testing.assert_allclose(total, sum(own[t][1] for own in alone) / 3, rtol=1e-12)
    assert np.abs(alone[0][3][0] - alone[2][3][0]).max() > 1  # the members differ


def test_reports_that_are_replayed_lead_to_the_decision_of_one_that_saw_them(
    experiment: Experiment,
) -> None:
    days = _days(experiment)
    for policy in (*_members(experiment), Ensemble("mean", _members(experiment))):
        memory = None
        for view, report in days[:-1]:
            memory = remembered(policy, view, memory, report)
        spend, total, _ = decision(policy, days[-1][0], memory)
        expected_spend, expected_total = _acted(policy, days)[-1]
        np.testing.assert_allclose(spend, expected_spend, rtol=1e-6)
        np.testing.assert_allclose(total, expected_total, rtol=1e-6)


def test_half_a_report_that_says_so_teaches_nearly_what_the_whole_does(
    experiment: Experiment,
) -> None:
    days, policy = _days(experiment, 2), Ensemble("mean", _members(experiment)[:1])
    assert isinstance(policy, Learning)
    (view, whole), (after, _) = days
    misread = whole._replace(reported=whole.reported / 2)
    half = misread._replace(complete=whole.complete / 2)
    known, taken, believed = (
        decision(policy, after, remembered(policy, view, None, report))[0]
        for report in (whole, half, misread)
    )
    assert np.abs(taken - known).sum() < 0.7 * np.abs(believed - known).sum()


def test_its_name_is_a_baseline_of_the_replanner_and_the_network(experiment: Experiment) -> None:
    markets = experiment.held_out("test")
    policy = baseline("ensemble", experiment)
    assert [member.name for member in policy.members] == ["replanner", "universal"]
    rollout = rollout_policy(experiment.problem, policy, markets)
    assert rollout.violations == rollout.cents_off == 0
