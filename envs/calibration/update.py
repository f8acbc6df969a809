"""A posterior learns from new days without starting again.

Every draw is weighed by what it makes of the new days alone, from the level and the stock where the
old days left it (importance sampling over a filter), resampled, and moved once on the whole
history, which is what costs. The weights are a campaign's own: what a relative's news says of it
comes through that move alone. The priors stay centred where the first calibration put them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError, DataError
from ...data.history import History
from ...data.types import Floats
from ..market import MarketState, day_number
from .calibrate import CalibrationSettings, markets_from_normals, partial_pooling_of, posterior_of
from .evidence import EvidenceLikelihood
from .journeys import NO_FINDINGS, JourneyFindings, prior_digest
from .laplace import effective_share, fit_student_t, log_prior
from .likelihood import FilterResult, ObservedHistory, filter_history, observed_history_from
from .posterior import Posterior, UpdateState
from .priors import DIMENSIONS, PriorCentres, Priors
from .smc import Sample, random_walk, resample_in_place, unique


def update(
    posterior: Posterior,
    history: History,
    priors: Priors,
    settings: CalibrationSettings,
    progress: Callable[[str], None] = lambda _: None,
    findings: JourneyFindings = NO_FINDINGS,
) -> Posterior:
    """Return the posterior after the days that the history has and the posterior has not seen.

    Args:
        posterior: of the older days of the same exports, with the same priors.
        history: all days, old and new.
        priors: those of the posterior.
        settings: its seed is used, and how many draws are held out.
        progress: called with a line now and then.
        findings: those of the posterior.

    Raises:
        ConfigError: if more draws are to be held out than the posterior has.
        DataError: if the history does not continue the one that was calibrated.
    """
    if settings.held_out >= posterior.draws:
        raise ConfigError(
            f"calibration.held_out: {settings.held_out} were given and the calibration to continue "
            f"has {posterior.draws} draws; allowed: fewer. Lower it, or calibrate without update."
        )
    memory, old = _continued(posterior, history, priors, findings)
    centres = memory.centres
    whole = observed_history_from(history)
    news = _after(whole, old)
    rng = np.random.Generator(np.random.PCG64([settings.seed, len(history.dates)]))
    state = MarketState(day_number(history.dates[old]), posterior.state.stock, memory.level)
    progress(f"weighing {len(history.dates) - old} new days")
    fit = filter_history(
        markets_from_normals(memory.z, priors, centres),
        news,
        FilterResult(memory.loglik, state, memory.variance),
    )
    gain = fit.loglik - memory.loglik
    picked = resample_in_place(gain, rng)
    z = np.take_along_axis(memory.z, picked[:, :, None], 0)
    progress(f"moving {len(gain)} markets")
    model = _Model(history, whole, priors, centres)
    z, fit, took = _move(model, z, _picked(fit, picked), rng)
    drawn = Sample(z, took, unique(z), 0, effective_share(gain))
    return posterior_of(history, whole, priors, findings, centres, drawn, fit, settings, rng)


class _Model(NamedTuple):
    """All that a likelihood of the whole history takes."""

    history: History
    record: ObservedHistory
    priors: Priors
    centres: PriorCentres


def _move(
    model: _Model, z: Floats, fit: FilterResult, rng: np.random.Generator
) -> tuple[Floats, FilterResult, Floats]:
    """Move draws by one random walk on the whole history; return also the share that moved."""
    pooling = partial_pooling_of(model.history, model.priors)
    prior = log_prior if pooling is None else pooling.log_prior(pooling.draw(z, rng))
    beliefs = EvidenceLikelihood.of(model.priors.evidence, model.history.names)
    there = random_walk(z, fit_student_t(z), rng)
    then = [markets_from_normals(each, model.priors, model.centres) for each in (z, there)]
    moved = filter_history(then[1], model.record)
    gain = moved.loglik - fit.loglik + prior(there) - prior(z)
    gain = gain + beliefs.loglik(then[1]) - beliefs.loglik(then[0])
    take = np.log(rng.random(gain.shape)) < gain

    def chosen(new: Floats, old: Floats) -> Floats:
        return np.where(take, new, old)

    state = moved.state._replace(
        stock=chosen(moved.state.stock, fit.state.stock),
        level=chosen(moved.state.level, fit.state.level),
    )
    variance = chosen(moved.variance, fit.variance)
    kept = FilterResult(chosen(moved.loglik, fit.loglik), state, variance)
    return np.where(take[..., None], there, z), kept, take.mean(0)


def _picked(fit: FilterResult, picked: NDArray[np.intp]) -> FilterResult:
    def take(values: Floats) -> Floats:
        return np.take_along_axis(values, picked, 0)

    state = fit.state._replace(stock=take(fit.state.stock), level=take(fit.state.level))
    return FilterResult(take(fit.loglik), state, take(fit.variance))


def _continued(
    posterior: Posterior, history: History, priors: Priors, findings: JourneyFindings
) -> tuple[UpdateState, int]:
    """Return what the posterior remembers, and how many days of the history it has seen.

    Raises:
        DataError: if the posterior cannot be continued by this history.
    """
    memory = posterior.memory
    if memory is None or memory.z.shape[-1] != DIMENSIONS:
        raise _broken_off("it remembers nothing to continue from")
    seen = posterior.report["history"]
    old = int(seen["days"])
    told = history.window(None, old) if old < len(history.dates) else history
    if tuple(posterior.campaigns) != tuple(history.campaigns):
        why = "it is of other campaigns"
    elif seen.get("priors") != prior_digest(priors, findings):
        why = "its priors, with beliefs and journeys, are others"
    elif str(history.dates[0]) != seen["start"] or told.fingerprint() != seen["fingerprint"]:
        why = f"the days from {seen['start']} to {seen['end']} are not those it has seen"
    elif old >= len(history.dates):
        why = f"there is no day after {seen['end']}"
    else:
        return memory, old
    raise _broken_off(why)


def _broken_off(why: str) -> DataError:
    return DataError(
        f"update: the calibration cannot be continued by these exports: {why}. Allowed: a "
        "calibration of the same exports with fewer days and the same priors. To fix: "
        "calibrate without update."
    )


def _after(record: ObservedHistory, days: int) -> ObservedHistory:
    return ObservedHistory(
        record.first_day + days, record.spend[days:], record.conversions[days:], record.seen[days:]
    )
