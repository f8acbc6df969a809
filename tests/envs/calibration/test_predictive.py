import numpy as np
import pytest

from mediagym.envs.calibration import predict
from mediagym.envs.market import simulate


@pytest.fixture(scope="module")
def spend(posterior):
    rng = np.random.default_rng(0)
    return posterior.recent * rng.gamma(5, 0.2, (20, len(posterior.names)))


def test_a_forecast_is_of_every_draw_day_and_campaign(posterior, spend):
    found = predict(posterior, spend, 1)
    for part in found:
        assert part.shape == (posterior.draws, 20, len(posterior.names))
        assert (part >= 0).all()
        assert np.isfinite(part).all()
    assert predict(posterior, spend, 1, draws=10).expected.shape[0] == 10
    assert predict(posterior, spend, 1, draws=10_000).expected.shape[0] == posterior.draws


def test_a_seed_decides_every_draw(posterior, spend):
    one, again, other = (predict(posterior, spend, seed) for seed in (1, 1, 2))
    for part, same, different in zip(one, again, other, strict=True):
        assert np.array_equal(part, same)
        assert not np.array_equal(part, different)


@pytest.mark.parametrize("day", [1, 7, 19])
def test_days_do_not_depend_on_later_spend(posterior, spend, day):
    """And the days after do."""
    changed = spend.copy()
    changed[day:] = 3 * changed[day:] + 50
    before, after = predict(posterior, spend, 1), predict(posterior, changed, 1)
    for one, two in zip(before, after, strict=True):
        assert np.array_equal(one[:, :day], two[:, :day])
    assert (after.expected[:, day:] > before.expected[:, day:]).all()


def test_counts_and_revenue_scatter_around_what_is_expected(posterior, spend):
    found = predict(posterior, spend, 3)
    for name in ("conversions", "revenue"):
        expected, counted = found.of(name)
        gap = counted.sum(2) - expected.sum(2)
        error = gap.std() / np.sqrt(gap.size)
        assert abs(gap.mean()) < 6 * error
        assert counted.std(0).mean() > expected.std(0).mean()
    assert found.of("revenue")[0] is found.expected_revenue
    assert found.of("conversions")[1] is found.counted
    value = posterior.market.order_value[:, None]
    np.testing.assert_allclose(found.expected_revenue, found.expected * value)


def test_without_a_walk_it_is_the_simulator(posterior, spend):
    import dataclasses

    market = posterior.market
    none = np.zeros_like(market.elasticity)
    still = dataclasses.replace(posterior, market=market._replace(level_sd=none, demand_sd=none))
    _, outcomes = simulate(still.market, still.state, spend[:, None], None)
    expected = np.stack([outcome.expected for outcome in outcomes], 1)
    np.testing.assert_allclose(predict(still, spend, 1).expected, expected)
