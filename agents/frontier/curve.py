"""`Curve`: best executable plans by budget, solved where they are asked for and kept."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError, ConstraintError
from ...data.types import Floats, Progress
from ...envs.constraints import ConstraintSettings, to_cents
from ...envs.environment import problem_near
from ...envs.flight import Problem
from ..experiment import Experiment
from ..rollout import EvaluationSet
from ..scoring import Outcomes, common_draws, live_budgets, outcomes_of

_DIGITS = 4  # significant digits of a budget that is searched for
_ENDS = 6  # halvings of the interval in which the range of feasible budgets ends


class Point(NamedTuple):
    """The best plan of one budget and what it brings."""

    budget: float  # units of the currency; what may be spent
    cents: NDArray[np.int64]  # (days, campaigns)
    outcomes: Outcomes
    notes: tuple[str, ...]  # what its constraints say, such as a cap that yields

    @property
    def spent(self) -> float:
        """Units of the currency; below the budget only where not all of it must be spent."""
        return int(self.cents.sum()) / 100


@dataclass
class Curve:
    """Plans of an experiment at other budgets.

    Shares of the total (floors, caps, least steps) move with the budget; amounts stay. The search
    for a budget's plan begins at the plan of the nearest budget that is known.
    """

    experiment: Experiment
    progress: Progress = lambda _: None
    draws: EvaluationSet = field(init=False)
    _points: dict[float, Point] = field(default_factory=dict, init=False)
    refused: dict[float, str] = field(default_factory=dict, init=False)  # reason by budget
    _free: dict[float, Floats] = field(
        default_factory=dict, init=False
    )  # without rules of execution

    def __post_init__(self) -> None:
        problem = self.experiment.problem
        self.draws = common_draws(self.experiment.posterior, problem.days)
        self._keep(self.planned, problem, problem.static_plan)

    @property
    def planned(self) -> float:
        """The budget of the experiment."""
        return self.experiment.problem.constraints.total

    @property
    def live(self) -> float:
        """What today's daily budgets come to over the flight."""
        return float(live_budgets(self.experiment).sum() * self.experiment.problem.days)

    @property
    def points(self) -> tuple[Point, ...]:
        """All plans so far, by budget."""
        return tuple(self._points[budget] for budget in sorted(self._points))

    def at(self, budget: float) -> Point | None:
        """Return the best plan of a budget, None if no plan of that budget keeps every rule."""
        budget = round(budget, 2)
        if budget not in self._points and budget not in self.refused:
            self.progress(f"budget {budget:,.0f}")
            try:
                self._keep(budget, *self._solved(budget))
            except ConstraintError as error:
                self.refused[budget] = str(error)
            except ConfigError as error:  # an amount of the settings above the total
                self.refused[budget] = str(error)
        return self._points.get(budget)

    def end(self, inside: float, refused: float) -> Point:
        """Return the plan at the end of the feasible range between two budgets.

        Args:
            inside: a budget with a plan.
            refused: a budget without one.
        """
        for _ in range(_ENDS):
            middle = rounded((inside * refused) ** 0.5, up=refused < inside)
            if middle in (inside, refused):
                break
            if self.at(middle) is None:
                refused = middle
            else:
                inside = middle
        return self._points[round(inside, 2)]

    def _keep(self, budget: float, problem: Problem, free: Floats) -> None:
        cents = to_cents(problem.static_plan, problem.constraints)
        outcomes = outcomes_of(problem, cents / 100, self.draws)
        self._points[round(budget, 2)] = Point(budget, cents, outcomes, problem.constraints.notes)
        self._free[round(budget, 2)] = free

    def _solved(self, budget: float) -> tuple[Problem, Floats]:
        """Return the problem of a budget, and its plan without rules of execution."""
        experiment = self.experiment
        settings = {**experiment.config["constraints"], "total": budget}
        nearest = min(self._free, key=lambda known: abs(np.log(known / budget)))
        return problem_near(
            experiment.cache / "frontier",
            experiment.posterior,
            self._free[nearest],
            constraints=ConstraintSettings.of(settings, "constraints"),
            objective=experiment.problem.objective,
            days=experiment.problem.days,
            solver=experiment.solver,
        )


def rounded(budget: float, up: bool) -> float:
    """Return a budget with four significant digits, the next one above or below."""
    unit = 10.0 ** (np.floor(np.log10(budget)) + 1 - _DIGITS)
    return float(round((np.ceil if up else np.floor)(round(budget / unit, 9)) * unit, 2))
