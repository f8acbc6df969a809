"""Budgets to enter now, and what they may cost at worst by each platform's rules."""

import csv
import datetime
import io

import pytest

from mediagym.agents.plan_files import export_plan, platform_of, worst_case
from mediagym.data.errors import ConfigError

MIDDLE, FIRST = datetime.date(2024, 7, 10), datetime.date(2024, 7, 1)


def rows_of(content, folder):
    (path,) = export_plan(content, ["today_csv"], folder)
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_a_row_per_campaign_with_its_change(plan, tmp_path):
    rows = rows_of(plan(), tmp_path)
    assert [row["platform"] for row in rows] == ["google", "google", "meta", "microsoft"]
    assert [row["action"] for row in rows] == ["lower", "start", "raise", "raise"]
    meta = rows[2]
    assert meta["date"] == "2024-07-10"
    assert (meta["live_budget"], meta["new_daily_budget"]) == ("62.00", "124.14")
    assert (meta["change"], meta["change_share"]) == ("62.14", f"{62.14 / 62:.4f}")
    assert rows[1]["change_share"] == ""  # there is no share of a budget of 0


def test_the_day_to_enter_is_the_first_that_is_planned(plan, tmp_path):
    content = plan(actual=4)
    rows = rows_of(content, tmp_path)
    assert {row["date"] for row in rows} == {"2024-07-14"}
    assert [float(row["new_daily_budget"]) for row in rows] == [
        campaign["today"] for campaign in content["campaigns"]
    ]


def test_without_today_the_first_planned_day_counts(plan, tmp_path):
    content = plan(actual=4)
    for campaign in content["campaigns"]:
        del campaign["today"]
    amounts = [float(row["new_daily_budget"]) for row in rows_of(content, tmp_path)]
    assert amounts == [cell["budget"] for cell in content["days"][4]["campaigns"]]


def test_a_live_budget_that_is_not_known_is_an_empty_cell(plan, tmp_path):
    content = plan()
    content["campaigns"][2]["live"] = None
    row = rows_of(content, tmp_path)[2]
    assert (row["action"], row["live_budget"], row["change"]) == ("set", "", "")


@pytest.mark.parametrize(
    ("today", "live", "action"),
    [(0.0, 5.0, "pause"), (0.0, 0.0, "keep"), (5.0, 5.0, "keep"), (0.0, None, "pause")],
)
def test_a_campaign_without_money_is_paused(plan, tmp_path, today, live, action):
    content = plan()
    content["campaigns"][0] |= {"today": today, "live": live}
    assert rows_of(content, tmp_path)[0]["action"] == action


def test_google_doubles_the_highest_budget_of_the_day():
    assert worst_case("google", 10_000, 30_000, MIDDLE).day == 60_000
    assert worst_case("google", 10_000, None, MIDDLE).day == 20_000


def test_google_bounds_a_whole_month_by_30_4_budgets_and_a_begun_one_by_the_days_left():
    assert worst_case("google", 10_000, None, FIRST).period == 304_000
    begun = worst_case("google", 10_000, None, MIDDLE)
    assert begun.period == 22 * 10_000  # 10 to 31 July
    assert begun.period_name == "the rest of the month to 2024-07-31"


def test_meta_bounds_a_day_by_three_quarters_more_and_a_week_by_seven_budgets():
    case = worst_case("meta", 10_001, 99_999, MIDDLE)
    assert (case.day, case.period, case.period_name) == (17_502, 70_007, "a week")


def test_microsoft_doubles_a_day_and_bounds_the_month_by_its_days():
    case = worst_case("microsoft", 10_000, None, datetime.date(2024, 2, 20))
    assert (case.day, case.period) == (20_000, 290_000)


def test_nothing_is_claimed_of_other_platforms(plan, tmp_path):
    row = rows_of(plan((("tiktok", None),)), tmp_path)[0]
    assert (row["platform"], row["worst_case_day"], row["worst_case_period"]) == ("unknown", "", "")
    assert "look up" in row["rule"]


@pytest.mark.parametrize(
    ("channel", "platform"),
    [("Google Ads", "google"), ("facebook", "meta"), ("Bing Ads", "microsoft"), ("dv360", None)],
)
def test_platforms_are_known_by_their_names(channel, platform):
    assert platform_of(channel) == platform


def test_after_the_flight_there_is_nothing_to_enter(plan, tmp_path):
    with pytest.raises(ConfigError, match="the flight ended on 2024-07-12"):
        export_plan(plan(days=3, actual=3), ["csv_long", "today_csv"], tmp_path)
    assert not list(tmp_path.iterdir())
