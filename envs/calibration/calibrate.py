"""Calibration: from a history to a posterior over markets, all campaigns jointly."""

from collections.abc import Callable, Sequence
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.history import Campaign, History
from ...data.settings import Seed, Settings
from ...data.types import Floats
from ..market import Market, MarketState, day_number, generator, weekday_of
from .evidence import EvidenceLikelihood
from .filtering import FilterResult, ObservedHistory, filter_history, observed_history_from
from .halo import with_halo
from .journeys import NO_FINDINGS, JourneyFindings
from .learnt import learnt_report
from .lifetimes import spending_facts
from .posterior import Posterior, UpdateState
from .prices import PriceDraws, draw_prices
from .priors import DIMENSIONS, Parameters, PriorCentres, Priors, parameters_from_normals
from .sampling import PartialPooling, Sample, sample

_MIN_REFERENCE_SPEND = 0.01  # per day, in units of the currency, for a campaign that never spent


MAX_PARTICLES = 100_000  # particles or draws, each with parameters of every campaign
MAX_STEPS = 10_000  # steps of Markov chains


class CalibrationSettings(Settings):
    """The group ``calibration`` of the configuration; see ``conf/calibration/default.yaml``."""

    seed: Seed
    particles: Annotated[int, Field(ge=64, le=MAX_PARTICLES)]
    ess_target: Annotated[float, Field(gt=0, lt=1)]
    mcmc_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    final_mcmc_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    draws: Annotated[int, Field(ge=2, le=MAX_PARTICLES)]
    held_out: Annotated[int, Field(ge=1, le=MAX_PARTICLES)]

    @model_validator(mode="after")
    def _leave_training_draws(self) -> Self:
        if self.held_out >= self.draws:
            raise ConfigError(
                f"calibration.held_out: {self.held_out} of {self.draws} draws were given; allowed: "
                "fewer than calibration.draws, as policies train on the rest. Lower held_out or "
                "raise draws."
            )
        return self


def calibrate(
    history: History,
    priors: Priors,
    settings: CalibrationSettings,
    progress: Callable[[str], None] = lambda _: None,
    findings: JourneyFindings = NO_FINDINGS,
) -> Posterior:
    """Return the posterior of an advertiser's markets.

    Conversions of each campaign are negative binomial around ``market.step``; without spend there
    are no paid conversions. The log level is an Ornstein-Uhlenbeck process, integrated out by a
    Laplace-Kalman filter; its uncertainty at the end of the history grows during the flight.

    Args:
        history: cleaned daily data.
        priors: priors of all parameters.
        settings: numbers of particles, draws and steps, and the seed.
        progress: called with one line per stage.
        findings: findings of the customers' journeys; read only if the priors use them.
    """
    rng = generator(settings.seed)
    observed = observed_history_from(history)
    centres = prior_centres_of(history, observed, priors, findings)
    draws = sample(
        likelihood_of(history, observed, priors, centres),
        (len(history.campaigns), DIMENSIONS),
        particles=settings.particles,
        draws=settings.draws,
        ess_target=settings.ess_target,
        mcmc_steps=settings.mcmc_steps,
        final_mcmc_steps=settings.final_mcmc_steps,
        rng=rng,
        pooling=partial_pooling_of(history, priors),
        progress=progress,
    )
    fit = filter_history(markets_from_normals(draws.z, priors, centres), observed)
    return posterior_of(history, observed, priors, findings, centres, draws, fit, settings, rng)


def likelihood_of(
    history: History, observed: ObservedHistory, priors: Priors, centres: PriorCentres
) -> Callable[[Floats], Floats]:
    """Return the log-likelihood of the history and the prior evidence, given standard normals.

    The function maps (..., campaigns, dimensions) to (..., campaigns).
    """
    evidence = EvidenceLikelihood.of(priors.evidence, history.names)

    def loglik(z: Floats) -> Floats:
        market = markets_from_normals(z, priors, centres)
        return np.asarray(filter_history(market, observed).loglik + evidence.loglik(market))

    return loglik


def partial_pooling_of(history: History, priors: Priors) -> PartialPooling | None:
    """Return the partial pooling of the campaigns; None if nothing is pooled."""
    pooling = priors.pooling
    if pooling.advertiser + pooling.channel == 0 or len(history.campaigns) == 1:
        return None
    channels = [campaign.channel for campaign in history.campaigns]
    return PartialPooling(channels, pooling.advertiser, pooling.channel)


def prior_centres_of(
    history: History,
    observed: ObservedHistory,
    priors: Priors,
    findings: JourneyFindings = NO_FINDINGS,
) -> PriorCentres:
    """Return the centres of the priors.

    The reference spend is the daily spend at which the median dollar was spent, which is
    representative also of a campaign that was scaled up late.
    """
    spend = np.maximum([_median_dollar(x) for x in observed.spend.T], _MIN_REFERENCE_SPEND)
    total = np.where(observed.seen, observed.spend, 0.0).sum()
    rate = (observed.conversions.sum() + 1.0) / max(total, 1.0)
    half_life, sd = half_lives(history.campaigns, priors, findings)
    return PriorCentres(
        spend=spend,
        conversions=rate * spend,
        half_life=half_life,
        half_life_sd=sd,
        weekday=_weekday_profile(observed, priors.elasticity.mean)[:, None],
    )


def half_lives(
    campaigns: Sequence[Campaign], priors: Priors, findings: JourneyFindings
) -> tuple[Floats, Floats]:
    """Return medians (days) and log-sds of the prior half-lives, (campaigns,).

    Where journeys gave the median days between visits, these are a measurement of the half-life
    and are combined with the prior of the campaign's kind by precision.
    """
    kinds = [priors.half_life[priors.kind(campaign)] for campaign in campaigns]
    log, sd = np.log([kind.median for kind in kinds]), np.array([kind.sd for kind in kinds])
    days = [findings.days_between_visits.get(campaign.name, np.nan) for campaign in campaigns]
    measured = np.array([bool(day > 0) for day in days])
    weight = np.where(measured, priors.journeys.touch_sd**-2, 0.0)
    precision = sd**-2 + weight
    log_days = np.log(np.where(measured, days, 1.0))
    return np.exp((log * sd**-2 + log_days * weight) / precision), precision**-0.5


def _median_dollar(spend: Floats) -> float:
    """Return the daily spend at which the median dollar was spent; spend is (days,)."""
    ordered = np.sort(spend)
    return float(ordered[np.searchsorted(np.cumsum(ordered), ordered.sum() / 2)])


def _weekday_profile(observed: ObservedHistory, elasticity: float) -> Floats:
    """Return the advertiser's log conversions by weekday at equal spend, (7,); mean zero."""
    weekday = weekday_of(observed.first_day + np.arange(len(observed.spend)))
    sums = [
        [daily.sum(1)[weekday == day].mean() for day in range(7)]
        for daily in (observed.conversions, observed.spend)
    ]
    conversions, spend = np.log(np.array(sums) + 0.1)
    profile = conversions - elasticity * spend
    return np.asarray(profile - profile.mean())


def markets_from_normals(z: Floats, priors: Priors, centres: PriorCentres) -> Market:
    """Map standard normals to markets; fields that conversions do not depend on are neutral."""
    p = parameters_from_normals(z, priors, centres)
    return _market(p, priors, centres, PriceDraws.neutral(np.ones_like(p.elasticity)))


def _market(p: Parameters, priors: Priors, centres: PriorCentres, prices: PriceDraws) -> Market:
    ones = np.ones_like(p.elasticity)
    return Market(
        reference_spend=centres.spend * ones,
        reference_conversions=p.conversions,
        elasticity=p.elasticity,
        slope=p.slope,
        carryover=p.carryover,
        weekday=p.weekday,
        level_kept=p.level_kept,
        level_sd=p.level_step * np.sqrt(1 - priors.level_shared),
        demand_sd=p.level_step * np.sqrt(priors.level_shared),
        dispersion=p.dispersion,
        **prices._asdict(),
    )


def posterior_of(
    history: History,
    observed: ObservedHistory,
    priors: Priors,
    findings: JourneyFindings,
    centres: PriorCentres,
    draws: Sample,
    fit: FilterResult,
    settings: CalibrationSettings,
    rng: np.random.Generator,
) -> Posterior:
    """Return the posterior: draws of the response with draws of prices and of the last level."""
    prices = draw_prices(history, centres.spend, priors.inflation, len(draws.z), rng)
    market = _market(parameters_from_normals(draws.z, priors, centres), priors, centres, prices)
    level = fit.state.level + np.sqrt(fit.variance) * rng.standard_normal(fit.variance.shape)
    first_day = day_number(history.dates[-1]) + 1
    return Posterior(
        campaigns=history.campaigns,
        market=with_halo(market, history.names, priors.journeys, findings, rng),
        state=MarketState(first_day, fit.state.stock, level),
        spend=observed.spend.mean(0),
        spend_max=observed.spend.max(0),
        recent=observed.spend[-7:].mean(0),
        held_out=settings.held_out,
        report=learnt_report(history, priors, findings, centres, draws),
        update_state=UpdateState(draws.z, fit.loglik, fit.state.level, fit.variance, *centres),
        currency=history.currency,
        spending=spending_facts(history),
    )
