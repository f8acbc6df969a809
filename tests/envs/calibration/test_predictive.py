import dataclasses

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


def still(posterior, **changes):
    """The posterior with levels and demand that never change but by their decay."""
    none = np.zeros_like(posterior.market.elasticity)
    market = posterior.market._replace(level_sd=none, demand_sd=none)
    return dataclasses.replace(posterior, market=market, **changes)


def simulated(posterior, spend):
    _, outcomes = simulate(posterior.market, posterior.state, spend[:, None], None)
    return np.stack([outcome.expected for outcome in outcomes], 1)


def test_with_a_constant_level_the_expectation_is_the_simulators(posterior, spend):
    alone = still(posterior, follow=None)
    np.testing.assert_allclose(predict(alone, spend, 1).expected, simulated(alone, spend))


def test_given_spend_is_a_report_about_demand_and_a_plans_is_not(posterior, spend):
    """The index replaces its last value in the level, day by day; the simulation keeps that."""
    followed = still(posterior)
    strength = posterior.follow.strength
    start = posterior.state.level - strength * posterior.follow.spend_index.latest
    kept = posterior.market.level_kept
    levels = np.stack([start * kept ** (t + 1) for t in range(len(spend))], 1)
    plan = np.stack([posterior.state.level * kept ** (t + 1) for t in range(len(spend))], 1)
    given = strength[:, None] * posterior.follow.spend_index.ahead(spend)
    expected = simulated(followed, spend) * np.exp(levels - plan + given)
    np.testing.assert_allclose(predict(followed, spend, 1).expected, expected, rtol=1e-9)
    assert np.abs(given).max() > 0.01


def test_more_given_spend_is_more_demand_by_the_strength(posterior, spend):
    """Against a simulation of the same spend, whose curve is the same."""
    followed = still(posterior)
    base = np.log(predict(followed, spend, 1).expected / simulated(followed, spend))
    for factor in (0.8, 1.25):
        given = factor * spend
        ratio = np.log(predict(followed, given, 1).expected / simulated(followed, given))
        change = (ratio - base)[:, 7:]  # the whole week of the index has the factor
        exact = posterior.follow.strength[:, None] * np.log(factor) + 0 * change
        inside = np.abs(posterior.follow.spend_index.ahead(given)[7:]) < 2.5  # the index is not cut
        assert inside.mean() > 0.8
        np.testing.assert_allclose(change[:, inside], exact[:, inside], atol=1e-9)
