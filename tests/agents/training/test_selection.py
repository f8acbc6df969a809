from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies.greedy import Greedy
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training import Actor, Network, Training
from mediagym.agents.training.selection import Selection, format_scores
from mediagym.envs.flight import action_size, requested_spend


@pytest.fixture
def network(actor: Actor, experiment: Experiment, record: Training) -> Network:
    return Network(actor, experiment.env.action, record, "ppo", "")


@pytest.fixture
def selection(
    network: Network, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> Selection:
    return Selection(network, experiment.problem, held_trial(4))


def _spoil(selection: Selection, size: float) -> None:
    with torch.no_grad():
        bias = selection.network.actor.head.bias
        bias += size * torch.linspace(-1, 1, len(bias))


def _gain(selection: Selection, origin: str) -> float:
    return selection.check(origin)["gain_over_static"]


def _restore(selection: Selection) -> None:
    selection.network.actor.load_state_dict(selection.best.actor.state_dict())


def test_the_first_candidate_is_the_static_plan_where_nothing_is_followed(
    selection: Selection,
) -> None:
    assert selection.score == pytest.approx(0, abs=1e-9)
    assert "actions of 0" in selection.best.origin
    _restore(selection)
    assert _gain(selection, "restored") == pytest.approx(0, abs=1e-9)


def test_the_first_candidate_is_scored_by_what_it_flies(
    network: Network, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    follow = experiment.env.action.model_copy(update={"follow": 1.0})
    trial = held_trial(4)
    selection = Selection(replace(network, action=follow), experiment.problem, trial)
    static = PlanPolicy("static", experiment.problem.static_plan)
    still = np.zeros((4, action_size(len(experiment.problem.constraints.names))))

    class Following:
        name, open_loop = "following", False

        def act(self, view: Any, memory: Any) -> Any:
            return *requested_spend(experiment.problem, view, still, follow), memory

    due, mark = (
        rollout_policy(experiment.problem, p, trial).total.mean() for p in (Following(), static)
    )
    assert selection.score == pytest.approx(100 * (due / mark - 1), abs=1e-9)
    assert abs(selection.score) > 1e-3


def test_worse_weights_are_not_kept(selection: Selection) -> None:
    _spoil(selection, 1.0)
    first = selection.score
    assert _gain(selection, "spoilt") < -1
    assert selection.score == first
    _restore(selection)
    assert _gain(selection, "again") == pytest.approx(0, abs=1e-9)


def test_better_weights_take_the_place_of_the_best(selection: Selection) -> None:
    _spoil(selection, 1.0)
    selection.score = -100.0  # whatever comes now is better
    gain = _gain(selection, "spoilt")
    assert (selection.score, selection.best.origin) == (gain, "spoilt")
    _spoil(selection, 1.0)
    _restore(selection)
    assert _gain(selection, "again") == gain


def test_kept_weights_do_not_move_with_the_network(selection: Selection) -> None:
    selection.score = -100.0
    best = _gain(selection, "first")
    _spoil(selection, 0.5)
    _restore(selection)
    assert _gain(selection, "restored") == best
    assert selection.best.origin == "first"  # a tie changes nothing


def test_a_smaller_loss_is_a_gain(selection: Selection) -> None:
    _spoil(selection, 0.5)
    selection._marks = {
        "static": -1e6 * selection._marks["static"]
    }  # as if the static plan lost money
    assert _gain(selection, "earns") > 0
    assert selection.best.origin == "earns"


def test_percent_of_the_clairvoyant_decides_where_it_is_known(
    network: Network, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    trial = held_trial(4)
    static = Selection(network, experiment.problem, trial)._marks["static"]
    best = static * np.array([1.25, 2.0, 1.25, 1.25])
    selection = Selection(network, experiment.problem, trial._replace(best=best))
    assert selection.score == pytest.approx((3 * 80 + 50) / 4)
    scores = selection.check("untrained")
    assert scores["percent_of_clairvoyant"] == pytest.approx(selection.score, abs=1)
    assert "% of clairvoyant" in format_scores(scores)


def test_rivals_are_marks_too(
    network: Network, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    rivals = [Greedy(experiment.problem)]
    scores = Selection(network, experiment.problem, held_trial(4), rivals).check("untrained")
    assert set(scores) == {"gain_over_static", "gain_over_greedy"}


def test_checks_without_an_improvement_are_counted_and_restored(
    selection: Selection,
    network: Network,
    experiment: Experiment,
    held_trial: Callable[..., EvaluationSet],
) -> None:
    _spoil(selection, 1.0)
    for count in (1, 2):
        selection.check("spoilt")
        assert selection.since == count
    selection.score = -100.0
    selection.check("better")
    assert selection.since == 0
    again = Selection(network, experiment.problem, held_trial(4))
    again.restore(selection.state())
    assert (again.score, again.best.origin, again.since) == (selection.score, "better", 0)
    for one, other in zip(
        again.best.actor.parameters(), selection.best.actor.parameters(), strict=True
    ):
        assert torch.equal(one, other)
