"""Spend of coming days from a file: ``plan.json``, ``today.csv`` or a table of amounts."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...data.errors import DataError, data_error
from ...data.names import resolve
from ...data.storage import read_json
from ...data.types import Floats

_AMOUNTS = ("new_daily_budget", "budget", "daily_budget", "dollars", "amount", "spend")
_FIX = "give a plan.json, a today.csv or a table with the columns date, campaign and budget"
MAX_FILE = 50_000_000  # bytes


def read_spend(path: Path, names: Sequence[str], first: np.datetime64, days: int) -> Floats:
    """Return the dollars that a file plans for consecutive days, (days, campaigns).

    Every day must stand in a ``plan.json``. In a table the amount of a campaign stands until a
    later date changes it, so that one ``today.csv`` is a budget that is left alone.

    Args:
        path: file that ends in ``.json``, or a table of comma-separated values.
        names: campaigns, in the order of the columns that are returned.
        first: first day.
        days: number of days.

    Raises:
        DataError: if the file cannot be read, names an unknown campaign or leaves a day open.
    """
    dates = [str(first + t) for t in range(days)]
    if path.suffix.lower() == ".json":
        return _of_plan(path, names, dates)
    amounts = _of_table(path, names)
    plan = np.full((days, len(names)), np.nan)
    for k, name in enumerate(names):
        own = amounts.get(name, {})
        for t, date in enumerate(dates):
            until = [day for day in own if day <= date]
            if not until:
                raise _open(path, name, date)
            plan[t, k] = own[max(until)]
    return plan


def _of_plan(path: Path, names: Sequence[str], dates: Sequence[str]) -> Floats:
    """Return the budgets of a ``plan.json``."""
    content = read_json(path)
    try:
        by_date = {
            day["date"]: {_name(row): float(row["budget"]) for row in day["campaigns"]}
            for day in content["days"]
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        given = "it does not list days with the budgets of their campaigns"
        raise data_error(str(path), given, "a plan.json of scripts/plan.py", _FIX) from None
    plan = np.zeros((len(dates), len(names)))
    for t, date in enumerate(dates):
        for k, name in enumerate(names):
            amount = by_date.get(date, {}).get(name)
            if amount is None or not 0 <= amount < math.inf:
                raise _open(path, name, date)
            plan[t, k] = amount
    return plan


def _name(row: Mapping[str, Any]) -> str:
    kind = row["campaign_type"]
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"


def _of_table(path: Path, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return amounts by campaign and ISO date."""
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for a writer
            raise data_error(str(path), "it is no regular file", "a text file", _FIX)
        if path.stat().st_size > MAX_FILE:
            given = f"it has more than {MAX_FILE:,} bytes"
            raise data_error(str(path), given, "a table of daily budgets", _FIX)
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except (OSError, ValueError, csv.Error) as error:
        raise data_error(str(path), f"it cannot be read ({error})", "a text file", _FIX) from None
    amounts: dict[str, dict[str, float]] = {}
    for number, row in enumerate(rows, start=2):
        cells = {str(key).strip().lower().replace(" ", "_"): value for key, value in row.items()}
        name = _campaign(cells, names)
        if name is None:
            raise data_error(
                path.name, "a campaign that is not known", ", ".join(names), _FIX, row=number
            )
        column = next((key for key in _AMOUNTS if key in cells), None)
        try:
            date = str(np.datetime64(str(cells["date"]).strip(), "D"))
            amount = float(str(cells[column or ""]).replace(",", ""))
        except (KeyError, ValueError):
            allowed = "an ISO date and an amount in plain digits"
            raise data_error(path.name, "a row without them", allowed, _FIX, row=number) from None
        if not 0 <= amount < math.inf:
            given = f"the amount {amount}"
            raise data_error(path.name, given, "amounts of 0 or more", _FIX, row=number)
        amounts.setdefault(name, {})[date] = amount
    return amounts


def _campaign(cells: Mapping[str, str | None], names: Sequence[str]) -> str | None:
    """Return the campaign of a row, by ``campaign``, or by ``channel`` and ``campaign_type``."""
    if cells.get("campaign"):
        return resolve(str(cells["campaign"]).strip(), names)
    channel, kind = cells.get("channel") or "", cells.get("campaign_type") or ""
    return resolve(f"{channel.strip()}/{kind.strip()}" if kind.strip() else channel.strip(), names)


def _open(path: Path, name: str, date: str) -> DataError:
    given = f"no budget of {name} on {date}"
    return data_error(str(path), given, "a budget of 0 or more for every campaign and day", _FIX)
