import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mediagym.data.attribution import AttributionSettings, attribution_document, attribution_study
from mediagym.data.errors import DataError
from mediagym.data.history import History
from mediagym.data.units import (
    campaigns_without_conversions,
    fill_missing_conversions,
    load_history,
    require_revenue,
)


def _without_conversions(exports: ModuleType, folder: Path, *files: str) -> Path:
    """Deletes the column Conversions from the files."""
    for file in files:
        rows = exports.read_rows(folder / file)
        header = [name for name in rows[0] if name != "Conversions"]
        exports.write_rows(folder / file, header, rows)
    return folder


@pytest.fixture
def counted(export_folder: Path, data_settings: Callable) -> History:
    """History of exports that all have the column Conversions."""
    return load_history(data_settings(export_folder))


@pytest.fixture
def partly(
    counted: History, export_folder: Path, data_settings: Callable, exports: ModuleType
) -> History:
    """The same history, but without the column in meta's export."""
    _without_conversions(exports, export_folder, exports.META)
    return load_history(data_settings(export_folder))


def test_an_export_without_the_column_is_read_and_noted(partly: History, counted: History) -> None:
    assert partly.names == counted.names
    meta = partly.names.index("meta")
    assert np.isnan(partly.conversions[:, meta]).all()
    rest = [k for k in range(len(partly.names)) if k != meta]
    np.testing.assert_array_equal(partly.conversions[:, rest], counted.conversions[:, rest])
    for name in ("spend", "clicks", "impressions", "revenue", "presence"):
        np.testing.assert_array_equal(getattr(partly, name), getattr(counted, name))
    assert any("no column of conversions" in note and "meta" in note for note in partly.notes)
    assert campaigns_without_conversions(partly) == [meta]
    assert campaigns_without_conversions(counted) == []


def test_a_campaign_needs_conversions_or_revenue(
    export_folder: Path, data_settings: Callable, exports: ModuleType
) -> None:
    rows = exports.read_rows(export_folder / exports.META)
    header = [name for name in rows[0] if name not in ("Conversions", "Revenue")]
    exports.write_rows(export_folder / exports.META, header, rows)
    history = load_history(data_settings(export_folder))
    with pytest.raises(DataError, match=r"meta: .*neither conversions nor revenue"):
        fill_missing_conversions(history, "revenue")


def test_revenue_cannot_be_the_objective_if_a_campaign_lacks_it(
    export_folder: Path, data_settings: Callable, exports: ModuleType
) -> None:
    rows = exports.read_rows(export_folder / exports.META)
    header = [name for name in rows[0] if name != "Revenue"]
    exports.write_rows(export_folder / exports.META, header, rows)
    history = load_history(data_settings(export_folder))
    require_revenue(history, "conversions")
    for objective in ("revenue", "profit"):
        with pytest.raises(DataError, match=rf"^meta: .*revenue.*objective {objective}"):
            require_revenue(history, objective)


def test_rows_per_ad_without_conversions_are_summed(
    export_folder: Path, data_settings: Callable, exports: ModuleType
) -> None:
    """Several ads per day; of equal rows one counts."""
    path = export_folder / exports.META
    rows = exports.read_rows(path)
    halves = [
        {**row, "Ad name": ad, "Revenue": str(float(row["Revenue"]) * share)}
        for row in rows
        for ad, share in (("a", 0.3), ("b", 0.7))
    ]
    nothing = dict.fromkeys(("Impressions", "Reach", "Cost", "Clicks", "Revenue"), "0")
    halves += 2 * [{**halves[0], **nothing, "Ad name": "c"}]
    header = ["Date", "Ad name", "Impressions", "Reach", "Cost", "Clicks", "Revenue"]
    exports.write_rows(path, header, halves)
    history = load_history(data_settings(export_folder))
    sums = [float(row["Revenue"]) for row in rows]
    np.testing.assert_allclose(history.revenue[:, history.names.index("meta")], sums, atol=1e-6)
    exports.write_rows(path, header, [*halves, halves[0]])
    copied = load_history(data_settings(export_folder))
    assert copied.fingerprint() == history.fingerprint()
    assert any("copies of other rows" in note for note in copied.notes)


@pytest.mark.parametrize("objective", ["conversions", "journeys"])
def test_conversions_cannot_be_the_objective_if_a_campaign_lacks_them(
    partly: History, counted: History, objective: str
) -> None:
    with pytest.raises(DataError, match=rf"^meta: .*Conversions.*objective {objective}") as error:
        fill_missing_conversions(partly, objective)
    assert "objective=revenue" in str(error.value)
    assert fill_missing_conversions(counted, objective) is counted


@pytest.mark.parametrize("objective", ["revenue", "profit"])
def test_estimated_conversions_keep_the_revenue(partly: History, objective: str) -> None:
    history = fill_missing_conversions(partly, objective)
    meta = history.names.index("meta")
    rest = [k for k in range(len(history.names)) if k != meta]
    np.testing.assert_array_equal(history.revenue, partly.revenue)
    np.testing.assert_array_equal(history.conversions[:, rest], partly.conversions[:, rest])
    value = history.revenue[:, meta].sum() / history.conversions[:, meta].sum()
    first_days = slice(None, 28)
    assert value == pytest.approx(
        partly.revenue[first_days, rest].sum() / partly.conversions[first_days, rest].sum()
    )
    assert campaigns_without_conversions(history) == []
    assert f"${value:,.0f}" in history.notes[-1]


def test_without_any_conversions_the_order_value_has_a_default(
    export_folder: Path, data_settings: Callable, exports: ModuleType
) -> None:
    _without_conversions(exports, export_folder, exports.META, exports.GOOGLE, exports.MICROSOFT)
    history = load_history(data_settings(export_folder))
    assert campaigns_without_conversions(history) == list(range(len(history.names)))
    filled = fill_missing_conversions(history, "revenue")
    np.testing.assert_allclose(filled.conversions * 150, history.revenue)


def test_later_days_do_not_change_estimated_conversions(partly: History) -> None:
    """A calibration on the first days must stay valid when more days arrive."""
    early = fill_missing_conversions(partly.window(None, 40), "revenue")
    late = fill_missing_conversions(partly, "revenue").window(None, 40)
    assert early.fingerprint() == late.fingerprint()


def test_missing_days_stay_missing(partly: History) -> None:
    revenue = partly.revenue.copy()
    revenue[5, partly.names.index("meta")] = np.nan
    gappy = fill_missing_conversions(dataclasses.replace(partly, revenue=revenue), "revenue")
    assert np.isnan(gappy.conversions[5, partly.names.index("meta")])


def test_journeys_give_a_campaign_without_conversions_the_overall_ratio(
    export_folder: Path, data_settings: Callable, exports: ModuleType, conf: Callable
) -> None:
    exports.write_landings(export_folder)
    settings = AttributionSettings.of(conf("attribution/default.yaml", draws=100), "attribution")
    counted = attribution_document(attribution_study(data_settings(export_folder), settings))
    _without_conversions(exports, export_folder, exports.META)
    partly = attribution_document(attribution_study(data_settings(export_folder), settings))
    meta = partly["ratios"]["campaigns"]["meta"]
    assert meta["ratio"] == pytest.approx(partly["ratios"]["overall"])
    assert meta["log_sd"] > counted["ratios"]["campaigns"]["meta"]["log_sd"]
    assert meta["journeys"] == counted["ratios"]["campaigns"]["meta"]["journeys"]
    rest = partly["ratios"]["campaigns"].keys() - {"meta"}
    assert len(rest) == 5
    for name in rest:  # shrunk towards a slightly different overall ratio
        one, two = (each["ratios"]["campaigns"][name]["ratio"] for each in (partly, counted))
        assert one == pytest.approx(two, rel=0.3)
