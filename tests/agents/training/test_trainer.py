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
from mediagym.agents.policies.greedy import Greedy
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import EvaluationSet, rollout_policy
from mediagym.agents.training import (
    LearnedPolicy,
    Network,
    SB3Envs,
    apg,
    learn,
    learner_of,
    save_network,
)
from mediagym.agents.training import trainer as training
from mediagym.agents.training.network import load_network
from mediagym.agents.training.sb3 import SB3Learner
from mediagym.agents.training.trainer import train
from mediagym.data.errors import ConfigError
from mediagym.envs.environment import BudgetVectorEnv

Learner = Callable[..., Any]
Trials = Callable[..., EvaluationSet]


def _train(experiment: Experiment, trial: EvaluationSet, settings: Any, seed: int = 0) -> Network:
    markets = experiment.posterior.training()
    return train(experiment.problem, markets, trial, experiment.env, settings, seed, progress=False)


def _weights(network: Network) -> torch.Tensor:
    return torch.cat([value.view(-1) for value in network.actor.state_dict().values()])


def test_training_is_bitwise_the_same_for_a_seed_and_another_for_another(
    experiment: Experiment, held_trial: Trials, learner: Learner
) -> None:
    # what is kept may be the untrained network: compare what each has seen
    networks = [_train(experiment, held_trial(2), learner(checks=1), seed) for seed in (3, 3, 4)]
    one, same, other = map(_weights, networks)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_global_generators_do_not_steer_the_training(
    experiment: Experiment, held_trial: Trials, learner: Learner
) -> None:
    found = []
    for noise in (0, 1):
        torch.manual_seed(noise)
        np.random.seed(noise)  # noqa: NPY002  # someone else's doing
        found.append(_weights(_train(experiment, held_trial(2), learner())))
    assert torch.equal(*found)


def test_what_is_kept_is_never_worse_than_the_static_plan_on_its_validation_markets(
    experiment: Experiment, held_trial: Trials, learner: Learner
) -> None:
    trial, problem = held_trial(6), experiment.problem
    wild = learner(learning_rate=0.5, warm={"iterations": 2, "flights": 2, "learning_rate": 1.0})
    network = _train(experiment, trial, wild)
    kept = rollout_policy(problem, LearnedPolicy("ppo", network, problem), trial).total.mean()
    static = rollout_policy(problem, PlanPolicy("static", problem.static_plan), trial).total.mean()
    assert kept >= static * (1 - 1e-9)
    assert network.origin


def test_a_warm_start_alone_and_ppo_alone_are_allowed(
    experiment: Experiment, held_trial: Trials, learner: Learner
) -> None:
    none = {"iterations": 0, "flights": 2, "learning_rate": 1e-3}
    for settings in (learner(total_timesteps=0), learner(warm=none, name="ppo_scratch")):
        network = _train(experiment, held_trial(2), settings)
        assert network.name == settings.name
        assert network.origin


@pytest.mark.parametrize("name", ["apg", "ppo_scratch", "ppo_recurrent", "sac", "tqc"])
def test_a_learner_is_chosen_by_its_configuration_alone(
    experiment: Experiment, held_trial: Trials, learner: Learner, name: str, tmp_path: Path
) -> None:
    small = (
        {"learning_starts": 60, "gradient_steps": 2, "buffer_size": 400}
        if name in ("sac", "tqc")
        else {}
    )
    shipped = {} if name != "apg" else {"total_timesteps": 0}
    trial = held_trial(2)
    network = _train(experiment, trial, learner(name, **small, **shipped))
    save_network(network, tmp_path)
    again = load_network(tmp_path)
    assert again.name == name
    assert again.training.steps > 0
    flown = rollout_policy(
        experiment.problem, LearnedPolicy(name, again, experiment.problem), trial
    )
    assert flown.violations == 0


def test_a_stage_ends_after_checks_that_brought_nothing(
    experiment: Experiment, held_trial: Trials, learner: Learner
) -> None:
    still = {"iterations": 8, "flights": 2, "learning_rate": 1e-12}
    settings = learner(
        warm=still, early_stop=2, total_timesteps=1200, checks=8, learning_rate=1e-12
    )
    network = _train(experiment, held_trial(2), settings)
    whole = 8 * 2 * 30 + 1200
    assert 0 < network.training.steps < whole / 2


def test_exploration_is_annealed_where_asked(experiment: Experiment, learner: Learner) -> None:
    envs = SB3Envs(
        BudgetVectorEnv(experiment.problem, experiment.posterior.training(), experiment.env, 4)
    )
    play = SB3Learner(envs, learner(log_std_init=-1.0, log_std_final=-3.0, total_timesteps=240), 0)
    seen = []

    class Spy(BaseCallback):
        def _on_rollout_start(self) -> None:
            play.explore()
            seen.append(float(play.model.policy.log_std.mean()))

        def _on_step(self) -> bool:
            return True

    play.learn(Spy())
    assert seen == pytest.approx([-1.0, -2.0])
    assert float(play.model.policy.log_std.detach().std()) == 0  # and not learnt


def _interrupt_after(calls: int, wrapped: Callable[..., Any]) -> Callable[..., Any]:
    left = [calls]

    def guarded(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return wrapped(*args, **kwargs)

    return guarded


@pytest.mark.parametrize("calls", [0, 3, 9])
@pytest.mark.parametrize("where", ["warm start", "PPO"])
def test_an_interrupted_training_keeps_a_usable_policy(
    experiment: Experiment,
    held_trial: Trials,
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
    trial = held_trial(2)
    network = _train(experiment, trial, learner())
    assert "stopped early" in capsys.readouterr().err
    flown = rollout_policy(
        experiment.problem, LearnedPolicy("ppo", network, experiment.problem), trial
    )
    assert np.isfinite(flown.total).all()
    assert flown.violations == 0


def test_the_log_shows_the_gain_over_rivals_by_days_flown(
    experiment: Experiment, held_trial: Trials, learner: Learner, tmp_path: Path
) -> None:
    markets = experiment.posterior.training()
    settings, trial = learner(total_timesteps=360), held_trial(2)
    best = np.full(2, 1e6)
    train(
        experiment.problem,
        markets,
        trial._replace(best=best),
        experiment.env,
        settings,
        0,
        tmp_path,
        progress=False,
        rivals=[Greedy(experiment.problem)],
    )
    events = EventAccumulator(str(tmp_path / "tensorboard" / "train"))
    events.Reload()
    tags = {"percent_of_clairvoyant", "gain_over_static", "gain_over_greedy"}
    found = set(events.Tags()["scalars"])
    assert {"rollout/ep_rew_mean", *(f"validation/{tag}" for tag in tags)} <= found
    steps = [event.step for event in events.Scalars("validation/gain_over_static")]
    warm = 4 * experiment.problem.days  # of an iteration
    assert steps[:3] == [warm, 2 * warm, 3 * warm]
    assert steps[-1] == 3 * warm + 360
    assert steps == sorted(steps)


def test_bars_go_to_the_error_stream(
    experiment: Experiment, held_trial: Trials, learner: Learner, capsys: pytest.CaptureFixture[str]
) -> None:
    markets, trial = experiment.posterior.training(), held_trial(2)
    train(experiment.problem, markets, trial, experiment.env, learner(), 0)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "learning through the simulator" in shown.err
    assert "over static" in shown.err


def test_validation_markets_are_neither_trained_on_nor_evaluated(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def spy(problem: Any, markets: Any, validation: EvaluationSet, *rest: Any, **more: Any) -> None:
        seen.update(markets=markets, validation=validation)
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[learn.__module__], "train", spy)
    with pytest.raises(KeyboardInterrupt):
        learn(experiment, 0, None, progress=False)
    evaluated = experiment.posterior.held(experiment.evaluation.markets)[0].elasticity
    rows = {
        "trained": seen["markets"][0].elasticity,
        "validated": seen["validation"].market.elasticity,
        "evaluated": evaluated,
    }
    draws = {name: {tuple(row) for row in found} for name, found in rows.items()}
    assert not draws["trained"] & draws["validated"]
    assert not draws["trained"] & draws["evaluated"]
    assert not draws["validated"] & draws["evaluated"]


def test_more_validation_markets_than_are_held_out_are_refused(
    experiment: Experiment, agent: Callable[..., dict[str, Any]]
) -> None:
    asked = replace(experiment, agent=learner_of(agent(validation=500)))
    with pytest.raises(ConfigError, match=r"agent\.validation: 500 markets"):
        learn(asked, 0, None, progress=False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "a2c"),
        ("name", "sac"),  # whose keys are others
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
def test_settings_that_make_no_learner_are_refused_by_key(
    agent: Callable[..., dict[str, Any]], key: str, value: Any
) -> None:
    with pytest.raises(ConfigError, match=r"agent\." if key == "name" else rf"agent\.{key}"):
        learner_of({**agent(), key: value})
