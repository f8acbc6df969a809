"""What ``plan.py`` does for the keys ``frontier`` and ``target``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.types import Progress
from ..experiment import Experiment
from .curve import Curve
from .document import write_frontier
from .frontier import frontier_of, gathered
from .target import Kind, Target, budget_for


def plan_frontier(
    experiment: Experiment,
    budgets: Sequence[float | str] | None,
    targets: Mapping[Kind, float] | None,
    folder: Path,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Write ``frontier.json`` and ``frontier.png``, and return the content.

    Args:
        experiment: an advertiser's experiment.
        budgets: two ends or all budgets of the frontier, as amounts or as shares of the plan's
            total, such as 50%; None: those that the targets need.
        targets: amounts by kind; None: none.
        folder: folder of the files.
        progress: called with every budget that is solved.

    Raises:
        ConfigError: if budgets or targets do not fit.
    """
    from .figures import draw_frontier  # draws, so only where it is needed

    curve = Curve(experiment, progress)
    frontier = None
    if budgets is not None:
        amounts = [_amount(budget, curve.planned) for budget in budgets]
        frontier = frontier_of(experiment, amounts, progress, curve)
    answers = [
        budget_for(experiment, Target(kind, amount), progress, curve)
        for kind, amount in (targets or {}).items()
    ]
    if frontier is None:
        solved = [point.budget for point in curve.points]
        frontier = gathered(curve, solved[0], solved[-1])
    content = write_frontier(frontier, answers, folder / "frontier.json")
    draw_frontier(content, folder / "frontier.png")
    return content


def _amount(budget: float | str, total: float) -> float:
    """Return a budget, of which a share of the total is rounded to whole units."""
    if isinstance(budget, str):
        return max(1.0, round(float(budget.rstrip("%")) / 100 * total))
    return budget
