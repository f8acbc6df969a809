import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of, read_planned, write_plan
from mediagym.agents.plans.document import document
from mediagym.agents.plans.estimate import forecast
from mediagym.agents.plans.read import read_plan
from mediagym.agents.plans.records import Plan
from mediagym.agents.policies import baseline
from mediagym.agents.policy import PlanPolicy
from mediagym.agents.rollout import draw_evaluation_set
from mediagym.data.errors import DataError


@pytest.fixture(scope="module")
def plan(experiment: Experiment) -> Plan:
    return plan_of(experiment, baseline("greedy", experiment), [])


@pytest.fixture
def path(plan: Plan, tmp_path: Path) -> Path:
    write_plan(plan, tmp_path / "plan.json")
    return tmp_path / "plan.json"


def test_a_plan_read_back_is_the_plan_written(
    plan: Plan, path: Path, experiment: Experiment
) -> None:
    constraints, cents = read_plan(path, experiment.posterior)
    np.testing.assert_array_equal(cents, plan.cents)
    assert constraints.to_json() == plan.constraints.to_json()


def test_a_plan_read_back_scores_the_same(plan: Plan, path: Path, experiment: Experiment) -> None:
    constraints, cents = read_plan(path, experiment.posterior)
    problem = replace(experiment.problem, constraints=constraints)
    market, state = experiment.posterior.held(experiment.posterior.held_out)
    draws = draw_evaluation_set(market, state, constraints.days, 30)
    estimate = forecast(problem, PlanPolicy("read", cents / 100), cents / 100, draws)
    totals = document(plan._replace(forecast=estimate, constraints=constraints, cents=cents))[
        "totals"
    ]
    assert totals == json.loads(path.read_text())["totals"]


def test_a_plan_is_read_in_the_order_of_the_posterior(
    plan: Plan, path: Path, experiment: Experiment, permuted: Callable
) -> None:
    order = list(range(len(plan.constraints.names)))[::-1]
    other = replace(
        experiment.posterior,
        campaigns=tuple(experiment.posterior.campaigns[k] for k in order),
        market=permuted(experiment.posterior.market, order),
        state=permuted(experiment.posterior.state, order),
    )
    constraints, cents = read_plan(path, other)
    assert constraints.names == other.names
    np.testing.assert_array_equal(cents, plan.cents[:, order])
    np.testing.assert_array_equal(
        constraints.floor_cents[1], plan.constraints.floor_cents[1][order]
    )


def _set(*keys: Any, to: Any) -> Callable[[Any], Any]:
    def change(content: Any) -> Any:
        node = content
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = to(node[keys[-1]]) if callable(to) else to
        return content

    return change


def _without(*keys: Any) -> Callable[[Any], Any]:
    def change(content: Any) -> Any:
        node = content
        for key in keys[:-1]:
            node = node[key]
        del node[keys[-1]]
        return content

    return change


def _more(entry: Any) -> Any:
    return entry + 1


CHANGES = {
    "not a mapping": lambda content: [content],
    "another version": _set("schema_version", to=99),
    "one cent more on a day": _set("days", 4, "campaigns", 0, "budget", to=lambda b: b + 0.01),
    "a fraction of a cent": _set("days", 4, "campaigns", 0, "budget", to=lambda b: b + 0.004),
    "money moved to another day": lambda content: _set(
        "days", 1, "campaigns", 0, "budget", to=_more
    )(_set("days", 0, "campaigns", 0, "budget", to=lambda b: b - 1)(content)),
    "negative dollars": _set("days", 4, "campaigns", 0, "budget", to=-5.0),
    "text for dollars": _set("days", 4, "campaigns", 0, "budget", to="12"),
    "nothing for dollars": _set("days", 4, "campaigns", 0, "budget", to=None),
    "not a number": _set("days", 4, "campaigns", 0, "budget", to=float("nan")),
    "infinite dollars": _set("days", 4, "campaigns", 0, "budget", to=float("inf")),
    "another total": _set("totals", "budget", to=_more),
    "another flight budget": _set("flight", "budget", to=_more),
    "another campaign budget": _set("campaigns", 2, "budget", to=_more),
    "another channel budget": _set("channels", 0, "budget", to=_more),
    "another day's total": _set("days", 7, "budget", to=_more),
    "a later end": _set("flight", "end", to="2024-12-31"),
    "money said to be spent": _set("flight", "spent", to=5.0),
    "another rest": _set("totals", "planned_rest", to=_more),
    "another sum so far": _set("days", 9, "cumulative", "budget", to=_more),
    "a day said to be over": _set("days", 0, "status", to="actual"),
    "a later day said to be over": _set("days", 7, "status", to="actual"),
    "something that happened on a planned day": _set(
        "days", 3, "campaigns", 0, "actual", to={"spend": 1.0, "conversions": 1, "revenue": None}
    ),
    "another budget to set today": _set("campaigns", 0, "today", to=_more),
    "no status": _without("days", 3, "status"),
    "a date twice": _set("days", 7, "date", to="2024-01-01"),
    "no date": _set("flight", "start", to="soon"),
    "a day missing": _without("days", 29),
    "no day at all": _set("days", to=[]),
    "a campaign missing on a day": _without("days", 3, "campaigns", 0),
    "a campaign twice on a day": lambda content: _set(
        "days", 3, "campaigns", 0, to=content["days"][3]["campaigns"][1]
    )(content),
    "a campaign missing": _without("campaigns", 0),
    "an unknown channel": _set("channels", 0, "channel", to="tv"),
    "a currency that is none": _set("currency", to=True),
    "no constraints": _without("constraints"),
    "constraints as text": _set("constraints", to="none"),
    "constraints that contradict": _set(
        "constraints", "settings", "channels", "google", "cap", to="$1.00"
    ),
    "a floor the plan misses": _set(
        "constraints", "settings", "campaigns", "google/YouTube", "floor", to="$9000.00"
    ),
    "a longer flight": _set("constraints", "days", to=31),
    "a larger total": _set("constraints", "settings", "total", to="$300000.00"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_tampered_plan_is_refused_in_one_readable_line(
    path: Path, experiment: Experiment, change: Callable
) -> None:
    content = change(json.loads(path.read_text()))
    path.write_text(json.dumps(content))
    with pytest.raises(DataError) as caught:
        read_plan(path, experiment.posterior)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert message.endswith(".")


def test_a_plan_for_other_campaigns_is_refused_with_both_lists(
    path: Path, experiment: Experiment
) -> None:
    content = json.loads(path.read_text())
    owners = content["constraints"]["channel_of"]
    owners["meta/Stories"] = owners.pop("meta")
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"plan is for .*meta/Stories.*calibration is of"):
        read_plan(path, experiment.posterior)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_a_file_that_is_not_a_plan_is_refused(
    tmp_path: Path, experiment: Experiment, text: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"plan\.json"):
        read_plan(path, experiment.posterior)


def test_a_missing_plan_is_refused(tmp_path: Path, experiment: Experiment) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_plan(tmp_path / "plan.json", experiment.posterior)


def test_a_plan_under_way_is_read_back(
    under_way: Plan, experiment: Experiment, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    write_plan(under_way, path)
    _, cents = read_plan(path, experiment.posterior)
    np.testing.assert_array_equal(cents, under_way.cents)
    planned = read_planned(path, experiment.posterior)
    assert under_way.actuals is not None
    np.testing.assert_array_equal(planned[:10], under_way.actuals.planned)
    np.testing.assert_array_equal(planned[10:], under_way.cents[10:])


UNDER_WAY = {
    "another spend that happened": _set(
        "days", 4, "campaigns", 0, "actual", "spend", to=lambda spend: spend + 1
    ),
    "nothing happened on a day that is over": _set("days", 4, "campaigns", 0, "actual", to=None),
    "fewer days over": _set("flight", "actual_days", to=9),
    "a planned day before one that is over": _set("days", 4, "status", to="planned"),
    "another pace": _set("pace", "spent", to=_more),
    "another plan by now": _set("pace", "planned_by_now", to=_more),
    "another plan before": _set("days", 4, "campaigns", 0, "planned", to=_more),
}


@pytest.mark.parametrize("change", UNDER_WAY.values(), ids=UNDER_WAY.keys())
def test_a_tampered_plan_under_way_is_refused(
    under_way: Plan, experiment: Experiment, tmp_path: Path, change: Callable
) -> None:
    path = tmp_path / "plan.json"
    content = change(write_plan(under_way, path))
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"not a plan as scripts/plan\.py writes it"):
        read_plan(path, experiment.posterior)


def test_days_left_that_break_a_rule_are_refused(
    under_way: Plan, experiment: Experiment, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    content = write_plan(under_way, path)
    content["constraints"]["settings"]["campaigns"]["google/YouTube"]["floor"] = "$9000.00"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="below its floor"):
        read_plan(path, experiment.posterior)


def test_a_plan_of_version_1_is_refused_with_what_to_do(path: Path, experiment: Experiment) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 1}))
    with pytest.raises(DataError, match=r"schema version 1.*To fix: write it again with scripts"):
        read_plan(path, experiment.posterior)
