"""A user's own plan: its money by day and campaign of the flight, and what was tolerated."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.display import shortened
from ...data.errors import data_error
from ...data.formats import currency_of, decimals_of, money
from .plan_json import read_plan_json
from .plan_table import PlanTable, read_plan_table
from .written import Notation, WrittenPlan

Cents = NDArray[np.int64]

_MAX_LISTED = 3  # days or campaigns that a note names
_TOLERANCE = 1e-6  # cents by which an amount is still whole
_PRECISION = 1e-10  # share of it that is the file's own arithmetic
_MAX_CENTS = 2**53 - 1


class Flight(NamedTuple):
    """The days, campaigns and money that a plan is for."""

    names: tuple[str, ...]  # campaigns, full names
    first: np.datetime64  # first day
    days: int
    budget_cents: int
    currency: str | None
    spend_all: bool = True  # False: the budget is an upper limit

    @property
    def last(self) -> np.datetime64:
        """Last day."""
        return self.first + np.timedelta64(self.days - 1, "D")


class OwnPlan(NamedTuple):
    """A plan as its author means it: nothing is moved, cut or added."""

    file: str  # name
    cents: Cents  # (days, campaigns)
    notes: tuple[str, ...]  # what was inferred, left out or is worth knowing


def opened(path: Path) -> PlanTable | dict[str, object]:
    """Read the cells of a CSV or workbook, or the content of a plan.json, without judging names.

    Raises:
        DataError: the file cannot be read, or is no plan.
    """
    if path.suffix.lower() == ".json":
        return read_plan_json(path)
    return PlanTable.of(path)


def own_plan(
    path: Path, flight: Flight, notation: Notation, content: object | None = None
) -> OwnPlan:
    """Return a user's plan for a flight.

    Args:
        path: CSV or workbook (date, campaign, amount; date and one column per campaign; or campaign
            and amount), or a ``plan.json``.
        flight: days, campaigns and budget.
        notation: how dates and numbers are written, where the file leaves it open.
        content: what `opened` returned; None to read the file here.

    Raises:
        DataError: naming the row that is no date, amount, campaign or day of the flight, or that
            plans the same money twice.
    """
    content = opened(path) if content is None else content
    if isinstance(content, PlanTable):
        written = read_plan_table(content, flight.names, notation, _days_of(flight))
    else:
        assert isinstance(content, dict)  # noqa: S101  # `opened` returns nothing else
        written = WrittenPlan.of_json(path, content, flight.names)
    _require_currency(written, flight.currency)
    cents, rounding = _in_cents(written, flight.currency)
    written, cents = _dated(written, cents, flight)
    inside, outside = _inside(written, cents, flight)
    plan = np.zeros((flight.days, len(flight.names)), np.int64)
    day = (written.dates - flight.first).astype(int)
    _require_once(written, inside)
    np.add.at(plan, (day[inside], written.campaigns[inside]), cents[inside])
    notes = (*written.notes, *rounding, *outside, *_gaps(written, inside, flight))
    return OwnPlan(path.name, plan, (*notes, *_total(written.file, plan, flight)))


def _days_of(flight: Flight) -> NDArray[np.datetime64]:
    return flight.first + np.arange(flight.days)


def _require_currency(written: WrittenPlan, currency: str | None) -> None:
    given = written.currency
    if given is None or currency is None or currency_of(given, currency) is not None:
        return
    raise data_error(
        written.file,
        f"its amounts are in {given}, the exports in {currency}",
        f"amounts in {currency}, or without a currency",
        f"convert them to {currency}",
    )


def _dated(written: WrittenPlan, cents: Cents, flight: Flight) -> tuple[WrittenPlan, Cents]:
    """Return a plan by day: amounts without a date are daily budgets, or spread evenly."""
    if written.per == "date":
        return written, cents
    days, quantum = flight.days, 100 if decimals_of(flight.currency) == 0 else 1
    if written.per == "day":
        by_day = np.repeat(cents[None], days, 0)
        means = f"a daily budget, the same on each of the {days} days"
    else:
        each, rest = np.divmod(cents // quantum, days)
        by_day = (each + (np.arange(days)[:, None] < rest)) * quantum
        means = (
            f"a campaign's money for all {days} days and spread evenly; a column of money per day "
            "is named Daily budget"
        )
    note = f"{written.file}: there are no dates; every amount is read as {means}."
    return (
        written._replace(
            dates=np.repeat(_days_of(flight), len(cents)),
            campaigns=np.tile(written.campaigns, days),
            amounts=by_day.ravel() / 100,
            places=written.places * days,
            notes=(*written.notes, note),
        ),
        by_day.ravel(),
    )


def _in_cents(written: WrittenPlan, currency: str | None) -> tuple[Cents, list[str]]:
    """Return whole cents (whole units without decimals), and a note where they were none."""
    quantum = 100 if decimals_of(currency) == 0 else 1
    exact = np.asarray(written.amounts, np.float64) * 100
    if exact.sum() > _MAX_CENTS:
        raise data_error(
            written.file,
            f"its amounts sum to {exact.sum() / 100:g}",
            f"at most {_MAX_CENTS / 100:g}",
            "correct the amounts",
        )
    cents = (np.rint(exact / quantum) * quantum).astype(np.int64)
    odd = np.abs(cents - exact) > np.maximum(_TOLERANCE, _PRECISION * np.abs(exact))
    if not odd.any():
        return cents, []
    change = (float(cents.sum()) - float(exact.sum())) / 100
    unit = "units" if quantum == 100 else "cents"
    return cents, [
        f"{written.file}: {odd.sum()} amounts are not whole {unit} and were rounded; the total "
        f"changes by {money(change, currency, 2)}."
    ]


def _inside(
    written: WrittenPlan, cents: Cents, flight: Flight
) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which amounts are for days of the flight, and notes on the others.

    Days before the flight are over; money after its last day is refused.
    """
    before, after = written.dates < flight.first, written.dates > flight.last
    if (after & (cents > 0)).any() or (len(cents) and (before | after).all()):
        k = int(np.argmax(after & (cents > 0) if (after & (cents > 0)).any() else before | after))
        raise data_error(
            written.file,
            f"{written.places[k]}: {written.dates[k]} is not a day of the flight",
            f"days from {flight.first}, the day after the exports end, to {flight.last}",
            "choose env.days so that the flight covers the plan, or correct the dates",
        )
    notes = []
    if before.any():
        spent = money(float(cents[before].sum()) / 100, flight.currency)
        notes.append(
            f"{written.file}: {len(np.unique(written.dates[before]))} days before {flight.first} "
            f"are over and left out, with {spent}."
        )
    if after.any():
        notes.append(f"{written.file}: days after {flight.last}, all 0, are left out.")
    return ~(before | after), notes


def _require_once(written: WrittenPlan, inside: NDArray[np.bool_]) -> None:
    """Refuse two amounts for one campaign on one day."""
    first: dict[tuple[int, int], int] = {}
    days = written.dates.astype(int)
    for k in np.flatnonzero(inside):
        cell = int(days[k]), int(written.campaigns[k])
        if cell in first:
            raise data_error(
                written.file,
                f"{written.places[k]} gives an amount for the same day and campaign as "
                f"{written.places[first[cell]]}",
                "one amount per day and campaign",
                "add the two up, or delete one",
            )
        first[cell] = int(k)


def _gaps(written: WrittenPlan, inside: NDArray[np.bool_], flight: Flight) -> list[str]:
    """Return notes on days and campaigns that the file does not name."""
    days = np.setdiff1d(_days_of(flight), written.dates[inside])
    named = set(written.named)
    campaigns = [name for k, name in enumerate(flight.names) if k not in named]
    notes = []
    if len(days):
        text = _listed([str(day) for day in days])
        of = f"{len(days)} of the flight's {flight.days} days"
        notes.append(f"{written.file}: {of} are not in the plan and count as 0: {text}.")
    if campaigns:
        text = _listed([shortened(name) for name in campaigns])
        of = f"{len(campaigns)} of {len(flight.names)} campaigns"
        notes.append(f"{written.file}: {of} are not in the plan and count as 0: {text}.")
    return notes


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _MAX_LISTED
    return ", ".join(texts[:_MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def _total(file: str, plan: Cents, flight: Flight) -> list[str]:
    """Return a note if the plan spends another total than the budget."""
    total = int(plan.sum())
    difference = total - flight.budget_cents
    if difference == 0 or (difference < 0 and not flight.spend_all):
        return []
    spent, budget, off = (
        money(cents / 100, flight.currency)
        for cents in (total, flight.budget_cents, abs(difference))
    )
    kind = "more" if difference > 0 else "less"
    return [f"{file}: the plan spends {spent}, {off} {kind} than the budget of {budget}."]
