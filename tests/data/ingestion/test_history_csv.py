"""`history.csv`: the common record, exact numbers, and the way back."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.records import records_of, rows_of
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.exports import DataSettings, read_exports
from mediagym.data.ingestion import history_csv
from mediagym.data.ingestion.history_csv import number_text

HEADINGS = [
    "date_day", "platform", "account_name", "campaign_id", "campaign_name", "campaign_type",
    "currency_code", "clicks", "impressions", "spend", "conversions", "conversions_value",
]  # fmt: skip


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_has_the_columns_of_the_common_record_and_a_row_per_campaign_day() -> None:
    records = records_of(rows_of([10, 0, 25.5], account="Acme", campaign_id="007"))
    rows = _read(history_csv(records))
    assert list(rows[0]) == HEADINGS
    assert [row["date_day"] for row in rows] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert [row["spend"] for row in rows] == ["10", "0", "25.5"]
    first = rows[0]
    assert (first["account_name"], first["campaign_id"], first["campaign_name"]) == (
        "Acme", "007", "Brand",
    )  # fmt: skip
    assert (first["currency_code"], first["conversions_value"]) == ("EUR", "15")


@given(st.floats(min_value=0, max_value=1e300))
def test_a_number_reads_back_to_the_same_float_without_an_exponent(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert "e" not in text


def test_a_number_is_as_short_as_it_can_be_but_never_takes_the_form_of_thousands() -> None:
    assert [number_text(v) for v in (0.1, 100.0, 1e-7, 12.34)] == [
        "0.1", "100", "0.0000001", "12.34",
    ]  # fmt: skip
    assert number_text(1.234) == "1.2340"
    assert number_text(float("nan")) == ""


@pytest.mark.parametrize(
    "name", ["=SUM(A1)", "+1", "-x", "@me", 'a "b", c', "two\nlines", "［東京］"]
)
def test_names_are_written_as_they_are(name: str) -> None:
    (row,) = _read(history_csv(records_of(rows_of([1], campaign=name))))
    assert row["campaign_name"] == name


def test_reading_the_file_gives_the_same_records(
    tmp_path: Path, data_settings: Callable[..., DataSettings]
) -> None:
    random = np.random.default_rng(1)
    search = rows_of(random.lognormal(3, 1, 40).tolist(), '"Brand", =x', campaign_type="Shopping")
    social = rows_of(random.lognormal(3, 1, 30).tolist(), "東京; EU", "meta", 5, account="Acme")
    social["revenue"] = np.nan
    records = records_of(search, social, rows_of([1.234] * 40, "Radio", "radio"))
    (tmp_path / "history.csv").write_text(history_csv(records), encoding="utf-8")
    again = read_exports(data_settings(tmp_path))
    pd.testing.assert_frame_equal(again.frame, records.frame, check_exact=True)
    assert again.currency == "EUR"
