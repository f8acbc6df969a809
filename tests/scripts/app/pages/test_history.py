"""Daily figures: read as they are, cut into periods that add up."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from mediagym.scripts.app.pages.curves import point_at
from mediagym.scripts.app.pages.history import Daily, read_daily, sums
from mediagym.scripts.app.pages.periods import Period, buckets, chosen_period
from mediagym.scripts.app.planning import curve_of

HEAD = "date_day,platform,account_name,campaign_id,campaign_name,campaign_type,currency_code,clicks,impressions,spend,conversions,conversions_value\n"  # noqa: E501
DAYS, CAMPAIGNS = 1000, 5


@pytest.fixture(scope="module")
def daily():
    rng = np.random.default_rng(0)
    shape = (DAYS, CAMPAIGNS)
    values = {name: rng.uniform(0, 9, shape) for name in ("spend", "conversions", "revenue")}
    names = tuple(f"c{k % 2}/{k}" for k in range(CAMPAIGNS))
    return Daily(date(2023, 5, 10), names, tuple(n[:2] for n in names), values, "EUR")


def test_rows_are_added_up_by_day_and_unit(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(
        HEAD
        + "2025-01-01,google,,7,Brand,Search,EUR,1,10,5.5,1,\n"
        + "2025-01-01,google,,8,Generic,Search,EUR,1,10,4.5,,20\n"
        + "2025-01-03,meta,,,NA,,EUR,1,10,2,3,4\n",
        encoding="utf-8",
    )
    known = {"account": "", "campaign_type": "Search", "platform": "google", "name": "x"}
    ingest = {
        "period": ["2025-01-01", "2025-01-03"],
        "currency": "EUR",
        "campaigns": [
            known | {"campaign_id": "7", "campaign": "Brand", "unit": "google/Search"},
            known | {"campaign_id": "8", "campaign": "Generic", "unit": "google/Search"},
            {"platform": "meta", "account": "", "campaign_id": "", "campaign": "NA"}
            | {"campaign_type": "", "unit": None, "name": "meta/NA"},
        ],
    }
    read = read_daily(path, ingest)
    assert read.names == ("google/Search", "meta/NA")
    assert read.channels == ("google", "meta")
    np.testing.assert_array_equal(read.values["spend"], [[10, 0], [0, 0], [0, 2]])
    assert sums(read, slice(None)).revenue == 24
    assert sums(read, slice(1, 2)).cpa is None


@pytest.mark.parametrize(
    ("first", "last", "unit"),
    [
        (date(2023, 6, 1), date(2023, 6, 28), "day"),
        (date(2023, 6, 1), date(2024, 2, 1), "week"),
        (date(2023, 5, 10), date(2026, 2, 2), "month"),
    ],
)
def test_bars_add_up_to_the_period(daily, first, last, unit):
    period = chosen_period(daily, first, last)
    named, bars = buckets(daily, period)
    assert named == unit
    total = sum(sums(daily, bar.rows).spend for bar in bars)
    assert total == pytest.approx(sums(daily, daily.rows(*period)).spend)
    assert bars[0].first == period.first
    assert all(a.until == b.first for a, b in pairwise(bars))


def test_channels_hold_what_their_campaigns_hold(daily):
    channels = daily.by_channel()
    assert channels.names == ("c0", "c1")
    np.testing.assert_allclose(channels.values["spend"].sum(1), daily.values["spend"].sum(1))
    np.testing.assert_allclose(
        channels.values["spend"][:, 1], daily.values["spend"][:, 1::2].sum(1)
    )


def test_a_period_before_another_is_as_long_and_ends_the_day_before():
    period = Period(date(2024, 3, 1), date(2024, 3, 28))
    assert period.before == Period(date(2024, 2, 2), date(2024, 2, 29))


def test_a_point_of_a_curve_is_interpolated_and_marked_beyond_what_is_known():
    content = {
        "spend": [0.0, 10.0, 30.0],
        "known_max": 20.0,
        "conversions": [[0, 1, 2], [0, 1.5, 3], [0, 2, 4], [0, 3, 5], [0, 4, 6]],
        "marginal": [[0.1, 0.0], [0.15, 0.07], [0.2, 0.1], [0.3, 0.1], [0.4, 0.2]],
    }
    quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
    curve = curve_of({"quantiles": quantiles, "campaigns": {"meta": {"curve": content}}}, "meta")
    point = point_at(curve, 20.0)
    assert point.conversions == {"mean": 3.0, "p05": 1.5, "p95": 5.0}
    assert point.cpa == {"mean": 10.0, "p05": 5.0, "p95": None}  # no rate: no cost
    assert not point.extrapolated
    assert point_at(curve, 20.01).extrapolated
    assert point_at(curve, 0.0).cpa["mean"] == 5.0


def test_a_curve_goes_on_beyond_its_end_with_its_last_elasticity():
    content = {
        "spend": [0.0, 10.0, 40.0],
        "known_max": 20.0,
        "conversions": [[0, 1, 2], [0, 2, 4], [0, 4, 8]],
        "marginal": [[0.1, 0.025], [0.2, 0.05], [0.4, 0.1]],
    }
    quantiles = [0.05, 0.5, 0.95]
    curve = curve_of({"quantiles": quantiles, "campaigns": {"meta": {"curve": content}}}, "meta")
    end, beyond = point_at(curve, 40.0), point_at(curve, 160.0)
    assert end.conversions == {"mean": 4.0, "p05": 2.0, "p95": 8.0}
    assert beyond.conversions == pytest.approx({"mean": 8.0, "p05": 4.0, "p95": 16.0})
    assert beyond.cpa["mean"] == pytest.approx(2 * end.cpa["mean"])
    assert beyond.extrapolated
