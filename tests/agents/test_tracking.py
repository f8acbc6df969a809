import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

from mediagym.agents.comparison import compare
from mediagym.agents.policy import Entrant, Policy
from mediagym.agents.workflow import Session

SIZES = {"images": 10, "tensors": 10, "scalars": 100}


@pytest.fixture(scope="module")
def written(
    session: Session, baselines: list[Policy], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The folder of a comparison of two baselines, and its result."""
    folder = tmp_path_factory.mktemp("comparison")
    entrants = [Entrant(p.name, (p,)) for p in baselines if p.name in ("greedy", "static")]
    return folder, compare(session, entrants, folder, seed=3, say=lambda _: None)


@pytest.fixture(scope="module")
def runs(written: tuple[Path, dict[str, Any]]) -> dict[str, EventAccumulator]:
    """What TensorBoard reads, by run."""
    found = {}
    for folder in (written[0] / "tensorboard").iterdir():
        found[folder.name] = EventAccumulator(str(folder), size_guidance=SIZES)
        found[folder.name].Reload()
    return found


@pytest.fixture(scope="module")
def policies(runs: Mapping[str, EventAccumulator]) -> dict[str, EventAccumulator]:
    return {name: events for name, events in runs.items() if name != "comparison"}


def _hparams(events: EventAccumulator, tag: str) -> plugin_data_pb2.HParamsPluginData:
    content = events.SummaryMetadata(tag).plugin_data.content
    return plugin_data_pb2.HParamsPluginData.FromString(content)


def test_there_is_one_run_a_policy_and_one_for_the_comparison(
    runs: Mapping[str, EventAccumulator],
) -> None:
    assert set(runs) == {"greedy", "static", "clairvoyant", "comparison"}


def test_every_run_has_the_same_tags_so_that_curves_overlay(
    policies: Mapping[str, EventAccumulator],
) -> None:
    tags = [
        (sorted(events.Tags()["scalars"]), sorted(events.Tags()["images"]))
        for events in policies.values()
    ]
    assert all(each == tags[0] for each in tags)
    assert {"flight/cumulative", "flight/spent"} <= set(tags[0][0])
    assert tags[0][1] == ["response", "spend"]


def test_curves_run_over_the_days_of_the_flight(
    policies: Mapping[str, EventAccumulator], written: tuple[Path, dict[str, Any]]
) -> None:
    value = {row["policy"]: row["value"] for row in written[1]["policies"]}
    for name, events in policies.items():
        curve = events.Scalars("flight/cumulative")
        assert [point.step for point in curve] == list(range(1, 31))
        assert (np.diff([point.value for point in curve]) > 0).all()
        assert curve[-1].value == pytest.approx(value[name], rel=1e-5)
        assert events.Scalars("flight/spent")[-1].value == pytest.approx(200_000, rel=1e-6)


def test_scalars_are_those_of_the_comparison(
    policies: Mapping[str, EventAccumulator], written: tuple[Path, dict[str, Any]]
) -> None:
    for row in written[1]["policies"]:
        for key in ("percent_of_clairvoyant", "p10", "value", "violations", "cents_off"):
            (point,) = policies[row["policy"]].Scalars(f"evaluation/{key}")
            assert point.value == pytest.approx(row[key], rel=1e-5)


def test_every_metric_of_the_hparams_exists_as_a_scalar(
    policies: Mapping[str, EventAccumulator],
) -> None:
    for name, events in policies.items():
        experiment = _hparams(events, "_hparams_/experiment").experiment
        metrics = {info.name.tag for info in experiment.metric_infos}
        assert metrics
        assert metrics <= set(events.Tags()["scalars"])
        chosen = _hparams(events, "_hparams_/session_start_info").session_start_info.hparams
        assert chosen["policy"].string_value == name
        assert chosen["seed"].number_value == 3
        assert chosen["budget"].number_value == 200_000
        assert chosen["objective"].string_value == "conversions"


def test_figures_are_pictures(policies: Mapping[str, EventAccumulator]) -> None:
    for events in policies.values():
        for tag in ("spend", "response"):
            (image,) = events.Images(tag)
            assert image.encoded_image_string.startswith(b"\x89PNG")
            assert image.width > 300
            assert image.height > 200


def _text(events: EventAccumulator, tag: str) -> str:
    (tensor,) = events.Tensors(f"{tag}/text_summary")
    return str(tensor_util.make_ndarray(tensor.tensor_proto)[0].decode())


def test_the_comparison_is_there_as_a_table_with_its_configuration(
    runs: Mapping[str, EventAccumulator], written: tuple[Path, dict[str, Any]], session: Session
) -> None:
    table = _text(runs["comparison"], "table")
    assert table + "\n" == (written[0] / "evaluation.md").read_text()
    lines = table.splitlines()
    assert len(lines) == 2 + 3
    assert len({line.count("|") for line in lines}) == 1
    config = _text(runs["comparison"], "config")
    assert session.posterior.fingerprint() in config


def test_the_folder_holds_the_numbers_the_table_and_the_picture(
    written: tuple[Path, dict[str, Any]], session: Session
) -> None:
    folder, result = written
    assert json.loads((folder / "evaluation.json").read_text()) == result
    assert result["seed"] == 3
    assert result["objective"] == "conversions"
    assert result["posterior"] == session.posterior.fingerprint()
    assert result["markets"] == session.evaluation.markets
    assert (folder / "evaluation.png").read_bytes().startswith(b"\x89PNG")
    names = {"evaluation.json", "evaluation.md", "evaluation.png", "tensorboard"}
    assert {path.name for path in folder.iterdir()} == names
