"""Calibration: from a history to a posterior over markets, all campaigns jointly."""

from collections.abc import Callable, Sequence

import numpy as np

from ...data.history import Campaign, History
from ...data.types import Floats
from ..market import generator, weekday_of
from .assemble import PartResult, assemble, filtered
from .evidence import EvidenceLikelihood
from .filtering import ObservedHistory, filter_history, observed_history_from
from .journeys import NO_FINDINGS, JourneyFindings
from .markets import market_of
from .posterior import Posterior
from .priors import DIMENSIONS, PARAMETER_INDEX, PriorCentres, Priors, parameters_from_normals
from .sampling import PartialPooling, sample
from .settings import CalibrationSettings
from .stack import stack_of

_MIN_PARTICLES = 192  # of a structure, from which proposals are fitted
_LEAST_REFERENCE = 1e-5  # of all campaigns' spend per day, for a campaign that never spent
_LEAST_WEEKDAY = 1e-4  # of the spend per day, added before taking a logarithm


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
    stack = stack_of(history, observed, priors, centres, settings, rng, progress)
    pooling = partial_pooling_of(history, priors)
    results = []
    for part in stack.parts:
        show = progress if len(stack.parts) == 1 else _labelled(progress, part.name)
        share = part.draws / settings.draws
        draws = sample(
            likelihood_of(history, part.observed, part.priors, centres),
            (len(history.campaigns), DIMENSIONS),
            particles=max(_MIN_PARTICLES, round(settings.particles * share)),
            draws=part.draws,
            ess_target=settings.ess_target,
            mcmc_steps=settings.mcmc_steps,
            final_mcmc_steps=settings.final_mcmc_steps,
            rng=rng,
            pooling=pooling,
            progress=show,
        )
        fit = filtered(draws.z, part, centres)
        results.append(PartResult(part, draws, fit))
    return assemble(history, observed, priors, findings, centres, stack, results, settings, rng)


def _labelled(progress: Callable[[str], None], name: str) -> Callable[[str], None]:
    return lambda message: progress(f"{name}: {message}")


def likelihood_of(
    history: History, observed: ObservedHistory, priors: Priors, centres: PriorCentres
) -> Callable[[Floats], Floats]:
    """Return the log-likelihood of the history and the prior evidence, given standard normals.

    The function maps (..., campaigns, dimensions) to (..., campaigns).
    """
    evidence = EvidenceLikelihood.of(priors.evidence, history.names)

    def loglik(z: Floats) -> Floats:
        parameters = parameters_from_normals(z, priors, centres)
        market = market_of(parameters, priors, centres)
        fit = filter_history(market, observed, follow=parameters.follow)
        return np.asarray(fit.loglik + evidence.loglik(market))

    return loglik


def partial_pooling_of(history: History, priors: Priors) -> PartialPooling | None:
    """Return the partial pooling of the campaigns; None if nothing is pooled."""
    pooling = priors.pooling
    if max(pooling.advertiser, pooling.channel, pooling.curve) == 0 or len(history.campaigns) == 1:
        return None
    advertiser, channel = np.full((2, DIMENSIONS), [[pooling.advertiser], [pooling.channel]])
    curve = PARAMETER_INDEX["slope"]
    advertiser[curve], channel[curve] = pooling.curve, 0.0
    channels = [campaign.channel for campaign in history.campaigns]
    return PartialPooling(channels, advertiser, channel)


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
    daily = observed.spend.sum(1).mean()
    least = _LEAST_REFERENCE * daily if daily > 0 else 1.0
    spend = np.maximum([_median_dollar(x) for x in observed.spend.T], least)
    total = np.where(observed.seen, observed.spend, 0.0).sum()
    rate = (observed.conversions.sum() + 1.0) / (total if total > 0 else 1.0)
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
    conversions, spend = (
        np.array([daily.sum(1)[weekday == day].mean() for day in range(7)])
        for daily in (observed.conversions, observed.spend)
    )
    least = _LEAST_WEEKDAY * spend.mean() if spend.any() else 1.0
    profile = np.log(conversions + 0.1) - elasticity * np.log(spend + least)
    return np.asarray(profile - profile.mean())
