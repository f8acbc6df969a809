from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from mediagym.agents.plan import document
from mediagym.agents.planning import plan_of
from mediagym.agents.policy import Policy
from mediagym.agents.report import learning_table, markdown, plan_table, policy_table
from mediagym.agents.workflow import Session

SUMMARY: dict[str, Any] = {
    "markets": 8,
    "policies": [
        {
            "policy": name,
            "value": 1234.56,
            "percent_of_clairvoyant": percent,
            "interval": [percent - 1, percent + 1],
            "p10": percent - 5,
            "best": percent + 2,
            "violations": 0,
            "cents_off": 0,
        }
        for name, percent in (("greedy", 90.0), ("ppo", 95.0), ("clairvoyant", 100.0))
    ],
    "paired": [
        {
            "policy": "ppo",
            "against": "greedy",
            "difference": 5.0,
            "interval": [4.0, 6.0],
            "wins": 0.9,
        }
    ],
}


def _shown(table: Table) -> str:
    console = Console(width=200, file=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_the_comparison_reads_the_same_on_screen_and_in_documents() -> None:
    screen, text = _shown(policy_table(SUMMARY)), markdown(SUMMARY)
    for cell in ("ppo", "95.00", "94.00 to 96.00", "+5.00 (+4.00 to +6.00)", "1,234.6"):
        assert cell in screen
        assert cell in text
    assert "8 held-out markets" in screen


def test_a_markdown_row_a_policy_all_of_equal_width() -> None:
    lines = markdown(SUMMARY).splitlines()
    assert len(lines) == 5
    assert {line.count("|") for line in lines} == {10}


def test_the_plan_s_table_has_a_row_a_campaign_and_the_total(
    session: Session, baselines: list[Policy]
) -> None:
    shown = _shown(plan_table(document(plan_of(session, baselines[-1], []))))
    for name in session.posterior.names:
        assert name in shown
    assert "$200,000.00" in shown
    assert "100.0%" in shown
    assert "campaign floor" in shown
    assert "extrapolated" in shown


def test_a_plan_without_conversions_is_shown(session: Session, baselines: list[Policy]) -> None:
    content = document(plan_of(session, baselines[-1], []))
    content["totals"]["cpa"] = None
    assert "CPA" in _shown(plan_table(content))


def test_what_was_learnt_is_shown_for_every_campaign(session: Session) -> None:
    shown = _shown(learning_table(session.posterior.report))
    for name in session.posterior.names:
        assert name in shown
    assert "elasticity" in shown
    assert shown.count("%") >= len(session.posterior.names)


@pytest.mark.parametrize("pair", [[], SUMMARY["paired"]])
def test_a_missing_pair_leaves_its_cell_empty(pair: list) -> None:
    text = markdown({**SUMMARY, "paired": pair})
    assert text.splitlines()[2].endswith("|  |  |")
