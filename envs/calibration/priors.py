"""Priors of a campaign's parameters, each parameter a function of a standard normal.

In this scale all priors are independent standard normals, so one minus a posterior variance is the
share learnt from the data.
"""

from pathlib import Path
from typing import Annotated, NamedTuple, Self

import numpy as np
import scipy
from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.history import Campaign
from ...data.names import short_ids
from ...data.settings import Settings
from ...data.types import Floats
from ..market import carryover_of
from .evidence import PriorEvidence

MAX_LOG_SD = 10.0  # standard deviation of a logarithm
MAX_MEDIAN = 1e6  # of a lognormal prior, in the unit of the parameter
MAX_EVIDENCE = 10_000  # entries
LogSd = Annotated[float, Field(gt=0, le=MAX_LOG_SD)]
Median = Annotated[float, Field(gt=0, le=MAX_MEDIAN)]
Share = Annotated[float, Field(ge=0, le=1)]

SCALARS = ("conversions", "elasticity", "half_life", "dispersion", "level_sd")
WEEKDAYS = 6  # contrasts of seven days
CORE_DIMENSIONS = len(SCALARS) + WEEKDAYS
EXTRA_SCALARS = (
    "level_half_life",
    "slope",
    "follow",
)  # after the weekdays; not used by benchmark tasks
DIMENSIONS = CORE_DIMENSIONS + len(EXTRA_SCALARS)
PARAMETER_INDEX = {name: j for j, name in enumerate(SCALARS)} | {
    name: CORE_DIMENSIONS + j for j, name in enumerate(EXTRA_SCALARS)
}
"""Position of each scalar among the standard normals."""
_SMALLEST_SHARE = 0.02  # of the way from a power law to Hill's curve, which keeps it finite
_DEFAULT_KIND = "cross_network"  # kind of campaign types that are not listed


class TruncatedNormal(Settings):
    """A normal distribution truncated to [low, high]."""

    mean: Annotated[float, Field(ge=-10, le=10)]
    sd: LogSd
    low: Annotated[float, Field(gt=0)]
    high: float


class LogNormal(Settings):
    """A lognormal distribution by its median and the sd of its logarithm."""

    median: Median
    sd: LogSd


class CurvePrior(Settings):
    """How the curve goes on beyond Hill's with exponent 1, which has the rest of the probability.

    Exponents between the elasticity, a power law without an asymptote, and 1 saturate less, those
    above 1 more, with an S at small spends.
    """

    less: Share  # probability of an exponent below 1
    less_shape: Annotated[float, Field(ge=1, le=10)]  # above 1: nearer to a power law than uniform
    more: Share  # probability of an exponent above 1
    most: Annotated[float, Field(ge=1, le=10)]  # largest exponent

    def slope(self, elasticity: Floats, uniform: Floats) -> Floats:
        """Return exponents, increasing in the uniform quantile, > elasticity."""
        share = np.minimum(uniform / self.less, 1.0) if self.less > 0 else np.ones_like(uniform)
        share = np.maximum(share**self.less_shape, _SMALLEST_SHARE)
        slope = elasticity + share * (1 - elasticity)
        if self.more == 0:
            return np.asarray(slope)
        above = np.maximum(uniform - (1 - self.more), 0.0) / self.more
        return np.asarray(slope + above * (self.most - 1))


class Range(Settings):
    """A uniform distribution on [low, high]."""

    low: float
    high: float


class Pooling(Settings):
    """Prior correlations of campaigns; see ``envs/calibration/sampling/pooling.py``."""

    advertiser: Share
    channel: Share
    curve: Annotated[float, Field(ge=0, lt=1)]  # of any two campaigns' exponents, instead of both


class JourneyPriors(Settings):
    """Settings of priors from the customers' journeys; see `journeys.JourneyFindings`."""

    attribution: Path | None  # attribution.json; None: the landings are attributed
    carryover: bool  # whether the days between landings inform the half-lives
    touch_sd: LogSd  # log-sd with which the median of those days measures a half-life
    halo: bool  # whether the shares of led journeys give the halo's prior
    halo_most: Share  # upper end of the uniform prior of the halo's exponent if all are led
    halo_half_life: Median  # half-life of upper-funnel attention, days


class Priors(Settings):
    """The group ``priors`` of the configuration; see ``conf/priors/default.yaml``."""

    elasticity: TruncatedNormal
    curve: CurvePrior
    half_life: dict[str, LogNormal]
    kinds: dict[str, list[str]]
    conversions_sd: LogSd
    dispersion: LogNormal
    level_sd: LogNormal
    level_half_life: LogNormal
    level_shared: Share
    follow_sd: Annotated[float, Field(ge=0, le=1)]
    pooling: Pooling
    weekday_sd: LogSd
    inflation: Range
    evidence: Annotated[list[PriorEvidence], Field(max_length=MAX_EVIDENCE)]
    journeys: JourneyPriors

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        """Refuse keys that are valid alone but not together."""
        e, i, c, pooling = self.elasticity, self.inflation, self.curve, self.pooling
        if not e.low < e.high < 1:
            raise _refused("elasticity", _span(e), "0 < low < high < 1")
        if c.less + c.more > 1:
            given = f"less {c.less:g} and more {c.more:g}"
            raise _refused("curve", given, "probabilities of a sum of at most 1")
        if pooling.advertiser + pooling.channel >= 1:
            given = f"advertiser {pooling.advertiser:g} and channel {pooling.channel:g}"
            raise _refused("pooling", given, "a sum below 1")
        if not 0 <= i.low <= i.high < 1:
            raise _refused("inflation", _span(i), "0 <= low <= high < 1")
        for kind in (*self.kinds, _DEFAULT_KIND):
            if kind not in self.half_life:
                allowed = f"one for each of priors.kinds and {_DEFAULT_KIND}"
                raise _refused("half_life", f"no entry for {kind}", allowed)
        return self

    def kind(self, campaign: Campaign) -> str:
        """Return the kind of a campaign by its name, its type, or its channel if it has no type.

        A campaign's own name or short id in `kinds` goes before its type.
        """
        own = (campaign.name, *short_ids([campaign.name]))
        for kind, names in self.kinds.items():
            if any(name in own for name in names):
                return kind
        name = (campaign.campaign_type or campaign.channel).casefold()
        for kind, types in self.kinds.items():
            if name in (t.casefold() for t in types):
                return kind
        return _DEFAULT_KIND


def _span(pair: TruncatedNormal | Range) -> str:
    return f"low {pair.low:g} and high {pair.high:g}"


def _refused(key: str, given: str, allowed: str) -> ConfigError:
    return ConfigError(f"priors.{key}: {given}; allowed: {allowed}. Change it and run again.")


_CONTRASTS = (  # weekday from Monday by contrast
    (0.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    (
        -0.17630134112114018,
        -0.82873930233831838,
        0.11765350746130036,
        -0.48068660638687932,
        0.16666666666666677,
        -0.097104411450907327,
    ),
    (
        0.68386169252473117,
        0.040976056182906048,
        -0.17584759969534389,
        0.17424928412260399,
        0.16666666666666671,
        -0.66452327213068585,
    ),
    (
        -0.067366511430630771,
        0.66483507760669369,
        0.037086601046267417,
        -0.72113089390779028,
        0.16666666666666669,
        0.065369050919967794,
    ),
    (
        -0.40978119061409934,
        0.16574786046766371,
        0.71572868469563633,
        0.48102555371728783,
        0.16666666666666671,
        -0.18214310683178966,
    ),
    (
        -0.51269821085387346,
        0.04097605618290602,
        -0.77568524190794408,
        0.32057064237904465,
        0.16666666666666671,
        0.05683835289710628,
    ),
    (
        0.48228556149501206,
        -0.083795748101851558,
        0.081064048400084049,
        0.22597202007573178,
        0.16666666666666671,
        0.82156338659630923,
    ),
)


class PriorCentres(NamedTuple):
    """Centres of the priors; fields are (campaigns,) unless noted."""

    spend: Floats  # reference spend, dollars per day
    conversions: Floats  # conversions per day at that spend and the advertiser's mean efficiency
    half_life: Floats  # prior median of the stock's half-life, days
    half_life_sd: Floats  # prior sd of its logarithm
    weekday: Floats  # (7, 1) the advertiser's log weekday profile from Monday


class Parameters(NamedTuple):
    """Parameters of the likelihood of conversions; fields are (..., campaigns) unless noted."""

    conversions: Floats  # conversions per day at the reference spend
    elasticity: Floats  # local elasticity at the reference spend
    half_life: Floats  # half-life of the advertising stock, days
    dispersion: Floats  # NB2 alpha
    level_sd: Floats  # stationary sd of the log level
    weekday: Floats  # (..., 7, campaigns) log multipliers
    level_half_life: Floats  # half-life of the log level's mean reversion, days
    slope: Floats  # Hill exponent, above the elasticity
    follow: Floats  # share of the log spend index that is demand, in [0, 1]

    @property
    def carryover(self) -> Floats:
        """Share of the stock that remains after a day."""
        return np.asarray(carryover_of(self.half_life))

    @property
    def level_kept(self) -> Floats:
        """Autoregressive coefficient of the daily log level."""
        return np.asarray(carryover_of(self.level_half_life))

    @property
    def level_step(self) -> Floats:
        """Innovation sd of the daily log level, given its stationary sd ``level_sd``."""
        return np.asarray(self.level_sd * np.sqrt(1 - self.level_kept**2))


def parameters_from_normals(z: Floats, priors: Priors, centres: PriorCentres) -> Parameters:
    """Map standard normals to parameters.

    Args:
        z: (..., campaigns, DIMENSIONS), or CORE_DIMENSIONS of them: the rest is at its median.
        priors: priors of all parameters.
        centres: centres of the priors.
    """
    e = priors.elasticity
    bounds = scipy.special.ndtr([(e.low - e.mean) / e.sd, (e.high - e.mean) / e.sd])
    quantile = bounds[0] + scipy.special.ndtr(z[..., 1]) * (bounds[1] - bounds[0])
    contrasts = priors.weekday_sd * np.moveaxis(z[..., len(SCALARS) : CORE_DIMENSIONS], -1, -2)
    extra = [
        z[..., j] if z.shape[-1] > j else 0 * z[..., 0] for j in range(CORE_DIMENSIONS, DIMENSIONS)
    ]
    elasticity = np.clip(e.mean + e.sd * scipy.special.ndtri(quantile), e.low, e.high)
    return Parameters(
        conversions=centres.conversions * np.exp(priors.conversions_sd * z[..., 0]),
        elasticity=elasticity,
        half_life=centres.half_life * np.exp(centres.half_life_sd * z[..., 2]),
        dispersion=priors.dispersion.median * np.exp(priors.dispersion.sd * z[..., 3]),
        level_sd=priors.level_sd.median * np.exp(priors.level_sd.sd * z[..., 4]),
        weekday=centres.weekday + contrast_basis() @ contrasts,
        level_half_life=priors.level_half_life.median
        * np.exp(priors.level_half_life.sd * extra[0]),
        slope=priors.curve.slope(elasticity, scipy.special.ndtr(extra[1])),
        follow=np.minimum(
            -priors.follow_sd * scipy.special.ndtri(scipy.special.ndtr(-extra[2]) / 2), 1.0
        ),
    )


def contrast_basis() -> Floats:
    """Return a (7, 6) orthonormal basis of weekday profiles with mean zero, scaled to unit sd.

    It is written down: a decomposition would return another one on another processor, and with it
    other markets of the benchmark for the same seeds.
    """
    return np.array(_CONTRASTS)
