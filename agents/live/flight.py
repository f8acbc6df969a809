"""`Flight`: a plan that is under way, re-planned from what is reported."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError, ConstraintError
from ...envs.calibration import Forecast, ratio_draws
from ...envs.constraints import Constraints, violations
from ...envs.flight import Problem
from ...envs.market import Noise, Stream
from ...envs.planning import paced_plan
from ..experiment import Experiment
from ..plans import Actuals, Change, Flag, Plan, joined, marginal_returns
from ..policy import Policy
from .hold import Choice, chosen, kept
from .notices import Facts, changes_of, flags_of, found_breaks
from .remaining import costs_ahead, decided, executable, left_of, money_left, within_reach
from .replay import Standing, begin, replay
from .reports import Reports, reported_row
from .settings import LiveSettings
from .updated import Outlook, Particles, held_out_particles, learnt, noise_of, resampled

Cents = NDArray[np.int64]
PLAN_BEFORE = "plan_before"  # name of the plan that goes on unchanged, among the baselines


@dataclass(frozen=True, eq=False)
class Parts:
    """What a flight is planned with."""

    experiment: Experiment
    policy: Policy
    policy_name: str  # a baseline, or the folder of a training run
    settings: LiveSettings
    plan: Cents  # cents of the plan that is under way, (days, campaigns)
    is_changed: bool  # the constraints are no longer the plan's
    notes: tuple[Flag, ...] = ()  # on the exports
    dated: Cents | None = None  # the plan as it is dated: spent so far, then planned; None: `plan`

    @property
    def problem(self) -> Problem:
        """Constraints of the whole flight, and what was known before it."""
        return self.experiment.problem


class Decision(NamedTuple):
    """The plan of the days left, and how it came about."""

    rest: Constraints | None  # constraints of the days left; None: no day is left
    choice: Choice
    old: Cents  # (days left, campaigns) the plan before, made feasible
    is_out_of_reach: bool = False  # no plan near what the policy asks for keeps every rule

    def flags(self, policy: str) -> list[Flag]:
        """Return a flag where the plan goes on because what the policy asks for is impossible."""
        text = f"what {policy} asks for fits no plan that keeps every rule: the plan before goes on"
        return [Flag("out_of_reach", None, None, f"{text}.")] if self.is_out_of_reach else []


class Flight:
    """A flight that is re-planned day by day; see ``open_flight``.

    ``today`` decides, ``report`` tells what came of it. Nothing is kept but the plan, the reports
    and the settings: reports may be given again for days that are over.
    """

    def __init__(self, parts: Parts, reports: Reports | None = None) -> None:
        """Args: parts; reports of the days that are over, None for a flight that has not begun."""
        self.parts = parts
        self.course = parts.plan.copy()  # cents as planned, with the changes adopted so far
        self.reports = Reports.none(parts.plan.shape[1]) if reports is None else reports
        self._standing = begin(parts.problem)
        self._particles: Particles | None = None
        self._decision: Decision | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Campaigns in the order of all arrays."""
        return self.parts.problem.constraints.names

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Dates of the flight, (days,)."""
        first = np.datetime64(self.parts.problem.state.day, "D")
        return np.asarray(first + np.arange(len(self.course)))

    @property
    def days_left(self) -> int:
        """Days of the flight without a report."""
        return len(self.course) - self.reports.days

    def today(self) -> dict[str, float]:
        """Return what to set today: the daily budget of each campaign, exact to the cent.

        Raises:
            ConfigError: if the flight is over.
        """
        if not self.days_left:
            raise ConfigError(
                f"today: the flight ended on {self.dates[-1]}. Allowed: a day of the flight. To "
                "fix: look at plan() for what happened, or make a new plan."
            )
        row = self.decide().choice.plan[0]
        return {name: int(cents) / 100 for name, cents in zip(self.names, row, strict=True)}

    def report(
        self, date: str | datetime.date | np.datetime64, results: Mapping[str, Mapping[str, float]]
    ) -> None:
        """Take the report of a day: the next one, or again one of a day that is over.

        Args:
            date: the day.
            results: per campaign ``spend``, ``conversions`` and, if known, ``revenue``, in units of
                the currency. A campaign that is left out was not reported: it counts as spent as
                planned, and nothing is learnt from it.

        Raises:
            ConfigError: if the day is not of the flight or leaves a gap, or a value is not allowed.
        """
        day = self._day_of(date)
        if self._decision is not None and day == self.reports.days:
            self.course[day:] = self._decision.choice.plan
        row = reported_row(self.names, self.course[day], results)
        restated = day < self.reports.days
        self.reports = self.reports.with_day(day, *row)
        self._decision = None
        if restated:
            self._standing, self._particles = begin(self.parts.problem), None

    def prepare(self) -> None:
        """Do what the first decision would wait for: draws, imports and compiled code."""
        parts, standing = self.parts, self.standing()
        self._learn()
        left = self.days_left and money_left(parts.problem.constraints, self.reports.spend)
        if left and not parts.policy.open_loop:
            rest, _ = self._left()
            executable(rest, paced_plan(rest, self.course[self.reports.days :] / 100))
            decided(parts.problem, parts.policy, standing, rest)
            self.decide()

    def decide(self) -> Decision:
        """Return the plan of the days left; worked out once per report."""
        if self._decision is None:
            self._decision = self._decided()
        return self._decision

    def standing(self) -> Standing:
        """Return ledger, belief and the policy's memory after all reports."""
        parts = self.parts
        if self._standing.view.ledger.day < self.reports.days:
            self._standing = replay(
                parts.problem, parts.policy, self._standing, self.reports, self.course
            )
        return self._standing

    def plan(self) -> Plan:
        """Return the dated plan of all days: what happened, and the plan of the days left."""
        parts, reports, decision = self.parts, self.reports, self.decide()
        problem, posterior = parts.problem, parts.experiment.posterior
        rest = decision.choice.plan
        cents = np.concatenate([reports.spend, rest])
        facts = self._facts(decision)
        forecast, marginal = self._forecast(rest), np.zeros(len(self.names))
        before = self._forecast(decision.old)
        if len(rest):
            marginal = marginal_returns(problem, rest / 100, *self._outlook.draws)
        count = len(forecast.expected)
        costs = costs_ahead(problem, parts.policy, decision.rest, rest, self._outlook)
        return Plan(
            policy=parts.policy.name,
            objective=problem.objective.name,
            constraints=problem.constraints,
            first_day=problem.state.day,
            cents=cents,
            forecast=forecast,
            marginal=marginal,
            baselines={PLAN_BEFORE: float(before.expected.sum((1, 2)).mean())},
            observed_mean=posterior.running_spend,
            recent=posterior.recent,
            observed_max=posterior.spend_max,
            notes=parts.experiment.notes,
            ratios=ratio_draws(problem.objective, count, Stream.FORECAST),
            spending=posterior.spending,
            history_days=int(posterior.report.get("history", {}).get("days", 0)),
            actuals=self._actuals(),
            live=self.course[reports.days - 1] / 100 if reports.days else None,
            changes=tuple(self.changes()),
            costs=costs.costs,
            costs_note=costs.note,
            flags=(*parts.notes, *decision.flags(parts.policy.name), *flags_of(facts)),
            markets=(
                f"{count:,} held-out draws of the posterior, updated by the reports of "
                f"{reports.days} day{'' if reports.days == 1 else 's'}"
            ),
        )

    def changes(self) -> list[Change]:
        """Return what the re-plan changes, and what it holds."""
        decision = self.decide()
        return changes_of(self._facts(decision), decision.choice, self.parts.settings.hold)

    def save(self, folder: str | Path) -> None:
        """Write the flight into a folder, from which ``Flight.load`` goes on with it."""
        from .store import save_flight

        save_flight(self, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> "Flight":
        """Return the flight that ``save`` wrote.

        Raises:
            DataError: if the files are missing, damaged or of another version.
        """
        from .store import load_flight

        return load_flight(Path(folder))

    @cached_property
    def _first_particles(self) -> Particles:
        """Held-out draws before the flight."""
        return held_out_particles(self.parts.experiment.posterior, self.parts.settings.draws)

    @cached_property
    def _paths(self) -> Noise:
        """Demand paths of all draws over the whole flight."""
        market = self._first_particles.draws.market
        return noise_of(market, len(self.course)).without_count_noise()

    def _learn(self) -> Particles:
        """Return the held-out draws after all reports, updated as the policy updates its own."""
        policy, before = self.parts.policy, self._particles or self._first_particles
        changing = getattr(policy, "walk", 0.0), getattr(policy, "temper", 1.0)
        self._particles = learnt(before, self.reports, *changing)
        return self._particles

    @property
    def _outlook(self) -> Outlook:
        """Updated draws and noise of the days left."""
        known = self._learn()
        return Outlook(self.parts.problem, resampled(known), self._paths, self.reports.days)

    def _decided(self) -> Decision:
        parts = self.parts
        if not self.days_left:
            nothing = self.course[self.reports.days :]
            return Decision(None, kept(nothing), nothing)
        rest, old = self._left()
        if not rest.total_cents:
            return Decision(rest, kept(old), old)
        if parts.policy.open_loop or not (self.reports.days or parts.is_changed):
            return Decision(rest, kept(old), old)  # nothing is known that the plan did not know
        try:
            new = decided(parts.problem, parts.policy, self.standing(), rest)
            choice = chosen(rest, old, new, self._outlook, parts.settings.hold)
        except ConstraintError:  # what is asked for is made feasible by no plan near it
            return Decision(rest, kept(old), old, is_out_of_reach=True)
        broken = violations(rest, choice.plan)
        assert not broken, broken[0]  # noqa: S101  # the projection keeps them
        return Decision(rest, choice, old)

    def _left(self) -> tuple[Constraints, Cents]:
        """Return the constraints of the days left, and the plan before carried on within them."""
        reports, old = self.reports, self.course[self.reports.days :]
        rest = left_of(self.parts.problem.constraints, reports.spend, self.course)
        if not rest.total_cents:
            return rest, 0 * old
        if not (reports.days or self.parts.is_changed):
            return rest, old
        return within_reach(rest, old)

    def _facts(self, decision: Decision) -> Facts:
        problem, reports, standing = self.parts.problem, self.reports, self.standing()
        broken = found_breaks(problem, reports, standing)
        planned, plan = self.course[: reports.days], decision.choice.plan
        return Facts(problem, decision.rest, reports, planned, standing, plan, broken)

    def _forecast(self, rest: Cents) -> Forecast:
        """Return the forecast of the whole flight: what happened, then a plan of the days left."""
        actuals, outlook = self._actuals(), self._outlook
        if not len(rest):
            none = np.zeros((len(outlook.draws.market.elasticity), 0, len(self.names)))
            estimate = Forecast(none, none, none, none)
        else:
            estimate = outlook.forecast(rest / 100)
        if not self.parts.experiment.posterior.market.order_value.any():
            unknown = np.full_like(estimate.expected, np.nan)
            estimate = estimate._replace(expected_revenue=unknown, counted_revenue=unknown)
        return estimate if actuals is None else joined(actuals, estimate)

    def _actuals(self) -> Actuals | None:
        reports = self.reports
        if not reports.days:
            return None
        dated = self.parts.plan if self.parts.dated is None else self.parts.dated
        return Actuals(
            reports.spend,
            reports.conversions,
            reports.revenue,
            planned=self.course[: reports.days],
            expected=dated[: reports.days],
        )

    def _day_of(self, date: str | datetime.date | np.datetime64) -> int:
        try:
            day = int((np.datetime64(str(date), "D") - self.dates[0]).astype(int))
        except (ValueError, TypeError):
            day = -1
        last = min(self.reports.days, len(self.course) - 1)
        if not 0 <= day <= last:
            raise ConfigError(
                f"report: {date} was given. Allowed: a day from {self.dates[0]} to "
                f"{self.dates[last]}, the next one without a report. To fix: report every day "
                "once, in order; a day that is over may be reported again."
            )
        return day
