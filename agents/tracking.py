"""TensorBoard: one run a policy, so that their curves overlay, and the pictures beside them."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from .evaluation import Evaluation, Flown
from .figures import response_curves, spend_map
from .report import markdown
from .workflow import Session


def log_evaluation(
    session: Session, evaluation: Evaluation, summary: Mapping[str, Any], folder: Path, seed: int
) -> None:
    """Write event files under ``folder``, one run a policy and one for the comparison.

    Tags are the same in every run: ``flight/cumulative`` by day, ``evaluation/...`` scalars,
    ``spend`` and ``response`` figures, and HParams whose metrics are those scalars.
    """
    rows = {row["policy"]: row for row in summary["policies"]}
    for flown in (*evaluation.flown, evaluation.clairvoyant):
        if not flown.spend.size:
            continue  # a bound whose plans were not looked for
        with SummaryWriter(str(folder / flown.policy)) as writer:
            _log_policy(writer, session, flown, rows[flown.policy], seed)
    with SummaryWriter(str(folder / "comparison")) as writer:
        writer.add_text("table", markdown(summary))
        writer.add_text("config", _card(session))


def _log_policy(
    writer: SummaryWriter, session: Session, flown: Flown, row: Mapping[str, Any], seed: int
) -> None:
    for day, value in enumerate(np.cumsum(flown.value.mean(1)), start=1):
        writer.add_scalar("flight/cumulative", value, day)
    for day, spent in enumerate(np.cumsum(flown.spend.sum(2).mean(1)), start=1):
        writer.add_scalar("flight/spent", spent, day)
    metrics = {
        "evaluation/percent_of_clairvoyant": row["percent_of_clairvoyant"],
        "evaluation/p10": row["p10"],
        "evaluation/value": row["value"],
        "evaluation/violations": float(row["violations"]),
        "evaluation/cents_off": float(row["cents_off"]),
    }
    for tag, number in metrics.items():
        writer.add_scalar(tag, number, 0)
    chosen = {
        "policy": flown.policy,
        "objective": session.problem.objective.name,
        "budget": session.problem.constraints.total,
        "seed": seed,
    }
    # add_hparams would open a run of its own; this one already holds the metrics as scalars
    for part in hparams(chosen, dict.fromkeys(metrics)):  # type: ignore[no-untyped-call]
        writer._get_file_writer().add_summary(part)  # type: ignore[no-untyped-call]
    dates = np.datetime64(session.problem.state.day, "D") + np.arange(session.problem.days)
    mean = flown.spend.mean(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # tensorboard asks numpy for old names
        writer.add_figure("spend", spend_map(session.posterior.names, dates, mean, flown.policy))
        writer.add_figure("response", response_curves(session.posterior, mean))


def _card(session: Session) -> str:
    import json

    text = json.dumps(session.config, indent=2, default=str)
    return f"posterior {session.posterior.fingerprint()}\n\n```json\n{text}\n```"
