import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mediagym.agents.experiment import Experiment
from mediagym.agents.networks import LearnedPolicy, Network, load_network, save_network
from mediagym.agents.policies.greedy import Greedy
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training import SB3Envs, apg, learn, learner_of
from mediagym.agents.training import trainer as training
from mediagym.agents.training.sb3 import SB3Learner
from mediagym.agents.training.selection import values_of
from mediagym.agents.training.trainer import train
from mediagym.data.errors import ConfigError
from mediagym.envs.environment import BudgetVectorEnv

Learner = Callable[..., Any]
EvaluationSets = Callable[..., EvaluationSet]


def _train(
    experiment: Experiment, validation: EvaluationSet, settings: Any, seed: int = 0
) -> Network:
    markets = experiment.posterior.training()
    return train(
        experiment.problem, markets, validation, experiment.env, settings, seed, progress=False
    )


def _weights(network: Network) -> torch.Tensor:
    return torch.cat([value.view(-1) for value in network.actor.state_dict().values()])


def test_training_is_bitwise_reproducible_and_depends_on_the_seed(
    experiment: Experiment, held_out_set: EvaluationSets, learner: Learner
) -> None:
    # one check at the end: earlier ones could select the untrained network
    networks = [_train(experiment, held_out_set(2), learner(checks=1), seed) for seed in (3, 3, 4)]
    one, same, other = map(_weights, networks)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_training_does_not_depend_on_global_generators(
    experiment: Experiment, held_out_set: EvaluationSets, learner: Learner
) -> None:
    weights = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002  # as another program might
        weights.append(_weights(_train(experiment, held_out_set(2), learner())))
    assert torch.equal(*weights)


def test_the_best_network_is_never_worse_than_the_static_plan_on_validation(
    experiment: Experiment, held_out_set: EvaluationSets, learner: Learner
) -> None:
    validation, problem = held_out_set(6), experiment.problem
    unstable = learner(
        learning_rate=0.5, warm={"iterations": 2, "flights": 2, "learning_rate": 1.0}
    )
    network = _train(experiment, validation, unstable)
    value = rollout_policy(problem, LearnedPolicy("ppo", network, problem), validation).total.mean()
    static = rollout_policy(
        problem, PlanPolicy("static", problem.static_plan), validation
    ).total.mean()
    assert value >= static * (1 - 1e-9)
    assert network.origin


def test_a_warm_start_alone_and_ppo_alone_are_allowed(
    experiment: Experiment, held_out_set: EvaluationSets, learner: Learner
) -> None:
    none = {"iterations": 0, "flights": 2, "learning_rate": 1e-3}
    for settings in (learner(total_timesteps=0), learner(warm=none, name="ppo_scratch")):
        network = _train(experiment, held_out_set(2), settings)
        assert network.name == settings.name
        assert network.origin


@pytest.mark.parametrize("name", ["apg", "offline", "ppo_scratch", "ppo_recurrent", "sac", "tqc"])
def test_a_learner_is_chosen_by_its_configuration_alone(
    experiment: Experiment,
    held_out_set: EvaluationSets,
    learner: Learner,
    name: str,
    tmp_path: Path,
) -> None:
    small = (
        {"learning_starts": 60, "gradient_steps": 2, "buffer_size": 400}
        if name in ("sac", "tqc")
        else {}
    )
    shipped = {"total_timesteps": 0} if name in ("apg", "offline") else {}
    validation = held_out_set(2)
    network = _train(experiment, validation, learner(name, **small, **shipped))
    save_network(network, tmp_path)
    loaded = load_network(tmp_path)
    assert loaded.name == name
    assert loaded.training.steps > 0
    rollout = rollout_policy(
        experiment.problem, LearnedPolicy(name, loaded, experiment.problem), validation
    )
    assert rollout.violations == 0


def test_a_stage_ends_after_checks_without_improvement(
    experiment: Experiment, held_out_set: EvaluationSets, learner: Learner
) -> None:
    tiny_steps = {"iterations": 8, "flights": 2, "learning_rate": 1e-12}
    settings = learner(
        warm=tiny_steps, early_stop=2, total_timesteps=1200, checks=8, learning_rate=1e-12
    )
    network = _train(experiment, held_out_set(2), settings)
    whole = 8 * 2 * 30 + 1200
    assert 0 < network.training.steps < 0.8 * whole


def test_exploration_is_annealed_to_its_final_value(
    experiment: Experiment, learner: Learner
) -> None:
    envs = SB3Envs(
        BudgetVectorEnv(experiment.problem, experiment.posterior.training(), experiment.env, 4)
    )
    sb3 = SB3Learner(envs, learner(log_std_init=-1.0, log_std_final=-3.0, total_timesteps=240), 0)
    log_stds = []

    class Spy(BaseCallback):
        def _on_rollout_start(self) -> None:
            sb3.anneal_exploration()
            log_stds.append(float(sb3.model.policy.log_std.mean()))

        def _on_step(self) -> bool:
            return True

    sb3.learn(Spy())
    assert log_stds == pytest.approx([-1.0, -2.0])
    assert float(sb3.model.policy.log_std.detach().std()) == 0  # and not learnt


def _interrupt_after(calls: int, wrapped: Callable[..., Any]) -> Callable[..., Any]:
    remaining = [calls]

    def guarded(*args: Any, **kwargs: Any) -> Any:
        remaining[0] -= 1
        if remaining[0] < 0:
            raise KeyboardInterrupt
        return wrapped(*args, **kwargs)

    return guarded


@pytest.mark.parametrize("calls", [0, 3, 9])
@pytest.mark.parametrize("where", ["warm start", "PPO"])
def test_an_interrupted_training_returns_a_usable_policy(
    experiment: Experiment,
    held_out_set: EvaluationSets,
    learner: Learner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    calls: int,
    where: str,
) -> None:
    if where == "PPO":
        step = _interrupt_after(calls, training.SB3Envs.step_wait)
        monkeypatch.setattr(training.SB3Envs, "step_wait", step)
    else:
        monkeypatch.setattr(apg, "observe", _interrupt_after(calls, apg.observe))
    validation = held_out_set(2)
    network = _train(experiment, validation, learner())
    assert "stopped early" in capsys.readouterr().err
    rollout = rollout_policy(
        experiment.problem, LearnedPolicy("ppo", network, experiment.problem), validation
    )
    assert np.isfinite(rollout.total).all()
    assert rollout.violations == 0


def test_the_log_shows_the_gain_over_rivals_by_environment_steps(
    experiment: Experiment, held_out_set: EvaluationSets, learner: Learner, tmp_path: Path
) -> None:
    markets = experiment.posterior.training()
    settings, validation = learner(total_timesteps=360), held_out_set(2)
    best = np.full(2, 1e6)
    train(
        experiment.problem,
        markets,
        validation._replace(best=best),
        experiment.env,
        settings,
        0,
        tmp_path,
        progress=False,
        rivals=lambda: values_of(experiment.problem, [Greedy(experiment.problem)], validation),
    )
    events = EventAccumulator(str(tmp_path / "tensorboard" / "train"))
    events.Reload()
    gains = {"validation_gain/over_static", "validation_gain/over_greedy"}
    logged = set(events.Tags()["scalars"])
    assert {"rollout/ep_rew_mean", *gains} <= logged
    alone = {tag for tag in logged if tag.startswith("validation/")}  # one unit on one axis
    assert alone == {"validation/percent_of_clairvoyant"}
    steps = [event.step for event in events.Scalars("validation_gain/over_static")]
    warm = 4 * experiment.problem.days  # steps per iteration
    assert steps[:3] == [warm, 2 * warm, 3 * warm]
    assert steps[-1] == 3 * warm + 360
    assert steps == sorted(steps)


def test_bars_go_to_the_error_stream(
    experiment: Experiment,
    held_out_set: EvaluationSets,
    learner: Learner,
    capsys: pytest.CaptureFixture[str],
) -> None:
    markets, validation = experiment.posterior.training(), held_out_set(2)
    train(experiment.problem, markets, validation, experiment.env, learner(), 0)
    output = capsys.readouterr()
    assert output.out == ""
    assert "learning through the simulator" in output.err
    assert "over static" in output.err


def test_validation_markets_are_neither_trained_on_nor_evaluated(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: dict[str, Any] = {}

    def spy(problem: Any, markets: Any, validation: EvaluationSet, *rest: Any, **more: Any) -> None:
        arguments.update(markets=markets, validation=validation)
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[learn.__module__], "train", spy)
    with pytest.raises(KeyboardInterrupt):
        learn(experiment, 0, None, progress=False)
    evaluated = experiment.posterior.held(experiment.evaluation.markets)[0].elasticity
    rows = {
        "trained": arguments["markets"][0].elasticity,
        "validated": arguments["validation"].market.elasticity,
        "evaluated": evaluated,
    }
    draws = {name: {tuple(row) for row in draws} for name, draws in rows.items()}
    assert not draws["trained"] & draws["validated"]
    assert not draws["trained"] & draws["evaluated"]
    assert not draws["validated"] & draws["evaluated"]


def test_more_validation_markets_than_are_held_out_are_refused(
    experiment: Experiment, agent: Callable[..., dict[str, Any]]
) -> None:
    changed = replace(experiment, agent=learner_of(agent(validation=500)))
    with pytest.raises(ConfigError, match=r"agent\.validation: 500 markets"):
        learn(changed, 0, None, progress=False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "a2c"),
        ("name", "sac"),  # which has other keys
        ("total_timesteps", -1),
        ("n_envs", 0),
        ("learning_rate", 0),
        ("net_arch", [0]),
        ("net_arch", "wide"),
        ("gamma", 1.5),
        ("clip_range", 0),
        ("warm", {"iterations": -1, "flights": 2, "learning_rate": 1}),
        ("stepz", 5),
    ],
)
def test_invalid_settings_are_refused_by_key(
    agent: Callable[..., dict[str, Any]], key: str, value: Any
) -> None:
    with pytest.raises(ConfigError, match=r"agent\." if key == "name" else rf"agent\.{key}"):
        learner_of({**agent(), key: value})
