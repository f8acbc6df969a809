"""The calibrated simulator fulfils the Forecaster protocol."""

import numpy as np

from mediagym.data.forecasting import METRICS
from mediagym.envs.calibration import SimulatorForecaster, cached_calibrations


def test_the_simulator_forecasts_both_metrics_with_one_calibration_per_history(
    history, priors, calibration_settings
):
    cached = cached_calibrations(priors, calibration_settings)
    posteriors = []

    def calibration(past):
        posteriors.append(cached(past))
        return posteriors[-1]

    simulator = SimulatorForecaster(calibration, 0)
    before = history.window(None, 120)
    spend = np.nan_to_num(history.spend[120:])
    forecasts = {metric: simulator.forecast(before, spend, metric) for metric in METRICS}
    again = simulator.forecast(before, spend, "conversions")
    np.testing.assert_array_equal(forecasts["conversions"], again)
    assert len(posteriors) == 3
    assert all(posterior is posteriors[0] for posterior in posteriors)
    counted = np.nansum(history.conversions[120:])
    assert 0.5 < forecasts["conversions"].sum() / counted < 2
    doubled = simulator.forecast(before, 2 * spend, "conversions")
    assert doubled.sum() > 1.1 * again.sum()
