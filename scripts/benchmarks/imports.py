"""Benchmark of what a user waits for before anything runs: imports, and the words of a command."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from tempfile import TemporaryDirectory

import numpy as np

from mediagym.data.storage import ROOT
from mediagym.scripts.benchmarks.figure import Figure, Figures

_REPEATS = 7
_PLAN = str(ROOT / "scripts" / "plan.py")


def imports() -> Figures:
    """CPU seconds of a process, from its start to its end; the median of several.

    The first run of each is not counted: it writes bytecode, here into a folder of its own.
    """
    waits = {
        "import mediagym": (("-c", "import mediagym"), 0.5),
        "plan.py --help": ((_PLAN, "--help"), 1.5),
        "plan.py --cfg job": ((_PLAN, "--cfg", "job"), 1.5),
        "plan.py with an unknown policy": ((_PLAN, "agent=universl"), 1.5),
        "plan.py with an unknown key": ((_PLAN, "constraints.rmp=1"), 1.5),
        "plan.py with a value that is not allowed": ((_PLAN, "env.days=0"), 1.5),
    }
    with TemporaryDirectory() as folder:
        environment = os.environ | {
            "PYTHONPYCACHEPREFIX": folder,
            "PYTHONDONTWRITEBYTECODE": "",  # empty is unset: bytecode is written
        }
        return {
            label: Figure(_cpu_seconds(environment, *words), target, "CPU-seconds")
            for label, (words, target) in waits.items()
        }


def _cpu_seconds(environment: Mapping[str, str], *words: str) -> float:
    """Return the median CPU time of a Python process with these arguments."""
    seconds = []
    for _ in range(1 + _REPEATS):
        before = _used()
        subprocess.run(  # noqa: S603
            [sys.executable, *words], capture_output=True, check=False, env=environment
        )
        seconds.append(_used() - before)
    return float(np.median(seconds[1:]))


def _used() -> float:
    """Return the CPU time of all processes that this one has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
