"""Exports as platforms and people write them are read whole, or refused with one clear error.

The files, and what is in them, are in `helpers.platforms`; written without the reader.
"""

import csv
import io
import zipfile
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers.platforms import EXPORTS, FIRST, FOLDERS, Expected, ExportCase

from mediagym.data.errors import DataError
from mediagym.data.storage import shipped_yaml

READ = [case for case in EXPORTS if case.refused is None]
REFUSED = [case for case in EXPORTS if case.refused is not None]
PLAIN = [case for case in EXPORTS if case.plain is not None]
METRICS = ("spend", "impressions", "clicks", "conversions", "revenue")
UNIT = ["platform", "account", "campaign", "campaign_id", "campaign_type"]


def by_name(case):
    return case.name


def read(folder, files, **settings):
    """`Records` of a folder of these files, with the settings that are shipped."""
    from mediagym.data.exports import DataSettings, read_exports

    for name, content in files.items():
        (folder / name).write_bytes(content)
    shipped = shipped_yaml("data/default")
    return read_exports(DataSettings.of({**shipped, "path": str(folder), **settings}))


def compare(records, expected: Expected):
    """Fails, with all that differs, if the records are not what was written."""
    frame = records.frame
    days = records.days
    found = {
        "platforms": {name.lower() for name in frame["platform"]},
        "campaigns": len(frame[UNIT].drop_duplicates()),
        "first": days.min().item(),
        "last": days.max().item(),
        "days": len(np.unique(days)),
        "currency": records.currency,
    }
    wanted = {key: getattr(expected, key) for key in found}
    if expected.currency and records.currency in expected.currency.split("|"):
        wanted["currency"] = records.currency
    for metric in METRICS:
        exact = getattr(expected, metric)
        values = frame[metric].to_numpy(dtype=float)
        found[metric] = None if np.isnan(values).all() else float(np.nansum(values))
        counts = metric in {"impressions", "clicks"}
        close = exact if exact is None or counts else pytest.approx(exact, rel=1e-12, abs=1e-6)
        wanted[metric] = close
    later = (days - np.datetime64(FIRST)).astype(float)
    found["moment"] = float(np.nansum(frame["spend"].to_numpy(dtype=float) * later))
    wanted["moment"] = pytest.approx(expected.moment, rel=1e-12, abs=1e-6)
    assert found == wanted, records.notes


@pytest.mark.parametrize("case", READ, ids=by_name)
def test_an_export_is_read_whole(case: ExportCase, tmp_path):
    compare(read(tmp_path, {case.file_name: case.content}), case.expected)


@pytest.mark.parametrize("case", REFUSED, ids=by_name)
def test_what_is_no_table_of_days_is_refused(case: ExportCase, tmp_path):
    with pytest.raises(DataError) as error:
        read(tmp_path, {case.file_name: case.content})
    assert case.refused.lower() in str(error.value).lower()
    assert case.file_name in str(error.value)


@pytest.mark.parametrize("name", [n for n, case in FOLDERS.items() if case.refused is None])
def test_a_folder_of_exports_is_merged(name, tmp_path):
    compare(read(tmp_path, FOLDERS[name].files), FOLDERS[name].expected)


@pytest.mark.parametrize("name", [n for n, case in FOLDERS.items() if case.refused is not None])
def test_a_folder_that_contradicts_itself_is_refused(name, tmp_path):
    with pytest.raises(DataError) as error:
        read(tmp_path, FOLDERS[name].files)
    assert FOLDERS[name].refused.lower() in str(error.value).lower()


@pytest.mark.parametrize("name", ["google-ui-en", "google-ui-ja", "meta-day-all", "dv360"])
def test_totals_that_are_right_give_no_warning(name, tmp_path):
    case = next(case for case in READ if case.name == name)
    notes = read(tmp_path, {case.file_name: case.content}).notes
    assert [note for note in notes if "WARNING" in note] == []


def test_spreading_weeks_leaves_daily_rows_of_another_platform_alone(tmp_path):
    case = next(case for case in REFUSED if case.name == "refused-weeks-beside-days")
    frame = read(tmp_path, {case.file_name: case.content}, weekly="spread").frame
    daily = frame[frame["platform"] == "google"]
    assert daily["date"].nunique() == 90
    assert daily["date"].max().date() == FIRST + timedelta(days=89)


# The corpus itself: what a plain reading of the plain files gives is what is expected.


@pytest.mark.parametrize("case", PLAIN, ids=by_name)
def test_a_plain_file_holds_what_it_says(case: ExportCase):
    rows = list(csv.DictReader(io.StringIO(case.content.decode(), newline="")))
    sums = {
        metric: sum(Decimal(row[heading] or 0) for row in rows)
        for metric, heading in case.plain.items()
        if metric != "day"
    }
    expected = {m: v for m in METRICS if (v := getattr(case.expected, m)) is not None}
    assert {metric: float(value) for metric, value in sums.items()} == pytest.approx(expected)
    days = {row[case.plain["day"]] for row in rows}
    assert len(days) == case.expected.days
    assert (min(days), max(days)) == (str(case.expected.first), str(case.expected.last))


def test_the_corpus_covers_the_platforms_and_is_the_same_every_time():
    platforms = set().union(*(case.expected.platforms for case in READ))
    assert platforms >= {
        "google",
        "meta",
        "microsoft",
        "tiktok",
        "linkedin",
        "pinterest",
        "snapchat",
        "reddit",
        "x",
        "amazon",
        "apple_search_ads",
        "dv360",
        "youtube",
        "ga4",
    }
    names = [case.name for case in EXPORTS]
    assert len(names) == len(set(names)) >= 60
    assert {(case.expected is None) for case in REFUSED} == {True}


def test_rows_of_zeros_pauses_and_blanks_are_in_the_corpus():
    daily = next(case for case in PLAIN if case.name == "meta-daily")
    rows = list(csv.DictReader(io.StringIO(daily.content.decode(), newline="")))
    assert any(row["Purchases"] == "" for row in rows)
    assert any(float(row["Amount spent (EUR)"]) == 0 for row in rows)
    assert len(rows) == 3 * 90 - 5


@pytest.mark.parametrize("case", [c for c in READ if c.file_name.endswith("xlsx")], ids=by_name)
def test_a_workbook_is_an_archive_of_well_formed_parts(case: ExportCase):
    with zipfile.ZipFile(io.BytesIO(case.content)) as archive:
        parts = {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}  # noqa: S314
    assert len(parts) == 6
    assert len(parts["xl/worksheets/sheet1.xml"][0]) > 265
