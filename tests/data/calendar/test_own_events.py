"""The user's own events: both forms of the file, and one readable error per wrong row."""

import datetime

import pytest

from mediagym.data.calendar import read_own_events
from mediagym.data.errors import DataError, DataProblemsError

YAML = """# our calendar
- {name: Summer sale, first: 2024-06-20, last: 2024-07-05}
- name: Price rise
  date: 2024-03-01
- {name: Summer sale, first: 2025-06-19, last: 2025-07-04}
"""
CSV = """name,date,first,last
Summer sale,,2024-06-20,2024-07-05
Price rise,2024-03-01,,
Summer sale,,2025-06-19,2025-07-04
"""


def write(folder, text, suffix="csv"):
    path = folder / f"events.{suffix}"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "suffix"), [(YAML, "yaml"), (YAML, "YML"), (CSV, "csv")])
def test_both_forms_say_the_same(tmp_path, text, suffix):
    events = read_own_events(write(tmp_path, text, suffix))
    assert [(e.name, str(e.first), str(e.last)) for e in events] == [
        ("Summer sale", "2024-06-20", "2024-07-05"),
        ("Price rise", "2024-03-01", "2024-03-01"),
        ("Summer sale", "2025-06-19", "2025-07-04"),
    ]
    assert [e.row for e in events] == ([2, 3, 4] if suffix == "csv" else [2, 3, 5])


def test_a_table_takes_other_delimiters_and_orders_of_columns(tmp_path):
    text = "Last;First;Name\n2024-07-05;2024-06-20;Sale\n2024-01-02;2024-01-01;Sale\n"
    assert read_own_events(write(tmp_path, text))[0][:3] == (
        "Sale",
        datetime.date(2024, 6, 20),
        datetime.date(2024, 7, 5),
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{name: A, day: 2024-01-01}", "'day' is no key of an event"),
        ("{name: A, first: 2024-02-02, last: 2024-02-01}", "last, 2024-02-01, is before first"),
        ("{name: A, first: 2024-02-02, last: 2026-02-01}", "the event lasts 731 days"),
        ("{name: A, date: 01/02/2024}", "'01/02/2024' is not a date"),
        ("{name: A, date: 2024-02-30}", "'2024-02-30' is not a date"),
        ("{name: A, date: 0202-02-03}", "'0202-02-03' is not a date"),
        ("{name: A, date: yes}", "'yes' is not a date"),
        ("{date: 2024-01-01}", "the name is missing"),
        ("{name: ' ', date: 2024-01-01}", "the name is missing"),
        ("{name: A}", "the dates given are none"),
        ("{name: A, date: null}", "the dates given are none"),
        ("{name: A, first: 2024-01-01}", "the dates given are first"),
        ("{name: A, date: 2024-01-01, last: 2024-01-02}", "the dates given are date and last"),
        ("{name: A, name: B, date: 2024-01-01}", "name is given twice"),
        ("{name: A, date: [2024-01-01]}", "a list or a mapping is given"),
        ("Sale 2024-01-01", "the event is not a mapping"),
        ("{name: SALE, date: 2024-01-01}", "'SALE' and 'Sale' of row 1 differ in case alone"),
    ],
)
def test_a_wrong_row_of_yaml_is_one_error_with_its_row(tmp_path, row, said):
    path = write(tmp_path, f"- {{name: Sale, date: 2024-01-01}}\n- {row}\n", "yaml")
    with pytest.raises(DataError) as error:
        read_own_events(path)
    assert str(error.value).startswith("events.yaml, row 2")
    assert said in str(error.value)
    assert "Allowed: " in str(error.value)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,,2024-02-02,2024-02-01", "is before first"),
        ("A,20.06.2024,,", "'20.06.2024' is not a date"),
        (",2024-06-20,,", "the name is missing"),
        ("A,2024-06-20,", "the row has 3 fields and the header 4"),
    ],
)
def test_a_wrong_row_of_a_table_is_one_error_with_its_row(tmp_path, row, said):
    with pytest.raises(DataError) as error:
        read_own_events(write(tmp_path, f"{CSV}{row}\nB,2024-06-20,,\n"))
    assert str(error.value).startswith("events.csv, row 5")
    assert said in str(error.value)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("name,day", "'day' is no key of an event"),
        ("name,date,date", "the column date is there twice"),
    ],
)
def test_a_wrong_header_is_one_error(tmp_path, header, said):
    text = f"{header}\n{','.join(['2024-01-01'] * len(header.split(',')))}\n"
    with pytest.raises(DataError, match=said) as error:
        read_own_events(write(tmp_path, text))
    assert len(error.value.problems) == 1


def test_all_wrong_rows_are_reported_together(tmp_path):
    text = "- {name: A, date: soon}\n- {name: B, date: 2024-01-01}\n- {name: C}\n"
    with pytest.raises(DataProblemsError) as error:
        read_own_events(write(tmp_path, text, "yaml"))
    assert [problem.details["row"] for problem in error.value.problems] == [1, 3]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("# none yet\n", "it holds no events"),
        ("name: A\n", "it is not a list"),
        ("- {name: A\n", "not YAML"),
        ("- &a [*a]\n", "the event is not a mapping"),
        ("- name: A\x07\n", "not YAML"),
    ],
)
def test_a_file_of_another_form_is_one_error(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_own_events(write(tmp_path, text, "yaml"))


@pytest.mark.parametrize("suffix", ["yaml", "csv"])
def test_a_missing_file_is_one_error(tmp_path, suffix):
    with pytest.raises(DataError, match="the file cannot be read"):
        read_own_events(tmp_path / f"absent.{suffix}")
