from collections.abc import Callable

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import Actor, LearnedPolicy, Network, Training
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training import AnalyticPolicyGradient
from mediagym.agents.training.apg import RecordingPolicy, WarmStart
from mediagym.envs.environment import EnvSettings, MarketPool
from mediagym.envs.flight import initial_state, rollout
from mediagym.envs.market import Noise
from mediagym.envs.planning import to_tensors


def _score(
    actor: Actor, experiment: Experiment, evaluation_set: EvaluationSet, record: Training
) -> float:
    network = Network(actor, experiment.env.action, record, "n", "")
    rollout_result = rollout_policy(
        experiment.problem, LearnedPolicy("n", network, experiment.problem), evaluation_set
    )
    return float(rollout_result.total.mean())


def _train(
    actor: Actor,
    experiment: Experiment,
    seed: int = 0,
    env: EnvSettings | None = None,
    steps: int | None = None,
    **settings: float,
) -> AnalyticPolicyGradient:
    warm_start = WarmStart(**{"iterations": 4, "flights": 4, "learning_rate": 3e-3, **settings})
    source = MarketPool(*experiment.posterior.training())
    apg = AnalyticPolicyGradient(
        actor, experiment.problem, source, env or experiment.env, warm_start, seed
    )
    for _ in range(warm_start.iterations if steps is None else steps):
        apg.step()
    return apg


def test_a_few_iterations_raise_the_value_of_the_network(
    actor: Actor,
    far_from_the_optimum: Experiment,
    held_out_set: Callable[..., EvaluationSet],
    record: Training,
) -> None:
    experiment = far_from_the_optimum
    evaluation_set = held_out_set(4)
    before = _score(actor, experiment, evaluation_set, record)
    static = rollout_policy(
        experiment.problem, PlanPolicy("static", experiment.problem.static_plan), evaluation_set
    ).total.mean()
    assert before == pytest.approx(static, rel=0.01)  # untrained, it follows the plan
    _train(actor, experiment, iterations=12, learning_rate=0.02)
    assert _score(actor, experiment, evaluation_set, record) > 1.05 * before


def _value(
    actor: Actor, experiment: Experiment, evaluation_set: EvaluationSet, noise: Noise
) -> torch.Tensor:
    problem = to_tensors(experiment.problem)
    policy = RecordingPolicy(actor, problem, experiment.env)
    start = initial_state(
        problem, to_tensors(evaluation_set.state), (len(evaluation_set.market.elasticity),)
    )
    _, days = rollout(
        problem, to_tensors(evaluation_set.market), start, to_tensors(noise), policy.act
    )
    return torch.stack([day.value.sum(-1) for day in days]).sum(0).mean()


def test_the_gradient_reaches_every_weight_of_the_actor_and_is_finite(
    actor: Actor, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    evaluation_set = held_out_set(3)
    _value(actor, experiment, evaluation_set, evaluation_set.noise).backward()
    for name, weight in actor.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def test_the_gradient_is_that_of_the_episode_s_value(
    actor: Actor,
    experiment: Experiment,
    held_out_set: Callable[..., EvaluationSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluation_set = held_out_set(1)
    noise = evaluation_set.noise.without_count_noise()
    actor.double()  # in single precision the differences would drown
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    _value(actor, experiment, evaluation_set, noise).backward()
    rng, delta = np.random.default_rng(0), 1e-5
    checked = 0
    for name, weight in actor.named_parameters():
        flat, slope = weight.data.view(-1), weight.grad
        assert slope is not None
        for i in rng.choice(len(flat), 2, replace=False):
            ends = []
            for side in (delta, -delta):
                flat[i] += side
                with torch.no_grad():
                    ends.append(float(_value(actor, experiment, evaluation_set, noise)))
                flat[i] -= side
            numeric = (ends[0] - ends[1]) / (2 * delta)
            analytic = float(slope.view(-1)[i])
            assert analytic == pytest.approx(numeric, rel=1e-3, abs=1e-4), name
            checked += 1
    assert checked == 8


def _weights(actor: Actor) -> torch.Tensor:
    return torch.cat([weight.detach().reshape(-1) for weight in actor.parameters()])


def test_training_depends_on_the_seed_alone(actor: Actor, experiment: Experiment) -> None:
    weights = []
    for seed in (1, 1, 2):
        trained = actor.copy()
        _train(trained, experiment, seed=seed, iterations=2)
        weights.append(_weights(trained))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_restored_training_continues_bitwise(actor: Actor, experiment: Experiment) -> None:
    whole, part = actor.copy(), actor.copy()
    _train(whole, experiment)
    state = _train(part, experiment, steps=2).state()
    resumed = _train(part, experiment, steps=0)
    resumed.restore(state)
    assert resumed.steps == 2 * 4 * experiment.problem.days
    for _ in range(2):
        resumed.step()
    assert torch.equal(_weights(whole), _weights(part))


def test_zero_iterations_change_nothing(actor: Actor, experiment: Experiment) -> None:
    before = _weights(actor).clone()
    _train(actor, experiment, iterations=0)
    assert torch.equal(before, _weights(actor))


def test_the_distance_penalty_brings_requests_nearer_to_the_constraints(
    actor: Actor, experiment: Experiment
) -> None:
    with torch.no_grad():
        actor.head.bias += torch.linspace(-1, 1, len(actor.head.bias))
    moved = []
    for weight in (0.0, 5.0):
        env = experiment.env.model_copy(update={"distance_penalty": weight})
        apg = _train(actor.copy(), experiment, env=env, iterations=6, learning_rate=0.03)
        penal = experiment.env.model_copy(update={"distance_penalty": 1.0})
        apg.env, free = penal, experiment.env
        with torch.no_grad():
            with_penalty = apg._loss()
            apg.env = free
            moved.append(float(with_penalty - apg._loss()))
    assert 0 < moved[1] < moved[0]


def _with_actions(actor: Actor, action: float) -> Actor:
    """An actor that always acts the same in every dimension."""
    with torch.no_grad():
        actor.head.weight.zero_()
        actor.head.bias.fill_(action)
    return actor


@pytest.mark.parametrize("sign", [1, -1])
def test_actions_outside_one_are_penalised_by_the_square_of_their_excess(
    actor: Actor, experiment: Experiment, sign: int
) -> None:
    losses = []
    for action in (1.0, 3.0):  # both are clipped to 1, so that both spend the same
        apg = _train(_with_actions(actor.copy(), sign * action), experiment, steps=0)
        losses.append(float(apg._loss().detach()))
    days = experiment.problem.days
    assert losses[1] - losses[0] == pytest.approx(0.1 * days * 2**2, rel=1e-4)


def test_actions_outside_one_are_pulled_back_and_those_inside_are_free(
    actor: Actor, experiment: Experiment, held_out_set: Callable[..., EvaluationSet]
) -> None:
    evaluation_set = held_out_set(2)
    problem = to_tensors(experiment.problem)
    for action, excess in ((0.9, 0.0), (-1.0, 0.0), (1.5, 0.25), (-1.5, 0.25)):
        policy = RecordingPolicy(_with_actions(actor, action), problem, experiment.env)
        start = initial_state(problem, to_tensors(evaluation_set.state), (2,))
        rollout(
            problem,
            to_tensors(evaluation_set.market),
            start,
            to_tensors(evaluation_set.noise),
            policy.act,
        )
        assert float(policy.excess.detach()) == pytest.approx(excess * problem.days, abs=1e-5)
    apg = _train(_with_actions(actor, 1.5), experiment, steps=0)
    apg._loss().backward()  # type: ignore[no-untyped-call]
    assert actor.head.bias.grad is not None
    assert (actor.head.bias.grad > 0).all()  # a step against the gradient lowers the actions
