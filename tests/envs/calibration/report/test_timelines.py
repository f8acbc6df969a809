from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from mediagym.data.history import History
from mediagym.data.plotting import drawn
from mediagym.envs.calibration import RESTART_DAYS, Posterior, Priors
from mediagym.envs.calibration.report import calibration_content
from mediagym.envs.calibration.report.content import CalibrationContent
from mediagym.envs.calibration.report.timelines import BREAK_DAYS, demand, lifetimes, runs_of


@pytest.fixture(scope="module")
def content(history: History, posterior: Posterior, priors: Priors) -> CalibrationContent:
    return calibration_content(history, posterior, priors)


def _texts(figure: Any) -> list[str]:
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def _with_demand(content: CalibrationContent, **changed: Any) -> CalibrationContent:
    demanded = content.report["demand"] | changed
    return content._replace(report={**content.report, "demand": demanded})


def test_only_long_gaps_break_a_run() -> None:
    spend = np.ones(60)
    spend[10 : 10 + BREAK_DAYS] = 0
    spend[30 : 31 + BREAK_DAYS] = np.nan
    assert runs_of(spend) == [(0, 29), (31 + BREAK_DAYS, 59)]


def test_a_campaign_that_never_spent_has_no_run() -> None:
    assert runs_of(np.array([0.0, np.nan, 0.0])) == []


def test_days_off_and_restarts_are_marked(content: CalibrationContent) -> None:
    spend = np.ones_like(content.spend)
    spend[-RESTART_DAYS:, 0] = 0
    spend[1 - RESTART_DAYS :, 1] = 0
    spend[-1, 2] = np.nan
    spend[:, 3] = 0
    texts = [text.strip() for text in _texts(lifetimes(content._replace(spend=spend)))]
    off = [text for text in texts if " off" in text or text == "never spent"]
    assert off == [
        f"{RESTART_DAYS} days off, RESTART",
        f"{RESTART_DAYS - 1} days off",
        "1 day off",
        "never spent",
    ]


def test_every_campaign_has_a_row(content: CalibrationContent) -> None:
    names = tuple(f"google/${k}$\n\x1b_hostile" for k in range(len(content.names)))
    texts = _texts(lifetimes(content._replace(names=names)))
    assert {drawn(name) for name in names} <= set(texts)


def test_pauses_show_their_days(content: CalibrationContent) -> None:
    spend = np.ones_like(content.spend)
    spend[20:60, 0] = 0
    assert "40" in _texts(lifetimes(content._replace(spend=spend)))


def test_the_report_s_demand_covers_history_and_the_days_after(
    content: CalibrationContent, history: History
) -> None:
    report = content.report["demand"]
    assert report["first_day"] == str(history.dates[0])
    assert len(report["history"]) == len(history.dates)
    low, mean, high = (np.array(report["ahead"][name]) for name in ("low", "mean", "high"))
    assert low.shape == mean.shape == high.shape == (400,)
    assert (low > 0).all()
    assert (low < high).all()
    assert report["events"] == {}  # half a year knows no season


def test_the_band_ahead_is_that_of_the_stationary_shared_demand(
    content: CalibrationContent,
) -> None:
    """Without a season, its sd is that of the structures, between the least and the most."""
    ahead = content.report["demand"]["ahead"]
    sds = [each["demand_sd"] for each in content.report["structures"]["settings"].values()]
    half = np.log(np.divide(ahead["high"], ahead["low"]))[30:].mean() / 2 / 1.645
    assert min(sds) * 0.8 < half < max(sds) * 1.3


def test_each_occurrence_of_an_event_is_labelled_once(content: CalibrationContent) -> None:
    first = content.dates[0]
    days = [str(first + k) for k in (40, 41, 42, 405, 406)]
    hostile = "$x_1$\n<b>"
    figure = demand(_with_demand(content, events={hostile: days, "Sale": [days[0], "1999-01-01"]}))
    texts = _texts(figure)
    assert texts.count(drawn(hostile)) == 2
    assert texts.count("Sale") == 1


def test_names_of_events_on_one_day_do_not_overlap(content: CalibrationContent) -> None:
    day = str(content.dates[60])
    figure = demand(_with_demand(content, events={f"Event {k}": [day] for k in range(6)}))
    figure.canvas.draw()
    boxes = [
        text.get_window_extent()
        for text in figure.findobj(Text)
        if text.get_text().startswith("Event ")
    ]
    assert len(boxes) == 6
    left = sorted(boxes, key=lambda box: box.x0)
    assert all(one.x1 <= two.x0 + 1 for one, two in pairwise(left))


def test_months_are_on_the_axis(content: CalibrationContent) -> None:
    texts = _texts(demand(content))
    assert sum(text in texts for text in ("Mar", "May", "Jul", "Sep", "Nov")) >= 4


def test_years_are_on_the_axis_of_a_long_history(content: CalibrationContent) -> None:
    """Of which the last two years are drawn, with their events alone."""
    events = {"Early": ["2020-06-01"], "Late": ["2023-06-01"]}
    figure = demand(
        _with_demand(content, first_day="2020-01-01", history=[1.0] * 1600, events=events)
    )
    texts = _texts(figure)
    assert {"2023", "2024", "2025"} <= set(texts)
    assert "Late" in texts
    assert not {"Early", "2021"} & set(texts)


@pytest.mark.parametrize("largest", [1.05, 1.8, 20.0])
def test_factors_of_any_range_have_labels(content: CalibrationContent, largest: float) -> None:
    factors = np.linspace(1, largest, len(content.dates)).tolist()
    ahead = {name: [1.0] * 400 for name in ("low", "mean", "high")}
    figure = demand(_with_demand(content, history=factors, ahead=ahead))
    figure.canvas.draw()
    axes = figure.axes[0]
    low, high = axes.get_ylim()
    ticks = [tick for tick in axes.yaxis.get_ticklocs() if low <= tick <= high]
    assert 3 <= len(ticks) <= 20
