"""Commands run in this process, as a shell would run them."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

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


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one readable error that it ended with."""
        assert self.status == 2, self
        assert "Traceback" not in self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: ")
        return lines[0]


Command = Callable[..., Ended]


@pytest.fixture(scope="session")
def toy() -> list[str]:
    """Overrides that make everything tiny."""
    return TOY


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def command(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command by its name with overrides."""

    def run(name: str, *overrides: str) -> Ended:
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *overrides])
        status = 0
        try:
            import_module(f"mediagym.scripts.{name}").run()
        except SystemExit as end:
            status = int(end.code or 0)
        shown = capsys.readouterr()
        return Ended(status, shown.out, shown.err)

    return run
