"""Labels of landings matched with the campaigns of the exports."""

from pathlib import Path

import pytest
from helpers.subjects.landing_logs import NAME, Make
from helpers.subjects.site_logs import HEADER, ROW, read, rewrite

from mediagym.data.errors import DataError
from mediagym.data.journeys import MAX_LISTED
from mediagym.data.units import load_history


def test_the_landings_are_counted(folder: Path, data_settings: Make, exports) -> None:
    landings = read(folder, data_settings)
    rows = exports.read_rows(folder / NAME)
    report = landings.report
    assert report.rows == len(rows) == len(landings.frame)
    assert report.users == len({row["User Id"] for row in rows})
    assert report.converted_rows == sum(row["Is Converted"] == "1" for row in rows)
    times = sorted(row["Website Landing Time"] for row in rows)
    assert str(report.first) == times[0].replace(" ", "T")
    assert str(report.last) == times[-1].replace(" ", "T")
    assert report.rows_outside == 0
    assert report.unmatched == ()
    assert (landings.frame["User Id"] == [row["User Id"] for row in rows]).all()
    assert (landings.frame["Channel"].astype(str) == [row["Channel"] for row in rows]).all()


def test_paid_landings_are_matched_with_clicks(folder: Path, data_settings: Make, exports) -> None:
    landings = read(folder, data_settings)
    history = load_history(data_settings(folder))
    rows = exports.read_rows(folder / NAME)
    sources = {"google": "google", "microsoft": "bing", "meta": "facebook"}
    for k, (campaign, match) in enumerate(
        zip(history.campaigns, landings.report.matches, strict=True)
    ):
        label = ("paid", sources[campaign.channel], campaign.campaign_type or "")
        expected = [(row["Channel"], row["Source"], row["Campaign Type"]) == label for row in rows]
        assert match.campaign == campaign.name
        assert match.landings == sum(expected)
        assert match.clicks == history.clicks[:, k].sum()
        assert match.ratio == pytest.approx(match.landings / match.clicks)
        assert ((landings.frame["Campaign"] == k) == expected).all()


def test_rows_outside_the_ads_period_are_counted_and_not_matched(
    folder: Path, data_settings: Make
) -> None:
    clean = read(folder, data_settings).report
    late = ROW.replace("2024-01-05", "2024-03-07")
    rewrite(folder, lambda text: text + late * 3)
    report = read(folder, data_settings).report
    assert report.rows_outside == 3
    assert report.matches == clean.matches
    assert any("3 rows lie outside" in note for note in report.notes)


def test_only_days_that_both_cover_are_compared(folder: Path, data_settings: Make) -> None:
    (folder / NAME).write_text(HEADER + ROW + ROW.replace("01-05", "01-06"))
    history = load_history(data_settings(folder))
    match = read(folder, data_settings).report.matches[history.names.index("google/YouTube")]
    assert match.clicks == history.clicks[4:6, history.names.index("google/YouTube")].sum()
    assert match.landings == 2


def test_paid_labels_of_no_campaign_are_listed(folder: Path, data_settings: Make) -> None:
    odd = ROW.replace("YouTube", "Billboards") * 2 + ROW.replace("google", "tiktok")
    rewrite(folder, lambda text: text + odd + ROW.replace("google,", ","))
    report = read(folder, data_settings).report
    assert report.unmatched == (
        ("google/Billboards", 2),
        ("(none)/YouTube", 1),
        ("tiktok/YouTube", 1),
    )
    assert any("2 paid landings of google/Billboards" in note for note in report.notes)


def test_of_many_or_long_labels_notes_stay_short(folder: Path, data_settings: Make) -> None:
    many = "".join(ROW.replace("YouTube", f"type {number}") for number in range(500))
    long = ROW.replace("YouTube", "x" * 100_000) * 2
    rewrite(folder, lambda text: text + many + long)
    report = read(folder, data_settings).report
    assert len(report.unmatched) == 501
    notes = [note for note in report.notes if "belong to no campaign" in note]
    assert len(notes) == MAX_LISTED + 1
    assert max(map(len, notes)) < 200
    assert any(f"{501 - MAX_LISTED} more labels" in note for note in notes)


def test_many_sources_and_many_types_take_no_table_of_all_pairs(
    folder: Path, data_settings: Make
) -> None:
    clean = read(folder, data_settings)
    odd = [
        ROW.replace("google", f"s{number}").replace("YouTube", f"t{number}")
        for number in range(40_000)  # a table of all pairs would take 12 GB
    ]
    rewrite(folder, lambda text: text + "".join(odd))
    landings = read(folder, data_settings)
    assert landings.report.matches == clean.report.matches
    assert (landings.frame["Campaign"].to_numpy()[-len(odd) :] == -1).all()


def test_labels_match_without_regard_to_case(folder: Path, data_settings: Make) -> None:
    clean = read(folder, data_settings).report.matches
    rewrite(folder, lambda text: text.replace("google", "Google").replace("YouTube", "YOUTUBE"))
    assert read(folder, data_settings).report.matches == clean


def test_a_join_that_matches_nothing_is_an_error(folder: Path, data_settings: Make) -> None:
    for source in ("google", "bing", "facebook"):
        rewrite(folder, lambda text, name=source: text.replace(f",{name},", f",{name} ads,"))
    with pytest.raises(DataError, match=r"google ads/YouTube.*data\.landing_sources"):
        read(folder, data_settings)
    sources = {"google ads": "google", "bing ads": "microsoft", "facebook ads": "meta"}
    assert not read(folder, data_settings, landing_sources=sources).report.unmatched


def test_a_channel_under_another_name_is_an_error_that_names_it(
    folder: Path, data_settings: Make
) -> None:
    rewrite(folder, lambda text: text.replace(",google,paid,", ",Google Ads,paid,"))
    with pytest.raises(DataError) as caught:
        read(folder, data_settings)
    for part in ("channel google", "Google Ads/YouTube", "data.landing_sources.NAME=google"):
        assert part in str(caught.value)
    sources = {"google ads": "google", "bing": "microsoft", "facebook": "meta"}
    assert not read(folder, data_settings, landing_sources=sources).report.unmatched


def test_a_channel_without_landings_is_a_note_if_no_label_is_unmatched(
    folder: Path, data_settings: Make
) -> None:
    rows = [row for row in (folder / NAME).read_text().splitlines() if ",facebook,paid," not in row]
    (folder / NAME).write_text("\n".join(rows) + "\n" + ROW.replace("google", "tiktok"))
    notes = read(folder, data_settings).report.notes
    assert any("WARNING, no landing of meta" in note for note in notes)


def test_labels_of_one_channel_are_not_attributed_to_another(
    folder: Path, data_settings: Make
) -> None:
    odd = ROW.replace("YouTube", "Billboards") * 9
    (folder / NAME).write_text(HEADER + ROW + odd)
    assert read(folder, data_settings).report.unmatched == (("google/Billboards", 9),)
    (folder / NAME).write_text(HEADER + ROW + odd.replace("google", "Facebook Ads"))
    with pytest.raises(DataError, match=r"channel meta.*Facebook Ads/Billboards \(9\)"):
        read(folder, data_settings)
