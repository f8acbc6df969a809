"""The workbook: five sheets, numbers that are numbers, no formula whatever the names."""

import re
import zipfile

import pytest

from mediagym.agents.plan_files import export_plan
from mediagym.data.sheets import read_sheets


def made(content, folder):
    (path,) = export_plan(content, ["xlsx"], folder)
    return path


def parts(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_sheets_have_their_names_in_order(plan, tmp_path):
    xml = parts(made(plan(), tmp_path))["xl/workbook.xml"]
    assert re.findall(r'<sheet name="([^"]*)"', xml) == [
        "Summary", "By day", "Long", "Campaigns", "Notes",
    ]  # fmt: skip


def test_no_cell_is_a_formula_or_a_link_and_names_stay_text(plan, hostile, tmp_path):
    files = parts(made(plan(hostile), tmp_path))
    for name, xml in files.items():
        assert "<f>" not in xml, name
        assert "<hyperlink" not in xml, name
    strings = files["xl/sharedStrings.xml"]
    assert '=cmd|"/C calc"!A0' in strings
    assert "<t>007</t>" in strings
    assert "https://example.com" in strings


def test_equal_plans_make_equal_bytes(plan, tmp_path):
    one, other = made(plan(), tmp_path / "a"), made(plan(), tmp_path / "b")
    assert one.read_bytes() == other.read_bytes()


def test_days_are_dates_and_amounts_numbers_that_sum(plan, tmp_path):
    content = plan(actual=2)
    by_day = next(s for s in read_sheets(made(content, tmp_path)) if s.rows[0][:3] == [
        "Date", "Status", "Total",
    ])  # fmt: skip
    rows = by_day.rows[1:]
    assert rows[0][0] == "2024-07-10"
    for row in rows:
        assert float(row[2]) == pytest.approx(sum(map(float, row[3:])), abs=1e-6)
    assert float(rows[-1][2]) == content["flight"]["budget"]
    xml = parts(tmp_path / "plan.xlsx")["xl/worksheets/sheet2.xml"]
    assert not re.search(r'<c r="[C-Z]+[2-9]" [^>]*t="s"', xml)  # no amount is text


@pytest.mark.parametrize(
    ("currency", "look"),
    [("EUR", "€&quot;#,##0.00"), ("JPY", "¥&quot;#,##0;"), ("CHF", "CHF &quot;#,##0.00")],
)
def test_amounts_have_the_format_of_the_currency(plan, tmp_path, currency, look):
    assert look in parts(made(plan(currency=currency), tmp_path))["xl/styles.xml"]


def test_headers_are_frozen(plan, tmp_path):
    files = parts(made(plan(), tmp_path))
    for number in (2, 3, 4, 5):
        assert 'state="frozen"' in files[f"xl/worksheets/sheet{number}.xml"]


def test_revenue_that_nobody_reports_is_left_out(plan, tmp_path):
    strings = parts(made(plan(revenue=False, actual=1), tmp_path))["xl/sharedStrings.xml"]
    assert "Expected revenue" not in strings
    assert "Expected conversions" in strings


def test_notes_hold_flags_warnings_and_changes(plan, tmp_path):
    content = plan()
    content["changes"] = [
        {"channel": "meta", "campaign_type": None, "from": 60.0, "to": 80.0, "share": 0.3,
         "adopted": False, "reason": "It does not pay."}
    ]  # fmt: skip
    strings = parts(made(content, tmp_path))["xl/sharedStrings.xml"]
    assert "meta: Its floor binds." in strings
    assert "WARNING: something." in strings
    assert "meta: $60.00 to $80.00 a day, held. It does not pay." in strings
