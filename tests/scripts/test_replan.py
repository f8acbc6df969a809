"""`scripts/replan.py`: from a plan and exports to files, or one line that says what to fix."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mediagym.agents.live import open_flight
from mediagym.agents.networks import Actor, FlatShape, Network, Training, save_network
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import violations
from mediagym.envs.flight import ActionSettings, action_size, observation_size

pytestmark = pytest.mark.slow  # a plan of exports, in processes of its own

ROOT = Path(__file__).parents[2]
SIZES = [
    "calibration.particles=64",
    "calibration.mcmc_steps=2",
    "calibration.final_mcmc_steps=2",
    "calibration.draws=96",
    "calibration.held_out=32",
    "live.draws=32",
]


def script(name, *words):
    """Run a command in a process of its own."""
    command = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A plan of the sample, and its exports with the first ten days of it; Search breaks."""
    folder = tmp_path_factory.mktemp("month")
    sample = ROOT / "data" / "sample"
    (folder / "exports").mkdir()
    for file in [*sample.glob("*.csv"), sample / "truth.json"]:
        shutil.copy(file, folder / "exports")
    cache = f"cache={folder / 'cache'}"
    made = script("plan", *SIZES[:5], "baselines=[]", cache, f"output={folder / 'plan.json'}")
    assert made.returncode == 0, made.stderr
    breaks = "break={campaign: google/Search Network, day: 4, factor: 0.4}"
    plan = f"plan={folder / 'plan.json'}"
    more = script("synthesize", f"path={folder / 'exports'}", "continue_days=10", plan, breaks)
    assert more.returncode == 0, more.stderr
    return folder


def replan(folder, *words, output="out"):
    return script(
        "replan",
        f"plan={folder / 'plan.json'}",
        f"data.path={folder / 'exports'}",
        f"cache={folder / 'cache'}",
        f"output={folder / output}",
        *SIZES,
        *words,
    )


def test_it_writes_the_plan_the_changes_the_page_and_what_to_enter(folder):
    done = replan(folder)
    assert done.returncode == 0, done.stderr
    files = {file.name for file in (folder / "out").iterdir()}
    assert files == {"plan.json", "changes.json", "plan.html", "today.csv"}
    plan = json.loads((folder / "out" / "plan.json").read_text())
    changes = json.loads((folder / "out" / "changes.json").read_text())
    assert plan["flight"]["actual_days"] == 10
    assert plan["totals"]["budget"] == 200000
    assert changes["today"]["date"] == plan["days"][10]["date"]
    today = {
        "/".join(filter(None, (row["channel"], row["campaign_type"]))): row["today"]
        for row in plan["campaigns"]
    }
    assert changes["today"]["budgets"] == today
    assert changes["changes"] == plan["changes"]
    assert plan["pace"]["as_of"] == plan["days"][9]["date"]


def test_it_is_stateless(folder):
    for output in ("one", "two"):
        assert replan(folder, output=output).returncode == 0
    first, second = (folder / name / "plan.json" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_a_replan_can_be_replanned(folder):
    assert replan(folder, "as_of=2024-07-05", output="first").returncode == 0
    again = replan(folder, f"plan={folder / 'first' / 'plan.json'}", output="second")
    assert again.returncode == 0, again.stderr
    plan = json.loads((folder / "second" / "plan.json").read_text())
    assert plan["flight"]["actual_days"] == 10


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plan=nowhere.json"], "nowhere.json"),
        (["policy=nobody"], "policy: 'nobody'"),
        (["as_of=2025-01-01"], "as_of: 2025-01-01"),
        (["as_of=soon"], "as_of"),
        (["export=[today_csv,google_ads_editor]"], "export_mapping"),
        (["export=[parchment]"], "parchment"),
        (["constraints.total=10"], "total"),
        (["live.hold.probability=2"], "live.hold.probability"),
    ],
)
def test_errors_are_one_line_and_nothing_is_written(folder, words, message):
    done = replan(folder, *words, output="none")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (folder / "none").exists()


def test_every_key_of_the_constraints_can_be_given():
    own, default = shipped_yaml("replan")["constraints"], shipped_yaml("constraints/default")
    assert own == dict.fromkeys(default)


@pytest.fixture(scope="module")
def trained(folder):
    """The folder of a policy for the plan's campaigns, with random weights."""
    names = list(json.loads((folder / "plan.json").read_text())["constraints"]["channel_of"])
    channels = len({name.split("/")[0] for name in names})
    torch.manual_seed(0)
    shape = FlatShape(
        observation=observation_size(len(names), channels),
        actions=action_size(len(names)),
        hidden=[8],
        lstm=None,
        squash=False,
    )
    action = ActionSettings(map="projection", tilt=1.0, follow=1.0, pace=0.3)
    record = Training(
        task=None, campaigns=names, objective="conversions", seed=0, threads=1, steps=0
    )
    network = Network(Actor.from_shape(shape), action, record, "apg", "random weights")
    save_network(network, folder / "trained")
    return folder / "trained"


def test_a_trained_policy_replans_the_month(folder, trained):
    made = replan(folder, f"policy={trained}", "live.hold=null", output="by_a_policy")
    assert made.returncode == 0, made.stderr
    out = folder / "by_a_policy"
    plan = json.loads((out / "plan.json").read_text())
    cents = sum(round(100 * row["budget"]) for day in plan["days"] for row in day["campaigns"])
    assert cents == round(100 * plan["flight"]["budget"])
    assert plan["flight"]["actual_days"] == 10
    assert json.loads((out / "changes.json").read_text())["today"]["budgets"]


def test_a_flight_may_be_opened_with_a_trained_policy(folder, trained):
    sizes = {"particles": 64, "mcmc_steps": 2, "final_mcmc_steps": 2, "draws": 96, "held_out": 32}
    config = {"calibration": sizes, "cache": str(folder / "cache"), "live": {"draws": 32}}
    flight = open_flight(folder / "plan.json", folder / "exports", trained, config=config)
    constraints = flight.parts.problem.constraints
    while flight.days_left > 15:
        budgets = flight.today()
        flight.report(
            flight.dates[flight.reports.days],
            {name: {"spend": spend, "conversions": spend / 50} for name, spend in budgets.items()},
        )
    decision = flight.decide()
    assert violations(decision.rest, decision.choice.plan) == []
    spent = flight.reports.spend.sum() + decision.choice.plan.sum()
    assert spent == constraints.total_cents
