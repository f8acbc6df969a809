"""A plan read back from its file, with every number that can be checked checked."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import DataError, MediaGymError
from ...data.storage import read_json
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, constraints_from_json, violations
from .document import SCHEMA_VERSION, dollars_of, name_of

Cents = NDArray[np.int64]


def read_plan(path: Path, posterior: Posterior) -> tuple[Constraints, Cents]:
    """Read a plan's constraints and cents, (days, campaigns), both in the posterior's order.

    Raises:
        DataError: if the file is no plan of this version, names other campaigns, has sums that
            do not agree, or breaks its own constraints.
    """
    content = read_json(path)
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"{path}: not a plan of schema version {SCHEMA_VERSION}; write it again with plan.py."
        )
    try:
        _require_same_campaigns(path, content, posterior)
        constraints = constraints_from_json(_ordered(content["constraints"], posterior.names))
        cents = _cents(content["days"], constraints.names)
        wrong = [*_disagreements(content, constraints, cents), *violations(constraints, cents)]
    except DataError:
        raise
    except MediaGymError as error:
        raise _changed(path, str(error)) from None
    except KeyError as error:
        raise _changed(path, f"{error} is absent") from None
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise _changed(path, str(error)) from None
    if wrong:
        raise _changed(path, wrong[0])
    return constraints, cents


def _changed(path: Path, what: str) -> DataError:
    return DataError(
        f"{path}: not a plan as plan.py wrote it: {' '.join(what.split())}. Write it again."
    )


def _require_same_campaigns(path: Path, content: dict[str, Any], posterior: Posterior) -> None:
    names = list(content["constraints"]["channel_of"])
    if set(names) != set(posterior.names):
        raise DataError(
            f"{path}: the plan is for {', '.join(names)}; the calibration knows "
            f"{', '.join(posterior.names)}. Use the calibration that the plan was made with."
        )


def _ordered(constraints: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return constraints as JSON with the campaigns in another order."""
    channel_of = constraints["channel_of"]
    return {**constraints, "channel_of": {name: channel_of[name] for name in names}}


def _cents(days: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Cents:
    rows = []
    for day in days:
        found = [name_of(entry) for entry in day["campaigns"]]
        if sorted(found) != sorted(names):
            raise ValueError(f"{day['date']} does not list every campaign once")
        of = {name_of(entry): round(entry["budget"] * 100) for entry in day["campaigns"]}
        rows.append([of[name] for name in names])
    return np.array(rows, np.int64).reshape(len(rows), len(names))


def _disagreements(
    content: Mapping[str, Any], constraints: Constraints, cents: Cents
) -> Iterator[str]:
    """Yield the dates and budgets that are not what the days' cents say."""
    start, flight = np.datetime64(content["flight"]["start"], "D"), content["flight"]
    if not len(cents) == constraints.days == flight["days"]:
        yield f"{len(cents)} days are listed, {flight['days']} are the flight's"
    total, spent = int(cents.sum()), cents.sum(0)
    yield from _off("flight", flight, total)
    yield from _off("totals", content["totals"], total)
    for t, day in enumerate(content["days"]):
        yield from _day_off(day, str(start + t), constraints.names, cents[t])
    if len(content["campaigns"]) != len(spent):
        yield f"{len(content['campaigns'])} campaigns are listed, {len(spent)} are planned"
    for row in content["campaigns"]:
        yield from _off(name_of(row), row, int(spent[constraints.names.index(name_of(row))]))
    for row in content["channels"]:
        of = constraints.tree.parents[1] == constraints.channels.index(row["channel"])
        yield from _off(row["channel"], row, int(spent[of].sum()))


def _day_off(
    day: Mapping[str, Any], date: str, names: Sequence[str], cents: Cents
) -> Iterator[str]:
    if day["date"] != date:
        yield f"{day['date']} stands where {date} is due"
    yield from _off(date, day, int(cents.sum()))
    for entry in day["campaigns"]:
        k = names.index(name_of(entry))
        yield from _off(f"{date}, {name_of(entry)}", entry, int(cents[k]))


def _off(place: str, row: Mapping[str, Any], cents: int) -> Iterator[str]:
    if row["budget"] != dollars_of(cents):
        yield f"{place}: the budget {row['budget']} is not the {dollars_of(cents)} of its days"
