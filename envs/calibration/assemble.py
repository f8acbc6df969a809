"""From the draws of all structures to one posterior."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...data.forecasting import spending_facts
from ...data.history import History
from ...data.types import Floats
from ..arrays import select
from ..market import Market, MarketState, Stream, day_number, generator
from .demand import CALENDAR_DAYS, demand_report, past_report, with_seasons
from .filtering import FilterResult, ObservedHistory, filter_history
from .halo import with_halo
from .journeys import JourneyFindings
from .learnt import learnt_report
from .markets import market_of
from .posterior import Posterior, SpendFollowing, UpdateState
from .prices import draw_prices
from .priors import Parameters, PriorCentres, Priors, parameters_from_normals
from .sampling import Sample
from .settings import CalibrationSettings
from .stack import Part, Stack


class PartResult(NamedTuple):
    """Draws of one structure's calibration."""

    part: Part
    draws: Sample
    fit: FilterResult  # of these draws, after the last day


class _Draws(NamedTuple):
    """What is concatenated over the structures and brought into random order."""

    z: Floats
    loglik: Floats
    stock: Floats
    level: Floats
    variance: Floats
    structure: Floats  # (draws,) index of the structure
    parameters: Parameters
    market: Market
    shared: Floats | None  # (draws, 1) shared log demand after the last day


def filtered(z: Floats, part: Part, centres: PriorCentres) -> FilterResult:
    """Return likelihood and last state of draws, (draws, campaigns, dimensions)."""
    parameters = parameters_from_normals(z, part.priors, centres)
    market = market_of(parameters, part.priors, centres)
    return filter_history(market, part.observed, follow=parameters.follow)


def assemble(
    history: History,
    observed: ObservedHistory,
    priors: Priors,
    findings: JourneyFindings,
    centres: PriorCentres,
    stack: Stack,
    results: Sequence[PartResult],
    settings: CalibrationSettings,
    rng: np.random.Generator,
) -> Posterior:
    """Return the posterior: draws of the response with draws of prices and of the last level.

    Draws of the structures are mixed in random order, so that any subset has all of them.
    """
    draws = _mixed(results, centres, rng)
    prices = draw_prices(history, centres.spend, priors.inflation, len(draws.z), rng)
    market = draws.market._replace(**prices._asdict())
    level = draws.level + np.sqrt(draws.variance) * rng.standard_normal(draws.variance.shape)
    follow = None
    if stack.spend_index is not None:
        strength = draws.parameters.follow
        follow = SpendFollowing(strength, *stack.spend_index)
        level = level + strength * stack.spend_index.latest
    shared = None if draws.shared is None else draws.shared + 0 * level
    report = learnt_report(
        history, priors, findings, centres, draws.parameters, _sample(results, draws.z)
    )
    report["structures"] = {
        "weights": stack.weights,
        "names": [result.part.name for result in results],
        "settings": _structure_settings(settings, len(history.dates), stack),
    }
    first_day = day_number(history.dates[-1]) + 1
    report |= _shared_demand(results, draws, first_day, settings.seed)
    if stack.forecasts is not None:
        report["past"] = past_report(history, stack.forecasts, stack.weights)
    report["notes"] = [*report["notes"], *stack.notes]
    return Posterior(
        campaigns=history.campaigns,
        market=with_halo(market, history.names, priors.journeys, findings, rng),
        state=MarketState(first_day, draws.stock, level, demand=shared),
        spend=observed.spend.mean(0),
        spend_max=observed.spend.max(0),
        recent=observed.spend[-7:].mean(0),
        held_out=settings.held_out,
        report=report,
        update_state=UpdateState(
            draws.z, draws.loglik, draws.level, draws.variance, *centres, draws.structure
        ),
        currency=history.currency,
        spending=spending_facts(history),
        follow=follow,
    )


def _structure_settings(settings: CalibrationSettings, days: int, stack: Stack) -> dict[str, Any]:
    """Return the assumptions of all structures by name; none if only the priors were used."""
    structures = with_seasons(settings.structures, days)
    return {
        name: structure.model_dump()
        for name, structure in structures.items()
        if name in stack.weights
    }


def _shared_demand(
    results: Sequence[PartResult], draws: _Draws, first_day: int, seed: int
) -> dict[str, Any]:
    """Return the report of the shared demand by its key; empty without a model of demand."""
    parts = [result.part for result in results]
    demands = [part.demand for part in parts if part.demand is not None]
    market, shared = draws.market, draws.shared
    if not demands or shared is None or market.demand_kept is None:
        return {}
    rng = generator(Stream.CALIBRATION_REPORT, seed)
    kept, step_sd = market.demand_kept[:, 0], market.demand_sd[:, 0]
    last, ahead = shared[:, 0], np.empty((len(shared), CALENDAR_DAYS))
    for day in range(CALENDAR_DAYS):
        last = kept * last + step_sd * rng.standard_normal(len(last))
        ahead[:, day] = last
    if market.calendar is not None:
        ahead += market.calendar[:, (first_day + np.arange(CALENDAR_DAYS)) % CALENDAR_DAYS, 0]
    weights = np.array([part.weight for part in parts])
    return {"demand": demand_report(demands, weights, ahead)}


def _mixed(
    results: Sequence[PartResult], centres: PriorCentres, rng: np.random.Generator
) -> _Draws:
    """Concatenate the draws of all structures in random order."""
    parts = [_part_draws(result, number, centres, rng) for number, result in enumerate(results)]
    order = rng.permutation(sum(len(part.z) for part in parts))
    if len(parts) == 1:
        order = np.arange(len(order))
    draws = select(_concatenated(parts), order)  # which leaves nested records as they are
    return draws._replace(
        parameters=select(draws.parameters, order), market=select(draws.market, order)
    )


def _part_draws(
    result: PartResult, number: int, centres: PriorCentres, rng: np.random.Generator
) -> _Draws:
    part, z = result.part, result.draws.z
    parameters = parameters_from_normals(z, part.priors, centres)
    market, shared = part.market(market_of(parameters, part.priors, centres)), None
    if part.demand is not None:
        calendar, shared = part.demand.draw(len(z), rng)
        market = market._replace(calendar=calendar)
    return _Draws(
        z=z,
        loglik=result.fit.loglik,
        stock=result.fit.state.stock,
        level=result.fit.state.level,
        variance=result.fit.variance,
        structure=np.full(len(z), number),
        parameters=parameters,
        market=market,
        shared=shared,
    )


def _concatenated(parts: Sequence[_Draws]) -> _Draws:
    """Concatenate records over draws; a calendar that some structures lack is zero there."""
    if any(part.market.calendar is not None for part in parts):
        parts = [
            part
            if part.market.calendar is not None
            else part._replace(market=part.market._replace(calendar=_no_calendar(len(part.z))))
            for part in parts
        ]
    return _Draws(*(_joined(fields) for fields in zip(*parts, strict=True)))


def _joined(fields: tuple[Any, ...]) -> Any:
    first = fields[0]
    if isinstance(first, tuple):
        return type(first)(*(_joined(inner) for inner in zip(*fields, strict=True)))
    return None if first is None else np.concatenate(fields)


def _no_calendar(draws: int) -> Floats:
    return np.zeros((draws, CALENDAR_DAYS, 1), np.float32)


def _sample(results: Sequence[PartResult], z: Floats) -> Sample:
    """Return the diagnostics of all structures, averaged by their draws."""
    weights = np.array([len(result.draws.z) for result in results], float)

    def mean(name: str) -> Floats:
        values = np.stack([getattr(result.draws, name) for result in results])
        return np.asarray(weights @ values / weights.sum())

    return Sample(
        z=z,
        acceptance=mean("acceptance"),
        unique=mean("unique"),
        rounds=max(result.draws.rounds for result in results),
        initial_ess=mean("initial_ess"),
    )
