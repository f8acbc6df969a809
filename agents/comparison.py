"""A comparison, start to end: flown, scored, written down, drawn and logged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data.files import write_json, write_text
from .evaluation import evaluate, summary
from .figures import comparison
from .policy import Entrant
from .report import markdown
from .tracking import log_evaluation
from .workflow import Say, Session


def compare(
    session: Session, entrants: Sequence[Entrant], folder: Path, seed: int, say: Say
) -> dict[str, Any]:
    """Fly entrants on the held-out markets and write everything about it into a folder.

    Writes ``evaluation.json``, ``evaluation.md``, ``evaluation.png`` and ``tensorboard/``.

    Returns:
        The content of ``evaluation.json``.
    """
    policies = [policy for entrant in entrants for policy in entrant.policies]
    trial = session.arena.trial("test")
    evaluation = evaluate(session.problem, policies, trial, session.solver, session.evaluation, say)
    result = {
        "objective": session.problem.objective.name,
        "posterior": session.posterior.fingerprint(),
        "seed": seed,
        **summary(evaluation),
    }
    write_json(folder / "evaluation.json", result)
    write_text(folder / "evaluation.md", markdown(result) + "\n")
    comparison(evaluation, result).savefig(folder / "evaluation.png", dpi=110)
    log_evaluation(session, evaluation, result, folder / "tensorboard", seed)
    return result
