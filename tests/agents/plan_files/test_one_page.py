"""The one-pager: one page whatever the plan, texts within it, sums that agree."""

import re

import pytest

from mediagym.agents.plan_files import export_plan
from mediagym.agents.plan_files.budget_rows import budget_rows
from mediagym.agents.plan_files.canvas import Page
from mediagym.agents.plan_files.summary import actions, extrapolated, periods
from mediagym.agents.plan_files.typeface import REGULAR, fitted, runs, width_of, wrapped
from mediagym.agents.plan_files.view import View
from mediagym.data.errors import ConfigError

SIXTY = tuple(
    (f"channel {k % 9}", f"type {k} with a long name, really very long") for k in range(60)
)
PLANS = {
    "one": {"names": (("meta", None),), "days": 1},
    "sixty": {"names": SIXTY, "days": 92, "actual": 40, "currency": "SEK"},
    "ended": {"days": 5, "actual": 5},
    "no revenue": {"revenue": False, "currency": "JPY", "scale": 10**6},
    "year": {"days": 400, "currency": None},
}


@pytest.fixture
def texts(monkeypatch):
    """Places and texts of all lines that are drawn."""
    lines, text = [], Page.text

    def recorded(page, x, y, line, *args, **kwargs):
        lines.append((x, y, line))
        text(page, x, y, line, *args, **kwargs)

    monkeypatch.setattr(Page, "text", recorded)
    return lines


@pytest.mark.parametrize(
    ("size", "width", "height"), [("a4", 595.28, 841.89), ("letter", 612, 792)]
)
@pytest.mark.parametrize("kind", PLANS)
def test_every_plan_is_one_page_with_all_texts_on_it(
    plan, tmp_path, texts, kind, size, width, height
):
    (path,) = export_plan(plan(**PLANS[kind]), ["pdf"], tmp_path, page_size=size)
    data = path.read_bytes()
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", data)
    assert box is not None
    assert [float(side) for side in box.groups()] == pytest.approx([width, height], abs=0.01)
    footer = min(y for _, y, line in texts if line.startswith("Estimated on"))
    assert footer < height - 10
    assert all(0 <= x <= width and 0 < y < height - 10 for x, y, _ in texts)
    assert len([line for _, y, line in texts if y > footer - 14]) <= 2  # nothing but the footer


def test_the_font_is_embedded_and_equal_plans_make_equal_bytes(plan, hostile, tmp_path):
    paths = [
        export_plan(plan(hostile), ["pdf"], tmp_path / folder)[0].read_bytes() for folder in "ab"
    ]
    assert paths[0] == paths[1]
    assert b"+DejaVuSans" in paths[0]
    assert b"/FontFile2" in paths[0]


def test_the_page_says_the_totals_with_their_interval(plan, tmp_path, texts):
    content = plan(currency="EUR")
    export_plan(content, ["pdf"], tmp_path)
    lines = [line for _, _, line in texts]
    expected = content["totals"]["conversions"]
    assert f"€{content['flight']['budget']:,.0f}" in lines
    assert f"{expected['mean']:,.0f}" in lines
    assert f"90 % interval {expected['p05']:,.0f} to {expected['p95']:,.0f}" in lines


@pytest.mark.parametrize("most", [13, 16, 22])
@pytest.mark.parametrize("names", [SIXTY, SIXTY[:9], (("meta", None),)])
def test_rows_of_the_table_fit_and_sum_to_the_plan(plan, names, most):
    view = View.of(plan(names))
    rows = budget_rows(view, most)
    assert len(rows) <= most
    assert sum(row.cents for row in rows if row.is_channel) == view.cents
    below = 0
    for row in reversed(rows):
        if not row.is_channel:
            below += row.cents
        else:
            assert below in (0, row.cents)
            below = 0


def test_actions_begin_with_the_largest_change_and_count_the_rest(plan):
    view = View.of(plan())
    lines = actions(view, 2)
    assert lines[0] == "Start with $87.07: google/YouTube"
    assert lines[1].startswith("Raise to $124.14 (now $62.00): meta")
    assert lines[2] == "and 2 more"
    assert actions(View.of(plan(days=3, actual=3)), 2) == [
        "Nothing: the flight ended on 2024-07-12."
    ]


def test_extrapolated_money_and_restarts_are_named(plan):
    lines = extrapolated(View.of(plan()), 4)
    assert lines[0].startswith("5.0% of the budget")
    assert "google/YouTube: restarted after a pause." in lines
    assert "google/Search: up to 1.5x its highest recent day." in lines


@pytest.mark.parametrize(("days", "kind"), [(30, "Week"), (92, "Month"), (500, "Month")])
def test_weeks_or_months_cover_the_flight_once(plan, days, kind):
    view = View.of(plan(days=days, actual=4))
    name, rows = periods(view)
    assert name == kind
    assert len(rows) <= 12
    assert sum(row.days for row in rows) == days
    assert sum(row.cents for row in rows) == view.cents
    assert sum(row.actual_days for row in rows) == 4
    assert rows[-1].last == view.end


def test_texts_are_cut_to_their_width():
    text = fitted("a very long name of a campaign" * 9, REGULAR, 8, 100)
    assert text.endswith("…")
    assert width_of(text, REGULAR, 8) <= 100
    lines = wrapped("word " * 90, REGULAR, 8, 100, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(width_of(line, REGULAR, 8) <= 100 for line in lines)


def test_scripts_have_a_font_and_hebrew_runs_from_right_to_left():
    assert runs("Ελλάδα Россия", REGULAR) == [("Ελλάδα Россия", REGULAR)]
    assert runs("אבג דה x", REGULAR)[0][0] == "הד גבא x"
    assert [name for _, name in runs("検索", REGULAR)] == ["STSong-Light"]
    assert [name for _, name in runs("검색", REGULAR)] == ["HYGothic-Medium"]


def test_an_unknown_page_size_is_refused(plan, tmp_path):
    with pytest.raises(ConfigError, match=r"page_size: 'a3' was given\. Allowed: a4, letter"):
        export_plan(plan(), ["pdf"], tmp_path, page_size="a3")
