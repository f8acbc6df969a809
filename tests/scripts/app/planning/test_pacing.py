"""Pace of the plan under way: the rule of bands, pauses, partial days, projections."""

from datetime import date

import numpy as np
import pytest
from helpers.plan_content import plan_content

from mediagym.scripts.app.planning import DailyReports, pacing, pacing_chart

PLAN = plan_content()
NAMES = ("google/Search", "google/Shopping", "meta", "microsoft/Audience")
PLANNED = np.array([[row["budget"] for row in day["campaigns"]] for day in PLAN["days"]])
EXPECTED = np.array(
    [[row["conversions"]["mean"] for row in day["campaigns"]] for day in PLAN["days"]]
)


def actuals(spend, conversions=None, first="2024-07-01", names=NAMES):
    spend = np.asarray(spend, float)
    counts = np.zeros_like(spend) if conversions is None else np.asarray(conversions, float)
    day = date.fromisoformat(first)
    return DailyReports(day, names, spend, counts, 200 * counts, spend > 0, "USD")


def as_planned(days, factor=1.0):
    return factor * PLANNED[:days]


def test_before_the_flight_nothing_is_judged():
    history = actuals(np.ones((20, 4)), first="2024-06-01")
    state = pacing(PLAN, history)
    assert (state.days_over, state.as_of, state.band) == (0, None, None)
    assert state.total.standing.status == "unknown"
    assert not state.flags


def test_the_first_day_is_unknown_whatever_was_spent():
    state = pacing(PLAN, actuals(as_planned(1, 0.1)))
    assert state.days_over == 1
    assert {row.standing.status for row in state.campaigns} == {"unknown"}
    assert state.total.standing.ratio is None
    assert not state.flags


@pytest.mark.parametrize(
    ("days", "factor", "status"),
    [(3, 0.80, "on_pace"), (3, 0.70, "under"), (3, 1.20, "on_pace"), (3, 1.30, "over"),
     (28, 0.98, "on_pace"), (28, 0.90, "under"), (30, 0.98, "under"), (30, 0.995, "on_pace")],
)  # fmt: skip
def test_the_band_tightens_from_a_quarter_to_one_percent(days, factor, status):
    state = pacing(PLAN, actuals(as_planned(days, factor)))
    assert state.total.standing.status == status
    assert len(state.flags) == (0 if status == "on_pace" else len(NAMES))


def test_a_campaign_that_is_planned_off_raises_nothing():
    plan = plan_content()
    for day in plan["days"]:
        day["campaigns"][3]["budget"] = 0.0
    spend = as_planned(10).copy()
    spend[:, 3] = 0.0
    state = pacing(plan, actuals(spend))
    assert state.campaigns[3].standing.status == "paused"
    assert not state.flags


def test_a_last_day_without_rows_of_a_channel_does_not_count():
    spend = as_planned(10).copy()
    spend[9, 2] = 0.0  # meta has not reported yet
    state = pacing(PLAN, actuals(spend))
    assert state.days_over == 9
    assert state.as_of == date(2024, 7, 9)
    assert "left out" in state.notes[0]
    assert state.total.standing.status == "on_pace"


def test_spend_ends_where_the_last_week_points():
    spend = as_planned(14).copy()
    spend[7:] *= 0.5
    total = pacing(PLAN, actuals(spend)).total
    rest = PLANNED[14:].sum()
    assert total.projected == pytest.approx(spend.sum() + 0.5 * rest, abs=0.05)
    assert total.budget == pytest.approx(PLANNED.sum(), abs=0.05)


def test_conversions_are_those_reported_and_the_rest_of_the_plan_with_its_interval():
    counts = 1.5 * EXPECTED[:10]
    state = pacing(PLAN, actuals(as_planned(10), counts))
    rest, totals = EXPECTED[10:].sum(), PLAN["totals"]["conversions"]
    assert state.total.conversions == pytest.approx(counts.sum())
    assert state.total.expected == pytest.approx(EXPECTED[:10].sum())
    assert state.conversions_end.mean == pytest.approx(counts.sum() + rest)
    width = (totals["p95"] - totals["p05"]) * rest / totals["mean"]
    assert state.conversions_end.p95 - state.conversions_end.p05 == pytest.approx(width)


def test_rows_add_up_and_spend_outside_of_the_plan_is_named():
    names = (*NAMES, "tiktok")
    spend = np.column_stack([as_planned(12), np.full(12, 7.0)])
    state = pacing(PLAN, actuals(spend, names=names))
    assert sum(row.spent for row in state.channels) == pytest.approx(state.total.spent)
    assert sum(row.planned for row in state.campaigns) == pytest.approx(state.total.planned)
    assert any("tiktok" in note for note in state.notes)


def test_exports_that_begin_during_the_flight_count_their_days_at_their_dates():
    state = pacing(PLAN, actuals(PLANNED[3:10], first="2024-07-04"))
    assert state.days_over == 10
    assert state.total.spent == pytest.approx(PLANNED[3:10].sum(), abs=0.05)


def test_exports_that_begin_after_the_flight_hold_none_of_its_days():
    state = pacing(PLAN, actuals(np.ones((5, 4)), first="2024-09-01"))
    assert state.total.spent == 0


def test_a_replanned_plan_is_paced_against_what_was_planned_before_its_days():
    plan = plan_content(actual_days=5)
    planned = [[row["planned"] or row["budget"] for row in d["campaigns"]] for d in plan["days"]]
    state = pacing(plan, actuals(np.array(planned)[:8]))
    assert state.total.standing.ratio == pytest.approx(1.0)


def test_the_chart_has_the_plan_the_spend_and_where_it_ends():
    state = pacing(PLAN, actuals(as_planned(14, 0.5)))
    rows = pacing_chart(state)["data"]["values"]
    ends = {row["kind"]: row for row in rows}  # the last of each
    assert ends["planned"]["amount"] == pytest.approx(state.total.budget, abs=0.05)
    assert ends["spent"]["date"] == "2024-07-14"
    assert ends["at this rate"]["amount"] == pytest.approx(state.total.projected, abs=0.5)
