"""Long and wide CSV: sums, escaping, and that names come back as they were."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.agents.plan_files import escaped, export_plan, unescaped

TRIGGERS = tuple("=+-@\t\r\n＝＋－＠")


def rows_of(path):
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


@given(st.text(alphabet="'=+-@\t\r\n ab＝", max_size=6) | st.text(max_size=6))
def test_an_escaped_text_never_begins_a_formula_and_comes_back(text):
    assert not escaped(text).startswith(TRIGGERS)
    assert unescaped(escaped(text)) == text


@given(st.text(alphabet="'=+ab", max_size=4), st.text(alphabet="'=+ab", max_size=4))
def test_two_names_stay_two_names(one, other):
    assert (escaped(one) == escaped(other)) == (one == other)


def test_a_plain_name_stays_as_it_is():
    assert escaped("google/Search - Brand") == "google/Search - Brand"
    assert escaped("'quoted'") == "'quoted'"


def test_long_rows_hold_every_day_and_campaign_and_sum_to_the_budget(plan, tmp_path):
    content = plan(actual=3)
    (path,) = export_plan(content, ["csv_long"], tmp_path)
    head, *rows = rows_of(path)
    assert head == [
        "date", "campaign", "channel", "campaign_type", "status", "budget", "conversions",
        "conversions_p05", "conversions_p95",
    ]  # fmt: skip
    assert len(rows) == 30 * 4
    assert sum(round(100 * float(row[5])) for row in rows) == round(
        100 * content["flight"]["budget"]
    )
    assert [row[4] for row in rows[::4]] == ["actual"] * 3 + ["planned"] * 27
    assert float(rows[0][7]) < float(rows[0][6]) < float(rows[0][8])


def test_wide_rows_have_one_column_per_campaign(plan, tmp_path):
    content = plan()
    (path,) = export_plan(content, ["csv_wide"], tmp_path)
    head, *rows = rows_of(path)
    assert head == ["date", "google/Search", "google/YouTube", "meta", "microsoft/Shopping"]
    for row, day in zip(rows, content["days"], strict=True):
        assert row[0] == day["date"]
        assert [float(cell) for cell in row[1:]] == [cell["budget"] for cell in day["campaigns"]]


@pytest.mark.parametrize("name", ["csv_long", "csv_wide", "today_csv"])
def test_no_cell_of_a_hostile_plan_begins_a_formula(plan, hostile, tmp_path, name):
    (path,) = export_plan(plan(hostile, actual=2), [name], tmp_path)
    for row in rows_of(path):
        for cell in row:
            assert not cell.startswith(TRIGGERS) or float(cell) < 0


def test_hostile_names_come_back(plan, hostile, tmp_path):
    (path,) = export_plan(plan(hostile), ["csv_wide"], tmp_path)
    head = rows_of(path)[0][1:]
    names = [channel if kind is None else f"{channel}/{kind}" for channel, kind in hostile]
    assert [unescaped(cell) for cell in head] == names


def test_amounts_without_decimals_are_whole_numbers(plan, tmp_path):
    (path,) = export_plan(plan(currency="JPY"), ["csv_wide"], tmp_path)
    assert all(cell.isdigit() for row in rows_of(path)[1:] for cell in row[1:])


def test_an_estimate_that_is_not_there_is_an_empty_cell(plan, tmp_path):
    content = plan()
    content["days"][0]["campaigns"][0]["conversions"] = None
    (path,) = export_plan(content, ["csv_long"], tmp_path)
    assert rows_of(path)[1][6:] == ["", "", ""]
