import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

from mediagym.agents.evaluation import compare
from mediagym.agents.evaluation.tensorboard import _layout
from mediagym.agents.experiment import Experiment
from mediagym.agents.policies import baseline
from mediagym.agents.policy import Candidate, PlanPolicy
from mediagym.data.display import shortened

SIZES = {"images": 10, "tensors": 10, "scalars": 100}
CURVES = ("flight/regret", "flight/percent", "flight/spend")
TAILS = ("p10", "cvar")
METRICS = ("flight/percent", "flight/p10", "flight/cvar", "flight/regret", "flight/spend")
STATISTICS = ("mean", "iqm", "p10", "cvar", "gap", "value", "violations", "cents_off", "turnover",
              "seconds_per_decision")  # fmt: skip
Written = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def written(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The folder of a comparison of two baselines and a learner of two seeds; its result."""
    folder = tmp_path_factory.mktemp("comparison")
    uniform, static = (baseline(name, experiment) for name in ("uniform", "static"))
    learner = Candidate("ppo", (PlanPolicy("ppo", experiment.problem.static_plan), uniform))
    candidates = [*(Candidate(p.name, (p,)) for p in (uniform, static)), learner]
    return folder, compare(experiment, candidates, folder, seed=3, progress=lambda _: None)


@pytest.fixture(scope="module")
def runs(written: Written) -> dict[str, EventAccumulator]:
    """What TensorBoard reads, by run."""
    return _read(written[0] / "tensorboard")


@pytest.fixture(scope="module")
def policies(runs: Mapping[str, EventAccumulator]) -> dict[str, EventAccumulator]:
    return {name: events for name, events in runs.items() if name != "comparison"}


def _read(folder: Path) -> dict[str, EventAccumulator]:
    places = sorted({path.parent for path in folder.rglob("events.out.*")})
    found = {str(p.relative_to(folder)): EventAccumulator(str(p), SIZES) for p in places}
    for events in found.values():
        events.Reload()
    return found


def _hparams(events: EventAccumulator, tag: str) -> plugin_data_pb2.HParamsPluginData:
    content = events.SummaryMetadata(tag).plugin_data.content
    return plugin_data_pb2.HParamsPluginData.FromString(content)


def _text(events: EventAccumulator, tag: str) -> str:
    (tensor,) = events.Tensors(f"{tag}/text_summary")
    return str(tensor_util.make_ndarray(tensor.tensor_proto)[0].decode())


def test_there_is_one_run_a_policy_and_seed_and_one_for_the_comparison(
    runs: Mapping[str, EventAccumulator],
) -> None:
    assert set(runs) == {
        "uniform", "static", "ppo/seed_0", "ppo/seed_1", "clairvoyant", "comparison",
    }  # fmt: skip


def test_every_run_has_the_same_tags_so_that_curves_overlay(
    policies: Mapping[str, EventAccumulator],
) -> None:
    curves = {f"{curve}{end}" for curve in CURVES for end in ("", "_lower", "_upper")}
    for events in policies.values():
        tags = events.Tags()
        assert set(tags["scalars"]) == curves | {f"flight/{name}" for name in TAILS}
        for tag in tags["scalars"]:  # a lone point would be a dot
            assert [point.step for point in events.Scalars(tag)] == list(range(1, 31))
        assert sorted(tags["images"]) == ["regret", "response", "spend"]


def test_curves_run_over_the_days_within_their_bands(
    policies: Mapping[str, EventAccumulator], written: Written
) -> None:
    row = {row["name"]: row for row in written[1]["policies"]}
    for run, events in policies.items():
        policy, _, seed = run.partition("/seed_")
        mean, low, high = (
            [[point.value for point in events.Scalars(f"{curve}{end}")] for curve in CURVES]
            for end in ("", "_lower", "_upper")
        )
        assert (np.array(low) <= np.array(mean) + 1e-3).all()
        assert (np.array(mean) <= np.array(high) + 1e-3).all()
        steps = [point.step for point in events.Scalars("flight/percent")]
        assert steps == list(range(1, 31))
        assert mean[1][-1] == pytest.approx(row[policy]["by_seed"][int(seed or 0)], rel=1e-5)
        assert mean[0][-1] + mean[1][-1] == pytest.approx(100, rel=1e-5)
        assert mean[2][-1] == pytest.approx(200_000, rel=1e-6)


def test_statistics_are_those_of_the_comparison(
    policies: Mapping[str, EventAccumulator], written: Written
) -> None:
    for row in written[1]["policies"]:
        for seed, mean in enumerate(row["by_seed"]):
            alone = row["seeds"] == 1
            run = row["name"] if alone else f"{row['name']}/seed_{seed}"
            lines = _text(policies[run], "statistics").splitlines()[2:]
            cells = (line.strip("| ").split(" | ") for line in lines)
            found = {name: float(value.replace(",", "")) for name, value in cells}
            assert set(found) == set(STATISTICS)
            assert found["mean"] == pytest.approx(mean, rel=1e-5)
            assert policies[run].Scalars("flight/percent")[-1].value == pytest.approx(
                mean, rel=1e-5
            )
            for name, value in found.items():
                assert not alone or value == pytest.approx(row[name], rel=1e-5, abs=1e-6)
            for name in TAILS:
                last = policies[run].Scalars(f"flight/{name}")[-1].value
                assert last == pytest.approx(found[name], rel=1e-5)


def test_every_metric_of_the_hparams_exists_as_a_scalar(
    policies: Mapping[str, EventAccumulator],
) -> None:
    for run, events in policies.items():
        experiment = _hparams(events, "_hparams_/experiment").experiment
        metrics = {info.name.tag for info in experiment.metric_infos}
        assert metrics == set(METRICS)
        assert metrics <= set(events.Tags()["scalars"])
        names = {info.name.tag: info.display_name for info in experiment.metric_infos}
        assert names["flight/percent"] == "mean, percent of the clairvoyant"
        started = _hparams(events, "_hparams_/session_start_info").session_start_info
        reported = {k: v.string_value or v.number_value for k, v in started.hparams.items()}
        assert reported == {
            "policy": run.partition("/seed_")[0], "task": "Calibrated-v1",
            "objective": "conversions", "budget": 200_000,
        }  # fmt: skip  # none of these was trained
        ended = _hparams(events, "_hparams_/session_end_info").session_end_info
        assert ended.status


def test_figures_are_pictures(runs: Mapping[str, EventAccumulator]) -> None:
    for name, events in runs.items():
        own = ("comparison", "profiles", "differences", "regret")
        for tag in own if name == "comparison" else ("spend", "response", "regret"):
            (image,) = events.Images(tag)
            assert image.encoded_image_string.startswith(b"\x89PNG")
            assert image.width >= 900
            assert image.height >= 200


def test_every_run_has_a_card_of_what_it_comes_from(
    policies: Mapping[str, EventAccumulator], written: Written, experiment: Experiment
) -> None:
    for run, events in policies.items():
        card = _text(events, "card")
        policy, _, seed = run.partition("/seed_")
        due = f"{int(seed or 0) + 1} of {2 if policy == 'ppo' else 1}"
        for fact in (policy, due, experiment.posterior.fingerprint(), written[1]["sha256"]):
            assert f"| {fact} |" in card
        for package in ("mediagym", "numpy", "torch", "stable-baselines3", "python"):
            assert f"\n| {package} | " in card
        assert '"resamples": 500' in card


def test_the_comparison_is_there_as_a_table(
    runs: Mapping[str, EventAccumulator], written: Written
) -> None:
    table = _text(runs["comparison"], "table")
    assert table + "\n" == (written[0] / "evaluation.md").read_text()


def test_the_folder_holds_the_numbers_the_table_and_the_pictures(
    written: Written, experiment: Experiment
) -> None:
    folder, task = written
    content = json.loads((folder / "evaluation.json").read_text())
    assert set(content) == {"seed", "versions", "tasks"}
    assert content["seed"] == 3
    assert content["tasks"] == [task]
    assert task["id"] == "mediagym/Calibrated-v1"
    assert task["objective"] == "conversions"
    assert task["posterior"] == experiment.posterior.fingerprint()
    assert task["markets"] == experiment.evaluation.markets
    pictures = {"evaluation.png", "profiles.png", "differences.png"}
    assert {path.name for path in folder.iterdir()} == {
        "evaluation.json", "evaluation.md", "tensorboard", *pictures,
    }  # fmt: skip
    for name in pictures:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_a_task_of_the_suite_is_logged_like_an_advertiser(
    task_experiment: Callable[..., Experiment], tmp_path: Path
) -> None:
    experiment = task_experiment("Full-S", markets=5, resamples=100)
    static = Candidate("static", (PlanPolicy("static", experiment.problem.static_plan),))
    task = compare(experiment, [static], tmp_path, seed=0, progress=lambda _: None)
    (row,) = task["policies"]  # the clairvoyant is 100 by definition
    assert 70 < row["mean"] < 100
    runs = _read(tmp_path / "tensorboard")
    assert set(runs) == {"static", "comparison"}
    assert sorted(runs["static"].Tags()["images"]) == ["regret", "response", "spend"]
    assert f"| {task['sha256']} |" in _text(runs["static"], "card")


@pytest.fixture(scope="module")
def server(
    written: Written, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Any]]:
    """A running TensorBoard over that folder: the JSON that it answers."""
    folder = written[0]
    log = tmp_path_factory.mktemp("server") / "log"
    words = ["tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port", "0"]
    words += ["--load_fast=false", "--reload_interval", "1"]
    with log.open("w") as out:
        process = subprocess.Popen(  # noqa: S603  # the server of our own environment
            [sys.executable, "-m", *words], stdout=out, stderr=out
        )
    try:
        address = _address(log, process)
        _until_read(address, runs=6)
        yield lambda route: _ask(f"{address}/data/{route}")
    finally:
        process.terminate()
        process.wait(30)


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """The address of a server, from what it prints once it listens."""
    for _ in range(600):
        for word in log.read_text().split():
            if word.startswith("http://"):
                return word.rstrip("/")
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _until_read(address: str, runs: int) -> None:
    """Return once the server has read so many runs."""
    for _ in range(300):
        try:
            if len(_ask(f"{address}/data/runs")) == runs:
                return
        except URLError:
            pass
        time.sleep(0.1)
    raise AssertionError(_ask(f"{address}/data/runs"))


def _points(server: Callable[[str], Any], route: str, most: int = 30) -> list[Any]:
    """The points of a curve, once the server has read so many: it lists a run before that."""
    for _ in range(300):
        if len(points := server(route)) >= most:
            break
        time.sleep(0.1)
    return list(points)


def _ask(address: str) -> Any:
    with urlopen(address) as answer:  # noqa: S310  # loopback
        return json.load(answer)


def test_the_running_server_offers_every_dashboard(server: Callable[[str], Any]) -> None:
    listed = server("plugins_listing")
    assert {name for name, plugin in listed.items() if plugin["enabled"]} >= {
        "scalars", "custom_scalars", "images", "text", "hparams",
    }  # fmt: skip


def test_the_running_server_puts_all_policies_with_bands_in_one_chart(
    server: Callable[[str], Any], policies: Mapping[str, EventAccumulator]
) -> None:
    layout = server("plugin/custom_scalars/layout")
    charts = [chart for category in layout["category"] for chart in category["chart"]]
    margins = [chart["margin"]["series"] for chart in charts if "margin" in chart]
    assert [[each["value"] for each in series] for series in margins] == [[c] for c in CURVES[::-1]]
    for (series,) in margins:
        for tag in (series["value"], series["lower"], series["upper"]):
            for run in policies:
                points = _points(server, f"plugin/scalars/scalars?tag={tag}&run=tensorboard/{run}")
                assert len(points) == 30
    assert not any("multiline" in chart for chart in charts)  # nothing was trained here


def test_charts_of_the_training_are_there_where_one_lies_beside_the_policies() -> None:
    assert list(_layout("USD", trained=True)["training"].values()) == [
        ["Multiline", ["validation/.*"]],
        ["Multiline", ["validation_gain/.*"]],  # one unit on each axis
    ]


def test_the_running_server_knows_the_hparams_and_their_metrics(
    server: Callable[[str], Any], written: Written
) -> None:
    experiment = server("plugin/hparams/experiment?request={}")
    assert {info["name"] for info in experiment["hparamInfos"]} >= {"policy", "budget", "task"}
    metrics = [{"name": info["name"]} for info in experiment["metricInfos"]]
    assert {each["name"]["tag"] for each in metrics} == set(METRICS)
    asked = {"startIndex": 0, "sliceSize": 20, "allowedStatuses": ["STATUS_SUCCESS"]}
    request = json.dumps({**asked, "colParams": [{"metric": m["name"]} for m in metrics]})
    groups = server(f"plugin/hparams/session_groups?request={quote(request)}")
    assert groups["totalSize"] == 5
    means = {row["name"]: row["by_seed"] for row in written[1]["policies"]}
    for group in groups["sessionGroups"]:
        found = {v["name"]["tag"]: v["value"] for v in group["metricValues"]}
        due = means[group["hparams"]["policy"]]
        assert min(abs(found["flight/percent"] - mean) for mean in due) < 1e-3


def test_names_that_are_paths_or_markup_stay_in_the_folder(
    experiment: Experiment, tmp_path: Path
) -> None:
    names = ("../../../escaped", str(tmp_path / "absolute"), "comparison", "<b>x|y`$_[/b]\x1b[31m")
    plan = experiment.problem.static_plan
    candidates = [Candidate(name, (PlanPolicy(name, plan),)) for name in names]
    folder = tmp_path / "a" / "b" / "c"
    compare(experiment, candidates, folder, seed=3, progress=lambda _: None)
    found = _read(folder / "tensorboard")
    assert len(found) == len(names) + 2  # the clairvoyant and the comparison
    assert {path.name for path in tmp_path.rglob("*") if path.is_dir()} == {
        "a", "b", "c", "tensorboard", *found,
    }  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    texts = [_text(events, "card") for run, events in found.items() if run != "comparison"]
    texts += [_text(found["comparison"], "table"), (folder / "evaluation.md").read_text()]
    for text in texts:
        assert not set("<`$[\x1b") & set(text.partition("```json")[0])
    started = {
        _hparams(events, "_hparams_/session_start_info")
        .session_start_info.hparams["policy"]
        .string_value
        for run, events in found.items()
        if run != "comparison"
    }
    assert started == {*map(shortened, names), "clairvoyant"}
