"""Landing logs that are found, joined over periods, and matched to campaigns and channels."""

import shutil
from pathlib import Path

import pytest
import yaml
from helpers.subjects.landing_logs import (
    NAME,
    PLAIN,
    Make,
    Row,
    assert_equal,
    plain_rows,
    read,
    write,
)

from mediagym.data.errors import DataError
from mediagym.data.journeys import Landings, read_landings
from mediagym.data.units import load_history


def test_a_landing_log_of_another_name_is_found_by_its_headings(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    settings = data_settings(folder)
    history = load_history(settings)
    (folder / NAME).unlink()
    assert read_landings(settings, history) is None
    write(folder / "visits.csv", PLAIN, plain_rows(rows))
    assert_equal(read(settings, history), expected)
    shutil.copy(folder / "visits.csv", folder / "again.csv")
    with pytest.raises(DataError, match=r"visits\.csv.*overlap.*'again\.csv'.*data\.landings_file"):
        read(settings, history)
    assert_equal(read(data_settings(folder, landings_file="VISITS.csv"), history), expected)
    assert_equal(read(data_settings(folder, ignore_files=["a*"]), history), expected)


def test_logs_of_one_kind_and_several_periods_are_joined(
    folder: Path, rows: list[Row], data_settings: Make, exports
) -> None:
    rows = sorted(rows, key=lambda row: row["Website Landing Time"])
    exports.write_rows(folder / NAME, exports.LANDINGS_HEADER, rows)
    settings = data_settings(folder)
    history = load_history(settings)
    expected = read(settings, history)
    (folder / NAME).unlink()
    cells = plain_rows(rows)
    february = next(k for k, line in enumerate(cells) if line[1] >= "2024-02")
    write(folder / "b-january.csv", PLAIN, cells[:february], delimiter=";")
    write(folder / "a-february.csv", PLAIN, cells[february:])
    found = read(settings, history)
    assert_equal(found, expected)
    assert any(note.startswith("b-january.csv: read as UTM log") for note in found.report.notes)
    write(folder / "a-february.csv", [*PLAIN[:5], "orders"], cells[february:])
    with pytest.raises(DataError, match=r"a-february\.csv: orders marks.*it is converted"):
        read(settings, history)
    write(folder / "a-february.csv", exports.LANDINGS_HEADER, [["a"] * 6])
    with pytest.raises(DataError, match=r"2 files are landing logs.*data\.landings_file"):
        read(settings, history)


def test_campaigns_of_a_plan_are_matched_by_name_and_groups_by_their_patterns(
    folder: Path, rows: list[Row], data_settings: Make, tmp_path: Path
) -> None:
    text = (folder / "googleads-performance.csv").read_text()
    names = {"Search Network": "RB_Brand-2024", "YouTube": "Sommer %", "Cross-network": "PMax | a"}
    for old, new in {"Campaign type": "Campaign", **names}.items():
        text = text.replace(old, new)
    (folder / "googleads-performance.csv").write_text(text)
    cells = plain_rows(rows)
    urls = {"search_network": "rb_brand-2024", "youtube": "sommer+%25", "cross-network": "pmax+|+a"}
    for line in cells:
        line[4] = urls.get(line[4], line[4])
    write(folder / NAME, PLAIN, cells)
    settings = data_settings(folder)
    found = {match.campaign: match.landings for match in read(settings).report.matches}
    counts = {name: sum(r["Campaign Type"] == name for r in rows) for name in names}
    for old, new in names.items():
        assert found[f"google/{new}"] == counts[old] > 100
    groups = tmp_path / "groups.yaml"
    groups.write_text(yaml.safe_dump({"Brand": ["*brand*"], "Rest": ["*pmax*", "meta/*"]}))
    settings = data_settings(folder, unit="group", groups=groups)
    found = {match.campaign: match.landings for match in read(settings).report.matches}
    assert found["google/Brand"] == counts["Search Network"]
    assert found["google/Rest"] == counts["Cross-network"]
    assert found["google/Other campaigns"] == counts["YouTube"]


def test_identifiers_of_clicks_on_ads_and_referrers_tell_the_channel(
    folder: Path, data_settings: Make
) -> None:
    header = [*PLAIN, "gclid", "msclkid", "referrer"]
    day = "2024-01-10 10:00:0"
    cells = [
        ["a", day + "0", "", "", "YouTube", 0, "Cj0K", "", "https://www.google.com/"],
        ["b", day + "1", "", "", "Shopping", 1, "", "4f2", ""],
        ["c", day + "2", "", "", "", 0, "", "", "https://www.google.co.uk/search?q=x"],
        ["d", day + "3", "", "", "", 0, "", "", "https://m.facebook.com/"],
        ["e", day + "4", "", "", "", 0, "", "", "https://blog.example.org/post"],
        ["f", day + "5", "", "", "", 0, "", "", ""],
        ["g", day + "6", "news", "email", "spring", 0, "", "", "https://mail.google.com/"],
        ["h", day + "7", "facebook", "stories", "x", 0, "", "", ""],
    ]
    write(folder / NAME, header, cells)
    settings = data_settings(folder)
    names = load_history(settings).names
    landings = read(settings)
    frame = landings.frame
    assert list(frame["Channel"]) == [
        *("paid", "paid", "organic search", "social", "referral", "direct", "email", "referral")
    ]
    assert [names[k] for k in frame["Campaign"][:2]] == ["google/YouTube", "microsoft/Shopping"]
    assert list(frame["Source"][2:5]) == ["google.co.uk", "m.facebook.com", "blog.example.org"]
    assert any("facebook / stories (1)" in note for note in landings.report.notes)


def test_a_source_of_the_users_own_is_mapped_to_its_channel(
    folder: Path, rows: list[Row], expected: Landings, data_settings: Make
) -> None:
    cells = plain_rows(rows)
    for line in cells:
        line[2] = line[2].replace("fb", "agency_meta")
    write(folder / NAME, PLAIN, cells)
    with pytest.raises(DataError, match=r"agency_meta.*data\.landing_sources\.NAME=meta"):
        read(data_settings(folder))
    sources = {"agency_meta": "meta"}
    assert_equal(read(data_settings(folder, landing_sources=sources)), expected)
