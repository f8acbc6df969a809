"""Irregular exports: each gives the history of the clean export, and a note."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mediagym.data.errors import DataError, DataProblemsError
from mediagym.data.exports import DataSettings
from mediagym.data.units import load_history

Make = Callable[..., DataSettings]
GOOGLE = "googleads-performance.csv"
META = "metaads-performance.csv"


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def columns(change: Callable[[list[str], int], list[str]]) -> Callable[[str], str]:
    """Edit of the cells of every line; `change` also gets the index of the line."""
    return lambda text: "".join(
        ",".join(change(line.split(","), at)) + "\n" for at, line in enumerate(text.splitlines())
    )


def micros(cells: list[str], at: int) -> list[str]:
    name = ["Cost (micros)"] if at == 0 else [str(round(float(cells[4]) * 1e6))]
    return [*cells[:4], *name, *cells[5:]]


def with_totals(text: str) -> str:
    rows = [line.split(",") for line in text.splitlines()[1:]]
    sums = [f"{sum(float(row[at]) for row in rows):.2f}" for at in range(2, 7)]
    return text + ",".join(["Total", "", *sums]) + "\n"


def split_by_month(folder: Path) -> None:
    header, *rows = (folder / GOOGLE).read_text().splitlines(keepends=True)
    for month in ("2024-01", "2024-02"):
        mine = [row for row in rows if row.startswith(month)]
        (folder / f"google {month}.csv").write_text(header + "".join(mine))
    (folder / GOOGLE).unlink()


TOLERATED: dict[str, tuple[Callable[[Path], object], str]] = {
    "byte order mark": (
        lambda f: (f / GOOGLE).write_bytes(b"\xef\xbb\xbf" + (f / GOOGLE).read_bytes()),
        "byte order mark",
    ),
    "windows line ends": (
        lambda f: (f / GOOGLE).write_bytes((f / GOOGLE).read_bytes().replace(b"\n", b"\r\n")),
        "",
    ),
    "old line ends": (
        lambda f: (f / GOOGLE).write_bytes((f / GOOGLE).read_bytes().replace(b"\n", b"\r")),
        "",
    ),
    "no last line end": (
        lambda f: (f / GOOGLE).write_bytes((f / GOOGLE).read_bytes().rstrip()),
        "no line end",
    ),
    "blank lines": (lambda f: edit(f / GOOGLE, lambda t: t.replace("\n", "\n\n")), ""),
    "rows of commas": (lambda f: edit(f / GOOGLE, lambda t: t + ",,,,,,\n" * 3), "3 rows without"),
    "upper-case header": (
        lambda f: edit(f / GOOGLE, lambda t: t.replace("Campaign type", " CAMPAIGN TYPE ")),
        "",
    ),
    "quoted cells": (
        lambda f: edit(f / GOOGLE, columns(lambda cells, _: [f'"{cell}"' for cell in cells])),
        "",
    ),
    "spaces around cells": (
        lambda f: edit(f / GOOGLE, columns(lambda cells, _: [f" {cell} " for cell in cells])),
        "",
    ),
    "index column": (
        lambda f: edit(f / GOOGLE, columns(lambda c, at: [str(at - 1) if at else "", *c])),
        "left out: column",
    ),
    "pandas index column": (
        lambda f: edit(
            f / GOOGLE, columns(lambda c, at: [str(at - 1) if at else "Unnamed: 0", *c])
        ),
        "left out: Unnamed: 0",
    ),
    "trailing empty column": (
        lambda f: edit(f / GOOGLE, columns(lambda c, _: [*c, ""])),
        "left out: column",
    ),
    "type in another case": (
        lambda f: edit(f / GOOGLE, lambda t: t.replace("Cross-network", "CROSS-NETWORK")),
        "'CROSS-NETWORK' as Cross-network",
    ),
    "time of day": (
        lambda f: edit(f / META, columns(lambda c, at: [c[0] + " 00:00:00" * (at > 0), *c[1:]])),
        "",
    ),
    "without reach": (
        lambda f: edit(f / META, columns(lambda c, _: [*c[:2], *c[3:]])),
        "",
    ),
    "cost in micros": (lambda f: edit(f / GOOGLE, columns(micros)), "millionths"),
    "misspelled file name": (
        lambda f: (f / GOOGLE).rename(f / "googlead-performance.csv"),
        "googlead-performance.csv: read as Google Ads",
    ),
    "file name in another case": (
        lambda f: (f / GOOGLE).rename(f / "GoogleAds-Performance.CSV"),
        "GoogleAds-Performance.CSV: read as Google Ads",
    ),
    "titles above the header": (
        lambda f: edit(f / GOOGLE, lambda t: 'Report\n"January 1, 2024, to March"\n' + t),
        "2 rows left out (title): 1, 2",
    ),
    "footer": (
        lambda f: edit(f / GOOGLE, lambda t: t + "©2024 A Company,,,,,,\n"),
        "1 row left out (footer): 182",
    ),
    "totals": (
        lambda f: edit(f / GOOGLE, with_totals),
        "1 row left out (totals): 182",
    ),
    "a column that nothing needs": (
        lambda f: edit(f / GOOGLE, columns(lambda c, at: [*c, "$1" if at else "Avg. CPC"])),
        "left out: Avg. CPC",
    ),
    "UTF-16": (
        lambda f: (f / GOOGLE).write_bytes((f / GOOGLE).read_text().encode("utf-16")),
        "UTF-16",
    ),
    "semicolons": (
        lambda f: edit(f / GOOGLE, lambda t: t.replace(",", ";")),
        "separated by a semicolon",
    ),
    "tabs": (lambda f: edit(f / GOOGLE, lambda t: t.replace(",", "\t")), "separated by a tab"),
    "packed": (
        lambda f: (
            (f / f"{GOOGLE}.gz").write_bytes(gzip.compress((f / GOOGLE).read_bytes())),
            (f / GOOGLE).unlink(),
        ),
        "unpacked from a gz file",
    ),
    "a copied row": (
        lambda f: edit(f / GOOGLE, lambda t: t + t.splitlines()[4] + "\n"),
        "the first is row 182, a copy of row 5",
    ),
    "pasted twice": (
        lambda f: edit(f / GOOGLE, lambda t: t + t.partition("\n")[2]),
        "180 rows are equal to an earlier row",
    ),
    "pasted twice with headers": (lambda f: edit(f / GOOGLE, lambda t: t + t), "kept once"),
    "the same file twice": (
        lambda f: (f / "google 2.csv").write_bytes((f / GOOGLE).read_bytes()),
        "180 campaign-days are in several files; kept once",
    ),
    "one file per month": (split_by_month, ""),
    "constant campaign column": (
        lambda f: edit(f / GOOGLE, columns(lambda c, at: [*c, "All" if at else "Campaign"])),
        "",
    ),
}


@pytest.mark.parametrize("name", TOLERATED)
def test_a_harmless_irregularity_changes_nothing_and_is_noted(
    name: str, export_folder: Path, data_settings: Make
) -> None:
    mutate, note = TOLERATED[name]
    clean = load_history(data_settings(export_folder))
    mutate(export_folder)
    irregular = load_history(data_settings(export_folder))
    assert irregular.fingerprint() == clean.fingerprint()
    assert any(note in each for each in irregular.notes)
    assert all("\n" not in each for each in irregular.notes)


def test_micros_by_setting_equal_dollars(export_folder: Path, data_settings: Make) -> None:
    clean = load_history(data_settings(export_folder))
    edit(export_folder / GOOGLE, columns(micros))
    edit(export_folder / GOOGLE, lambda text: text.replace("Cost (micros)", "Cost"))
    converted = load_history(data_settings(export_folder, cost_in_micros=["google"]))
    assert converted.fingerprint() == clean.fingerprint()


def test_micros_that_nothing_declares_are_refused(export_folder: Path, data_settings: Make) -> None:
    """Costs of whole cents in micros all end in 0000, and clicks would cost a fortune."""
    edit(export_folder / GOOGLE, columns(micros))
    edit(export_folder / GOOGLE, lambda text: text.replace("Cost (micros)", "Cost"))
    with pytest.raises(DataError, match=r"data\.cost_in_micros"):
        load_history(data_settings(export_folder))


def test_an_extra_column_can_be_ignored(export_folder: Path, data_settings: Make) -> None:
    clean = load_history(data_settings(export_folder))
    edit(export_folder / GOOGLE, columns(lambda c, at: [*c, "$1" if at else "Avg. CPC"]))
    irregular = load_history(data_settings(export_folder, ignore_columns=["avg. cpc"]))
    assert irregular.fingerprint() == clean.fingerprint()
    assert any("ignored column 'Avg. CPC'" in note for note in irregular.notes)


def test_a_new_campaign_type_is_read_and_a_typing_error_is_not(
    export_folder: Path, data_settings: Make
) -> None:
    edit(export_folder / GOOGLE, lambda text: text.replace("YouTube", "Billboards"))
    history = load_history(data_settings(export_folder))
    assert "google/Billboards" in history.names
    assert any("'Billboards' is new" in note for note in history.notes)
    edit(export_folder / GOOGLE, lambda text: text.replace("Search Network", "Serch Network"))
    with pytest.raises(DataError, match="write 'Search Network'"):
        load_history(data_settings(export_folder))
    history = load_history(
        data_settings(export_folder, campaign_types={"google": ["Serch Network"]})
    )
    assert "google/Serch Network" in history.names


def test_rows_without_a_type_are_a_unit_of_their_own(
    export_folder: Path, data_settings: Make
) -> None:
    edit(export_folder / GOOGLE, lambda text: text.replace("YouTube", ""))
    history = load_history(data_settings(export_folder))
    assert "google/Unspecified" in history.names
    assert any("WARNING" in note and "no campaign type" in note for note in history.notes)


def test_unusual_numbers_are_accepted_and_counted(
    export_folder: Path, data_settings: Make, exports
) -> None:
    rows = exports.read_rows(export_folder / META)
    rows[0] |= {"Cost": "0"}
    rows[1] |= {"Conversions": "2.5", "Revenue": "0"}
    rows[2] |= {"Conversions": "0", "Revenue": "80"}
    rows[3] |= {"Clicks": "1", "Conversions": "4"}
    rows[4] |= dict.fromkeys(("Impressions", "Clicks", "Cost", "Conversions", "Revenue"), "0")
    exports.write_rows(export_folder / META, exports.META_HEADER, rows)
    history = load_history(data_settings(export_folder))
    notes = [note for note in history.notes if note.startswith("meta: days")]
    for what in (
        "no cost",
        "conversions and no revenue",
        "revenue and no conversions",
        "more conversions than clicks",
    ):
        assert any(what in note for note in notes), what


def test_channels_that_are_not_configured_are_not_read(
    export_folder: Path, data_settings: Make
) -> None:
    history = load_history(data_settings(export_folder, channels=["microsoft", "google"]))
    assert [c.channel for c in history.campaigns] == ["microsoft"] * 2 + ["google"] * 3
    assert any("not read: meta" in note for note in history.notes)


def test_a_channel_that_no_file_has_is_refused(export_folder: Path, data_settings: Make) -> None:
    (export_folder / META).unlink()
    assert len(load_history(data_settings(export_folder)).campaigns) == 5
    with pytest.raises(DataError, match=r"no export of meta.*data\.channels"):
        load_history(data_settings(export_folder, channels=["google", "meta"]))


def test_a_column_that_is_missing_is_unknown_not_zero(
    export_folder: Path, data_settings: Make
) -> None:
    edit(export_folder / META, columns(lambda c, _: c[:-1]))
    history = load_history(data_settings(export_folder))
    meta = history.names.index("meta")
    assert np.isnan(history.revenue[:, meta]).all()
    assert np.isfinite(history.conversions[:, meta]).all()
    assert f"{META}: no column of revenue; unknown." in history.notes


def test_all_problems_of_all_files_are_reported_together(
    export_folder: Path, data_settings: Make
) -> None:
    edit(
        export_folder / GOOGLE, columns(lambda c, at: [*c[:3], "many" if at == 5 else c[3], *c[4:]])
    )
    edit(export_folder / GOOGLE, columns(lambda c, at: ["Monday" if at == 7 else c[0], *c[1:]]))
    edit(export_folder / META, columns(lambda c, at: [*c[:3], "-5" if at == 9 else c[3], *c[4:]]))
    with pytest.raises(DataProblemsError) as caught:
        load_history(data_settings(export_folder))
    places = [(p.details["file"], p.details["row"]) for p in caught.value.problems]
    assert places == [(GOOGLE, 8), (GOOGLE, 6), (META, 10)]
    assert str(caught.value).startswith("3 problems were found.\n1. ")


def test_every_file_is_announced(export_folder: Path, data_settings: Make) -> None:
    announced: list[str] = []
    load_history(data_settings(export_folder), announced.append)
    assert {GOOGLE, META} <= set(announced)
    assert len(announced) == len(set(announced))
