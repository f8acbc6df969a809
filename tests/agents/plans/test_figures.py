import io
import os
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mediagym.agents.experiment import Experiment
from mediagym.agents.plans import plan_of
from mediagym.agents.plans.extrapolation import marks
from mediagym.agents.plans.figures import draw_plan, response_curves, spend_map
from mediagym.agents.policies import baseline
from mediagym.data.errors import DataError
from mediagym.envs.calibration import SpendingFacts


def _pixels(figure: Figure) -> np.ndarray:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=50)
    assert stream.getvalue().startswith(b"\x89PNG")
    stream.seek(0)
    return np.asarray(matplotlib.image.imread(stream))


def _text(figure: Figure) -> str:
    figure.canvas.draw()
    return "\n".join(each.get_text() for each in figure.findobj(lambda x: hasattr(x, "get_text")))


def test_the_spend_map_shows_every_campaign_with_its_dollars(experiment: Experiment) -> None:
    plan = experiment.problem.static_plan
    dates = np.datetime64("2024-01-01") + np.arange(len(plan))
    figure = spend_map(experiment.posterior.names, dates, plan, "my plan")
    pixels = _pixels(figure)
    assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 50
    text = _text(figure)
    for name, dollars in zip(experiment.posterior.names, plan.sum(0), strict=True):
        assert f"{name}  ${dollars:,.0f}" in text
    assert "my plan" in text
    assert "2024-01-01" in text


def test_a_campaign_without_money_is_drawn_too(experiment: Experiment) -> None:
    plan = experiment.problem.static_plan.copy()
    plan[:, 0] = 0
    dates = np.datetime64("2024-01-01") + np.arange(len(plan))
    assert np.isfinite(_pixels(spend_map(experiment.posterior.names, dates, plan, "x"))).all()


def test_response_curves_have_a_panel_per_campaign_and_mark_extrapolation(
    experiment: Experiment,
) -> None:
    plan = np.tile(experiment.posterior.known_max * 0.5, (30, 1))
    plan[:, 0] = 2 * experiment.posterior.known_max[0]
    figure = response_curves(experiment.posterior, plan)
    pixels = _pixels(figure)
    assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 50
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    names = list(experiment.posterior.names)
    assert titles == [f"{names[0]} (extrapolated)", *names[1:]]


def test_a_restart_is_written_on_both_pictures(experiment: Experiment) -> None:
    facts = experiment.posterior.spending
    off = facts.days_off.copy()
    off[:2] = 646, 27
    posterior = replace(experiment.posterior, spending=facts._replace(days_off=off))
    own = replace(experiment, posterior=posterior)
    plan = plan_of(own, baseline("static", own), [])
    said = marks(plan.known, plan.cents)
    assert said[0] == "restarted after 646 days"
    assert "restarted" not in said[1]
    curves = response_curves(posterior, plan.cents / 100)
    assert f"{posterior.names[0]} (restarted after 646 days)" in _text(curves)
    dates = np.datetime64("2024-01-01") + np.arange(len(plan.cents))
    text = _text(spend_map(posterior.names, dates, plan.cents / 100, "x", marks=said))
    assert "restarted after 646 days" in text
    nothing = plan.cents * (np.arange(plan.cents.shape[1]) > 0)
    assert marks(plan.known, nothing)[0] == ""


def test_the_recent_range_is_darker_than_the_range_ever_seen(experiment: Experiment) -> None:
    facts = experiment.posterior.spending
    recent = experiment.posterior.spend_max / 4
    posterior = replace(experiment.posterior, spending=facts._replace(recent_max=recent))
    figure = response_curves(posterior, np.tile(recent / 2, (30, 1)))
    for k, axes in enumerate(figure.axes[: len(recent)]):
        ever, lately = (patch for patch in axes.patches if isinstance(patch, Rectangle))
        assert ever.get_width() == pytest.approx(posterior.spend_max[k])
        assert lately.get_width() == pytest.approx(recent[k])
        assert lately.get_facecolor()[0] < ever.get_facecolor()[0]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_any_number_of_campaigns_fits(experiment: Experiment, count: int) -> None:
    whole = experiment.posterior
    part = replace(
        whole,
        campaigns=whole.campaigns[:count],
        market=type(whole.market)(
            *(field if field is None else field[..., :count] for field in whole.market)
        ),
        state=whole.state._replace(
            stock=whole.state.stock[:, :count], level=whole.state.level[:, :count]
        ),
        spend_max=whole.spend_max[:count],
        spending=SpendingFacts(*(each[:count] for each in whole.spending)),
    )
    plan = experiment.problem.static_plan[:, :count]
    titled = [axes for axes in response_curves(part, plan).axes if axes.get_title()]
    assert len(titled) == count


def test_a_median_curve_starts_at_zero_and_rises(experiment: Experiment) -> None:
    figure = response_curves(experiment.posterior, experiment.problem.static_plan)
    for axes in figure.axes[: len(experiment.posterior.names)]:
        median = axes.lines[0].get_ydata()
        assert median[0] == 0
        assert (np.diff(median) > 0).all()


def test_a_plan_is_drawn_beside_its_file(experiment: Experiment, tmp_path: Path) -> None:
    draw_plan(
        experiment.posterior, plan_of(experiment, baseline("static", experiment), []), tmp_path
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.png", "response.png"]
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_pictures_do_not_wait_for_a_pipe_or_follow_a_link(
    experiment: Experiment, tmp_path: Path
) -> None:
    plan = plan_of(experiment, baseline("static", experiment), [])
    os.mkfifo(tmp_path / "plan.png")
    with pytest.raises(DataError, match="it is a pipe"):
        draw_plan(experiment.posterior, plan, tmp_path)
    (tmp_path / "plan.png").unlink()
    (tmp_path / "response.png").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match="a link that leads nowhere"):
        draw_plan(experiment.posterior, plan, tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_no_window_is_opened() -> None:
    assert "matplotlib.pyplot" not in sys.modules or (
        sys.modules["matplotlib"].get_backend().lower() == "agg"
    )


def test_all_campaigns_share_one_scale_in_dollars() -> None:
    plan = np.array([[100.0, 1.0], [300.0, 2.0], [400.0, 1.0]])
    dates = np.datetime64("2024-01-01") + np.arange(3)
    figure = spend_map(("a", "b"), dates, plan, "x", live=np.array([50.0, 450.0]))
    text = _text(figure)
    assert "dollars per day" in text
    assert "$400" in text
    above, below, bar = figure.axes
    assert {tuple(image.get_clim()) for image in below.get_images()} == {(0.0, 450.0)}
    assert bar.get_ylabel() == "dollars per day"
    assert [patch.get_height() for patch in above.patches] == plan.sum(1).tolist()
    (line,) = above.lines
    assert line.get_ydata()[0] == 500
    assert "live budgets, $500 per day" in text
    assert "live" in [label.get_text().strip() for label in below.get_xticklabels()]


def test_days_that_are_over_are_told_apart() -> None:
    plan, dates = np.full((4, 2), 10.0), np.datetime64("2024-01-01") + np.arange(4)
    figure = spend_map(("a", "b"), dates, plan, "x", actual_days=3)
    above, below = figure.axes[:2]
    colours = [patch.get_facecolor() for patch in sorted(above.patches, key=lambda p: p.get_x())]
    assert len(set(colours[:3])) == 1
    assert colours[3] not in colours[:3]
    (line,) = below.lines
    assert line.get_xdata()[0] == 2.5
    assert {"spent", "planned"} <= set(_text(figure).split("\n"))
