"""Benchmark of forecasts and anomaly detection on the sample, a real and simulated advertisers.

June is forecast from the data known on 31 May and June's spend. Nothing is selected on June: the
settings of the level forecaster are the best of a grid by cross-validation within January to May of
the real advertiser, repeated here, and so is the forecaster. Simulated advertisers have a constant
level unless stated, no ramp and no gaps; a drop is planted by binomial thinning of five days'
counts. The tables are written to `docs/insights.md`.
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
from mediagym.data.exports import DataSettings
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
from mediagym.data.units import load_history
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import Advertiser, SyntheticSettings, synthesize
from mediagym.scripts.benchmarks.figure import Figure, Figures

_DOCS = ROOT / "docs" / "insights.md"
_REAL = ROOT.parent / "shared" / "data" / "advertiser_a"
_JUNE, _HORIZON = "2024-06-01", 30
_WAPE = {"conversions": 0.290, "revenue": 0.370}
_STEADY, _PLANTED = 400, 200  # simulated advertisers without and with a drop
_LARGEST = "google/Cross-network"
_SIZES = (1.0, 1.5, 2.0, 2.5)  # multiples of the largest campaign's spend
_DROP_DAYS, _DROP = 5, 0.4
_GRID = {  # three settings of the level, and the backtests of its bias correction
    "half_life": (8, 12, 16, 24),
    "daily": (0.2, 0.3, 0.4),
    "monthly": (0.2, 0.35, 0.5),
    "origins": (0, 2, 4, 6),
}


def insights() -> Figures:
    """Measure everything and write the tables; a missing real advertiser is skipped."""
    figures: Figures = {}
    tables = []
    for name, history in _advertisers():
        print(f"forecasting June of {name}", flush=True)
        june_figures, table = _june(name, history)
        figures |= june_figures
        tables.append(table)
        if name != "the sample":
            print("searching the settings of the level forecaster", flush=True)
            figures |= _grid_search(name, history.window(None, _JUNE))
    print("simulated advertisers", flush=True)
    figures |= _false_alarms()
    figures |= _detected_drops()
    _publish(figures, tables)
    return figures


def _advertisers() -> Iterator[tuple[str, History]]:
    settings = shipped_yaml("data/default")
    folders = {"the sample": SAMPLE, "advertiser A": _REAL}
    for name, folder in folders.items():
        if folder.is_dir():
            yield name, load_history(DataSettings.of(settings | {"path": folder}))
        else:
            print(f"skipped: {name}, which is not at {folder}")


def _june(name: str, history: History) -> tuple[Figures, str]:
    """Return the chosen forecaster's figures in June, and a table of all forecasters."""
    settings, before = _forecasting(), history.window(None, _JUNE)
    forecasters, notes = forecasters_of(settings, {SIMULATOR: simulator_of(_command())})
    for note in notes:
        print(f"skipped: {note}")
    comparison = compare(before, forecasters, settings)
    june = history.window(_JUNE, None)
    spend = np.nan_to_num(june.spend)
    figures: Figures = {}
    label = f"June of {name}, by {comparison.chosen}"
    for metric in METRICS:
        chosen = forecasters[comparison.chosen]
        scores = _scores(chosen, history, metric)
        outlook = look_ahead(before, spend, chosen, metric, settings)
        covered = float(np.nanmean(outlook.interval.covers(getattr(june, metric))))
        prefix = f"{label}: {metric}"
        figures |= {
            f"{prefix} WAPE": Figure(float(scores.wape[-1]), _WAPE[metric], ""),
            f"{prefix} bias of the total": Figure(abs(float(scores.bias[-1])), 0.10, "either way"),
            f"{prefix} 90 % intervals, not under": Figure(covered, 0.85, "covered", at_least=True),
            f"{prefix} 90 % intervals, not over": Figure(covered, 0.95, "covered"),
        }
    lines = [
        f"| {key.replace('_', ' ')} | "
        + " | ".join(
            f"{comparison.scores[key][metric].wape[-1]:.3f} | {june_scores.wape[-1]:.3f} | "
            f"{june_scores.bias[-1]:+.3f}"
            for metric in METRICS
            for june_scores in (_scores(forecaster, history, metric),)
        )
        + " |"
        for key, forecaster in forecasters.items()
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


def _grid_search(name: str, before: History) -> Figures:
    """Compare the level forecaster's settings with the best of the grid, without June."""
    settings = _forecasting()
    origins = rolling_origins(len(before.dates), _HORIZON, 6, 11, 56)

    def error(forecaster: Forecaster) -> float:
        """WAPE summed over the metrics, mean over the origins."""
        tests = (backtest(forecaster, before, metric, (o,), _HORIZON)
                 for metric in METRICS for o in origins)  # fmt: skip
        return len(METRICS) * float(np.mean([scores_of(test).wape[-1] for test in tests]))

    errors = []
    for values in product(*_GRID.values()):
        point = dict(zip(_GRID, values, strict=True))
        level = settings.level.model_copy(update={key: point[key] for key in list(_GRID)[:3]})
        correction = settings.correction
        errors.append(
            error(
                BiasCorrected(
                    Level(level),
                    int(point["origins"]),
                    _HORIZON,
                    correction.step,
                    correction.least,
                )
            )
        )
    label = f"January to May of {name}: WAPE of both metrics in cross-validation, settings in force"
    return {
        label: Figure(
            error(level_forecaster(settings)), min(errors) + 1e-9, f"best of {len(errors)} settings"
        )
    }


def _false_alarms() -> Figures:
    """Share of advertisers without a planted change in which none is reported."""
    drift = _diagnosis().drift
    histories = [_simulated(seed) for seed in range(_STEADY)]
    no_anomaly = np.mean([not _anomalies(history) for history in histories])
    no_change = np.mean(
        [not changes_of(history, _baseline(history), drift) for history in histories]
    )
    unit = f"of {_STEADY} steady advertisers"
    walking = [_simulated(seed, walks=True) for seed in range(_PLANTED)]
    no_anomaly_walking = np.mean([not _anomalies(history) for history in walking])
    return {
        "no anomaly where the level walks": Figure(
            float(no_anomaly_walking), 0.0, f"of {_PLANTED} advertisers", at_least=True
        ),
        "no anomaly": Figure(float(no_anomaly), 0.95, unit, at_least=True),
        "no change point": Figure(float(no_change), 0.95, unit, at_least=True),
    }


def _baseline(history: History) -> Baseline:
    return baseline_of(history, _diagnosis().expectation)


def _anomalies(history: History) -> list[Any]:
    settings = _diagnosis()
    return anomalies_of(history, _baseline(history), settings.expectation, settings.anomalies)


def _detected_drops() -> Figures:
    """Share of drops of five days that are detected, by the size of the campaign."""
    figures: Figures = {}
    for size in _SIZES:
        hits, conversions = zip(
            *(_detect_drop(_simulated(_STEADY + i, size), i, _LARGEST) for i in range(_PLANTED)),
            strict=True,
        )
        target = 0.90 if size >= _SIZES[2] else 0.0  # no target for smaller campaigns
        label = f"drop of 40 % for five days, {np.mean(conversions):.0f} conversions per day"
        figures[label] = Figure(float(np.mean(hits)), target, "found", at_least=True)
    hits, conversions = zip(
        *(_detect_drop(_simulated(_STEADY + i), i, EVERYWHERE) for i in range(_PLANTED)),
        strict=True,
    )
    label = f"the same drop in all campaigns, {np.mean(conversions):.0f} conversions per day"
    figures[label] = Figure(float(np.mean(hits)), 0.90, "found", at_least=True)
    return figures


def _detect_drop(history: History, seed: int, campaign: str) -> tuple[bool, float]:
    """Plant a five-day drop at a random date; return if it is reported, and conversions per day.

    Args:
        history: history of a steady advertiser.
        seed: seed of the date and the thinning.
        campaign: the campaign with the drop, or ``EVERYWHERE``.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    first = int(rng.integers(0, len(history.dates) - _DROP_DAYS + 1))
    days, counts = slice(first, first + _DROP_DAYS), history.conversions.copy()
    columns = [k for k, name in enumerate(history.names) if campaign in (name, EVERYWHERE)]
    for k in columns:
        whole = np.floor(counts[days, k]).astype(int)
        counts[days, k] = rng.binomial(whole, 1 - _DROP) + (counts[days, k] - whole)
    first_day, last_day = history.dates[first].item(), history.dates[first + _DROP_DAYS - 1].item()
    hit = any(
        anomaly.campaign == campaign
        and anomaly.score < 0
        and anomaly.first <= last_day
        and anomaly.last >= first_day
        for anomaly in _anomalies(replace(history, conversions=counts))
    )
    return hit, float(history.conversions[:, columns].sum(axis=1).mean())


def _simulated(seed: int, size: float = 1.0, *, walks: bool = False) -> History:
    """Half a year of the shipped synthetic advertiser without ramp and gaps.

    Args:
        seed: seed of the advertiser.
        size: factor of the largest campaign's spend.
        walks: keep the random walk of the level; constant otherwise.
    """
    mapping = shipped_yaml("advertiser/default") | {"path": ROOT, "seed": seed, "landings": 0}
    campaigns = {}
    for name, settings in mapping["campaigns"].items():
        steady = {key: value for key, value in settings.items() if key not in ("ramp", "gaps")}
        steady["spend"] *= size if name == _LARGEST else 1.0
        campaigns[name] = steady if walks else steady | {"level_sd": 0.0}
    advertiser = SyntheticSettings.of(mapping | {"campaigns": campaigns}, "synthesize")
    return _history(synthesize(advertiser, Priors.of(shipped_yaml("priors/default"), "priors")))


def _history(advertiser: Advertiser) -> History:
    names = ("spend", "impressions", "clicks", "conversions", "revenue")
    return History(
        advertiser.dates,
        tuple(advertiser.campaigns),
        presence=np.full(advertiser.spend.shape, OBSERVED, np.int8),
        notes=(),
        currency=None,
        **{name: np.array(getattr(advertiser, name), dtype=float) for name in names},
    )


@lru_cache
def _forecasting() -> ForecastingSettings:
    settings = shipped_yaml("forecasting/default")
    settings["forecasters"] = [*settings["forecasters"], SIMULATOR]
    return ForecastingSettings.of(settings, "forecasting")


@lru_cache
def _diagnosis() -> DiagnosisSettings:
    return DiagnosisSettings.of(shipped_yaml("diagnosis/default"), "diagnosis")


def _command() -> InsightsCommand:
    """Options of ``scripts/insights.py``, from which the simulator's forecaster is made."""
    overrides = shipped_yaml("insights")
    groups = {
        name: shipped_yaml(f"{name}/default")
        for name in ("data", "attribution", "forecasting", "diagnosis", "priors", "calibration")
    }
    groups["calibration"] |= overrides["calibration"]
    return InsightsCommand.of(groups | {"output": None}, "insights")


def _target_text(figure: Figure) -> str:
    """Target as text; empty for a lower bound of 0."""
    if figure.at_least and figure.target == 0:
        return ""
    return f"{'>=' if figure.at_least else '<='} {figure.target:.3g} "


def _publish(figures: Mapping[str, Figure], tables: list[str]) -> None:
    """Replace the tables between the markers of `docs/insights.md`, if that file exists."""
    if not _DOCS.is_file():
        return
    rows = [
        f"| {label} | {figure.measured:.3f} | {_target_text(figure)}{figure.unit} |"
        for label, figure in figures.items()
    ]
    block = "\n".join(["| what | measured | target |", "|---|---:|---|", *rows])
    text = _DOCS.read_text(encoding="utf-8")
    for marker, content in (("figures", block), ("forecasters", "\n\n".join(tables))):
        begin, end = f"<!-- {marker} -->", f"<!-- end of {marker} -->"
        before, rest = text.split(begin)
        text = before + begin + "\n\n" + content + "\n\n" + end + rest.split(end)[1]
    print(write_text(_DOCS, text))
