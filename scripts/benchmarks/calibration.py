"""Benchmark of calibration: time and memory against targets, growth with the data, samplers.

The default sampler is compared with tempering from the prior (no Laplace start) and with the
Laplace approximation alone. All have the likelihood of the priors alone, without a structure of
demand, which is the same problem as one structure's. Errors are relative to a long run: the
distance is the absolute difference of posterior means in posterior sds, averaged over campaigns
and parameters.
"""

import dataclasses
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mediagym.data.exports import DataSettings
from mediagym.data.history import METRICS, Campaign, History
from mediagym.data.storage import shipped_yaml
from mediagym.data.types import Floats
from mediagym.data.units import load_history
from mediagym.envs.calibration import (
    DIMENSIONS,
    CalibrationSettings,
    Priors,
    StudentT,
    calibrate,
    filter_days,
    filter_history,
    laplace,
    likelihood_of,
    observed_history_from,
    prior_centres_of,
    sample,
    update,
)
from mediagym.envs.market import Market
from mediagym.envs.synthetic import Advertiser, SyntheticSettings, synthesize, write_advertiser
from mediagym.scripts.benchmarks.attribution import run_command
from mediagym.scripts.benchmarks.figure import Figure, Figures

_SEASON = 0.3  # log amplitude of the yearly season
_MORE = {  # campaigns of the larger advertiser, with the settings of one of the shipped ones
    "google/Shopping": "microsoft/Shopping",
    "google/Demand Gen": "google/YouTube",
    "tiktok": "meta",
    "pinterest": "microsoft/Audience",
}
_LONG_RUN = {"particles": 2048, "draws": 4096, "mcmc_steps": 8, "final_mcmc_steps": 24}


class _Case(NamedTuple):
    """A history with the priors and settings of its calibration."""

    history: History
    priors: Priors
    settings: CalibrationSettings


def calibration() -> Figures:
    """Time fits and plans, the growth to 3 years x 40 campaigns, the filter, and samplers."""
    with tempfile.TemporaryDirectory() as folder:
        case = synthetic_case(Path(folder), 1095)
    half = case._replace(history=case.history.window(0, 182))
    with tempfile.TemporaryDirectory() as folder:
        seasonal = _seasonal_case(Path(folder))
        plans = {
            **_plan("182 days, 9 campaigns", 40.0),
            **_plan("880 days, 13 campaigns, a season", 45.0, f"data.path={folder}"),
        }
    return {
        **plans,
        **_fit("880 days x 13 campaigns, a season", seasonal),
        **_growth(case),
        **_updating(half),
        **_filters(half),
        **_samplers(half),
    }


def _plan(label: str, target: float, *overrides: str) -> Figures:
    """Time and memory of ``scripts/plan.py``, calibration included.

    Args:
        label: days and campaigns.
        target: largest time in seconds.
        overrides: path of the data; none: the shipped sample.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = ["agent=static", "baselines=[historical]", f"cache={folder}/cache"]
        start = time.perf_counter()
        usage = run_command("plan", *own, *overrides, f"output={folder}/plan.json")
        wall = time.perf_counter() - start
    label = f"fit and plan, {label}: the whole command"
    return {
        label: Figure(wall, target, "s of wall"),
        f"{label}, CPU time": Figure(usage.ru_utime + usage.ru_stime, target, "s of CPU"),
        f"{label}, peak memory": Figure(usage.ru_maxrss / 1000, 1500.0, "MB"),
    }


def _fit(label: str, case: _Case) -> Figures:
    seconds = _cpu_seconds(partial(calibrate, *case))
    return {f"fit, {label}": Figure(seconds, 0, "s of CPU")}


def _growth(case: _Case) -> Figures:
    figures = {}
    first = None
    for days, copies in ((182, 1), (365, 1), (1095, 1), (182, 5), (1095, 5)):
        history = copied(case.history.window(0, days), copies, 40)
        cells = days * len(history.campaigns)
        seconds = _cpu_seconds(partial(calibrate, history, case.priors, case.settings))
        first = first or seconds / cells
        label = f"fit, {days} days x {len(history.campaigns)} campaigns"
        figures[label] = Figure(seconds, 0, "s of CPU")
        figures[f"{label}, per campaign-day"] = Figure(
            seconds / cells / first, 0, "relative to the first"
        )
    return figures


def _updating(half: _Case) -> Figures:
    old = calibrate(half.history.window(0, 168), half.priors, half.settings)
    new = _cpu_seconds(lambda: update(old, half.history, half.priors, half.settings))
    refit = _cpu_seconds(lambda: calibrate(half.history, half.priors, half.settings))
    return {"14 new days: an update's time over a refit's": Figure(new / refit, 0.1, "times")}


def _filters(half: _Case) -> Figures:
    """Time the filter, as written down and compiled, on draws of the posterior."""
    sizes = {"structures": {}, "draws": 1024, "held_out": 256}
    posterior = calibrate(*half[:2], half.settings.model_copy(update=sizes))
    plain = dict.fromkeys(Market._field_defaults)  # without the features that are not compiled
    market, observed = posterior.market._replace(**plain), observed_history_from(half.history)
    follow = 0.1 + 0 * market.elasticity
    filter_history(market, observed, follow=follow)  # not timed: compiles
    cells = market.elasticity.size * len(observed.spend)
    jobs: dict[str, Callable[[], Any]] = {
        "reference": lambda: [None for _ in filter_days(market, observed, follow=follow)],
        "compiled": lambda: filter_history(market, observed, follow=follow),
    }
    times = {name: 1e9 * _cpu_seconds(job) / cells for name, job in jobs.items()}
    return {
        f"one core filter, {name}": Figure(nanoseconds, 0, "ns of CPU per draw-campaign-day")
        for name, nanoseconds in times.items()
    }


def _samplers(half: _Case) -> Figures:
    """Compare samplers of the same unpooled posterior."""
    observed = observed_history_from(half.history)
    loglik = likelihood_of(
        half.history, observed, half.priors, prior_centres_of(half.history, observed, half.priors)
    )
    shape = (len(half.history.campaigns), DIMENSIONS)
    sizes = {
        k: getattr(half.settings, k)
        for k in ("particles", "draws", "mcmc_steps", "final_mcmc_steps")
    }
    prior = StudentT(np.zeros(shape), np.eye(shape[1]) + np.zeros((*shape, 1)))

    def run(start: StudentT | None, seed: int, **sizes: Any) -> Floats:
        rng = np.random.Generator(np.random.PCG64(seed))
        return sample(
            loglik, shape, ess_target=half.settings.ess_target, rng=rng, start=start, **sizes
        ).z

    rng = np.random.Generator(np.random.PCG64(2))
    samplers: dict[str, Callable[[], Floats]] = {
        "tempered from Laplace (ours)": lambda: run(None, 0, **sizes),
        "tempered from the prior": lambda: run(prior, 0, **sizes),
        "Laplace alone": lambda: laplace(loglik, shape).draw(sizes["draws"], rng),
    }
    reference = run(None, 1, **_LONG_RUN)
    figures = {}
    for name, draw in samplers.items():
        start = time.process_time()
        z = draw()
        seconds = time.process_time() - start
        mean_error = np.abs(z.mean(0) - reference.mean(0)) / reference.std(0)
        sd_error = np.abs(np.log(z.std(0) / reference.std(0)))
        figures[f"sampler, {name}: time"] = Figure(seconds, 0, "s of CPU")
        figures[f"sampler, {name}: distance of means"] = Figure(float(mean_error.mean()), 0, "sds")
        figures[f"sampler, {name}: largest distance of means"] = Figure(
            float(mean_error.max()), 0, "sds"
        )
        figures[f"sampler, {name}: distance of log sds"] = Figure(float(sd_error.mean()), 0, "")
    return figures


def synthetic_case(folder: Path, days: int) -> _Case:
    """Write the exports of the shipped synthetic advertiser and read them."""
    settings = _advertiser(path=folder, days=days)
    write_advertiser(synthesize(settings, _priors()), settings)
    return _case(folder)


def _seasonal_case(folder: Path) -> _Case:
    """Write the exports of 880 days of 13 campaigns with a yearly season and read them."""
    campaigns = shipped_yaml("advertiser/default")["campaigns"]
    more = {name: campaigns[like] for name, like in _MORE.items()}
    settings = _advertiser(path=folder, days=880, seed=1, campaigns={**campaigns, **more})
    write_advertiser(_with_season(synthesize(settings, _priors())), settings)
    return _case(folder)


def _with_season(advertiser: Advertiser) -> Advertiser:
    """Return an advertiser of whose conversions fewer are kept the farther December is."""
    day = (advertiser.dates - np.datetime64("2024-12-15")).astype(float)
    share = np.exp(_SEASON * (np.cos(2 * np.pi * day / 365.25) - 1))[:, None]
    rng = np.random.Generator(np.random.PCG64(1))
    whole = np.floor(advertiser.conversions)
    kept = rng.binomial(whole.astype(int), share) + (advertiser.conversions - whole)
    per_conversion = advertiser.revenue / np.maximum(advertiser.conversions, 1e-9)
    return advertiser._replace(conversions=kept, revenue=(per_conversion * kept).round(1))


def _advertiser(**changes: Any) -> SyntheticSettings:
    mapping = {**shipped_yaml("advertiser/default"), "landings": 0, **changes}
    return SyntheticSettings.of(mapping, "advertiser")


def _priors() -> Priors:
    return Priors.of(shipped_yaml("priors/default"), "priors")


def _case(folder: Path) -> _Case:
    data = DataSettings.of({**shipped_yaml("data/default"), "path": str(folder)})
    settings = CalibrationSettings.of(shipped_yaml("calibration/default"), "calibration")
    return _Case(load_history(data), _priors(), settings)


def copied(history: History, copies: int, max_campaigns: int) -> History:
    """Return a history with every campaign repeated under new names, cut at a number of them."""
    if copies == 1:
        return history
    campaigns = [
        Campaign(c.channel, f"{c.campaign_type or c.channel} {i}")
        for i in range(copies)
        for c in history.campaigns
    ][:max_campaigns]
    arrays: dict[str, Any] = {
        name: np.tile(getattr(history, name), (1, copies))[:, :max_campaigns]
        for name in (*METRICS, "presence")
    }
    return dataclasses.replace(history, campaigns=tuple(campaigns), **arrays)


def _cpu_seconds(job: Callable[[], Any]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start
