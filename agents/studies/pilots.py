"""Pilots study: policies that fly in worlds that their calibration does not describe.

Advertisers are drawn (``envs/synthetic``), written as exports, read and calibrated like any other;
then flights run in the true market, or in one that breaks, overspends or reports late
(``agents/worlds``). Regret is the share of expected conversions that is lost against the best daily
plan of that world, which knows its parameters, its demand path and its break, and keeps no ramps.
"""

import tempfile
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.history import History
from ...data.names import full_name
from ...data.settings import Seed, Settings
from ...data.storage import shipped_yaml
from ...data.types import Floats
from ...envs.calibration import Posterior, calibrate
from ...envs.constraints import Constraints
from ...envs.environment import problem_in
from ...envs.flight import Problem
from ...envs.market import Objective
from ...envs.planning import (
    executable_plan,
    static_plan,
)
from ...envs.synthetic import (
    BreakSettings,
    DeliverySettings,
    FormName,
    ResponseForm,
)
from ..live import MIN_DRAWS, HoldSettings, LiveSettings, flight_of_problem
from ..networks import UNIVERSAL, load_policy
from ..policies import Ensemble, Follow, RollingHorizon, RollingHorizonSettings
from ..policy import PlanPolicy, Policy
from ..processes import results_of
from ..worlds import Change, Flights, SimulatedWorld, Twist, best_values, fly, fly_live
from .recovery import Case, Truth, WorldsCommand, drawn, truth_of
from .weekly import WeeklyStatic

_Share = Annotated[float, Field(gt=0, le=1)]
_Live = Literal["static", "follow", "replanner", "universal", "ensemble"]


class WorldSettings(Settings):
    """One world of ``conf/pilots.yaml``."""

    form: FormName  # response form of the market
    break_: BreakSettings | None = Field(alias="break")
    delivery: DeliverySettings | None  # None: what is planned is spent
    late: tuple[_Share, _Share] | None  # shares reported at once, and of the rest per day


class PilotSettings(Settings):
    """The group ``pilots`` of ``conf/pilots.yaml``."""

    worlds: Annotated[dict[str, WorldSettings], Field(min_length=1)]
    policies: list[str]  # static, weekly, follow, replanner, universal, ensemble, training runs
    replanner: RollingHorizonSettings
    advertisers: Annotated[int, Field(ge=1, le=10_000)]  # per response form
    seed: Seed  # seed of the first advertiser of each form
    flights: Annotated[int, Field(ge=2, le=10_000)]  # per advertiser and world
    noise: Seed
    live: list[_Live]  # which fly through the live engine too
    live_flights: Annotated[int, Field(ge=1, le=10_000)]  # the first of the flights there
    hold: HoldSettings | None  # of the live engine
    weekly_worlds: list[str]  # worlds in which calibrations are repeated every week
    weekly_flights: Annotated[int, Field(ge=1, le=10_000)]  # the first of the flights there
    ramps: list[bool]  # without and with the ramps of conf/constraints
    resamples: Annotated[int, Field(ge=100, le=1_000_000)]
    workers: Annotated[int, Field(ge=1, le=1024)] | None  # None: one per core


class PilotsCommand(WorldsCommand):
    """Options of ``scripts/research/pilots.py``."""

    pilots: PilotSettings

    @model_validator(mode="after")
    def _weighs_changes(self) -> Self:
        if self.pilots.live and self.calibration.held_out < MIN_DRAWS:
            raise ConfigError(
                f"calibration.held_out: got {self.calibration.held_out} with pilots.live. Allowed: "
                f"at least {MIN_DRAWS}, as the live engine weighs changes on held-out draws. To "
                "fix: give calibration.held_out=256."
            )
        return self

    def cases(self) -> list[Case]:
        """Return all advertisers of the study."""
        return cases_of(self.pilots.worlds, self.pilots.seed, self.pilots.advertisers)


def cases_of(worlds: Mapping[str, WorldSettings], seed: int, advertisers: int) -> list[Case]:
    """Return the advertisers of a study, as many from a seed on for each form of its worlds."""
    forms = dict.fromkeys(world.form for world in worlds.values())
    return [Case(form, seed + number) for form in forms for number in range(advertisers)]


class Calibrated(NamedTuple):
    """One advertiser as its pilots know it, and as it is."""

    truth: Truth
    history: History
    posterior: Posterior
    problems: dict[bool, Problem]  # without and with ramps


def fly_pilots(
    command: PilotsCommand, done: Callable[[Any], None] = lambda _: None
) -> list[dict[str, Any]]:
    """Fly all pilots in all worlds, several advertisers at once.

    Args:
        command: options of the study.
        done: called when an advertiser is finished.

    Returns:
        A row per advertiser, world, rules and pilot; see ``_row``.
    """
    jobs = [partial(fly_case, command, case) for case in command.cases()]
    return [row for rows in results_of(jobs, command.pilots.workers, done) for row in rows]


def fly_case(command: PilotsCommand, case: Case) -> list[dict[str, Any]]:
    """Return the rows of one advertiser."""
    known = calibrated(command, case, {False, *command.pilots.ramps})
    rows = []
    for name, settings in command.pilots.worlds.items():
        if settings.form == case.form:
            rows += _fly_world(command, case, known, name, settings)
    return rows


def calibrated(command: WorldsCommand, case: Case, rules: Collection[bool]) -> Calibrated:
    """Draw an advertiser, calibrate on its exports alone, and plan, without or with ramps."""
    with tempfile.TemporaryDirectory() as folder:
        drawing = command.advertiser, command.priors, command.data, Path(folder)
        advertiser, history = drawn(case, *drawing)
        posterior = calibrate(history, command.priors, command.calibration)
        off = {"ramp": None, "steadiness": None, "pacing": None, "changes": None}
        problems = {
            ramps: problem_in(
                Path(folder) / "cache",
                posterior,
                constraints=command.constraints.model_copy(update={} if ramps else off),
                objective=Objective.of(command.objective),
                days=command.env.days,
                solver=command.solver,
            )
            for ramps in rules
        }
    return Calibrated(truth_of(case, advertiser, history), history, posterior, problems)


def world_of(known: Calibrated, settings: WorldSettings, days: int) -> SimulatedWorld:
    """Return the true market of an advertiser with a world's twist."""
    truth, change = known.truth, None
    if settings.break_ is not None:
        names = list(known.history.names)
        name = full_name(settings.break_.campaign, names, "break.campaign", "campaign", "ID")
        change = Change(names.index(name), settings.break_.day, settings.break_.factor)
    form: ResponseForm = truth.form
    twist = Twist(change, settings.delivery, settings.late)
    return SimulatedWorld(form, truth.market, truth.state, days, twist)


def _fly_world(
    command: PilotsCommand, case: Case, known: Calibrated, name: str, settings: WorldSettings
) -> list[dict[str, Any]]:
    """Fly all pilots in one world, on the same noise."""
    study, days = command.pilots, command.env.days
    world, results = world_of(known, settings, days), {}
    for ramps in study.ramps:
        problem = known.problems[ramps]
        for pilot in pilots_of(command, known, problem):
            if pilot.name == "weekly" and name not in study.weekly_worlds:
                continue
            flights = study.weekly_flights if pilot.name == "weekly" else study.flights
            results[pilot.name, ramps] = fly(problem, pilot, world, study.noise, flights)
            if pilot.name in study.live:
                results[f"{pilot.name}, live", ramps] = _through_live(
                    known, problem, pilot, world, study
                )
    best = {
        ramps: best_values(
            world,
            known.problems[ramps],
            [flights.planned for (_, own), flights in results.items() if own == ramps],
            study.noise,
            study.flights,
        )
        for ramps in {False, *study.ramps}
    }
    return [
        {"world": name, "form": case.form, "advertiser": case.seed, "pilot": pilot, "ramps": ramps}
        | _row(known.problems[ramps], flights, best[False], best[ramps], settings.delivery is None)
        for (pilot, ramps), flights in results.items()
    ]


def _through_live(
    known: Calibrated,
    problem: Problem,
    pilot: Policy,
    world: SimulatedWorld,
    study: PilotSettings,
) -> Flights:
    """Fly the first flights of a world through the live engine, which holds what does not pay."""
    live = {**shipped_yaml("replan")["live"], "hold": study.hold}
    settings = LiveSettings.of(live, "live")
    parts = problem, known.posterior, pilot, settings
    return fly_live(
        [flight_of_problem(*parts) for _ in range(study.live_flights)], world, study.noise
    )


def pilots_of(command: PilotsCommand, known: Calibrated, problem: Problem) -> list[Policy]:
    """Return the policies to compare."""

    def replanner() -> Policy:
        return RollingHorizon.of(problem, known.posterior, command.pilots.replanner)

    def universal() -> Policy:
        return load_policy(UNIVERSAL, problem)

    made: dict[str, Callable[[], Policy]] = {
        "static": lambda: PlanPolicy("static", problem.static_plan),
        "weekly": lambda: WeeklyStatic(
            problem,
            known.history,
            partial(calibrate, priors=command.priors, settings=command.calibration),
            partial(_replanned, command),
        ),
        "follow": lambda: Follow(problem),
        "universal": universal,
        "replanner": replanner,
        "ensemble": lambda: Ensemble("ensemble", [replanner(), universal()]),
    }
    return [
        made[name]() if name in made else load_policy(Path(name), problem)
        for name in command.pilots.policies
    ]


def _replanned(
    command: PilotsCommand, posterior: Posterior, rest: Constraints, days: int
) -> Floats:
    """Return the plan of the days left under a new posterior."""
    objective = Objective.of(command.objective)
    if rest.has_rules:
        return executable_plan(posterior, rest, objective, days, command.solver).plan
    return static_plan(posterior, rest, objective, days, command.solver)


def _row(
    problem: Problem, results: Flights, best: Floats, within: Floats, exact: bool
) -> dict[str, Any]:
    """Return regret and turnover by flight, broken constraints and cents off.

    Regret is against the best plan without ramps, and against the best plan within the pilot's own
    rules. Constraints are not judged where platforms spend other amounts than planned.
    """
    count = len(results.total)
    return {
        "regret": (1 - results.total / best[:count]).tolist(),
        "regret_within": (1 - results.total / within[:count]).tolist(),
        "turnover": results.turnover.tolist(),
        "broken": int(results.broken(problem).sum()) if exact else 0,
        "cents_off": int(results.cents_off(problem).max()),
        "spend": float(results.delivered.sum((0, 2)).mean()),
    }
