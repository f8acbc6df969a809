"""What a plan says about money beyond recent spend, and about campaigns that it restarts."""

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pytest
from rich.console import Console

from mediagym.agents.plans import plan_table
from mediagym.agents.plans.document import SCHEMA, document
from mediagym.agents.plans.records import Plan
from mediagym.data.history import Campaign
from mediagym.envs.calibration import Forecast, SpendingFacts
from mediagym.envs.constraints import ConstraintSettings, KnownSpend, parse_constraints

NAMES = (Campaign("google", "A"), Campaign("google", "B"), Campaign("meta", None))
NAN = float("nan")


@pytest.fixture
def make(conf: Callable[..., dict]) -> Callable[..., dict[str, Any]]:
    """Content of the plan of two days, with spending facts as columns of the three campaigns."""

    def content(
        cents: list[list[int]],
        facts: tuple[tuple[float, ...], ...] | None,
        spend: KnownSpend | None = None,
        **limits: Any,
    ) -> dict[str, Any]:
        array = np.array(cents, np.int64)
        settings = conf(
            "constraints/default.yaml",
            **{"total": int(array.sum()) / 100, "channel": {}, "campaign": {}, "pacing": None},
            **limits,
        )
        draws = np.ones((4, *array.shape))
        plan = Plan(
            policy="test",
            objective="conversions",
            constraints=parse_constraints(
                ConstraintSettings.of(settings, "constraints"), NAMES, len(array), None, spend
            ),
            first_day=20_000,
            cents=array,
            forecast=Forecast(draws, draws, 10 * draws, 10 * draws),
            marginal=np.ones(3),
            baselines={"uniform": 3.0},
            baselines_beyond={"uniform": 0.25},
            observed_mean=np.full(3, 10.0),
            recent=np.full(3, 10.0),
            observed_max=np.full(3, 1000.0),
            notes=(),
            spending=None if facts is None else SpendingFacts(*map(np.array, facts)),
            history_days=800,
        )
        made = document(plan)
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(made)))
        return made

    return content


CENTS = [[1000, 3000, 2000], [2000, 4000, 2000]]
RUNNING = (0.0, 0.0, 0.0)


def test_the_flag_compares_with_recent_days_and_not_with_the_dearest_ever(make: Callable) -> None:
    rows = make(CENTS, ((20.0, 20.0, 20.0), (NAN, NAN, NAN), RUNNING))["campaigns"]
    assert [row["extrapolated"] for row in rows] == [False, True, False]
    assert [row["times_recent_max"] for row in rows] == [1.0, 2.0, 1.0]
    assert rows[1]["extrapolation"]["times_max"] == 2.0
    assert [row["observed_max_daily"] for row in rows] == [1000.0] * 3
    assert [row["recent_max_daily"] for row in rows] == [20.0] * 3
    assert [row["season_max_daily"] for row in rows] == [None] * 3


def test_a_dearer_season_of_an_earlier_year_counts(make: Callable) -> None:
    rows = make(CENTS, ((20.0, 20.0, 10.0), (5.0, 40.0, 15.0), RUNNING))["campaigns"]
    assert [row["extrapolated"] for row in rows] == [False, False, True]
    assert rows[2]["times_recent_max"] == pytest.approx(20 / 15)


def test_a_campaign_without_recent_spend_has_no_multiple(make: Callable) -> None:
    content = make(CENTS, ((0.0, 20.0, 20.0), (NAN, NAN, NAN), (90.0, 0.0, 0.0)))
    row = content["campaigns"][0]
    assert row["extrapolation"] == {"times_mean": 1.5, "times_max": None}
    assert row["times_recent_max"] is None
    assert row["restart"]


def test_shares_of_money_beyond_are_given_at_every_level(make: Callable) -> None:
    content = make(CENTS, ((20.0, 20.0, 20.0), (NAN, NAN, NAN), RUNNING))
    assert [row["extrapolated_share"] for row in content["campaigns"]] == [0, 30 / 70, 0]
    assert [row["extrapolated_share"] for row in content["channels"]] == [0.3, 0]
    assert content["totals"]["extrapolated_share"] == pytest.approx(30 / 140)
    assert content["baselines"][0]["extrapolated_share"] == 0.25
    days = [[each["extrapolated"] for each in day["campaigns"]] for day in content["days"]]
    assert days == [[False, True, False], [False, True, False]]


def test_the_basis_gives_the_dates(make: Callable) -> None:
    basis = make(CENTS, ((20.0,) * 3, (NAN,) * 3, RUNNING))["extrapolation_basis"]
    start = np.datetime64(20_000, "D")
    assert basis["recent"] == {"start": str(start - 56), "end": str(start - 1)}
    first, second = basis["seasons"]
    assert first == {"start": str(start - 28 - 365), "end": str(start + 29 + 28 - 365)}
    assert second["start"] == str(start - 28 - 730)


def test_without_spending_facts_the_whole_history_stands_for_them(make: Callable) -> None:
    content = make(CENTS, None)
    assert content["extrapolation_basis"] is None
    assert not any(row["extrapolated"] or row["restart"] for row in content["campaigns"])
    assert content["totals"]["extrapolated_share"] == 0


def test_the_warning_names_the_day_that_it_compares_with(make: Callable) -> None:
    facts = ((20.0, 20.0, 10.0), (NAN, NAN, 15.0), RUNNING)
    lines = [line for line in make(CENTS, facts)["warnings"] if "extrapolation" in line]
    assert "2.0 times its highest day of the last 56 days ($20.00)" in lines[0]
    assert "1.3 times its highest day of this season in earlier years ($15.00)" in lines[1]


@pytest.mark.parametrize(("days", "is_restart"), [(27, False), (28, True), (646, True)])
def test_a_restart_begins_at_28_days_without_spend(
    make: Callable, days: int, is_restart: bool
) -> None:
    content = make(CENTS, ((20.0, 20.0, 0.0), (NAN,) * 3, (0.0, 0.0, float(days))))
    row = content["campaigns"][2]
    assert row["days_without_spend"] == days
    assert row["restart"] is is_restart
    assert row["restart_reason"] is None
    assert row["times_recent_max"] is None
    lines = [line for line in content["warnings"] if line.startswith("WARNING: meta: restarted")]
    assert len(lines) == is_restart
    if is_restart:
        assert content["warnings"][0] == lines[0]
        told = f"after {days} days without spend, with $40.00; no floor forces that much"
        assert told in lines[0]
        assert lines[0].endswith("To leave it out, switch it off.")
        console = Console(width=200)
        with console.capture() as capture:
            console.print(plan_table(content))
        assert f"restarted after {days} days" in capture.get()


def test_a_dead_campaign_without_money_is_no_restart(make: Callable) -> None:
    cents = [[1000, 3000, 0], [2000, 4000, 0]]
    content = make(cents, ((50.0, 50.0, 0.0), (NAN,) * 3, (0.0, 0.0, 90.0)))
    assert not content["campaigns"][2]["restart"]
    assert not any("restarted" in line for line in content["warnings"])


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"campaigns": {"meta": {"floor": 40}}}, "campaign floor"),
        ({"channels": {"meta": {"floor": 40}}}, "channel floor"),
        ({"campaigns": {"meta": {"floor": 20}}}, None),
    ],
)
def test_the_floor_that_forces_a_restart_is_named(
    make: Callable, limits: dict, reason: str | None
) -> None:
    content = make(CENTS, ((50.0, 50.0, 0.0), (NAN,) * 3, (0.0, 0.0, 90.0)), **limits)
    assert content["campaigns"][2]["restart_reason"] == reason
    expected = "no floor forces that much" if reason is None else f"its {reason} forces it"
    assert expected in content["warnings"][0]


def test_a_cap_by_recent_spend_is_named_as_what_binds(make: Callable) -> None:
    cents = [[4000, 2000, 1000], [4000, 2000, 1000]]
    recent = np.array([40 / 3, 500.0, 500.0])
    facts = ((40 / 3, 500.0, 500.0), (NAN,) * 3, RUNNING)
    content = make(cents, facts, KnownSpend(recent, recent, recent))
    assert content["campaigns"][0]["binding"]["bound"] == "recent spend cap"
    assert content["campaigns"][1]["binding"] is None
    assert content["campaigns"][0]["times_recent_max"] == pytest.approx(3.0)
