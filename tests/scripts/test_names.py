"""Campaigns are named on the command line as they are, by short id, or in a file of constraints."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

from mediagym.agents.setup import prepare
from mediagym.data.history import Campaign
from mediagym.data.names import short_ids
from mediagym.envs.constraints import Constraints, ConstraintSettings, parse_constraints
from mediagym.scripts import synthesize
from mediagym.scripts.cli import to_plain_dict
from mediagym.scripts.cli.override import advice

ROOT = Path(__file__).parents[2]
TAKERS = (
    "ablate",
    "black_box",
    "calibrate",
    "evaluate",
    "pilots",
    "plan",
    "recovery",
    "score",
    "suite",
    "train",
    "tune",
)
SAMPLE = ("google/Cross-network", "google/YouTube", "meta", "microsoft/Search & content")
NAMED = "microsoft/Search & content"
(ID,) = short_ids([NAMED])
UNREADABLE = (  # names that Hydra's grammar does not take as they are
    "microsoft/Search & content",
    "google/Brand, UK/IE",
    "google/a=b",
    "google/{x}",
    "google/Kampagne: Süd",
    "google/［不動産］強化",
    "google/'quoted'",
    "google/${x}",
    "google/#1",
    "true",
    "null",
    "1.50",
)
READABLE = ("google/Search Network", "google/50% off", "google/true", "google/1.5", "meta")


def test_commands_that_take_constraints_are_those_tested_here() -> None:
    composed = {path.stem: path.read_text() for path in (ROOT / "conf").glob("*.yaml")}
    takers = {n for n, text in composed.items() if re.search(r"- (problem|constraints: )", text)}
    others = {"problem", "replan", "advertisers_study"}  # a re-plan's are those of its plan; random
    assert takers - others == set(TAKERS)  # advertisers bring their own


def constraints_of(name: str, *words: str, campaigns: tuple[str, ...] = SAMPLE) -> Constraints:
    """Constraints of a command's configuration with overrides."""
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        group = to_plain_dict(compose(name, list(words)))["constraints"]
    named = [Campaign(*(*campaign.split("/", 1), None)[:2]) for campaign in campaigns]
    return parse_constraints(ConstraintSettings.of(group, "constraints"), named, 30)


def words_in(message: str | None) -> tuple[str, str]:
    """The override and the line of a file that a message shows."""
    assert message is not None
    shown = re.search(
        r"To fix: write (.*?)(?:, or constraints\.file=FILE .* FILE: (.*))?$", message
    )
    assert shown is not None
    (word,) = shlex.split(shown[1])
    return word, shown[2]


@pytest.mark.parametrize("name", TAKERS)
def test_every_command_takes_a_name_by_id_and_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "constraints.yaml"
    file.write_text(f'campaigns: {{"{NAMED}": {{floor: 5%}}}}\n')
    for word in (f"constraints.campaigns={{{ID}: {{floor: 5%}}}}", f"constraints.file={file}"):
        constraints = constraints_of(name, word)
        assert constraints.floor_cents[1].tolist() == [100_000, 100_000, 100_000, 1_000_000]


@pytest.mark.parametrize("name", TAKERS)
def test_every_command_shows_how_to_write_a_name_that_it_cannot_read(
    command: Callable[..., Any], workdir: Path, name: str
) -> None:
    error = command(name, f"constraints.campaigns={{{NAMED}: {{floor: 5%}}}}").error
    assert error.startswith(f"error: constraints.campaigns: '{NAMED}' cannot be written so")
    word, line = words_in(error)
    assert word == f"constraints.campaigns={{{ID}: {{floor: 5%}}}}"
    assert yaml.safe_load(line) == {"campaigns": {NAMED: {"floor": "5%"}}}
    assert list(workdir.iterdir()) == []


@pytest.mark.parametrize("name", TAKERS)
def test_every_command_names_the_file_and_the_key_of_a_mistake(
    command: Callable[..., Any], workdir: Path, name: str
) -> None:
    (workdir / "my.yaml").write_text("totl: 5\n")
    (workdir / "mine.csv").write_text("date,campaign,amount\n")
    own = ["plan=mine.csv"] if name == "score" else []
    error = command(name, *own, "constraints.file=my.yaml", "hydra.run.dir=run").error
    assert "my.yaml: unknown key 'totl'" in error
    absent = command(name, *own, "constraints.file=absent.yaml", "hydra.run.dir=r")
    assert "absent.yaml" in absent.error


@pytest.mark.parametrize("name", UNREADABLE)
def test_the_override_and_the_file_that_are_shown_work(name: str, tmp_path: Path) -> None:
    campaigns = (*SAMPLE, name) if name not in SAMPLE else SAMPLE
    given = f"constraints.campaigns={{{name}: {{floor: 5%}}, meta: {{off: true}}}}"
    word, line = words_in(advice(given))
    (tmp_path / "my.yaml").write_text(f"{line}\n", encoding="utf-8")
    for shown in (word, f"constraints.file={tmp_path / 'my.yaml'}"):
        constraints = constraints_of(
            "plan", shown, "constraints.channel.floor=0", campaigns=campaigns
        )
        floors = dict(zip(campaigns, constraints.floor_cents[1].tolist(), strict=True))
        assert (floors[name], floors["meta"]) == (1_000_000, 0)


@pytest.mark.parametrize("name", READABLE)
def test_other_names_are_taken_as_they_are(name: str) -> None:
    campaigns = tuple(dict.fromkeys([*SAMPLE, name]))
    word = f"constraints.campaigns={{{name}: {{floor: 5%}}}}"
    constraints = constraints_of("plan", word, campaigns=campaigns)
    assert constraints.floor_cents[1][campaigns.index(name)] == 1_000_000


@pytest.mark.parametrize("name", ["true", "1.5", "Search & content", "YouTube"])
def test_a_name_without_its_channel_is_taken_too(name: str) -> None:
    campaigns = (*SAMPLE, "google/true", "google/1.5")
    full = next(campaign for campaign in campaigns if campaign.endswith(f"/{name}"))
    given = f"constraints.campaigns={{{name}: {{floor: 5%}}}}"
    for word in (words_in(advice(given))[0], *([given] if "&" not in name else [])):
        constraints = constraints_of("plan", word, campaigns=campaigns)
        assert constraints.floor_cents[1][campaigns.index(full)] == 1_000_000


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("constraints.campaigns.meta.floor=5%", "constraints.campaigns={meta: {floor: 5%}}"),
        (
            f"+constraints.campaigns.{NAMED}.off=true",
            f"constraints.campaigns={{{ID}: {{off: true}}}}",
        ),
        (
            f'constraints.campaigns={{"{NAMED}": {{cap: $5000}}}}',
            f"constraints.campaigns={{{ID}: {{cap: $5000}}}}",
        ),
        (
            f"constraints.campaigns={{{NAMED}: {{cap: $5,000}}}}",
            f"constraints.campaigns={{{ID}: {{floor: 5%}}}}",
        ),
        (
            "constraints.channels={x & y: {floor: 5%}}",
            f"constraints.channels={{{short_ids(['x & y'])[0]}: {{floor: 5%}}}}",
        ),
        (f"campaigns={{{NAMED}: {{spend: 5}}}}", f"+campaigns={{{ID}: {{spend: 5}}}}"),
        (
            f"priors.evidence=[{{campaign: {NAMED}, spend: 600, elasticity: 0.3, sd: 0.1}}]",
            f"priors.evidence=[{{campaign: {ID}, spend: 600, elasticity: 0.3, sd: 0.1}}]",
        ),
    ],
)
def test_other_ways_of_writing_are_put_right(given: str, word: str) -> None:
    assert words_in(advice(given))[0] == word


@pytest.mark.parametrize(
    "word",
    ["constraints.total=", "total", "data.path=a b, c", "constraints.campaigns=5", "campaigns={"],
)
def test_there_is_no_advice_about_anything_else(word: str) -> None:
    assert advice(word) is None


def test_a_dotted_name_is_one_line_of_error(command: Callable[..., Any]) -> None:
    error = command("plan", "constraints.campaigns.meta.floor=5%").error
    assert words_in(error)[0] == "constraints.campaigns={meta: {floor: 5%}}"


@pytest.mark.parametrize("name", ["plan", "train", "tune"])
def test_an_unknown_name_lists_the_ids_before_anything_is_calibrated(
    command: Callable[..., Any], workdir: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def calibrate(*_: Any) -> None:
        raise AssertionError("calibrated before the mistake was found")

    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", calibrate)
    word = "constraints.campaigns={microsoft/Search and content: {floor: 5%}}"
    error = command(name, word, "hydra.run.dir=run").error
    assert f"{NAMED} (id {ID})" in error
    assert f"did you mean {NAMED}?" in error
    assert f"'constraints.campaigns={{{ID}: {{floor: 5%}}}}'" in error


def test_an_unknown_name_in_a_file_names_the_file(
    command: Callable[..., Any], workdir: Path
) -> None:
    (workdir / "my.yaml").write_text("campaigns: {Search and content: {floor: 5%}}\n")
    error = command("plan", "constraints.file=my.yaml").error
    assert error.startswith("error: my.yaml: constraints.campaigns: 'Search and content' is not")


def test_a_task_brings_its_own_constraints_whatever_a_file_says(
    command: Callable[..., Any], workdir: Path
) -> None:
    (workdir / "my.yaml").write_text("total: 5000\n")
    words = ("task=Full-S", "constraints.file=my.yaml", "hydra.run.dir=run")
    assert "the task Full-S brings its own constraints" in command("evaluate", *words).error


def test_a_synthetic_campaign_is_changed_by_its_id(conf: Callable[..., dict[str, Any]]) -> None:
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        config = to_plain_dict(
            compose("synthesize", [f"+campaigns={{{ID}: {{spend: 7}}}}", "path=x"])
        )
    settings = synthesize.parse(config).settings
    assert list(settings.campaigns) == list(conf("advertiser/default.yaml")["campaigns"])
    assert settings.campaigns[NAMED].spend == 7
    assert settings.campaigns[NAMED].cpc == 1.5


@pytest.mark.slow
def test_a_plan_of_the_shipped_sample_from_the_shell(toy: list[str], tmp_path: Path) -> None:
    def plan(word: str, output: str) -> subprocess.CompletedProcess[str]:
        script = str(ROOT / "scripts" / "plan.py")
        words = ["agent=uniform", "baselines=[uniform]", *toy, f"output={output}", word]
        return subprocess.run(  # noqa: S603  # our command
            [sys.executable, script, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = plan(f"constraints.campaigns={{{NAMED}: {{floor: 5%}}}}", "none.json")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
    word, line = words_in(refused.stderr.strip())
    (tmp_path / "my.yaml").write_text(f"total: 100000\n{line}\n")
    by_id = plan(word, "id.json")
    from_file = plan("constraints.file=my.yaml", "file.json")
    assert (by_id.returncode, from_file.returncode) == (0, 0), (by_id.stderr, from_file.stderr)
    for output, floor in (("id.json", 10_000), ("file.json", 5_000)):
        content = json.loads((tmp_path / output).read_text())
        settings = content["constraints"]["settings"]
        assert settings["campaigns"][NAMED]["floor"].strip("$") == f"{floor}.00"
        (row,) = (r for r in content["campaigns"] if r["campaign_type"] == "Search & content")
        assert row["budget"] >= floor
        assert ID not in (tmp_path / output).read_text()
