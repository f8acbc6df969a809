import numpy as np
import pandas as pd
import pytest

from mediagym.data.history import Campaign
from mediagym.data.journeys import SITE_LOG_HEADER
from mediagym.envs.synthetic.landings import draw_landings

CAMPAIGNS = [
    Campaign("google", "Search"),
    Campaign("meta", None),
    Campaign("microsoft", "Audience"),
]
DATES = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
ROWS = 20_000


def draw(clicks=None, rows=ROWS, seed=0):
    clicks = np.full((len(DATES), 3), [200.0, 100.0, 50.0]) if clicks is None else clicks
    return draw_landings(DATES, CAMPAIGNS, clicks, rows, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def landings():
    return draw()


@pytest.fixture(scope="module")
def at_size():
    """A log with the daily clicks of a tenth of a real shop, all of which land."""
    clicks = np.tile([795.0, 77.0, 272.0], (len(DATES), 1))
    return draw(clicks, int(clicks.sum() / 0.433))


def test_a_log_has_its_columns_and_rows(landings):
    assert tuple(landings.columns) == SITE_LOG_HEADER
    assert len(landings) == ROWS


def test_landings_lie_inside_the_history(landings):
    times = pd.to_datetime(landings["Website Landing Time"])
    assert times.min() >= pd.Timestamp("2024-01-01")
    assert times.max() < pd.Timestamp("2024-03-01")


def test_the_share_of_clicks_that_land_is_the_same_for_every_campaign(landings):
    paid = landings[landings["Channel"] == "paid"]
    counts = paid.groupby("Source").size()
    clicks = len(DATES) * np.array([200, 100, 50])
    ratio = counts[["google", "facebook", "bing"]].to_numpy() / clicks
    np.testing.assert_allclose(ratio, 0.45 * ROWS / clicks.sum(), rtol=0.1)
    assert set(paid["Campaign Type"].dropna()) == {"Search", "Audience"}
    assert paid.loc[paid["Source"] == "facebook", "Campaign Type"].isna().all()


def test_only_paid_landings_have_a_campaign_type(landings):
    assert landings.loc[landings["Channel"] != "paid", "Campaign Type"].isna().all()


def test_users_return_and_few_convert(landings):
    per_user = landings.groupby("User Id").size()
    assert 1.2 < per_user.mean() < 3
    assert per_user.max() > 3
    assert landings["Is Converted"].mean() == pytest.approx(0.0185, abs=0.004)
    assert set(landings["Is Converted"]) == {0, 1}
    returning = landings["User Id"].map(per_user) > 1
    assert (
        landings.loc[returning, "Is Converted"].mean()
        > landings.loc[~returning, "Is Converted"].mean()
    )


def test_the_log_has_the_marginal_shares_of_a_real_log(at_size):
    rows, converted = len(at_size), at_size["Is Converted"].sum()
    assert at_size["User Id"].nunique() / rows == pytest.approx(0.599, abs=0.03)
    assert converted / rows == pytest.approx(0.0185, abs=0.002)
    assert (at_size["Channel"] == "paid").mean() == pytest.approx(0.433, abs=0.01)
    assert at_size["Source"].isna().mean() == pytest.approx(0.388, abs=0.01)
    assert at_size["Campaign Type"].isna().mean() == pytest.approx(0.596, abs=0.01)
    shares = at_size[at_size["Is Converted"] == 1]["Channel"].value_counts() / converted
    for channel, share in [("direct", 0.378), ("paid", 0.320), ("referral", 0.187)]:
        assert shares[channel] == pytest.approx(share, abs=0.025), channel


def test_a_seed_determines_the_log(landings):
    pd.testing.assert_frame_equal(landings, draw())
    assert not landings.equals(draw(seed=1))


def test_rows_are_not_sorted_by_time(landings):
    assert not landings["Website Landing Time"].is_monotonic_increasing


@pytest.mark.parametrize("rows", [1, 2, 10, 100])
def test_a_small_log_has_its_rows(rows):
    assert len(draw(rows=rows)) == rows


def test_with_more_landings_than_clicks_every_click_lands():
    clicks = np.ones((len(DATES), 3))
    landings = draw(clicks, 1000)
    assert (landings["Channel"] == "paid").sum() == clicks.sum()
    assert len(landings) == 1000


def test_without_clicks_all_landings_are_unpaid():
    landings = draw(np.zeros((len(DATES), 3)), 500)
    assert len(landings) == 500
    assert not (landings["Channel"] == "paid").any()
