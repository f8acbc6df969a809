"""Figures: panels or a heat map, gaps in a colour of their own, names in any script."""

import numpy as np
import pytest
from helpers.records import records_of, rows_of
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from mediagym.data.exports import Records
from mediagym.data.ingestion import figures as module
from mediagym.data.ingestion import ingest_document
from mediagym.data.ingestion.figures import MAX_ROWS, ingest_figures
from mediagym.data.ingestion.labels import font_families, picture_labels
from mediagym.data.plotting import png_of


def _figures(records: Records) -> dict[str, Figure]:
    return ingest_figures(records, ingest_document(records, None, None))


def _campaigns(count: int, days: int = 30) -> Records:
    return records_of(*(rows_of([1.0 + at] * days, f"Campaign {at}") for at in range(count)))


def test_few_campaigns_have_a_panel_each_and_many_are_rows_of_a_heat_map() -> None:
    assert len(_figures(_campaigns(9))["spend"].axes) == 9
    (heat_map,) = _figures(_campaigns(46))["spend"].axes
    assert len(heat_map.get_yticks()) == 46
    (image,) = heat_map.images
    assert image.get_array().shape[:2] == (46, 30)


def test_a_heat_map_tells_days_of_zero_from_days_without_a_row_and_from_days_outside() -> None:
    odd = rows_of([5.0, 0, None, 10], "Campaign 99", start=1)
    records = records_of(odd, *(rows_of([9.0] * 6, f"Campaign {at}") for at in range(20, 31)))
    figure = _figures(records)["spend"]
    colours = figure.axes[0].images[0].get_array()
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    row = np.asarray(colours)[labels.index("google/Campaign 99"), :, :3]
    assert row[0] == pytest.approx(to_rgb(module._OUTSIDE))
    assert row[2] == pytest.approx(to_rgb(module._ZERO))
    assert row[3] == pytest.approx(to_rgb(module._NO_ROW))
    assert row[5] == pytest.approx(to_rgb(module._OUTSIDE))
    assert row[1].sum() > row[4].sum()  # half of the highest value is lighter
    assert len({tuple(row[at].round(3)) for at in (1, 2, 3, 4, 5)}) == 5


def test_gaps_are_marked_in_the_panels() -> None:
    records = records_of(rows_of([5.0, None, None, 0, 10]))
    (panel,) = _figures(records)["spend"].axes
    marked = [p for p in panel.patches if p.get_facecolor()[:3] == to_rgb(module._NO_ROW)]
    (box,) = (patch.get_window_extent() for patch in marked)
    assert box.width == pytest.approx(panel.get_window_extent().width * 2 / 5, rel=0.01)


def test_a_period_that_is_too_long_is_drawn_in_columns_of_several_days() -> None:
    figure = _figures(_campaigns(12, days=1_999))["spend"]
    assert figure.axes[0].images[0].get_array().shape[1] == 667
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "3 days without a row" in texts


def test_of_very_many_campaigns_those_with_most_spend_are_shown() -> None:
    labels = _figures(_campaigns(MAX_ROWS + 5, days=3))["spend"].axes[0].get_yticklabels()
    names = {label.get_text() for label in labels}
    assert len(names) == MAX_ROWS
    assert names.isdisjoint(f"google/Campaign {at}" for at in range(5))


def test_the_outcome_is_conversions_or_revenue_or_nothing() -> None:
    rows = rows_of([5.0] * 3)
    rows["conversions"] = np.nan
    outcome = _figures(records_of(rows))["outcome"]
    assert "revenue per day" in [text.get_text() for text in outcome.legends[0].get_texts()]
    rows["revenue"] = 0.0
    assert set(_figures(records_of(rows))) == {"spend"}


@pytest.mark.parametrize("count", [1, 11])
def test_names_of_any_script_are_drawn_without_a_missing_glyph_and_without_mathtext(
    count: int,
) -> None:
    names = [
        "$\\frac{1}{",
        "［不動産］東京｜強化",
        "Кампания",
        "حملة",
        "ภาษาไทย",
        "a\nb\tc",
        "\U0010fffe",
    ]
    frames = [rows_of([1.0, 2], name) for name in names]
    frames += [rows_of([1.0, 2], f"Campaign {at}") for at in range(count)]
    for figure in _figures(records_of(*frames)).values():
        assert len(png_of(figure)) > 1_000  # a missing glyph is a warning, which is an error here


def test_a_name_that_no_font_has_is_replaced_by_the_short_id() -> None:
    names = ["Brand", "\U0010fffe\U0010fffd", "\u0007", "A" * 100]
    labels = picture_labels(names, ["a", "b", "c", "d"], font_families(names))
    assert labels[:3] == ("Brand", "b", "c")
    assert len(labels[3]) < 40
