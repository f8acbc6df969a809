import datetime
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mediagym.data.errors import DataError
from mediagym.data.exports import DataSettings
from mediagym.data.history import DEAD, MISSING, OBSERVED, Campaign, History
from mediagym.data.units import load_history

Make = Callable[..., DataSettings]
GOOGLE = "googleads-performance.csv"
META = "metaads-performance.csv"
MICROSOFT = "microsoftads-performance.csv"


def keep(path: Path, predicate: Callable[[str], bool]) -> None:
    """Deletes all lines but the header and those for which the predicate is true."""
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *filter(predicate, rows)]) + "\n")


def test_the_history_holds_what_the_exports_say(
    export_folder: Path, data_settings: Make, exports
) -> None:
    history = load_history(data_settings(export_folder))
    assert history.names == (
        "google/Cross-network",
        "google/Search Network",
        "google/YouTube",
        "meta",
        "microsoft/Search & content",
        "microsoft/Shopping",
    )
    assert history.campaigns[3] == Campaign("meta", None)
    assert history.dates.dtype == "datetime64[D]"
    assert (np.diff(history.dates) == np.timedelta64(1, "D")).all()
    assert history.presence.dtype == np.int8
    columns = {"Cost": "spend", "Impressions": "impressions", "Clicks": "clicks"}
    columns |= {"Conversions": "conversions", "Revenue": "revenue"}
    for file, channel in ((GOOGLE, "google"), (META, "meta"), (MICROSOFT, "microsoft")):
        for row in exports.read_rows(export_folder / file):
            campaign = history.campaigns.index(Campaign(channel, row.get("Campaign type")))
            day = int(np.flatnonzero(history.dates == np.datetime64(row["Date"]))[0])
            for column, name in columns.items():
                assert getattr(history, name)[day, campaign] == float(row[column])


def test_missing_zero_and_dead_days_are_distinguished(
    export_folder: Path, data_settings: Make, exports
) -> None:
    rows = exports.read_rows(export_folder / GOOGLE)
    for row in rows:
        if row["Campaign type"] == "YouTube" and row["Date"] == "2024-02-01":
            row |= dict.fromkeys(("Impressions", "Clicks", "Cost", "Conversions", "Revenue"), "0")
    exports.write_rows(export_folder / GOOGLE, exports.TYPED_HEADER, rows)
    # YouTube: 27 days without rows in the middle; Search Network: 28 at the start.
    keep(
        export_folder / GOOGLE, lambda r: not ("YouTube" in r and "2024-01-05" <= r < "2024-01-32")
    )
    keep(export_folder / GOOGLE, lambda r: "Search" not in r or r > "2024-01-29")
    keep(export_folder / MICROSOFT, lambda r: "Shopping" not in r or r < "2024-02-01")  # 29 at end
    history = load_history(data_settings(export_folder))
    youtube, search = history.names.index("google/YouTube"), 1
    shopping = history.names.index("microsoft/Shopping")
    states = history.presence
    assert states[31, youtube] == OBSERVED
    assert history.spend[31, youtube] == 0
    gap = slice(4, 31)
    assert (states[gap, youtube] == MISSING).all()
    assert np.isnan(history.spend[gap, youtube]).all()
    assert (states[:28, search] == DEAD).all()
    assert (history.clicks[:28, search] == 0).all()
    assert states[28, search] == OBSERVED
    assert (states[31:, shopping] == DEAD).all()
    assert np.count_nonzero(states) == 27 + 28 + 29
    notes = "\n".join(history.notes)
    assert "google/YouTube: 27 days without a row; missing" in notes
    assert "google/Search Network: no row for 28 days, 2024-01-01 to 2024-01-28" in notes
    assert "microsoft/Shopping: no row for 29 days, 2024-02-01 to 2024-02-29" in notes


def test_a_channel_that_starts_late_is_dead_before(
    export_folder: Path, data_settings: Make
) -> None:
    keep(export_folder / META, lambda row: row > "2024-02-10")
    history = load_history(data_settings(export_folder))
    assert (history.presence[:40, 3] == DEAD).all()
    assert (history.presence[40:, 3] == OBSERVED).all()
    assert len(history.dates) == 60


def test_too_little_data_is_noted(export_folder: Path, data_settings: Make, exports) -> None:
    rows = exports.read_rows(export_folder / META)
    empty = dict.fromkeys(("Conversions", "Revenue"), "0")
    exports.write_rows(export_folder / META, exports.META_HEADER, [row | empty for row in rows])
    keep(export_folder / GOOGLE, lambda row: "YouTube" not in row or row > "2024-02-29")
    notes = "\n".join(load_history(data_settings(export_folder)).notes)
    assert "meta: no conversions at all" in notes
    assert "google/YouTube: only 1 day with a row" in notes


def test_the_gap_that_makes_a_campaign_dead_is_a_setting(
    export_folder: Path, data_settings: Make
) -> None:
    keep(export_folder / META, lambda row: not "2024-01-10" <= row < "2024-01-13")
    for days, state in ((3, DEAD), (4, MISSING)):
        history = load_history(data_settings(export_folder, dead_after_days=days))
        assert (history.presence[9:12, 3] == state).all()


def test_a_channel_must_overlap_with_one_other_not_with_all(
    export_folder: Path, data_settings: Make
) -> None:
    keep(export_folder / META, lambda row: row < "2024-01-30")
    keep(export_folder / MICROSOFT, lambda row: row > "2024-01-31")
    assert len(load_history(data_settings(export_folder)).dates) == 60


def test_exactly_the_minimum_of_days_is_enough(
    tmp_path: Path, data_settings: Make, exports
) -> None:
    folder = exports.write_exports(tmp_path, days=28)
    assert len(load_history(data_settings(folder)).dates) == 28


def same(history: History, other: History) -> None:
    assert history.fingerprint() == other.fingerprint()
    assert history.names == other.names


@given(seed=st.integers(0, 2**32))
@settings(max_examples=10)
def test_the_order_of_rows_does_not_matter(
    seed: int, data_settings: Make, exports, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = exports.write_exports(tmp_path_factory.mktemp("exports"), days=30, seed=seed)
    clean = load_history(data_settings(folder))
    for file in (GOOGLE, META, MICROSOFT):
        header, *rows = (folder / file).read_text().splitlines()
        random.Random(seed).shuffle(rows)  # noqa: S311
        (folder / file).write_text("\n".join([header, *rows]))
    shuffled = load_history(data_settings(folder))
    same(clean, shuffled)


@given(seed=st.integers(0, 2**32), parts=st.integers(2, 5))
@settings(max_examples=10)
def test_rows_of_single_campaigns_are_summed(
    seed: int, parts: int, data_settings: Make, exports, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = exports.write_exports(tmp_path_factory.mktemp("exports"), days=30, seed=seed)
    clean = load_history(data_settings(folder))
    rng = np.random.default_rng(seed)
    for file, header in ((GOOGLE, exports.TYPED_HEADER), (META, exports.META_HEADER)):
        rows = [part for row in exports.read_rows(folder / file) for part in split(row, parts, rng)]
        rng.shuffle(rows)  # type: ignore[arg-type]
        exports.write_rows(folder / file, [*header, "Campaign ID", "Campaign"], rows)
    summed = load_history(data_settings(folder, unit="type"))
    same(clean, summed)
    assert "meta/C0" in load_history(data_settings(folder)).names  # campaigns where it can


def split(row: dict[str, str], parts: int, rng: np.random.Generator) -> list[dict[str, str]]:
    """One row split into the rows of several campaigns, exact to the cent."""
    out = [{**row, "Campaign ID": str(k), "Campaign": f"C{k % 2}"} for k in range(parts)]
    for name in ("Impressions", "Clicks", "Cost", "Conversions", "Revenue"):
        cents = rng.multinomial(round(float(row[name]) * 100), np.full(parts, 1 / parts))
        for part, value in zip(out, cents, strict=True):
            part[name] = str(value / 100)
    return out


@given(
    seed=st.integers(0, 2**32),
    start=st.dates(datetime.date(1990, 1, 1), datetime.date(2089, 1, 1)).map(str),
)
@settings(max_examples=15)
def test_saving_in_a_spreadsheet_does_not_matter(
    seed: int,
    start: str,
    data_settings: Make,
    exports,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = exports.write_exports(tmp_path_factory.mktemp("exports"), 30, start, seed)
    clean = load_history(data_settings(folder))
    for file in (GOOGLE, META, MICROSOFT):
        rows = exports.read_rows(folder / file)
        for row in rows:
            year, month, day = row["Date"].split("-")
            row["Date"] = f"{day}-{month}-{year}"
            for name, value in row.items():
                row[name] = value.removesuffix(".0")
        header = exports.META_HEADER if file == META else exports.TYPED_HEADER
        exports.write_rows(folder / file, header, rows)
    same(clean, load_history(data_settings(folder)))


FUZZ = st.binary(max_size=4000) | st.text(max_size=1000).map(str.encode)
EXPORT_LIKE = st.text('Date,Campaign typeCostClcksImprsCvR0123456789.-/;"\n\r\t ', max_size=3000)


@given(content=FUZZ | EXPORT_LIKE.map(str.encode))
@example(content=b'""')
@example(content="\u00a0\n".encode())
@example(content=b"Date\n\x1c\n")
@example(content=b'"' + b"a" * 200_000)
@settings(max_examples=100)
def test_any_bytes_are_refused_with_a_message(content: bytes, data_settings: Make, exports) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = exports.write_exports(Path(name), days=28)
        (folder / META).write_bytes(content)
        with pytest.raises(DataError, match=META):
            load_history(data_settings(folder))


@given(at=st.integers(0, 2000), cut=st.integers(0, 20), insert=st.binary(max_size=8))
@settings(max_examples=100)
def test_a_damaged_export_is_read_or_refused_with_a_message(
    at: int, cut: int, insert: bytes, data_settings: Make, exports
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = exports.write_exports(Path(name), days=28)
        content = (folder / META).read_bytes()
        (folder / META).write_bytes(content[:at] + insert + content[at + cut :])
        problems: list[str] = []
        try:
            history = load_history(data_settings(folder))
            assert (history.spend[history.presence == OBSERVED] >= 0).all()
        except DataError as error:
            problems = [str(problem) for problem in error.problems]
        assert all(problem.isprintable() for problem in problems)


def test_a_window_is_a_slice_of_days(export_folder: Path, data_settings: Make) -> None:
    history = load_history(data_settings(export_folder))
    part = history.window(10, 20)
    assert part.spend.shape == (10, 6)
    same(part, history.window("2024-01-11", np.datetime64("2024-01-21")))
    same(history, history.window())
    assert len(history.window(-7).dates) == 7
    assert len(history.window("2030-01-01").dates) == 0
    assert part.fingerprint() != history.fingerprint()


def test_a_history_is_read_only(export_folder: Path, data_settings: Make) -> None:
    history = load_history(data_settings(export_folder))
    with pytest.raises(ValueError, match="read-only"):
        history.spend[0, 0] = 1.0
    with pytest.raises(AttributeError):
        history.notes = ()  # type: ignore[misc]


def test_the_fingerprint_depends_on_every_value_and_no_note(
    export_folder: Path, data_settings: Make
) -> None:
    history = load_history(data_settings(export_folder))
    fields = {name: getattr(history, name) for name in history.__dataclass_fields__}
    assert History(**{**fields, "notes": ()}).fingerprint() == history.fingerprint()
    changed = history.revenue.copy()
    changed[3, 2] += 0.01
    assert History(**{**fields, "revenue": changed}).fingerprint() != history.fingerprint()


def test_arrays_of_another_shape_are_refused(export_folder: Path, data_settings: Make) -> None:
    history = load_history(data_settings(export_folder))
    fields = {name: getattr(history, name) for name in history.__dataclass_fields__}
    with pytest.raises(ValueError, match=r"History\.clicks"):
        History(**{**fields, "clicks": history.clicks[1:]})


def test_ratios_of_the_summary_are_nan_without_a_denominator(
    export_folder: Path, data_settings: Make, exports
) -> None:
    rows = exports.read_rows(export_folder / MICROSOFT)
    for row in rows:
        if row["Campaign type"] == "Shopping":
            row |= dict.fromkeys(("Clicks", "Cost", "Conversions", "Revenue"), "0")
    exports.write_rows(export_folder / MICROSOFT, exports.TYPED_HEADER, rows[:-2])
    history = load_history(data_settings(export_folder))
    summary = {line.name: line for line in history.summary()}
    shopping, meta = summary["microsoft/Shopping"], summary["meta"]
    assert shopping.spend_per_day == 0
    assert all(np.isnan([shopping.cpc, shopping.cvr, shopping.aov, shopping.roas]))
    assert (shopping.observed_days, shopping.missing_days, shopping.dead_days) == (59, 1, 0)
    assert meta.cpc == pytest.approx(history.totals.spend[3] / history.totals.clicks[3])
    assert sum(line.share for line in summary.values()) == pytest.approx(1)
