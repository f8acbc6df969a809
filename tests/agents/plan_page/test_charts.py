"""Geometry of the charts: heights are money, dates are where the bars are."""

import pytest
from helpers.plan_content import plan_content

from mediagym.agents.plan_page.charts import band, pairs, stack
from mediagym.agents.plan_page.moves import first


@pytest.mark.parametrize("days", [1, 30, 120])
def test_bars_hold_all_of_the_money_and_its_extrapolated_part(days):
    content = plan_content(days=days, actual_days=days // 3)
    chart = stack(content)
    top = float(chart.y_ticks[-1].label.strip("$k")) * 1000
    drawn = sum(part.height for bar in chart.bars for part in bar.segments) * top / 100
    assert drawn == pytest.approx(content["flight"]["budget"])
    beyond = sum(part.beyond for bar in chart.bars for part in bar.segments) * top / 100
    most = content["campaigns"][0]["recent_max_daily"]
    expected = sum(
        day["campaigns"][0]["budget"] - most
        for day in content["days"]
        if day["status"] == "planned"
    )
    assert beyond == pytest.approx(expected)


def test_bars_of_weeks_stand_where_their_days_are():
    chart = stack(plan_content(days=120, actual_days=35))
    assert chart.unit == "week"
    assert chart.actual == pytest.approx(100 * 35 / 120)
    assert chart.bars[4].x < chart.actual < chart.bars[5].x
    assert chart.bars[-1].x + chart.bars[-1].width < 100


def test_few_campaigns_that_hold_the_money_have_a_series_each():
    names = [("a", str(k)) for k in range(9)]
    chart = stack(plan_content(names))
    assert chart.by == "campaign"
    assert [series.is_rest for series in chart.series] == [False] * 7 + [True]
    assert chart.series[-1].label == "2 other campaigns"


def test_channels_are_stacked_where_no_few_campaigns_hold_the_money():
    names = [(f"channel {k % 3}", str(k)) for k in range(60)]
    chart = stack(plan_content(names))
    assert chart.by == "channel"
    assert len(chart.series) == 3


def test_what_was_planned_before_is_marked_on_actual_days_alone():
    content = plan_content(actual_days=10)
    marks = [bar.planned for bar in stack(content).bars]
    assert None not in marks[:10]
    assert set(marks[10:]) == {None}
    spent = sum(part.height for part in stack(content).bars[0].segments)
    ratio = content["days"][0]["budget"] / sum(
        r["planned"] for r in content["days"][0]["campaigns"]
    )
    assert spent / (100 - marks[0]) == pytest.approx(ratio)


def test_the_band_starts_where_the_actual_days_end():
    chart = band(plan_content(days=20, actual_days=5))
    assert chart.boundary == 25
    assert chart.actual.split()[-1] == chart.mean.split()[0] == chart.band.split()[0]
    assert chart.actual.split()[0] == "0.00,100.00"
    assert chart.mean.split()[-1].startswith("100.00,")
    assert len(chart.band.split()) == 2 * 16


def test_pairs_are_live_and_planned_per_day_to_one_scale():
    content = plan_content(actual_days=10)
    rows = pairs(content)
    assert max(max(row.live_width, row.planned_width) for row in rows) == pytest.approx(100)
    own = content["campaigns"][0]
    assert rows[0].planned == pytest.approx(own["planned_rest"] / 20)
    assert rows[0].planned / rows[0].planned_width == pytest.approx(
        rows[0].live / rows[0].live_width
    )
    assert pairs(plan_content(actual_days=30)) == []


def test_the_first_moves_are_the_largest_and_sum_to_the_day():
    content = plan_content()
    found = first(content)
    sizes = [abs(move.difference) for move in found.moves]
    assert sizes == sorted(sizes, reverse=True)
    assert found.total == pytest.approx(sum(move.today for move in found.moves))
    assert found.others == 0
