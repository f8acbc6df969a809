"""From exports to a flight: what is read, what is refused, and what is said."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from mediagym.agents.live import open_flight, read_source
from mediagym.agents.live.reports import reported_days
from mediagym.agents.plans import document, read_plan
from mediagym.data.errors import ConfigError, ConstraintError, DataError
from mediagym.data.exports import DataSettings
from mediagym.data.storage import read_json, write_json
from mediagym.data.units import load_history
from mediagym.envs.constraints import violations

from .conftest import day_before


def kinds(flight):
    """Kinds of the notices, with their nodes."""
    return {(flag.kind, flag.node) for flag in flight.plan().flags}


@pytest.fixture
def copy(ten_days, tmp_path):
    """A copy of the exports that a test may change."""
    return shutil.copytree(ten_days, tmp_path / "copy")


def without(folder, name, keep):
    """Drop lines from an export; `keep` tells by a line's text."""
    file = next(folder.glob(name))
    head, *lines = file.read_text().splitlines()
    file.write_text("\n".join([head, *filter(keep, lines)]) + "\n")


def test_on_the_eve_the_plan_stands_to_the_cent(opened, plan_file):
    flight = opened()
    assert flight.reports.days == 0
    source = read_source(plan_file)
    np.testing.assert_array_equal(flight.plan().cents, source.cents(flight.names))


def test_ten_days_are_read_as_they_were_spent(opened, plan_file):
    flight = opened(as_of=None)
    planned = read_source(plan_file).cents(flight.names)
    assert flight.reports.days == 10
    assert np.abs(flight.reports.spend - planned[:10]).max() <= 1
    constraints = flight.parts.problem.constraints
    assert flight.plan().cents.sum() == constraints.total_cents


def test_as_of_is_the_last_day_taken(opened, plan_file):
    flight = opened(as_of=str(day_before(plan_file) + 4))
    assert flight.reports.days == 4


def test_as_of_outside_of_the_exports_is_refused(opened, plan_file):
    with pytest.raises(ConfigError, match="the last day of the exports"):
        opened(as_of=str(day_before(plan_file) + 11))
    with pytest.raises(ConfigError, match="the day before the flight"):
        opened(as_of=str(day_before(plan_file) - 1))


def test_a_replan_goes_on_from_a_replan(opened, ten_days, tmp_path, plan_file, sizes):
    first = opened(as_of=str(day_before(plan_file) + 5))
    content = document(first.plan())
    write_json(tmp_path / "again.json", content)
    source = read_source(tmp_path / "again.json")
    planned = read_source(plan_file).cents(first.names)
    np.testing.assert_array_equal(source.cents(first.names)[:5], planned[:5])
    config = {**sizes, "live": {**sizes["live"], "hold": None}}
    second = open_flight(tmp_path / "again.json", ten_days, config=config)
    assert second.reports.days == 10
    np.testing.assert_array_equal(second.reports.spend[:5], first.reports.spend)
    read_plan(tmp_path / "again.json", second.parts.experiment.posterior)


def test_the_same_exports_give_the_same_answer(opened):
    assert document(opened(as_of=None).plan()) == document(opened(as_of=None).plan())


def test_a_partial_last_day_is_left_out_and_said(opened, copy):
    flight = opened(as_of=None, data=copy)
    last = str(flight.dates[9])
    for name in ("google*", "microsoft*"):
        without(copy, name, lambda line: not line.startswith(last))
    partial = opened(as_of=None, data=copy)
    assert partial.reports.days == 9
    assert ("partial_day", None) in kinds(partial)
    kept = opened(as_of=None, data=copy, live={"last_day": "keep"})
    assert kept.reports.days == 10


def test_the_last_day_can_always_be_left_out(opened):
    assert opened(as_of=None, live={"last_day": "drop"}).reports.days == 9


def test_missing_days_are_taken_as_planned_and_said(opened, copy, plan_file):
    gap = str(day_before(plan_file) + 5)
    without(copy, "meta*", lambda line: not line.startswith(gap))
    flight = opened(as_of=None, data=copy)
    k = flight.names.index("meta")
    assert flight.reports.spend[4, k] == flight.course[4, k]
    assert flight.reports.complete[4, k] == 0
    assert flight.reports.revenue[4, k] == flight.reports.conversions[4, k] == 0
    assert document(flight.plan())["totals"]["revenue"] is not None
    assert ("missing_days", "meta") in kinds(flight)
    with pytest.raises(DataError, match=f"meta has no report for {gap}"):
        opened(as_of=None, data=copy, live={"missing": "refuse"})


def test_a_paused_campaign_is_said_and_its_money_planned_again(opened, copy, plan_file):
    first = str(day_before(plan_file) + 6)
    without(copy, "google*", lambda line: line[:10] < first or "YouTube" not in line)
    flight = opened(as_of=None, data=copy)
    k = flight.names.index("google/YouTube")
    assert not flight.reports.spend[5:, k].any()
    assert ("paused", "google/YouTube") in kinds(flight)
    assert flight.plan().cents.sum() == flight.parts.problem.constraints.total_cents


def test_spend_outside_of_the_plan_is_said_and_not_counted(opened, copy, plan_file):
    file = next(copy.glob("google*"))
    head, *lines = file.read_text().splitlines()
    row = next(
        line for line in lines if "YouTube" in line and line[:10] > str(day_before(plan_file))
    )
    file.write_text("\n".join([head, *lines, row.replace("YouTube", "Demand Gen")]) + "\n")
    flight = opened(as_of=None, data=copy)
    assert "google/Demand Gen" not in flight.names
    assert ("outside_plan", "google/Demand Gen") in kinds(flight)


def test_a_campaign_that_the_exports_lack_is_refused(opened, copy):
    without(copy, "google*", lambda line: "YouTube" not in line)
    with pytest.raises(DataError, match="do not have google/YouTube"):
        opened(as_of=None, data=copy)


def test_exports_that_end_before_the_flight_are_refused(opened, copy, plan_file):
    day = str(day_before(plan_file) - 3)
    for file in copy.glob("*-performance.csv"):
        without(copy, file.name, lambda line: line[:10] <= day)
    with pytest.raises(DataError, match="and the flight starts on"):
        opened(as_of=None, data=copy)


def test_a_boss_who_changes_the_total_on_day_11(opened):
    flight = opened(as_of=None, constraints={"total": 150000})
    assert flight.plan().cents.sum() == 15_000_000
    constraints = flight.parts.problem.constraints
    assert constraints.total == 150000
    assert ("total_changed", None) in kinds(flight)
    more = opened(as_of=None, constraints={"total": 260000})
    assert more.plan().cents.sum() == 26_000_000


def test_a_campaign_can_be_switched_off_in_flight(opened):
    off = {"campaigns": {"google/YouTube": {"off": True}}}
    flight = opened(as_of=None, constraints=off)
    k = flight.names.index("google/YouTube")
    assert not flight.decide().choice.plan[:, k].any()
    assert flight.plan().cents.sum() == flight.parts.problem.constraints.total_cents


def test_changed_bounds_hold_for_the_days_left(opened):
    capped = {"campaigns": {"google/Cross-network": {"daily_cap": 1500}}}
    flight = opened(as_of=None, constraints=capped)
    k = flight.names.index("google/Cross-network")
    decision = flight.decide()
    assert decision.choice.plan[:, k].max() <= 150_000
    assert violations(decision.rest, decision.choice.plan) == []


def test_a_ramp_from_now_on(opened):
    ramp = {"ramp": {"up": "10%", "down": "10%", "least": "2%", "against": "yesterday"}}
    flight = opened(as_of=None, constraints=ramp, live={"hold": None})
    decision, constraints = flight.decide(), flight.parts.problem.constraints
    assert violations(decision.rest, decision.choice.plan) == []
    levels = np.vstack([flight.course[9], decision.choice.plan])
    most = np.maximum(0.1 * levels[:-1], 0.02 * constraints.total_cents / 30)
    assert (np.abs(np.diff(levels, axis=0)) <= most + 2).all()


def test_constraints_that_no_plan_meets_are_refused_with_the_node(opened):
    floors = {"campaigns": {"google/YouTube": {"floor": "$190000"}}}
    with pytest.raises(ConstraintError, match=r"google|total"):
        opened(as_of=None, constraints=floors)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"constraints": {"campaigns": {"google/Yutube": {"off": True}}}}, "google/YouTube"),
        ({"constraints": {"totl": 5}}, "totl"),
        ({"policy_": 1}, "there is no such key"),
        ({"live": {"missing": "guess"}}, "live.missing"),
        ({"objective": {"name": "revenue"}}, "objective=conversions"),
    ],
)
def test_wrong_keys_are_one_line(opened, config, message):
    with pytest.raises(ConfigError, match=message) as caught:
        opened(as_of=None, **config)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("policy", ["clairvoyant", "nobody"])
def test_a_policy_that_cannot_fly_is_refused(opened, policy):
    with pytest.raises(ConfigError, match=policy):
        opened(policy)


def test_a_file_that_is_no_plan_is_refused(tmp_path, ten_days, plan_file, sizes):
    content = read_json(plan_file)
    for change in ({"schema_version": 1}, {"days": []}, {"flight": {}}, {"constraints": 3}):
        write_json(tmp_path / "broken.json", {**content, **change})
        with pytest.raises(DataError, match=r"broken\.json"):
            open_flight(tmp_path / "broken.json", ten_days, config=sizes)


def test_late_conversions_weigh_less_and_are_said(ten_days, plan_file, conf, settings):
    history = load_history(DataSettings.of(conf("data/default.yaml", path=ten_days)))
    complete = np.ones(history.spend.shape)
    complete[-2:] = 0.6
    days = reported_days(
        replace(history, complete=complete), read_source(plan_file), settings(), None
    )
    assert (days.reports.complete[-1][days.reports.complete[-1] > 0] == 0.6).all()
    (flag,) = [flag for flag in days.flags if flag.kind == "late_conversions"]
    assert flag.date == str(history.dates[-2])
    assert "60%" in flag.text


def test_the_cost_of_each_rule_is_over_the_days_left(opened):
    ramp = {"up": "10%", "down": "10%", "least": "2%", "against": "yesterday"}
    flight = opened(as_of=None, constraints={"ramp": ramp})
    content = document(flight.plan())
    costs = {row["name"]: row for row in content["constraint_costs"]}
    assert set(costs) >= {"ramp", "start"}
    for row in costs.values():
        assert row["conversions"] >= 0
        assert "over the days left" in row["text"]
    assert costs["start"]["conversions"] <= costs["ramp"]["conversions"] + 0.1
    assert f"the {flight.days_left} days left" in content["constraint_costs_note"]


def test_a_flight_of_one_day_is_re_planned(opened, plan_file):
    flight = opened(as_of=str(day_before(plan_file) + 1))
    assert flight.reports.days == 1
    assert flight.days_left == len(flight.course) - 1
    assert sum(flight.today().values()) > 0


def test_what_was_not_delivered_counts_once(opened, plan_file, tmp_path):
    """Days over are in a later plan as spent: their planned money is planned again for the rest."""
    first = opened(as_of=str(day_before(plan_file) + 5))
    path = tmp_path / "later.json"
    write_json(path, document(first.plan()))
    later = opened(plan=path, as_of=None)
    pace = document(later.plan())["pace"]
    spent = int(first.reports.spend[:5].sum())
    since = int(first.decide().choice.plan[: later.reports.days - 5].sum())
    assert round(100 * pace["planned_by_now"]) == spent + since
    rows = sum(round(100 * row["planned"]) for row in pace["campaigns"])
    assert rows == spent + since
    assert not any(kind == "total_changed" for kind, _ in kinds(later))
