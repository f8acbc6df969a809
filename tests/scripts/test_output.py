"""Where commands write: the folder named by ``output``, or a run folder of their own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir

import mediagym.scripts.cli  # noqa: F401  # registers the resolvers
from mediagym.data.storage import CONF

Command = Callable[..., Any]


def _commands() -> list[str]:
    """Names of the commands that have the key ``output``."""
    contents = {path.stem: yaml.safe_load(path.read_text()) for path in CONF.glob("*.yaml")}
    return sorted(name for name, content in contents.items() if "output" in content)


@pytest.mark.parametrize("name", _commands())
def test_no_run_folder_is_made_beside_the_output(name: str) -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = compose(name, ["output=results"], return_hydra_config=True).hydra
        assert hydra.run.dir == "."
        assert hydra.output_subdir is None


def test_a_command_without_an_output_has_a_run_folder() -> None:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        for name in ("calibrate", "evaluate", "train"):
            hydra = compose(name, return_hydra_config=True).hydra
            assert hydra.run.dir.startswith(f"outputs/{name}/20")
            assert hydra.output_subdir == ".hydra"


def test_results_go_to_the_output_alone_or_into_a_run_folder(
    command: Command, export_folder: Path, workdir: Path
) -> None:
    assert command("ingest", f"data.path={export_folder}", "output=results").status == 0
    assert [path.name for path in workdir.iterdir()] == ["results"]
    assert {path.suffix for path in (workdir / "results").iterdir()} == {".csv", ".html", ".json"}
    assert command("ingest", f"data.path={export_folder}").status == 0
    (run,) = (workdir / "outputs" / "ingest").iterdir()
    assert {"ingest.json", ".hydra"} <= {path.name for path in run.iterdir()}


def test_a_plan_that_would_replace_a_pipe_is_refused_before_anything_slow(
    command: Command, export_folder: Path, workdir: Path
) -> None:
    os.mkfifo(workdir / "plan.json")
    (workdir / "folder").mkdir()
    for output, kind in (("plan.json", "a pipe"), ("folder", "a folder")):
        result = command("plan", f"data.path={export_folder}", f"output={output}")
        assert f"{output}: cannot be written, it is {kind}" in result.error
        assert result.out == ""
    assert {path.name for path in workdir.iterdir()} == {"plan.json", "folder"}
    assert (workdir / "plan.json").is_fifo()
