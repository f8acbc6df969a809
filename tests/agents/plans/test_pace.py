"""Pace of a flight that is under way, and the flags that it raises."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.agents.plans import Actuals, Flag, joined
from mediagym.agents.plans.document import document
from mediagym.agents.plans.records import Plan
from mediagym.data.pace import pace_band
from mediagym.envs.calibration import Forecast

OUT_OF_PACE = ("under_delivery", "over_delivery")


@pytest.fixture
def paced(random_plan: Callable[..., Plan]) -> Callable[..., dict]:
    """Content of a plan of 20 days: spend and plan of the days that are over in dollars a day."""

    def make(spent: list[list[float]], planned: list[list[float]], **changes: object) -> dict:
        plan = random_plan(0, 20, 0)
        cents = np.full((20, 3), 10_000)
        over = len(spent)
        cents[:over] = np.array(spent) * 100
        ones = np.ones((over, 3))
        actuals = Actuals(cents[:over], ones, ones, (np.array(planned) * 100).astype(np.int64))
        rest = Forecast(*(draws[:, over:] for draws in plan.forecast))
        whole = plan._replace(cents=cents, actuals=actuals, forecast=joined(actuals, rest))
        return document(whole._replace(**changes))

    return make


@given(days=st.integers(2, 366), share=st.floats(0, 1))
def test_the_band_tightens_from_a_quarter_to_a_hundredth(days: int, share: float) -> None:
    over = 2 + round(share * (days - 2))
    low, high = pace_band(over, days)
    assert 0.75 <= low <= 0.99
    assert 1.01 <= high <= 1.25
    assert pace_band(days, days) == pytest.approx((0.99, 1.01))
    if over < days:
        assert pace_band(over + 1, days)[0] > low


def test_before_the_flight_there_is_no_pace(random_plan: Callable[..., Plan]) -> None:
    assert document(random_plan(0, 5, 0))["pace"] is None


def test_the_first_day_is_unknown_and_not_0(paced: Callable[..., dict]) -> None:
    content = paced([[0, 0, 0]], [[100, 100, 100]])
    pace = content["pace"]
    assert pace["ratio"] is pace["band"] is None
    assert pace["status"] == "unknown"
    assert {row["status"] for row in pace["campaigns"]} <= {"unknown", "paused"}
    assert not [flag for flag in content["flags"] if flag["kind"] in OUT_OF_PACE]


def test_a_campaign_that_delivers_nothing_is_flagged_with_its_first_day(
    paced: Callable[..., dict],
) -> None:
    spent = [[100, 100, 100]] * 3 + [[100, 0, 100]] * 4
    content = paced(spent, [[100, 100, 100]] * 7)
    pace = content["pace"]
    assert [row["status"] for row in pace["campaigns"]] == ["on_pace", "under", "on_pace"]
    assert pace["campaigns"][1]["ratio"] == pytest.approx(3 / 7)
    assert (pace["spent"], pace["planned_by_now"]) == (1700, 2100)
    (flag,) = (flag for flag in content["flags"] if flag["kind"] in OUT_OF_PACE)
    assert flag["kind"] == "under_delivery"
    assert flag["node"] == "google/B"
    assert flag["date"] == content["days"][3]["date"]
    assert "43% of plan, $300.00 spent of $700.00" in flag["text"]
    assert flag["text"] in content["warnings"]


def test_overspend_is_flagged(paced: Callable[..., dict]) -> None:
    content = paced([[200, 100, 100]] * 5, [[100, 100, 100]] * 5)
    assert content["pace"]["campaigns"][0]["status"] == "over"
    assert [f["node"] for f in content["flags"] if f["kind"] == "over_delivery"] == ["google/A"]


def test_the_same_ratio_is_in_pace_early_and_out_of_it_late(paced: Callable[..., dict]) -> None:
    status = {
        over: paced([[90, 100, 100]] * over, [[100, 100, 100]] * over)["pace"]["campaigns"][0][
            "status"
        ]
        for over in (3, 18)
    }
    assert status == {3: "on_pace", 18: "under"}


def test_a_paused_campaign_raises_nothing(paced: Callable[..., dict]) -> None:
    content = paced([[0, 100, 100]] * 5, [[0, 100, 100]] * 5)
    assert content["pace"]["campaigns"][0]["status"] == "paused"
    assert content["pace"]["campaigns"][0]["ratio"] is None
    assert not [flag for flag in content["flags"] if flag["kind"] in OUT_OF_PACE]


def test_a_campaign_switched_off_for_the_rest_is_paused(random_plan: Callable[..., Plan]) -> None:
    plan = random_plan(0, 20, 0)
    cents = np.full((20, 3), 10_000)
    cents[4:, 0] = 0
    actuals = Actuals(cents[:6], np.ones((6, 3)), np.ones((6, 3)), np.full((6, 3), 10_000))
    content = document(plan._replace(cents=cents, actuals=actuals))
    assert content["pace"]["campaigns"][0]["status"] == "paused"
    assert not [flag for flag in content["flags"] if flag["kind"] in OUT_OF_PACE]


def test_a_flag_that_came_with_the_plan_stands_for_its_own(paced: Callable[..., dict]) -> None:
    own = Flag("under_delivery", "google/B", "2024-10-06", "google/B: nothing for 6 days.")
    content = paced([[100, 0, 100]] * 6, [[100, 100, 100]] * 6, flags=(own,))
    found = [flag for flag in content["flags"] if flag["kind"] in OUT_OF_PACE]
    assert found == [own._asdict()]


def test_without_a_plan_before_there_is_no_pace(random_plan: Callable[..., Plan]) -> None:
    plan = random_plan(0, 6, 3)
    assert plan.actuals is not None
    alone = plan._replace(actuals=plan.actuals._replace(planned=None))
    content = document(alone)
    assert content["pace"] is None
    assert content["days"][0]["campaigns"][0]["planned"] is None
