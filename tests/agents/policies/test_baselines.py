"""Properties of every baseline, on small tasks; a new entry of `BASELINES` is tested here too."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import BASELINES, ORACLES, SETTINGS, Informed, baseline
from mediagym.agents.policy import PlanPolicy, Policy
from mediagym.agents.rollout import EvaluationSet, Rollout, rollout_policy
from mediagym.agents.setup import candidates_of
from mediagym.agents.setup.candidates import references
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF, shipped_yaml
from mediagym.envs.arrays import select
from mediagym.envs.constraints import violations
from mediagym.envs.flight import initial_state

SMALL = {
    "static_cvar": {"draws": 16, "iterations": 6},
    "replanner": {"draws": 64},
    "thompson": {"draws": 64},
    "weekly": {"draws": 64, "sample": 4, "iterations": 6},
    "mpc": {"every": 10, "iterations": 4},
    "cma": {"iterations": 2, "population": 4, "flights": 8},
}
NOT_ORACLES = [name for name in BASELINES if name not in ORACLES]
SAMPLING = ("thompson",)  # its samples depend on a flight's row in the batch
MARKETS = 3
Build = Callable[[str, str], tuple[Experiment, Policy]]


@pytest.fixture(scope="module", autouse=True)
def quick_oracle() -> Iterator[None]:
    """The informed policy with fewer steps per day: nothing here asks for its last percent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mediagym.agents.policies.clairvoyant._FIRST_ITERATIONS", 60)
        patch.setattr("mediagym.agents.policies.clairvoyant._ITERATIONS", 6)
        yield


@pytest.fixture(scope="module")
def build(task_experiment: Callable[..., Experiment]) -> Build:
    """Makes a baseline in a small experiment, once."""

    @cache
    def experiment_of(key: str) -> Experiment:
        return task_experiment(key, markets=MARKETS)

    @cache
    def build_once(key: str, name: str) -> tuple[Experiment, Policy]:
        agent = None
        if name in SMALL:
            agent = SETTINGS[name].of(shipped_yaml(f"agent/{name}") | SMALL[name], "agent")
        experiment = replace(experiment_of(key), agent=agent)
        return experiment, baseline(name, experiment)

    return build_once


def _rollout(
    built: tuple[Experiment, Policy], evaluation_set: EvaluationSet | None = None
) -> Rollout:
    experiment, policy = built
    return rollout_policy(experiment.problem, policy, evaluation_set or experiment.held_out("test"))


def _subset(evaluation_set: EvaluationSet, rows: slice) -> EvaluationSet:
    noise = evaluation_set.noise
    return EvaluationSet(
        select(evaluation_set.market, rows),
        select(evaluation_set.state, rows),
        type(noise)(*(f if f is None else f[:, rows] for f in noise)),
    )


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("key", ["Uncertain-S", "Full-S"])
def test_it_satisfies_every_constraint_and_spends_to_the_cent(
    build: Build, key: str, name: str
) -> None:
    rollout = _rollout(build(key, name))
    assert rollout.policy == name
    assert rollout.violations == rollout.cents_off == 0
    if key == "Uncertain-S":  # all that is planned is delivered
        problem = build(key, name)[0].problem
        for flight in rollout.spend.swapaxes(0, 1):
            assert violations(problem.constraints, flight, tolerance=1e-4) == []


@pytest.mark.parametrize("name", BASELINES)
def test_it_is_the_same_when_built_again_from_the_cache(build: Build, name: str) -> None:
    experiment, policy = build("Full-S", name)
    again = baseline(name, replace(experiment, cache=experiment.cache))
    one, two = _rollout((experiment, policy)), _rollout((experiment, again))
    np.testing.assert_array_equal(one.spend, two.spend)


@pytest.mark.parametrize("name", NOT_ORACLES)
def test_a_flight_alone_is_the_flight_in_a_batch(build: Build, name: str) -> None:
    experiment, policy = build("Full-S", name)
    evaluation_set = experiment.held_out("test")
    together = _rollout((experiment, policy), evaluation_set)
    row = slice(0, 1) if name in SAMPLING else slice(1, 2)
    alone = _rollout((experiment, policy), _subset(evaluation_set, row))
    np.testing.assert_allclose(together.spend[:, row], alone.spend, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("name", NOT_ORACLES)
def test_open_loop_means_that_no_report_changes_a_decision(build: Build, name: str) -> None:
    rollout = _rollout(build("Uncertain-S", name))
    difference = np.abs(rollout.spend - rollout.spend[:, :1]).max()
    assert (difference < 1e-6) == build("Uncertain-S", name)[1].open_loop


@pytest.mark.parametrize("name", NOT_ORACLES)
def test_it_does_not_see_the_market(build: Build, name: str) -> None:
    experiment, policy = build("Full-S", name)
    state = experiment.held_out("test").state
    observable = initial_state(experiment.problem, state, (MARKETS,)).view
    requested_spend, requested_total, _ = policy.act(observable, None)
    first = requested_spend[:1]
    if name not in SAMPLING:
        # to the last bit but one, as vectorised exponentials treat the last rows of a batch apart
        np.testing.assert_allclose(requested_spend, first + 0 * requested_spend, rtol=1e-14)
        np.testing.assert_allclose(
            requested_total, requested_total[:1] + 0 * requested_total, rtol=1e-14
        )
    for k in range(MARKETS):  # each of them in the first row
        alone = initial_state(experiment.problem, select(state, slice(k, k + 1)), (1,)).view
        np.testing.assert_allclose(policy.act(alone, None)[0], first, rtol=1e-9)


@pytest.mark.parametrize("name", ORACLES)
def test_an_oracle_sees_the_market_and_is_bounded_by_the_shipped_values(
    build: Build, name: str
) -> None:
    experiment, policy = build("Full-S", name)
    best, static = experiment.held_out("test").best, _rollout(build("Full-S", "static"))
    rollout = _rollout((experiment, policy))
    assert best is not None
    assert (rollout.total <= best * (1 + (1e-4 if name == "informed" else 1e-9))).all()
    assert rollout.total.mean() > static.total.mean()
    assert np.abs(rollout.spend[:, 0] - rollout.spend[:, 1]).max() > 1
    assert isinstance(policy, PlanPolicy) == (name != "informed")


def test_an_informed_policy_does_not_see_the_future(build: Build) -> None:
    """In markets that will change in other ways it spends the same until they do."""
    experiment, _ = build("Full-S", "informed")
    evaluation_set, changed = experiment.held_out("test"), 12
    noise = evaluation_set.noise
    later = np.arange(experiment.problem.days)[:, None, None] >= changed
    other = noise._replace(
        level=np.where(later, noise.level + 3, noise.level),
        spike=np.where(later, 1.0, noise.spike),
        outage=np.where(later, 1.0, noise.outage),
    )
    spends = [
        rollout_policy(experiment.problem, Informed(experiment.problem, markets), markets).spend
        for markets in (evaluation_set, evaluation_set._replace(noise=other))
    ]
    np.testing.assert_array_equal(spends[0][: changed - 1], spends[1][: changed - 1])
    assert np.abs(spends[0][changed + 1 :] - spends[1][changed + 1 :]).max() > 1


def test_average_returns_lose_to_the_past_and_marginal_returns_win(
    build: Build,
) -> None:
    value = {
        name: _rollout(build("Stationary-M", name)).total.mean()
        for name in ("greedy_average", "roas", "historical", "greedy")
    }
    assert value["greedy_average"] < value["roas"] < value["historical"] < value["greedy"]


def test_every_baseline_but_an_oracle_can_be_the_agent() -> None:
    for name in NOT_ORACLES:
        settings = shipped_yaml(f"agent/{name}")
        assert settings["name"] == name
        if name in SETTINGS:
            SETTINGS[name].of(settings, "agent")
        else:
            assert list(settings) == ["name"]


def test_every_baseline_has_its_paragraph_in_the_documents() -> None:
    page = (CONF.parent / "docs" / "policies.md").read_text(encoding="utf-8")
    for name in BASELINES:
        assert f"`{name}`" in page


def test_the_nearest_name_is_suggested(experiment: Experiment) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'static_cvar'"):
        candidates_of(["static_cvr"], experiment)


def test_reference_policies_of_a_task_are_in_the_order_of_their_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediagym.agents.setup.candidates.REFERENCES", tmp_path)
    for name in ("ppo_10", "ppo_2", "ppo_scratch_1", "ppo"):
        (tmp_path / "Full-M" / name).mkdir(parents=True)
    folders = references("mediagym/Full-M-v1", "ppo")
    assert [path.name for path in folders] == ["ppo_2", "ppo_10"]
    assert references("mediagym/Calibrated-v1", "ppo") == []
