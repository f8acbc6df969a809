"""Benchmark of the loop: a plan that can be carried out, a re-plan from exports, and a day's spend.

Ten days of a flight are appended to exports whose truth is known; then the commands run as a user
types them, each without any cache.
"""

import shutil
import tempfile
import time
from pathlib import Path

from mediagym.agents.live import open_flight
from mediagym.data.storage import ROOT
from mediagym.scripts.benchmarks.attribution import run_command
from mediagym.scripts.benchmarks.exports import write_exports
from mediagym.scripts.benchmarks.figure import Figure, Figures

_DAYS = 182  # of the history


def replanning() -> Figures:
    """Time plan and re-plan of 9 and of 40 campaigns, and ``today`` of the live engine."""
    figures: Figures = {}
    for campaigns, goal in ((9, 15.0), (40, 45.0)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            exports = folder / "exports"
            if campaigns == 9:
                shutil.copytree(ROOT / "data" / "sample", exports, ignore=_calibration)
            else:
                write_exports(exports, campaigns, _DAYS, landings=0)
            figures |= _loop(folder, exports, f"{campaigns} campaigns", goal)
    return figures


def _loop(folder: Path, exports: Path, label: str, goal: float) -> Figures:
    """Time the loop of an advertiser whose exports are in a folder.

    Args:
        folder: for the results.
        exports: of the history; ten days are appended.
        label: of the figures.
        goal: largest time of the re-plan in seconds.
    """
    plan = folder / "plan.json"
    data = f"data.path={exports}"
    run_command("plan", data, f"cache={folder}/first", f"output={plan}")
    run_command("synthesize", f"path={exports}", "continue_days=10", f"plan={plan}")
    start = time.perf_counter()
    usage = run_command(
        "replan", f"plan={plan}", data, f"cache={folder}/second", f"output={folder}/day10"
    )
    wall = time.perf_counter() - start
    flight = open_flight(plan, exports, config={"cache": str(folder / "second")})
    planned = flight.today()
    day = flight.dates[flight.reports.days]
    flight.report(day, {c: {"spend": x, "conversions": 0.05 * x} for c, x in planned.items()})
    start = time.process_time()
    flight.today()
    today = time.process_time() - start
    return {
        f"{label}, re-plan on day 10": Figure(wall, goal, "s of wall"),
        f"{label}, re-plan on day 10, CPU time": Figure(
            usage.ru_utime + usage.ru_stime, 0, "s of CPU"
        ),
        f"{label}, peak memory": Figure(usage.ru_maxrss / 1000, 0, "MB"),
        f"{label}, today's spend after a report": Figure(1000 * today, 200, "ms of CPU"),
    }


def _calibration(_: str, names: list[str]) -> list[str]:
    """Leave the shipped calibration out of a copy of the sample."""
    return [name for name in names if name == "calibration"]
