import json

import numpy as np
import pytest

from mediagym.data.errors import ConfigError, MediaGymError
from mediagym.data.exports import DataSettings
from mediagym.data.journeys import load_landings
from mediagym.data.units import load_history
from mediagym.envs.market import Market
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser

FILES = {
    "googleads-performance.csv",
    "metaads-performance.csv",
    "microsoftads-performance.csv",
    "website-landings.csv",
    "truth.json",
}


@pytest.fixture(scope="module")
def data(conf, advertiser, synthetic_settings):
    """Settings to read the exports that were written."""
    return DataSettings.of(conf("data/default.yaml", path=synthetic_settings.path))


def settings_of(conf, tmp_path, **overrides):
    small = {"path": tmp_path, "days": 40, "landings": 500}
    return SyntheticSettings.of(conf("advertiser/default.yaml") | small | overrides, "synthesize")


def test_the_exports_are_read_back_as_they_were_drawn(advertiser, history):
    assert history.campaigns == tuple(advertiser.campaigns)
    assert np.array_equal(history.dates, advertiser.dates)
    for name in ("spend", "impressions", "clicks", "conversions", "revenue"):
        read, drawn = getattr(history, name), getattr(advertiser, name)
        np.testing.assert_allclose(read[advertiser.present], drawn[advertiser.present], atol=1e-6)
        assert np.isnan(read[~advertiser.present]).all()


def test_the_landings_agree_with_the_clicks_at_one_ratio(data, history, synthetic_settings):
    report = load_landings(data, history)
    assert report is not None
    assert report.rows == synthetic_settings.landings
    assert report.rows_outside == 0
    assert report.unmatched == ()
    matches = [match for match in report.matches if match.clicks > 2000]
    assert len(matches) >= 5
    ratios = np.array([match.landings / match.clicks for match in matches])
    common = sum(m.landings for m in report.matches) / sum(m.clicks for m in report.matches)
    errors = np.sqrt([common / match.clicks for match in matches])
    gaps = np.array(
        [np.isnan(history.clicks[:, history.names.index(m.campaign)]).any() for m in matches]
    )
    assert (np.abs(ratios - common)[~gaps] < 4 * errors[~gaps]).all()


def test_every_file_is_written(advertiser, synthetic_settings):
    assert {path.name for path in synthetic_settings.path.iterdir()} == FILES


def test_the_truth_names_every_parameter_of_every_campaign(advertiser, synthetic_settings):
    truth = json.loads((synthetic_settings.path / "truth.json").read_text())
    assert truth["seed"] == synthetic_settings.seed
    assert truth["days"] == synthetic_settings.days
    assert list(truth["campaigns"]) == [campaign.name for campaign in advertiser.campaigns]
    on = [name for name in Market._fields if getattr(advertiser.market, name) is not None]
    for k, fields in enumerate(truth["campaigns"].values()):
        assert set(fields) == {*on, "stock_at_end", "level_at_end"}
        assert fields["elasticity"] == advertiser.market.elasticity[k]
        assert len(fields["weekday"]) == 7


def test_a_seed_determines_every_byte(conf, priors, tmp_path):
    contents = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        settings = settings_of(conf, tmp_path / name, seed=seed)
        written = write_advertiser(synthesize(settings, priors), settings)
        contents.append({path.name: path.read_bytes() for path in written})
    assert contents[0] == contents[1]
    assert set(contents[0]) == FILES
    for name in FILES:
        assert contents[0][name] != contents[2][name]


def test_an_advertiser_is_plausible(advertiser):
    assert (advertiser.spend >= 0).all()
    assert (advertiser.clicks <= advertiser.impressions).all()
    assert ((advertiser.conversions == 0) | (advertiser.revenue >= 0)).all()
    google = [k for k, c in enumerate(advertiser.campaigns) if c.channel == "google"]
    fractions = advertiser.conversions % 1 > 1e-9
    assert fractions[:, google].any()
    assert not np.delete(fractions, google, axis=1).any()
    in_all = advertiser.conversions[:, google].sum(1)
    np.testing.assert_allclose(
        in_all, in_all.round(), atol=1e-6
    )  # credit moves, the total is unchanged


def drawn_spend(conf, priors, tmp_path, process, days=400, count=40):
    """Spend of campaigns of $1,000 per day on average, over their mean, and the weekdays."""
    row = {**conf("advertiser/default.yaml")["campaigns"]["meta"], "spend": 1000}
    campaigns = {f"meta/{i}": row for i in range(count)}
    settings = settings_of(conf, tmp_path, spend=process, days=days, campaigns=campaigns)
    drawn = synthesize(settings, priors)
    return drawn.spend / 1000, [date.weekday() for date in drawn.dates.tolist()]


@pytest.mark.parametrize("persistence", [0.0, 0.8])
def test_log_spend_has_the_configured_sd_persistence_and_mean(conf, priors, tmp_path, persistence):
    process = {"sd": 0.35, "persistence": persistence, "weekend": 1.0}
    spend, _ = drawn_spend(conf, priors, tmp_path, process)
    log_spend = np.log(spend) + 0.35**2 / 2  # of mean 0, and spend of mean 1
    assert log_spend.mean() == pytest.approx(0, abs=0.03)
    for part in (log_spend, log_spend[:20], log_spend[-20:]):  # from the first day on
        assert np.sqrt((part**2).mean()) == pytest.approx(0.35, rel=0.12)
    assert np.sqrt((log_spend**2).mean()) == pytest.approx(0.35, rel=0.04)
    follows = (log_spend[1:] * log_spend[:-1]).mean() / (log_spend**2).mean()
    assert follows == pytest.approx(persistence, abs=0.03)
    assert np.sqrt((log_spend[0] ** 2).mean()) == pytest.approx(0.35, rel=0.4)


def test_the_weekend_factor_of_spend_is_that_of_saturday_and_sunday(conf, priors, tmp_path):
    process = {"sd": 0.11, "persistence": 0.0, "weekend": 0.5}
    spend, weekdays = drawn_spend(conf, priors, tmp_path, process, days=140)
    means = [np.log(spend[np.array(weekdays) == day]).mean() + 0.11**2 / 2 for day in range(7)]
    np.testing.assert_allclose(np.exp(means), [1, 1, 1, 1, 1, 0.5, 0.5], rtol=0.03)


def test_campaigns_that_ramp_up_spend_little_at_first(advertiser):
    k = [campaign.name for campaign in advertiser.campaigns].index("microsoft/Performance max")
    days = len(advertiser.dates)
    early, late = advertiser.spend[: int(0.65 * days), k], advertiser.spend[int(0.75 * days) :, k]
    assert early.mean() < 0.1 * late.mean()


def test_no_landings_are_written_if_their_number_is_zero(conf, priors, tmp_path):
    settings = settings_of(conf, tmp_path, landings=0)
    names = {path.name for path in write_advertiser(synthesize(settings, priors), settings)}
    assert names == FILES - {"website-landings.csv"}


def test_an_advertiser_may_have_one_campaign(conf, priors, tmp_path):
    table = conf("advertiser/default.yaml")["campaigns"]
    for name in ("google/Search Network", "meta"):
        settings = settings_of(conf, tmp_path / name[:4], campaigns={name: table[name]})
        write_advertiser(synthesize(settings, priors), settings)
        mapping = conf("data/default.yaml", path=settings.path, channels=[name.split("/")[0]])
        assert load_history(DataSettings.of(mapping)).names == (name,)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("start", "2024-13-01"),
        ("start", "yesterday"),
        ("days", 5),
        ("seed", -1),
        ("landings", -1),
        ("gap_share", 1.5),
        ("weekday", [0.1] * 6),
        ("path", None),
        ("campaigns", {}),
    ],
)
def test_settings_are_refused_by_key(conf, tmp_path, key, value):
    with pytest.raises(ConfigError, match=rf"synthesize\.{key}"):
        settings_of(conf, tmp_path, **{key: value})


def test_a_channel_beside_its_own_campaigns_is_refused(conf, priors, tmp_path):
    row = conf("advertiser/default.yaml")["campaigns"]["meta"]
    campaigns = {"google": row, "google/YouTube": row}
    with pytest.raises(MediaGymError, match="google/YouTube: 'google' stands there too"):
        synthesize(settings_of(conf, tmp_path, campaigns=campaigns), priors)


def test_any_channel_can_be_drawn_and_is_read_back(conf, priors, tmp_path):
    row = conf("advertiser/default.yaml")["campaigns"]["meta"]
    names = ["Podcast Ads", "tiktok/In-feed", "tiktok/Top view"]
    settings = settings_of(conf, tmp_path, campaigns=dict.fromkeys(names, row))
    drawn = synthesize(settings, priors)
    write_advertiser(drawn, settings)
    history = load_history(DataSettings.of(conf("data/default.yaml", path=tmp_path)))
    assert list(history.names) == names
    np.testing.assert_array_equal(history.totals.spend, drawn.spend.sum(0))
