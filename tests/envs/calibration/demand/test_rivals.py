import json

import numpy as np
import pytest

from mediagym.data.forecasting import NAIVE_FORECASTS
from mediagym.envs.calibration.demand import PastForecasts, past_report, summed

ORIGINS, HORIZON = (100, 114, 128), 14
WEIGHTS = {"slow": 0.75, "shared": 0.25}


@pytest.fixture
def forecasts(history):
    actual = np.array([np.nansum(history.conversions[d : d + HORIZON], 0) for d in ORIGINS])
    totals = np.stack([1.2 * actual, 0.8 * actual], 1)
    density, columns = np.zeros((3, 2)), np.arange(actual.shape[1])
    return PastForecasts(ORIGINS, HORIZON, tuple(WEIGHTS), density, totals, actual, columns)


def test_naive_forecasts_are_of_the_smallest_campaigns_together_as_well(history, forecasts):
    columns = np.minimum(np.arange(9), 4)
    apart, pooled = (
        past_report(history, each, WEIGHTS)["rivals"]
        for each in (
            forecasts,
            forecasts._replace(
                totals=summed(forecasts.totals, columns),
                actual=summed(forecasts.actual, columns),
                columns=columns,
            ),
        )
    )
    for name, errors in apart.items():
        assert pooled[name]["total"] == pytest.approx(errors["total"])
        assert pooled[name]["campaign"] <= errors["campaign"] + 1e-12


def test_errors_are_of_totals_and_of_campaigns(history, forecasts):
    totals = forecasts.totals.copy()
    totals[:, 0, 0] -= 2 * 0.2 * forecasts.actual[:, 0]  # one campaign too low instead of high
    report = past_report(history, forecasts._replace(totals=totals), WEIGHTS)
    slow = report["structures"]["slow"]
    actual = forecasts.actual
    cancelled = np.abs(actual.sum(1) - 2 * actual[:, 0]).sum() / actual.sum()
    assert slow["total"] == pytest.approx(0.2 * cancelled)
    assert slow["campaign"] == pytest.approx(0.2)
    assert report["structures"]["shared"] == pytest.approx({"total": 0.2, "campaign": 0.2})


def test_the_stack_is_the_weighted_mean_of_the_structures(history, forecasts):
    report = past_report(history, forecasts, WEIGHTS)
    assert report["stack"] == pytest.approx({"total": 0.1, "campaign": 0.1})


def test_rivals_forecast_the_same_days_from_the_days_before(history, forecasts):
    report = past_report(history, forecasts, WEIGHTS)
    assert set(report["rivals"]) == set(NAIVE_FORECASTS) - {"seasonal_naive"}  # less than a year
    naive = NAIVE_FORECASTS["last_28_days"]
    totals = np.array(
        [
            naive(
                history.window(None, d), np.nan_to_num(history.spend[d : d + 14]), "conversions"
            ).sum(0)
            for d in ORIGINS
        ]
    )
    error = np.abs(totals.sum(1) - forecasts.actual.sum(1)).sum() / forecasts.actual.sum()
    assert report["rivals"]["last_28_days"]["total"] == pytest.approx(error)
    assert report["origins"] == [str(history.dates[d]) for d in ORIGINS]
    assert report["horizon"] == HORIZON
    json.dumps(report, allow_nan=False)


def test_the_verdict_says_who_is_best(history, forecasts):
    perfect = forecasts._replace(totals=np.stack(2 * [forecasts.actual], 1))
    best = past_report(history, perfect, WEIGHTS)["verdict"]
    assert best.startswith("The model forecasts the totals of 14 days from 3 past dates best")
    assert "an error of 0.0%" in best
    wrong = forecasts._replace(totals=9 * forecasts.totals)
    worse = past_report(history, wrong, WEIGHTS)["verdict"]
    assert worse.startswith("WARNING: ")
    assert any(name.replace("_", " ") in worse for name in NAIVE_FORECASTS)


def test_a_history_that_is_too_short_says_so(history, forecasts):
    none = PastForecasts(
        (),
        14,
        tuple(WEIGHTS),
        np.zeros((0, 2)),
        np.zeros((0, 2, 9)),
        np.zeros((0, 9)),
        np.arange(9),
    )
    report = past_report(history.window(None, 50), none, WEIGHTS)
    assert report["stack"] is None
    assert "too short" in report["verdict"]
    json.dumps(report, allow_nan=False)


def test_nothing_counted_is_nothing_to_compare(history, forecasts):
    report = past_report(history, forecasts._replace(actual=0 * forecasts.actual), WEIGHTS)
    assert report["stack"] is None
    assert not any(report["rivals"].values())
    json.dumps(report, allow_nan=False)
