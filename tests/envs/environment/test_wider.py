from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.environment import EpisodeDraw, MarketPool, widened, wider, width_of
from mediagym.envs.environment.wider import Width
from mediagym.envs.market import odds_at_reference, require_possible
from mediagym.envs.market.response import local_elasticity, saturation
from mediagym.envs.suite import sample_markets, task_of

DAYS = 40
NONE = {
    "unsaturated": 0.0, "s_curve": 0.0, "exponent": (1.5, 2.0), "log_odds_sd": 0.0,
    "level_sd": 0.0, "regime": 0.0, "regime_sd": 0.5,
}  # fmt: skip


class Names(NamedTuple):
    """The campaigns of a task, and a source of its markets."""

    names: list[str]
    source: MarketPool


def pool(key: str, markets: int = 64) -> Names:
    task = task_of(key)
    market, state = sample_markets(task, range(markets))
    return Names(list(task.size.campaigns), MarketPool(market, state, task.settings.shocks))


POOLS = {key: pool(key) for key in ("Uncertain-M", "Full-M")}


def fields(draw: EpisodeDraw) -> list[tuple[str, np.ndarray]]:
    return [
        (f"{type(record).__name__}.{name}", np.asarray(field))
        for record in draw
        for name, field in record._asdict().items()
        if field is not None
    ]


def same(ours: EpisodeDraw, theirs: EpisodeDraw) -> bool:
    return all(
        a == b and np.array_equal(x, y)
        for (a, x), (b, y) in zip(fields(ours), fields(theirs), strict=True)
    )


def test_the_width_posterior_changes_nothing():
    source = POOLS["Full-M"].source
    assert wider(source, "posterior") is source
    assert width_of("posterior") is None


@pytest.mark.parametrize("key", sorted(POOLS))
def test_a_width_of_nothing_changes_nothing(key):
    drawn = POOLS[key].source.draw(3, range(20), DAYS)
    ours = widened(drawn, Width.of(NONE, "width"), 3, range(20))
    spike = 0 if drawn.noise.spike is None else drawn.noise.spike
    assert np.array_equal(ours.noise.spike, spike + 0 * ours.noise.spike)
    assert np.array_equal(ours.market.slope, drawn.market.slope)
    assert np.array_equal(ours.state.level, drawn.state.level)
    np.testing.assert_allclose(ours.market.elasticity, drawn.market.elasticity, rtol=1e-12)


@pytest.mark.parametrize("form", ["unsaturated", "s_curve"])
def test_other_curves_keep_conversions_and_elasticity_at_the_reference(form):
    drawn = POOLS["Uncertain-M"].source.draw(0, range(50), DAYS)
    market = widened(drawn, Width.of(NONE | {form: 1.0}, "width"), 0, range(50)).market
    here = np.ones_like(market.elasticity)
    np.testing.assert_allclose(saturation(here, market.elasticity, market.slope), 1, rtol=1e-9)
    kept = local_elasticity(here, market.elasticity, market.slope)
    np.testing.assert_allclose(kept, drawn.market.elasticity, rtol=1e-9)
    far = saturation(10 * here, market.elasticity, market.slope)
    as_drawn = saturation(10 * here, drawn.market.elasticity, drawn.market.slope)
    if form == "unsaturated":  # ten times the spend brings nearly 10 ** elasticity
        assert (far > as_drawn).all()
        assert (far > 0.6 * 10**drawn.market.elasticity).all()
        assert (market.slope <= 1.2 * market.elasticity * (1 + 1e-12)).all()
    else:
        assert (far < as_drawn).all()
        assert ((market.slope >= 1.5) & (market.slope <= 2)).all()


@pytest.mark.parametrize("width", ["mild", "broad"])
@pytest.mark.parametrize("key", sorted(POOLS))
def test_a_flight_alone_is_the_flight_of_a_batch_and_of_another_run(key, width):
    source = wider(POOLS[key].source, width)
    batch = source.draw(5, range(10, 22), DAYS)
    assert same(batch, source.draw(5, range(10, 22), DAYS))
    assert not same(batch, source.draw(6, range(10, 22), DAYS))
    for i in (0, 7, 11):
        alone = source.draw(5, range(10 + i, 11 + i), DAYS)
        for (name, ours), (_, theirs) in zip(fields(alone), fields(batch), strict=True):
            if ours.ndim:
                ours = ours[:, 0] if name.startswith("Noise") else ours[0]
                theirs = theirs[:, i] if name.startswith("Noise") else theirs[i]
            assert np.array_equal(ours, theirs), name


def test_the_shares_of_curves_and_changes_are_those_of_the_width():
    width = width_of("mild")
    assert width is not None
    drawn = POOLS["Uncertain-M"].source.draw(1, range(400), DAYS)
    market, state, noise = widened(drawn, width, 1, range(400))
    low, high = width.exponent
    nearly = (market.slope <= 1.2 * market.elasticity * (1 + 1e-9)) & (market.slope != 1)
    curved = market.slope[~nearly & (market.slope != 1)]
    assert nearly.mean() == pytest.approx(width.unsaturated, abs=0.02)
    assert curved.size / market.slope.size == pytest.approx(width.s_curve, abs=0.02)
    assert low <= curved.min() < low + 0.1
    assert high - 0.1 < curved.max() <= high
    odds = [odds_at_reference(m.elasticity, drawn.market.slope) for m in (market, drawn.market)]
    assert np.log(odds[0] / odds[1]).std() == pytest.approx(width.log_odds_sd, rel=0.05)
    shift = state.level - drawn.state.level
    assert shift.std() == pytest.approx(width.level_sd, rel=0.05)
    changes = np.diff(noise.spike, axis=0, prepend=0)
    assert (changes != 0).mean() == pytest.approx(width.regime, rel=0.1)
    assert changes[changes != 0].std() == pytest.approx(width.regime_sd, rel=0.1)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(POOLS)),
    st.integers(0, 2**31),
    st.fixed_dictionaries(
        {
            "unsaturated": st.floats(0, 1),
            "s_curve": st.floats(0, 1),
            "exponent": st.just((1.1, 4.0)),
            "log_odds_sd": st.floats(0, 1),
            "level_sd": st.floats(0, 1),
            "regime": st.floats(0, 1),
            "regime_sd": st.floats(0, 1),
        }
    ),
)
def test_every_market_of_every_width_is_possible(key, seed, width):
    names, source = POOLS[key]
    drawn = source.draw(seed, range(4), 7)
    ours = widened(drawn, Width.of(width, "width"), seed, range(4))
    require_possible(ours.market, names)
    assert np.isfinite(ours.noise.spike).all()
    assert ours.market.elasticity.shape == drawn.market.elasticity.shape
