"""What the journeys say of the campaigns, where a plan or a prior asks for it.

The source is an ``attribution.json`` of ``scripts/attribute.py``, or the landings beside the ad
exports, attributed now.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from ...data.attribution import AttributionSettings, attribution_document, attribution_study
from ...data.errors import ConfigError, DataError
from ...data.exports import DataSettings
from ...data.storage import read_json
from ...data.types import Floats
from ..market import Objective, Ratio
from .priors import JourneyPriors

Ask = Callable[[Path | None], Mapping[str, Any]]


def attribution_of(config: Mapping[str, Any], path: Path | None) -> Mapping[str, Any]:
    """Return an attribution document.

    Args:
        config: plain containers with the groups ``data`` and ``attribution``.
        path: of a document; None: the landings in ``data.path`` are attributed.

    Raises:
        MediaGymError: if the file is not such a document, or there are no landings.
    """
    if path is None:
        settings = AttributionSettings.of(config["attribution"], "attribution")
        return attribution_document(
            attribution_study(DataSettings.from_mapping(config["data"]), settings)
        )
    content = read_json(path)
    return content if isinstance(content, dict) else {}


def _part(found: Mapping[str, Any], key: str, path: Path | None) -> Any:
    """Return a part of an attribution document; DataError if it has none."""
    if key not in found:
        raise DataError(
            f"{path}: no attribution (it has no key {key}); give an attribution.json that "
            "scripts/attribute.py wrote, or null to attribute the landings in data.path."
        )
    return found[key]


def objective_of(
    config: Mapping[str, Any], names: Sequence[str], ask: Ask | None = None
) -> Objective:
    """Return the configured objective; that of journeys with the ratio of every campaign.

    Args:
        config: plain containers with the groups ``data``, ``attribution`` and ``objective``.
        names: (campaigns,).
        ask: returns an attribution document by its path; None: ``attribution_of``.

    Raises:
        ConfigError: if the attribution is of other campaigns.
        DataError: if there is nothing to take ratios from.
    """
    objective = Objective.of(config["objective"], "objective")
    if objective.name != "journeys" or objective.ratios is not None:
        return objective
    ask = ask or partial(attribution_of, config)
    found = _part(ask(objective.attribution), "ratios", objective.attribution)
    if found is None:
        raise DataError(
            "objective=journeys: no platform claims a conversion on the days of the landings, so "
            "there is no ratio. Allowed: objective=conversions, or landings of the same days."
        )
    for name in names:
        if name not in found["campaigns"]:
            raise ConfigError(
                f"objective.attribution: {objective.attribution or 'that of the landings'} has no "
                f"campaign {name!r}; it is of {', '.join(found['campaigns'])}. Attribute the same "
                "exports."
            )
    own = [found["campaigns"][name] for name in names]
    ratios = tuple(Ratio(mean=each["ratio"], log_sd=each["log_sd"]) for each in own)
    return objective.model_copy(update={"ratios": ratios})


def priors_of(
    config: Mapping[str, Any], names: Sequence[str], ask: Ask | None = None
) -> dict[str, Any]:
    """Return the group ``priors`` with what the journeys say; arguments as of ``objective_of``.

    A campaign is led by another in the share of the journeys it closes in which the other came
    earlier than chance has it: ``(lift - 1) / lift`` of that share, if the interval of the lift
    lies above 1.
    """
    group = dict(config["priors"])
    how = JourneyPriors.of(group["journeys"], "priors.journeys")
    if not (how.carryover or how.halo):
        return group
    found = (ask or partial(attribution_of, config))(how.attribution)
    gaps = _part(found, "inter_touch_days", how.attribution)
    touches = {name: gaps[name]["median"] for name in names if gaps.get(name, {}).get("median")}
    led: dict[str, dict[str, float]] = {}
    for row in _part(found, "influence", how.attribution):
        both = row["label"] in names and row["closer"] in names
        if both and row["label"] != row["closer"] and row["low"] is not None and row["low"] > 1:
            share = row["share"] * (row["lift"] - 1) / row["lift"]
            led.setdefault(row["closer"], {})[row["label"]] = share
    group["journeys"] = how.model_copy(
        update={"touches": touches if how.carryover else {}, "led": led if how.halo else {}}
    ).model_dump(mode="json")
    return group


def apply_journeys(config: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return a configuration whose priors and objective hold what the journeys say.

    Landings that both ask for are attributed once.
    """
    ask = cache(partial(attribution_of, config))
    objective = objective_of(config, names, ask).model_dump(mode="json")
    return {**config, "priors": priors_of(config, names, ask), "objective": objective}


def ratio_draws(objective: Objective, draws: int, seed: int) -> Floats | None:
    """Return journey conversions a claimed one, (draws, campaigns), lognormal around their means.

    None where the objective is not the journeys'.
    """
    if objective.name != "journeys" or objective.ratios is None:
        return None
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    sd = np.array([ratio.log_sd for ratio in objective.ratios])
    mean = np.array([ratio.mean for ratio in objective.ratios])
    normal = rng.standard_normal((draws, len(mean)))
    return np.asarray(mean * np.exp(sd * normal - sd**2 / 2))
