"""Findings of the customers' journeys that a calibration or an objective uses.

They come from an ``attribution.json`` of ``scripts/attribute.py``, or from the landings beside the
ad exports, attributed now. Findings travel beside the settings, never inside them.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...data.errors import ConfigError, DataError
from ...data.storage import digest
from ...data.types import Floats
from ..market import Objective, ObjectiveSettings, Ratio, generator
from .priors import JourneyPriors, Priors

ReadAttribution = Callable[[Path | None], Mapping[str, Any]]
"""Returns the attribution document of a path; of None, that of the landings in ``data.path``."""


class JourneyFindings(NamedTuple):
    """Findings about the campaigns; a field is empty unless the priors or objective use it."""

    ratios: tuple[Ratio, ...] | None = None  # (campaigns,) journey conversions per claimed one
    days_between_visits: Mapping[str, float] = {}  # median days from a landing to the next
    # closing campaign -> {earlier campaign: share in [0, 1] of its journeys that it led}
    led_share: Mapping[str, Mapping[str, float]] = {}

    def to_json(self) -> dict[str, Any]:
        """Return plain values that identify the findings, for the keys of caches."""
        return {
            "days_between_visits": dict(self.days_between_visits),
            "led_share": {name: dict(shares) for name, shares in self.led_share.items()},
        }


NO_FINDINGS = JourneyFindings()


def prior_digest(priors: Priors, findings: JourneyFindings) -> str:
    """Return a digest of everything that the priors depend on, for the keys of caches."""
    return digest(priors.model_dump(mode="json"), findings.to_json())


def journey_findings(
    objective: ObjectiveSettings,
    priors: JourneyPriors,
    names: Sequence[str],
    read: ReadAttribution,
) -> JourneyFindings:
    """Return the findings of the journeys that the objective and the priors use.

    Args:
        objective: settings; ``journeys`` needs the ratios.
        priors: settings; ``carryover`` needs days between visits, ``halo`` needs led shares.
        names: names of the campaigns, (campaigns,).
        read: ``data.attribution.attribution_reader`` makes one.

    Raises:
        ConfigError: if the attribution does not have these campaigns.
        DataError: if there is no attribution or landings log, or it lacks the findings.
    """
    ratios = None
    if objective.name == "journeys":
        ratios = _ratios(read(objective.attribution), objective.attribution, names)
    days: dict[str, float] = {}
    led: dict[str, dict[str, float]] = {}
    if priors.carryover or priors.halo:
        document = read(priors.attribution)
        gaps = _require_part(document, "inter_touch_days", priors.attribution)
        influence = _require_part(document, "influence", priors.attribution)
        if priors.carryover:
            days = {name: gaps[name]["median"] for name in names if _has_median(gaps, name)}
        if priors.halo:
            led = _led_shares(influence, names)
    return JourneyFindings(ratios, days, led)


def ratio_draws(objective: Objective, draws: int, seed: int) -> Floats | None:
    """Draw journey conversions per claimed one, (draws, campaigns), lognormal around their means.

    None if the objective is not `journeys`.
    """
    if objective.name != "journeys" or objective.ratios is None:
        return None
    rng = generator(seed, 1)
    sd = np.array([ratio.log_sd for ratio in objective.ratios])
    mean = np.array([ratio.mean for ratio in objective.ratios])
    normal = rng.standard_normal((draws, len(mean)))
    return np.asarray(mean * np.exp(sd * normal - sd**2 / 2))


def _require_part(document: Mapping[str, Any], key: str, path: Path | None) -> Any:
    """Return a part of an attribution document; DataError if it has none."""
    if key not in document:
        raise DataError(
            f"{path}: no attribution (it has no key {key}); give an attribution.json that "
            "scripts/attribute.py wrote, or null to attribute the landings in data.path."
        )
    return document[key]


def _ratios(
    document: Mapping[str, Any], path: Path | None, names: Sequence[str]
) -> tuple[Ratio, ...]:
    """Return the ratio of every campaign."""
    ratios = _require_part(document, "ratios", path)
    if ratios is None:
        raise DataError(
            "objective=journeys: no platform claims a conversion on the days of the landings, so "
            "there is no ratio. Allowed: objective=conversions, or landings of the same days."
        )
    campaigns = ratios["campaigns"]
    for name in names:
        if name not in campaigns:
            raise ConfigError(
                f"objective.attribution: {path or 'that of the landings'} has no campaign "
                f"{name!r}; it is of {', '.join(campaigns)}. Attribute the same exports."
            )
    own = (campaigns[name] for name in names)
    return tuple(Ratio(mean=each["ratio"], log_sd=each["log_sd"]) for each in own)


def _has_median(gaps: Mapping[str, Any], name: str) -> bool:
    return bool(gaps.get(name, {}).get("median"))


def _led_shares(
    influence: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return, by closing campaign, the share of its journeys that each other campaign led.

    A campaign leads another in the share of the journeys it closes in which it came earlier than
    chance has it: ``(lift - 1) / lift`` of that share, if the interval of the lift lies above 1.
    """
    led: dict[str, dict[str, float]] = {}
    for row in influence:
        both = row["label"] in names and row["closer"] in names
        if both and row["label"] != row["closer"] and row["low"] is not None and row["low"] > 1:
            share = row["share"] * (row["lift"] - 1) / row["lift"]
            led.setdefault(row["closer"], {})[row["label"]] = share
    return led
