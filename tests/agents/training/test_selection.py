from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Actor, Network, Training
from mediagym.agents.policies.greedy import Greedy
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training.selection import Selection, format_scores, values_of
from mediagym.data.types import Floats
from mediagym.envs.flight import action_size, requested_spend


@pytest.fixture
def network(actor: Actor, experiment: Experiment, record: Training) -> Network:
    """An untrained network whose action of 0 is the static plan."""
    action = experiment.env.action.model_copy(update={"follow": 0.0})
    return Network(actor, action, record, "ppo", "")


@pytest.fixture
def selection(
    network: Network, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> Selection:
    return Selection(network, experiment.problem, held_out_set(4))


def _shift(selection: Selection, size: float) -> None:
    with torch.no_grad():
        bias = selection.network.actor.head.bias
        bias += size * torch.linspace(-1, 1, len(bias))


def _gain(selection: Selection, origin: str) -> float:
    return selection.check(origin)["gain_over_static"]


def _restore(selection: Selection) -> None:
    selection.network.actor.load_state_dict(selection.best.actor.state_dict())


def test_the_first_candidate_is_the_static_plan_if_the_belief_is_not_followed(
    selection: Selection,
) -> None:
    assert selection.score == pytest.approx(0, abs=1e-9)
    assert "actions of 0" in selection.best.origin
    _restore(selection)
    assert _gain(selection, "restored") == pytest.approx(0, abs=1e-9)


def test_the_first_candidate_is_scored_by_its_own_rollout(
    network: Network, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    follow = experiment.env.action.model_copy(update={"follow": 1.0})
    validation = held_out_set(4)
    selection = Selection(replace(network, action=follow), experiment.problem, validation)
    static = PlanPolicy("static", experiment.problem.static_plan)
    zero_action = np.zeros((4, action_size(len(experiment.problem.constraints.names))))

    class Following:
        name, open_loop = "following", False

        def act(self, observable: Any, memory: Any) -> Any:
            return *requested_spend(experiment.problem, observable, zero_action, follow), memory

    value, reference = (
        rollout_policy(experiment.problem, p, validation).total.mean()
        for p in (Following(), static)
    )
    assert selection.score == pytest.approx(100 * (value / reference - 1), abs=1e-9)
    assert abs(selection.score) > 1e-3


def test_worse_weights_are_not_kept(selection: Selection) -> None:
    _shift(selection, 1.0)
    first = selection.score
    assert _gain(selection, "shifted") < -1
    assert selection.score == first
    _restore(selection)
    assert _gain(selection, "restored") == pytest.approx(0, abs=1e-9)


def test_better_weights_take_the_place_of_the_best(selection: Selection) -> None:
    _shift(selection, 1.0)
    selection.score = -100.0  # any score is better
    gain = _gain(selection, "shifted")
    assert (selection.score, selection.best.origin) == (gain, "shifted")
    _shift(selection, 1.0)
    _restore(selection)
    assert _gain(selection, "restored") == gain


def test_the_best_weights_do_not_change_with_the_network(selection: Selection) -> None:
    selection.score = -100.0
    best = _gain(selection, "first")
    _shift(selection, 0.5)
    _restore(selection)
    assert _gain(selection, "restored") == best
    assert selection.best.origin == "first"  # a tie changes nothing


def test_a_gain_over_a_negative_value_is_positive(selection: Selection) -> None:
    _shift(selection, 0.5)
    selection.reference_values = {
        "static": -1e6 * selection.reference_values["static"]
    }  # as if the static plan lost money
    assert _gain(selection, "earns") > 0
    assert selection.best.origin == "earns"


def test_percent_of_the_clairvoyant_decides_where_it_is_known(
    network: Network, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    validation = held_out_set(4)
    static = Selection(network, experiment.problem, validation).reference_values["static"]
    best = static * np.array([1.25, 2.0, 1.25, 1.25])
    selection = Selection(network, experiment.problem, validation._replace(best=best))
    assert selection.score == pytest.approx((3 * 80 + 50) / 4)
    scores = selection.check("untrained")
    assert scores["percent_of_clairvoyant"] == pytest.approx(selection.score, abs=1)
    assert "% of clairvoyant" in format_scores(scores)


def test_rivals_are_reported_beside_the_static_plan(
    network: Network, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    problem, markets = experiment.problem, held_out_set(4)
    asked = []

    def rivals() -> Mapping[str, Floats]:
        asked.append(True)
        return values_of(problem, [Greedy(problem)], markets)

    selection = Selection(network, problem, markets, rivals)
    assert not asked
    for _ in range(2):
        scores = selection.check("untrained")
        assert set(scores) == {"gain_over_static", "gain_over_greedy"}
    assert len(asked) == 1


def test_checks_without_an_improvement_are_counted_and_restored(
    selection: Selection,
    network: Network,
    experiment: Experiment,
    held_out_set: Callable[..., EvaluationSet],
) -> None:
    _shift(selection, 1.0)
    for count in (1, 2):
        selection.check("shifted")
        assert selection.checks_since_best == count
    selection.score = -100.0
    selection.check("better")
    assert selection.checks_since_best == 0
    restored = Selection(network, experiment.problem, held_out_set(4))
    restored.restore(selection.state())
    assert (restored.score, restored.best.origin, restored.checks_since_best) == (
        selection.score,
        "better",
        0,
    )
    for one, other in zip(
        restored.best.actor.parameters(), selection.best.actor.parameters(), strict=True
    ):
        assert torch.equal(one, other)
