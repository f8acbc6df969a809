"""A user's policy sees what Gymnasium shows, and its actions mean what they mean there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch

from mediagym.agents.experiment import Experiment
from mediagym.agents.external import (
    ExternalPolicy,
    TaskDescription,
    describe_experiment,
    external_policies,
)
from mediagym.agents.rollout import rollout_policy
from mediagym.data.errors import ConfigError
from mediagym.envs.environment.batch import FlightBatch
from mediagym.envs.flight import BLOCKS, ActionSettings
from mediagym.envs.suite import make_vector_env

MARKETS = 5
Act = Callable[[np.ndarray], Any]


@pytest.fixture(scope="module")
def small(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Full-S", markets=MARKETS)


@pytest.fixture(scope="module")
def task(small: Experiment) -> TaskDescription:
    return describe_experiment(small)


def controller(task: TaskDescription) -> Act:
    """Tilts by the belief and by the last report; asks for more than is allowed now and then."""
    weights = np.random.default_rng(0).normal(size=(task.observation_space.shape[0],) * 2)
    weights = weights[:, : task.action_space.shape[0]]
    return lambda observations: np.float32(0.3) * (observations @ weights.astype(np.float32))


def value_of(experiment: Experiment, policy: ExternalPolicy) -> np.ndarray:
    return rollout_policy(experiment.problem, policy, experiment.held_out("test")).total


def test_the_description_is_that_of_the_environment(
    small: Experiment, task: TaskDescription
) -> None:
    batch = FlightBatch(small.problem, small.posterior.training(), small.env)
    assert task.observation_space == batch.observation_space
    assert task.action_space == batch.action_space == gym.make(task.id).action_space
    assert task.days == small.problem.days
    assert task.static_plan.shape == (task.days, len(task.campaigns))
    assert [task.campaigns[k].split("/")[0] for k in range(len(task.campaigns))] == [
        task.channels[channel] for channel in task.channel_of
    ]


def test_the_blocks_cover_the_observation_in_order(
    small: Experiment, task: TaskDescription
) -> None:
    assert list(task.blocks) == [block.name for block in BLOCKS]
    stops = [0, *(each.stop for each in task.blocks.values())]
    assert [each.start for each in task.blocks.values()] == stops[:-1]
    assert stops[-1] == task.observation_space.shape[0]
    first = make_vector_env(2, "Full-S", "test").reset(seed=0)[0]
    assert (first[:, task.blocks["weekday"]].sum(1) == 1).all()
    assert (first[:, task.blocks["days_left"]] == 1).all()
    assert (first[:, task.blocks["money_left"]] == 1).all()


@pytest.mark.parametrize("action", [{}, {"follow": 0.0, "tilt": 2.0}, {"map": "tree_softmax"}])
def test_flights_are_those_of_the_vector_environment_to_the_last_digit(
    small: Experiment, task: TaskDescription, action: dict[str, Any]
) -> None:
    act = controller(task)
    seen: list[np.ndarray] = []

    def noting(observations: np.ndarray) -> np.ndarray:
        seen.append(observations.copy())
        return act(observations)

    noting.action_settings = action  # type: ignore[attr-defined]
    rollout = rollout_policy(
        small.problem, ExternalPolicy("own", noting, task), small.held_out("test")
    )

    settings = {**task.action.model_dump(), **action}
    envs = make_vector_env(MARKETS, "Full-S", "test", env={"action": settings})
    observations, _ = envs.reset(seed=0)
    for day in range(task.days):
        np.testing.assert_array_equal(seen[day], observations)
        observations, *_ = envs.step(act(observations))
        if day < task.days - 1:  # after the last day the next flights have begun
            np.testing.assert_array_equal(envs.batch.trace[day][0], rollout.spend[day, 0])
    assert rollout.violations == rollout.cents_off == 0


def test_actions_beyond_the_bounds_are_clipped(small: Experiment, task: TaskDescription) -> None:
    act = controller(task)
    twice = ExternalPolicy("own", lambda o: np.sign(act(o)) * 50, task)
    bounded = ExternalPolicy("own", lambda o: np.sign(act(o)), task)
    np.testing.assert_array_equal(value_of(small, twice), value_of(small, bounded))


class Counting:
    """A policy with a state of its own: the number of days of these flights."""

    def __init__(self, size: int) -> None:
        self.size, self.resets, self.days = size, [], 0

    def reset(self, n: int) -> None:
        self.resets.append(n)
        self.days = 0

    def act(self, observations: np.ndarray) -> np.ndarray:
        self.days += 1
        observations[:] = np.nan  # what it does with its copy is its own affair
        return np.full((len(observations), self.size), 0.01 * self.days)


def test_a_policy_with_a_state_starts_anew_with_its_flights(
    small: Experiment, task: TaskDescription
) -> None:
    own = Counting(task.action_space.shape[0])
    policy = ExternalPolicy("own", own, task)
    first, second = value_of(small, policy), value_of(small, policy)
    np.testing.assert_array_equal(first, second)
    assert own.resets == [MARKETS, MARKETS]
    assert own.days == task.days


def test_a_policy_knows_one_row_per_flight_whatever_the_batch(
    small: Experiment, task: TaskDescription
) -> None:
    fewer = replace(small, evaluation=small.evaluation.model_copy(update={"markets": 2}))
    alone = value_of(fewer, ExternalPolicy("own", controller(task), task))
    together = value_of(small, ExternalPolicy("own", controller(task), task))
    np.testing.assert_allclose(alone, together[:2], rtol=1e-5)  # float32 products in batches


def test_tensors_and_lists_are_actions_too(small: Experiment, task: TaskDescription) -> None:
    act = controller(task)
    expected = value_of(small, ExternalPolicy("own", act, task))
    for other in (lambda o: torch.as_tensor(act(o)), lambda o: act(o).tolist()):
        np.testing.assert_array_equal(value_of(small, ExternalPolicy("own", other, task)), expected)


WRONG: dict[str, tuple[Act, list[str]]] = {
    "another shape": (lambda o: o, ["day 1", "shape (5, ", "expected (5, 4)"]),
    "one row": (lambda o: np.zeros(4), ["shape (4,)", "expected (5, 4)"]),
    "not a number": (lambda o: np.full((5, 4), np.nan), ["nan was given", "finite"]),
    "infinite": (lambda o: np.full((5, 4), -np.inf), ["-inf was given"]),
    "texts": (lambda o: np.full((5, 4), "much"), ["expected real numbers"]),
    "complex": (lambda o: np.full((5, 4), 1j), ["complex128", "expected real numbers"]),
    "nothing": (lambda o: None, ["shape ()", "expected (5, 4)"]),
    "ragged": (lambda o: [[0.0], [0.0, 1.0]], ["rows of different lengths"]),
    "a tuple": (lambda o: (np.zeros((5, 4)), None), ["a tuple of 2", "the actions alone"]),
    "a gradient": (
        lambda o: torch.zeros((5, 4), requires_grad=True),
        ["RuntimeError", "requires grad"],
    ),
    "an exception": (lambda o: 1 / 0, ["act() raised ZeroDivisionError", "test_adapter.py, line"]),
    "an exit": (lambda o: exit(3), ["act() raised SystemExit: 3"]),
}


@pytest.mark.parametrize(("act", "fragments"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_action_is_refused_in_one_line(
    small: Experiment, task: TaskDescription, act: Act, fragments: list[str]
) -> None:
    assert task.action_space.shape == (4,)
    with pytest.raises(ConfigError) as caught:
        value_of(small, ExternalPolicy("mine:own", act, task))
    message = str(caught.value)
    assert message.startswith("policy 'mine:own'")
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message


def test_a_reset_that_fails_is_refused_in_one_line(
    small: Experiment, task: TaskDescription
) -> None:
    own = Counting(4)
    own.reset = lambda n: [][n]  # type: ignore[method-assign]
    with pytest.raises(ConfigError, match=r"'own': reset\(5\) raised IndexError: .*line \d+\)"):
        value_of(small, ExternalPolicy("own", own, task))


@pytest.mark.parametrize(
    ("made", "fragment"),
    [(None, "nothing was given"), (3, "type int"), ("x", "type str"), ([], "type list"),
     (Counting, "the class Counting, not an object of it"), ([None], "nothing was given")],
)  # fmt: skip
def test_what_is_no_policy_is_refused(task: TaskDescription, made: Any, fragment: str) -> None:
    with pytest.raises(ConfigError, match=fragment):
        external_policies("mine:own", made, task)


def test_a_list_is_a_policy_per_training_seed(task: TaskDescription) -> None:
    acts = [controller(task), Counting(4)]
    several = external_policies("own", acts, task)
    assert [each.name for each in several] == ["own", "own"]
    assert len(external_policies("own", acts[0], task)) == 1


def test_the_meaning_of_an_action_is_the_environments_unless_the_policy_says_otherwise(
    task: TaskDescription,
) -> None:
    own = Counting(4)
    assert ExternalPolicy("own", own, task).action == task.action
    own.action_settings = {"tilt": 0.5}  # type: ignore[attr-defined]
    settings = ExternalPolicy("own", own, task).action
    assert settings == task.action.model_copy(update={"tilt": 0.5})
    own.action_settings = settings  # type: ignore[attr-defined]
    assert isinstance(ExternalPolicy("own", own, task).action, ActionSettings)
    for wrong, fragment in (
        ({"tlt": 1}, "tlt: unknown key"),
        ({"tilt": -1}, "tilt"),
        (7, "type i"),
    ):
        own.action_settings = wrong  # type: ignore[attr-defined]
        with pytest.raises(ConfigError, match=fragment):
            ExternalPolicy("own", own, task)
