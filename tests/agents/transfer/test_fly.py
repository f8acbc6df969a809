from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.pretraining import TEST_SEEDS
from mediagym.agents.transfer import AdvertisersCommand, fly_advertisers
from mediagym.agents.transfer import fly as flying
from mediagym.data.errors import ConfigError
from mediagym.envs.planning import constant_plan
from mediagym.envs.suite import advertiser_digest, advertiser_task, posterior_of, problem_for

GROUPS = ("data", "attribution", "priors", "calibration", "constraints", "solver", "evaluation")
MARKETS = 4


@pytest.fixture(scope="module")
def config(
    conf: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    groups = {group: conf(f"{group}/default.yaml") for group in GROUPS}
    groups["data"]["path"] = "."
    study = {
        "policies": ["universal"], "advertisers": 2, "markets": MARKETS, "resamples": 100,
        "workers": 1, "output": None, "threads": 1, "cache": str(tmp_path_factory.mktemp("cache")),
    }  # fmt: skip
    env = conf("env/default.yaml") | {"relative": False}
    return groups | study | {"env": env, "objective": conf("objective/conversions.yaml")}


@pytest.fixture(scope="module")
def rows(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Two advertisers; constant plans in place of the static ones, which take seconds."""
    cache = Path(config["cache"])

    def constant(seed: int, folder: Path) -> Any:
        assert folder == cache
        task = advertiser_task(seed)
        even = np.full((task.size.days, len(task.size.campaigns)), 1.0)
        problem = problem_for(task, static_plan=even)
        plan = constant_plan(problem.constraints, posterior_of(task).spend, task.size.days)
        return task, problem_for(task, static_plan=plan)

    seen: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flying, "advertiser_problem", constant)
        found = fly_advertisers(AdvertisersCommand.read(config), seen.append)
    assert len(seen) == 2
    return found


def test_a_row_says_which_advertiser_it_is(rows: list[dict[str, Any]]) -> None:
    for seed, row in zip((TEST_SEEDS, TEST_SEEDS + 1), rows, strict=True):
        task = advertiser_task(seed)
        assert row["seed"] == seed
        assert row["digest"] == advertiser_digest(seed)
        assert row["campaigns"] == len(task.size.campaigns)
        assert row["channels"] == len({each.channel for each in task.size.ordered()})
        assert row["days"] == task.size.days


def test_references_fly_too_and_all_rules_are_kept(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert list(row["policies"]) == ["static", "follow", "universal"]
        for flights in row["policies"].values():
            assert len(flights["total"]) == MARKETS
            assert min(flights["total"]) > 0
            assert flights["violations"] == flights["cents_off"] == 0
        totals = [tuple(flights["total"]) for flights in row["policies"].values()]
        assert len(set(totals)) == 3


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (["clairvoyant"], "knows the true market"),
        (["nobody"], "'nobody' is not known"),
        (["static", "static"], "names a policy twice"),
    ],
)
def test_policies_that_cannot_fly_are_refused_at_once(
    config: dict[str, Any], policies: list[str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        AdvertisersCommand.read(config | {"policies": policies})
