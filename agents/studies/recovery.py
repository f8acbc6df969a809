"""Recovery study: calibration and plan of synthetic advertisers, compared with the truth.

An advertiser is drawn (``envs/synthetic``, with any of its response forms), written as exports,
read, calibrated and planned like any other; then its curves and its plan are compared with the
truth. Regret is the share of expected conversions that is lost, over the flight, against the best
constant plan and against the best daily plan.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.exports import DataSettings
from ...data.history import History
from ...data.settings import Command, Seed, Settings
from ...data.types import Floats
from ...data.units import load_history
from ...envs.arrays import select
from ...envs.calibration import (
    CalibrationSettings,
    ObservedHistory,
    Posterior,
    Priors,
    calibrate,
    draw_levels,
    observed_history_from,
)
from ...envs.constraints import Constraints, PlausibleConstraints, parse_constraints
from ...envs.environment import EnvSettings, known_spend
from ...envs.market import (
    Market,
    MarketState,
    Objective,
    ObjectiveSettings,
    counterfactual_conversions,
    generator,
    simulate,
)
from ...envs.planning import (
    PlanObjective,
    SolverSettings,
    historical_plan,
    maximise,
    objective_with_gradient,
    project_constant_plan,
    project_daily_plan,
    static_plan,
    to_tensors,
    uniform_plan,
)
from ...envs.synthetic import (
    RESPONSE_FORMS,
    Advertiser,
    FormName,
    ResponseForm,
    SyntheticSettings,
    expected_conversions,
    step_with_form,
    synthesize,
    write_advertiser,
)

MULTIPLES = (0.5, 1.0, 2.0, 5.0)  # multiples of past spend at which curves are compared
_CURVE_DRAWS = 512
_MIN_CONVERSIONS = 1.0  # conversions per day above which a campaign's interval counts
_MAX_EVALUATIONS = 400  # evaluations of the objective in the search for the best plans


class StudySettings(Settings):
    """The group ``study`` of ``conf/recovery.yaml``."""

    forms: Annotated[list[FormName], Field(min_length=1)]
    advertisers: Annotated[int, Field(ge=1, le=10_000)]  # advertisers per response form
    seed: Seed  # seed of each form's first advertiser
    goals: dict[str, dict[str, Any]]  # form, ``hill`` or ``other`` -> target by score, percent
    workers: Annotated[int, Field(ge=1, le=1024)] | None  # None: one per core


class WorldsCommand(Command):
    """Options of studies whose simulated advertisers are calibrated from their exports alone."""

    data: DataSettings
    priors: Priors
    calibration: CalibrationSettings
    constraints: PlausibleConstraints
    objective: ObjectiveSettings
    env: EnvSettings
    solver: SolverSettings
    advertiser: SyntheticSettings
    output: Path | None

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> Self:
        """Parse the groups; each advertiser gets a folder of its own later."""
        advertiser = config.get("advertiser")
        if isinstance(advertiser, Mapping):
            config = {**config, "advertiser": {**advertiser, "path": "."}}
        return super().read(config)

    @model_validator(mode="after")
    def _counts_conversions(self) -> Self:
        """Refuse another objective than conversions."""
        if self.objective.name != "conversions":
            raise ConfigError(
                f"objective: {self.objective.name} was given. Allowed: conversions, in which "
                "regret is measured. To fix: leave the objective as it is."
            )
        return self


class RecoveryCommand(WorldsCommand):
    """Options of ``scripts/recovery.py``."""

    study: StudySettings

    def cases(self) -> list["Case"]:
        """Return all advertisers of the study."""
        seeds = range(self.study.seed, self.study.seed + self.study.advertisers)
        return [Case(form, seed) for form in self.study.forms for seed in seeds]


class Case(NamedTuple):
    """One advertiser of the study."""

    form: FormName
    seed: int


class Truth(NamedTuple):
    """The true market, campaigns in the order of the history that was read."""

    form: ResponseForm
    market: Market  # fields (campaigns,)
    state: MarketState  # at the start of the flight
    levels: Floats  # (days, campaigns) log levels of the history

    def conversions(self, plans: Floats) -> Floats:
        """Return the expected conversions of plans (days, plans, campaigns), (plans, campaigns)."""
        _, days = expected_conversions(self.form, self.market, self.state, plans)
        return np.asarray(days.sum(0))

    def objective(self, days: int) -> PlanObjective:
        """Return value and gradient of plans, (rows, days or 1, campaigns)."""
        market, state = to_tensors(self.market), to_tensors(self.state)

        def value(daily: Any) -> Any:
            return expected_conversions(self.form, market, state, daily)[1].sum((0, 2))

        return objective_with_gradient(value, days)


def run_study(
    command: RecoveryCommand, done: Callable[[Case], None] = lambda _: None
) -> list[dict[str, Any]]:
    """Study all advertisers of a configuration, several at once.

    Args:
        command: options of the study.
        done: called when an advertiser is finished.

    Returns:
        The result of ``study`` for each, in order.
    """
    cases = command.cases()
    workers = command.study.workers or os.cpu_count()
    if workers == 1:
        return [_notify(study(case, command), case, done) for case in cases]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(study, case, command): case for case in cases}
        results = {jobs[job]: _notify(job.result(), jobs[job], done) for job in as_completed(jobs)}
    return [results[case] for case in cases]


def _notify(result: dict[str, Any], case: Case, done: Callable[[Case], None]) -> dict[str, Any]:
    done(case)
    return result


def study(case: Case, command: RecoveryCommand) -> dict[str, Any]:
    """Draw, calibrate, plan and score one advertiser; the arguments are those of ``run_study``."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        drawing = command.advertiser, command.priors, command.data, Path(folder)
        advertiser, history = drawn(case, *drawing)
    posterior = calibrate(history, command.priors, command.calibration)
    days = command.env.days
    free = command.constraints.model_copy(update={"pacing": None})  # the best plans are then exact
    spend = known_spend(posterior)
    constraints = parse_constraints(free, history.campaigns, days, spend=spend)
    truth = truth_of(case, advertiser, history)
    objective = Objective.of(command.objective)
    plans = {
        "static": static_plan(posterior, constraints, objective, days, command.solver),
        "historical": historical_plan(posterior, constraints, days),
        "uniform": uniform_plan(constraints, len(history.campaigns), days),
    }
    steady, daily = best_values(truth, constraints, plans["static"])
    brought = truth.conversions(np.stack(list(plans.values()), 1)).sum(1)
    return {
        "form": case.form,
        "seed": case.seed,
        "best": {"steady": steady, "daily": daily},
        "regret": {
            name: {"steady": 1 - value / steady, "daily": 1 - value / daily}
            for name, value in zip(plans, brought.tolist(), strict=True)
        },
        "curves": curves(posterior, truth, observed_history_from(history), days, case.seed),
    }


def best_values(truth: Truth, constraints: Constraints, plan: Floats) -> tuple[float, float]:
    """Return the value of the best constant and of the best daily plan in the true market.

    Args:
        truth: the true market.
        constraints: constraints that the plans satisfy.
        plan: (days, campaigns) dollars to start from.
    """
    objective, constant_plans = truth.objective(len(plan)), project_constant_plan(constraints)
    starts = [plan.mean(0)[None, None], 0 * plan[None, :1] + constraints.total / plan.size]
    constant = [maximise(objective, constant_plans, each, _MAX_EVALUATIONS) for each in starts]
    best = max(constant, key=lambda optimum: optimum.value[0])
    daily_plans = project_daily_plan(constraints)
    starts = [np.repeat(best.plan, len(plan), 1), plan[None]]
    daily = [maximise(objective, daily_plans, each, _MAX_EVALUATIONS) for each in starts]
    return float(best.value[0]), max(float(optimum.value[0]) for optimum in daily)


def curves(
    posterior: Posterior, truth: Truth, record: ObservedHistory, days: int, seed: int
) -> list[dict[str, Any]]:
    """Compare response curves with the truth, a row per multiple of past spend.

    A curve is the history's conversions at a multiple of its spend (``past``), and the flight's
    at that multiple of the mean (``ahead``): the first depends on the response alone, the second
    also on the level to come.
    """
    market, state = posterior.sample_training(_CURVE_DRAWS)
    levels = draw_levels(market, record, generator(seed))
    true_step = partial(step_with_form, truth.form)
    counted = record.conversions.sum(0) > _MIN_CONVERSIONS * record.seen.sum(0)
    rows = []
    for multiple in MULTIPLES:
        spend, first = multiple * record.spend, record.first_day
        plan = np.repeat(spend.mean(0)[None], days, 0)[:, None]
        _, outcomes = simulate(market, state, plan, None)
        pairs = {
            "past": (
                counterfactual_conversions(market, levels, spend, first),
                counterfactual_conversions(truth.market, truth.levels, spend, first, true_step),
            ),
            "ahead": (sum(o.expected for o in outcomes), truth.conversions(plan)[0]),
        }
        rows.append(
            {"multiple": multiple} | {k: _curve_errors(*v, counted) for k, v in pairs.items()}
        )
    return rows


def _curve_errors(draws: Floats, true: Floats, counted: NDArray[np.bool_]) -> dict[str, float]:
    """Compare draws (draws, campaigns) of a curve's value with the truth."""
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    inside = (low <= true) & (true <= high)
    return {
        "error": float(np.abs(draws.mean(0) - true).sum() / true.sum()),
        "bias": float(draws.mean(0).sum() / true.sum() - 1),
        "covered": int(inside[counted].sum()),  # among campaigns above one conversion a day
        "counted": int(counted.sum()),
    }


def drawn(
    case: Case, settings: SyntheticSettings, priors: Priors, data: DataSettings, folder: Path
) -> tuple[Advertiser, History]:
    """Draw an advertiser, write its exports to a folder and read them."""
    own = {"path": folder, "seed": case.seed, "form": case.form}
    settings = settings.model_copy(update=own)
    advertiser = synthesize(settings, priors)
    write_advertiser(advertiser, settings)
    return advertiser, load_history(data.model_copy(update={"path": folder}))


def truth_of(case: Case, advertiser: Advertiser, history: History) -> Truth:
    """Return the true market, campaigns in the order of the history that was read."""
    names = [campaign.name for campaign in advertiser.campaigns]
    order = np.array([names.index(name) for name in history.names])
    market = select(advertiser.market, (..., order))
    state = select(advertiser.state, (..., order))
    return Truth(RESPONSE_FORMS[case.form], market, state, advertiser.levels[:, order])
