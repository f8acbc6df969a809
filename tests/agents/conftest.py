"""A small prepared session over the shared problem: what every job of `agents` starts from."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

from mediagym.agents.experiment import CALIBRATED, AdvertiserExperiment, Experiment, TaskExperiment
from mediagym.agents.networks import Actor, Training
from mediagym.agents.policies import baseline
from mediagym.agents.policy import Policy
from mediagym.agents.rollout import EvaluationSet, EvaluationSettings, draw_evaluation_set
from mediagym.agents.training import learner_of
from mediagym.envs.arrays import select
from mediagym.envs.calibration import Posterior
from mediagym.envs.environment import EnvSettings, MarketPool
from mediagym.envs.environment.batch import FlightBatch
from mediagym.envs.flight import Problem
from mediagym.envs.market import Market, MarketState
from mediagym.envs.planning import SolverSettings
from mediagym.envs.suite import task_of

torch.set_num_threads(1)  # these arrays are tiny: a second thread only waits


@pytest.fixture(scope="session")
def solver(conf: Callable[..., dict[str, Any]]) -> SolverSettings:
    """A short climb for clairvoyant plans."""
    settings = conf("solver/default.yaml", iterations=10, draws=16, rate=0.1)
    return SolverSettings.of(settings, "solver")


@pytest.fixture(scope="session")
def evaluation_settings(conf: Callable[..., dict[str, Any]]) -> EvaluationSettings:
    """A few held-out markets and few resamples."""
    settings = conf("evaluation/default.yaml", markets=8, resamples=500)
    return EvaluationSettings.of(settings, "evaluation")


@pytest.fixture(scope="session")
def agent(conf: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Makes the learner's configuration: the shipped one at a toy's size, with overrides."""
    toy = {
        "warm": {"iterations": 3, "flights": 4, "learning_rate": 3e-3},
        "total_timesteps": 240,
        "n_envs": 4,
        "batch_size": 60,
        "n_epochs": 1,
        "net_arch": [8],
        "validation": 6,
        "checks": 2,
        "checkpoint": 0.0,
    }

    def make(name: str = "ppo", **changes: Any) -> dict[str, Any]:
        shipped = conf(f"agent/{name}.yaml")
        return {**shipped, **{k: v for k, v in toy.items() if k in shipped}, **changes}

    return make


@pytest.fixture(scope="session")
def learner(agent: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Makes the learner's settings; see `agent`."""
    return lambda *name, **changes: learner_of(agent(*name, **changes))


@pytest.fixture(scope="session")
def record(experiment: Experiment) -> Training:
    """What is on record about a network for the shared problem."""
    names = list(experiment.problem.constraints.names)
    return Training(task=None, campaigns=names, objective="conversions", seed=0, threads=1, steps=0)


@pytest.fixture
def actor(experiment: Experiment) -> Actor:
    """A small untrained actor for the shared problem."""
    batch = FlightBatch(experiment.problem, experiment.posterior.training(), experiment.env)
    torch.manual_seed(0)
    return Actor.of(
        ActorCriticPolicy(
            batch.observation_space, batch.action_space, lr_schedule=lambda _: 0.0, net_arch=[8]
        )
    )


@pytest.fixture(scope="session")
def experiment(
    posterior: Posterior,
    problem: Problem,
    env_settings: EnvSettings,
    solver: SolverSettings,
    evaluation_settings: EvaluationSettings,
    agent: Callable[..., dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Experiment:
    """What `prepare` would return for the shared problem."""
    return AdvertiserExperiment(
        id=CALIBRATED,
        problem=problem,
        posterior=posterior,
        source=MarketPool(*posterior.training()),
        env=env_settings,
        evaluation=evaluation_settings,
        solver=solver,
        agent=learner_of(agent()),
        cache=tmp_path_factory.mktemp("cache"),
        notes=("a note on the data",),
        config={"agent": agent(), "evaluation": evaluation_settings.model_dump()},
    )


@pytest.fixture(scope="session")
def far_from_the_optimum(experiment: Experiment) -> Experiment:
    """That experiment with equal shares as its plan, which an action of 0 follows."""
    problem = experiment.problem
    uniform = np.full_like(
        problem.static_plan, problem.constraints.total / problem.static_plan.size
    )
    action = experiment.env.action.model_copy(update={"follow": 0.0})
    return replace(
        experiment,
        problem=replace(problem, static_plan=uniform),
        env=experiment.env.model_copy(update={"action": action}),
    )


@pytest.fixture(scope="session")
def baselines(experiment: Experiment) -> list[Policy]:
    """A few baselines of that experiment: plans, one that reacts, and the references."""
    names = ("uniform", "historical", "greedy", "static")
    return [baseline(name, experiment) for name in names]


@pytest.fixture(scope="session")
def task_experiment(
    conf: Callable[..., dict[str, Any]],
    env_settings: EnvSettings,
    solver: SolverSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Experiment]:
    """Makes what `prepare` would return for a task of the suite, with some of its markets."""
    cache = tmp_path_factory.mktemp("cache")

    def make(key: str, **changes: Any) -> Experiment:
        evaluation = EvaluationSettings.of(conf("evaluation/default.yaml", **changes), "evaluation")
        return TaskExperiment.of(
            task_of(key),
            env=env_settings,
            evaluation=evaluation,
            solver=solver,
            agent=None,
            cache=cache,
            config={"task": key},
        )

    return make


@pytest.fixture(scope="session")
def held_out_set(posterior: Posterior) -> Callable[..., EvaluationSet]:
    """Makes an evaluation set of the first held-out markets."""

    def make(count: int = 6, days: int = 30, seed: int = 5) -> EvaluationSet:
        market, state = posterior.held(count)
        return draw_evaluation_set(market, state, days, seed)

    return make


@pytest.fixture(scope="session")
def permuted() -> Callable[..., Any]:
    """Reorders the campaigns of a record of arrays (..., campaigns)."""

    def reorder(record: Any, order: list[int]) -> Any:
        fields = (f[..., order] if hasattr(f, "shape") else f for f in record)
        return type(record)(*fields)

    return reorder


@pytest.fixture(scope="session")
def training(posterior: Posterior) -> tuple[Market, MarketState]:
    """The draws that learners see."""
    return posterior.training()


@pytest.fixture(scope="session")
def stationary(posterior: Posterior) -> Posterior:
    """One market, known without doubt: Hill's curves, no walk of the level, no weekdays."""
    first, state = posterior.held(1)
    none = np.zeros_like(first.elasticity)
    still = first._replace(
        slope=none + 1,
        level_sd=none,
        demand_sd=none,
        level_kept=none + 1,
        weekday=np.zeros_like(first.weekday),
    )
    copies = np.zeros(48, int)
    return replace(
        posterior,
        market=select(still, copies),
        state=select(state._replace(stock=still.reference_spend, level=0 * state.level), copies),
        held_out=16,
    )
