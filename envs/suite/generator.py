"""Random markets of a benchmark task, by seed.

A market is drawn from its own ``Generator(PCG64)`` in one fixed order, whatever features are on:
one seed is the same advertiser in every task, up to the features that the task adds.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..calibration import CORE_DIMENSIONS, Parameters, PriorCentres, parameters_from_normals
from ..market import Market, MarketState, Stream, carryover_of, day_number, generator
from .task import UPPER_FUNNEL, ClaimSettings, Interval, OrnsteinUhlenbeck, Task

_UNIFORMS, _NORMALS = 10, 4  # draws per campaign beyond those of the priors


class MarketDraws(NamedTuple):
    """Independent random numbers behind the markets; (markets, ..., campaigns)."""

    z: Floats  # (markets, campaigns, CORE_DIMENSIONS) standard normals of the priors
    uniform: Floats  # (markets, _UNIFORMS, campaigns)
    normal: Floats  # (markets, _NORMALS, campaigns)
    shared: Floats  # (markets, 2, 1) uniform, the same for all campaigns


def path_generator(seed: int) -> np.random.Generator:
    """Return the generator of a held-out market's demand path."""
    return generator(Stream.DEMAND_PATH, seed)


def sample_markets(task: Task, seeds: Sequence[int]) -> tuple[Market, MarketState]:
    """Sample a task's markets and their states before the first day, fields (seeds, campaigns)."""
    draws = _draw(len(task.size.campaigns), seeds, task.settings.uncertain)
    campaigns = list(task.size.campaigns.values())
    spend, cpc, cvr, order = (
        np.array([getattr(c, key) for c in campaigns]) for key in ("spend", "cpc", "cvr", "order")
    )
    centres = _prior_centres(task, spend, spend / cpc * cvr)
    parameters = parameters_from_normals(draws.z, task.priors, centres)
    settings, ones = task.settings, np.ones_like(parameters.elasticity)
    click_rate = np.array([task.size.click_rate[c.kind] for c in campaigns])
    inflation_range = task.priors.inflation.low, task.priors.inflation.high
    market = Market(
        reference_spend=spend * ones,
        reference_conversions=parameters.conversions,
        elasticity=parameters.elasticity,
        slope=_slope(task, draws),
        carryover=parameters.carryover if settings.carryover else 0 * ones,
        weekday=parameters.weekday if settings.weekday else 0 * parameters.weekday,
        **_process(settings.level, ones, "level_kept", "level_sd", "demand_sd"),
        dispersion=parameters.dispersion,
        reference_cpc=cpc * ones,
        inflation=_scaled(inflation_range, draws.uniform[:, 0]),
        price_sd=settings.price_sd * ones,
        click_rate=click_rate * ones,
        order_value=order * ones,
        order_value_sd=settings.order_value_sd * ones,
        **_features(task, parameters, draws, spend / cpc / click_rate),
    )
    return market, _initial_state(task, market, draws)


def sha256_of(market: Market, state: MarketState) -> str:
    """Return the SHA-256 of markets' parameters and states, in single precision."""
    digest = hashlib.sha256()
    for name, array in (*market._asdict().items(), *state._asdict().items()):
        if hasattr(array, "shape"):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return digest.hexdigest()


def _draw(campaigns: int, seeds: Sequence[int], uncertain: bool) -> MarketDraws:
    markets = []
    for seed in seeds:
        rng = generator(Stream.MARKET, seed)
        z = rng.standard_normal((campaigns, CORE_DIMENSIONS))
        uniform = rng.random((_UNIFORMS, campaigns))
        normal = rng.standard_normal((_NORMALS, campaigns))
        markets.append((z if uncertain else 0 * z, uniform, normal, rng.random((2, 1))))
    return MarketDraws(*(np.stack(field) for field in zip(*markets, strict=True)))


def _prior_centres(task: Task, spend: Floats, conversions: Floats) -> PriorCentres:
    half_lives = [task.priors.half_life[c.kind] for c in task.size.campaigns.values()]
    profile = np.array(task.settings.weekday.profile if task.settings.weekday else [0.0] * 7)
    return PriorCentres(
        spend=spend,
        conversions=conversions,
        half_life=np.array([half_life.median for half_life in half_lives]),
        half_life_sd=np.array([half_life.sd for half_life in half_lives]),
        weekday=(profile - profile.mean())[:, None],
    )


def _scaled(interval: Interval, uniform: Floats) -> Floats:
    """Return uniform draws on an interval from those on [0, 1)."""
    return np.asarray(interval[0] + (interval[1] - interval[0]) * uniform)


def _slope(task: Task, draws: MarketDraws) -> Floats:
    """Return the Hill exponents: 1, or above it for the share of S-curved campaigns."""
    slope = task.settings.slope
    s_curved = draws.uniform[:, 1] < slope.share
    return np.where(s_curved, _scaled((slope.low, slope.high), draws.uniform[:, 2]), 1.0)


def _process(process: OrnsteinUhlenbeck | None, ones: Floats, *names: str) -> dict[str, Floats]:
    """Return the market fields of a stationary process that steps once a day.

    Args:
        process: settings of the process; None: the level is constant.
        ones: array of ones, (markets, campaigns).
        names: fields of the share kept a day, the sd of a day's own step and, if the process has
            one, that of the step shared by all campaigns.
    """
    if process is None:
        return dict(zip(names, (ones, 0 * ones, 0 * ones), strict=False))
    retention = float(carryover_of(np.array(process.half_life)))
    step_sd = process.sd * np.sqrt(1 - retention**2)
    own, shared = step_sd * np.sqrt(1 - process.shared), step_sd * np.sqrt(process.shared)
    return dict(zip(names, (retention * ones, own * ones, shared * ones), strict=False))


def _features(
    task: Task, parameters: Parameters, draws: MarketDraws, impressions: Floats
) -> dict[str, Floats | None]:
    """Return the market fields of the features that the task switches on."""
    settings, ones = task.settings, np.ones_like(parameters.elasticity)
    upper = np.array([c.kind in UPPER_FUNNEL for c in task.size.campaigns.values()])
    fields: dict[str, Floats | None] = {}
    if settings.delivery_sd is not None:
        fields["delivery_sd"] = settings.delivery_sd * ones
    if settings.competition is not None:
        fields |= _process(settings.competition, ones, "competition_kept", "competition_sd")
    if settings.build_half_life is not None:
        fields["build"] = carryover_of(settings.build_half_life * ones)
    if settings.fatigue is not None:
        fields["fatigue"] = upper * _scaled(settings.fatigue.exponent, draws.uniform[:, 3])
        fields["fatigue_kept"] = carryover_of(settings.fatigue.half_life * ones)
        fields["audience"] = settings.fatigue.reach_days * impressions * ones
    if settings.annual is not None:
        fields["annual"] = _annual((settings.annual.low, settings.annual.high), draws)
    if settings.drift_sd is not None:
        fields["drift_sd"] = settings.drift_sd * ones
    if settings.halo is not None:
        weight = upper * np.array([c.spend for c in task.size.campaigns.values()])
        fields["halo"] = ~upper * _scaled(settings.halo.exponent, draws.uniform[:, 5])
        fields["halo_weight"] = weight / max(weight.sum(), 1e-9) * ones
        fields["halo_kept"] = carryover_of(settings.halo.half_life * ones)
    if settings.lag is not None:
        fields["same_day"] = _scaled(settings.lag.same_day, draws.uniform[:, 6])
        fields["landing"] = 1 / _scaled(settings.lag.mean_days, draws.uniform[:, 7])
    if settings.claims is not None:
        fields |= _claims(task, settings.claims, parameters, draws)
    return fields


def _annual(amplitude: Interval, draws: MarketDraws) -> Floats:
    """Return two Fourier pairs, (markets, 4, campaigns), of phases that campaigns nearly share."""
    size = _scaled(amplitude, draws.uniform[:, 4])
    phase = 2 * np.pi * draws.shared[:, 0] + 0.5 * draws.normal[:, 0]
    second = 2 * np.pi * draws.shared[:, 1] + 0.5 * draws.normal[:, 1]
    waves = (np.cos(phase), np.sin(phase), 0.3 * np.cos(second), 0.3 * np.sin(second))
    return np.stack([size * wave for wave in waves], -2)


def _claims(
    task: Task, settings: ClaimSettings, parameters: Parameters, draws: MarketDraws
) -> dict[str, Floats]:
    social = np.array([c.kind == "social" for c in task.size.campaigns.values()])
    median = np.where(social, settings.social.median, settings.rate.median)
    sd = np.where(social, settings.social.sd, settings.rate.sd)
    share = _scaled(settings.organic, draws.uniform[:, 8])
    return {
        "claim_rate": median * np.exp(sd * draws.normal[:, 2]),
        "organic": share / (1 - share) * parameters.conversions,
        "view_through": _scaled(settings.view_through, draws.uniform[:, 9]),
    }


def _initial_state(task: Task, market: Market, draws: MarketDraws) -> MarketState:
    """Return the state before the first day: in equilibrium at the reference spend, or cold.

    The log level is a draw from its stationary distribution.
    """
    settings, stock = task.settings, task.settings.warm_stock * market.reference_spend
    level = 0 * stock
    if settings.level is not None:
        level = settings.level.sd * draws.normal[:, 3]
    state = MarketState(day_number(np.datetime64(task.size.first_day)), stock, level)
    if market.build is not None:
        state = state._replace(build=stock)
    if market.fatigue_kept is not None:
        shown = stock / market.reference_cpc / market.click_rate / market.audience
        state = state._replace(fatigue=shown / (1 - market.fatigue_kept))
    if market.halo is not None:
        state = state._replace(attention=stock / market.reference_spend)
    if market.same_day is not None and market.landing is not None:
        pending = (1 - market.same_day) / market.landing * market.reference_conversions
        state = state._replace(pending=settings.warm_stock * pending)
    if market.competition_kept is not None:
        state = state._replace(competition=0 * stock)
    return state if market.drift_sd is None else state._replace(drift=0 * stock)
