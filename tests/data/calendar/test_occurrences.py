"""Weights of events on dates: where they fall, how they rise, and that dates decide alone."""

import numpy as np
import pytest

from mediagym.data.calendar import PUBLIC_HOLIDAY, CalendarSettings, occurrences
from mediagym.data.errors import DataError

BLACK_FRIDAY = "Black Friday and Cyber Monday"
COUNTRIES = (None, "AU", "CN", "DE", "FR", "GB", "GR", "JP", "NZ", "SE", "TW", "US")


def days(first, last):
    """Dates from first to last, both included."""
    return np.arange(np.datetime64(first), np.datetime64(last) + 1)


def settings(country, **changes):
    given = {"country": country, "holidays": True, "trade_events": True, "events": None}
    return CalendarSettings.of(given | changes)


def weights(found, dates, name):
    """Weight of an event by date, of the dates where it is positive."""
    column = found.weight[:, found.names.index(name)]
    return {str(d): float(w) for d, w in zip(dates, column, strict=True) if w > 0}


def test_black_friday_rises_over_a_week_and_ends_with_cyber_monday():
    dates = days("2024-11-01", "2024-12-31")
    found = weights(occurrences(dates, settings("US")), dates, BLACK_FRIDAY)
    week = {f"2024-11-{22 + k}": (k + 1) / 8 for k in range(7)}
    core = dict.fromkeys(["2024-11-29", "2024-11-30", "2024-12-01", "2024-12-02"], 1.0)
    assert found == pytest.approx(week | core)


@pytest.mark.parametrize("country", COUNTRIES)
def test_weights_are_shares_and_every_occurrence_is_contiguous(country):
    dates = days("2019-01-01", "2027-12-31")
    found = occurrences(dates, settings(country))
    assert found.weight.shape == (dates.size, len(found.names))
    assert found.weight.min() == 0
    assert found.weight.max() == 1
    for name, column in zip(found.names, found.weight.T, strict=True):
        if name == PUBLIC_HOLIDAY:
            assert set(column) == {0.0, 1.0}
            continue
        runs = np.split(column, np.flatnonzero(np.diff(column > 0)) + 1)
        for run in runs[2:-2]:  # whole occurrences: one rise, then full weight to the end
            if run.any():
                assert np.all(np.diff(run) >= 0), name
                assert run[-1] == 1, name
        per_year = np.sum(np.diff(np.r_[False, column > 0].astype(int)) == 1) / 9
        assert 0.8 < per_year < 1.2 or name == "Chinese New Year", name


@pytest.mark.parametrize("country", COUNTRIES)
def test_longer_dates_give_the_same_columns_for_the_shared_dates(country):
    longer = days("2021-01-01", "2026-12-31")
    whole = occurrences(longer, settings(country))
    for first, last in [("2021-01-01", "2023-11-28"), ("2024-12-30", "2025-01-02"),
                        ("2025-03-01", "2025-03-31")]:  # fmt: skip
        dates = days(first, last)
        part = occurrences(dates, settings(country))
        rows = np.isin(longer, dates)
        columns = [whole.names.index(name) for name in part.names]
        assert columns == sorted(columns)
        np.testing.assert_array_equal(whole.weight[rows][:, columns], part.weight)
        others = np.delete(whole.weight[rows], columns, axis=1)
        assert not others.any()


def test_dates_of_any_order_and_with_gaps_have_their_own_weights():
    dates = days("2024-01-01", "2024-12-31")
    whole = occurrences(dates, settings("GB"))
    order = np.random.default_rng(0).permutation(dates.size)
    shuffled = occurrences(dates[order], settings("GB"))
    assert shuffled.names == whole.names
    np.testing.assert_array_equal(shuffled.weight, whole.weight[order])


def test_dates_without_events_have_no_columns():
    found = occurrences(days("2025-09-02", "2025-09-10"), settings("US"))
    assert found.names == ()
    assert found.weight.shape == (9, 0)
    assert occurrences(days("2025-09-02", "2025-09-01"), settings("US")).weight.shape == (0, 0)


def test_public_holidays_of_a_country_are_one_event():
    dates = days("2025-01-01", "2025-12-31")
    found = weights(occurrences(dates, settings("US")), dates, PUBLIC_HOLIDAY)
    assert set(found) == {
        "2025-01-20", "2025-02-17", "2025-05-26", "2025-06-19", "2025-07-04", "2025-09-01",
        "2025-10-13", "2025-11-11", "2025-11-27",
    }  # fmt: skip  # without New Year's Day and Christmas Day, which lie between the years


def test_a_holiday_on_the_core_of_a_trade_event_belongs_to_it_alone():
    dates = days("2025-01-01", "2025-12-31")
    found = occurrences(dates, settings("DE"))
    public, easter, fathers = (
        weights(found, dates, name) for name in (PUBLIC_HOLIDAY, "Easter", "Father's Day")
    )
    assert easter["2025-04-18"] == easter["2025-04-21"] == fathers["2025-05-29"] == 1
    assert not {"2025-04-18", "2025-04-21", "2025-05-29", "2025-12-25"} & set(public)
    alone = occurrences(dates, settings("DE", trade_events=False))
    assert alone.names == (PUBLIC_HOLIDAY,)
    assert {"2025-04-18", "2025-05-29", "2025-12-25"} <= set(weights(alone, dates, PUBLIC_HOLIDAY))


def test_every_sunday_of_sweden_is_no_holiday():
    dates = days("2025-01-01", "2025-12-31")
    assert len(weights(occurrences(dates, settings("SE")), dates, PUBLIC_HOLIDAY)) < 12


def test_the_turn_of_the_year_is_one_event_from_both_sides():
    for dates in (days("2024-12-31", "2025-01-05"), days("2025-01-01", "2025-01-05")):
        found = occurrences(dates, settings(None))
        assert max(weights(found, dates, "Between the years")) == "2025-01-01"


@pytest.mark.parametrize("country", ["CN", "HK", "SG", "TW"])
def test_chinese_new_year_of_known_years(country):
    dates = days("2024-01-01", "2026-12-31")
    found = weights(occurrences(dates, settings(country)), dates, "Chinese New Year")
    for day in ("2024-02-11", "2025-01-29", "2026-02-17"):
        assert found[day] == 1
        assert 0 < found[str(np.datetime64(day) - 7)] < 1


def test_chinese_new_year_needs_no_public_holidays():
    dates = days("2025-01-01", "2025-03-01")
    found = occurrences(dates, settings("CN", holidays=False))
    assert "Chinese New Year" in found.names
    assert PUBLIC_HOLIDAY not in found.names


def test_years_that_the_tables_do_not_cover_are_said():
    assert (
        "none are known in 2031"
        in occurrences(days("2031-03-01", "2031-03-31"), settings("LK")).notes[-1]
    )
    assert occurrences(days("2025-01-01", "2025-12-31"), settings("US")).notes == ()
    assert (
        "no country is given"
        in occurrences(days("2025-01-01", "2025-12-31"), settings(None)).notes[0]
    )


def test_the_users_events_follow_in_alphabetical_order(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "name,first,last\nWarehouse sale,2025-03-03,2025-03-05\nPrice rise,2025-07-04,2025-07-04\n"
        "Warehouse sale,2025-03-05,2025-03-06\nOld sale,2020-01-01,2020-01-02\n"
    )
    dates = days("2025-01-01", "2025-12-31")
    found = occurrences(dates, settings("US", events=path))
    assert found.names[-3:] == (PUBLIC_HOLIDAY, "Price rise", "Warehouse sale")
    sale = weights(found, dates, "Warehouse sale")
    assert sale == dict.fromkeys([f"2025-03-0{day}" for day in (3, 4, 5, 6)], 1.0)
    assert "2025-07-04" in weights(found, dates, PUBLIC_HOLIDAY)  # both move demand


def test_a_name_of_the_calendar_is_refused_for_an_own_event(tmp_path):
    path = tmp_path / "events.yaml"
    path.write_text("- {name: Sale, date: 2025-01-01}\n- {name: easter, date: 2025-04-20}\n")
    dates = days("2025-01-01", "2025-12-31")
    with pytest.raises(DataError, match=r"events\.yaml, row 2.*'easter' is an event of the cal"):
        occurrences(dates, settings("US", events=path))
    found = occurrences(dates, settings("US", events=path, trade_events=False))
    assert found.names == (PUBLIC_HOLIDAY, "Sale", "easter")


@pytest.mark.parametrize(
    "dates",
    [np.arange(3), np.array(["NaT"], "datetime64[D]"), days("2025-01-01", "2025-01-02")[None]],
)
def test_what_is_no_vector_of_days_is_refused(dates):
    with pytest.raises(ValueError, match="datetime64"):
        occurrences(dates, settings("US"))


@pytest.mark.parametrize("country", COUNTRIES[1:])
def test_no_public_holiday_lies_on_the_full_weight_of_a_trade_event(country):
    found = occurrences(days("2019-01-01", "2030-12-31"), settings(country))
    column = found.names.index(PUBLIC_HOLIDAY)
    public = found.weight[:, column] > 0
    assert np.sum(public) >= 12 * 2
    assert not np.any(np.delete(found.weight, column, axis=1)[public] == 1)
