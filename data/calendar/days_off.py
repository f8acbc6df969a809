"""Public holidays of a country, from the tables of the library `holidays`."""

import datetime
import re
import warnings
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import holidays
from holidays.registry import COUNTRIES

_LANGUAGE = "en_US"  # of names, where a country has it; otherwise the only language of its table
_WEEKLY_REST = "Sunday"  # some tables list every Sunday, which is no holiday


class DaysOff(NamedTuple):
    """Public holidays of a country."""

    names: dict[datetime.date, tuple[str, ...]]  # by day, in the order of the days
    notes: tuple[str, ...]  # years that the table does not cover


@cache
def country_codes() -> dict[str, str]:
    """English names of all countries that the library knows, by code of ISO 3166 alpha-2."""
    return {row[1]: _spaced(row[0]) for row in sorted(COUNTRIES.values(), key=lambda r: r[1])}


@cache
def country_names() -> dict[str, str]:
    """Codes of ISO 3166 alpha-2 by any form of a country: codes, aliases, English name."""
    names: dict[str, str] = {}
    for row in COUNTRIES.values():
        for form in (_spaced(row[0]), *row):
            names[form] = row[1]
    return names


def _spaced(name: str) -> str:
    """``United Kingdom`` of ``UnitedKingdom``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def days_off(country: str, years: Iterable[int]) -> DaysOff:
    """Public holidays of the whole country, with the days that stand in for them.

    Holidays of regions alone, bank holidays, half days and weekly days of rest are left out. Future
    days that depend on the sighting of the moon are estimates of the library.

    Args:
        country: code of ISO 3166 alpha-2, one of `country_codes`.
        years: calendar years.

    Returns:
        The days and their English names, and a note on years without any.
    """
    wanted = sorted(set(years))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = holidays.country_holidays(country, years=wanted, expand=False, language=_LANGUAGE)
    names: dict[datetime.date, tuple[str, ...]] = {}
    for day in sorted(table):
        listed = tuple(name for name in table.get_list(day) if name != _WEEKLY_REST)
        if listed and day.year in wanted:
            names[day] = listed
    return DaysOff(names, tuple(_notes(country, wanted, names, [str(w.message) for w in caught])))


def _notes(
    country: str, years: list[int], names: dict[datetime.date, tuple[str, ...]], said: list[str]
) -> list[str]:
    notes = [f"Public holidays of {country}: {text}" for text in dict.fromkeys(said)]
    present = {day.year for day in names}
    missing = [str(year) for year in years if year not in present]
    if missing:
        notes.append(f"Public holidays of {country}: none are known in {', '.join(missing)}.")
    return notes
