from typing import Any

from rich.console import Console
from rich.table import Table

from mediagym.agents.evaluation import policy_table
from mediagym.agents.evaluation.tables import markdown
from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of, plan_table
from mediagym.agents.plans.document import document
from mediagym.agents.policies import baseline
from mediagym.envs.calibration.report import learning_table

TASK: dict[str, Any] = {
    "id": "mediagym/Calibrated-v1",
    "markets": 8,
    "policies": [
        {
            "name": name,
            "seeds": 1,
            "value": 1234.56,
            "mean": percent,
            "ci": [percent - 1, percent + 1],
            "iqm": percent + 1,
            "iqm_ci": [percent, percent + 2],
            "closed": 10 * percent - 900,
            "closed_ci": [0.0, 100.0],
            "informed": None,
            "informed_ci": None,
            "origins": {"apg": 3, "ppo after apg": 2} if name == "ppo" else {},
            "p10": percent - 5,
            "cvar": percent - 7,
            "cvar_ci": [percent - 9, percent - 6],
            "violations": 0,
            "cents_off": 0,
            "turnover": 0.123,
            "seconds_per_decision": 0.004,
        }
        for name, percent in (("greedy", 90.0), ("ppo", 95.0), ("clairvoyant", 100.0))
    ],
    "paired": [
        {"a": "ppo", "b": "greedy", "difference": 5.0, "ci": [4.0, 6.0], "probability": 0.9}
    ],
}


def _shown(table: Table) -> str:
    console = Console(width=200, file=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_the_comparison_reads_the_same_on_screen_and_in_documents() -> None:
    screen, text = _shown(policy_table(TASK)), markdown([TASK])
    for cell in ("ppo", "95.00 (94.00..96.00)", "+5.00 (+4.00..+6.00)", "1,234.6"):
        assert cell in screen
        assert cell in text
    assert "mediagym/Calibrated-v1: 8 held-out markets" in screen
    assert "0 constraints broken, 0 cents off the budget" in screen
    for cell in ("+6.00), 90% |", "96.00 (95.00..97.00)", "| 12.3% |", "| 4 |"):
        assert cell in text


def test_a_table_fits_the_screen_with_three_references() -> None:
    pair = TASK["paired"][0] | {"difference": -10.0, "ci": [-11.0, -10.0]}
    beside = [pair | {"b": b} for b in ("greedy", "static", "replanner")]
    shown = _shown(policy_table(TASK | {"paired": beside}))
    assert max(len(line) for line in shown.splitlines()) <= 140


def test_a_markdown_row_a_policy_best_first_and_all_of_equal_width() -> None:
    lines = [line for line in markdown([TASK, TASK]).splitlines() if line.startswith("|")]
    assert len(lines) == 2 * 5
    assert {line.count("|") for line in lines} == {15}
    names = ["| clairvoyant", "| ppo (mixed)", "| greedy"]
    assert [line.split(" | ")[0] for line in lines[2:5]] == names


def test_learned_policies_are_called_what_they_are_and_counted() -> None:
    for text in (markdown([TASK]), _shown(policy_table(TASK))):
        assert "Weights of ppo by seed: 3 apg, 2 ppo after apg." in text
        assert "best plan known" not in text
    row = TASK["policies"][1]
    for origins, name in (({"apg": 5}, "ppo (apg)"), ({"ppo": 5}, "ppo"), ({}, "ppo")):
        task = TASK | {"policies": [row | {"origins": origins}]}
        assert f"| {name} |" in markdown([task])
        assert ("Weights of" in markdown([task])) == bool(origins)


def test_a_bound_that_is_not_proven_is_called_the_best_known() -> None:
    task = TASK | {"best_known": True}
    for text in (markdown([task]), _shown(policy_table(task))):
        assert "best plan known" in text


def test_the_gap_closed_and_the_percent_of_informed_have_columns() -> None:
    informed = [row | {"informed": 97.123, "informed_ci": [96.0, 98.0]} for row in TASK["policies"]]
    text = markdown([TASK | {"policies": informed}])
    assert "gap closed | of informed" in text
    assert "50.0 (0.0..100.0) | 97.12 (96.00..98.00)" in text
    assert "50%" in _shown(policy_table(TASK))
    assert "| 50.0 (0.0..100.0) |  |" in markdown([TASK])


def test_the_plan_s_table_has_a_row_a_campaign_and_the_total(experiment: Experiment) -> None:
    shown = _shown(plan_table(document(plan_of(experiment, baseline("static", experiment), []))))
    for name in experiment.posterior.names:
        assert name in shown
    assert "$200,000.00" in shown
    assert "100.0%" in shown
    assert "extrapolated" in shown


def test_a_plan_without_conversions_is_shown(experiment: Experiment) -> None:
    content = document(plan_of(experiment, baseline("static", experiment), []))
    content["totals"]["cpa"] = None
    assert "CPA" in _shown(plan_table(content))


def test_what_was_learnt_is_shown_for_every_campaign(experiment: Experiment) -> None:
    shown = _shown(learning_table(experiment.posterior.report))
    for name in experiment.posterior.names:
        assert name in shown
    assert "elasticity" in shown
    assert shown.count("%") >= len(experiment.posterior.names)


def test_without_pairs_there_is_no_column_for_them() -> None:
    assert "vs" not in markdown([TASK | {"paired": []}]).splitlines()[2]
    rows = [line for line in markdown([TASK]).splitlines() if line.startswith("| greedy")]
    assert rows[0].endswith("|  |")
