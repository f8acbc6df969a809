"""A user's plan is read as its author means it, in any usual form, or refused with the row."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mediagym.agents.scoring import Flight, Notation, own_plan
from mediagym.data.errors import DataError
from mediagym.data.names import short_ids

NAMES = (
    "google/Search Network", "google/YouTube", "meta", "microsoft/Search & content",
    "x/=HYPERLINK(1)",
)  # fmt: skip
FIRST = date(2024, 7, 1)
DAYS = 20
FLIGHT = Flight(NAMES, np.datetime64(FIRST), DAYS, 100_000_00, "USD")
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %B %Y", "%Y%m%d")
AMOUNTS = ("{:.2f}", "${:,.2f}", "$ {:,.2f}", "{:,.2f} USD", "USD {:.2f}")


def written_name(name: str, form: str) -> str:
    """A campaign in one of the ways in which users write it."""
    if form == "id":
        return short_ids([name])[0]
    if form == "partial":
        name = name.partition("/")[2] or name
    if form == "capitals":
        name = name.upper()
    return f"'{name}" if name.startswith("=") else name


def decimal_comma(text: str) -> str:
    return text.translate(str.maketrans({",": ".", ".": ","}))


def text_of(rows: list[list[str]], delimiter: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def rows_of(cents: np.ndarray, form: dict[str, Any]) -> list[list[str]]:
    """A plan as rows in a form."""

    def amount(value: int) -> str:
        text = form["amount"].format(value / 100)
        return decimal_comma(text) if form["comma"] else text

    days = [(FIRST + timedelta(t)).strftime(form["date"]) for t in range(len(cents))]
    names = [written_name(name, form["name"]) for name in NAMES]
    if form["wide"]:
        rows = [[days[t], *(amount(value) for value in row)] for t, row in enumerate(cents)]
        header = ["Date", *names]
    else:
        rows = [
            [days[t], names[k], amount(cents[t, k])]
            for t in range(len(cents))
            for k in range(len(names))
        ]
        header = [form["heading"], "Campaign", "Daily budget"]
    return [header, *(rows[k] for k in form["order"](len(rows)))]


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    seed = draw(st.integers(0, 2**16))
    comma = draw(st.booleans())
    return {
        "wide": draw(st.booleans()),
        "date": draw(st.sampled_from(DATES)),
        # a code beside a decimal comma leaves it open which of both separates the cells
        "amount": draw(st.sampled_from(AMOUNTS[: 3 if comma else None])),
        "comma": comma,
        "name": draw(st.sampled_from(["full", "id", "partial", "capitals"])),
        "heading": draw(st.sampled_from(["date", "Day", "Datum"])),
        "delimiter": draw(st.sampled_from([";", "\t"] if comma else [",", ";", "\t"])),
        "order": lambda count: np.random.default_rng(seed).permutation(count),
    }


def read(path: Path, text: str, flight: Flight = FLIGHT, **notation: Any) -> Any:
    path.write_text(text, encoding="utf-8")
    return own_plan(path, flight, Notation(**notation))


@settings(max_examples=120)
@given(
    st.lists(st.integers(0, 3_000_000), min_size=DAYS * len(NAMES), max_size=DAYS * len(NAMES)),
    forms(),
)
def test_every_usual_form_gives_the_same_cents(
    tmp_path: Path, values: list[int], form: dict[str, Any]
) -> None:
    cents = np.array(values, np.int64).reshape(DAYS, len(NAMES))
    text = text_of(rows_of(cents, form), form["delimiter"])
    plan = read(tmp_path / "mine.csv", text, decimal_mark="," if form["comma"] else ".")
    assert np.array_equal(plan.cents, cents)
    assert not any("not in the plan" in note for note in plan.notes)


def test_missing_days_and_campaigns_count_as_0_and_are_said(tmp_path: Path) -> None:
    plan = read(tmp_path / "mine.csv", "date,campaign,amount\n2024-07-02,YouTube,500\n")
    assert plan.cents.sum() == plan.cents[1, 1] == 500_00
    notes = " ".join(plan.notes)
    assert "19 of the flight's 20 days are not in the plan and count as 0: 2024-07-01" in notes
    assert "4 of 5 campaigns are not in the plan and count as 0" in notes
    assert "spends $500.00, $99,500.00 less than the budget of $100,000.00" in notes


def test_a_channel_and_a_type_name_a_campaign(tmp_path: Path) -> None:
    """As our own long CSV has them, with columns that a plan does not need."""
    text = (
        "date,channel,campaign type,status,budget,expected conversions\n"
        "2024-07-01,google,YouTube,planned,12.34,1.5\n2024-07-01,meta,,planned,10.00,2\n"
        "2024-07-01,x,'=HYPERLINK(1),planned,3.00,2\n"
    )
    assert read(tmp_path / "plan.csv", text).cents[0].tolist() == [0, 12_34, 10_00, 0, 3_00]


def test_rows_and_columns_of_totals_are_left_out(tmp_path: Path) -> None:
    text = "date;meta;YouTube;Total\n2024-07-01;10;20;30\n2024-07-02;10;20;30\nTotal;20;40;60\n"
    plan = read(tmp_path / "mine.csv", text)
    assert plan.cents.sum() == 60_00
    assert any("'Total' is left out" in note for note in plan.notes)
    assert any("row 4 is one of totals" in note for note in plan.notes)


def test_a_budget_is_the_plan_and_not_what_was_spent(tmp_path: Path) -> None:
    plan = read(tmp_path / "mine.csv", "date,campaign,budget,spent\n2024-07-01,meta,5,6\n")
    assert plan.cents.sum() == 5_00
    assert any("column 'spent' is left out; the plan is 'budget'" in note for note in plan.notes)


def test_a_fraction_of_a_cent_is_rounded_and_said(tmp_path: Path) -> None:
    plan = read(tmp_path / "mine.csv", "date,meta,YouTube\n2024-07-01,33.3333,1\n")
    assert plan.cents[0, 2] == 33_33
    assert any("not whole cents and were rounded" in note for note in plan.notes)


def test_yen_have_no_cents(tmp_path: Path) -> None:
    flight = FLIGHT._replace(currency="JPY")
    plan = read(tmp_path / "mine.csv", "date,meta,YouTube\n2024-07-01,\u00a51200,0\n", flight)
    assert plan.cents[0, 2] == 1200_00


def test_days_that_are_over_are_left_out_and_said(tmp_path: Path) -> None:
    text = "date,campaign,amount\n2024-06-30,meta,70\n2024-07-01,meta,80\n"
    plan = read(tmp_path / "mine.csv", text)
    assert plan.cents.sum() == 80_00
    assert any(
        "1 days before 2024-07-01 are over and left out, with $70.00" in n for n in plan.notes
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date,campaign,amount\n2024-07-01,meta,5\n2024-07-01,META,5\n", "row 3 gives an amount"),
        ("date,meta,Meta\n2024-07-01,1,2\n", "two columns are for the campaign 'meta'"),
        ("date,meta,YouTube\n2024-07-01,1,2\n2024-07-01,1,2\n", "row 3, column meta gives"),
        ("date,campaign,amount\n2024-08-01,meta,5\n", "row 2: 2024-08-01 is not a day of the"),
        ("date,campaign,amount\n2024-07-01,metta,5\n", "row 2, column campaign: 'metta' is not"),
        ("date,campaign,amount\n2024-07-01,meta,-5\n", "row 2, column amount: '-5' is negative"),
        ("date,campaign,amount\n2024-07-01,meta,abc\n", "row 2, column amount: 'abc' is not"),
        ("date,campaign,amount\nsoon,meta,5\n", "row 2, column date: 'soon' is not a date"),
        ("date,campaign,amount (EUR)\n2024-07-01,meta,5\n", "amounts are in EUR, the exports in"),
        ("day of launch,who\nmonday,meta\n", "no table has dates, or campaigns and amounts"),
        ("campaign,amount\nmeta,5\nMETA,6\n", "row 3 gives an amount for the same day and"),
        ("campaign,budget\nmetta,5\n", "row 2, column campaign: 'metta' is not"),
        ("campaign,budget\nmeta,5\nTotal,9\n", "row 3: it is a total of 9.00, and the rows above"),
        ("date,campaign,amount\n2024-07-01,Search,5\n", "'Search' is not a campaign"),
        ("date,campaign,amount,budget\n2024-07-01,meta,5,6\n", "may each be an amount"),
        ("date,campaign,amount\n2024-07-01,meta,1,000\n", "there are 4 cells, and 3 columns"),
    ],
)
def test_what_is_not_certain_is_refused_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DataError) as error:
        read(tmp_path / "mine.csv", text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("heading", ["Budget", "amount (USD)", "Monthly budget"])
def test_money_without_dates_is_spread_evenly_to_the_cent(tmp_path: Path, heading: str) -> None:
    text = f"Campaign,{heading}\nmeta,100.05\ngoogle/YouTube,0.03\nTotal,100.08\n"
    plan = read(tmp_path / "mine.csv", text)
    spread = plan.cents[:, NAMES.index("meta")]
    assert spread.sum() == 10_005
    assert spread.max() - spread.min() <= 1
    assert list(plan.cents[:, NAMES.index("google/YouTube")]) == [1] * 3 + [0] * (DAYS - 3)
    assert any("spread evenly" in note for note in plan.notes)
    assert any("row 4 is one of totals" in note for note in plan.notes)


@pytest.mark.parametrize("heading", ["Daily budget", "Tagesbudget (USD)", "Campaign daily budget"])
def test_daily_budgets_without_dates_are_of_every_day(tmp_path: Path, heading: str) -> None:
    plan = read(
        tmp_path / "mine.csv", f"Channel,Campaign type,{heading}\nmeta,,$7.5\ngoogle,YouTube,$2\n"
    )
    assert (plan.cents[:, NAMES.index("meta")] == 750).all()
    assert (plan.cents[:, NAMES.index("google/YouTube")] == 200).all()
    assert any("the same on each of the 20 days" in note for note in plan.notes)


def test_a_total_in_the_column_of_channels_is_left_out(tmp_path: Path) -> None:
    text = "Channel,Campaign type,Budget\nmeta,,7\ngoogle,YouTube,2\nTotal,,9\n"
    plan = read(tmp_path / "mine.csv", text)
    assert plan.cents.sum() == 900
    assert any("row 4 is one of totals" in note for note in plan.notes)


def test_totals_of_blocks_and_of_all_are_left_out(tmp_path: Path) -> None:
    text = "campaign,budget\nmeta,7\nsum,7\ngoogle/YouTube,2\nsum,2\ngrand total,9\n"
    assert read(tmp_path / "mine.csv", text).cents.sum() == 900


def test_fractions_of_a_cent_are_said_also_of_large_amounts(tmp_path: Path) -> None:
    plan = read(tmp_path / "mine.csv", "campaign,amount\nmeta,60000.333\n")
    assert plan.cents.sum() == 6_000_033
    assert any("1 amounts are not whole cents" in note for note in plan.notes)


def test_money_without_dates_in_a_currency_without_decimals_stays_whole(tmp_path: Path) -> None:
    flight = FLIGHT._replace(currency="JPY")
    plan = read(tmp_path / "mine.csv", "campaign,budget\nmeta,1003\n", flight)
    spread = plan.cents[:, NAMES.index("meta")]
    assert spread.sum() == 100_300
    assert set(spread) == {5_000, 5_100}


def plan_json(**changes: Any) -> dict[str, Any]:
    row = {"channel": "google", "campaign_type": "YouTube", "budget": 12.34}
    other = {"channel": "meta", "campaign_type": None, "budget": 7.0}
    return {
        "schema_version": 2,
        "currency": "USD",
        "flight": {"budget": 19.34},
        "days": [{"date": "2024-07-03", "campaigns": [row, other]}],
        **changes,
    }


def test_the_days_of_a_plan_json_are_scored_whatever_its_sums_say(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan = read(path, json.dumps(plan_json()))
    assert plan.cents[2].tolist() == [0, 12_34, 7_00, 0, 0]
    assert not any("its flight says" in note for note in plan.notes)
    plan = read(path, json.dumps(plan_json(flight={"budget": 20.0})))
    assert any("days sum to 19.34 and its flight says 20.00" in note for note in plan.notes)


@pytest.mark.parametrize(
    "content",
    [
        {}, {"days": []}, {"days": 3, "flight": {}}, plan_json(days=[{"date": "x"}]),
        plan_json(days=[{"date": "2024-07-01", "campaigns": [{"channel": "meta"}]}]),
        plan_json(days=[{"date": "2024-07-01", "campaigns": [{"channel": "meta", "budget": "5"}]}]),
        plan_json(flight={"budget": "many"}), [],
    ],
)  # fmt: skip
def test_a_json_that_is_no_plan_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(DataError, match="not a plan"):
        read(tmp_path / "plan.json", json.dumps(content))
