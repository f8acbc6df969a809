"""The proportional controller: its tilt, and that campaigns are interchangeable to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import SETTINGS, baseline
from mediagym.agents.policies.proportional import Proportional
from mediagym.data.errors import ConfigError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import spend_day, total_range
from mediagym.envs.flight import Observable, initial_state


@pytest.fixture(scope="module")
def uncertain(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Uncertain-M", markets=2)


def _view(experiment: Experiment, shift: Any) -> Observable:
    """The first morning of flights whose belief lies that far above what was expected."""
    problem, shift = experiment.problem, np.atleast_2d(shift)
    view = initial_state(problem, problem.state, (len(shift),)).view
    state = view.belief.state._replace(level=view.belief.state.level + shift)
    return view._replace(belief=view.belief._replace(state=state))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.3, 1.5, 50.0]))
def test_any_belief_is_answered_alike_feasibly_and_the_same_alone(
    uncertain: Experiment, seed: int, gain: float
) -> None:
    problem = uncertain.problem
    shift = np.random.default_rng(seed).normal(0, 2, (3, len(problem.constraints.names)))
    policy, view = Proportional(problem, gain), _view(uncertain, shift)
    requested, total, memory = policy.act(view, None)
    assert memory is None
    np.testing.assert_array_equal(policy.act(view, None)[0], requested)
    np.testing.assert_allclose(policy.act(_view(uncertain, shift[1]), None)[0][0], requested[1])
    np.testing.assert_allclose(requested.sum(-1), total)
    low, high = total_range(problem.constraints, view.ledger)
    spend, _ = spend_day(problem.constraints, view.ledger, requested, total)
    assert (spend >= 0).all()
    np.testing.assert_allclose(spend.sum(-1), np.clip(total, low, high))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_campaigns_in_another_order_get_the_same_money(uncertain: Experiment, seed: int) -> None:
    rng, problem = np.random.default_rng(seed), uncertain.problem
    order = rng.permutation(len(problem.constraints.names))
    shift = rng.normal(0, 0.5, len(order))
    state = problem.state._replace(
        stock=problem.state.stock[order], level=problem.state.level[order]
    )
    covariance = type(problem.covariance)(*(part[order] for part in problem.covariance))
    market = problem.market._replace(
        elasticity=problem.market.elasticity[order], level_kept=problem.market.level_kept[order]
    )
    other = replace(
        problem,
        static_plan=problem.static_plan[:, order],
        state=state,
        covariance=covariance,
        market=market,
    )
    requested, _, _ = Proportional(problem, 1.5).act(_view(uncertain, shift), None)
    view = _view(uncertain, shift)
    belief = view.belief._replace(
        state=view.belief.state._replace(level=view.belief.state.level[:, order])
    )
    permuted, _, _ = Proportional(other, 1.5).act(view._replace(belief=belief), None)
    np.testing.assert_allclose(permuted[0], requested[0][order], rtol=1e-12)


def test_the_share_grows_by_the_gain_up_to_the_range_of_an_action(uncertain: Experiment) -> None:
    problem, shift = uncertain.problem, np.zeros(len(uncertain.problem.constraints.names))
    shift[0], shift[2] = 0.2, 9.0
    requested, _, _ = Proportional(problem, 1.5).act(_view(uncertain, shift), None)
    grown = np.log(requested[0] / problem.static_plan[0])
    np.testing.assert_allclose(grown[[0, 2]] - grown[1], [0.3, 1.0], rtol=1e-6)
    static, _, _ = Proportional(problem, 0.0).act(_view(uncertain, shift), None)
    np.testing.assert_allclose(static[0], problem.static_plan[0], rtol=1e-6)


def test_its_gain_is_a_setting(uncertain: Experiment) -> None:
    agent = shipped_yaml("agent/proportional")
    assert baseline("proportional", uncertain).gain == 1.5  # type: ignore[attr-defined]
    other = replace(uncertain, agent=SETTINGS["proportional"].of(agent | {"gain": 0.5}, "agent"))
    assert baseline("proportional", other).gain == 0.5  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="gain"):
        SETTINGS["proportional"].of(agent | {"gain": -1}, "agent")
