"""Flags of a plan, beside its warnings."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mediagym.agents.plans import Flag
from mediagym.agents.plans.document import document
from mediagym.agents.plans.records import Plan
from mediagym.envs.constraints import Ramp


def _flags(content: dict, kind: str) -> list[dict]:
    return [flag for flag in content["flags"] if flag["kind"] == kind]


def test_what_a_warning_says_is_a_flag_with_its_campaign_and_first_day(
    random_plan: Callable[..., Plan],
) -> None:
    plan = random_plan(0, 3, 0)
    cents = np.array([[1000, 0, 50], [3000, 0, 50], [4000, 20, 50]])
    most, recent = np.array([20.0, 5.0, 5.0]), np.array([1.0, 0.0, 1.0])
    content = document(plan._replace(cents=cents, observed_max=most, recent=recent))
    dates = [day["date"] for day in content["days"]]
    (extrapolated,), (restart,) = (_flags(content, kind) for kind in ("extrapolated", "restart"))
    assert (extrapolated["node"], extrapolated["date"]) == ("google/A", dates[1])
    assert (restart["node"], restart["date"]) == ("google/B", dates[2])
    assert [flag["text"] for flag in content["flags"]] == content["warnings"]


def _ramp(yielded: list[bool]) -> Ramp:
    quarter = np.full(3, 0.25)
    return Ramp(quarter, quarter, np.full(3, 100), np.array(yielded))


@pytest.mark.parametrize(
    ("note", "node"),
    [
        ("meta: its floor of $5 is out of reach; the ramp yields.", "meta"),
        ("the total is out of reach; the ramp yields.", None),
    ],
)
def test_a_note_on_a_ramp_that_yields_is_said_once(
    random_plan: Callable[..., Plan], note: str, node: str | None
) -> None:
    plan = random_plan(0, 3, 0, notes=(note,))
    rules = replace(plan.constraints, ramp=_ramp([False, False, True]), notes=(note,))
    content = document(plan._replace(constraints=rules))
    assert _flags(content, "ramp_yields") == [Flag("ramp_yields", node, None, note)._asdict()]
    assert content["warnings"].count(note) == 1


def test_a_ramp_that_yields_without_a_note_is_flagged_with_its_share(
    random_plan: Callable[..., Plan],
) -> None:
    plan = random_plan(0, 3, 0)
    rules = replace(plan.constraints, ramp=_ramp([True, False, False]))
    content = document(plan._replace(constraints=rules, live=np.array([12.0, 5.0, 5.0])))
    (flag,) = _flags(content, "ramp_yields")
    assert flag["node"] == "google/A"
    assert "from $12.00 a day its level may rise by up to 25.0% per change" in flag["text"]
    assert [row["ramp"]["yielded"] for row in content["campaigns"]] == [True, False, False]


def test_bounds_that_gave_way_and_a_verdict_on_forecasts_are_flags(
    random_plan: Callable[..., Plan],
) -> None:
    verdict, note = "WARNING: last year is better.", "WARNING: caps were raised."
    plan = random_plan(0, 3, 0, forecast_verdict=verdict, notes=(note,))
    rules = replace(plan.constraints, notes=(note,))
    content = document(plan._replace(constraints=rules))
    assert [flag["text"] for flag in _flags(content, "forecast")] == [verdict]
    assert [flag["text"] for flag in _flags(content, "bound_yields")] == [note]
    assert content["warnings"].count(note) == 1
    assert verdict not in content["warnings"]  # it stands above the table
