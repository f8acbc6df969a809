"""Whole configurations of toy size."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediagym.data.storage import shipped_yaml

Config = Callable[..., dict[str, Any]]
GROUPS = (
    "data", "attribution", "priors", "calibration", "constraints", "env", "solver", "evaluation",
)  # fmt: skip
TOY = {
    "calibration": {
        "particles": 64,
        "mcmc_steps": 1,
        "final_mcmc_steps": 1,
        "draws": 40,
        "held_out": 24,
        "structures": {"month": shipped_yaml("calibration/default")["structures"]["month"]},
    },
    "solver": {"iterations": 3, "draws": 4},
    "evaluation": {"markets": 4, "resamples": 200},
}


@pytest.fixture
def config(conf: Config, export_folder: Path, tmp_path: Path) -> Config:
    """Makes a whole configuration of toy size for a valid folder; keywords change groups."""

    def make(**changes: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {
            name: conf(f"{name}/default.yaml", **TOY.get(name, {}), **changes.pop(name, {}))
            for name in GROUPS
        }
        made["data"]["path"] = str(export_folder)
        made |= {"objective": conf("objective/conversions.yaml"), "threads": 1}
        return {**made, "cache": str(tmp_path / "cache"), "agent": {"name": "static"}, **changes}

    return make
