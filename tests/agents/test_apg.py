from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from mediagym.agents.apg import WarmStart, _Pilot, train_apg
from mediagym.agents.evaluation import Trial, fly_policy
from mediagym.agents.learned import LearnedPolicy, Network
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.workflow import Session
from mediagym.envs.budget import Batch
from mediagym.envs.flight import fly, start
from mediagym.envs.market import Noise
from mediagym.envs.optimum import tensors


@pytest.fixture
def actor(session: Session) -> ActorCriticPolicy:
    """A small untrained network for the shared problem."""
    batch = Batch(session.problem, session.posterior.training(), session.env)
    torch.manual_seed(0)
    return ActorCriticPolicy(
        batch.observation_space, batch.action_space, lr_schedule=lambda _: 0.0, net_arch=[8]
    )


def _score(actor: ActorCriticPolicy, session: Session, trial: Trial) -> float:
    network = Network.of(actor, session.env.action, [8])
    flown = fly_policy(session.problem, LearnedPolicy("n", network, session.problem), trial)
    return float(flown.total.mean())


def _train(actor: ActorCriticPolicy, session: Session, seed: int = 0, **settings: float) -> None:
    given = WarmStart(**{"iterations": 4, "flights": 4, "rate": 3e-3, **settings})
    problem, markets = session.problem, session.posterior.training()
    train_apg(actor, problem, markets, session.env.action, given, seed)


def test_a_few_iterations_raise_what_the_network_earns(
    actor: ActorCriticPolicy, session: Session, held_trial: Callable[..., Trial]
) -> None:
    problem = session.problem
    uniform = np.full_like(problem.base, problem.constraints.total / problem.base.size)
    session = session._replace(
        arena=replace(
            session.arena, problem=problem._replace(base=uniform)
        )  # there is much to gain
    )
    trial = held_trial(4)
    before = _score(actor, session, trial)
    static = fly_policy(session.problem, PlanPolicy("static", uniform), trial).total.mean()
    assert before == pytest.approx(static, rel=0.01)  # untrained, it follows the plan
    _train(actor, session, iterations=12, rate=0.02)
    assert _score(actor, session, trial) > 1.05 * before


def _value(actor: ActorCriticPolicy, session: Session, trial: Trial, noise: Noise) -> torch.Tensor:
    known = tensors(session.problem)
    pilot = _Pilot(actor, known, session.env.action)
    begin = start(known, tensors(trial.state), (len(trial.market.elasticity),))
    _, days = fly(known, tensors(trial.market), begin, tensors(noise), pilot.act)
    return torch.stack([day.value.sum(-1) for day in days]).sum(0).mean()


def _actor_parameters(actor: ActorCriticPolicy) -> list[tuple[str, torch.nn.Parameter]]:
    return [
        (name, weight)
        for name, weight in actor.named_parameters()
        if "value" not in name and name != "log_std"
    ]


def test_the_gradient_reaches_every_weight_of_the_actor_and_is_finite(
    actor: ActorCriticPolicy, session: Session, held_trial: Callable[..., Trial]
) -> None:
    trial = held_trial(3)
    _value(actor, session, trial, trial.noise).backward()
    for name, weight in _actor_parameters(actor):
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def test_the_gradient_is_that_of_the_flight_s_value(
    actor: ActorCriticPolicy,
    session: Session,
    held_trial: Callable[..., Trial],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial = held_trial(1)
    path = trial.noise.path()
    actor.double()  # in single precision the differences would drown
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    _value(actor, session, trial, path).backward()
    rng, nudge = np.random.default_rng(0), 1e-5
    checked = 0
    for name, weight in _actor_parameters(actor):
        flat, slope = weight.data.view(-1), weight.grad
        assert slope is not None
        for i in rng.choice(len(flat), 2, replace=False):
            ends = []
            for side in (nudge, -nudge):
                flat[i] += side
                with torch.no_grad():
                    ends.append(float(_value(actor, session, trial, path)))
                flat[i] -= side
            numeric = (ends[0] - ends[1]) / (2 * nudge)
            analytic = float(slope.view(-1)[i])
            assert analytic == pytest.approx(numeric, rel=1e-3, abs=1e-4), name
            checked += 1
    assert checked == 8


def test_training_is_the_same_for_a_seed_and_another_for_another(session: Session) -> None:
    found = []
    for seed in (1, 1, 2):
        batch = Batch(session.problem, session.posterior.training(), session.env)
        torch.manual_seed(0)
        made = ActorCriticPolicy(
            batch.observation_space, batch.action_space, lr_schedule=lambda _: 0.0, net_arch=[8]
        )
        _train(made, session, seed=seed, iterations=2)
        found.append(torch.cat([weight.detach().view(-1) for weight in made.parameters()]))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_the_watch_is_told_of_every_iteration(actor: ActorCriticPolicy, session: Session) -> None:
    told: list[int] = []
    settings = WarmStart(iterations=3, flights=2, rate=1e-3)
    markets = session.posterior.training()
    train_apg(actor, session.problem, markets, session.env.action, settings, 0, told.append)
    assert told == [1, 2, 3]


def test_no_iteration_changes_nothing(actor: ActorCriticPolicy, session: Session) -> None:
    before = {name: value.clone() for name, value in actor.state_dict().items()}
    _train(actor, session, iterations=0)
    for name, value in actor.state_dict().items():
        assert torch.equal(value, before[name])
