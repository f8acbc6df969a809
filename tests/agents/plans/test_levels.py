"""Levels that a flight under way goes on from, and what its other days may break, by hand."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mediagym.agents.plans import Actuals, joined, levels_set, write_plan
from mediagym.agents.plans.document import broken_constraints
from mediagym.agents.plans.records import Plan
from mediagym.data.errors import ConstraintError
from mediagym.data.history import Campaign
from mediagym.data.storage import read_json
from mediagym.envs.calibration import Forecast
from mediagym.envs.constraints import Constraints, ConstraintSettings, parse_constraints

NAMES = (Campaign("google", "A"), Campaign("meta", None))
PLANNED = np.array([[100_00, 400_00], [200_00, 600_00]])
RHYTHM = np.array([[1.0, 2.0], [2.0, 1.5], [1.0, 1.0], [1.0, 1.0]])
SPENT = np.array([[100_00, 70_00]])  # of $100 each that were planned
WHOLE = np.array([[100_00, 70_00], [105_00, 105_00], [105_00, 105_00], [105_00, 105_00]])


@pytest.fixture
def limits(conf: Callable[..., dict]) -> Callable[..., Constraints]:
    """Makes the set of two campaigns over four days with $800."""

    def make(**changes: object) -> Constraints:
        free = {"channel": {}, "campaign": {}, "pacing": None, "ramp": None}
        settings = conf("constraints/default.yaml", total=800, **{**free, **changes})
        return parse_constraints(ConstraintSettings.of(settings, "constraints"), NAMES, 4)

    return make


def test_levels_are_the_last_day_s_spend_over_its_rhythm(
    limits: Callable[..., Constraints],
) -> None:
    limited = limits(change_limit="25%", pacing=[1, 1])
    assert levels_set(limited, PLANNED).tolist() == [200_00, 600_00]
    weekly = replace(limited, rhythm=RHYTHM)
    assert levels_set(weekly, PLANNED).tolist() == [100_00, 400_00]
    assert levels_set(weekly, PLANNED[:1]).tolist() == [100_00, 200_00]


def test_a_level_passes_over_the_days_that_it_skips(limits: Callable[..., Constraints]) -> None:
    passed = np.zeros((4, 2), bool)
    passed[1, 0] = True
    limited = replace(limits(change_limit="25%", pacing=[1, 1]), passed_over=passed)
    assert levels_set(limited, PLANNED).tolist() == [100_00, 600_00]
    passed[0, 0] = True
    assert levels_set(limited, PLANNED).tolist() == [0, 600_00]
    live = replace(limited, live_cents=np.array([70_00, 80_00]))
    assert levels_set(live, PLANNED).tolist() == [70_00, 600_00]


def test_no_level_goes_on_where_nothing_limits_it_or_nothing_was_planned(
    limits: Callable[..., Constraints],
) -> None:
    limited = limits(change_limit="25%", pacing=[1, 1])
    assert levels_set(limits(), PLANNED) is None
    assert levels_set(limited, None) is None
    assert levels_set(limited, PLANNED[:0]) is None
    weekdays = replace(limits(), may_change=np.array([True, False, False, False]))
    assert levels_set(weekdays, PLANNED).tolist() == [200_00, 600_00]


def test_changes_go_on_from_what_was_planned_and_not_from_what_was_delivered(
    limits: Callable[..., Constraints],
) -> None:
    """Of meta's $100 only $70 were spent: $105 is 5 % more than planned, 50 % more than spent."""
    limited = limits(change_limit="25%", pacing=[1, 1])
    assert broken_constraints(limited, WHOLE, 1, np.array([[100_00, 100_00]])) == []
    (line,) = broken_constraints(limited, WHOLE, 1)
    assert "meta: $105 is above" in line
    later = np.array([[100_00, 100_00], [10_00, 10_00]])  # planned for days that are not over
    assert broken_constraints(limited, WHOLE, 1, later) == []


def test_days_that_are_over_are_facts_that_break_nothing(
    limits: Callable[..., Constraints],
) -> None:
    wrong = np.full((4, 2), 101_00)
    assert broken_constraints(limits(), wrong, 4) == []
    assert "total: $808 is above the total $800" in broken_constraints(limits(), wrong, 0)
    assert len(broken_constraints(limits(), wrong, 3)) == 1
    assert broken_constraints(limits(), np.full((4, 2), 100_00), 0) == []


def test_a_flight_under_way_is_written_by_what_was_planned(
    limits: Callable[..., Constraints], random_plan: Callable[..., Plan], tmp_path: Path
) -> None:
    planned = np.array([[100_00, 100_00]])
    made = random_plan(0, 4, 0)
    draws = Forecast(*(np.ones((3, 4, 2)) for _ in made.forecast))
    actuals = Actuals(SPENT, np.array([[5.0, 6.0]]), np.array([[50.0, 60.0]]), planned)
    rest = Forecast(*(field[:, 1:] for field in draws))
    each = np.ones(2)
    plan = made._replace(
        constraints=limits(change_limit="25%", pacing=[1, 1]),
        cents=WHOLE,
        marginal=each,
        observed_mean=each,
        recent=each,
        observed_max=each,
        actuals=actuals,
        forecast=joined(actuals, rest),
    )
    content = write_plan(plan, tmp_path / "plan.json")
    assert read_json(tmp_path / "plan.json") == content
    assert content["made"]["as_of"] == "2024-10-04"  # day 20,000 since 1970, the only one over
    assert content["flight"] == {
        "start": "2024-10-04",
        "end": "2024-10-07",
        "days": 4,
        "budget": 800.0,
        "actual_days": 1,
        "spent": 170.0,
        "remaining": 630.0,
    }
    assert content["made"]["markets"] == "3 draws of the posterior"
    assert content["totals"]["conversions"]["mean"] == pytest.approx(5 + 6 + 3 * 2)
    assert content["totals"]["revenue"]["mean"] == pytest.approx(50 + 60 + 3 * 2)
    untold = plan._replace(actuals=actuals._replace(planned=None))
    with pytest.raises(ConstraintError, match=r"breaks a constraint: day 1, meta: \$105 is above"):
        write_plan(untold, tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()
