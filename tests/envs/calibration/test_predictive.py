import numpy as np
import pytest

from mediagym.envs.calibration import predict
from mediagym.envs.market import simulate


@pytest.fixture(scope="module")
def spend(posterior):
    rng = np.random.default_rng(0)
    return posterior.recent * rng.gamma(5, 0.2, (20, len(posterior.names)))


def test_a_forecast_has_every_draw_day_and_campaign(posterior, spend):
    forecast = predict(posterior, spend, 1)
    for part in forecast:
        assert part.shape == (posterior.draws, 20, len(posterior.names))
        assert (part >= 0).all()
        assert np.isfinite(part).all()
    assert predict(posterior, spend, 1, draws=10).expected.shape[0] == 10
    assert predict(posterior, spend, 1, draws=10_000).expected.shape[0] == posterior.draws


def test_a_seed_determines_every_draw(posterior, spend):
    one, again, other = (predict(posterior, spend, seed) for seed in (1, 1, 2))
    for part, same, different in zip(one, again, other, strict=True):
        assert np.array_equal(part, same)
        assert not np.array_equal(part, different)


@pytest.mark.parametrize("day", [1, 7, 19])
def test_days_do_not_depend_on_later_spend(posterior, spend, day):
    """And later days do."""
    changed = spend.copy()
    changed[day:] = 3 * changed[day:] + 50
    before, after = predict(posterior, spend, 1), predict(posterior, changed, 1)
    for one, two in zip(before, after, strict=True):
        assert np.array_equal(one[:, :day], two[:, :day])
    assert (after.expected[:, day:] > before.expected[:, day:]).all()


def test_counts_and_revenue_scatter_around_their_expectation(posterior, spend):
    forecast = predict(posterior, spend, 3)
    for name in ("conversions", "revenue"):
        expected, counted = forecast.of(name)
        gap = counted.sum(2) - expected.sum(2)
        error = gap.std() / np.sqrt(gap.size)
        assert abs(gap.mean()) < 6 * error
        assert counted.std(0).mean() > expected.std(0).mean()
    assert forecast.of("revenue")[0] is forecast.expected_revenue
    assert forecast.of("conversions")[1] is forecast.counted
    value = posterior.market.order_value[:, None]
    np.testing.assert_allclose(forecast.expected_revenue, forecast.expected * value)


def test_with_a_constant_level_the_expectation_is_the_simulators(posterior, spend):
    import dataclasses

    market = posterior.market
    none = np.zeros_like(market.elasticity)
    still = dataclasses.replace(posterior, market=market._replace(level_sd=none, demand_sd=none))
    _, outcomes = simulate(still.market, still.state, spend[:, None], None)
    expected = np.stack([outcome.expected for outcome in outcomes], 1)
    np.testing.assert_allclose(predict(still, spend, 1).expected, expected)
