"""What every baseline must be, on a small task; a new one in the registry is tested by this."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment, TaskExperiment
from mediagym.agents.policies import BASELINES, ORACLES, SETTINGS, baseline
from mediagym.agents.policy import Policy
from mediagym.agents.rollout import EvaluationSet, EvaluationSettings, Rollout, rollout_policy
from mediagym.agents.setup import candidates_of
from mediagym.agents.setup.candidates import references
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF, shipped_yaml
from mediagym.envs.arrays import select
from mediagym.envs.constraints import violations
from mediagym.envs.environment import EnvSettings
from mediagym.envs.flight import initial_state
from mediagym.envs.suite import task_of

TINY = {
    "static_cvar": {"draws": 16, "iterations": 6},
    "replanner": {"draws": 64},
    "thompson": {"draws": 64},
    "cma": {"iterations": 2, "population": 4, "flights": 8},
}
KNOWING = [name for name in BASELINES if name not in ORACLES]
DRAWING = ("thompson",)  # what they draw depends on a flight's place in its batch
MARKETS = 3
Made = Callable[[str, str], tuple[Experiment, Policy]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Makes a baseline in a small arena, once."""
    cache, kept = tmp_path_factory.mktemp("cache"), dict[tuple[str, str], Any]()
    env = EnvSettings.of(shipped_yaml("env/default"), "env")
    few = shipped_yaml("evaluation/default") | {"markets": MARKETS}
    evaluation = EvaluationSettings.of(few, "evaluation")
    arenas: dict[str, Experiment] = {}

    def make(key: str, name: str) -> tuple[Experiment, Policy]:
        if key not in arenas:
            arenas[key] = TaskExperiment.of(task_of(key), env, evaluation, {}, cache)
        if (key, name) not in kept:
            agent = shipped_yaml(f"agent/{name}") | TINY[name] if name in TINY else {}
            experiment = replace(arenas[key], agent=agent)
            kept[key, name] = experiment, baseline(name, experiment)
        return kept[key, name]

    return make


def _flown(made: tuple[Experiment, Policy], trial: EvaluationSet | None = None) -> Rollout:
    experiment, policy = made
    return rollout_policy(experiment.problem, policy, trial or experiment.held_out("test"))


def _part(trial: EvaluationSet, part: slice) -> EvaluationSet:
    noise = type(trial.noise)(*(f if f is None else f[:, part] for f in trial.noise))
    return EvaluationSet(select(trial.market, part), select(trial.state, part), noise)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("key", ["Uncertain-S", "Full-S"])
def test_it_keeps_every_constraint_and_spends_to_the_cent(made: Made, key: str, name: str) -> None:
    flown = _flown(made(key, name))
    assert flown.policy == name
    assert flown.violations == flown.cents_off == 0
    if key == "Uncertain-S":  # all that is planned is delivered
        problem = made(key, name)[0].problem
        for flight in flown.spend.swapaxes(0, 1):
            assert violations(problem.constraints, flight, tolerance=1e-4) == []


@pytest.mark.parametrize("name", BASELINES)
def test_it_does_the_same_again(made: Made, name: str) -> None:
    experiment, policy = made("Full-S", name)
    again = baseline(name, replace(experiment, cache=experiment.cache))  # from what is kept
    one, two = _flown((experiment, policy)), _flown((experiment, again))
    np.testing.assert_array_equal(one.spend, two.spend)


@pytest.mark.parametrize("name", KNOWING)
def test_a_flight_alone_is_the_flight_in_a_batch(made: Made, name: str) -> None:
    experiment, policy = made("Full-S", name)
    trial = experiment.held_out("test")
    together = _flown((experiment, policy), trial)
    place = slice(0, 1) if name in DRAWING else slice(1, 2)
    alone = _flown((experiment, policy), _part(trial, place))
    np.testing.assert_allclose(together.spend[:, place], alone.spend, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("name", KNOWING)
def test_open_loop_means_that_no_report_changes_a_decision(made: Made, name: str) -> None:
    flown = _flown(made("Uncertain-S", name))
    apart = np.abs(flown.spend - flown.spend[:, :1]).max()
    assert (apart < 1e-6) == made("Uncertain-S", name)[1].open_loop


@pytest.mark.parametrize("name", KNOWING)
def test_it_does_not_see_the_market(made: Made, name: str) -> None:
    experiment, policy = made("Full-S", name)
    trial = experiment.held_out("test")
    eve = initial_state(experiment.problem, trial.state, (MARKETS,)).view
    target, total, _ = policy.act(eve, None)
    if name not in DRAWING:
        np.testing.assert_array_equal(target, target[:1] + 0 * target)
        np.testing.assert_array_equal(total, total[:1] + 0 * total)
    for k in range(MARKETS):  # each of them at the first place
        alone = initial_state(experiment.problem, select(trial.state, slice(k, k + 1)), (1,)).view
        np.testing.assert_allclose(policy.act(alone, None)[0], target[:1], rtol=1e-9)


@pytest.mark.parametrize("name", ORACLES)
def test_a_bound_sees_the_market_and_is_bounded_by_what_ships(made: Made, name: str) -> None:
    made_ = made("Full-S", name)
    best, static = made_[0].held_out("test").best, _flown(made("Full-S", "static"))
    total = _flown(made_).total
    assert best is not None
    assert (total <= best * (1 + 1e-9)).all()
    assert total.mean() > static.total.mean()
    assert np.abs(made_[1].plan[:, 0] - made_[1].plan[:, 1]).max() > 1  # type: ignore[attr-defined]


def test_the_straw_man_is_one_and_marginal_returns_are_not(made: Made) -> None:
    value = {
        name: _flown(made("Stationary-M", name)).total.mean()
        for name in ("greedy_average", "roas", "historical", "greedy")
    }
    assert value["greedy_average"] < value["roas"] < value["historical"] < value["greedy"]


def test_every_baseline_but_a_bound_can_be_the_agent() -> None:
    for name in KNOWING:
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


def test_a_name_that_is_near_is_offered(experiment: Experiment) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'static_cvar'"):
        candidates_of(["static_cvr"], experiment)


def test_reference_policies_of_a_task_come_by_their_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediagym.agents.setup.candidates.REFERENCES", tmp_path)
    for name in ("ppo_10", "ppo_2", "ppo_scratch_1", "ppo"):
        (tmp_path / "Full-M" / name).mkdir(parents=True)
    found = references("mediagym/Full-M-v0", "ppo")
    assert [path.name for path in found] == ["ppo_2", "ppo_10"]
    assert references("mediagym/Calibrated-v0", "ppo") == []
