"""Sentences on what to do follow from the numbers, and only from them."""

from typing import Any

import pytest

from mediagym.data.recommendations import (
    curve_recommendations,
    export_recommendations,
    performance_recommendations,
)

Document = dict[str, Any]


def insights(**changed: Any) -> Document:
    """A quiet half-year of two campaigns, with changes."""
    campaigns = {
        "google/Search": {"spend": 900.0, "conversions": 90.0},
        "meta": {"spend": 100.0, "conversions": 5.0},
    }
    return {
        "period": ["2024-01-01", "2024-06-30"],
        "currency": "EUR",
        "happened": {"totals": {"spend": 1000.0}, "campaigns": campaigns},
        "changed": {"anomalies": [], "changes": [], "drifts": []} | changed,
        "attribution": None,
    }


def calibration(**campaigns: tuple[float, float, float]) -> Document:
    """Campaigns with the 5, 50 and 95 % quantiles of conversions per further unit of spend."""
    return {
        "verdict": "The model forecasts best.",
        "currency": None,
        "least_separable": None,
        "campaigns": {
            name: {
                "observed": {"spend_mean": 50.0},
                "curve": {"spend": [0.0, 100.0], "marginal": [[low], [mid], [mid], [mid], [high]]},
                "parameters": {"elasticity": {"learnt": 0.6}},
                "checks": {"one_day_ahead_coverage90": 0.9},
            }
            for name, (low, mid, high) in campaigns.items()
        },
    }


def test_where_nothing_happened_nothing_is_recommended() -> None:
    assert performance_recommendations(insights()) == []


def test_a_lasting_fall_asks_for_its_cause_unless_it_has_recovered() -> None:
    fall = {"campaign": "meta", "day": "2024-03-23", "ratio": 0.5}
    (line,) = performance_recommendations(insights(changes=[fall]))
    assert "meta about 23 Mar 2024" in line
    assert "50% fewer" in line
    better = {"campaign": "meta", "ratio": 1.5, "low": 1.2, "high": 1.8}
    assert performance_recommendations(insights(changes=[fall], drifts=[better])) == []


def test_only_a_recent_rise_asks_for_a_new_plan() -> None:
    rise = {"campaign": "meta", "day": "2024-06-01", "ratio": 1.4}
    assert "40% more" in performance_recommendations(insights(changes=[rise]))[0]
    assert not performance_recommendations(insights(changes=[rise | {"day": "2024-02-01"}]))


def test_only_a_recent_anomaly_is_to_be_checked_and_its_reason_is_the_sentence_that_it_is() -> None:
    old, new = (
        {"campaign": "meta", "first": day, "last": day, "reason": "12 conversions, not 3."}
        for day in ("2024-02-01", "2024-06-25")
    )
    lines = performance_recommendations(insights(anomalies=[old, new]))
    assert lines == ["Check meta on 25 Jun 2024: 12 conversions, not 3."]


def test_money_without_a_conversion_is_named_with_its_amount() -> None:
    document = insights()
    document["happened"]["campaigns"]["meta"]["conversions"] = 0.0
    assert performance_recommendations(document) == [
        "Check the tracking of meta, or stop it: €100 brought no conversion."
    ]


@pytest.mark.parametrize(("log_sd", "lines"), [(0.1, 1), (0.6, 0)])
def test_a_claim_is_doubted_only_where_its_interval_is_low(log_sd: float, lines: int) -> None:
    ratio = {"platform": 90.0, "ratio": 0.4, "log_sd": log_sd}
    document = insights() | {"attribution": {"ratios": {"campaigns": {"google/Search": ratio}}}}
    assert len(performance_recommendations(document)) == lines


def test_money_moves_only_between_intervals_that_are_apart() -> None:
    (line,) = curve_recommendations(calibration(a=(0.09, 0.1, 0.11), b=(0.01, 0.02, 0.03)))
    assert line.startswith("Move money towards a and away from b")
    assert "$10 ($9 to $11) in the one and $50 ($33 to $100) in the other" in line
    assert curve_recommendations(calibration(a=(0.02, 0.1, 0.2), b=(0.01, 0.02, 0.03))) == []


def test_doubt_about_the_model_comes_first() -> None:
    document = calibration(a=(0.09, 0.1, 0.11), b=(0.01, 0.02, 0.03))
    document |= {"verdict": "WARNING: a naive forecast is better.", "least_separable": "b"}
    document["campaigns"]["a"]["parameters"]["elasticity"]["learnt"] = 0.1
    document["campaigns"]["b"]["checks"]["one_day_ahead_coverage90"] = 0.5
    lines = curve_recommendations(document)
    assert [line.split()[0] for line in lines] == ["Change", "Move", "Run", "Vary", "Read"]


def test_exports_say_what_they_lack() -> None:
    document: Document = {
        "period": ["2024-01-01", "2024-02-29"],
        "totals": {"merged": {"conversions": 9.0, "revenue": 0.0}},
        "campaigns": [
            {"name": "meta", "days_without_row": 3},
            {"name": "bing", "days_without_row": 1},
        ],
        "successors": [
            {"ended": {"name": "old"}, "started": {"name": "new"}, "start": "2024-02-01"}
        ],
    }
    value, length, missing, successor = export_recommendations(document)
    assert "conversion value" in value
    assert "60 days" in length
    assert "meta has 3; 1 more campaign has some." in missing
    assert "new is old under a new name" in successor
    document["period"][0] = "2022-01-01"
    assert all("longer period" not in line for line in export_recommendations(document))
