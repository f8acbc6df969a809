import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from mediagym.agents.studies import (
    RecoveryCommand,
    draw_recovery,
    recovery_markdown,
    recovery_summary,
    recovery_table,
    run_study,
)
from mediagym.agents.studies.recovery import MULTIPLES, Case, Truth, best_values, drawn, truth_of
from mediagym.data.errors import ConfigError
from mediagym.data.history import Campaign
from mediagym.envs.arrays import select
from mediagym.envs.constraints import Constraints, ConstraintSettings, parse_constraints
from mediagym.envs.planning import constant_plan
from mediagym.envs.synthetic import RESPONSE_FORMS, Advertiser
from mediagym.envs.synthetic.response_forms import with_form

GROUPS = ("data", "priors", "calibration", "constraints", "env", "solver", "advertiser")
CAMPAIGNS = ("microsoft/Shopping", "meta", "google/Search Network")  # not in the history's order
DAYS = 10


@pytest.fixture(scope="module")
def config(conf: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A study of one advertiser of three campaigns, of two forms, at a toy's size."""
    given = {group: conf(f"{group}/default.yaml") for group in GROUPS}
    given["calibration"] |= {
        "particles": 64, "mcmc_steps": 1, "final_mcmc_steps": 2, "draws": 128, "held_out": 1,
    }  # fmt: skip
    table = given["advertiser"]["campaigns"]
    given["advertiser"] |= {
        "days": 90, "landings": 0, "campaigns": {name: table[name] for name in CAMPAIGNS},
    }  # fmt: skip
    given["solver"] |= {"iterations": 20, "draws": 16}
    given["env"] |= {"days": DAYS}
    given["constraints"] |= {"total": 30_000}
    study = {"forms": ["hill", "logistic"], "advertisers": 1, "seed": 7, "workers": 1}
    study["goals"] = conf("recovery.yaml")["study"]["goals"]
    objective = conf("objective/conversions.yaml")
    return given | {"study": study, "objective": objective, "output": None}


@pytest.fixture(scope="module")
def cases(config: dict[str, Any]) -> list[dict[str, Any]]:
    seen: list[Case] = []
    found = run_study(RecoveryCommand.read(config), seen.append)
    assert seen == [Case("hill", 7), Case("logistic", 7)]
    return found


@pytest.fixture
def truths(advertiser: Advertiser) -> Callable[[str], tuple[Truth, Constraints]]:
    """Makes a known market of a form, of three middling campaigns, and what is allowed."""

    def make(form: str) -> tuple[Truth, Constraints]:
        some = np.array([4, 6, 8])
        market = with_form(RESPONSE_FORMS[form], select(advertiser.market, (..., some)))
        state = select(advertiser.state, (..., some))
        return Truth(RESPONSE_FORMS[form], market, state, advertiser.levels[:, some]), _free(6_000)

    return make


def _free(total: float) -> Constraints:
    settings = {
        "total": total, "total_type": "equal", "channel": {}, "campaign": {}, "channels": {},
        "campaigns": {}, "pacing": None, "change_limit": None,
    }  # fmt: skip
    ads = [Campaign("google", "A"), Campaign("google", "B"), Campaign("meta", None)]
    return parse_constraints(ConstraintSettings.of(settings, "constraints"), ads, DAYS)


def test_a_study_says_all_that_its_report_shows(cases: list[dict[str, Any]]) -> None:
    assert [case["form"] for case in cases] == ["hill", "logistic"]
    for case in json.loads(json.dumps(cases, allow_nan=False)):
        assert set(case) == {"form", "seed", "best", "regret", "curves"}
        assert set(case["regret"]) == {"static", "historical", "uniform"}
        assert [row["multiple"] for row in case["curves"]] == list(MULTIPLES)
        for row in case["curves"]:
            for kind in ("past", "ahead"):
                assert 0 <= row[kind]["error"] < 1.5
                assert 0 <= row[kind]["covered"] <= row[kind]["counted"] <= 3


def test_no_plan_beats_the_best_daily_one(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        assert case["best"]["daily"] >= case["best"]["steady"] * (1 - 1e-6)
        for plan, regret in case["regret"].items():
            assert -1e-6 <= regret["daily"] < 1, plan
        assert case["regret"]["static"]["daily"] < 0.25


def test_curves_are_recovered_where_the_history_was(cases: list[dict[str, Any]]) -> None:
    for case in cases:
        past = next(row["past"] for row in case["curves"] if row["multiple"] == 1)
        assert past["error"] < 0.15
        assert past["counted"] >= 2
    own = cases[0]["curves"]
    covered = sum(row["past"]["covered"] for row in own)
    assert covered >= 0.5 * sum(row["past"]["counted"] for row in own)


def test_a_seed_decides_every_number(config: dict[str, Any], cases: list[dict[str, Any]]) -> None:
    one = config | {"study": config["study"] | {"forms": ["logistic"]}}
    assert run_study(RecoveryCommand.read(one)) == cases[1:]


def test_the_truth_has_the_campaigns_in_the_order_of_the_history(
    config: dict[str, Any], tmp_path: Path
) -> None:
    case = Case("drifting", 3)
    command = RecoveryCommand.read(config)
    advertiser, history = drawn(case, command.advertiser, command.priors, command.data, tmp_path)
    names = [campaign.name for campaign in advertiser.campaigns]
    assert names != list(history.names)
    assert set(names) == set(history.names) == set(CAMPAIGNS)
    truth = truth_of(case, advertiser, history)
    assert truth.form is RESPONSE_FORMS["drifting"]
    for k, name in enumerate(history.names):
        j = names.index(name)
        for field in ("elasticity", "reference_spend", "carryover"):
            assert getattr(truth.market, field)[k] == getattr(advertiser.market, field)[j]
        assert truth.state.stock[k] == advertiser.state.stock[j]
        assert truth.state.drift is not None
        np.testing.assert_array_equal(truth.market.weekday[:, k], advertiser.market.weekday[:, j])
        np.testing.assert_array_equal(truth.levels[:, k], advertiser.levels[:, j])
        np.testing.assert_allclose(history.spend[:, k], advertiser.spend[:, j])


@pytest.mark.parametrize("form", RESPONSE_FORMS)
def test_the_best_plans_of_a_known_market_are_the_best(
    truths: Callable[[str], tuple[Truth, Constraints]], form: str
) -> None:
    truth, constraints = truths(form)
    begin = constant_plan(constraints, np.ones(3), DAYS)
    steady, daily = best_values(truth, constraints, begin)
    assert daily >= steady * (1 - 1e-9)
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(3), (300, 1)) * np.ones((1, DAYS, 1)) / DAYS
    even = truth.conversions(np.moveaxis(6_000 * shares, 0, 1)).sum(1)
    wild = rng.dirichlet(np.ones(3 * DAYS), 300).reshape(300, DAYS, 3)
    uneven = truth.conversions(np.moveaxis(6_000 * wild, 0, 1)).sum(1)
    assert steady >= even.max() * (1 - 1e-6)
    assert steady < even.max() * 1.05  # and it is a steady plan's
    assert daily >= uneven.max() * (1 - 1e-6)


@pytest.mark.parametrize("form", ["hill", "power", "logistic"])
def test_value_and_gradient_are_those_of_the_truth(
    truths: Callable[[str], tuple[Truth, Constraints]], form: str
) -> None:
    truth, _ = truths(form)
    plans = np.random.default_rng(0).gamma(2, 100, (4, DAYS, 3))
    value, slope = truth.objective(DAYS)(plans)
    np.testing.assert_allclose(value, truth.conversions(np.moveaxis(plans, 0, 1)).sum(1))
    nudged = plans.copy()
    nudged[:, 3, 1] += 0.01
    gained = (truth.objective(DAYS)(nudged)[0] - value) / 0.01
    np.testing.assert_allclose(gained, slope[:, 3, 1], rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"forms": ["hill", "weibull"]}, "study.forms.*weibull"),
        ({"forms": []}, "study.forms"),
        ({"advertisers": 0}, "study.advertisers"),
        ({"workers": 0}, "study.workers"),
    ],
)
def test_a_study_that_cannot_be_is_refused(
    config: dict[str, Any], change: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        RecoveryCommand.read(config | {"study": config["study"] | change}).cases()


def _case(form: str, static: float, historical: float) -> dict[str, Any]:
    curve = {"error": 0.04, "bias": -0.01, "covered": 3, "counted": 4}
    return {
        "form": form,
        "seed": 0,
        "best": {"steady": 100.0, "daily": 102.0},
        "regret": {
            name: {"steady": value - 0.02, "daily": value}
            for name, value in (("static", static), ("historical", historical), ("uniform", 0.2))
        },
        "curves": [{"multiple": m, "past": curve, "ahead": curve} for m in MULTIPLES],
    }


def test_a_row_a_form_with_means_and_what_was_aimed_at(tmp_path: Path) -> None:
    made = [_case("hill", 0.01, 0.05), _case("hill", 0.03, 0.02), _case("power", 0.04, 0.1)]
    goals = {"hill": {"steady": 1.0, "daily": 2.5, "coverage": [85, 95]}, "other": {"steady": 3.0}}
    rows = recovery_summary(made, goals)
    assert [row["form"] for row in rows] == ["hill", "power"]
    assert rows[0]["advertisers"] == 2
    assert rows[0]["regret_daily"] == pytest.approx(2)
    assert rows[0]["regret_steady"] == pytest.approx(0)
    assert rows[0]["worst_steady"] == pytest.approx(1)
    assert rows[0]["worse_than_historical"] == 1
    assert rows[0]["curves"][0]["past"]["coverage"] == 75
    heads, *cells = recovery_table(rows)
    assert len(cells) == 2
    assert {len(row) for row in cells} == {len(heads)}
    text = recovery_markdown(rows, "the command")
    assert text.startswith("    the command\n\n|")
    assert len({line.count("|") for line in text.splitlines()[2:]}) == 1
    assert "(<= 2.5)" in text
    assert "(<= 3)" in text
    json.dumps(rows, allow_nan=False)
    picture = imread(draw_recovery(made, tmp_path))
    assert picture.std() > 0.03
