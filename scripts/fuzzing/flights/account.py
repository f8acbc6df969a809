"""The shipped advertiser, small: nine campaigns, few draws, and a flight of any constraint set."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mediagym.agents.live import Flight, LiveSettings, flight_of_problem
from mediagym.agents.policy import PlanPolicy, Policy
from mediagym.data.history import Campaign
from mediagym.data.storage import SAMPLE, shipped_yaml
from mediagym.data.types import Floats
from mediagym.envs.calibration import Posterior, load_posterior
from mediagym.envs.constraints import Constraints, to_cents, violations
from mediagym.envs.flight import Observable, problem_of
from mediagym.envs.market import Market, MarketState, Objective, ObjectiveSettings
from mediagym.envs.planning import on_or_off, paced_plan, project_executable

Cents = NDArray[np.int64]
_DRAWS = 16  # markets of the posterior and behind holds
_SMALLEST = 1e-3  # of an even day: amounts below it count as this much in the distance


class Account(NamedTuple):
    """What flights of one advertiser have in common."""

    posterior: Posterior

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        """The campaigns, in the order of all arrays."""
        return self.posterior.campaigns

    @property
    def first_day(self) -> int:
        """The first day of every flight, days since 1970-01-01."""
        return int(self.posterior.state.day)


@lru_cache(maxsize=1)
def shipped_account() -> Account:
    """Return the account of the shipped advertiser, with few of its draws."""
    posterior = load_posterior(SAMPLE / "calibration")
    training, held = posterior.sample_training(_DRAWS), posterior.held(_DRAWS)
    market = Market(*(_joined(a, b) for a, b in zip(training[0], held[0], strict=True)))
    state = MarketState(*(_joined(a, b) for a, b in zip(training[1], held[1], strict=True)))
    return Account(replace(posterior, market=market, state=state, held_out=_DRAWS))


def _joined(first: Any, second: Any) -> Any:
    return first if np.ndim(first) == 0 else np.concatenate([first, second])


class Wanderer:
    """A policy that asks for anything, the same on the same day."""

    name = "wanderer"
    open_loop = False

    def __init__(self, number: int) -> None:
        """Args: number of the case, which seeds it."""
        self.number = number

    def act(self, observable: Observable, memory: Any) -> tuple[Floats, Floats, None]:
        """Return a random request, far from any plan."""
        rng = np.random.default_rng((self.number, observable.ledger.day))
        spend = rng.lognormal(4, 2, np.shape(observable.ledger.spent))
        return spend, spend.sum(-1), None


def planned(constraints: Constraints, rng: np.random.Generator) -> tuple[Constraints, Cents]:
    """Return a random plan that keeps every rule, in cents, and the set with its runs settled.

    Raises:
        ConstraintError: if no plan keeps all rules at once.
    """
    plan = _near(constraints, rng.lognormal(4, 1, (constraints.days, len(constraints.names))))
    if constraints.min_run is not None:
        constraints = on_or_off(constraints, plan)
        plan = _near(constraints, plan)
    return constraints, to_cents(plan, constraints)


def _near(constraints: Constraints, wanted: Floats) -> Floats:
    wanted = wanted * (constraints.total / wanted.sum())
    plan = paced_plan(constraints, wanted)
    if not violations(constraints, plan):
        return plan
    near = np.maximum(plan, _SMALLEST * constraints.total / plan.size)
    return np.asarray(project_executable(constraints)(plan[None], 1 / near[None])[0])


def live_flight(
    account: Account, constraints: Constraints, cents: Cents, number: int, policy: str
) -> Flight:
    """Return a flight of a plan that has not begun.

    Args:
        account: the advertiser.
        constraints: of the whole flight.
        cents: the plan, (days, campaigns).
        number: number of the case, which seeds the policy.
        policy: ``static``, or ``wanderer`` with or without a hold.
    """
    settings = ObjectiveSettings.of(shipped_yaml("objective/conversions"), "objective")
    plan = cents / 100
    problem = problem_of(account.posterior, constraints, Objective.of(settings), plan)
    acting: Policy = PlanPolicy("static", plan) if policy == "static" else Wanderer(number)
    live = shipped_yaml("replan")["live"] | {"draws": _DRAWS}
    if policy == "wanderer":
        live["hold"] = None
    return flight_of_problem(problem, account.posterior, acting, LiveSettings.of(live, "live"))
