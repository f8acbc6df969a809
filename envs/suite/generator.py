"""Markets of a task by seed: disjoint ranges for training, validation and test.

A market is drawn from its own ``Generator(PCG64)`` in one fixed order, whatever features are on,
so the same seed is the same advertiser in every task, up to what the task adds.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from ..calibration import CORE_DIMENSIONS, Parameters, PriorCentres, parameters_from_normals
from ..market import Market, MarketState, carryover_of, day_number
from .task import UPPER, Claims, Level, Pair, Task

_MARKET, _PATH = 101, 102  # purposes of a scenario's streams
_UNIFORMS, _NORMALS = 10, 4  # a campaign's draws beyond those of the priors


class MarketDraws(NamedTuple):
    """Independent draws behind the markets; (markets, ..., campaigns)."""

    z: Floats  # (markets, campaigns, TRAITS) standard normals of the priors
    uniform: Floats  # (markets, _UNIFORMS, campaigns)
    normal: Floats  # (markets, _NORMALS, campaigns)
    shared: Floats  # (markets, 2, 1) uniform, the same for all campaigns


def path_generator(seed: int) -> np.random.Generator:
    """Return the generator of a held-out market's demand path."""
    return np.random.Generator(np.random.PCG64([_PATH, seed]))


def sample_markets(task: Task, seeds: Sequence[int]) -> tuple[Market, MarketState]:
    """Draw a task's markets and their states on the eve, fields (seeds, campaigns)."""
    raw = _draw(len(task.size.campaigns), seeds, task.settings.uncertain)
    table = list(task.size.campaigns.values())
    spend, cpc, cvr, order = (
        np.array([getattr(c, key) for c in table]) for key in ("spend", "cpc", "cvr", "order")
    )
    drawn = parameters_from_normals(raw.z, task.priors, _anchors(task, spend, spend / cpc * cvr))
    now, ones = task.settings, np.ones_like(drawn.elasticity)
    rates = np.array([task.size.click_rate[c.kind] for c in table])
    inflation = _between((task.priors.inflation.low, task.priors.inflation.high), raw.uniform[:, 0])
    bent = raw.uniform[:, 1] < now.slope.share
    market = Market(
        reference_spend=spend * ones,
        reference_conversions=drawn.conversions,
        elasticity=drawn.elasticity,
        slope=np.where(bent, _between((now.slope.low, now.slope.high), raw.uniform[:, 2]), 1.0),
        carryover=drawn.carryover if now.carryover else 0 * ones,
        weekday=drawn.weekday if now.weekday else 0 * drawn.weekday,
        **_process(now.level, ones, "level_kept", "level_sd", "demand_sd"),
        dispersion=drawn.dispersion,
        reference_cpc=cpc * ones,
        inflation=inflation,
        price_sd=now.price_sd * ones,
        click_rate=rates * ones,
        order_value=order * ones,
        order_value_sd=now.order_value_sd * ones,
        **_features(task, drawn, raw, spend / cpc / rates),
    )
    return market, _eve(task, market, raw)


def sha256_of(market: Market, state: MarketState) -> str:
    """Return the SHA-256 of markets' parameters and states, in single precision."""
    digest = hashlib.sha256()
    for name, array in (*market._asdict().items(), *state._asdict().items()):
        if hasattr(array, "shape"):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(array, "<f4").tobytes())
    return digest.hexdigest()


def _draw(campaigns: int, seeds: Sequence[int], uncertain: bool) -> MarketDraws:
    parts = []
    for seed in seeds:
        rng = np.random.Generator(np.random.PCG64([_MARKET, seed]))
        z = rng.standard_normal((campaigns, CORE_DIMENSIONS))
        uniform = rng.random((_UNIFORMS, campaigns))
        normal = rng.standard_normal((_NORMALS, campaigns))
        parts.append((z if uncertain else 0 * z, uniform, normal, rng.random((2, 1))))
    return MarketDraws(*(np.stack(field) for field in zip(*parts, strict=True)))


def _anchors(task: Task, spend: Floats, conversions: Floats) -> PriorCentres:
    lives = [task.priors.half_life[c.kind] for c in task.size.campaigns.values()]
    profile = np.array(task.settings.weekday.profile if task.settings.weekday else [0.0] * 7)
    return PriorCentres(
        spend=spend,
        conversions=conversions,
        half_life=np.array([life.median for life in lives]),
        half_life_sd=np.array([life.sd for life in lives]),
        weekday=(profile - profile.mean())[:, None],
    )


def _between(pair: Pair, uniform: Floats) -> Floats:
    return np.asarray(pair[0] + (pair[1] - pair[0]) * uniform)


def _process(how: Level | None, ones: Floats, *names: str) -> dict[str, Floats]:
    """Return share kept and a day's sd, own and shared, of a stationary process."""
    if how is None:
        return dict(zip(names, (ones, 0 * ones, 0 * ones), strict=False))
    kept = float(carryover_of(np.array(how.half_life)))
    day = how.sd * np.sqrt(1 - kept**2)
    values = (kept * ones, day * np.sqrt(1 - how.shared) * ones, day * np.sqrt(how.shared) * ones)
    return dict(zip(names, values, strict=False))


def _features(
    task: Task, drawn: Parameters, raw: MarketDraws, impressions: Floats
) -> dict[str, Floats | None]:
    """Return the fields of the features that the task switches on."""
    now, ones = task.settings, np.ones_like(drawn.elasticity)
    upper = np.array([c.kind in UPPER for c in task.size.campaigns.values()])
    on: dict[str, Floats | None] = {}
    if now.delivery_sd is not None:
        on["delivery_sd"] = now.delivery_sd * ones
    if now.competition is not None:
        on |= _process(now.competition, ones, "competition_kept", "competition_sd")
    if now.build_half_life is not None:
        on["build"] = carryover_of(now.build_half_life * ones)
    if now.fatigue is not None:
        on["fatigue"] = upper * _between(now.fatigue.exponent, raw.uniform[:, 3])
        on["fatigue_kept"] = carryover_of(now.fatigue.half_life * ones)
        on["audience"] = now.fatigue.reach_days * impressions * ones
    if now.annual is not None:
        on["annual"] = _annual((now.annual.low, now.annual.high), raw)
    if now.drift_sd is not None:
        on["drift_sd"] = now.drift_sd * ones
    if now.halo is not None:
        weight = upper * np.array([c.spend for c in task.size.campaigns.values()])
        on["halo"] = ~upper * _between(now.halo.exponent, raw.uniform[:, 5])
        on["halo_weight"] = weight / max(weight.sum(), 1e-9) * ones
        on["halo_kept"] = carryover_of(now.halo.half_life * ones)
    if now.lag is not None:
        on["same_day"] = _between(now.lag.same_day, raw.uniform[:, 6])
        on["landing"] = 1 / _between(now.lag.mean_days, raw.uniform[:, 7])
    if now.claims is not None:
        on |= _claims(task, now.claims, drawn, raw)
    return on


def _annual(amplitude: Pair, raw: MarketDraws) -> Floats:
    """Return two Fourier pairs with a phase that campaigns nearly share."""
    size = _between(amplitude, raw.uniform[:, 4])
    phase = 2 * np.pi * raw.shared[:, 0] + 0.5 * raw.normal[:, 0]
    other = 2 * np.pi * raw.shared[:, 1] + 0.5 * raw.normal[:, 1]
    waves = (np.cos(phase), np.sin(phase), 0.3 * np.cos(other), 0.3 * np.sin(other))
    return np.stack([size * wave for wave in waves], -2)


def _claims(task: Task, how: Claims, drawn: Parameters, raw: MarketDraws) -> dict[str, Floats]:
    social = np.array([c.kind == "social" for c in task.size.campaigns.values()])
    median = np.where(social, how.social.median, how.rate.median)
    sd = np.where(social, how.social.sd, how.rate.sd)
    share = _between(how.organic, raw.uniform[:, 8])
    return {
        "claim_rate": median * np.exp(sd * raw.normal[:, 2]),
        "organic": share / (1 - share) * drawn.conversions,
        "view_through": _between(how.view_through, raw.uniform[:, 9]),
    }


def _eve(task: Task, market: Market, raw: MarketDraws) -> MarketState:
    """Return the state on the eve: steady reference spend, or cold; the level anywhere."""
    now, stock = task.settings, task.settings.warm_stock * market.reference_spend
    level = 0 * stock
    if now.level is not None:
        level = now.level.sd * raw.normal[:, 3]
    state = MarketState(day_number(np.datetime64(task.size.first_day)), stock, level)
    if market.build is not None:
        state = state._replace(build=stock)
    if market.fatigue_kept is not None:
        shown = stock / market.reference_cpc / market.click_rate / market.audience
        state = state._replace(fatigue=shown / (1 - market.fatigue_kept))
    if market.halo is not None:
        state = state._replace(attention=stock / market.reference_spend)
    if market.same_day is not None and market.landing is not None:
        waiting = (1 - market.same_day) / market.landing * market.reference_conversions
        state = state._replace(pending=now.warm_stock * waiting)
    if market.competition_kept is not None:
        state = state._replace(competition=0 * stock)
    return state if market.drift_sd is None else state._replace(drift=0 * stock)
