from collections.abc import Callable

import pytest
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from mediagym.agents.evaluation import Trial
from mediagym.agents.selection import Selection
from mediagym.agents.workflow import Session
from mediagym.envs.budget import Batch


@pytest.fixture
def selection(session: Session, held_trial: Callable[..., Trial]) -> Selection:
    batch = Batch(session.problem, session.posterior.training(), session.env)
    torch.manual_seed(0)
    network = ActorCriticPolicy(
        batch.observation_space, batch.action_space, lr_schedule=lambda _: 0.0, net_arch=[8]
    )
    return Selection(network, session.problem, session.env.action, held_trial(4))


def _spoil(selection: Selection, size: float) -> None:
    with torch.no_grad():
        bias = selection.policy.action_net.bias
        bias += size * torch.linspace(-1, 1, len(bias))


def test_the_first_candidate_is_exactly_the_static_plan(selection: Selection) -> None:
    assert selection.gain == 0
    assert "static plan" in selection.origin
    selection.restore()
    assert selection.check("restored") == pytest.approx(0, abs=1e-9)


def test_worse_weights_are_not_kept(selection: Selection) -> None:
    _spoil(selection, 1.0)
    assert selection.check("spoilt") < -1
    assert selection.gain == 0
    selection.restore()
    assert selection.check("again") == pytest.approx(0, abs=1e-9)


def test_better_weights_take_the_place_of_the_best(selection: Selection) -> None:
    _spoil(selection, 1.0)
    selection.gain = -100.0  # whatever comes now is better
    gain = selection.check("spoilt")
    assert (selection.gain, selection.origin) == (gain, "spoilt")
    _spoil(selection, 1.0)
    selection.restore()
    assert selection.check("again") == gain


def test_kept_weights_do_not_move_with_the_network(selection: Selection) -> None:
    selection.gain = -100.0
    best = selection.check("first")
    _spoil(selection, 0.5)
    selection.restore()
    assert selection.check("restored") == best
    assert selection.origin == "first"  # a tie changes nothing


def test_a_smaller_loss_is_a_gain(selection: Selection) -> None:
    _spoil(selection, 0.5)
    selection.static = -1e6 * selection.static  # as if the static plan lost money
    assert selection.check("earns") > 0
    assert selection.origin == "earns"
