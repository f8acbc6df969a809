from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from mediagym.agents.evaluation.figures import comparison, differences, profiles, regret

POLICIES = {"static": 93.0, "ppo": 96.0, "greedy": 92.0}


def _task(number: int) -> dict[str, Any]:
    """An element of ``tasks`` in ``evaluation.json``."""
    return {
        "id": f"mediagym/Task{number}-M-v1",
        "markets": 200,
        "policies": [
            {
                "name": name, "seeds": 5 if name == "ppo" else 1, "mean": mean,
                "ci": [mean - 1, mean + 1], "iqm": mean + 1, "p10": mean - 5, "cvar": mean - 9,
            }
            for name, mean in POLICIES.items()
        ],
        "paired": [
            {
                "a": a, "b": "static", "difference": m - 93, "ci": [m - 94, m - 92],
                "probability": 0.7,
            }
            for a, m in POLICIES.items()
            if a != "static"
        ],
        "profile": {
            "percent": [80.0, 90.0, 100.0],
            "policies": {
                name: {"share": [1, 0.6, 0], "low": [1, 0.5, 0], "high": [1, 0.7, 0]}
                for name in POLICIES
            },
        },
    }  # fmt: skip


def _drawn(figure: Figure) -> bool:
    """Whether the figure can be drawn and shows more than paper."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).std() > 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("draw", [comparison, profiles, differences])
@pytest.mark.parametrize("count", [1, 3])
def test_there_is_a_panel_a_task(draw: Any, count: int) -> None:
    figure = draw([_task(number) for number in range(count)])
    assert _drawn(figure)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == [f"mediagym/Task{number}-M-v1, 200 markets" for number in range(count)]


def test_the_best_policy_is_on_top_and_says_how_many_seeds_it_has() -> None:
    (axes,) = comparison([_task(0)]).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["greedy", "static", "ppo (5 seeds)"]  # from the bottom


def test_a_difference_is_coloured_where_its_interval_leaves_nothing_out() -> None:
    (axes,) = differences([_task(0)]).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["greedy – static  (70%)", "ppo – static  (70%)"]
    colors = [bar.lines[0].get_color() for bar in axes.containers]  # type: ignore[attr-defined]
    assert colors == ["0.4", "tab:green"]


def test_a_policy_without_pairs_is_an_empty_panel() -> None:
    assert _drawn(differences([_task(0) | {"paired": []}]))


def test_regret_has_a_curve_a_policy_over_the_days() -> None:
    rng = np.random.default_rng(0)
    behind = {name: np.cumsum(rng.uniform(0, 1, (30, 12)), 0) for name in ("greedy", "ppo/seed_1")}
    figure = regret(behind, "a task")
    assert _drawn(figure)
    curves = {line.get_label(): line for line in figure.axes[0].lines}
    for name, lost in behind.items():
        np.testing.assert_allclose(curves[name].get_ydata(), lost.mean(1))
        assert list(curves[name].get_xdata()) == list(range(1, 31))
