"""Benchmark of attribution: CPU time and memory against targets and against other packages.

ChannelAttribution and marketing-attribution-models are measured if they can be imported and
reported as skipped otherwise; neither is a dependency. All times are CPU seconds of one process.
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
from mediagym.scripts.benchmarks.figure import Figure, Figures

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before polars is imported
_LANDINGS = 1_586_314  # size of half a year of a real site's log
_TOUCHES, _LABELS = 1_000_000, 12
_WEIGHTS, _HALF_LIFE = (0.4, 0.2, 0.4), 7.0
_SIMULATIONS = 1e7  # simulated paths when ChannelAttribution's result is compared, not its time


def attribution() -> Figures:
    """Time the whole command on a large log, and each method and package on 1 M touchpoints."""
    return {
        **_command(),
        **_method_times(),
        **_channel_attribution(),
        **_marketing_attribution_models(),
    }


def _command() -> Figures:
    """Time and memory of ``scripts/attribute.py`` on a synthetic log."""
    with tempfile.TemporaryDirectory() as folder:
        run_command("synthesize", f"path={folder}", "seed=25", f"landings={_LANDINGS}")
        usage = run_command("attribute", f"data.path={folder}", f"output={folder}/out")
    label = f"{_LANDINGS:,} landings, the whole command"
    return {
        f"{label}, time": Figure(usage.ru_utime + usage.ru_stime, 10.0, "s of CPU"),
        f"{label}, peak memory": Figure(usage.ru_maxrss / 1000, 1000.0, "MB"),
    }


def run_command(name: str, *overrides: str) -> resource.struct_rusage:
    """Run a command of ``scripts`` in a child process and return its resource usage."""
    script = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *overrides]
    child = subprocess.Popen(script, stdout=subprocess.DEVNULL)  # noqa: S603  # our script
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)  # marks it as already waited for
    if child.returncode != 0:
        sys.exit(f"error: {name} ended with status {child.returncode}")
    return usage


def _method_times() -> Figures:
    journeys, paths = _random_journeys(1.0), _random_journeys(0.3).paths
    rules, _ = _median_seconds(lambda: _rule_credits(journeys))
    chains = {order: _median_seconds(partial(_markov_credits, paths, order))[0] for order in (1, 3)}
    game, _ = _median_seconds(lambda: credits_of(journeys.paths, shapley_set(journeys.paths)))
    rate, _ = _median_seconds(lambda: shapley.values(shapley.rate_game(distinct(paths)[0])))
    unit = "s of CPU"
    return {
        "1 M touchpoints, six rules (and the set game)": Figure(rules, 0.2, unit),
        "1 M touchpoints, Markov 1": Figure(chains[1], 0.25, unit),
        "1 M touchpoints, Markov 3": Figure(chains[3], 2.0, unit),
        "1 M touchpoints, Shapley set": Figure(game, 0.2, unit),
        "1 M touchpoints, Shapley rate": Figure(rate, 2.0, unit),
    }


def _rule_credits(journeys: Journeys) -> dict[str, Any]:
    shares = rule_shares(journeys, _WEIGHTS, _HALF_LIFE)
    return {name: credits_of(journeys.paths, share) for name, share in shares.items()}


def _markov_credits(paths: Paths, order: int) -> Any:
    effect = markov.removal(markov.chain_of(paths, order)).effect
    return markov.credits_of_effects(effect, paths.conversions.sum())


def _channel_attribution() -> Figures:
    """Compare with ChannelAttribution, which simulates the chain."""
    peer = _import_peer("ChannelAttribution", "ChannelAttribution")
    return {} if peer is None else {**_simulated_chains(peer), **_peer_rules(peer)}


def _simulated_chains(peer: Any) -> Figures:
    paths = _random_journeys(0.3).paths
    arguments = (_path_table(paths, ">"), "path", "conversions")
    options = {"ncore": 1, "verbose": False, "flg_pro": False}
    figures = {}
    for order in (1, 3):
        ours, exact = _median_seconds(partial(_markov_credits, paths, order))
        run = partial(peer.markov_model, *arguments, var_null="nulls", order=order, **options)
        theirs, default_run = _median_seconds(run, repeats=1)
        gap = np.abs(_aligned(default_run, "channel_name", "total_conversions") - exact)
        figures[f"ChannelAttribution's credits from ours by default, Markov {order}"] = Figure(
            100 * float(gap.sum() / exact.sum()), 10.0, "% of conversions"
        )
        figures[f"ChannelAttribution's time over ours, Markov {order}"] = Figure(
            theirs / ours, 10.0 if order == 1 else 1.0, "times", at_least=True
        )
        long_run = run(nsim_start=_SIMULATIONS)
        gap = np.abs(_aligned(long_run, "channel_name", "total_conversions") - exact)
        figures[f"ChannelAttribution's credits from ours, Markov {order}"] = Figure(
            100 * float(gap.sum() / exact.sum()), 2.0, "% of conversions, 1e7 simulations"
        )
    return figures


def _peer_rules(peer: Any) -> Figures:
    converting = _random_journeys(1.0)
    arguments = (_path_table(converting.paths, ">"), "path", "conversions")
    theirs, table = _median_seconds(
        lambda: peer.heuristic_models(*arguments, flg_pro=False), repeats=1
    )
    ours, rule_credits = _median_seconds(lambda: _rule_credits(converting))
    columns = (("first", "first_touch"), ("last", "last_touch"), ("linear", "linear_touch"))
    gap = max(
        float(np.abs(_aligned(table, "channel_name", column) - rule_credits[rule]).max())
        for rule, column in columns
    )
    return {
        "ChannelAttribution's time over ours, its three rules and our seven": Figure(
            theirs / ours, 1.0, "times", at_least=True
        ),
        "ChannelAttribution's rules from ours": Figure(gap, 1e-6, "conversions"),
    }


def _marketing_attribution_models() -> Figures:
    """Compare with marketing-attribution-models, which inverts the chain of order 1."""
    peer = _import_peer("mam", "marketing-attribution-models")
    if peer is None:
        return {}
    paths = _random_journeys(0.3).paths
    table = _path_table(paths, " > ").assign(one=1)
    begin = time.process_time()
    model = peer.MAM(
        table, "grouped_journey", "path", "conversions", occurrences_colname="one"
    ).run_markov()
    theirs = time.process_time() - begin
    ours, _ = _median_seconds(lambda: _markov_credits(paths, 1))
    effect = model.metadata["removal_effect"]["removal_effect"].sort_index().to_numpy()
    exact = markov.removal(markov.chain_of(paths, 1)).effect
    return {
        "marketing-attribution-models' time over ours, Markov 1": Figure(
            theirs / ours, 1.0, "times", at_least=True
        ),
        "marketing-attribution-models' removal effects from ours": Figure(
            float(np.abs(effect - exact).max()), 1e-9, "share of conversions"
        ),
    }


def _import_peer(module: str, package: str) -> Any:
    """Import another package; None, with a printed note, if it is missing."""
    try:
        return import_module(module)
    except ImportError:
        print(f"skipped: {package} cannot be imported; to measure it, put it on PYTHONPATH")
        return None


def _random_journeys(conversion_scale: float) -> Journeys:
    """Journeys of 1 M touchpoints, labels from a Markov chain; all convert at a scale of 1."""
    rng = np.random.Generator(np.random.PCG64(11))
    length = rng.geometric(0.4, _TOUCHES // 2)
    length = length[np.cumsum(length) <= _TOUCHES]
    offsets = np.concatenate([[0], np.cumsum(length)])
    touches = int(offsets[-1])
    cumulative = np.cumsum(rng.dirichlet(np.full(_LABELS, 3.0)))
    label = np.minimum(np.searchsorted(cumulative, rng.random(touches)), _LABELS - 1)
    repeated = np.flatnonzero(rng.random(touches) < 0.3)
    label[repeated[repeated > 0]] = label[repeated[repeated > 0] - 1]
    label_rate = rng.uniform(0.2, 1.0, _LABELS)
    converts = rng.random(len(length)) < np.maximum(
        conversion_scale * label_rate[label[offsets[1:] - 1]], 0
    )
    converts = converts | (conversion_scale >= 1.0)
    names = tuple(f"label{i:02d}" for i in range(_LABELS))
    counts = (converts.astype(float), (~converts).astype(float))
    seconds = np.cumsum(rng.exponential(86_400.0, touches)).astype(np.int64)
    paths = Paths(names, label.astype(np.int64), offsets.astype(np.int64), *counts)
    return Journeys(paths, seconds, np.arange(len(length)), "row", _LABELS)


def _path_table(paths: Paths, separator: str) -> pd.DataFrame:
    """Paths in the format of the other packages, one row per journey."""
    names = np.array(paths.names, dtype=object)[paths.label]
    rows = [
        separator.join(names[first:end])
        for first, end in zip(paths.offsets, paths.offsets[1:], strict=False)
    ]
    counts = {"conversions": paths.conversions.astype(int), "nulls": paths.nulls.astype(int)}
    return pd.DataFrame({"path": rows, **counts})


def _aligned(table: Any, names: str, values: str) -> Any:
    frame = table["result"] if isinstance(table, dict) else table
    return frame.set_index(names)[values].sort_index().to_numpy(float)


def _median_seconds(job: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Median CPU seconds over the repeats, and the last result."""
    times, result = [], None
    for _ in range(repeats):
        begin = time.process_time()
        result = job()
        times.append(time.process_time() - begin)
    return float(np.median(times)), result
