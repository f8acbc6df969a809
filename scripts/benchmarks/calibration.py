"""Time the calibration beside its targets, its growth with the data, and other ways to sample.

The other ways are the same likelihood under tempering from the prior (no Laplace start) and under
Laplace's approximation alone. Each is held against a long run: the distance is the mean over
campaigns and parameters of the difference of means, in posterior sds.
"""

import dataclasses
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mediagym.data.exports import DataSettings, load_history
from mediagym.data.history import METRICS, Campaign, History
from mediagym.data.storage import shipped_yaml
from mediagym.data.types import Floats
from mediagym.envs.calibration import (
    DIMENSIONS,
    CalibrationSettings,
    Priors,
    StudentT,
    calibrate,
    laplace,
    likelihood_of,
    observed_history_from,
    prior_centres_of,
    sample,
    update,
)
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser
from mediagym.scripts.benchmarks.attribution import run_command
from mediagym.scripts.benchmarks.figure import Figure

_LONG = {"particles": 2048, "draws": 4096, "mcmc_steps": 8, "final_mcmc_steps": 24}
Figures = dict[str, Figure]


class _Setting(NamedTuple):
    """A history and how it is calibrated."""

    history: History
    priors: Priors
    settings: CalibrationSettings


def calibration() -> Figures:
    """Time fit and plan of half a year, growth to three years and 40 campaigns, and rivals."""
    with tempfile.TemporaryDirectory() as folder:
        setting = _setting(Path(folder), 1095)
    half = setting._replace(history=setting.history.window(0, 182))
    return {**_command(), **_growth(setting), **_updating(half), **_samplers(half)}


def _command() -> Figures:
    """The whole command plan, calibration included, on the shipped sample."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["agent=static", "baselines=[historical]", f"cache={folder}/cache"]
        began = time.perf_counter()
        usage = run_command("plan", *words, f"output={folder}/plan.json")
        wall = time.perf_counter() - began
    return {
        "fit and plan, 182 days, 9 campaigns: the whole command": Figure(wall, 40.0, "s of wall"),
        "its CPU time": Figure(usage.ru_utime + usage.ru_stime, 40.0, "s of CPU"),
        "its peak memory": Figure(usage.ru_maxrss / 1000, 1500.0, "MB"),
    }


def _growth(setting: _Setting) -> Figures:
    figures = {}
    base = None
    for days, copies in ((182, 1), (365, 1), (1095, 1), (182, 5), (1095, 5)):
        history = _copied(setting.history.window(0, days), copies, 40)
        cells = days * len(history.campaigns)
        taken = _cpu(partial(calibrate, history, setting.priors, setting.settings))
        base = base or taken / cells
        what = f"fit, {days} days x {len(history.campaigns)} campaigns"
        figures[what] = Figure(taken, 0, "s of CPU")
        figures[f"{what}, a campaign-day"] = Figure(taken / cells / base, 0, "times the first")
    return figures


def _updating(half: _Setting) -> Figures:
    old = calibrate(half.history.window(0, 168), half.priors, half.settings)
    new = _cpu(lambda: update(old, half.history, half.priors, half.settings))
    refit = _cpu(lambda: calibrate(half.history, half.priors, half.settings))
    return {"14 new days: an update's time over a refit's": Figure(new / refit, 0.1, "times")}


def _samplers(half: _Setting) -> Figures:
    """Compare ways to sample the same unpooled posterior."""
    record = observed_history_from(half.history)
    loglik = likelihood_of(
        half.history, record, half.priors, prior_centres_of(half.history, record, half.priors)
    )
    shape = (len(half.history.campaigns), DIMENSIONS)
    sizes = {
        k: getattr(half.settings, k)
        for k in ("particles", "draws", "mcmc_steps", "final_mcmc_steps")
    }
    prior = StudentT(np.zeros(shape), np.eye(shape[1]) + np.zeros((*shape, 1)))

    def run(start: StudentT | None, seed: int, **how: Any) -> Floats:
        rng = np.random.Generator(np.random.PCG64(seed))
        return sample(
            loglik, shape, ess_target=half.settings.ess_target, rng=rng, start=start, **how
        ).z

    rng = np.random.Generator(np.random.PCG64(2))
    ways: dict[str, Callable[[], Floats]] = {
        "tempered from Laplace (ours)": lambda: run(None, 0, **sizes),
        "tempered from the prior": lambda: run(prior, 0, **sizes),
        "Laplace alone": lambda: laplace(loglik, shape).draw(sizes["draws"], rng),
    }
    truth = run(None, 1, **_LONG)
    figures = {}
    for name, way in ways.items():
        began = time.process_time()
        drawn = way()
        taken = time.process_time() - began
        far = np.abs(drawn.mean(0) - truth.mean(0)) / truth.std(0)
        wide = np.abs(np.log(drawn.std(0) / truth.std(0)))
        figures[f"sampler, {name}: time"] = Figure(taken, 0, "s of CPU")
        figures[f"sampler, {name}: distance of means"] = Figure(float(far.mean()), 0, "sds")
        figures[f"sampler, {name}: the largest"] = Figure(float(far.max()), 0, "sds")
        figures[f"sampler, {name}: distance of log sds"] = Figure(float(wide.mean()), 0, "")
    return figures


def _setting(folder: Path, days: int) -> _Setting:
    priors = Priors.of(shipped_yaml("priors/default"), "priors")
    given = {**shipped_yaml("advertiser/default"), "path": folder, "days": days, "landings": 0}
    settings = SyntheticSettings.of(given, "advertiser")
    write_advertiser(synthesize(settings, priors), settings)
    data = DataSettings.of({**shipped_yaml("data/default"), "path": str(folder)})
    how = CalibrationSettings.of(shipped_yaml("calibration/default"), "calibration")
    return _Setting(load_history(data), priors, how)


def _copied(history: History, copies: int, most: int) -> History:
    """Return a history with its campaigns several times, at most so many, under new names."""
    if copies == 1:
        return history
    names = [
        Campaign(c.channel, f"{c.campaign_type or c.channel} {i}")
        for i in range(copies)
        for c in history.campaigns
    ][:most]
    arrays: dict[str, Any] = {
        name: np.tile(getattr(history, name), (1, copies))[:, :most]
        for name in (*METRICS, "presence")
    }
    return dataclasses.replace(history, campaigns=tuple(names), **arrays)


def _cpu(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
