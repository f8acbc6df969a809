"""`scripts/plan.py agent=uniform` on a tiny advertiser, in a process that may be killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser

from .faults import FAULT, MOMENTS
from .writers import Crash, compared, contents_of

OLD = b'{"an": "older plan"}\n'
_SMALL = (
    "agent=uniform",
    "baselines=[]",
    "env.days=7",
    "calibration.particles=64",
    "calibration.mcmc_steps=1",
    "calibration.final_mcmc_steps=1",
    "calibration.draws=48",
    "calibration.held_out=24",
    "solver.iterations=3",
    "solver.draws=4",
    "evaluation.markets=6",
    "evaluation.resamples=200",
)
_SECONDS = 300  # a run that takes longer hangs
_MAIN = "from mediagym.scripts.fuzzing.durability.faults import main; main()"


class Run(NamedTuple):
    """How a run of the command ended."""

    status: int  # negative: killed by that signal
    error: str  # standard error

    @property
    def is_refusal(self) -> bool:
        """Whether it ended with one message of one line and status 2."""
        lines = self.error.strip().splitlines()
        messages = [line for line in lines if line.startswith("error: ")]
        return self.status == 2 and len(messages) == 1 and "Traceback" not in self.error


class Place(NamedTuple):
    """Folders of one experiment: what it reads and what it writes."""

    exports: Path
    results: Path  # holds the plan and the cache, nothing else
    plan: str = "plan.json"

    def words(self) -> list[str]:
        """Words of the command line."""
        paths = {"data.path": self.exports, "output": self.results / self.plan}
        paths |= {"cache": self.results / "cache"}
        return ["plan", *_SMALL, *(f"{key}='{path}'" for key, path in paths.items())]


def write_tiny_advertiser(folder: Path) -> None:
    """Writes exports of a synthetic advertiser, 70 days without landings."""
    priors = Priors.of(shipped_yaml("priors/default"), "priors")
    changes = {"path": folder, "seed": 1, "days": 70, "landings": 0}
    shipped = shipped_yaml("advertiser/default") | changes
    settings = SyntheticSettings.of(shipped, "synthesize")
    write_advertiser(synthesize(settings, priors), settings)


def start(
    place: Place,
    *,
    before: Sequence[str] = (),
    options: Sequence[str] = (),
    environment: Mapping[str, str | None] | None = None,
    **others: Any,
) -> subprocess.Popen[bytes]:
    """Starts the command.

    Args:
        place: its folders.
        before: command that runs it, such as `setpriv`.
        options: of the Python interpreter.
        environment: variables that differ; None: not set.
        others: arguments of `subprocess.Popen`.
    """
    changed = {**os.environ, **(environment or {})}
    variables = {name: value for name, value in changed.items() if value is not None}
    words = [*before, sys.executable, *options, "-c", _MAIN, *place.words()]
    return subprocess.Popen(  # noqa: S603  # our own command
        words,
        env=variables,
        cwd=others.pop("cwd", place.exports.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **others,
    )


def finished(process: subprocess.Popen[bytes]) -> Run:
    """Waits for the end of a run."""
    try:
        _, error = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return Run(-signal.SIGALRM, "more than 300 seconds")
    return Run(process.returncode, error.decode(errors="replace"))


class Reference(NamedTuple):
    """An undisturbed run, against which all others are held."""

    exports: Path
    files: dict[str, bytes]  # of the results
    seconds: float


def undisturbed(exports: Path, results: Path) -> Reference:
    """Runs the command once.

    Raises:
        RuntimeError: it does not even run undisturbed.
    """
    begin = time.monotonic()
    run = finished(start(Place(exports, results)))
    if run.status:
        raise RuntimeError(run.error)
    return Reference(exports, contents_of(results), time.monotonic() - begin)


def killed_plan(number: int, rng: Random, reference: Reference, results: Path) -> Crash:
    """Kills a run, half of them at a random time and half in a chosen write; then runs again.

    Args:
        number: of the kill.
        rng: source of the random times.
        reference: an undisturbed run.
        results: a folder that does not exist yet.
    """
    place = Place(reference.exports, results)
    results.mkdir(parents=True)
    (results / place.plan).write_bytes(OLD)
    if number % 2:
        wait = rng.uniform(0.2, 1.0) * reference.seconds
        name = f"plan after {wait:.2f} s"
        process = start(place)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
        finished(process)
    else:
        at = number // 2
        moment, write = MOMENTS[at % len(MOMENTS)], 1 + at % len(reference.files)
        name = f"plan write {write} {moment}"
        finished(start(place, environment={FAULT: f"{moment}:{write}"}))
    for file, content in contents_of(results).items():
        if Path(file).name.startswith("."):
            continue  # what is not finished
        if content not in (reference.files.get(file), OLD if file == place.plan else None):
            return Crash(name, "torn", f"{file} is neither old nor new")
    again = finished(start(place))
    if again.status:
        return Crash(name, "refused", again.error[-300:])
    return compared(name, contents_of(results), reference.files)
