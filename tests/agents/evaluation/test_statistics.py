from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.agents.evaluation.bootstrap import Resamples
from mediagym.agents.evaluation.evaluate import Evaluation, PolicyResult
from mediagym.agents.evaluation.statistics import row as row_of
from mediagym.agents.evaluation.statistics import summary
from mediagym.agents.rollout import CLAIRVOYANT, EvaluationSettings, Rollout

BEST = 200.0


@pytest.fixture(scope="module")
def scored(conf: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Makes the summary of flights of one day with given percents, (seeds, markets)."""
    shipped = conf("evaluation/default.yaml", markets=8, resamples=500)

    def make(
        _references: tuple[str, ...] = ("static",),
        _informed: list[float] | None = None,
        _origins: tuple[str, ...] = (),
        **percents: Any,
    ) -> dict[str, Any]:
        given = EvaluationSettings.of({**shipped, "references": list(_references)}, "evaluation")
        entries = []
        for name, percent in percents.items():
            rows = np.atleast_2d(np.asarray(percent, float)) * BEST / 100
            rollout = (Rollout(name, np.ones((1, len(r), 2)), r[None], 1, 2, 4.0) for r in rows)
            entries.append(PolicyResult(name, tuple(rollout), _origins if name == "ppo" else ()))
        best = np.full(entries[0].total.shape[1], BEST)
        informed = None if _informed is None else np.array(_informed) * BEST / 100
        return summary(Evaluation(tuple(entries), best, given, informed))

    return make


def test_a_row_says_what_the_flights_were(scored: Callable[..., dict[str, Any]]) -> None:
    flights = np.r_[np.full(8, 60.0), np.full(2, 45.0)]
    found = scored(static=[flights, flights - 10])
    (row,) = found["policies"]
    assert found["markets"] == 10
    assert (row["name"], row["seeds"]) == ("static", 2)
    assert row["mean"] == pytest.approx(52)
    assert row["by_seed"] == pytest.approx([57, 47])
    assert row["value"] == pytest.approx(104)
    assert row["gap"] == pytest.approx(48)
    assert row["best"] == pytest.approx(60)
    assert row["iqm"] == pytest.approx((3 * 60 + 7 * 50) / 10)  # of the twenty, the middle ten
    assert row["p10"] == pytest.approx(44)
    assert row["cvar"] == pytest.approx(35)  # the worst two
    assert (row["violations"], row["cents_off"]) == (2, 2)  # all broken ones; the most cents
    assert row["turnover"] == 0
    assert row["seconds_per_decision"] == 4  # of the one day, for all flights
    assert row["seconds_per_flight"] == pytest.approx(0.4)


def test_ties_count_half_and_pairs_are_made_in_one_market(
    scored: Callable[..., dict[str, Any]],
) -> None:
    static = np.array([50, 60, 70, 80, 90.0])
    found = scored(static=static, better=static + np.array([1, 1, 1, 0, -1]))
    (pair,) = found["paired"]
    assert (pair["a"], pair["b"]) == ("better", "static")
    assert pair["difference"] == pytest.approx(0.4)
    assert pair["probability"] == pytest.approx(0.7)
    assert pair["ci"][1] - pair["ci"][0] < 2  # markets differ by forty


def test_every_seed_meets_every_seed_of_the_other(scored: Callable[..., dict[str, Any]]) -> None:
    one, two = [[50, 50], [70, 70.0]], [[60, 60], [40, 40.0]]
    found = scored(("apg",), ppo=one, apg=two)
    (pair,) = found["paired"]
    assert pair["difference"] == pytest.approx(10)
    assert pair["probability"] == pytest.approx(0.75)


def test_the_gap_closed_is_that_of_the_means_with_a_paired_interval(
    scored: Callable[..., dict[str, Any]],
) -> None:
    static = np.random.default_rng(0).uniform(70, 90, 30)
    half = static + (100 - static) / 2  # in every market, so in every resample
    rows = {row["name"]: row for row in scored(static=static, half=half)["policies"]}
    assert rows["half"]["closed"] == pytest.approx(50)
    assert rows["half"]["closed_ci"] == pytest.approx([50, 50])
    assert rows["static"]["closed"] == 0
    assert scored(half=half)["policies"][0]["closed"] is None
    assert scored(static=0 * static + 100, half=half)["policies"][1]["closed"] is None


def test_the_percent_of_an_informed_policy_is_of_its_values(
    scored: Callable[..., dict[str, Any]],
) -> None:
    flights = np.array([[60, 70, 80.0], [70, 80, 90.0]])
    unknown = scored(ppo=flights)["policies"][0]
    assert (unknown["informed"], unknown["informed_ci"]) == (None, None)
    row = scored(_informed=[70, 80, 90.0], ppo=flights)["policies"][0]
    assert row["informed"] == pytest.approx(np.mean([60 / 70, 70 / 80, 80 / 90, 1, 1, 1]) * 100)
    assert row["informed_ci"][0] <= row["informed"] <= row["informed_ci"][1]


def test_learned_policies_are_counted_by_their_origin(
    scored: Callable[..., dict[str, Any]],
) -> None:
    origins = ("apg", "ppo after apg", "apg")
    static, ppo = scored(_origins=origins, static=[60, 70], ppo=[[70, 80]] * 3)["policies"]
    assert ppo["origins"] == {"apg": 2, "ppo after apg": 1}
    assert static["origins"] == {}


def test_the_same_flights_under_two_names_tie_exactly(
    scored: Callable[..., dict[str, Any]],
) -> None:
    flights = np.random.default_rng(0).uniform(60, 99, 40)
    (pair,) = scored(static=flights, twin=flights)["paired"]
    assert (pair["difference"], pair["ci"]) == (0, [0, 0])
    assert pair["probability"] == 0.5
    assert pair["probability_ci"] == pytest.approx([0.5, 0.5])


def test_all_are_paired_with_the_references_that_fly_but_not_with_themselves(
    scored: Callable[..., dict[str, Any]],
) -> None:
    names = ("greedy", "static", "ppo", CLAIRVOYANT)
    flights = {name: [50 + k, 60 + k, 70.0] for k, name in enumerate(names)}
    found = scored(("greedy", "static", "replanner"), **flights)
    pairs = [(pair["a"], pair["b"]) for pair in found["paired"]]
    assert pairs == [
        ("greedy", "static"), ("static", "greedy"), ("ppo", "greedy"), ("ppo", "static"),
    ]  # fmt: skip
    assert [row["name"] for row in found["policies"]] == list(names)


def test_a_policy_s_interval_does_not_depend_on_who_is_beside_it(
    scored: Callable[..., dict[str, Any]],
) -> None:
    rng = np.random.default_rng(0)
    ppo, other = rng.uniform(80, 99, (5, 20)), rng.uniform(80, 99, (3, 20))
    (alone,) = scored(ppo=ppo)["policies"]
    beside = scored(other=other, ppo=ppo)["policies"][1]
    assert alone == beside


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(2, 30))
def test_statistics_keep_their_order_and_intervals_hold_them(
    scored: Callable[..., dict[str, Any]], seed: int, seeds: int, markets: int
) -> None:
    rng = np.random.default_rng(seed)
    flights = 100 - rng.gamma(2, 4, (seeds, markets))
    found = scored(static=flights[:1] - 1, ppo=flights)
    for row in found["policies"]:
        assert row["cvar"] <= row["p10"] + 1e-9 <= row["best"] + 2e-9
        assert row["cvar"] <= row["iqm"] + 1e-9
        assert row["gap"] == pytest.approx(100 - row["mean"])
        for ci in ("ci", "iqm_ci", "cvar_ci"):
            assert row[ci][0] <= row[ci][1]
        assert row["ci"][0] - 1e-9 <= row["mean"] <= row["ci"][1] + 1e-9
    profile = found["profile"]
    assert profile["percent"][-1] == 100
    for curve in profile["policies"].values():
        assert curve["share"][0] == 1  # all flights reach the worst one
        assert (np.diff(curve["share"]) <= 0).all()
        for low, share, high in zip(curve["low"], curve["share"], curve["high"], strict=True):
            assert -1e-4 <= low <= share + 0.5 / markets
            assert share - 0.5 / markets <= high <= 1 + 1e-4


def test_the_profile_is_the_share_of_flights_that_reach_a_level(
    scored: Callable[..., dict[str, Any]],
) -> None:
    profile = scored(static=[40, 70, 70, 100.0])["profile"]
    share = dict(zip(profile["percent"], profile["policies"]["static"]["share"], strict=True))
    assert (share[40], share[41], share[70], share[71], share[100]) == (1, 0.75, 0.75, 0.25, 0.25)


@pytest.mark.parametrize(("worst", "lowest"), [(-40.5, 0), (0.5, 0), (40.7, 40)])
def test_the_profile_begins_at_the_whole_percent_below_the_worst_flight_and_not_below_zero(
    scored: Callable[..., dict[str, Any]], worst: float, lowest: float
) -> None:
    profile = scored(static=[worst, 70, 90, 100.0])["profile"]
    assert profile["percent"][0] == lowest
    assert profile["policies"]["static"]["share"][0] == (1 if worst > 0 else 0.75)


def test_the_mean_area_under_the_profile_is_the_mean(
    scored: Callable[..., dict[str, Any]],
) -> None:
    flights = np.random.default_rng(0).uniform(50, 99, (2, 400))
    found = scored(static=flights)
    profile = found["profile"]
    curve = profile["policies"]["static"]["share"]
    area = profile["percent"][0] + np.trapezoid(curve, profile["percent"])
    assert area == pytest.approx(found["policies"][0]["mean"], abs=0.3)


def test_a_gap_of_half_a_point_can_still_be_closed(
    scored: Callable[..., dict[str, Any]],
) -> None:
    static = np.array([99.2, 99.4, 99.6, 99.8])
    rows = scored(static=static, half=static + (100 - static) / 2)["policies"]
    assert rows[1]["closed"] == pytest.approx(50)


def test_the_profile_is_of_the_policies_and_of_the_clairvoyant_only_if_it_is_alone(
    scored: Callable[..., dict[str, Any]],
) -> None:
    bound = {CLAIRVOYANT: [100, 100.0]}
    assert list(scored(static=[60, 70.0], **bound)["profile"]["policies"]) == ["static"]
    assert list(scored(**bound)["profile"]["policies"]) == [CLAIRVOYANT]


def test_time_is_per_day_and_turnover_the_mean_over_seeds() -> None:
    """Three days in two markets; in one of four flights all money changes campaign every day."""
    still = np.full((3, 2, 2), 50.0)
    moving = still.copy()
    moving[:, 0] = [[100, 0], [0, 100], [100, 0]]
    values = np.array([[1, 2], [3, 4], [5, 6.0]])
    rollouts = (Rollout("p", moving, values, 1, 2, 6.0), Rollout("p", still, 0 * values, 0, 5, 3.0))
    found = row_of(PolicyResult("p", rollouts), np.array([[90, 60], [0, 0.0]]), Resamples(2, 9, 0))
    assert found["values"] == [[9, 12], [0, 0]]
    assert found["turnover"] == pytest.approx((1 + 0 + 0 + 0) / 4)
    assert found["seconds_per_decision"] == pytest.approx(4.5 / 3)
    assert found["seconds_per_flight"] == pytest.approx(4.5 / 3 / 2)
    assert (found["violations"], found["cents_off"]) == (1, 5)


def test_values_and_shares_are_written_with_four_decimals(
    scored: Callable[..., dict[str, Any]],
) -> None:
    rollout = Rollout("p", np.ones((1, 2, 2)), np.array([[1 / 3, 200 / 3]]), 0, 0, 1.0)
    found = row_of(PolicyResult("p", (rollout,)), np.array([[90, 60.0]]), Resamples(2, 9, 0))
    assert found["values"] == [[0.3333, 66.6667]]
    profile = scored(static=[40, 70, 100.0])["profile"]
    assert set(profile["policies"]["static"]["share"]) == {1.0, 0.6667, 0.3333}
