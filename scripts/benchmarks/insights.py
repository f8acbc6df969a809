"""Measure the analyst's tools beside their targets on the sample, real and simulated advertisers.

June is forecast from what was known on 31 May and June's spend. Nothing was chosen on June: the
settings of the level forecaster are the best of a grid in a cross-validation inside January to May
of the real advertiser, which is done again here, and the forecaster is chosen by cross-validation
there too. Simulated advertisers have no walking level, no ramp and no gaps; a drop is planted by
thinning the counts of five days. `docs/insights.md` gets the tables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from mediagym.agents.studies import SIMULATOR, InsightsCommand, simulator_of
from mediagym.data.diagnosis import (
    EVERYWHERE,
    Baseline,
    DiagnosisSettings,
    anomalies_of,
    baseline_of,
    changes_of,
)
from mediagym.data.exports import DataSettings, load_history
from mediagym.data.forecasting import (
    METRICS,
    BiasCorrected,
    Forecaster,
    ForecastingSettings,
    Level,
    backtest,
    compare,
    forecasters_of,
    level_forecaster,
    look_ahead,
    rolling_origins,
    scores_of,
)
from mediagym.data.history import OBSERVED, History
from mediagym.data.storage import ROOT, SAMPLE, shipped_yaml, write_text
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import Advertiser, SyntheticSettings, synthesize
from mediagym.scripts.benchmarks.figure import Figure

_DOCS = ROOT / "docs" / "insights.md"
_REAL = ROOT.parent / "shared" / "data" / "advertiser_a"
_JUNE, _HORIZON = "2024-06-01", 30
_WAPE = {"conversions": 0.290, "revenue": 0.370}
_RUNS, _PLANTED = 400, 200
_LARGEST = "google/Cross-network"
_SIZES = (1.0, 1.5, 2.0, 2.5)  # times the spend of the largest campaign
_DAYS, _DROP = 5, 0.4
_GRID = {  # half-life, daily, monthly, backtests of the correction
    "half_life": (8, 12, 16, 24),
    "daily": (0.2, 0.3, 0.4),
    "monthly": (0.2, 0.35, 0.5),
    "origins": (0, 2, 4, 6),
}
Figures = dict[str, Figure]


def insights() -> Figures:
    """Measure everything and write the tables; without the real advertiser, all but it."""
    figures: Figures = {}
    tables = []
    for name, history in _advertisers():
        print(f"forecasting June of {name}", flush=True)
        found, table = _june(name, history)
        figures |= found
        tables.append(table)
        if name != "the sample":
            print("choosing the level's settings by cross-validation", flush=True)
            figures |= _chosen(name, history.window(None, _JUNE))
    print("simulated advertisers", flush=True)
    figures |= _steady()
    figures |= _drops()
    _publish(figures, tables)
    return figures


def _advertisers() -> Iterator[tuple[str, History]]:
    read = shipped_yaml("data/default")
    folders = {"the sample": SAMPLE, "advertiser A": _REAL}
    for name, folder in folders.items():
        if folder.is_dir():
            yield name, load_history(DataSettings.of(read | {"path": folder}))
        else:
            print(f"skipped: {name}, which is not at {folder}")


def _june(name: str, history: History) -> tuple[Figures, str]:
    """June of one advertiser by every forecaster, and the chosen one beside its targets."""
    settings, before = _forecasting(), history.window(None, _JUNE)
    forecasters, notes = forecasters_of(settings, {SIMULATOR: simulator_of(_command())})
    for note in notes:
        print(f"skipped: {note}")
    found = compare(before, forecasters, settings)
    june = history.window(_JUNE, None)
    spend = np.nan_to_num(june.spend)
    figures: Figures = {}
    what = f"June of {name}, by {found.chosen}"
    for metric in METRICS:
        chosen = forecasters[found.chosen]
        scores = _scores(chosen, history, metric)
        ahead = look_ahead(before, spend, chosen, metric, settings)
        covered = float(np.nanmean(ahead.interval.covers(getattr(june, metric))))
        rows = f"{what}: {metric}"
        figures |= {
            f"{rows} WAPE": Figure(float(scores.wape[-1]), _WAPE[metric], ""),
            f"{rows} bias of the total": Figure(abs(float(scores.bias[-1])), 0.10, "either way"),
            f"{rows} 90 % intervals, not under": Figure(covered, 0.85, "covered", at_least=True),
            f"{rows} 90 % intervals, not over": Figure(covered, 0.95, "covered"),
        }
    lines = [
        f"| {each.replace('_', ' ')} | "
        + " | ".join(
            f"{found.scores[each][metric].wape[-1]:.3f} | {june_scores.wape[-1]:.3f} | "
            f"{june_scores.bias[-1]:+.3f}"
            for metric in METRICS
            for june_scores in (_scores(forecaster, history, metric),)
        )
        + " |"
        for each, forecaster in forecasters.items()
    ]
    heads = " | ".join(f"{m} CV | {m} June | {m} June bias" for m in METRICS)
    return figures, "\n".join(
        [
            f"{name[0].upper()}{name[1:]}:\n",
            f"| forecaster | {heads} |",
            "|---|" + "---:|" * 6,
            *lines,
        ]
    )


def _scores(forecaster: Forecaster, history: History, metric: Any) -> Any:
    origin = len(history.window(None, _JUNE).dates)
    return scores_of(backtest(forecaster, history, metric, (origin,), _HORIZON))


def _chosen(name: str, before: History) -> Figures:
    """The level's settings against the best of the grid, on months before June alone."""
    settings = _forecasting()
    origins = rolling_origins(len(before.dates), _HORIZON, 6, 11, 56)

    def error(forecaster: Forecaster) -> float:
        """Mean over origins of the WAPE of conversions and that of revenue, summed."""
        tests = (backtest(forecaster, before, metric, (o,), _HORIZON)
                 for metric in METRICS for o in origins)  # fmt: skip
        return len(METRICS) * float(np.mean([scores_of(test).wape[-1] for test in tests]))

    tried = []
    for values in product(*_GRID.values()):
        own = dict(zip(_GRID, values, strict=True))
        level = settings.level.model_copy(update={key: own[key] for key in list(_GRID)[:3]})
        how = settings.correction
        tried.append(
            error(BiasCorrected(Level(level), int(own["origins"]), _HORIZON, how.step, how.least))
        )
    what = f"January to May of {name}: WAPE of both metrics in cross-validation, settings in force"
    return {
        what: Figure(
            error(level_forecaster(settings)), min(tried) + 1e-9, f"best of {len(tried)} settings"
        )
    }


def _steady() -> Figures:
    """How often nothing is found where there is nothing."""
    how = _diagnosis()
    histories = [_simulated(seed) for seed in range(_RUNS)]
    calm = np.mean([not anomalies_of(*_seen(h), how.expectation, how.anomalies) for h in histories])
    still = np.mean([not changes_of(*_seen(h), how.drift) for h in histories])
    unit = f"of {_RUNS} steady advertisers"
    walking = [_simulated(seed, walks=True) for seed in range(_PLANTED)]
    quiet = np.mean([not anomalies_of(*_seen(h), how.expectation, how.anomalies) for h in walking])
    return {
        "no anomaly where the level walks": Figure(
            float(quiet), 0.0, f"of {_PLANTED} advertisers", at_least=True
        ),
        "no anomaly": Figure(float(calm), 0.95, unit, at_least=True),
        "no change point": Figure(float(still), 0.95, unit, at_least=True),
    }


def _seen(history: History) -> tuple[History, Baseline]:
    """A history and what should have been."""
    return history, baseline_of(history, _diagnosis().expectation)


def _drops() -> Figures:
    """How often a drop of five days is found, by the size of the campaign that has it."""
    figures: Figures = {}
    for size in _SIZES:
        found = [_found(_simulated(_RUNS + at, size), at, _LARGEST) for at in range(_PLANTED)]
        daily = np.mean([each[1] for each in found])
        reached = 0.90 if size >= _SIZES[2] else 0.0  # smaller ones are shown and not promised
        figures[f"drop of 40 % for five days, {daily:.0f} conversions a day"] = Figure(
            float(np.mean([each[0] for each in found])), reached, "found", at_least=True
        )
    found = [_found(_simulated(_RUNS + at), at, EVERYWHERE) for at in range(_PLANTED)]
    daily = np.mean([each[1] for each in found])
    figures[f"the same drop in all campaigns, {daily:.0f} conversions a day"] = Figure(
        float(np.mean([each[0] for each in found])), 0.90, "found", at_least=True
    )
    return figures


def _found(history: History, seed: int, where: str) -> tuple[bool, float]:
    """Whether a drop planted in five random days is found there, and conversions a day."""
    rng = np.random.Generator(np.random.PCG64(seed))
    first = int(rng.integers(0, len(history.dates) - _DAYS + 1))
    days, counted = slice(first, first + _DAYS), history.conversions.copy()
    columns = [k for k, name in enumerate(history.names) if where in (name, EVERYWHERE)]
    for k in columns:
        whole = np.floor(counted[days, k]).astype(int)
        counted[days, k] = rng.binomial(whole, 1 - _DROP) + (counted[days, k] - whole)
    how = _diagnosis()
    found = anomalies_of(
        *_seen(replace(history, conversions=counted)), how.expectation, how.anomalies
    )
    begin, end = history.dates[first].item(), history.dates[first + _DAYS - 1].item()
    hit = any(
        each.campaign == where and each.score < 0 and each.first <= end and each.last >= begin
        for each in found
    )
    return hit, float(history.conversions[:, columns].sum(axis=1).mean())


def _simulated(seed: int, size: float = 1.0, *, walks: bool = False) -> History:
    """Half a year of the shipped synthetic advertiser, drawn steady unless its level walks."""
    given = shipped_yaml("advertiser/default") | {"path": ROOT, "seed": seed, "landings": 0}
    campaigns = {}
    for name, own in given["campaigns"].items():
        steady = {key: value for key, value in own.items() if key not in ("ramp", "gaps")}
        steady["spend"] *= size if name == _LARGEST else 1.0
        campaigns[name] = steady if walks else steady | {"level_sd": 0.0}
    settings = SyntheticSettings.of(given | {"campaigns": campaigns}, "synthesize")
    return _history(synthesize(settings, Priors.of(shipped_yaml("priors/default"), "priors")))


def _history(drawn: Advertiser) -> History:
    names = ("spend", "impressions", "clicks", "conversions", "revenue")
    return History(
        drawn.dates,
        tuple(drawn.campaigns),
        presence=np.full(drawn.spend.shape, OBSERVED, np.int8),
        notes=(),
        **{name: np.array(getattr(drawn, name), dtype=float) for name in names},
    )


@lru_cache
def _forecasting() -> ForecastingSettings:
    given = shipped_yaml("forecasting/default")
    given["forecasters"] = [*given["forecasters"], SIMULATOR]
    return ForecastingSettings.of(given, "forecasting")


@lru_cache
def _diagnosis() -> DiagnosisSettings:
    return DiagnosisSettings.of(shipped_yaml("diagnosis/default"), "diagnosis")


def _command() -> InsightsCommand:
    """What the simulator among the forecasters needs of the command's configuration."""
    own = shipped_yaml("insights")
    groups = {
        name: shipped_yaml(f"{name}/default")
        for name in ("data", "attribution", "forecasting", "diagnosis", "priors", "calibration")
    }
    groups["calibration"] |= own["calibration"]
    return InsightsCommand.of(groups | {"output": None}, "insights")


def _aim(figure: Figure) -> str:
    """A target as text; one of at least 0 is none."""
    if figure.at_least and figure.target == 0:
        return ""
    return f"{'>=' if figure.at_least else '<='} {figure.target:.3g} "


def _publish(figures: Mapping[str, Figure], tables: list[str]) -> None:
    """Write the tables between their marks in the documentation, where it is."""
    if not _DOCS.is_file():
        return
    rows = [
        f"| {what} | {figure.measured:.3f} | {_aim(figure)}{figure.unit} |"
        for what, figure in figures.items()
    ]
    block = "\n".join(["| what | measured | target |", "|---|---:|---|", *rows])
    text = _DOCS.read_text(encoding="utf-8")
    for mark, content in (("figures", block), ("forecasters", "\n\n".join(tables))):
        begin, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
        before, rest = text.split(begin)
        text = before + begin + "\n\n" + content + "\n\n" + end + rest.split(end)[1]
    print(write_text(_DOCS, text))
