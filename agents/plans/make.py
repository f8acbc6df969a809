"""Dated plan of a policy, with its forecast on held-out draws."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...data.formats import money
from ...data.types import Floats
from ...envs.calibration import Forecast, Posterior, ratio_draws
from ...envs.constraints import to_cents
from ...envs.flight import Problem
from ...envs.market import Stream
from ...envs.planning import static_plan
from ..experiment import Experiment
from ..policies import BASELINES, baseline
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet, draw_evaluation_set
from ..setup import trained
from ..training import learn
from .estimate import expected_flight, forecast, marginal_returns
from .extrapolation import Known
from .records import ConstraintCost, Flag, Plan

_COUNTED = ("conversions", "journeys")  # objectives that are no money
_MARGINAL_DRAWS = 256  # training draws over which marginal returns are averaged


def acting(experiment: Experiment, run: str | None, seed: int) -> Policy:
    """Return the policy to plan with: from a training run, a baseline, or a newly trained learner.

    Args:
        experiment: its agent is the baseline or the learner.
        run: folder of a training run; None to use the experiment's agent.
        seed: seed of the training, if the agent is a learner.
    """
    if run is not None:
        return trained(Path(run), experiment)
    name = str(getattr(experiment.agent, "name", None))
    if name in BASELINES:
        return baseline(name, experiment)
    return learn(experiment, seed, None, progress=True)


def plan_of(experiment: Experiment, policy: Policy, rivals: Sequence[Policy]) -> Plan:
    """Return a policy's dated plan with estimates on the held-out draws.

    Args:
        experiment: an advertiser's experiment.
        policy: the policy to plan with.
        rivals: policies whose expected conversions are listed beside the plan's.
    """
    problem, posterior = experiment.problem, experiment.posterior
    market, state = posterior.held(posterior.held_out)
    draws = draw_evaluation_set(market, state, experiment.env.days, Stream.FORECAST)
    cents = to_cents(expected_flight(problem, policy), problem.constraints)
    others = [rival for rival in rivals if rival.name != policy.name]
    plans = {rival.name: expected_flight(problem, rival) for rival in others}
    known = Known.of(posterior.spending, posterior.spend_max)
    reacts = _reactive_notes(problem, policy, cents / 100, draws)
    return Plan(
        policy=policy.name,
        objective=problem.objective.name,
        constraints=problem.constraints,
        first_day=problem.state.day,
        cents=cents,
        forecast=_known_revenue(posterior, forecast(problem, policy, cents / 100, draws)),
        marginal=marginal_returns(
            problem, cents / 100, *posterior.sample_training(_MARGINAL_DRAWS)
        ),
        baselines={
            rival.name: float(
                forecast(problem, rival, plans[rival.name], draws).expected.sum((1, 2)).mean()
            )
            for rival in others
        },
        baselines_beyond={
            name: known.share(np.round(100 * spend).astype(np.int64))
            for name, spend in plans.items()
        },
        ratios=ratio_draws(problem.objective, len(draws.market.elasticity), Stream.FORECAST),
        claims_budget=_claims_budget(experiment),
        observed_mean=posterior.running_spend,
        recent=posterior.recent,
        observed_max=posterior.spend_max,
        spending=posterior.spending,
        forecast_verdict=_forecast_verdict(posterior),
        history_days=int(posterior.report.get("history", {}).get("days", 0)),
        notes=(*reacts, *experiment.notes),
        costs=constraint_costs(
            problem.rule_costs, problem.objective.name, problem.constraints.currency
        ),
        flags=tuple(Flag("reacts", None, None, note) for note in reacts),
        markets=(
            f"{len(draws.market.elasticity):,} held-out draws of the posterior, not used to make "
            "the plan"
        ),
    )


_RULES = {  # what a rule is called
    "ramp": "The ramp",
    "start": "Starting from the live budgets",
    "steadiness": "Steadiness",
    "change_days": "Change days",
    "pacing": "The band of day totals",
    "days": "Bounds of single days",
    "change_limit": "The change limit",
    "guardrails": "The guardrails",
}


def constraint_costs(
    costs: Iterable[tuple[str, float, float]], objective: str, currency: str | None, days: str = ""
) -> tuple[ConstraintCost, ...]:
    """Return what each rule costs as plan.json lists it; the start is a part of the ramp's.

    Args:
        costs: rule, value forgone in units of the objective, and its share, each.
        objective: name of the objective.
        currency: of the objective, where it is money.
        days: the days that they are of, as words after the amount; empty: the whole flight.
    """
    counts = objective in _COUNTED
    return tuple(
        ConstraintCost(
            rule,
            value if counts else None,
            share,
            f"{_RULES[rule]} {'cost' if rule == 'guardrails' else 'costs'} "
            f"{f'{value:,.1f}' if counts else money(value, currency)} expected "
            f"{'conversions' if counts else objective}{days and f' {days}'} ({share:.2%}).",
        )
        for rule, value, share in costs
    )


def _known_revenue(posterior: Posterior, estimate: Forecast) -> Forecast:
    """Return a forecast whose revenue is NaN if no export of the history has any."""
    if posterior.market.order_value.any():
        return estimate
    unknown = np.full_like(estimate.expected, np.nan)
    return estimate._replace(expected_revenue=unknown, counted_revenue=unknown)


def _forecast_verdict(posterior: Posterior) -> str | None:
    """Return the calibration's sentence on its forecasts of the past; None if there is none."""
    past = posterior.report.get("past")
    verdict = past.get("verdict") if isinstance(past, dict) else None
    return " ".join(verdict.split()) or None if isinstance(verdict, str) else None


def _claims_budget(experiment: Experiment) -> Floats | None:
    """Return the budgets of the static plan for platform claims, (campaigns,).

    None unless the objective is journeys.
    """
    problem = experiment.problem
    if problem.objective.name != "journeys":
        return None
    claims = replace(problem.objective, name="conversions", ratios=None)
    days = experiment.env.days
    plan = static_plan(experiment.posterior, problem.constraints, claims, days, experiment.solver)
    return np.asarray(plan.sum(0))


def _reactive_notes(
    problem: Problem, policy: Policy, spend: Floats, draws: EvaluationSet
) -> tuple[str, ...]:
    """Return a warning if the policy reacts, so that its estimates are not of the dated plan."""
    if policy.open_loop:
        return ()
    as_dated = forecast(problem, PlanPolicy(policy.name, spend), spend, draws).expected
    amounts = "dollars" if problem.constraints.currency is None else "amounts"
    return (
        f"{policy.name} reacts to daily reports: the estimates assume that it decides every day, "
        f"and the dated {amounts} are its spend if every report is as expected. Followed as dated, "
        f"the plan is expected to bring {as_dated.sum((1, 2)).mean():,.1f} conversions.",
    )
