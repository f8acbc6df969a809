"""A day of the market against a step in plain Python, written from the equations alone.

The reference below uses numbers and lists, no arrays and nothing of `mediagym.envs.market` but the
names of the fields. It follows the order of a day: delivery, price, stock, saturation, fatigue,
demand, halo, counts, reporting lag, claims.
"""

import datetime
from math import cos, erfc, exp, isclose, lgamma, log, pi, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.envs.market import Market, MarketState, Noise, step

RANGES = {
    "reference_spend": (10, 2000),
    "reference_conversions": (0.1, 60),
    "elasticity": (0.1, 0.85),
    "slope": (0.9, 2.5),
    "carryover": (0, 0.95),
    "level_kept": (0.8, 1),
    "level_sd": (0, 0.2),
    "demand_sd": (0, 0.2),
    "dispersion": (0.01, 0.5),
    "reference_cpc": (0.1, 5),
    "inflation": (0, 0.5),
    "price_sd": (0, 0.3),
    "click_rate": (0.005, 0.5),
    "order_value": (10, 300),
    "order_value_sd": (0, 0.8),
    "delivery_sd": (0, 0.3),
    "delivery_cap": (5, 4000),
    "competition_kept": (0, 1),
    "competition_sd": (0, 0.3),
    "build": (0, 0.9),
    "fatigue": (0, 1),
    "fatigue_kept": (0, 0.95),
    "audience": (100, 1e5),
    "drift_sd": (0, 0.1),
    "halo": (0, 3),
    "halo_kept": (0, 0.95),
    "organic": (0, 40),
    "same_day": (0.2, 1),
    "landing": (0.1, 1),
    "claim_rate": (0.5, 4),
    "view_through": (0, 1),
}
NORMALS = ("level", "price", "count_normal", "order_value", "delivery", "competition", "drift")
CAMPAIGNS, DAYS = 3, 3
DATES = 5  # rows of the calendar


def drawn(rng, ranges):
    return {name: rng.uniform(low, high, CAMPAIGNS) for name, (low, high) in ranges.items()}


def drawn_market(rng):
    weight = rng.uniform(0.1, 1, CAMPAIGNS)
    return Market(
        **drawn(rng, RANGES),
        weekday=rng.normal(0, 0.3, (7, CAMPAIGNS)),
        annual=rng.normal(0, 0.3, (4, CAMPAIGNS)),
        halo_weight=weight / weight.sum(),
        calendar=rng.normal(0, 0.3, (DATES, CAMPAIGNS)),
        demand_kept=np.full(CAMPAIGNS, rng.uniform(0, 0.95)),
    )


def drawn_state(rng, market):
    spend = market.reference_spend
    return MarketState(
        day=int(rng.integers(-5000, 25_000)),
        stock=spend * rng.exponential(1, CAMPAIGNS),
        level=rng.normal(0, 0.5, CAMPAIGNS),
        build=spend * rng.exponential(1, CAMPAIGNS),
        competition=rng.normal(0, 0.3, CAMPAIGNS),
        fatigue=rng.exponential(1, CAMPAIGNS),
        drift=rng.normal(0, 0.3, CAMPAIGNS),
        attention=rng.exponential(1, CAMPAIGNS),
        pending=rng.exponential(5, CAMPAIGNS),
        demand=np.full(CAMPAIGNS, rng.normal(0, 0.5)),
    )


def drawn_noise(rng):
    return Noise(
        **{name: rng.standard_normal(CAMPAIGNS) for name in NORMALS},
        demand=rng.standard_normal(1),
        gamma=rng.gamma(5, 0.2, CAMPAIGNS),
        outage=(rng.random(CAMPAIGNS) < 0.8).astype(float),
        competitor_entry=rng.uniform(0, log(2), CAMPAIGNS),
        spike=rng.normal(0, 0.5, CAMPAIGNS),
        tracking=rng.uniform(0.3, 1, CAMPAIGNS),
    )


def hill(spend, half, slope):
    """A^s / (A^s + h^s)."""
    return spend**slope / (spend**slope + half**slope)


def reference_stock(m, s, x, z, k):
    """Delivery, price and stock of campaign k: what steps 1 to 3 of a day bring."""
    x = min(x * exp(-m.delivery_sd[k] * abs(z.delivery[k])), m.delivery_cap[k]) * z.outage[k]
    pressure = m.competition_kept[k] * s.competition[k] + m.competition_sd[k] * z.competition[k]
    rivals = exp(pressure + z.competitor_entry[k])
    paid = max(x, 0.01) / m.reference_spend[k]
    clicks = x / (m.reference_cpc[k] * rivals * paid ** m.inflation[k])
    build = m.build[k] * s.build[k] + (1 - m.build[k]) * x / rivals
    stock = m.carryover[k] * s.stock[k] + (1 - m.carryover[k]) * build
    return x, pressure, clicks, build, stock


def reference_season(m, day, k):
    turn = 2 * pi * day / 365.25
    waves = (cos(turn), sin(turn), cos(2 * turn), sin(2 * turn))
    return sum(m.annual[i][k] * wave for i, wave in enumerate(waves))


def reference_step(m, s, spend, z):
    """The state and the outcome of a day, as lists of one number per campaign."""
    campaigns = range(len(spend))
    weekday = (datetime.date(1970, 1, 1) + datetime.timedelta(days=s.day)).weekday()
    bought = [reference_stock(m, s, spend[k], z, k) for k in campaigns]
    attention = [
        m.halo_kept[k] * s.attention[k] + (1 - m.halo_kept[k]) * bought[k][4] / m.reference_spend[k]
        for k in campaigns
    ]
    mean_attention = sum(m.halo_weight[k] * attention[k] for k in campaigns)
    rows = []
    for k in campaigns:
        delivered, pressure, clicks, build, stock = bought[k]
        tired = m.fatigue_kept[k] * s.fatigue[k] + clicks / m.click_rate[k] / m.audience[k]
        level = m.level_kept[k] * s.level[k] + m.level_sd[k] * z.level[k]
        shared = m.demand_kept[k] * s.demand[k] + m.demand_sd[k] * z.demand[0]
        drift = s.drift[k] + m.drift_sd[k] * z.drift[k]
        demand = exp(level + shared + drift + reference_season(m, s.day, k) + z.spike[k])
        demand *= exp(m.calendar[s.day % DATES][k])
        demand *= exp(m.weekday[weekday][k])
        at_reference = 1 - m.elasticity[k] / m.slope[k]
        half = m.reference_spend[k] * ((1 - at_reference) / at_reference) ** (1 / m.slope[k])
        response = hill(stock, half, m.slope[k]) / at_reference
        halo = min(max(((1 + mean_attention) / 2) ** m.halo[k], 0.5), 2.0)
        expected = m.reference_conversions[k] * response * demand * halo
        expected *= (1 + tired) ** -m.fatigue[k]
        clicks /= exp(m.price_sd[k] * z.price[k])
        organic = m.view_through[k] * m.organic[k] * demand
        order = m.order_value[k] * exp(
            m.order_value_sd[k] * z.order_value[k] - m.order_value_sd[k] ** 2 / 2
        )
        rows.append(
            {
                "stock": stock, "level": level, "demand": shared, "build": build,
                "competition": pressure, "fatigue": tired, "drift": drift,
                "attention": attention[k], "delivered": delivered,
                "expected": expected, "clicks": clicks,
                "expected_revenue": expected * m.order_value[k], "order": order,
                "impressions": clicks / m.click_rate[k], "organic": organic,
            }
        )  # fmt: skip
    return rows


def poisson_below(count, mean):
    """Probability of at most `count` events."""
    logs = (k * log(mean) - mean - lgamma(k + 1) for k in range(int(count) + 1))
    return sum(map(exp, logs)) if mean > 0 else float(count >= 0)


def is_quantile(count, mean, normal):
    """Whether a count is that of the normal draw: exactly for small means, else to one count."""
    probability, slack = erfc(-normal / sqrt(2)) / 2, 0 if mean < 12 else 1
    low, high = poisson_below(count - 1 - slack, mean), poisson_below(count + slack, mean)
    return low <= probability + 1e-9 and high >= probability - 1e-9


@given(st.integers(0, 2**32))
def test_a_day_follows_the_equations_with_every_effect_on(seed):
    rng = np.random.default_rng(seed)
    market = drawn_market(rng)
    state = drawn_state(rng, market)
    assert all(field is not None for field in (*market, *state))
    for _ in range(DAYS):
        noise = drawn_noise(rng)
        spend = market.reference_spend * rng.exponential(1, CAMPAIGNS) * (rng.random(3) < 0.8)
        rows = reference_step(market, state, spend, noise)
        after, outcome = step(market, state, spend, noise)
        assert after.day == state.day + 1
        ours = {**after._asdict(), **outcome._asdict()}
        for k, row in enumerate(rows):
            counted = outcome.conversions[k]
            assert is_quantile(counted, row["expected"] * noise.gamma[k], noise.count_normal[k])
            waiting, same_day = state.pending[k], market.same_day[k]
            reported = same_day * counted + market.landing[k] * waiting
            row["pending"] = waiting + counted - reported
            row["revenue"] = counted * row.pop("order")
            claims = market.claim_rate[k] * reported + row.pop("organic")
            row["claimed"] = claims * noise.tracking[k]
            assert set(row) == set(ours) - {"day", "conversions"}
            for name, value in row.items():
                assert isclose(ours[name][k], value, rel_tol=1e-8, abs_tol=1e-9), name
        state = after


# One campaign whose effects are off: $100 buy 100 clicks, 1,000 impressions and 10 conversions; at
# elasticity 1/2 a stock of r times the reference brings 10 * 2 r / (r + 1).
PLAIN = {
    "reference_spend": 100, "reference_conversions": 10, "elasticity": 0.5, "slope": 1,
    "carryover": 0, "level_kept": 1, "level_sd": 0, "demand_sd": 0, "dispersion": 0,
    "reference_cpc": 1, "inflation": 0, "price_sd": 0, "click_rate": 0.1, "order_value": 50,
    "order_value_sd": 0,
}  # fmt: skip
QUIET = {
    name: np.zeros(1) for name in ("demand", "level", "price", "count_normal", "order_value")
} | {"gamma": np.ones(1)}


def day_of(spend=100.0, noise=None, state=None, **fields):
    """A day of the plain market with fields of the market, the state and the noise replaced."""
    weekday = np.array(fields.pop("weekday", np.zeros((7, 1))))
    annual = fields.pop("annual", None)
    market = Market(
        **{name: np.atleast_1d(float(v)) for name, v in {**PLAIN, **fields}.items()},
        weekday=weekday,
        annual=None if annual is None else np.array(annual, float)[:, None],
    )
    facts = {"day": 4, "stock": 100.0, "level": 0.0, **(state or {})}  # 4: a Monday
    arrays = {k: v if k == "day" else np.atleast_1d(float(v)) for k, v in facts.items()}
    draws = noise and Noise(**{**QUIET, **{k: np.atleast_1d(float(v)) for k, v in noise.items()}})
    after, outcome = step(market, MarketState(**arrays), np.atleast_1d(float(spend)), draws)
    pairs = {**after._asdict(), **outcome._asdict()}.items()
    return {k: v if v is None or k == "day" else float(v[0]) for k, v in pairs}


def test_the_plain_day_is_the_reference():
    day = day_of()
    assert (day["clicks"], day["impressions"], day["delivered"]) == (100, 1000, 100)
    assert day["expected"] == day["claimed"] == day["conversions"] == pytest.approx(10)
    assert day["revenue"] == pytest.approx(500)


HALF = 10 * 2 * 0.5 / 1.5  # conversions at half the reference
EXAMPLES = {
    "saturation": ({"spend": 300}, {"expected": 10 * 2 * 3 / 4}),
    "own price rises with spend": (
        {"spend": 400, "inflation": 0.5},
        {"clicks": 200, "stock": 400, "expected": 16},
    ),
    "carry-over keeps yesterday's stock": (
        {"spend": 0, "carryover": 0.75, "state": {"stock": 400}},
        {"stock": 300, "expected": 15},
    ),
    "build-up delays and remembers": (
        {"spend": 0, "build": 0.8, "carryover": 0.5, "state": {"build": 100, "stock": 20}},
        {"build": 80, "stock": 50, "expected": HALF},
    ),
    "rivals make clicks dearer and the stock smaller": (
        {"competition_kept": 0.5, "state": {"competition": 2 * log(2)}},
        {"competition": log(2), "clicks": 50, "stock": 50, "expected": HALF},
    ),
    "a rival enters": (
        {"noise": {"competitor_entry": log(4)}, "spend": 200},
        {"clicks": 50, "stock": 50, "expected": HALF, "competition": 0},
    ),
    "fatigue wears the response down": (
        {"fatigue": 1, "fatigue_kept": 0.5, "audience": 1000, "state": {"fatigue": 2}},
        {"fatigue": 2, "expected": 10 / 3},
    ),
    "halo follows today's stock": (
        {"spend": 300, "halo": 1, "halo_weight": 1, "halo_kept": 0.5, "state": {"attention": 1}},
        {"attention": 2, "expected": 15 * 1.5},
    ),
    "halo is at most double": (
        {"spend": 300, "halo": 9, "halo_weight": 1, "halo_kept": 0.0},
        {"attention": 3, "expected": 15 * 2},
    ),
    "halo is at least half": (
        {"halo": 9, "halo_weight": 1, "halo_kept": 0.5, "state": {"attention": -1}},
        {"attention": 0, "expected": 10 / 2},
    ),
    "drift stays, the level fades": (
        {"drift_sd": 0.1, "level_kept": 0.5, "state": {"drift": log(2), "level": log(4)}},
        {"drift": log(2), "level": log(2), "expected": 40},
    ),
    "noise moves drift and level up": (
        {
            "drift_sd": log(2), "level_sd": log(3), "demand_sd": log(5),
            "noise": {"drift": 1, "level": 1, "demand": -1},
        },
        {"drift": log(2), "level": log(3 / 5), "expected": 12},
    ),
    "a spike is forgotten": (
        {"noise": {"spike": log(3)}, "organic": 5, "view_through": 0.2, "claim_rate": 1},
        {"expected": 30, "level": 0},
    ),
    "Monday": ({"weekday": [[log(2)], *[[0.0]] * 6]}, {"expected": 20}),
    "New Year of 1970": (
        {"state": {"day": 0}, "annual": [log(2), 0, log(3), 0]},
        {"expected": 60},
    ),
    "New Year of 1974, after a leap year": (
        {"state": {"day": 1461}, "annual": [log(2), log(5), 0, log(5)]},
        {"expected": 20},
    ),
    "delivery falls short of the plan, in either tail": (
        {"delivery_sd": log(2), "noise": {"delivery": -1}},
        {"delivered": 50, "clicks": 50, "stock": 50, "expected": HALF},
    ),
    "the platform's cap": (
        {"spend": 1000, "delivery_sd": log(2), "delivery_cap": 50, "noise": {"delivery": 1}},
        {"delivered": 50, "stock": 50},
    ),
    "an outage": ({"noise": {"outage": 0}}, {"delivered": 0, "clicks": 0, "expected": 0}),
    "conversions are reported late": (
        {"same_day": 0.4, "landing": 0.2, "state": {"pending": 10}},
        {"claimed": 4 + 2, "pending": 6 + 8, "conversions": 10},
    ),
    "claims exceed what is true, and add organic conversions": (
        {"claim_rate": 1.5, "organic": 20, "view_through": 0.25},
        {"claimed": 15 + 5, "expected": 10, "conversions": 10},
    ),
    "organic conversions follow demand and weekday, not spend": (
        {
            "spend": 0, "organic": 20, "view_through": 0.25,
            "state": {"level": log(2), "stock": 0}, "weekday": [[log(3)], *[[0.0]] * 6],
        },
        {"claimed": 30, "expected": 0},
    ),
    "tracking breaks: claims fall, the truth does not": (
        {"claim_rate": 2, "noise": {"tracking": 0.5, "gamma": 0}, "state": {"pending": 10},
         "same_day": 1, "landing": 0.3},
        {"claimed": 3, "expected": 10},
    ),
    "a dear day has fewer clicks": (
        {"price_sd": log(2), "noise": {"price": 1}},
        {"clicks": 50, "impressions": 500, "stock": 100, "expected": 10},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_effect_has_the_sign_and_size_worked_out_by_hand(name):
    inputs, results = EXAMPLES[name]
    day = day_of(**inputs)
    for field, value in results.items():
        assert day[field] == pytest.approx(value, rel=1e-9, abs=1e-9), field
