from pathlib import Path

import pytest
from hydra.errors import HydraException

from mediagym.scripts.cli.help import help_of

ROOT = Path(__file__).parents[2]


def test_the_help_says_what_a_command_does_and_what_can_be_chosen():
    text = help_of("plan", "Write a plan.", [])
    assert text.startswith("plan: Write a plan.\n")
    assert "  objective: conversions, journeys, profit, revenue\n" in text
    assert "\nconstraints:\n" in text
    assert "hydra" not in text


def test_the_help_shows_the_choices_and_values_beside_it():
    text = help_of("plan", "", ["agent=universal", "env.days=14"])
    assert "\n  name: universal\n" in text
    assert "\n  days: 14\n" in text


def test_a_key_that_is_not_known_has_no_help():
    with pytest.raises(HydraException):
        help_of("plan", "", ["constraints.rmp=1"])


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_is_printed_and_nothing_runs(word, capsys, monkeypatch):
    from mediagym.scripts import plan

    monkeypatch.setattr("sys.argv", ["plan.py", word])
    plan.run()
    summary = (plan.__doc__ or "").strip()
    assert capsys.readouterr().out.startswith(f"plan: {summary}\n")
