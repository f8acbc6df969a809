"""Properties of policies that react to reports: order of campaigns, and no view of the future.

The rolling horizon draws demand paths of its own, which belong to places, not to campaigns.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import SETTINGS, baseline
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import Posterior
from mediagym.envs.constraints import constraints_from_json
from mediagym.envs.flight import BeliefCovariance

SMALL: dict[str, dict[str, Any]] = {
    "replanner": {"draws": 32},
    "weekly": {"draws": 32, "sample": 4, "iterations": 5},
    "mpc": {"every": 7, "iterations": 5},
    "ucb": {},
    "knowledge_gradient": {},
    "knapsack": {},
}
NAMES = ["follow", "ensemble", *SMALL]
HORIZONS = ("replanner", "ensemble")  # with demand paths that belong to places
MARKETS = 2


@pytest.fixture(scope="module")
def experiment(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Full-S", markets=MARKETS)


def _spend(name: str, experiment: Experiment, markets: EvaluationSet) -> np.ndarray:
    agent = None
    if name in SMALL:
        agent = SETTINGS[name].of(shipped_yaml(f"agent/{name}") | SMALL[name], "agent")
    policy = baseline(name, replace(experiment, agent=agent))
    return rollout_policy(experiment.problem, policy, markets).spend


def _reordered(experiment: Experiment, permuted: Callable, order: list[int]) -> Experiment:
    """Return the experiment with its campaigns in another order."""
    problem, posterior = experiment.problem, experiment.posterior
    document = problem.constraints.to_json()
    names = [problem.constraints.names[k] for k in order]
    document["channel_of"] = {name: document["channel_of"][name] for name in names}
    other = replace(
        problem,
        constraints=constraints_from_json(document),
        market=permuted(problem.market, order),
        state=permuted(problem.state, order),
        covariance=BeliefCovariance(*(field[order] for field in problem.covariance)),
        static_plan=problem.static_plan[:, order],
        claim_slope=np.asarray(problem.claim_slope)[order],
    )
    draws: Posterior = replace(
        posterior,
        campaigns=tuple(posterior.campaigns[k] for k in order),
        market=permuted(posterior.market, order),
        state=permuted(posterior.state, order),
        spend=posterior.spend[order],
    )
    return replace(experiment, problem=other, posterior=draws)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in HORIZONS])
def test_campaigns_in_another_order_get_the_same_dollars(
    experiment: Experiment, permuted: Callable, name: str
) -> None:
    count = len(experiment.problem.constraints.names)
    order = np.random.default_rng(1).permutation(count).tolist()
    if order == sorted(order):
        order = order[::-1]
    markets = experiment.held_out("test")

    def reorder(field: Any) -> Any:
        return field if field is None or field.shape[-1] == 1 else field[..., order]

    noise = type(markets.noise)(*map(reorder, markets.noise))
    state, market = (permuted(each, order) for each in (markets.state, markets.market))
    mixed = EvaluationSet(market, state, noise)
    spend = _spend(name, experiment, markets)
    other = _spend(name, _reordered(experiment, permuted, order), mixed)
    np.testing.assert_allclose(other, spend[..., order], rtol=1e-6, atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_what_happens_later_changes_nothing_before(experiment: Experiment, name: str) -> None:
    markets, day = experiment.held_out("test"), 9
    later = partial(_changed_from, day)
    changed = markets._replace(noise=type(markets.noise)(*map(later, markets.noise)))
    one, two = (_spend(name, experiment, each) for each in (markets, changed))
    np.testing.assert_array_equal(one[:day], two[:day])
    assert np.abs(one[day + 1 :] - two[day + 1 :]).max() > 1


def _changed_from(day: int, field: Any) -> Any:
    """Return the noise with the days from one on in reverse order."""
    return None if field is None else np.concatenate([field[:day], field[day:][::-1]])
