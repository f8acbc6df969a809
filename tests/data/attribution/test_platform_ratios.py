"""Ratios of journey conversions to claimed ones, by hand."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers import attributed

from mediagym.data.attribution import AttributionSettings
from mediagym.data.attribution.attribute import Attribution, Credit, attribute
from mediagym.data.attribution.platform_ratios import (
    coverage_of,
    platform_conversions,
    ratios_of,
)
from mediagym.data.attribution.settings import RatioSettings

OBSERVED = np.ones(3, bool)


@pytest.fixture(scope="module")
def attribution(conf: Callable[..., dict[str, Any]]) -> Attribution:
    """The worked example; its credits by the last landing are 1, 0 and 4 conversions."""
    settings = AttributionSettings.of(conf("attribution/default.yaml", draws=100), "attribution")
    return attribute(attributed.single(attributed.worked()), settings)


def credited(attribution: Attribution, credit: list[float], variance: list[float]) -> Attribution:
    """The same with one method's credits, and two draws that have given variances."""
    mean, sd = np.array(credit), np.sqrt(variance)
    return replace(attribution, credits={"last": Credit(mean, np.stack([mean - sd, mean + sd]))})


def report(first: str, last: str, *matches: tuple[float, float]) -> Any:
    """What the ratios read of a report on landings: its period, landings and clicks."""
    found = [SimpleNamespace(landings=landings, clicks=clicks) for landings, clicks in matches]
    times = {"first": np.datetime64(first), "last": np.datetime64(last)}
    return SimpleNamespace(**times, matches=found)


def of_coverage(coverage: float | str) -> RatioSettings:
    return RatioSettings.of(
        {"method": "last", "prior_conversions": 1.0, "coverage": coverage}, "ratios"
    )


def test_claims_count_from_the_first_landing_s_day_to_the_last_one_s() -> None:
    history: Any = SimpleNamespace(
        dates=np.arange("2025-03-01", "2025-03-06", dtype="datetime64[D]"),
        conversions=np.array([[1, 10], [2, np.nan], [4, 40], [8, 80], [16, 160.0]]),
    )
    shared = report("2025-03-02T23:59:00", "2025-03-04T00:01:00")
    assert platform_conversions(history, shared).tolist() == [2 + 4 + 8, 40 + 80]


def test_a_configured_coverage_is_taken_as_it_is() -> None:
    landings = report("2025-03-02", "2025-03-04", (10, 100))
    assert coverage_of(landings, of_coverage(0.4)) == 0.4


@pytest.mark.parametrize(
    ("matches", "share"),
    [
        ([(30, 100), (20, 100)], 0.25),
        ([(89, 100)], 0.89),
        ([(90, 100)], 1.0),  # nine tenths and more are taken for all
        ([(300, 100)], 1.0),
        ([(5, 0)], 1.0),  # nothing to compare with
        ([(0.5, 1)], 0.5),
    ],
)
def test_without_one_it_is_landings_per_click(
    matches: list[tuple[float, float]], share: float
) -> None:
    landings = report("2025-03-02", "2025-03-04", *matches)
    assert coverage_of(landings, of_coverage("auto")) == pytest.approx(share)


def test_the_ratio_is_shrunk_towards_the_overall_one(attribution: Attribution) -> None:
    """Variances of credits: as large, four times as large, and smaller, which counts as equal."""
    given = credited(attribution, [10, 20, 30], [10, 80, 3])
    ratios = ratios_of(given, "last", np.array([20, 20, 80.0]), OBSERVED, 1.0, 2.0)
    assert ratios is not None
    assert ratios.overall == pytest.approx(60 / 120)
    prior = 2 / 0.5
    expected = [(2 + 10) / (prior + 20), (2 + 20 / 4) / (prior + 20 / 4), (2 + 30) / (prior + 80)]
    np.testing.assert_allclose(ratios.ratio, expected)


def test_the_log_sd_is_that_of_two_gammas(attribution: Attribution) -> None:
    given = credited(attribution, [10, 20, 30], [10, 20, 30])
    ratios = ratios_of(given, "last", np.array([20, 20, 80.0]), OBSERVED, 1.0, 2.0)
    assert ratios is not None
    rng = np.random.default_rng(0)
    logs = [
        np.log(rng.gamma([12, 22, 32], size=(100_000, 3))),
        np.log(rng.gamma([22, 22, 82], size=(100_000, 3))),
    ]
    np.testing.assert_allclose(ratios.log_sd, (logs[0] - logs[1]).std(0), rtol=0.02)


def test_all_that_counts_conversions_of_journeys_is_scaled_up(attribution: Attribution) -> None:
    platform = np.array([10, 10, 20.0])
    whole = ratios_of(attribution, "last", platform, OBSERVED, 1.0, 1.0)
    part = ratios_of(attribution, "last", platform, OBSERVED, 0.25, 1.0)
    assert whole is not None
    assert part is not None
    assert whole.overall == pytest.approx(5 / 40)
    assert part.overall == pytest.approx(4 * 5 / 40)
    np.testing.assert_allclose(whole.journeys, [1, 0, 4])
    np.testing.assert_allclose(part.journeys, [4, 0, 16])
    assert (whole.coverage, part.coverage) == (1.0, 0.25)
    np.testing.assert_array_equal(part.platform, platform)


def test_without_any_credit_half_a_conversion_is_assumed(attribution: Attribution) -> None:
    given = credited(attribution, [0, 0, 0], [0, 0, 0])
    ratios = ratios_of(given, "last", np.array([10, 20, 20.0]), OBSERVED, 1.0, 2.0)
    assert ratios is not None
    assert ratios.overall == pytest.approx(0.5 / 50)


def test_what_is_not_observed_gets_the_overall_ratio(attribution: Attribution) -> None:
    given = credited(attribution, [10, 20, 30], [10, 20, 30])
    observed = np.array([True, True, False])
    ratios = ratios_of(given, "last", np.array([20, 40, 5.0]), observed, 1.0, 2.0)
    assert ratios is not None
    assert ratios.overall == pytest.approx(30 / 60)
    assert ratios.ratio[2] == pytest.approx(0.5)
