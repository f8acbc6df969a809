from pathlib import Path

import pytest

from mediagym.envs.flight import BLOCKS
from mediagym.envs.market import PARAMETERS
from mediagym.envs.suite import task_page
from mediagym.envs.suite.names import task_names

PAGES = Path(__file__).parents[3] / "docs" / "tasks"


@pytest.mark.parametrize("name", task_names())
def test_the_page_in_docs_is_the_generated_one(name):
    assert (PAGES / f"{name}.md").read_text(encoding="utf-8") == task_page(name)


def test_every_task_has_a_page_and_no_page_lacks_its_task():
    assert sorted(path.stem for path in PAGES.glob("*.md")) == task_names()


def test_a_page_documents_observation_action_reward_and_parameters():
    page = task_page("Full")
    for title in ("Observation", "Action", "Reward and end", "Splits", "Versions"):
        assert f"## {title}\n" in page
    assert all(f"| {block.name} |" in page for block in BLOCKS)
    assert all(f"| {p.name} | {p.unit} | {p.allowed} |" in page for p in PARAMETERS[:17])
    assert "| carryover | share a day | [0, 1) | 0 |" in page
