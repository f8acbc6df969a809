"""Benchmark of scale: CPU time and peak memory at a quarter, half and all of a large size.

Each size is measured in a process of its own. Growth is the time per unit of size over that of the
smallest: 1 where it is linear.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from mediagym.scripts.benchmarks.attribution import run_command
from mediagym.scripts.benchmarks.calibration import copied, synthetic_case
from mediagym.scripts.benchmarks.figure import Figure, Figures
from mediagym.scripts.benchmarks.reading import read_folder, write_exports

_TASK, _DAYS = "mediagym/Full-M-v1", 30
_FLIGHTS = (16_384, 32_768, 65_536)
_ROWS = (250_000, 500_000, 1_000_000)
_LANDINGS = (400_000, 800_000, 1_600_000)
_CAMPAIGNS = (50, 100, 200)
_YEARS = 1095  # days of the history of these campaigns


def scale() -> Figures:
    """Measure exports, landings, histories and environments at three sizes each."""
    return {
        **_grown("rows of ads, read", _ROWS, _reading),
        **_grown("landings, attributed", _LANDINGS, _attributing),
        **_grown("flights of Full-M, a day", _FLIGHTS, _alone(_flying)),
        **_grown("campaigns x 3 years, calibrated", _CAMPAIGNS, _alone(_calibrating)),
    }


def _grown(
    label: str, sizes: tuple[int, ...], measure: Callable[[int], tuple[float, float]]
) -> Figures:
    figures: Figures = {}
    first = 0.0
    for size in sizes:
        seconds, megabytes = measure(size)
        found = f"  {size:,} {label}: {seconds:,.1f} s, {megabytes:,.0f} MB"
        print(found, file=sys.stderr, flush=True)
        first = first or seconds / size
        figures[f"{size:,} {label}, time"] = Figure(seconds, 0, "s of CPU")
        figures[f"{size:,} {label}, peak memory"] = Figure(megabytes, 0, "MB")
        figures[f"{size:,} {label}, growth"] = Figure(seconds / size / first, 0, "")
    return figures


def _alone(function: Callable[[int], float]) -> Callable[[int], tuple[float, float]]:
    """Return a function that runs another in a new process: CPU seconds, and peak MB."""

    def measure(size: int) -> tuple[float, float]:
        with get_context("spawn").Pool(1) as pool:
            return pool.apply(_with_memory, (function, size))

    return measure


def _with_memory(function: Callable[[int], float], size: int) -> tuple[float, float]:
    seconds = function(size)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _reading(rows: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        write_exports(Path(folder), rows)
        with get_context("spawn").Pool(1) as pool:
            return pool.apply(read_folder, (folder,))


def _attributing(landings: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        run_command("synthesize", f"path={folder}", "seed=25", f"landings={landings}")
        usage = run_command("attribute", f"data.path={folder}", f"output={folder}/out")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def _flying(flights: int) -> float:
    """CPU seconds per day of a batch, over a whole flight."""
    import gymnasium as gym

    envs: Any = gym.make_vec(_TASK, num_envs=flights)
    envs.reset(seed=0)
    actions = np.zeros(envs.action_space.shape, np.float32)
    start = time.process_time()
    for _ in range(_DAYS):
        envs.step(actions)
    return (time.process_time() - start) / _DAYS


def _calibrating(campaigns: int) -> float:
    from mediagym.envs.calibration import calibrate

    with tempfile.TemporaryDirectory() as folder:
        case = synthetic_case(Path(folder), _YEARS)
    copies = -(-campaigns // len(case.history.campaigns))
    history = copied(case.history, copies, campaigns)
    start = time.process_time()
    calibrate(history, case.priors, case.settings)
    return time.process_time() - start
