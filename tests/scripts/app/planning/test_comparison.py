"""Plans side by side: which brings more, how surely, and what the dearer one's surplus costs."""

import itertools

import pytest

from mediagym.scripts.app.planning import compared


def score(objective="conversions", **plans):
    """Content of score.json of plans, each with its budget and its expected value."""
    rows = [
        {"name": name, "budget": budget, "value": {"mean": value}, "campaigns": []}
        for name, (budget, value) in plans.items()
    ]
    pair = {"probability_above": 0.7, "mean": 1.0, "p05": 0.0, "p95": 2.0}
    comparisons = [
        {"a": a, "b": b, "conversions": pair, "value": pair}
        for a, b in itertools.combinations(plans, 2)
    ]
    return {
        "objective": objective,
        "currency": "EUR",
        "made": {"markets": "held-out draws"},
        "plans": rows,
        "comparisons": comparisons,
    }


def test_a_plan_that_costs_more_says_what_each_further_conversion_costs():
    found = compared(score(dear=(12_000, 530.0), cheap=(10_000, 490.0)), ["Dear", "Cheap"])
    assert found.sentence == (
        "Dear brings more than Cheap in 70% of the markets: €2,000 more, 40 more conversions, "
        "each for €50.00."
    )
    assert "Dear €12,000, Cheap €10,000" in found.caution


@pytest.mark.parametrize(
    ("objective", "dear"),
    [
        ("conversions", (10_040, 530.0)),  # as good as the same budget
        ("conversions", (9_000, 530.0)),  # it costs less and brings more
        ("revenue", (12_000, 530.0)),  # there is no price of a conversion
    ],
)
def test_otherwise_the_better_plan_is_named_without_a_price(objective, dear):
    plans = score(objective, best=dear, other=(10_000, 490.0))
    assert compared(plans, ["Best", "Other"]).sentence == (
        "Best is expected to bring most: it beats Other in 70% of the markets."
    )


def test_the_closest_rival_is_named_and_live_budgets_have_a_name_of_their_own():
    plans = score(live=(10_000, 480.0), best=(10_000, 500.0))
    assert compared(plans, []).plans[0].label == "Today’s budgets going on"
    assert "it beats Today’s budgets going on in 30% of" in compared(plans, []).sentence
    assert compared(score(alone=(10, 1.0)), ["A"]).sentence == "A is expected to bring most."
