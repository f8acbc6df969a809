"""Measure what the project promises, beside its targets.

``OMP_NUM_THREADS=1 python scripts/benchmark.py [env] [projection] [torch]`` prints the figures and
writes ``benchmark.json``; all three without arguments, ``attribution``, ``insights``,
``calibration``, ``training`` and ``quality`` by name.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from mediagym.agents.training import dummy_vec_env
from mediagym.data.storage import write_json
from mediagym.data.types import Floats
from mediagym.envs.arrays import select
from mediagym.envs.market import Market, MarketState, step
from mediagym.envs.planning import to_tensors
from mediagym.envs.projection import Bounds, Tree, project
from mediagym.envs.suite import sample_markets, task_of
from mediagym.scripts.benchmarks.figure import Figure

_SLOW = {  # modules of their own, which take minutes
    "attribution": ("attribution", "attribution"),
    "insights": ("insights", "insights"),
    "calibration": ("calibration", "calibration"),
    "training": ("training", "training"),
    "quality": ("quality", "quality"),
}


def projection() -> dict[str, Figure]:
    """Time the projection: microseconds of CPU a row, and against an exact solver.

    Returns:
        Figures by name. Set OMP_NUM_THREADS=1 before the start: the targets are of one thread.
    """
    unit = "µs of CPU a row"
    many, single, wide = (_problem(*size) for size in ((9, 3, 1024), (9, 3, 1), (200, 10, 1024)))
    ours = _cpu_microseconds(lambda: project(*many)) / 1024
    exact = _cpu_microseconds(lambda: _solve_rows(*many, rows=64)) / 64
    return {
        "9 campaigns, 1,024 rows": Figure(ours, 2.5, unit),
        "9 campaigns, 1 row": Figure(_cpu_microseconds(lambda: project(*single)), 60, unit),
        "200 campaigns, 1,024 rows": Figure(
            _cpu_microseconds(lambda: project(*wide)) / 1024, 40, unit
        ),
        "9 campaigns, 1,024 rows, torch forward and backward": Figure(
            _cpu_microseconds(lambda: _pull_back(*many)) / 1024, 5, unit
        ),
        "quadprog's time over ours, 9 campaigns": Figure(exact / ours, 20, "times", at_least=True),
    }


def env() -> dict[str, Figure]:
    """Time the environment of ``Full-M``: batched, single, in SB3's DummyVecEnv, and its memory."""
    flights, task = 1024, "mediagym/Full-M-v0"
    many, one = gym.make_vec(task, num_envs=flights), gym.make(task).unwrapped
    usual = dummy_vec_env(lambda: gym.make(task), 8)
    size = one.action_space.shape or ()

    still = np.zeros((flights, *size))

    def fly_one() -> None:
        one.reset()
        for _ in range(30):
            one.step(still[0])

    def fly(step_all: Callable[[Floats], object], count: int) -> None:
        for _ in range(30):  # the last step of a flight starts the next one
            step_all(still[:count])

    many.reset(seed=0)
    usual.reset()
    batched = 30e6 * flights / _cpu_microseconds(lambda: fly(many.step, flights), repeats=5)
    single = 30e6 / _cpu_microseconds(fly_one, repeats=25)
    dummy = 8 * 30e6 / _cpu_microseconds(lambda: fly(usual.step, 8), repeats=5)
    unit = "steps a CPU-second, one reset a flight included"
    return {
        "Full-M, 1,024 flights": Figure(batched, 150_000, unit, at_least=True),
        "Full-M, 1 flight": Figure(single, 2_000, unit, at_least=True),
        "Full-M, batch over DummyVecEnv": Figure(batched / dummy, 20, "times", at_least=True),
        "Full-M, 16,384 flights, memory": Figure(_memory(task, 16_384), 1.0, "GB above imports"),
    }


def torch_step() -> dict[str, Figure]:
    """Time ``market.step`` in torch on many markets of ``Full-M``: a GPU where one is at hand."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    count = 1_000_000 if device == "cuda" else 10_000
    market, state = sample_markets(task_of("Full-M"), range(1000))
    index = np.arange(count) % 1000
    on_device = partial(_to, device=device)
    known, eve = (
        on_device(to_tensors(select(market, index))),
        on_device(to_tensors(select(state, index))),
    )
    own, begin = (
        to_tensors(select(market, index[:10_000])),
        to_tensors(select(state, index[:10_000])),
    )

    def fly(markets: Market, start: MarketState) -> None:
        now = start
        for _ in range(30):
            now, _ = step(markets, now, markets.reference_spend, None)
        if device == "cuda":
            torch.cuda.synchronize()

    fly(known, eve)
    seconds = _wall_seconds(lambda: fly(known, eve))
    core = _cpu_microseconds(lambda: fly(own, begin), repeats=5) / 1e6
    ours, cpu = 30 * count / seconds, 30 * 10_000 / core
    return {
        f"{count:,} markets on {device}": Figure(ours, 0, "steps a second", at_least=True),
        f"{device} over one CPU core": Figure(ours / cpu, 0, "times", at_least=True),
    }


def run() -> None:
    """Measure what the command line names and show it."""
    quick = {"env": env, "projection": projection, "torch": torch_step}
    slow = {name: partial(_measured_by, *place) for name, place in _SLOW.items()}
    known: dict[str, Callable[[], dict[str, Figure]]] = {**quick, **slow}
    names = sys.argv[1:] or list(quick)
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"error: {unknown[0]!r} cannot be measured; allowed: {', '.join(known)}")
    if "projection" in names and find_spec("quadprog") is None:
        sys.exit(
            "error: the projection is timed beside quadprog, which is not installed; `make "
            "install` brings it. Without it: benchmark.py env torch"
        )
    measured = {name: known[name]() for name in names}
    table = Table("what", "measured", "target", "unit")
    for name, figures in measured.items():
        for what, figure in figures.items():
            sign = "at least" if figure.at_least else "at most"
            target = f"{sign} {figure.target:,.15g}" if figure.target else "none"
            digits = 2 if abs(figure.measured) >= 1 else 3
            table.add_row(f"{name}: {what}", f"{figure.measured:,.{digits}f}", target, figure.unit)
    Console().print(table)
    content = {
        name: {what: figure._asdict() for what, figure in figures.items()}
        for name, figures in measured.items()
    }
    print(write_json(Path("benchmark.json"), content))


def _measured_by(module: str, function: str) -> dict[str, Figure]:
    found = getattr(import_module(f"mediagym.scripts.benchmarks.{module}"), function)()
    assert isinstance(found, dict)  # noqa: S101  # as all of them return
    return found


def _problem(leaves: int, channels: int, rows: int) -> tuple[Tree, Floats, Bounds]:
    """Bounds around a feasible point, and a point outside them, in dollars."""
    rng = np.random.default_rng(leaves + rows)
    owners = np.r_[np.arange(channels), rng.integers(0, channels, leaves - channels)]
    tree = Tree.of([np.zeros(channels, int), owners])
    inside = 200_000 * rng.dirichlet(np.ones(leaves), rows)
    total, sums = inside.sum(1, keepdims=True), inside @ tree.sums[1].T
    lower = (total, sums * rng.uniform(0.5, 1, sums.shape), inside * rng.uniform(size=inside.shape))
    upper = (total, sums * rng.uniform(1, 1.5, sums.shape), inside + 60_000 / leaves)
    return tree, inside + rng.normal(0, 200_000 / leaves, inside.shape), Bounds(lower, upper)


def _memory(task: str, flights: int) -> float:
    """Return the GB that a batch needs at its most beyond what the imports need."""
    code = (
        "import gymnasium as gym, mediagym, numpy as np, resource, mediagym.envs.suite\n"
        "def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"before, world = most(), gym.make_vec({task!r}, num_envs={flights})\n"
        "world.reset(seed=0)\n"
        "still = np.zeros(world.action_space.shape, np.float32)\n"
        "[world.step(still) for _ in range(31)]\n"
        "print((most() - before) / 2**20)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)


def _to(record: Any, device: str) -> Any:
    return type(record)(*(f.to(device) if hasattr(f, "to") else f for f in record))


def _wall_seconds(job: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _cpu_microseconds(job: Callable[[], object], repeats: int = 15) -> float:
    """The median run's CPU time."""
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        job()
        times.append(time.process_time_ns() - start)
    return float(np.median(times)) / 1000


def _pull_back(tree: Tree, point: Floats, bounds: Bounds) -> None:
    to_tensors = [
        torch.tensor(side, requires_grad=True) for side in (point, *bounds[0], *bounds[1])
    ]
    levels = len(tree.sizes)
    sides = Bounds(tuple(to_tensors[1 : 1 + levels]), tuple(to_tensors[1 + levels :]))
    project(tree, to_tensors[0], sides).square().sum().backward()


def _solve_rows(tree: Tree, point: Floats, bounds: Bounds, rows: int) -> None:
    """The same projections as quadratic programs: every row has bounds of its own to hand over."""
    import quadprog  # one of the tools for development, which the other parts do without

    matrices = [np.ones((1, tree.sizes[-1])), tree.sums[1], np.eye(tree.sizes[-1])]
    sides = np.concatenate([*matrices, *(-matrix for matrix in matrices)])
    square, sides = np.eye(tree.sizes[-1]), np.ascontiguousarray(sides.T)
    for row in range(rows):
        budget = bounds.upper[0][row, 0]
        levels = [*(low[row] for low in bounds.lower), *(-high[row] for high in bounds.upper)]
        ends = np.concatenate(levels) / budget
        quadprog.solve_qp(square, point[row] / budget, sides, ends)
