"""A policy's dated plan and what it is expected to bring."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...data.types import Floats
from ...envs.calibration import ratio_draws
from ...envs.constraints import to_cents
from ...envs.flight import Problem
from ...envs.planning import static_plan
from ..experiment import Session
from ..policies import BASELINES, baseline
from ..policy import PlanPolicy, Policy
from ..rollout import EvaluationSet, evaluation_set
from ..setup import trained
from ..training import learn
from .document import Plan
from .estimate import expected_flight, forecast, marginal_returns

_FORECAST_SEED = 30  # of the noise that a plan's intervals come from
_MARGINAL_DRAWS = 256


def acting(session: Session, run: str | None, agent: str, seed: int) -> Policy:
    """Return the policy that a plan is asked of: a run's, a baseline, or one trained now."""
    if run is not None:
        return trained(Path(run), session.arena)
    if agent in BASELINES:
        return baseline(agent, session.arena)
    return learn(session, seed, None, progress=True)


def plan_of(session: Session, policy: Policy, rivals: Sequence[Policy]) -> Plan:
    """Make a policy's dated plan and estimate it on the held-out draws.

    Args:
        session: what was prepared.
        policy: whose plan it is.
        rivals: whose plans are estimated beside it.
    """
    problem, posterior = session.problem, session.posterior
    market, state = posterior.held(posterior.held_out)
    draws = evaluation_set(market, state, session.env.days, _FORECAST_SEED)
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
        for_claims=_for_claims(session),
        seen_mean=posterior.spend,
        seen_max=posterior.spend_max,
        notes=(*_reacting(problem, policy, cents / 100, draws), *session.notes),
    )


def _for_claims(session: Session) -> Floats | None:
    """Return the budgets for platform claims, (campaigns,), where journeys are planned for."""
    problem = session.problem
    if problem.objective.name != "journeys":
        return None
    claims = problem.objective.model_copy(update={"name": "conversions", "ratios": None})
    days = session.env.days
    plan = static_plan(session.posterior, problem.constraints, claims, days, session.solver)
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
