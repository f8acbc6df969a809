"""Benchmarks of speed, memory and accuracy against targets, by name.

``OMP_NUM_THREADS=1 python scripts/benchmark.py [NAME ...] [page=FILE]`` prints a table and writes
``benchmark.json``; with ``page`` the tables of that page are made anew for the benchmarks that ran.
Without names it runs the quick ones: ``imports``, ``env``, ``projection`` and ``torch``. The slow
ones are ``reading``, ``attribution``, ``insights``, ``calibration``, ``scale``, ``app``,
``training`` and ``quality``; ``all`` runs everything.
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
from mediagym.scripts.benchmarks.figure import Figure, Figures
from mediagym.scripts.benchmarks.page import write_page

_SLOW = (  # minutes each
    "reading", "attribution", "insights", "calibration", "replanning", "scale", "app", "training",
    "quality",
)  # fmt: skip


def projection() -> Figures:
    """Time the projection in CPU microseconds per row, and relative to an exact solver.

    Set OMP_NUM_THREADS=1 before the start: the targets are for one thread.
    """
    unit = "µs of CPU per row"
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
            _cpu_microseconds(lambda: _project_backward(*many)) / 1024, 5, unit
        ),
        "quadprog's time over ours, 9 campaigns": Figure(exact / ours, 20, "times", at_least=True),
    }


def env() -> Figures:
    """Time ``Full-M`` batched, single and in SB3's DummyVecEnv; measure the memory of a batch."""
    flights, task = 1024, "mediagym/Full-M-v1"
    vector_env, single_env = gym.make_vec(task, num_envs=flights), gym.make(task).unwrapped
    sb3_env = dummy_vec_env(lambda: gym.make(task), 8)
    actions = np.zeros((flights, *(single_env.action_space.shape or ())))

    def run_episode() -> None:
        single_env.reset()
        for _ in range(30):
            single_env.step(actions[0])

    def run_episodes(step_all: Callable[[Floats], object], count: int) -> None:
        for _ in range(30):  # autoreset: the last step of an episode starts the next one
            step_all(actions[:count])

    vector_env.reset(seed=0)
    sb3_env.reset()
    batched = 30e6 * flights / _cpu_microseconds(lambda: run_episodes(vector_env.step, flights), 5)
    single = 30e6 / _cpu_microseconds(run_episode, 25)
    dummy = 8 * 30e6 / _cpu_microseconds(lambda: run_episodes(sb3_env.step, 8), 5)
    unit = "steps per CPU-second, one reset per flight included"
    return {
        "Full-M, 1,024 flights": Figure(batched, 150_000, unit, at_least=True),
        "Full-M, 1 flight": Figure(single, 2_000, unit, at_least=True),
        "Full-M, batch over DummyVecEnv": Figure(batched / dummy, 20, "times", at_least=True),
        "Full-M, 16,384 flights, memory": Figure(_memory(task, 16_384), 1.0, "GB above imports"),
    }


def torch_step() -> Figures:
    """Time ``market.step`` in torch on many markets of ``Full-M``, on a GPU if there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    count = 1_000_000 if device == "cuda" else 10_000
    market, state = sample_markets(task_of("Full-M"), range(1000))

    def repeated(size: int, device: str) -> tuple[Market, MarketState]:
        index = np.arange(size) % 1000
        tensors = (to_tensors(select(market, index)), to_tensors(select(state, index)))
        return _to(tensors[0], device), _to(tensors[1], device)

    many, few = repeated(count, device), repeated(10_000, "cpu")

    def simulate(market: Market, state: MarketState) -> None:
        for _ in range(30):
            state, _ = step(market, state, market.reference_spend, None)
        if device == "cuda":
            torch.cuda.synchronize()

    simulate(*many)  # not timed: allocates memory
    wall_seconds = _wall_seconds(lambda: simulate(*many))
    cpu_seconds = _cpu_microseconds(lambda: simulate(*few), 5) / 1e6
    rate, cpu_rate = 30 * count / wall_seconds, 30 * 10_000 / cpu_seconds
    return {
        f"{count:,} markets on {device}": Figure(rate, 0, "steps per second", at_least=True),
        f"{device} over one CPU core": Figure(rate / cpu_rate, 0, "times", at_least=True),
    }


def run() -> None:
    """Run the benchmarks named on the command line, print a table, write ``benchmark.json``."""
    quick: dict[str, Callable[[], Figures]] = {
        "imports": partial(_run_module, "imports"),
        "env": env,
        "projection": projection,
        "torch": torch_step,
    }
    slow = {name: partial(_run_module, name) for name in _SLOW}
    benchmarks: dict[str, Callable[[], Figures]] = {**quick, **slow}
    words = [word for word in sys.argv[1:] if not word.startswith("page=")]
    page = next((Path(word[5:]) for word in sys.argv[1:] if word.startswith("page=")), None)
    names = list(benchmarks) if words == ["all"] else words or list(quick)
    unknown = [name for name in names if name not in benchmarks]
    if unknown:
        sys.exit(f"error: {unknown[0]!r} is not a benchmark; allowed: all, {', '.join(benchmarks)}")
    if "projection" in names and find_spec("quadprog") is None:
        sys.exit(
            "error: projection: quadprog, which it is compared with, is not installed. Run `make "
            "install`, or leave projection out: benchmark.py imports env torch"
        )
    measured = {}
    for number, name in enumerate(names, start=1):
        # a line, not a spinner, whose thread would count as CPU time
        print(f"measuring {name} ({number} of {len(names)})", file=sys.stderr, flush=True)
        measured[name] = benchmarks[name]()
        if page is not None:  # at once, as the next one may take long
            write_page(page, {name: measured[name]})
    table = Table("quantity", "measured", "target", "unit")
    for name, figures in measured.items():
        for label, figure in figures.items():
            table.add_row(f"{name}: {label}", figure.shown, figure.goal, figure.unit)
    Console().print(table)
    content = {
        name: {label: figure._asdict() for label, figure in figures.items()}
        for name, figures in measured.items()
    }
    print(write_json(Path("benchmark.json"), content))
    if page is not None:
        print(page)


def _run_module(name: str) -> Figures:
    """Run the function of the same name in the module ``name``, imported only if it is needed."""
    figures: Figures = getattr(import_module(f"mediagym.scripts.benchmarks.{name}"), name)()
    return figures


def _problem(leaves: int, channels: int, rows: int) -> tuple[Tree, Floats, Bounds]:
    """Random tree, points outside their bounds, and feasible bounds, in dollars."""
    rng = np.random.default_rng(leaves + rows)
    owners = np.r_[np.arange(channels), rng.integers(0, channels, leaves - channels)]
    tree = Tree.of([np.zeros(channels, int), owners])
    inside = 200_000 * rng.dirichlet(np.ones(leaves), rows)
    total, sums = inside.sum(1, keepdims=True), inside @ tree.sums[1].T
    lower = (total, sums * rng.uniform(0.5, 1, sums.shape), inside * rng.uniform(size=inside.shape))
    upper = (total, sums * rng.uniform(1, 1.5, sums.shape), inside + 60_000 / leaves)
    return tree, inside + rng.normal(0, 200_000 / leaves, inside.shape), Bounds(lower, upper)


def _memory(task: str, flights: int) -> float:
    """Peak memory of a batch in GB, without that of the imports."""
    code = (
        "import gymnasium as gym, mediagym, numpy as np, resource, mediagym.envs.suite\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"before, env = peak(), gym.make_vec({task!r}, num_envs={flights})\n"
        "env.reset(seed=0)\n"
        "actions = np.zeros(env.action_space.shape, np.float32)\n"
        "[env.step(actions) for _ in range(31)]\n"
        "print((peak() - before) / 2**20)"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return float(child.stdout)


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
    """Median CPU time of the repeats."""
    times = []
    for _ in range(repeats):
        start = time.process_time_ns()
        job()
        times.append(time.process_time_ns() - start)
    return float(np.median(times)) / 1000


def _project_backward(tree: Tree, point: Floats, bounds: Bounds) -> None:
    tensors = [torch.tensor(side, requires_grad=True) for side in (point, *bounds[0], *bounds[1])]
    levels = len(tree.sizes)
    sides = Bounds(tuple(tensors[1 : 1 + levels]), tuple(tensors[1 + levels :]))
    project(tree, tensors[0], sides).square().sum().backward()


def _solve_rows(tree: Tree, point: Floats, bounds: Bounds, rows: int) -> None:
    """Solve the same projections as quadratic programs, row by row, since the bounds differ."""
    import quadprog  # a development dependency; other benchmarks run without it

    matrices = [np.ones((1, tree.sizes[-1])), tree.sums[1], np.eye(tree.sizes[-1])]
    sides = np.concatenate([*matrices, *(-matrix for matrix in matrices)])
    square, sides = np.eye(tree.sizes[-1]), np.ascontiguousarray(sides.T)
    for row in range(rows):
        budget = bounds.upper[0][row, 0]
        sums = [*(low[row] for low in bounds.lower), *(-high[row] for high in bounds.upper)]
        ends = np.concatenate(sums) / budget
        quadprog.solve_qp(square, point[row] / budget, sides, ends)
