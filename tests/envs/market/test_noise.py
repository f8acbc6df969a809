import numpy as np

from mediagym.envs.arrays import select
from mediagym.envs.market import (
    Market,
    ShockSettings,
    draw_noise,
    draw_noises,
    generator,
    unit_gamma,
)


def markets(draw_market, count) -> Market:
    return draw_market(np.random.default_rng(0), (count,))


def test_a_flight_draws_the_same_alone_and_in_any_batch(draw_market):
    many = markets(draw_market, 8)
    four = select(many, slice(4))
    big, small = (
        draw_noises(m, 30, [generator(3, i) for i in range(n)]) for m, n in ((many, 8), (four, 4))
    )
    alone = draw_noise(select(many, 2), 30, generator(3, 2))
    names = [name for name in big._fields if getattr(big, name) is not None]
    assert {"demand", "level", "count_normal"} <= set(names)
    for name in names:
        assert np.array_equal(getattr(big, name)[:, :4], getattr(small, name))
        assert np.array_equal(getattr(big, name)[:, 2], getattr(alone, name))


SHOCKS = ShockSettings(
    outage=0.1,
    outage_days=(2, 5),
    competitor=0.1,
    competitor_price=(1.2, 2.0),
    tracking=0.1,
    tracking_caught=(0.3, 0.8),
    spike=0.1,
    spike_days=(1, 4),
    spike_size=(1.5, 3.0),
    regime=0.05,
    regime_sd=0.5,
)


def test_the_events_of_a_flight_are_the_same_alone_and_in_a_large_batch(draw_market):
    """Large batches add day by day what flights alone add at once."""
    many = draw_market(np.random.default_rng(0), (130,), campaigns=9)
    batch = draw_noises(many, 12, [generator(3, i) for i in range(130)], None, SHOCKS)
    for flight in (0, 77, 129):
        alone = draw_noise(select(many, flight), 12, generator(3, flight), None, SHOCKS)
        for name in ("outage", "competitor_entry", "tracking", "spike"):
            assert np.array_equal(getattr(batch, name)[:, flight], getattr(alone, name)), name


class ConstantUniforms:
    """A generator whose uniforms are all the same; the rest is another generator's."""

    def __init__(self, uniform: float) -> None:
        self.uniform, self.rng = uniform, np.random.default_rng(0)

    def random(self, out):
        out[:] = self.uniform

    def __getattr__(self, name):
        return getattr(self.rng, name)


RATES = ("outage", "competitor", "tracking", "spike", "regime")


def test_an_event_of_probability_zero_never_begins(draw_market):
    """The lowest uniform, 0, is not below 0."""
    never = SHOCKS.model_copy(update=dict.fromkeys(RATES, 0.0))
    market = draw_market(np.random.default_rng(0))
    noise = draw_noise(market, 4, ConstantUniforms(0.0), None, never)
    assert (noise.outage == 1).all()
    assert (noise.competitor_entry == 0).all()
    assert (noise.tracking == 1).all()
    assert (noise.spike == 0).all()


def test_an_event_of_probability_one_begins_every_day(draw_market):
    """Uniforms of 3/4: sizes three quarters of the way, a regime change of 0.6745 sd per day."""
    always = SHOCKS.model_copy(update=dict.fromkeys(RATES, 1.0))
    market = draw_market(np.random.default_rng(0))
    noise = draw_noise(market, 4, ConstantUniforms(0.75), None, always)
    assert (noise.outage == 0).all()
    np.testing.assert_allclose(noise.competitor_entry, np.log(1.8))
    np.testing.assert_allclose(noise.tracking, 0.675)
    regime = 0.5 * 0.6744898 * np.arange(1, 5)[:, None]
    np.testing.assert_allclose(noise.spike, np.broadcast_to(np.log(2.625) + regime, (4, 3)))


def test_shapes_are_days_by_flights_by_campaigns(draw_market):
    noise = draw_noises(markets(draw_market, 5), 7, [generator(0, i) for i in range(5)])
    assert noise.demand.shape == (7, 5, 1)
    assert {field.shape for field in noise[1:] if field is not None} == {(7, 5, 3)}


def test_draws_are_standard_and_independent(draw_market):
    market = draw_market(np.random.default_rng(1), dispersion=0.3)
    noise = draw_noise(market, 40_000, generator(0, 0))
    columns = np.concatenate(
        [noise.demand, noise.level, noise.price, noise.count_normal, noise.gamma], 1
    )
    normals = columns[:, :-3]
    np.testing.assert_allclose(normals.mean(0), 0, atol=0.03)
    np.testing.assert_allclose(normals.std(0), 1, atol=0.03)
    correlation = np.corrcoef(columns.T) - np.eye(columns.shape[1])
    assert np.abs(correlation).max() < 0.03
    autocorrelation = [np.corrcoef(column[1:], column[:-1])[0, 1] for column in columns.T]
    assert np.abs(autocorrelation).max() < 0.03


def test_gamma_has_mean_one_and_the_dispersion_as_variance():
    dispersion = np.array([0.0, 1e-9, 0.02, 0.4, 3.0])
    gamma = unit_gamma(dispersion, 200_000, np.random.default_rng(2))
    assert (gamma[:, 0] == 1).all()
    np.testing.assert_allclose(gamma.mean(0), 1, atol=0.02)
    np.testing.assert_allclose(gamma.var(0), dispersion, rtol=0.05, atol=1e-5)


def test_a_calendar_and_a_demand_of_its_own_draw_the_same_noise(draw_market):
    plain = markets(draw_market, 4)
    shape = plain.elasticity.shape
    both = plain._replace(
        calendar=np.ones((4, 400, 1), np.float32), demand_kept=np.full(shape, 0.8)
    )
    ours, theirs = (draw_noises(m, 9, [generator(2, i) for i in range(4)]) for m in (plain, both))
    for one, other in zip(ours, theirs, strict=True):
        assert (one is None) == (other is None)
        assert one is None or np.array_equal(one, other)
    alone = draw_noise(select(both, 1), 9, generator(2, 1))
    assert np.array_equal(alone.demand, ours.demand[:, 1])
