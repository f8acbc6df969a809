from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mediagym.agents.evaluation.evaluate import Evaluation, evaluate
from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import baseline
from mediagym.agents.policies.greedy import Greedy
from mediagym.agents.policy import Candidate, PlanPolicy
from mediagym.agents.rollout import (
    CLAIRVOYANT,
    EvaluationSet,
    EvaluationSettings,
    Rollout,
    draw_evaluation_set,
    percent_of,
    rollout_plans,
    rollout_policy,
    violations_of,
)
from mediagym.data.errors import ConfigError
from mediagym.envs.calibration import Posterior
from mediagym.envs.constraints import ConstraintSettings, parse_constraints
from mediagym.envs.constraints.parse import constraints_from_json
from mediagym.envs.flight import Observable, Problem, problem_of
from mediagym.envs.planning import SolverSettings, static_plan

NEAR = 1e-6  # percent


class Reactive:
    """Doubles down on what reported more than expected."""

    name = "reactive"
    open_loop = False

    def __init__(self, problem: Problem) -> None:
        self.plan = problem.static_plan

    def act(self, view: Observable, memory: Any) -> tuple:
        today = self.plan[view.ledger.day] * np.exp(view.belief.innovation)
        return today, today.sum(-1), memory


@pytest.fixture(scope="module")
def candidates(experiment: Experiment) -> list[Candidate]:
    """Some baselines, and one that reacts, with two seeds: twice the same."""
    reactive = Candidate("reactive", (Reactive(experiment.problem), Reactive(experiment.problem)))
    simple = ("uniform", "historical", "greedy", "static")
    return [*(Candidate(name, (baseline(name, experiment),)) for name in simple), reactive]


@pytest.fixture(scope="module")
def evaluation(experiment: Experiment, candidates: list[Candidate]) -> Evaluation:
    test_set = experiment.held_out("test")
    return evaluate(
        experiment.problem, candidates, test_set, experiment.solver, experiment.evaluation
    )


def test_no_policy_beats_the_clairvoyant_in_any_market(evaluation: Evaluation) -> None:
    assert evaluation.results[-1].name == CLAIRVOYANT
    for entry in evaluation.results:
        percent = evaluation.percent(entry)
        assert percent.shape == (len(entry.rollouts), 8)
        assert (percent <= 100 + NEAR).all(), entry.name
        assert (percent > 30).all(), entry.name
    assert (percent == 100).all()


def test_no_policy_breaks_a_constraint_or_misses_the_budget(evaluation: Evaluation) -> None:
    for rollout in (rollout for entry in evaluation.results for rollout in entry.rollouts):
        assert rollout.violations == 0
        assert rollout.cents_off == 0
        np.testing.assert_allclose(rollout.spend.sum((0, 2)), 200_000, atol=1e-5)


def test_broken_constraints_and_missing_cents_are_counted(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    # a policy cannot break anything, so the budget it is held against is made another
    tighter = experiment.problem.constraints.to_json()
    tighter["settings"]["total"] = "$199999.98"
    for kind in ("channels", "campaigns"):
        for bounds in tighter["settings"][kind].values():
            bounds["cap"] = None
    other = constraints_from_json(tighter)
    rollout = rollout_policy(
        experiment.problem, PlanPolicy("static", experiment.problem.static_plan), held_out_set(3)
    )

    broken, off = violations_of(replace(experiment.problem, constraints=other), rollout.spend)
    assert off == 2
    assert broken >= 3


def test_an_evaluation_is_the_same_every_time(
    experiment: Experiment, candidates: list[Candidate], evaluation: Evaluation
) -> None:
    test_set = experiment.held_out("test")
    again = evaluate(
        experiment.problem, candidates, test_set, experiment.solver, experiment.evaluation
    )
    for one, other in zip(evaluation.results, again.results, strict=True):
        np.testing.assert_array_equal(one.total, other.total)
        np.testing.assert_array_equal(one.rollouts[0].spend, other.rollouts[0].spend)
    np.testing.assert_array_equal(evaluation.best, again.best)


def test_values_that_are_known_are_taken_and_no_plan_is_looked_for(
    experiment: Experiment, candidates: list[Candidate], evaluation: Evaluation
) -> None:
    test_set = experiment.held_out("test")._replace(best=2 * evaluation.best)
    found = evaluate(
        experiment.problem, candidates, test_set, experiment.solver, experiment.evaluation
    )
    assert [entry.name for entry in found.results] == [each.name for each in candidates]
    for one, other in zip(found.results, evaluation.results[:-1], strict=True):
        np.testing.assert_allclose(found.percent(one), evaluation.percent(other) / 2)


def test_a_clairvoyant_that_flies_does_not_stand_there_twice(
    experiment: Experiment, evaluation: Evaluation
) -> None:
    test_set = experiment.held_out("test")
    plan = PlanPolicy(CLAIRVOYANT, evaluation.results[-1].rollouts[0].spend)
    candidates = [Candidate(CLAIRVOYANT, (plan,))]
    found = evaluate(
        experiment.problem, candidates, test_set, experiment.solver, experiment.evaluation
    )
    assert [entry.name for entry in found.results] == [CLAIRVOYANT]
    assert (found.best >= evaluation.best * (1 - 1e-9)).all()


def test_every_training_seed_flies_the_same_markets(evaluation: Evaluation) -> None:
    reactive = next(entry for entry in evaluation.results if entry.name == "reactive")
    np.testing.assert_array_equal(*reactive.total)


def test_only_decisions_are_timed(
    experiment: Experiment,
    held_out_set: Callable[..., EvaluationSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]

    class Slow(Reactive):
        def act(self, view: Observable, memory: Any) -> tuple:
            clock[0] += 2.0
            return super().act(view, memory)

    monkeypatch.setattr("mediagym.agents.rollout.process_time", lambda: clock[0])
    rollout = rollout_policy(experiment.problem, Slow(experiment.problem), held_out_set(2))
    assert rollout.seconds == 2.0 * experiment.problem.days


def test_turnover_is_half_the_distance_of_the_shares() -> None:
    spend = np.array([[[60, 40]], [[30, 20]], [[50, 0]], [[0, 0]], [[1, 1]]], float)
    moved = [0, 0.4, 0.5, 0.5]  # what stops or starts is half: it has left no campaign for another
    assert Rollout("p", spend, np.ones((5, 1)), 0, 0, 0).turnover == pytest.approx(np.mean(moved))
    assert Rollout("p", spend[:1], np.ones((1, 1)), 0, 0, 0).turnover == 0


def test_regret_ends_at_the_gap_and_starts_from_the_bound_s_own_days(
    evaluation: Evaluation,
) -> None:
    for entry in evaluation.results:
        regret = evaluation.regret(entry.rollouts[0].value)
        np.testing.assert_allclose(regret[-1], 100 - evaluation.percent(entry)[0], atol=1e-9)
    np.testing.assert_array_equal(regret, 0)  # the last one is the clairvoyant
    alone = evaluation._replace(results=evaluation.results[:1])  # its days are not known
    np.testing.assert_allclose(alone.bound_by_day.sum(0), evaluation.best)
    np.testing.assert_allclose(
        alone.bound_by_day, np.broadcast_to(alone.bound_by_day[0], alone.bound_by_day.shape)
    )


def test_a_policy_scores_the_same_whoever_flies_beside_it(
    experiment: Experiment, evaluation: Evaluation
) -> None:
    alone = rollout_policy(
        experiment.problem, Reactive(experiment.problem), experiment.held_out("test")
    )
    reactive = next(entry for entry in evaluation.results if entry.name == "reactive")
    np.testing.assert_array_equal(alone.value, reactive.rollouts[0].value)


def test_a_market_s_noise_does_not_depend_on_how_many_fly(posterior: Posterior) -> None:
    few, many = (draw_evaluation_set(*posterior.held(count), 30, seed=3) for count in (2, 8))
    shifted = draw_evaluation_set(*posterior.held(2), 30, seed=3, skip=2)
    for a, b, c in zip(few.noise, many.noise, shifted.noise, strict=True):
        if a is not None:
            np.testing.assert_array_equal(a, b[:, :2])
            assert not np.array_equal(a, c)


def test_another_seed_is_other_noise(posterior: Posterior) -> None:
    one, two = (draw_evaluation_set(*posterior.held(2), 30, seed).noise.level for seed in (3, 4))
    assert not np.array_equal(one, two)


def test_a_larger_loss_is_a_smaller_percentage() -> None:
    assert percent_of(np.array([-150.0, -100.0]), np.array(-100.0)).tolist() == [50, 100]


def test_given_plans_are_flown_as_they_are(
    experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    plan = experiment.problem.static_plan[:, None].repeat(3, axis=1)
    rollout = rollout_plans(experiment.problem, "given", plan, held_out_set(3))
    np.testing.assert_allclose(rollout.spend, plan, atol=1e-6)


@pytest.fixture(scope="module")
def known(
    stationary: Posterior, experiment: Experiment, conf: Callable[..., dict[str, Any]]
) -> tuple[Problem, EvaluationSet, SolverSettings]:
    """A known, stationary market and two weeks to plan: there is nothing to learn."""
    settings = conf("solver/default.yaml", iterations=400, draws=1, rate=0.1)
    solver = SolverSettings.of(settings, "solver")
    given = conf("constraints/default.yaml", total=90_000)
    constraints = parse_constraints(
        ConstraintSettings.of(given, "constraints"), stationary.campaigns, 14
    )
    base = static_plan(stationary, constraints, experiment.problem.objective, 14, solver)
    problem = problem_of(stationary, constraints, experiment.problem.objective, base)
    return problem, draw_evaluation_set(*stationary.held(2), 14, seed=1), solver


@pytest.mark.slow
def test_in_a_known_stationary_market_static_and_greedy_are_the_optimum(
    known: tuple[Problem, EvaluationSet, SolverSettings], evaluation_settings: EvaluationSettings
) -> None:
    problem, markets, solver = known
    policies = [PlanPolicy("static", problem.static_plan), Greedy(problem), Reactive(problem)]
    candidates = [Candidate(policy.name, (policy,)) for policy in policies]
    found = evaluate(problem, candidates, markets, solver, evaluation_settings)
    static, greedy, reactive = (found.percent(entry) for entry in found.results[:-1])
    assert (static > 99).all()
    assert (greedy > 96).all()  # it does not see that stock built at the end returns nothing
    for percent in (static, greedy, reactive):
        assert (percent <= 100 + NEAR).all()
    assert (reactive < static).all()  # there is nothing to react to


@pytest.mark.parametrize(
    "change", [{"markets": 1}, {"seed": -1}, {"resamples": 10}, {"market": 5}, {"markets": "few"}]
)
def test_settings_that_make_no_comparison_are_refused_by_key(
    conf: Callable[..., dict[str, Any]], change: dict
) -> None:
    with pytest.raises(ConfigError, match=f"evaluation.{next(iter(change))}"):
        EvaluationSettings.of(conf("evaluation/default.yaml", **change), "evaluation")
