"""Update of a posterior by new days, without a new calibration.

Every draw is weighted by its likelihood of the new days alone, from the level and the stock after
the old days (importance sampling over a filter), and resampled; one MCMC step on the whole history,
the expensive part, follows. Weights are per campaign: other campaigns inform it in that step alone.
The priors keep the centres of the first calibration.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ...data.errors import ConfigError, DataError
from ...data.history import History
from ...data.types import Floats
from ..market import generator
from .assemble import PartResult, assemble, filtered
from .calibrate import partial_pooling_of
from .demand import with_seasons
from .evidence import EvidenceLikelihood
from .filtering import FilterResult, filter_history, observed_history_from
from .journeys import NO_FINDINGS, JourneyFindings, prior_digest
from .markets import market_of, markets_from_normals
from .posterior import Posterior, UpdateState
from .priors import DIMENSIONS, PriorCentres, Priors, parameters_from_normals
from .sampling import (
    Sample,
    effective_share,
    fit_student_t,
    log_prior,
    random_walk,
    resample_in_place,
    unique,
)
from .settings import CalibrationSettings
from .stack import Part, stack_of


def update(
    posterior: Posterior,
    history: History,
    priors: Priors,
    settings: CalibrationSettings,
    progress: Callable[[str], None] = lambda _: None,
    findings: JourneyFindings = NO_FINDINGS,
) -> Posterior:
    """Return the posterior given all days of a history that continues the calibrated one.

    Args:
        posterior: posterior given the older days of the same exports, with the same priors.
        history: all days, old and new.
        priors: the posterior's priors.
        settings: settings, of which ``seed``, ``held_out``, structures and calendar are used.
        progress: called with one line per stage.
        findings: the posterior's findings of the journeys.

    Raises:
        ConfigError: if no draw would remain for training.
        DataError: if the history does not continue the one that was calibrated.
    """
    if settings.held_out >= posterior.draws:
        raise ConfigError(
            f"calibration.held_out: {settings.held_out} of {posterior.draws} draws of the "
            "calibration to continue were given; allowed: fewer. Lower held_out, or calibrate "
            "without update."
        )
    previous, old_days = _continued(posterior, history, priors, findings)
    centres = previous.centres
    observed = observed_history_from(history)
    rng = generator(settings.seed, len(history.dates))
    weights = _weights_of(posterior, settings)
    settings = settings.model_copy(update={"draws": posterior.draws})
    stack = stack_of(history, observed, priors, centres, settings, rng, progress, weights)
    progress(f"weighting by {len(history.dates) - old_days} new days")
    results = [
        _updated_part(history, part, _of_structure(previous, number), old_days, posterior, rng)
        for number, part in enumerate(stack.parts)
    ]
    return assemble(history, observed, priors, findings, centres, stack, results, settings, rng)


def _weights_of(posterior: Posterior, settings: CalibrationSettings) -> dict[str, float]:
    """Return the weights of the posterior's structures.

    Raises:
        DataError: if the settings have other structures.
    """
    report = posterior.report.get("structures", {})
    before = report.get("settings", {})
    given = with_seasons(settings.structures, posterior.report["history"]["days"])
    now = {name: each.model_dump() | {"weight": None} for name, each in given.items()}
    same = all(now.get(name) == old | {"weight": None} for name, old in before.items())
    if not same or not set(settings.structures) <= set(before):
        raise _not_continued("its structures are others")
    return dict(report.get("weights", {}))


def _of_structure(previous: UpdateState, number: int) -> UpdateState:
    """Return the memory of one structure's draws."""
    own = previous.structure == number
    return previous._replace(
        z=previous.z[own],
        loglik=previous.loglik[own],
        level=previous.level[own],
        variance=previous.variance[own],
    )


def _updated_part(
    history: History,
    part: Part,
    previous: UpdateState,
    old_days: int,
    posterior: Posterior,
    rng: np.random.Generator,
) -> PartResult:
    """Weigh one structure's draws by the new days, resample and move them."""
    centres = previous.centres
    before = part.observed._replace(
        **{name: getattr(part.observed, name)[:old_days] for name in part.observed._fields[1:]}
    )
    old = filtered(previous.z, part._replace(observed=before), centres)
    parameters = parameters_from_normals(previous.z, part.priors, centres)
    fit = filter_history(
        market_of(parameters, part.priors, centres),
        part.observed.since(old_days),
        old,
        parameters.follow,
    )
    logw = fit.loglik - old.loglik
    index = resample_in_place(logw, rng)
    z = np.take_along_axis(previous.z, index[:, :, None], 0)
    fit = _combine(lambda values: np.take_along_axis(values, index, 0), fit)
    z, fit, acceptance = _mcmc_step(_Model(history, part, centres), z, fit, rng)
    draws = Sample(z, acceptance, unique(z), 0, effective_share(logw))
    return PartResult(part, draws, fit)


class _Model(NamedTuple):
    """Data and priors of the posterior density."""

    history: History
    part: Part
    centres: PriorCentres


def _mcmc_step(
    model: _Model, z: Floats, fit: FilterResult, rng: np.random.Generator
) -> tuple[Floats, FilterResult, Floats]:
    """Run one random-walk Metropolis step on the whole history.

    Returns:
        Standard normals, filter result, and acceptance rate of each campaign.
    """
    part, priors = model.part, model.part.priors
    pooling = partial_pooling_of(model.history, priors)
    prior = log_prior if pooling is None else pooling.log_prior(pooling.draw(z, rng))
    evidence = EvidenceLikelihood.of(priors.evidence, model.history.names)
    proposed = random_walk(z, fit_student_t(z), rng)
    markets, proposed_markets = (
        markets_from_normals(normals, priors, model.centres) for normals in (z, proposed)
    )
    proposed_fit = filtered(proposed, part, model.centres)
    log_ratio = proposed_fit.loglik - fit.loglik + prior(proposed) - prior(z)
    log_ratio = log_ratio + evidence.loglik(proposed_markets) - evidence.loglik(markets)
    accepted = np.log(rng.random(log_ratio.shape)) < log_ratio

    def choose(new: Floats, old: Floats) -> Floats:
        return np.where(accepted, new, old)

    z = np.where(accepted[..., None], proposed, z)
    return z, _combine(choose, proposed_fit, fit), accepted.mean(0)


def _combine(function: Callable[..., Floats], *results: FilterResult) -> FilterResult:
    """Apply a function of arrays, (draws, campaigns), to every array of filter results."""
    stock = function(*(result.state.stock for result in results))
    level = function(*(result.state.level for result in results))
    return FilterResult(
        function(*(result.loglik for result in results)),
        results[0].state._replace(stock=stock, level=level),
        function(*(result.variance for result in results)),
    )


def _continued(
    posterior: Posterior, history: History, priors: Priors, findings: JourneyFindings
) -> tuple[UpdateState, int]:
    """Return the posterior's update state and the number of days that it was calibrated to.

    Raises:
        DataError: if the posterior cannot be continued by this history.
    """
    previous = posterior.update_state
    if previous is None or previous.z.shape[-1] != DIMENSIONS:
        raise _not_continued("it holds no state to continue from")
    calibrated = posterior.report["history"]
    old_days = int(calibrated["days"])
    old = history.window(None, old_days) if old_days < len(history.dates) else history
    if posterior.currency is None:  # calibrated before the exports named one
        old = replace(old, currency=None)
    if tuple(posterior.campaigns) != tuple(history.campaigns):
        why = "it is of other campaigns"
    elif calibrated.get("priors") != prior_digest(priors, findings):
        why = "its priors, evidence or journeys are others"
    elif posterior.currency not in (None, history.currency):
        theirs = history.currency or "a currency that they do not name"
        why = f"its amounts are in {posterior.currency}, theirs in {theirs}"
    elif (str(history.dates[0]), old.fingerprint()) != (
        calibrated["start"],
        calibrated["fingerprint"],
    ):
        why = f"the days from {calibrated['start']} to {calibrated['end']} have changed since"
    elif old_days >= len(history.dates):
        why = f"there is no day after {calibrated['end']}"
    else:
        return previous, old_days
    raise _not_continued(why)


def _not_continued(why: str) -> DataError:
    return DataError(
        f"update: the calibration cannot be continued by these exports: {why}. Allowed: a "
        "calibration of the same exports with fewer days and the same priors. To fix: "
        "calibrate without update."
    )
