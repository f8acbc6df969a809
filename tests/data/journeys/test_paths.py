import numpy as np
import pandas as pd
import pytest
from helpers import attributed
from helpers.attributed import paths_of
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.journeys import (
    ambiguous_order,
    build_journeys,
    distinct,
    inter_visit_days,
    read_landings,
    renumber,
)
from mediagym.data.journeys.paths import PAID_WITHOUT_CAMPAIGN
from mediagym.data.units import load_history

HEADER = "User Id,Website Landing Time,Is Converted,Source,Channel,Campaign Type\n"
VIA = {
    "Y": "google,paid,YouTube",
    "m": "facebook,paid,",
    "d": ",direct,",
    "e": "gmail,email,",
    "x": "google,paid,Billboards",
}


@pytest.fixture
def journeys_of(export_folder, data_settings):
    """Makes journeys of landings, each (user, day and time, converted, key of VIA)."""

    def make(*landings, lookback_days=30, converted="auto"):
        rows = [f"{user:08x},2024-{time},{won},{VIA[via]}\n" for user, time, won, via in landings]
        (export_folder / "website-landings.csv").write_text(HEADER + "".join(rows))
        settings = data_settings(export_folder)
        history = load_history(settings)
        return build_journeys(read_landings(settings, history), history, lookback_days, converted)

    return make


def labelled(journeys):
    """Labels of each journey, and True if it converted."""
    paths = journeys.paths
    return [
        ([paths.names[at].split("/")[-1] for at in paths.label[begin:end]], won == 1)
        for begin, end, won in zip(
            paths.offsets, paths.offsets[1:], paths.conversions, strict=False
        )
    ]


def test_a_users_landings_are_ordered_and_split_after_each_conversion(journeys_of):
    journeys = journeys_of(
        (1, "01-07 10:00:00", 0, "e"),
        (2, "01-05 10:00:00", 1, "d"),
        (1, "01-05 10:00:00", 0, "Y"),
        (1, "01-06 10:00:00", 1, "d"),
        (1, "01-06 09:00:00", 0, "m"),
    )
    assert labelled(journeys) == [(["YouTube", "meta", "direct"], True), (["email"], False),
                              (["direct"], True)]  # fmt: skip
    assert journeys.user.tolist() == [0, 0, 1]
    assert (journeys.paths.nulls + journeys.paths.conversions == 1).all()


def test_labels_are_campaigns_in_order_and_then_the_media_that_occur(journeys_of):
    journeys = journeys_of((1, "01-05 10:00:00", 0, "Y"), (1, "01-05 11:00:00", 0, "x"),
                           (1, "01-05 12:00:00", 0, "e"))  # fmt: skip
    names = journeys.paths.names
    assert journeys.campaigns == 6
    assert "google/YouTube" in names[:6]
    assert names[6:] == ("email", PAID_WITHOUT_CAMPAIGN)
    assert labelled(journeys) == [
        (["YouTube", PAID_WITHOUT_CAMPAIGN.split("/")[-1], "email"], False)
    ]


def test_landings_beyond_the_lookback_form_a_separate_journey(journeys_of):
    landings = [
        (1, "01-01 10:00:00", 0, "e"),
        (1, "01-08 10:00:00", 0, "Y"),
        (1, "01-12 09:59:59", 0, "m"),
        (1, "01-15 10:00:00", 0, "e"),
        (1, "01-22 10:00:00", 1, "d"),
    ]
    assert labelled(journeys_of(*landings, lookback_days=7)) == [
        (["email"], False),
        (["YouTube", "meta"], False),
        (["email", "direct"], True),
    ]
    assert labelled(journeys_of(*landings)) == [
        (["email", "YouTube", "meta", "email", "direct"], True)
    ]


def test_where_users_are_marked_their_last_landing_converts(journeys_of):
    landings = [(1, "01-05 10:00:00", 1, "Y"), (1, "01-06 10:00:00", 1, "d"),
                (2, "01-05 10:00:00", 0, "e"), (2, "01-06 10:00:00", 0, "Y")]  # fmt: skip
    journeys = journeys_of(*landings)
    assert journeys.marked_unit == "user"
    assert labelled(journeys) == [(["YouTube", "direct"], True), (["email", "YouTube"], False)]
    assert [won for _, won in labelled(journeys_of(*landings, converted="row"))] == [
        True,
        True,
        False,
    ]


def test_landings_outside_the_ads_period_are_ignored(journeys_of):
    journeys = journeys_of((1, "01-05 10:00:00", 0, "Y"), (1, "03-07 10:00:00", 1, "d"))
    assert labelled(journeys) == [(["YouTube"], False)]


def test_landings_of_one_second_keep_the_order_of_the_file(journeys_of):
    journeys = journeys_of(*[(1, "01-05 10:00:00", 0, via) for via in "eYd"])
    assert labelled(journeys) == [(["email", "YouTube", "direct"], False)]


def test_time_between_visits_belongs_to_the_earlier_landing(journeys_of):
    journeys = journeys_of((1, "01-05 10:00:00", 0, "Y"), (1, "01-06 22:00:00", 1, "d"),
                           (1, "01-07 10:00:00", 0, "e"))  # fmt: skip
    days, label = inter_visit_days(journeys)
    assert days.tolist() == [1.5]
    assert journeys.paths.names[label[0]] == "google/YouTube"


def test_journeys_of_ambiguous_order_share_a_day_with_an_imputed_landing(journeys_of):
    journeys = journeys_of(
        (1, "01-05 00:01:00", 0, "m"), (1, "01-05 22:00:00", 0, "d"),
        (2, "01-05 00:01:00", 0, "m"), (2, "01-06 22:00:00", 0, "d"),
        (3, "01-05 00:01:00", 0, "m"), (3, "01-05 00:02:00", 0, "m"),
        (4, "01-05 22:00:00", 0, "d"), (5, "01-05 22:00:00", 0, "Y"),
    )  # fmt: skip
    assert ambiguous_order(journeys, [journeys.paths.names.index("meta")]) == 1


@given(attributed.some_paths(labels=3))
def test_distinct_paths_keep_every_count(paths):
    journeys = attributed.single(paths)
    merged, inverse = distinct(journeys.paths)
    sequences = [each for each, _ in sequences_of(merged)]
    assert len(set(sequences)) == len(sequences)
    many = sequences_of(journeys.paths)
    assert [sequences[at] for at in inverse] == [each for each, _ in many]
    assert merged.conversions.sum() == paths.conversions.sum()
    for sequence, counts in sequences_of(merged):
        merged_counts = [each for other, each in many if other == sequence]
        assert counts == tuple(np.sum(merged_counts, axis=0))


def sequences_of(paths):
    """Labels of each path, and its counts."""
    ends = zip(paths.offsets, paths.offsets[1:], strict=False)
    counts = zip(paths.conversions, paths.nulls, strict=True)
    return [(tuple(paths.label[a:b].tolist()), c) for (a, b), c in zip(ends, counts, strict=True)]


def test_very_long_paths_are_not_merged():
    merged, inverse = distinct(paths_of("AB", ["A" * 70, "A", "A" * 70, "A"], [1] * 4, [0] * 4))
    assert merged.length.tolist() == [1, 70, 70]
    assert inverse.tolist() == [1, 0, 2, 0]


@given(st.lists(st.integers(0, 50), min_size=1), st.booleans())
def test_renumbered_codes_keep_their_order(codes, sparse):
    renumbered, count = renumber(np.array(codes), 1 << 23 if sparse else 51)
    assert renumbered.tolist() == [sorted(set(codes)).index(code) for code in codes]
    assert count == len(set(codes))


def test_journeys_equal_those_of_a_plain_loop(export_folder, exports, data_settings):
    exports.write_landings(export_folder)
    settings = data_settings(export_folder)
    history = load_history(settings)
    landings = read_landings(settings, history)
    frame = landings.frame.sort_values(["User Id", "Website Landing Time"], kind="stable")
    expected, reach = [], pd.Timedelta(days=30)
    for _, visits in frame.groupby("User Id", observed=True):
        journey = []
        for row in visits.itertuples(index=False):
            journey.append(row)
            if row[2]:
                expected.append((journey, True))
                journey = []
        while journey:
            near = [row for row in journey if journey[-1][1] - row[1] <= reach]
            expected.append((near, False))
            journey = journey[: len(journey) - len(near)]
    journeys = build_journeys(landings, history, 30, "row")
    sizes = sorted((len(j), won) for j, won in split(expected, reach))
    lengths = zip(journeys.paths.length.tolist(), journeys.paths.conversions == 1, strict=True)
    assert sorted((n, bool(won)) for n, won in lengths) == sizes


def split(expected, reach):
    """The journeys with landings beyond the lookback split off."""
    for journey, won in expected:
        rest = journey
        while rest:
            near = [row for row in rest if rest[-1][1] - row[1] <= reach]
            yield near, won
            rest, won = rest[: len(rest) - len(near)], False
