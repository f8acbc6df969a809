from functools import partial

import numpy as np
import pytest

from mediagym.envs.calibration import draw_levels, observed_history_from
from mediagym.envs.market import MarketState, counterfactual_conversions, simulate, step
from mediagym.envs.synthetic import RESPONSE_FORMS, step_with_form
from mediagym.envs.synthetic.response_forms import with_form

FIRST = 19_000


@pytest.fixture
def history_of_markets(draw_market):
    """Markets, and their spend and log levels over forty days."""
    rng = np.random.default_rng(0)
    market = draw_market(rng, (4,), level_kept=0.96)
    spend = rng.gamma(2, 50, (40, 3))
    levels = rng.normal(0, 0.3, (40, 4, 3))
    return market, spend, levels


def test_a_history_under_its_own_spend_has_its_expected_conversions(history_of_markets):
    market, spend, levels = history_of_markets
    state, total = MarketState(FIRST, spend[:7].mean(0) + 0 * levels[0], levels[0]), 0.0
    for t, level in enumerate(levels):
        state = state._replace(
            level=level / market.level_kept
        )  # so that today's level is the given one
        state, outcome = step(market, state, spend[t], None)
        np.testing.assert_allclose(state.level, level)
        total = total + outcome.expected
    np.testing.assert_allclose(counterfactual_conversions(market, levels, spend, FIRST), total)


def test_at_level_zero_it_is_the_simulator_from_the_first_weeks_stock(history_of_markets):
    market, spend, levels = history_of_markets
    state = MarketState(FIRST, spend[:7].mean(0) + 0 * levels[0], 0 * levels[0])
    _, outcomes = simulate(market, state, spend[:, None], None)
    total = sum(outcome.expected for outcome in outcomes)
    np.testing.assert_allclose(counterfactual_conversions(market, 0 * levels, spend, FIRST), total)


def test_a_spend_of_fewer_days_is_refused(history_of_markets):
    market, spend, levels = history_of_markets
    with pytest.raises(ValueError, match="shorter"):
        counterfactual_conversions(market, levels, spend[:-1], FIRST)


def test_returns_diminish_with_spend_and_are_zero_without(history_of_markets):
    market, spend, levels = history_of_markets
    sums = [
        counterfactual_conversions(market, levels, by * spend, FIRST) for by in (0.0, 0.5, 1.0, 2.0)
    ]
    np.testing.assert_allclose(sums[0], 0, atol=1e-6)
    assert (sums[1] < sums[2]).all()
    assert (sums[2] < sums[3]).all()
    assert (sums[3] < 2 * sums[2]).all()


@pytest.mark.parametrize("name", ["power", "logistic", "no_carryover"])
def test_another_response_form_uses_its_own_step(history_of_markets, name):
    market, spend, levels = history_of_markets
    form = RESPONSE_FORMS[name]
    market = with_form(form, market)
    theirs = counterfactual_conversions(market, levels, spend, FIRST, partial(step_with_form, form))
    ours = counterfactual_conversions(market, levels, spend, FIRST)
    assert (theirs == ours).all() == (form.curve is None)


def test_a_simulated_history_agrees_with_its_counts(advertiser, history):
    """The true market under its own spend differs from the counts by count noise alone."""
    order = [[c.name for c in advertiser.campaigns].index(name) for name in history.names]
    assert order == list(range(len(order)))
    total = counterfactual_conversions(
        advertiser.market, advertiser.levels, advertiser.spend, int(history.dates[0].astype(int))
    )
    large = advertiser.conversions.sum(0) > 1000
    ratio = advertiser.conversions.sum(0)[large] / total[large]
    np.testing.assert_allclose(ratio, 1, atol=0.1)


def test_the_history_of_a_posterior_agrees_with_its_counts(posterior, history):
    record = observed_history_from(history)
    market, _ = posterior.training()
    levels = draw_levels(market, record, np.random.default_rng(0))
    total = counterfactual_conversions(market, levels, record.spend, record.first_day).mean(0)
    counted = np.where(record.seen, record.conversions, 0.0).sum(0) / record.seen.mean(0)
    large = counted > 500
    np.testing.assert_allclose(total[large] / counted[large], 1, atol=0.08)
