"""Fixtures that run a command in this process and capture its output."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

RESEARCH = ("advertisers", "clairvoyant", "pilots", "suite")  # commands of scripts/research
TOY = [
    "calibration.particles=64",
    "calibration.mcmc_steps=1",
    "calibration.final_mcmc_steps=1",
    "calibration.draws=48",
    "calibration.held_out=24",
    "solver.iterations=3",
    "solver.draws=4",
    "evaluation.markets=6",
    "evaluation.resamples=200",
]


class CommandResult(NamedTuple):
    """Exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The error message: exactly one line, with status 2 and without a traceback."""
        assert self.status == 2, self
        assert "Traceback" not in self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        return lines[0]


RESEARCH = (  # of their folder
    "ablate",
    "advertisers",
    "black_box",
    "clairvoyant",
    "informed",
    "latents",
    "leaderboard",
    "pilots",
    "replanner_grid",
    "suite",
)
Command = Callable[..., CommandResult]


@pytest.fixture(scope="session")
def toy() -> list[str]:
    """Overrides that make calibration, planning and evaluation tiny."""
    return TOY


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "workdir"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def command(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Function that runs the command ``name`` with overrides."""

    def run(name: str, *overrides: str) -> CommandResult:
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *overrides])
        status = 0
        try:
            folder = "research." if name in RESEARCH else ""
            import_module(f"mediagym.scripts.{folder}{name}").run()
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return CommandResult(status, captured.out, captured.err)

    return run
