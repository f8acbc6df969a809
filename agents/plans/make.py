"""A policy's dated plan and what it is expected to bring."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...data.types import Floats
from ...envs.calibration import ratio_draws
from ...envs.constraints import to_cents
from ...envs.flight import Problem
from ...envs.planning import static_plan
from ..experiment import Experiment
from ..policies import BASELINES, baseline
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet, evaluation_set
from ..setup import trained
from ..training import learn
from .document import Plan
from .estimate import expected_flight, forecast, marginal_returns

_FORECAST_SEED = 30  # of the noise that a plan's intervals come from
_MARGINAL_DRAWS = 256


def acting(experiment: Experiment, run: str | None, seed: int) -> Policy:
    """Return the policy that a plan is asked of: a run's, a baseline, or one trained now."""
    if run is not None:
        return trained(Path(run), experiment)
    name = str(getattr(experiment.agent, "name", None))
    if name in BASELINES:
        return baseline(name, experiment)
    return learn(experiment, seed, None, progress=True)


def plan_of(experiment: Experiment, policy: Policy, rivals: Sequence[Policy]) -> Plan:
    """Make a policy's dated plan and estimate it on the held-out draws.

    Args:
        session: what was prepared.
        policy: whose plan it is.
        rivals: whose plans are estimated beside it.
    """
    problem, posterior = experiment.problem, experiment.posterior
    market, state = posterior.held(posterior.held_out)
    draws = evaluation_set(market, state, experiment.env.days, _FORECAST_SEED)
    cents = to_cents(expected_flight(problem, policy), problem.constraints)
    beside = {
        rival.name: float(
            forecast(problem, rival, expected_flight(problem, rival), draws)
            .conversions.sum((1, 2))
            .mean()
        )
        for rival in rivals
        if rival.name != policy.name
    }
    return Plan(
        policy=policy.name,
        objective=problem.objective.name,
        constraints=problem.constraints,
        first_day=problem.state.day,
        cents=cents,
        forecast=forecast(problem, policy, cents / 100, draws),
        marginal=marginal_returns(
            problem, cents / 100, *posterior.sample_training(_MARGINAL_DRAWS)
        ),
        baselines=beside,
        ratios=ratio_draws(problem.objective, len(draws.market.elasticity), _FORECAST_SEED),
        for_claims=_for_claims(experiment),
        seen_mean=posterior.spend,
        seen_max=posterior.spend_max,
        notes=(*_reacting(problem, policy, cents / 100, draws), *experiment.notes),
    )


def _for_claims(experiment: Experiment) -> Floats | None:
    """Return the budgets for platform claims, (campaigns,), where journeys are planned for."""
    problem = experiment.problem
    if problem.objective.name != "journeys":
        return None
    claims = replace(problem.objective, name="conversions", ratios=None)
    days = experiment.env.days
    plan = static_plan(experiment.posterior, problem.constraints, claims, days, experiment.solver)
    return np.asarray(plan.sum(0))


def _reacting(
    problem: Problem, policy: Policy, dollars: Floats, draws: EvaluationSet
) -> tuple[str, ...]:
    """Return a warning where a policy's estimates are not those of its dates kept as written."""
    if policy.open_loop:
        return ()
    kept = forecast(problem, PlanPolicy(policy.name, dollars), dollars, draws).conversions
    return (
        f"{policy.name} reacts to every day's reports: the estimates are of spending by it day by "
        f"day, the dated dollars are its flight if all goes as expected. Followed as dated, they "
        f"are expected to bring {kept.sum((1, 2)).mean():,.1f} conversions.",
    )
