"""Reader of ``plan.json`` that verifies every sum, date and constraint."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import DataError, MediaGymError, shown
from ...data.storage import read_json
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, constraints_from_json, violations
from .document import SCHEMA_VERSION, campaign_name, to_units

Cents = NDArray[np.int64]
_LONGEST_CURRENCY = 5  # characters of a code or a sign


def read_plan(path: Path, posterior: Posterior) -> tuple[Constraints, Cents]:
    """Return a plan's constraints and cents, (days, campaigns), both in the posterior's order.

    Raises:
        DataError: if the file is not a plan of this version, names other campaigns, has sums that
            do not agree, or breaks its own constraints.
    """
    content = read_json(path)
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"{path}: not a plan of schema version {SCHEMA_VERSION}. Write it again with "
            "scripts/plan.py."
        )
    try:
        _require_same_campaigns(path, content, posterior)
        constraints = constraints_from_json(_ordered(content["constraints"], posterior.names))
        constraints = constraints.in_currency(_currency(content.get("currency")))
        cents = _cents(content["days"], constraints.names)
        errors = [*_disagreements(content, constraints, cents), *violations(constraints, cents)]
    except DataError:
        raise
    except MediaGymError as error:
        raise _invalid(path, str(error)) from None
    except KeyError as error:
        raise _invalid(path, f"{error} is missing") from None
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _invalid(path, str(error)) from None
    if errors:
        raise _invalid(path, errors[0])
    return constraints, cents


def _currency(value: Any) -> str | None:
    """The currency of a plan, None if it names none."""
    if value is None or (isinstance(value, str) and 0 < len(value) <= _LONGEST_CURRENCY):
        return value
    raise ValueError(f"currency {shown(value)} is no code or sign")


def _invalid(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path}: not a plan as scripts/plan.py writes it: {' '.join(reason.split())}. "
        "Write it again."
    )


def _require_same_campaigns(path: Path, content: dict[str, Any], posterior: Posterior) -> None:
    names = list(content["constraints"]["channel_of"])
    if set(names) != set(posterior.names):
        raise DataError(
            f"{path}: the plan is for {', '.join(names)}; the calibration is of "
            f"{', '.join(posterior.names)}. Use the calibration that the plan was made with."
        )


def _ordered(constraints: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return constraints as JSON with their campaigns in the order of ``names``."""
    channel_of = constraints["channel_of"]
    return {**constraints, "channel_of": {name: channel_of[name] for name in names}}


def _cents(days: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Cents:
    """Return cents per day and campaign, (days, campaigns), in the order of ``names``."""
    rows = []
    for day in days:
        listed = [campaign_name(entry) for entry in day["campaigns"]]
        if sorted(listed) != sorted(names):
            raise ValueError(f"{day['date']} does not list every campaign once")
        budgets = {campaign_name(e): round(e["budget"] * 100) for e in day["campaigns"]}
        rows.append([budgets[name] for name in names])
    return np.array(rows, np.int64).reshape(len(rows), len(names))


def _disagreements(
    content: Mapping[str, Any], constraints: Constraints, cents: Cents
) -> Iterator[str]:
    """Yield every date and budget that does not follow from the days' cents."""
    start, flight = np.datetime64(content["flight"]["start"], "D"), content["flight"]
    if not len(cents) == constraints.days == flight["days"]:
        yield f"{len(cents)} days are listed; expected the flight's {flight['days']}"
    total, spent = int(cents.sum()), cents.sum(0)
    yield from _budget_errors("flight", flight, total)
    yield from _budget_errors("totals", content["totals"], total)
    for t, day in enumerate(content["days"]):
        yield from _day_errors(day, str(start + t), constraints.names, cents[t])
    if len(content["campaigns"]) != len(spent):
        yield f"{len(content['campaigns'])} campaigns are listed; expected {len(spent)}"
    for row in content["campaigns"]:
        k = constraints.names.index(campaign_name(row))
        yield from _budget_errors(campaign_name(row), row, int(spent[k]))
    for row in content["channels"]:
        campaigns = constraints.tree.parents[1] == constraints.channels.index(row["channel"])
        yield from _budget_errors(row["channel"], row, int(spent[campaigns].sum()))


def _day_errors(
    day: Mapping[str, Any], date: str, names: Sequence[str], cents: Cents
) -> Iterator[str]:
    if day["date"] != date:
        yield f"date {day['date']}; expected {date}"
    yield from _budget_errors(date, day, int(cents.sum()))
    for entry in day["campaigns"]:
        k = names.index(campaign_name(entry))
        yield from _budget_errors(f"{date}, {campaign_name(entry)}", entry, int(cents[k]))


def _budget_errors(where: str, row: Mapping[str, Any], cents: int) -> Iterator[str]:
    if row["budget"] != to_units(cents):
        yield f"{where}: budget {row['budget']}; expected {to_units(cents)}, the sum of its days"
