"""From a configuration to a problem, its policies and its plan; slow results are kept.

A calibration is kept under the content of the data and of every setting it depends on, and the
static plan beside it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.errors import ConfigError
from ..data.files import digest
from ..data.history import History, load_history
from ..data.landings import load_landings
from ..data.orders import counted_for
from ..data.settings import DataSettings
from ..envs.budget import EnvSettings
from ..envs.calibrated import problem_in
from ..envs.calibration import CalibrationSettings, calibrate
from ..envs.cents import to_cents
from ..envs.constraints import Constraints
from ..envs.flight import Problem
from ..envs.objective import Objective
from ..envs.optimum import SolverSettings
from ..envs.plans import historical_plan, static_plan, uniform_plan
from ..envs.posterior import Posterior, load_posterior, save_posterior
from ..envs.priors import Priors
from ..envs.updating import update
from .commands import CalibrateCommand, ProblemGroups, Workplace
from .credit import informed, ratio_draws
from .evaluation import EvaluationSettings, Trial, trial_of
from .forecast import expected_flight, forecast, marginal_returns
from .greedy import Greedy
from .learned import LearnedPolicy, load_policy
from .learners import learner_of
from .plan import Plan
from .policy import PlanPolicy, Policy
from .training import train

Floats = NDArray[np.float64]
Say = Callable[[str], None]
BASELINES = ("uniform", "historical", "greedy", "static")
RIVALS = ("greedy", "replanner")  # that a learner is held against while it trains, where known
_VERSION = 5  # of kept calibrations; a change of the method must not find old ones
_FORECAST_SEED = 30  # of the noise that a plan's intervals come from
_VALIDATION_SEED = 40  # of the noise in which the best network is chosen
_MARGINAL_DRAWS = 256


class Session(NamedTuple):
    """Everything that is decided before a policy is."""

    config: Mapping[str, Any]  # plain, resolved
    posterior: Posterior
    problem: Problem
    env: EnvSettings
    solver: SolverSettings
    evaluation: EvaluationSettings
    notes: tuple[str, ...]  # what a reader of any result must know


def prepare(config: Mapping[str, Any], say: Say) -> Session:
    """Check the whole configuration, calibrate, and make the static plan.

    Args:
        config: plain containers with the groups of ``conf/problem.yaml``.
        say: called with a line of progress now and then.

    Raises:
        MediaGymError: for anything in the data or the configuration that is a user's to mend.
    """
    torch.set_num_threads(Workplace.read(config).threads)
    ProblemGroups.read(config)
    env = EnvSettings.of(config["env"], "env")
    solver = SolverSettings.of(config["solver"], "solver")
    evaluation = EvaluationSettings.of(config["evaluation"], "evaluation")
    if config.get("agent", {}).get("name") not in (None, *BASELINES):
        validation = learner_of(config["agent"]).validation
        held_out = CalibrationSettings.of(config["calibration"], "calibration").held_out
        _apart(validation, evaluation.markets, held_out)
    history, notes = load(config)
    Constraints.of(config["constraints"], history.campaigns, env.days)
    config = informed(config, history.names)
    folder, posterior = calibrated(config, history, say)
    problem = problem_in(folder, posterior, config, say)
    return Session(config, posterior, problem, env, solver, evaluation, notes)


def _apart(validation: int, markets: int, held_out: int) -> None:
    """Refuse a choice of network on markets that the evaluation uses too."""
    if validation + markets > held_out:
        raise ConfigError(
            f"agent.validation: {validation} markets and evaluation.markets: {markets} are more "
            f"than the {held_out} held out; raise calibration.held_out or lower one of them."
        )


def load(config: Mapping[str, Any]) -> tuple[History, tuple[str, ...]]:
    """Return the history of the configured folder, and what its reader must know."""
    data = DataSettings.from_mapping(ProblemGroups.read(config).data)
    history = counted_for(load_history(data), Objective.of(config["objective"], "objective").name)
    landings = load_landings(data, history)
    return history, (*history.notes, *((landings.summary(), *landings.notes) if landings else ()))


def calibrated(config: Mapping[str, Any], history: History, say: Say) -> tuple[Path, Posterior]:
    """Return the folder and the posterior of a history, from the cache if it is there."""
    priors = Priors.of(config["priors"], "priors")
    settings = CalibrationSettings.of(config["calibration"], "calibration")
    key = digest(
        _VERSION, history.fingerprint(), priors.model_dump(mode="json"), settings.model_dump()
    )
    folder = Workplace.read(config).cache / f"posterior-{key}"
    if (folder / "posterior.json").exists():
        say(f"calibration found in {folder}")
        return folder, load_posterior(folder)
    posterior = calibrate(history, priors, settings, say)
    save_posterior(posterior, folder)
    say(f"calibration kept in {folder}")
    return folder, posterior


def learnt(config: Mapping[str, Any], history: History, say: Say) -> Posterior:
    """Return the posterior of a history: updated from an earlier one where ``update`` names it."""
    folder = CalibrateCommand.read(config).update
    if folder is None:
        return calibrated(config, history, say)[1]
    priors = Priors.of(config["priors"], "priors")
    settings = CalibrationSettings.of(config["calibration"], "calibration")
    return update(load_posterior(folder), history, priors, settings, say)


def policy_named(name: str, session: Session) -> Policy:
    """Return a baseline by its name.

    Raises:
        ConfigError: if there is none of that name.
    """
    problem, days = session.problem, session.env.days
    count = len(session.posterior.campaigns)
    if name == "greedy":
        return Greedy(problem)
    if name == "static":
        return PlanPolicy(name, problem.base)
    if name == "historical":
        return PlanPolicy(name, historical_plan(session.posterior, problem.constraints, days))
    if name == "uniform":
        return PlanPolicy(name, uniform_plan(problem.constraints, count, days))
    raise ConfigError(
        f"policy: {name!r} is not known; allowed: {', '.join(BASELINES)}, ppo, or the folder of "
        "a training run."
    )


def policies_of(names: Sequence[str], session: Session) -> list[Policy]:
    """Return baselines by name and trained policies by the folder of their run.

    Raises:
        ConfigError: for a name that is neither, and for a name that is given twice.
    """
    if len(set(names)) != len(names):
        raise ConfigError(f"policies: {list(names)} names a policy twice; give each once.")
    policies = [
        trained(Path(name), session) if Path(name).exists() else policy_named(name, session)
        for name in names
    ]
    called = Counter(policy.name for policy in policies)
    for name, policy in zip(names, policies, strict=True):
        if called[policy.name] > 1:  # several runs of one learner
            policy.name = f"{policy.name}_{Path(name).name}"
    return policies


def acting(session: Session, run: str | None, agent: str, seed: int) -> Policy:
    """Return the policy that a plan is asked of: a run's, a baseline, or one trained now."""
    if run is not None:
        return trained(Path(run), session)
    if agent in BASELINES:
        return policy_named(agent, session)
    return learn(session, seed, None, progress=True)


def trained(folder: Path, session: Session) -> Policy:
    """Return the policy of a training run.

    Raises:
        ConfigError: if the folder holds none or it was trained for another set of campaigns.
    """
    return load_policy(folder, session.problem)


def learn(session: Session, seed: int, folder: Path | None, *, progress: bool) -> LearnedPolicy:
    """Train the configured learner on the training draws.

    Args:
        session: what was prepared.
        seed: of the training.
        folder: of the run, where it may be resumed from; None to keep nothing.
        progress: whether to show bars.
    """
    settings = learner_of(session.config["agent"])
    problem, posterior = session.problem, session.posterior
    _apart(settings.validation, session.evaluation.markets, posterior.held_out)
    apart = posterior.held_out - settings.validation  # the evaluation counts from the other end
    market, state = posterior.held(settings.validation, skip=apart)
    validation = trial_of(market, state, session.env.days, _VALIDATION_SEED)
    rivals = [policy_named(name, session) for name in RIVALS if name in BASELINES]
    network = train(
        problem,
        posterior.training(),
        validation,
        session.env,
        settings,
        seed,
        folder,
        progress=progress,
        rivals=rivals,
    )
    return LearnedPolicy(network.name, network, problem)


def trial(session: Session) -> Trial:
    """Return the held-out markets of the evaluation with their noise."""
    market, state = session.posterior.held(session.evaluation.markets)
    return trial_of(market, state, session.env.days, session.evaluation.seed)


def plan_of(session: Session, policy: Policy, rivals: Sequence[Policy]) -> Plan:
    """Make a policy's dated plan and estimate it on the held-out draws.

    Args:
        session: what was prepared.
        policy: whose plan it is.
        rivals: whose plans are estimated beside it.
    """
    problem, posterior = session.problem, session.posterior
    market, state = posterior.held(posterior.held_out)
    draws = trial_of(market, state, session.env.days, _FORECAST_SEED)
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


def _reacting(problem: Problem, policy: Policy, dollars: Floats, draws: Trial) -> tuple[str, ...]:
    """Return a warning where a policy's estimates are not those of its dates kept as written."""
    if policy.open_loop:
        return ()
    kept = forecast(problem, PlanPolicy(policy.name, dollars), dollars, draws).conversions
    return (
        f"{policy.name} reacts to every day's reports: the estimates are of spending by it day by "
        f"day, the dated dollars are its flight if all goes as expected. Followed as dated, they "
        f"are expected to bring {kept.sum((1, 2)).mean():,.1f} conversions.",
    )
