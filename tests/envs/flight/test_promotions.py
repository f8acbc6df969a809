"""Promotions: demand on their days, how certain it is, and nothing where they are neutral."""

import numpy as np
import pytest

from mediagym.data.errors import ConfigError
from mediagym.data.storage import SAMPLE, shipped_yaml
from mediagym.envs.calibration import load_posterior
from mediagym.envs.constraints import (
    ConstraintSettings,
    FlightStart,
    constraints_from_json,
    parse_constraints,
)
from mediagym.envs.flight import promoted
from mediagym.envs.market import simulate

DAYS, POSTERIOR = 14, load_posterior(SAMPLE / "calibration")
FIRST = int(POSTERIOR.state.day)


def date(day):
    return str(np.datetime64(FIRST + day, "D"))


def set_of(**row):
    keys = {"start": date(3), "end": date(5), "campaigns": "all", **row}
    group = shipped_yaml("constraints/default") | {"calendar": [keys], "most_times_recent": None}
    settings = ConstraintSettings.of(group, "constraints")
    start = FlightStart(POSTERIOR.recent, FIRST)
    return parse_constraints(settings, POSTERIOR.campaigns, DAYS, start=start)


def expected(posterior):
    """Expected conversions at the usual spend, (days, draws, campaigns)."""
    plan = np.tile(POSTERIOR.recent, (DAYS, 1, 1))
    _, outcomes = simulate(posterior.market, posterior.state, plan, None)
    return np.stack([outcome.expected for outcome in outcomes])


def test_demand_is_multiplied_on_the_days_of_the_row_alone():
    names = ["google/YouTube", "meta"]
    known = promoted(POSTERIOR, set_of(demand=1.3, campaigns=names))
    ratio = expected(known) / expected(POSTERIOR)
    some = [POSTERIOR.names.index(name) for name in names]
    others = [k for k in range(len(POSTERIOR.names)) if k not in some]
    np.testing.assert_allclose(ratio[3:6][..., some], 1.3, rtol=1e-5)
    np.testing.assert_array_equal(ratio[3:6][..., others], 1)
    np.testing.assert_array_equal(ratio[[0, 1, 2, *range(6, DAYS)]], 1)


def test_its_sd_spreads_over_the_draws_around_the_mean():
    known = promoted(POSTERIOR, set_of(demand=1.3, demand_sd=0.2))
    factor = (expected(known) / expected(POSTERIOR))[3, :, 0]
    error = 0.2 / np.sqrt(len(factor))
    assert factor.mean() == pytest.approx(1.3, abs=5 * error)
    assert factor.std() == pytest.approx(0.2, rel=0.2)
    sure = expected(promoted(POSTERIOR, set_of(demand=1.3)))[3].sum(-1)
    unsure = expected(known)[3].sum(-1)
    assert np.ptp(np.quantile(unsure, [0.05, 0.95])) > np.ptp(np.quantile(sure, [0.05, 0.95]))


@pytest.mark.parametrize("row", [{}, {"demand": 1, "demand_sd": 0}, {"demand": 1.0}])
def test_a_neutral_row_changes_nothing(row):
    constraints = set_of(**row)
    assert promoted(POSTERIOR, constraints) is POSTERIOR
    assert constraints.to_json() == set_of().to_json()


def test_promotions_are_added_once_and_survive_a_file():
    constraints = set_of(demand=0.7, demand_sd=0.1)
    known = promoted(POSTERIOR, constraints)
    assert promoted(known, constraints) is known
    again = constraints_from_json(constraints.to_json())
    assert again.promotions == constraints.promotions
    np.testing.assert_array_equal(promoted(POSTERIOR, again).market.calendar, known.market.calendar)


@pytest.mark.parametrize(
    "row", [{"demand": -1}, {"demand": 0}, {"demand": "much"}, {"demand_sd": True}, {"demand": 1e9}]
)
def test_what_is_no_multiple_is_refused_with_its_place(row):
    with pytest.raises(ConfigError, match=r"calendar\.0\.demand"):
        set_of(**row)
