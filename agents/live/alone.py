"""A flight of a problem alone, without exports or a configuration: in studies and tests."""

from dataclasses import replace
from pathlib import Path

from ...data.storage import shipped_yaml
from ...envs.calibration import Posterior
from ...envs.constraints import to_cents
from ...envs.environment import EnvSettings, MarketPool
from ...envs.flight import Problem
from ...envs.planning import SolverSettings
from ..experiment import CALIBRATED, AdvertiserExperiment
from ..policy import Policy
from ..rollout import EvaluationSettings
from .flight import Flight, Parts
from .settings import LiveSettings


def flight_of_problem(
    problem: Problem, posterior: Posterior, policy: Policy, settings: LiveSettings
) -> Flight:
    """Return the flight of a problem's static plan before its first day.

    Args:
        problem: what is known before the flight; its static plan is under way.
        posterior: draws behind estimates and holds.
        policy: plans the days left; made for this problem.
        settings: as in ``conf/replan.yaml``.

    Raises:
        ConstraintError: if the static plan breaks the problem's constraints.
    """
    cents = to_cents(problem.static_plan, problem.constraints)
    limits = problem.constraints
    if limits.is_continued:
        limits = replace(limits, course=cents / 100)
    experiment = AdvertiserExperiment(
        id=CALIBRATED,
        problem=replace(problem, constraints=limits, static_plan=cents / 100),
        posterior=posterior,
        source=MarketPool(*posterior.training()),
        env=EnvSettings.of(shipped_yaml("env/default"), "env"),
        evaluation=EvaluationSettings.of(shipped_yaml("evaluation/default"), "evaluation"),
        solver=SolverSettings.of(shipped_yaml("solver/default"), "solver"),
        agent=None,
        cache=Path(),
    )
    return Flight(Parts(experiment, policy, policy.name, settings, cents, is_changed=False))
