"""Rolling horizon and Thompson sampling, in tasks whose best policy is known or bounded."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import baseline, rolling_horizon
from mediagym.agents.policies.rolling_horizon import RollingHorizon
from mediagym.agents.policies.thompson import Thompson
from mediagym.agents.policy import Policy
from mediagym.agents.rollout import EvaluationSet, Rollout, rollout_policy
from mediagym.envs.arrays import select
from mediagym.envs.flight import Observable, initial_state

Make = Callable[..., Experiment]
MARKETS = 40


def _evaluation_set(experiment: Experiment, count: int) -> EvaluationSet:
    """The first validation markets."""
    market, state, noise, best = experiment.held_out("validation")[:4]
    rows = slice(0, count)
    noise = type(noise)(*(f if f is None else f[:, rows] for f in noise))
    assert best is not None
    return EvaluationSet(select(market, rows), select(state, rows), noise, best[rows])


class Recorder:
    """A policy that records what it observes and requests."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.name, self.open_loop = policy, policy.name, policy.open_loop
        self.observables: list[Observable] = []
        self.requested_spend: list[np.ndarray] = []

    def act(self, observable: Observable, memory: Any) -> Any:
        decision = self.policy.act(observable, memory)
        self.observables.append(observable)
        self.requested_spend.append(decision[0])
        return decision


@pytest.fixture(scope="module")
def uncertain(task_experiment: Make) -> Experiment:
    return task_experiment("Uncertain-S", markets=MARKETS)


@pytest.fixture(scope="module")
def rollouts(uncertain: Experiment) -> dict[str, Rollout]:
    """Rollouts of three policies in the same markets under the same noise."""
    problem, evaluation_set = uncertain.problem, _evaluation_set(uncertain, MARKETS)
    policies = [
        baseline("static", uncertain),
        RollingHorizon(problem, uncertain.posterior, 64),
        Thompson(problem, uncertain.posterior, 64, 0),
    ]
    return {policy.name: rollout_policy(problem, policy, evaluation_set) for policy in policies}


@pytest.mark.parametrize("key", ["Stationary-S", "Stationary-M"])
def test_in_a_known_market_it_equals_the_static_plan(task_experiment: Make, key: str) -> None:
    experiment = task_experiment(key, markets=2)
    problem, evaluation_set = experiment.problem, _evaluation_set(experiment, 2)
    replanner = RollingHorizon(problem, experiment.posterior, 16)
    rollout = rollout_policy(problem, replanner, evaluation_set)
    static = rollout_policy(problem, baseline("static", experiment), evaluation_set)
    np.testing.assert_allclose(rollout.total, static.total, rtol=1e-6)


def test_learning_from_reports_gains_over_static_and_never_beats_the_clairvoyant(
    uncertain: Experiment, rollouts: dict[str, Rollout]
) -> None:
    best = _evaluation_set(uncertain, MARKETS).best
    percent = {name: 100 * rollout.total / best for name, rollout in rollouts.items()}
    gain = percent["replanner"] - percent["static"]
    assert gain.mean() > 3 * gain.std() / np.sqrt(MARKETS)
    assert gain.mean() > 1
    assert percent["replanner"].mean() > percent["thompson"].mean()  # thirty days are short
    assert percent["thompson"].mean() > percent["static"].mean()
    assert all((values <= 100 + 1e-6).all() for values in percent.values())


def test_constraints_hold_to_the_cent(rollouts: dict[str, Rollout]) -> None:
    for rollout in rollouts.values():
        assert rollout.violations == rollout.cents_off == 0


@pytest.mark.parametrize("kind", [RollingHorizon, Thompson])
def test_a_decision_follows_from_the_reports_alone(uncertain: Experiment, kind: Any) -> None:
    problem, posterior = uncertain.problem, uncertain.posterior
    seed = () if kind is RollingHorizon else (5,)
    recorder = Recorder(kind(problem, posterior, 32, *seed))
    rollout_policy(problem, recorder, _evaluation_set(uncertain, 3))
    # with the first flight's reports, another flight in its row decides the same
    again, memory = kind(problem, posterior, 32, *seed), None
    for observable, recorded in zip(recorder.observables, recorder.requested_spend, strict=True):
        requested_spend, _, memory = again.act(_first(observable), memory)
        np.testing.assert_allclose(requested_spend[0], recorded[0], rtol=1e-9, atol=1e-6)
    first_flight = [recorded[0] for recorded in recorder.requested_spend]
    assert np.abs(np.diff(first_flight, axis=0)).max() > 1


def _first(observable: Observable) -> Observable:
    """The first flight alone, in plain copies."""

    def part(record: Any) -> Any:
        if isinstance(record, np.ndarray):
            return record[:1].copy()
        if isinstance(record, tuple):
            return type(record)(*map(part, record))  # type: ignore[call-overload]
        return record

    return Observable(*map(part, observable))


def test_a_better_report_moves_money_to_its_campaign(uncertain: Experiment) -> None:
    problem = uncertain.problem
    policy: Any = RollingHorizon(problem, uncertain.posterior, 64)
    morning = initial_state(problem, problem.state, (2,)).view
    before, _, memory = policy.act(morning, None)
    spend = before / before.sum(-1, keepdims=True) * problem.static_plan[0].sum()
    usual = np.array([30.0, 30.0, 10.0])
    reported = np.stack([usual, usual * [3, 1, 1]])
    evening = morning._replace(
        ledger=morning.ledger.advance(spend), belief=morning.belief._replace(observed=reported)
    )
    after, _, _ = policy.act(evening, memory)
    share = after / after.sum(-1, keepdims=True)
    assert share[1, 0] > share[0, 0] + 0.02
    assert (share[1, 1:] < share[0, 1:]).all()


def test_a_shift_of_the_level_fades_by_the_share_kept_per_day(uncertain: Experiment) -> None:
    """Worked out by hand: demand known today, and its return to the mean thereafter."""
    policy: Any = RollingHorizon(uncertain.problem, uncertain.posterior, 2)
    market = policy.draws.market
    kept = np.array([[0.5, 1.0, 0.0], [0.5, 1.0, 0.0]])
    draws = policy.draws._replace(market=market._replace(level_kept=kept))
    shift = np.log([[[4.0, 4.0, 4.0], [16.0, 16.0, 16.0]]])
    weight = np.array([[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
    factor = rolling_horizon._shift_decay(draws, weight, shift, 3)
    # the shift of log 4 is log 2 and log sqrt 2 after one and two days of a half
    np.testing.assert_allclose(factor[:, 0, 0], [1, 2 / 4, np.sqrt(2) / 4])
    np.testing.assert_allclose(factor[:, 0, 1], 1)
    np.testing.assert_allclose(factor[:, 0, 2], [1, 1 / 4, 1 / 4])
    even = np.full((1, 2, 3), 0.5)  # a mean shift of log 8
    np.testing.assert_allclose(
        rolling_horizon._shift_decay(draws, even, shift, 2)[1, 0], [8**-0.5, 1, 1 / 8]
    )


def test_a_good_day_counts_for_less_as_its_level_fades(
    uncertain: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, returns = uncertain.problem, []
    inner = rolling_horizon.allocate

    def record(problem: Any, ledger: Any, given: Any) -> Any:
        returns.append(given[2])
        return inner(problem, ledger, given)

    monkeypatch.setattr(rolling_horizon, "allocate", record)
    policy: Any = RollingHorizon(problem, uncertain.posterior, 64)
    market = policy.draws.market
    policy.draws = policy.draws._replace(
        market=market._replace(level_kept=np.full_like(market.level_kept, 0.7))
    )
    morning = initial_state(problem, problem.state, (3,)).view
    before, _, memory = policy.act(morning, None)
    spend = before / before.sum(-1, keepdims=True) * problem.static_plan[0].sum()
    reported = np.array([30.0, 30.0, 10.0]) * np.array([[1], [3], [0.3]])
    evening = morning._replace(
        ledger=morning.ledger.advance(spend), belief=morning.belief._replace(observed=reported)
    )
    policy.act(evening, memory)
    ahead = returns[-1] / policy.scale[1:, None]  # (days, flights, campaigns)
    ahead = ahead / ahead[0]
    assert (ahead[-1, 1] < ahead[-1, 0]).all()  # a good day fades, a bad one is forgotten
    assert (ahead[-1, 2] > ahead[-1, 0]).all()
    assert (np.diff(ahead[:, 1], axis=0) <= 1e-12).all()


def test_thompson_samples_depend_on_seed_day_and_row(uncertain: Experiment) -> None:
    problem = uncertain.problem
    today = initial_state(problem, problem.state, (3,)).view

    def requested(seed: int, observable: Observable = today) -> np.ndarray:
        policy = Thompson(problem, uncertain.posterior, 64, seed)
        return np.asarray(policy.act(observable, None)[0])

    first = requested(0)
    np.testing.assert_array_equal(requested(0), first)
    assert np.abs(requested(1) - first).max() > 1
    assert np.abs(first[1:] - first[0]).max(1).min() > 1
    tomorrow = today._replace(ledger=today.ledger._replace(day=1))
    assert np.abs(requested(0, tomorrow) - first).max() > 1
