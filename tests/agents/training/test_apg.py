from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training import Actor, AnalyticPolicyGradient, LearnedPolicy, Network, Training
from mediagym.agents.training.apg import RecordingPolicy, WarmStart
from mediagym.envs.environment import EnvSettings, MarketPool
from mediagym.envs.flight import initial_state, rollout
from mediagym.envs.market import Noise
from mediagym.envs.planning import to_tensors


def _score(actor: Actor, experiment: Experiment, trial: EvaluationSet, record: Training) -> float:
    network = Network(actor, experiment.env.action, record, "n", "")
    flown = rollout_policy(
        experiment.problem, LearnedPolicy("n", network, experiment.problem), trial
    )
    return float(flown.total.mean())


def _train(
    actor: Actor,
    experiment: Experiment,
    seed: int = 0,
    env: EnvSettings | None = None,
    steps: int | None = None,
    **settings: float,
) -> AnalyticPolicyGradient:
    given = WarmStart(**{"iterations": 4, "flights": 4, "learning_rate": 3e-3, **settings})
    source = MarketPool(*experiment.posterior.training())
    climb = AnalyticPolicyGradient(
        actor, experiment.problem, source, env or experiment.env, given, seed
    )
    for _ in range(given.iterations if steps is None else steps):
        climb.step()
    return climb


def test_a_few_iterations_raise_what_the_network_earns(
    actor: Actor, experiment: Experiment, held_trial: Callable[..., EvaluationSet], record: Training
) -> None:
    problem = experiment.problem
    uniform = np.full_like(
        problem.static_plan, problem.constraints.total / problem.static_plan.size
    )
    # there is much to gain
    experiment = replace(experiment, problem=problem._replace(static_plan=uniform))
    trial = held_trial(4)
    before = _score(actor, experiment, trial, record)
    static = rollout_policy(experiment.problem, PlanPolicy("static", uniform), trial).total.mean()
    assert before == pytest.approx(static, rel=0.01)  # untrained, it follows the plan
    _train(actor, experiment, iterations=12, learning_rate=0.02)
    assert _score(actor, experiment, trial, record) > 1.05 * before


def _value(
    actor: Actor, experiment: Experiment, trial: EvaluationSet, noise: Noise
) -> torch.Tensor:
    known = to_tensors(experiment.problem)
    pilot = RecordingPolicy(actor, known, experiment.env)
    begin = initial_state(known, to_tensors(trial.state), (len(trial.market.elasticity),))
    _, days = rollout(known, to_tensors(trial.market), begin, to_tensors(noise), pilot.act)
    return torch.stack([day.value.sum(-1) for day in days]).sum(0).mean()


def test_the_gradient_reaches_every_weight_of_the_actor_and_is_finite(
    actor: Actor, experiment: Experiment, held_trial: Callable[..., EvaluationSet]
) -> None:
    trial = held_trial(3)
    _value(actor, experiment, trial, trial.noise).backward()
    for name, weight in actor.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def test_the_gradient_is_that_of_the_flight_s_value(
    actor: Actor,
    experiment: Experiment,
    held_trial: Callable[..., EvaluationSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial = held_trial(1)
    path = trial.noise.without_count_noise()
    actor.double()  # in single precision the differences would drown
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    _value(actor, experiment, trial, path).backward()
    rng, nudge = np.random.default_rng(0), 1e-5
    checked = 0
    for name, weight in actor.named_parameters():
        flat, slope = weight.data.view(-1), weight.grad
        assert slope is not None
        for i in rng.choice(len(flat), 2, replace=False):
            ends = []
            for side in (nudge, -nudge):
                flat[i] += side
                with torch.no_grad():
                    ends.append(float(_value(actor, experiment, trial, path)))
                flat[i] -= side
            numeric = (ends[0] - ends[1]) / (2 * nudge)
            analytic = float(slope.view(-1)[i])
            assert analytic == pytest.approx(numeric, rel=1e-3, abs=1e-4), name
            checked += 1
    assert checked == 8


def _weights(actor: Actor) -> torch.Tensor:
    return torch.cat([weight.detach().reshape(-1) for weight in actor.parameters()])


def test_training_is_the_same_for_a_seed_and_another_for_another(
    actor: Actor, experiment: Experiment
) -> None:
    found = []
    for seed in (1, 1, 2):
        made = actor.copied()
        _train(made, experiment, seed=seed, iterations=2)
        found.append(_weights(made))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_a_training_goes_on_where_it_was(actor: Actor, experiment: Experiment) -> None:
    whole, part = actor.copied(), actor.copied()
    _train(whole, experiment)
    state = _train(part, experiment, steps=2).state()
    again = _train(part, experiment, steps=0)
    again.restore(state)
    assert again.steps == 2 * 4 * experiment.problem.days
    for _ in range(2):
        again.step()
    assert torch.equal(_weights(whole), _weights(part))


def test_no_iteration_changes_nothing(actor: Actor, experiment: Experiment) -> None:
    before = _weights(actor).clone()
    _train(actor, experiment, iterations=0)
    assert torch.equal(before, _weights(actor))


def test_a_penalty_on_moved_dollars_brings_the_wishes_nearer_to_what_is_allowed(
    actor: Actor, experiment: Experiment
) -> None:
    with torch.no_grad():
        actor.head.bias += torch.linspace(-1, 1, len(actor.head.bias))
    moved = []
    for weight in (0.0, 5.0):
        made, env = actor.copied(), experiment.env.model_copy(update={"distance_penalty": weight})
        climb = _train(made, experiment, env=env, iterations=6, learning_rate=0.03)
        penal = experiment.env.model_copy(update={"distance_penalty": 1.0})
        climb.env, free = penal, experiment.env
        with torch.no_grad():
            with_penalty = climb._loss()
            climb.env = free
            moved.append(float(with_penalty - climb._loss()))
    assert 0 < moved[1] < moved[0]
