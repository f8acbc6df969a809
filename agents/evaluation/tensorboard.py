"""TensorBoard event files: one run per policy and training seed, with the same tags."""

import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from ...data.display import file_name, markdown_text, shortened
from ...data.formats import unit_of
from ..experiment import Experiment, TaskExperiment
from ..plans.figures import response_curves, spend_map
from ..rollout import Rollout
from .bootstrap import Resamples
from .evaluate import Evaluation, PolicyResult
from .figures import comparison, differences, profiles, regret
from .statistics import row
from .tables import markdown

_COMPARISON = "comparison"  # run of all policies together
_CURVES = {  # tag of a curve over the days: title of its chart
    "flight/spend": "spend so far, {unit}",
    "flight/percent": "value so far, percent of the clairvoyant",
    "flight/regret": "behind the clairvoyant so far, points",
}  # TensorBoard shows the last one first
_METRICS = ("mean", "iqm", "p10", "cvar", "gap", "value", "violations", "cents_off", "turnover",
            "seconds_per_decision")  # fmt: skip


class _Run(NamedTuple):
    """One policy of one training seed."""

    folder: str  # of the run's event files
    name: str  # for figures
    policy: str
    seed: int  # number of the training seed, from 0
    rollout: Rollout


def log_evaluation(
    experiment: Experiment, evaluation: Evaluation, document: Mapping[str, Any], folder: Path
) -> None:
    """Write event files under ``folder``: one run per policy and seed, one for the comparison.

    Args:
        experiment: the experiment in which the policies were compared.
        evaluation: rollouts of all policies.
        document: the content of ``evaluation.json`` with this task alone.
        folder: parent folder of the runs; a training run may lie beside them.
    """
    (task,) = document["tasks"]
    settings = evaluation.settings
    resamples = Resamples(len(evaluation.best), settings.resamples, settings.seed)
    runs = list(_runs(evaluation))
    for run in runs:
        with SummaryWriter(str(folder / run.folder)) as writer:
            _log_curves(writer, evaluation, run, resamples)
            _log_metrics(writer, experiment, evaluation, run, resamples)
            _log_figures(writer, experiment, evaluation, run)
            writer.add_text("card", _card(experiment, document, run))
    with SummaryWriter(str(folder / _COMPARISON)) as writer:
        writer.add_custom_scalars(_layout(experiment.problem.constraints.currency))
        writer.add_text("table", markdown([task]))
        for name, draw in (
            ("comparison", comparison), ("profiles", profiles), ("differences", differences),
        ):  # fmt: skip
            _add(writer, name, draw([task]))
        behind = {run.name: evaluation.regret(run.rollout.value) for run in runs}
        _add(writer, "regret", regret(behind, str(task["id"])))


def _runs(evaluation: Evaluation) -> Iterator[_Run]:
    for result in evaluation.results:
        for seed, rollout in enumerate(result.rollouts):
            own = "" if len(result.rollouts) == 1 else f"/seed_{seed}"
            yield _Run(_folder(result.name) + own, result.name + own, result.name, seed, rollout)


def _folder(policy: str) -> str:
    """Return the name of a policy's folder, which is never that of the comparison."""
    name = file_name(policy)
    return f"{name}_policy" if name.casefold() == _COMPARISON else name


def _log_curves(
    writer: SummaryWriter, evaluation: Evaluation, run: _Run, resamples: Resamples
) -> None:
    """Log mean and 95 % interval of every curve, day by day."""
    rollout = run.rollout
    curves = {
        "flight/percent": evaluation.progress(rollout.value),
        "flight/regret": evaluation.regret(rollout.value),
        "flight/spend": np.cumsum(rollout.spend.sum(-1), axis=0),
    }
    for tag, curve in curves.items():
        low, high = np.quantile(resamples.markets @ curve.T, [0.025, 0.975], axis=0)
        for day, numbers in enumerate(zip(curve.mean(1), low, high, strict=True), start=1):
            for name, number in zip(_tags(tag), numbers, strict=True):
                writer.add_scalar(name, number, day)


def _tags(curve: str) -> tuple[str, str, str]:
    """Return a curve's tags: value, lower and upper end, in the order of a margin chart."""
    return curve, f"{curve}_lower", f"{curve}_upper"


def _layout(currency: str | None) -> dict[str, dict[str, list[Any]]]:
    """Return the charts that hold all policies: curves with their bands, and the training's."""
    charts = {
        title.format(unit=unit_of(currency)): ["Margin", list(_tags(tag))]
        for tag, title in _CURVES.items()
    }
    training = {"validation": ["Multiline", ["validation/.*"]]}
    return {"all policies, mean and 95 % interval by day": charts, "training": training}


def _log_metrics(
    writer: SummaryWriter,
    experiment: Experiment,
    evaluation: Evaluation,
    run: _Run,
    resamples: Resamples,
) -> None:
    """Log the statistics of one run as scalars, and the same tags as HParams metrics."""
    alone = PolicyResult(run.policy, (run.rollout,))
    statistics = row(alone, evaluation.percent(alone), resamples)
    metrics = {f"evaluation/{name}": float(statistics[name]) for name in _METRICS}
    for tag, number in metrics.items():
        writer.add_scalar(tag, number, 0)
    problem = experiment.problem
    parameters = {
        "policy": shortened(run.policy),
        "task": experiment.id.rpartition("/")[2],
        "objective": problem.objective.name,
        "budget": problem.constraints.total,
        "seed": run.seed,
    }
    # add_hparams would open a run of its own; this one already holds the metrics as scalars
    for part in hparams(parameters, dict.fromkeys(metrics)):  # type: ignore[no-untyped-call]
        writer._get_file_writer().add_summary(part)  # type: ignore[no-untyped-call]


def _log_figures(
    writer: SummaryWriter, experiment: Experiment, evaluation: Evaluation, run: _Run
) -> None:
    problem, posterior = experiment.problem, experiment.posterior
    currency = problem.constraints.currency
    dates = np.datetime64(problem.state.day, "D") + np.arange(problem.days)
    mean = run.rollout.spend.mean(1)
    _add(writer, "spend", spend_map(posterior.names, dates, mean, run.name, currency))
    _add(writer, "response", response_curves(posterior, mean))
    behind = {run.name: evaluation.regret(run.rollout.value)}
    _add(writer, "regret", regret(behind, f"{run.name}: {experiment.id}"))


def _add(writer: SummaryWriter, tag: str, figure: Figure) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # tensorboard asks numpy for old names
        writer.add_figure(tag, figure)


def _card(experiment: Experiment, document: Mapping[str, Any], run: _Run) -> str:
    """Return a run's provenance: data, hashes, versions and configuration."""
    (task,) = document["tasks"]
    facts = {
        "policy": run.policy,
        "training seed": f"{run.seed + 1} of {_seeds(task, run.policy)}",
        "task": task["id"],
        "data": _data_of(experiment),
        "known before the flight, SHA-256": task["posterior"],
        "test markets, SHA-256": task["sha256"],
        "seed": document["seed"],
        **document["versions"],
    }
    lines = [
        "| | |",
        "|---|---|",
        *(f"| {key} | {markdown_text(str(value))} |" for key, value in facts.items()),
    ]
    config = json.dumps(experiment.config, indent=2, default=str)
    return "\n".join(lines) + f"\n\n```json\n{config}\n```"


def _data_of(experiment: Experiment) -> str:
    """Return where the markets come from: a folder of exports, or the task."""
    if isinstance(experiment, TaskExperiment):
        return "the markets of the task"
    return str((experiment.config.get("data") or {}).get("path"))


def _seeds(task: Mapping[str, Any], policy: str) -> int:
    return next(int(row["seeds"]) for row in task["policies"] if row["name"] == policy)
