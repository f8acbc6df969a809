import numpy as np
import pytest

from mediagym.envs.calibration.demand import CALENDAR_DAYS, known_demand
from mediagym.envs.calibration.demand.design import season_waves
from mediagym.envs.calibration.demand.known import demand_report

DAYS = 380


@pytest.fixture(scope="module")
def seasonal(structures):
    return structures["steady"].model_copy(update={"season": True})


@pytest.fixture(scope="module")
def data(simulated, structures):
    return simulated(structures["steady"], DAYS, 2, seed=4, events=2)


@pytest.fixture(scope="module")
def known(data, seasonal):
    return known_demand(data, seasonal, np.random.default_rng(0))


def effects(data, known, first, days):
    """Season and events of all days, (draws or none, days), of coefficients."""
    offset = first - data.observed.first_day
    waves = season_waves(first + np.arange(days))
    return np.concatenate([waves, data.events[offset : offset + days]], axis=1).T


def test_demand_without_a_season_has_no_calendar(data, structures):
    plain = known_demand(data, structures["steady"], np.random.default_rng(0))
    calendar, last = plain.draw(50, np.random.default_rng(1))
    assert calendar is None
    assert last.shape == (50, 1)
    np.testing.assert_allclose(plain.history, plain.fit.path[:, 0])


def test_the_history_is_season_events_and_shared_movements(data, known):
    seasonal = known.fit.coefficients[known.position] @ effects(
        data, known, data.observed.first_day, DAYS
    )
    np.testing.assert_allclose(known.history, seasonal + known.fit.path[:, 0])


def test_each_day_after_the_history_has_its_row(data, known):
    """The row of a day is the mode's effect plus a change that is new since the last 28 days."""
    calendar, last = known.draw(40, np.random.default_rng(1))
    coefficients, path = known.fit.draw(40, np.random.default_rng(1))
    assert calendar.shape == (40, CALENDAR_DAYS, 1)
    np.testing.assert_allclose(last, path[:, :1])
    first, own = known.first_day, known.position
    assert first == data.observed.first_day + DAYS
    all_days = effects(data, known, first - 28, 28 + CALENDAR_DAYS)
    mode = known.fit.coefficients[own] @ all_days
    change = (coefficients[:, own] - known.fit.coefficients[own]) @ all_days
    for ahead in (0, 1, 19, 20, 250, CALENDAR_DAYS - 1):
        expected = mode[28 + ahead] + change[:, 28 + ahead] - change[:, :28].mean(1)
        row = calendar[:, (first + ahead) % CALENDAR_DAYS, 0]
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_the_last_weeks_which_levels_have_seen_are_certain(known):
    """Uncertainty of the season is smaller next to them."""
    calendar, _ = known.draw(2000, np.random.default_rng(1))
    days = (known.first_day + np.arange(CALENDAR_DAYS)) % CALENDAR_DAYS
    sd = calendar[:, days, 0].std(0)
    assert sd[:7].mean() < 0.8 * sd[150:250].mean()


def test_events_come_on_their_dates_ahead(data, known):
    calendar, _ = known.draw(500, np.random.default_rng(1))
    mean = calendar[:, (known.first_day + np.arange(CALENDAR_DAYS)) % CALENDAR_DAYS, 0].mean(0)
    own = known.fit.coefficients[known.position][-2:]
    assert (own > 0.1).all()  # of 0.5 in the simulation, shrunk
    events = data.events[DAYS : DAYS + CALENDAR_DAYS].sum(1)
    assert mean[events > 0].mean() > mean[events == 0].mean() + 0.1


def test_a_seed_determines_the_draws(known):
    one, two = (known.draw(9, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])


def test_the_report_has_factors_of_every_day(data, known):
    ahead = np.random.default_rng(0).normal(0.1, 0.2, (4000, 30))
    report = demand_report([known], np.ones(1), ahead)
    np.testing.assert_allclose(report["history"], np.exp(known.history), atol=1e-4)
    assert report["first_day"] == str(np.datetime64(data.observed.first_day, "D"))
    low, mean, high = (np.array(report["ahead"][name]) for name in ("low", "mean", "high"))
    assert (low < mean).all()
    assert (mean < high).all()
    assert set(report["events"]) == set(data.names)
