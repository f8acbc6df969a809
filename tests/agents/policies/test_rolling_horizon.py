"""The re-planner and Thompson sampling, in tasks whose best policy is known or bounded."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import baseline
from mediagym.agents.policies.rolling_horizon import RollingHorizon
from mediagym.agents.policies.thompson import Thompson
from mediagym.agents.policy import Policy
from mediagym.agents.rollout import EvaluationSet, Rollout, rollout_policy
from mediagym.envs.arrays import select
from mediagym.envs.flight import Observable, initial_state

Make = Callable[..., Experiment]
MARKETS = 40


def _trial(experiment: Experiment, count: int, split: str = "validation") -> EvaluationSet:
    trial, few = experiment.held_out(split), slice(0, count)
    noise = type(trial.noise)(*(f if f is None else f[:, few] for f in trial.noise))
    assert trial.best is not None
    return EvaluationSet(
        select(trial.market, few), select(trial.state, few), noise, trial.best[few]
    )


class Watched:
    """A policy whose views and wishes are kept."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.name, self.open_loop = policy, policy.name, policy.open_loop
        self.views: list[Observable] = []
        self.wishes: list[np.ndarray] = []

    def act(self, view: Observable, memory: Any) -> Any:
        made = self.policy.act(view, memory)
        self.views.append(view)
        self.wishes.append(made[0])
        return made


@pytest.fixture(scope="module")
def uncertain(task_experiment: Make) -> Experiment:
    return task_experiment("Uncertain-S", markets=MARKETS)


@pytest.fixture(scope="module")
def flown(uncertain: Experiment) -> dict[str, Rollout]:
    """What policies do in the same markets under the same noise."""
    trial, experiment = _trial(uncertain, MARKETS), uncertain
    policies = [
        baseline("static", experiment),
        RollingHorizon(experiment.problem, experiment.posterior, 64),
        Thompson(experiment.problem, experiment.posterior, 64, 0),
    ]
    return {policy.name: rollout_policy(experiment.problem, policy, trial) for policy in policies}


@pytest.mark.parametrize("key", ["Stationary-S", "Stationary-M"])
def test_in_a_known_market_it_is_worth_what_the_static_plan_is(
    task_experiment: Make, key: str
) -> None:
    experiment = task_experiment(key, markets=2)
    trial = _trial(experiment, 2)
    ours = rollout_policy(
        experiment.problem, RollingHorizon(experiment.problem, experiment.posterior, 16), trial
    )
    static = rollout_policy(experiment.problem, baseline("static", experiment), trial)
    np.testing.assert_allclose(ours.total, static.total, rtol=1e-6)


def test_what_reports_teach_is_worth_something_and_not_more_than_knowing(
    uncertain: Experiment, flown: dict[str, Rollout]
) -> None:
    best = _trial(uncertain, MARKETS).best
    percent = {name: 100 * each.total / best for name, each in flown.items()}
    gain = percent["replanner"] - percent["static"]
    assert gain.mean() > 3 * gain.std() / np.sqrt(MARKETS)
    assert gain.mean() > 1
    assert percent["replanner"].mean() > percent["thompson"].mean()  # thirty days are short
    assert percent["thompson"].mean() > percent["static"].mean()
    assert all((each <= 100 + 1e-6).all() for each in percent.values())


def test_constraints_hold_to_the_cent(flown: dict[str, Rollout]) -> None:
    for each in flown.values():
        assert each.violations == each.cents_off == 0


@pytest.mark.parametrize("kind", [RollingHorizon, Thompson])
def test_a_decision_follows_from_the_reports_alone(uncertain: Experiment, kind: Any) -> None:
    experiment, seed = uncertain, (() if kind is RollingHorizon else (5,))
    trial = _trial(uncertain, 3)
    watched = Watched(kind(experiment.problem, experiment.posterior, 32, *seed))
    rollout_policy(experiment.problem, watched, trial)
    # told of the first flight's reports, another flight at its place does the same
    again, memory = kind(experiment.problem, experiment.posterior, 32, *seed), None
    for view, wish in zip(watched.views, watched.wishes, strict=True):
        target, _, memory = again.act(_first(view), memory)
        np.testing.assert_allclose(target[0], wish[0], rtol=1e-9, atol=1e-6)
    assert np.abs(np.diff([wish[0] for wish in watched.wishes], axis=0)).max() > 1


def _first(view: Observable) -> Observable:
    """A view of one flight, made of plain copies."""

    def part(record: Any) -> Any:
        if isinstance(record, np.ndarray):
            return record[:1].copy()
        if isinstance(record, tuple):
            return type(record)(*map(part, record))  # type: ignore[call-overload]
        return record

    return Observable(*map(part, view))


def test_a_better_report_moves_money_there(uncertain: Experiment) -> None:
    experiment = uncertain
    policy: Any = RollingHorizon(experiment.problem, experiment.posterior, 64)
    eve = initial_state(experiment.problem, experiment.problem.state, (2,)).view
    before, _, memory = policy.act(eve, None)
    spend = before / before.sum(-1, keepdims=True) * experiment.problem.static_plan[0].sum()
    usual = np.array([30.0, 30.0, 10.0])
    reported = np.stack([usual, usual * [3, 1, 1]])
    view = eve._replace(
        ledger=eve.ledger.advance(spend), belief=eve.belief._replace(observed=reported)
    )
    after, _, _ = policy.act(view, memory)
    share = after / after.sum(-1, keepdims=True)
    assert share[1, 0] > share[0, 0] + 0.02
    assert (share[1, 1:] < share[0, 1:]).all()


def test_thompson_draws_anew_by_seed_day_and_place(uncertain: Experiment) -> None:
    experiment = uncertain
    eve = initial_state(experiment.problem, experiment.problem.state, (3,)).view

    def wish(seed: int, view: Observable = eve) -> np.ndarray:
        return np.asarray(
            Thompson(experiment.problem, experiment.posterior, 64, seed).act(view, None)[0]
        )

    first = wish(0)
    np.testing.assert_array_equal(wish(0), first)
    assert np.abs(wish(1) - first).max() > 1
    assert np.abs(first[1:] - first[0]).max(1).min() > 1
    later = eve._replace(ledger=eve.ledger._replace(day=1))
    assert np.abs(wish(0, later) - first).max() > 1
