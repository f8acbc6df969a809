"""`advertiser_task`: random advertisers, each a task of its own, by seed.

Sizes, budgets, floors and effects are drawn from the ranges of ``conf/advertisers.yaml``;
everything else of a task (markets, splits, static plan) follows as for the published ones. One
policy for every advertiser is trained on some seeds and tested on others.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data.storage import digest, shipped_yaml
from ..calibration import Priors
from ..market import Stream, generator
from .task import SizeSettings, Task, TaskSettings

NAME = "Advertiser"  # of the tasks
_CLICK_RATE = {
    "search": 0.05,
    "cross_network": 0.01,
    "social": 0.012,
    "display": 0.004,
    "video": 0.002,
}
_COST_PER_CLICK = {"search": 2.0, "cross_network": 1.5, "social": 0.5, "display": 0.7, "video": 2.0}
_FIRST_DAYS = np.datetime64("2025-01-01"), 365  # flights begin within a year of it
_NOT_DRAWN = {
    "days",
    "elasticity_sd",
    "held_out",
    "summary",
    "value_of_information",
    "versions",
}  # same for all seeds
_PRIORS_NOT_DRAWN = {"curve": {"less_shape"}, "pooling": {"curve"}}  # of calibrations alone

Rng = np.random.Generator


def advertiser_task(seed: int) -> Task:
    """Return the random advertiser of a seed; the same on every machine.

    Args:
        seed: 0 or more.
    """
    ranges = shipped_yaml("advertisers")
    rng = generator(Stream.ADVERTISER, seed)
    size = _size(ranges, rng)
    settings = _settings(ranges, size, rng)
    priors = shipped_yaml("priors/default")
    priors["conversions_sd"] = settings["conversions_sd"]
    priors["dispersion"] = settings["dispersion"]
    priors["elasticity"]["sd"] *= _uniform(rng, ranges["elasticity_sd"])
    if settings["weekday"] is not None:
        priors["weekday_sd"] = settings["weekday"]["sd"]
    return Task(
        NAME,
        str(seed),
        TaskSettings.of(settings, "conf/advertisers.yaml"),
        SizeSettings.of(size, "conf/advertisers.yaml"),
        Priors.of(priors, "priors"),
    )


def advertiser_digest(seed: int) -> str:
    """Return a hash of everything that defines the advertiser of a seed.

    Of nine significant digits: the last ones of a logarithm are not the same on every processor.
    """
    task = advertiser_task(seed)
    settings = task.settings.model_dump(mode="json", exclude=_NOT_DRAWN)
    priors = task.priors.model_dump(mode="json", exclude=_PRIORS_NOT_DRAWN)
    parts = settings, task.size.model_dump(mode="json"), priors
    return digest(*map(_rounded, parts))


def effects_of(task: Task) -> tuple[str, ...]:
    """Return the effects that a random advertiser has, by their keys in conf/advertisers.yaml."""
    settings = task.settings
    has = {
        "weekday": settings.weekday,
        "level": settings.level,
        "drift": settings.drift_sd,
        "annual": settings.annual,
        "slope": settings.slope.share,
        "carryover": settings.carryover,
        "lag": settings.lag,
        "claims": settings.claims,
        "fatigue": settings.fatigue,
        "halo": settings.halo,
        "competition": settings.competition,
        "delivery": settings.delivery_sd,
        "shocks": settings.shocks,
        "steady": (settings.constraints or {}).get("ramp"),
    }
    return tuple(name for name, value in has.items() if value)


def _size(ranges: Mapping[str, Any], rng: Rng) -> dict[str, Any]:
    count = _whole(rng, ranges["campaigns"])
    channels = min(_whole(rng, ranges["channels"]), count)
    owner = np.sort(
        np.concatenate([np.arange(channels), rng.integers(0, channels, count - channels)])
    )
    kinds = rng.choice(list(ranges["kinds"]), count, p=list(ranges["kinds"].values()))
    median, sd = _log_uniform(rng, ranges["spend"]["median"]), _uniform(rng, ranges["spend"]["sd"])
    spend = median * np.exp(sd * rng.standard_normal(count))
    per_dollar = np.exp(_uniform(rng, ranges["efficiency_sd"]) * rng.standard_normal(count))
    conversions = spend * per_dollar
    conversions *= _log_uniform(rng, ranges["conversions"]) / conversions.sum()
    order = _log_uniform(rng, [50, 400])
    campaigns = {}
    for i, kind in enumerate(map(str, kinds)):
        cpc = _COST_PER_CLICK[kind] * np.exp(0.3 * rng.standard_normal())
        cpc = min(cpc, 0.5 * spend[i] / conversions[i])  # at least two clicks per conversion
        campaigns[f"channel {owner[i] + 1}/{kind} {i + 1}"] = {
            "kind": kind,
            "spend": round(float(spend[i]), 2),
            "cpc": float(cpc),
            "cvr": float(conversions[i] * cpc / spend[i]),
            "order": round(float(order * np.exp(0.3 * rng.standard_normal())), 2),
        }
    days = int(rng.integers(ranges["days"][0], ranges["days"][1] + 1))
    total = spend.sum() * days * _log_uniform(rng, ranges["budget"])
    first_day = _FIRST_DAYS[0] + int(rng.integers(_FIRST_DAYS[1]))
    return {
        "days": days,
        "first_day": str(first_day),
        "total": max(round(float(total)), 100),
        "campaigns": campaigns,
        "click_rate": _CLICK_RATE,
    }


def _settings(ranges: Mapping[str, Any], size: Mapping[str, Any], rng: Rng) -> dict[str, Any]:
    def on(name: str) -> bool:
        return bool(rng.random() < ranges[name]["share"])

    def within(name: str, key: str) -> float:
        return _uniform(rng, ranges[name][key])

    def up_to(name: str, key: str) -> list[float]:
        low, high = sorted((within(name, key), within(name, key)))
        return [low, high]

    profile = np.array(shipped_yaml("suite/Full")["weekday"]["profile"])
    settings = shipped_yaml("suite/default") | {
        "summary": "A random advertiser.",
        "uncertain": True,
        "conversions_sd": _log_uniform(rng, ranges["conversions_sd"]),
        "dispersion": {"median": _log_uniform(rng, ranges["dispersion"]), "sd": 0.5},
        "constraints": _constraints(ranges, size, rng),
    }
    if on("weekday"):
        daily = within("weekday", "size") * profile + 0.05 * rng.standard_normal(7)
        settings["weekday"] = {"profile": daily.tolist(), "sd": within("weekday", "sd")}
    if on("level"):
        settings["level"] = {key: within("level", key) for key in ("sd", "half_life", "shared")}
    if on("drift"):
        settings["drift_sd"] = within("drift", "sd")
    if on("annual"):
        settings["annual"] = {"low": 0.0, "high": within("annual", "high")}
    if on("slope"):
        settings["slope"] = {"share": within("slope", "campaigns"), "low": 1.2, "high": 2.5}
    if on("carryover"):
        settings["carryover"] = True
        if rng.random() < ranges["carryover"]["build"]:
            settings["build_half_life"] = within("carryover", "build_half_life")
    if on("lag"):
        settings["lag"] = {key: up_to("lag", key) for key in ("same_day", "mean_days")}
        if rng.random() < ranges["lag"]["credit"]:
            settings["credit_days"] = within("lag", "credit_days")
    if on("claims"):
        settings["claims"] = {
            "rate": {"median": within("claims", "rate"), "sd": within("claims", "sd")},
            "social": {"median": within("claims", "social"), "sd": 2 * within("claims", "sd")},
            "organic": up_to("claims", "organic"),
            "view_through": [0.0, 0.2],
        }
    if on("fatigue"):
        keys = {key: within("fatigue", key) for key in ("half_life", "reach_days")}
        settings["fatigue"] = {"exponent": up_to("fatigue", "exponent"), **keys}
    if on("halo"):
        half_life = within("halo", "half_life")
        settings["halo"] = {"exponent": up_to("halo", "exponent"), "half_life": half_life}
    if on("competition"):
        settings["competition"] = {key: within("competition", key) for key in ("sd", "half_life")}
    if on("delivery"):
        settings["delivery_sd"] = within("delivery", "sd")
    if on("shocks"):
        strength, shocks = within("shocks", "strength"), dict(shipped_yaml("suite/Shock")["shocks"])
        for rate in ("outage", "competitor", "tracking", "spike", "regime"):
            shocks[rate] *= strength
        settings["shocks"] = shocks
    return settings


def _constraints(ranges: Mapping[str, Any], size: Mapping[str, Any], rng: Rng) -> dict[str, Any]:
    names = list(size["campaigns"])
    channels = len({name.partition("/")[0] for name in names})
    channel = _uniform(rng, ranges["channel_floors"]) / channels
    campaign = _uniform(rng, ranges["campaign_floors"]) / len(names)
    keys: dict[str, Any] = {
        "channel": {"floor": f"{100 * channel:.4f}%", "cap": None},
        "campaign": {"floor": f"{100 * campaign:.4f}%", "cap": None, "daily_cap": None},
        "most_times_recent": None,
    }
    capped = {}
    for name in names:
        if rng.random() < ranges["cap"]["share"] and len(names) > 3:
            share = _uniform(rng, ranges["cap"]["times"]) / len(names)
            if share < 0.5:
                capped[name] = {"cap": f"{100 * share:.4f}%"}
    if len(capped) < len(names) / 3:
        keys["campaigns"] = capped or None
    if rng.random() < ranges["steady"]:
        keys |= {
            "ramp": shipped_yaml("suite/Steady")["constraints"]["ramp"],
            "changes": shipped_yaml("suite/Steady")["constraints"]["changes"],
        }
    return keys


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _uniform(rng: Rng, interval: Any) -> float:
    return float(rng.uniform(*interval))


def _log_uniform(rng: Rng, interval: Any) -> float:
    return float(np.exp(rng.uniform(*np.log(interval))))


def _whole(rng: Rng, interval: Any) -> int:
    return int(np.exp(rng.uniform(np.log(interval[0]), np.log(interval[1] + 1))))
