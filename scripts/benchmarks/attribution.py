"""Time attribution beside its targets and beside the packages that users would pick instead.

Peers are measured where they can be imported (ChannelAttribution, marketing-attribution-models)
and named where not; none is a dependency. All times are CPU seconds of one process.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from mediagym.data.attribution import credits_of, markov, rule_shares, shapley, shapley_set
from mediagym.data.journeys import Journeys, Paths, distinct
from mediagym.data.storage import ROOT
from mediagym.scripts.benchmarks.figure import Figure

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before polars is imported
_LANDINGS = 1_586_314  # the size of a real site's log of half a year
_TOUCHES, _LABELS = 1_000_000, 12
_WEIGHTS, _HALF_LIFE = (0.4, 0.2, 0.4), 7.0
_SIMULATIONS = 1e7  # of ChannelAttribution, where its result is compared and not its time
Figures = dict[str, Figure]


def attribution() -> Figures:
    """Time the whole command at size, each method on 1 M touchpoints, and the peers."""
    return {**_command(), **_methods(), **_simulated(), **_closed()}


def _command() -> Figures:
    """The command from exports to JSON and pictures, on a log that the project draws itself."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = [f"path={folder}", "seed=25", f"landings={_LANDINGS}"]
        run_command("synthesize", *drawn)
        usage = run_command("attribute", f"data.path={folder}", f"output={folder}/out")
    what = f"{_LANDINGS:,} landings, the whole command"
    return {
        f"{what}, time": Figure(usage.ru_utime + usage.ru_stime, 10.0, "s of CPU"),
        f"{what}, peak memory": Figure(usage.ru_maxrss / 1000, 1000.0, "MB"),
    }


def run_command(name: str, *words: str) -> resource.struct_rusage:
    """Run a command and return what it used."""
    script = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *words]
    child = subprocess.Popen(script, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)  # so that it is not waited for again
    if child.returncode != 0:
        sys.exit(f"error: {name} ended with status {child.returncode}")
    return usage


def _methods() -> Figures:
    journeys, paths = _log(1.0), _log(0.3).paths
    rules, _ = _seconds(lambda: _by_rule(journeys))
    chains = {order: _seconds(partial(_by_chain, paths, order))[0] for order in (1, 3)}
    game, _ = _seconds(lambda: credits_of(journeys.paths, shapley_set(journeys.paths)))
    rate, _ = _seconds(lambda: shapley.values(shapley.rate_game(distinct(paths)[0])))
    unit = "s of CPU"
    return {
        "1 M touchpoints, six rules (and the set game)": Figure(rules, 0.2, unit),
        "1 M touchpoints, Markov 1": Figure(chains[1], 0.25, unit),
        "1 M touchpoints, Markov 3": Figure(chains[3], 2.0, unit),
        "1 M touchpoints, Shapley set": Figure(game, 0.2, unit),
        "1 M touchpoints, Shapley rate": Figure(rate, 2.0, unit),
    }


def _by_rule(journeys: Journeys) -> dict[str, Any]:
    shares = rule_shares(journeys, _WEIGHTS, _HALF_LIFE)
    return {name: credits_of(journeys.paths, share) for name, share in shares.items()}


def _by_chain(paths: Paths, order: int) -> Any:
    effect = markov.removal(markov.chain_of(paths, order)).effect
    return markov.credits_of_effects(effect, paths.conversions.sum())


def _simulated() -> Figures:
    """ChannelAttribution, which simulates the chain."""
    peer = _peer("ChannelAttribution", "ChannelAttribution")
    if peer is None:
        return {}
    paths, certain = _log(0.3).paths, _log(1.0)
    table, quiet = _table(paths, ">"), {"ncore": 1, "verbose": False, "flg_pro": False}
    given = (table, "path", "conversions")
    figures = {}
    for order in (1, 3):
        ours, exact = _seconds(partial(_by_chain, paths, order))
        run = partial(peer.markov_model, *given, var_null="nulls", order=order, **quiet)
        theirs, short = _seconds(run, repeats=1)
        gap = np.abs(_aligned(short, "channel_name", "total_conversions") - exact)
        figures[f"ChannelAttribution's credits from ours as it comes, Markov {order}"] = Figure(
            100 * float(gap.sum() / exact.sum()), 10.0, "% of conversions"
        )
        figures[f"ChannelAttribution's time over ours, Markov {order}"] = Figure(
            theirs / ours, 10.0 if order == 1 else 1.0, "times", at_least=True
        )
        long = run(nsim_start=_SIMULATIONS)
        gap = np.abs(_aligned(long, "channel_name", "total_conversions") - exact)
        figures[f"ChannelAttribution's credits from ours, Markov {order}"] = Figure(
            100 * float(gap.sum() / exact.sum()), 2.0, "% of conversions, 1e7 simulations"
        )
    rules = (_table(certain.paths, ">"), "path", "conversions")
    theirs, found = _seconds(lambda: peer.heuristic_models(*rules, flg_pro=False), repeats=1)
    ours, shares = _seconds(lambda: _by_rule(certain))
    figures["ChannelAttribution's time over ours, its three rules and our seven"] = Figure(
        theirs / ours, 1.0, "times", at_least=True
    )
    columns = (("first", "first_touch"), ("last", "last_touch"), ("linear", "linear_touch"))
    gap = max(
        float(np.abs(_aligned(found, "channel_name", theirs_) - shares[own]).max())
        for own, theirs_ in columns
    )
    figures["ChannelAttribution's rules from ours"] = Figure(gap, 1e-6, "conversions")
    return figures


def _closed() -> Figures:
    """marketing-attribution-models, which inverts the chain of order 1."""
    peer = _peer("mam", "marketing-attribution-models")
    if peer is None:
        return {}
    paths = _log(0.3).paths
    table = _table(paths, " > ").assign(one=1)
    begin = time.process_time()
    model = peer.MAM(
        table, "grouped_journey", "path", "conversions", occurrences_colname="one"
    ).run_markov()
    theirs = time.process_time() - begin
    ours, _ = _seconds(lambda: _by_chain(paths, 1))
    effect = model.metadata["removal_effect"]["removal_effect"].sort_index().to_numpy()
    own = markov.removal(markov.chain_of(paths, 1)).effect
    return {
        "marketing-attribution-models' time over ours, Markov 1": Figure(
            theirs / ours, 1.0, "times", at_least=True
        ),
        "marketing-attribution-models' removal effects from ours": Figure(
            float(np.abs(effect - own).max()), 1e-9, "share of conversions"
        ),
    }


def _peer(module: str, package: str) -> Any:
    """A peer, or None with a line that says that it is not measured."""
    try:
        return import_module(module)
    except ImportError:
        print(f"skipped: {package} cannot be imported; put it on PYTHONPATH to measure it")
        return None


def _log(converting: float) -> Journeys:
    """Journeys of 1 M touchpoints, some of them converting; labels follow a chain."""
    rng = np.random.Generator(np.random.PCG64(11))
    length = rng.geometric(0.4, _TOUCHES // 2)
    length = length[np.cumsum(length) <= _TOUCHES]
    offsets = np.concatenate([[0], np.cumsum(length)])
    touches = int(offsets[-1])
    chance = np.cumsum(rng.dirichlet(np.full(_LABELS, 3.0)))
    label = np.minimum(np.searchsorted(chance, rng.random(touches)), _LABELS - 1)
    stays = np.flatnonzero(rng.random(touches) < 0.3)
    label[stays[stays > 0]] = label[stays[stays > 0] - 1]
    pull = rng.uniform(0.2, 1.0, _LABELS)
    won = rng.random(len(length)) < np.maximum(converting * pull[label[offsets[1:] - 1]], 0)
    won = won | (converting >= 1.0)
    names = tuple(f"label{at:02d}" for at in range(_LABELS))
    counts = (won.astype(float), (~won).astype(float))
    seconds = np.cumsum(rng.exponential(86_400.0, touches)).astype(np.int64)
    paths = Paths(names, label.astype(np.int64), offsets.astype(np.int64), *counts)
    return Journeys(paths, seconds, np.arange(len(length)), "row", _LABELS)


def _table(paths: Paths, mark: str) -> pd.DataFrame:
    """Paths as the peers take them, one row a journey."""
    words = np.array(paths.names, dtype=object)[paths.label]
    rows = [mark.join(words[a:b]) for a, b in zip(paths.offsets, paths.offsets[1:], strict=False)]
    counts = {"conversions": paths.conversions.astype(int), "nulls": paths.nulls.astype(int)}
    return pd.DataFrame({"path": rows, **counts})


def _aligned(table: Any, names: str, values: str) -> Any:
    frame = table["result"] if isinstance(table, dict) else table
    return frame.set_index(names)[values].sort_index().to_numpy(float)


def _seconds(job: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """The median run's CPU seconds, and the result."""
    times, result = [], None
    for _ in range(repeats):
        begin = time.process_time()
        result = job()
        times.append(time.process_time() - begin)
    return float(np.median(times)), result
