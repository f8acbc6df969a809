"""Tolerated irregularities: each gives the history of the clean export, and a note."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mediagym.data.errors import DataError
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
        "'CAMPAIGN TYPE' as Campaign type",
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
        "without a name",
    ),
    "pandas index column": (
        lambda f: edit(
            f / GOOGLE, columns(lambda c, at: [str(at - 1) if at else "Unnamed: 0", *c])
        ),
        "without a name",
    ),
    "trailing empty column": (
        lambda f: edit(f / GOOGLE, columns(lambda c, _: [*c, ""])),
        "without a name",
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
        "googlead-performance.csv: read as",
    ),
    "file name in another case": (
        lambda f: (f / GOOGLE).rename(f / "GoogleAds-Performance.CSV"),
        "GoogleAds-Performance.CSV: read as",
    ),
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
    with pytest.raises(DataError, match=r"data\.cost_in_micros"):
        load_history(data_settings(export_folder))


def test_an_extra_column_can_be_ignored(export_folder: Path, data_settings: Make) -> None:
    clean = load_history(data_settings(export_folder))
    edit(export_folder / GOOGLE, columns(lambda c, at: [*c, "$1" if at else "Avg. CPC"]))
    irregular = load_history(data_settings(export_folder, ignore_columns=["avg. cpc"]))
    assert irregular.fingerprint() == clean.fingerprint()
    assert any("ignored column 'Avg. CPC'" in note for note in irregular.notes)


def test_a_new_campaign_type_is_one_setting_away(export_folder: Path, data_settings: Make) -> None:
    edit(export_folder / GOOGLE, lambda text: text.replace("YouTube", "Billboards"))
    types = {**data_settings(None).campaign_types, "google": ["Billboards", "Cross-network"]}
    with pytest.raises(DataError, match="'Search Network'"):
        load_history(data_settings(export_folder, campaign_types=types))
    types["google"] += ["Search Network"]
    history = load_history(data_settings(export_folder, campaign_types=types))
    assert "google/Billboards" in history.names


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
    notes = [note for note in history.notes if note.startswith(META)]
    for what in (
        "no cost",
        "zeros only",
        "fraction of a conversion",
        "conversions and no revenue",
        "revenue and no conversions",
        "more conversions than clicks",
    ):
        assert any(what in note for note in notes), what


def test_channels_that_are_not_configured_are_not_read(
    export_folder: Path, data_settings: Make
) -> None:
    (export_folder / META).write_text("rubbish")
    history = load_history(data_settings(export_folder, channels=["microsoft", "google"]))
    assert [c.channel for c in history.campaigns] == ["microsoft"] * 2 + ["google"] * 3
    assert any("not read" in note for note in history.notes)
