"""TensorBoard event files: one run per policy and training seed, with the same tags."""

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData  # type: ignore[import-untyped]
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from ...data.display import markdown_text, shortened
from ...data.formats import unit_of
from ..experiment import Experiment, TaskExperiment
from ..plans.figures import response_curves, spend_map
from .bootstrap import Resamples
from .evaluate import Evaluation, PolicyResult
from .figures import comparison, differences, profiles, regret
from .statistics import row, tails
from .tables import markdown
from .tensorboard_runs import COMPARISON, TRAINING, Run, shown_config, without_folders

_CURVES = {  # tag of a curve over the days: title of its chart
    "flight/spend": "spend so far, {unit}",
    "flight/percent": "value so far, percent of the clairvoyant",
    "flight/regret": "behind the clairvoyant so far, points",
}  # TensorBoard shows the last one first
_TAILS = ("flight/p10", "flight/cvar")  # of the value so far; on the last day as in the table
_METRICS = {  # tag whose last point is a statistic of the run: its name in HParams
    "flight/percent": "mean, percent of the clairvoyant",
    "flight/p10": "tenth percentile",
    "flight/cvar": "mean of the worst tenth",
    "flight/regret": "points behind the clairvoyant",
    "flight/spend": "spend",
}
_STATISTICS = ("mean", "iqm", "p10", "cvar", "gap", "value", "violations", "cents_off", "turnover",
               "seconds_per_decision")  # fmt: skip
_DPI = 150  # dots per inch of images: a picture of 8 inches is 1,200 pixels wide


def log_evaluation(
    experiment: Experiment,
    evaluation: Evaluation,
    document: Mapping[str, Any],
    folder: Path,
    runs: Sequence[Run],
) -> None:
    """Write event files under ``folder``: one run per policy and seed, one for the comparison.

    Args:
        experiment: the experiment in which the policies were compared.
        evaluation: rollouts of all policies.
        document: the content of ``evaluation.json`` with this task alone.
        folder: parent folder of the runs; a training run may lie beside them.
        runs: the policies by training seed; see ``runs_of``.
    """
    (task,) = document["tasks"]
    settings = evaluation.settings
    resamples = Resamples(len(evaluation.best), settings.resamples, settings.seed)
    for run in runs:
        with SummaryWriter(str(folder / run.folder)) as writer:
            _log_curves(writer, evaluation, run, resamples)
            _log_hparams(writer, experiment, run)
            writer.add_text("statistics", _statistics(evaluation, run, resamples))
            _log_figures(writer, experiment, evaluation, run)
            writer.add_text("card", _card(experiment, document, run))
    with SummaryWriter(str(folder / COMPARISON)) as writer:
        trained = (folder / TRAINING).is_dir()
        writer.add_custom_scalars(_layout(experiment.problem.constraints.currency, trained))
        writer.add_text("table", markdown([task]))
        for name, draw in (
            ("comparison", comparison), ("profiles", profiles), ("differences", differences),
        ):  # fmt: skip
            _add(writer, name, draw([task]))
        behind = {run.name: evaluation.regret(run.rollout.value) for run in runs}
        _add(writer, "regret", regret(behind, str(task["id"])))


def _log_curves(
    writer: SummaryWriter, evaluation: Evaluation, run: Run, resamples: Resamples
) -> None:
    """Log mean and 95 % interval of every curve, day by day, and the tails of the value."""
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
    for day, percent in enumerate(curves["flight/percent"], start=1):
        for name, number in zip(_TAILS, tails(percent), strict=True):
            writer.add_scalar(name, number, day)


def _tags(curve: str) -> tuple[str, str, str]:
    """Return a curve's tags: value, lower and upper end, in the order of a margin chart."""
    return curve, f"{curve}_lower", f"{curve}_upper"


def _layout(currency: str | None, trained: bool) -> dict[str, dict[str, list[Any]]]:
    """Return the charts that hold all policies: curves with their bands, and a training's."""
    charts = {
        title.format(unit=unit_of(currency)): ["Margin", list(_tags(tag))]
        for tag, title in _CURVES.items()
    }
    training = {
        "percent of the clairvoyant": ["Multiline", ["validation/.*"]],
        "gain over other policies, percent": ["Multiline", ["validation_gain/.*"]],
    }
    return {
        "all policies, mean and 95 % interval by day": charts,
        **({"training": training} if trained else {}),
    }


def _log_hparams(writer: SummaryWriter, experiment: Experiment, run: Run) -> None:
    """Log what a run was trained with, and the tags whose last points are its metrics."""
    parameters = {
        "policy": shortened(run.policy),
        "task": experiment.id.rpartition("/")[2],
        "objective": experiment.problem.objective.name,
        "budget": experiment.problem.constraints.total,
        **run.parameters,
    }
    # add_hparams would open a run of its own; this one already holds the metrics as scalars
    session, start, end = hparams(parameters, dict.fromkeys(_METRICS))  # type: ignore[no-untyped-call]
    for part in (_with_names(session), start, end):
        writer._get_file_writer().add_summary(part)  # type: ignore[no-untyped-call]


def _with_names(session: Any) -> Any:
    """Return the summary of an HParams experiment with the names of its metrics."""
    metadata = session.value[0].metadata.plugin_data
    content = HParamsPluginData.FromString(metadata.content)
    for info in content.experiment.metric_infos:
        info.display_name = _METRICS[info.name.tag]
    metadata.content = content.SerializeToString()
    return session


def _statistics(evaluation: Evaluation, run: Run, resamples: Resamples) -> str:
    """Return the statistics of one run as a Markdown table, as they stand in the comparison's."""
    alone = PolicyResult(run.policy, (run.rollout,))
    found = row(alone, evaluation.percent(alone), resamples)
    lines = [f"| {name} | {float(found[name]):,.6g} |" for name in _STATISTICS]
    return "\n".join(["| statistic | value |", "|---|---:|", *lines])


def _log_figures(
    writer: SummaryWriter, experiment: Experiment, evaluation: Evaluation, run: Run
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
    figure.set_dpi(_DPI)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # tensorboard asks numpy for old names
        writer.add_figure(tag, figure)


def _card(experiment: Experiment, document: Mapping[str, Any], run: Run) -> str:
    """Return a run's provenance: data, hashes, versions and configuration."""
    (task,) = document["tasks"]
    facts = {
        "policy": run.policy,
        "training seed": "none" if run.seed is None else run.seed,
        "number of the policy": f"{run.number + 1} of {_seeds(task, run.policy)}",
        "task": task["id"],
        "data": _data_of(experiment),
        "known before the flight, SHA-256": task["posterior"],
        "test markets, SHA-256": task["sha256"],
        "seed of the command": document["seed"],
        **document["versions"],
    }
    lines = [
        "| | |",
        "|---|---|",
        *(f"| {key} | {markdown_text(str(value))} |" for key, value in facts.items()),
    ]
    config = json.dumps(shown_config(experiment), indent=2, default=str)
    return "\n".join(lines) + f"\n\n```json\n{config}\n```"


def _data_of(experiment: Experiment) -> str:
    """Return where the markets come from: a folder of exports, or the task."""
    if isinstance(experiment, TaskExperiment):
        return "the markets of the task"
    return str(without_folders((experiment.config.get("data") or {}).get("path")))


def _seeds(task: Mapping[str, Any], policy: str) -> int:
    return next(int(row["seeds"]) for row in task["policies"] if row["name"] == policy)
