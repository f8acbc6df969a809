"""The calibrated simulator keeps the rules of forecasters."""

import numpy as np

from mediagym.data.forecasting import METRICS
from mediagym.envs.calibration import SimulatorForecaster, cached_calibrations


def test_the_simulator_forecasts_and_calibrates_once_a_history(
    history, priors, calibration_settings
):
    seen = []
    calibration = cached_calibrations(priors, calibration_settings)

    def counting(known):
        seen.append(known.fingerprint())
        return calibration(known)

    simulator = SimulatorForecaster(counting, 0)
    before = history.window(None, 120)
    spend = np.nan_to_num(history.spend[120:])
    found = {metric: simulator.forecast(before, spend, metric) for metric in METRICS}
    again = simulator.forecast(before, spend, "conversions")
    np.testing.assert_array_equal(found["conversions"], again)
    assert len(set(seen)) == 1
    counted = np.nansum(history.conversions[120:])
    assert 0.5 < found["conversions"].sum() / counted < 2
    more = simulator.forecast(before, 2 * spend, "conversions")
    assert more.sum() > 1.1 * again.sum()
