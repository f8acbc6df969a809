"""Reader of ``plan.json`` that verifies every sum, date and constraint."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...data.errors import DataError, MediaGymError, shown
from ...data.storage import read_json
from ...envs.calibration import Posterior
from ...envs.constraints import Constraints, constraints_from_json
from .document import SCHEMA_VERSION, broken_constraints
from .records import Cents, campaign_name, to_units

_LONGEST_CURRENCY = 5  # characters of a code or a sign
_HOLDS = {"actual": "holds what happened", "planned": "holds nothing that happened"}


class _Read(NamedTuple):
    """A plan as it stands in a file, in the posterior's order."""

    constraints: Constraints
    cents: Cents  # (days, campaigns)
    planned: Cents  # (days, campaigns) cents; what days that are over had been planned to spend
    actual_days: int


def read_plan(path: Path, posterior: Posterior) -> tuple[Constraints, Cents]:
    """Return a plan's constraints and cents, (days, campaigns), both in the posterior's order.

    Days that are over hold what was spent; `read_planned` has what was planned for them.

    Raises:
        DataError: if the file is not a plan of this version, names other campaigns, has sums that
            do not agree, or breaks its own constraints.
    """
    plan = _read(path, posterior)
    return plan.constraints, plan.cents


def read_planned(path: Path, posterior: Posterior) -> Cents:
    """Return the cents that a plan had for its days, (days, campaigns), in the posterior's order.

    For days that are over that is what was planned before; what was spent where nothing was.

    Raises:
        DataError: as `read_plan`.
    """
    return _read(path, posterior).planned


def _read(path: Path, posterior: Posterior) -> _Read:
    content = read_json(path)
    _require_version(path, content)
    try:
        _require_same_campaigns(path, content, posterior)
        constraints = constraints_from_json(_ordered(content["constraints"], posterior.names))
        constraints = constraints.in_currency(_currency(content.get("currency")))
        plan = _plan(content, constraints)
        errors = [
            *_disagreements(content, plan),
            *broken_constraints(constraints, plan.cents, plan.actual_days, plan.planned),
        ]
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
    return plan


def _require_version(path: Path, content: Any) -> None:
    """Raise an error that says what to do with a plan of another version."""
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version == 1 and not isinstance(version, bool):
        raise DataError(
            f"{path}: a plan of schema version 1, from before plans had intervals by day. "
            f"Allowed: version {SCHEMA_VERSION}. To fix: write it again with scripts/plan.py, from "
            "the same exports and constraints."
        )
    if version != SCHEMA_VERSION:
        raise DataError(
            f"{path}: not a plan of schema version {SCHEMA_VERSION}. Write it again with "
            "scripts/plan.py."
        )


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


def _plan(content: Mapping[str, Any], constraints: Constraints) -> _Read:
    """Return the cents of a plan's days, in the order of the constraints."""
    names, actual_days, rows = constraints.names, 0, []
    for day in content["days"]:
        listed = [campaign_name(entry) for entry in day["campaigns"]]
        if sorted(listed) != sorted(names):
            raise ValueError(f"{day['date']} does not list every campaign once")
        entries = dict(zip(listed, day["campaigns"], strict=True))
        budgets = [entries[name]["budget"] for name in names]
        before = [entries[name]["planned"] for name in names]
        rows.append(
            [
                [_to_cents(budget) for budget in budgets],
                [_to_cents(b if p is None else p) for p, b in zip(before, budgets, strict=True)],
            ]
        )
        actual_days += day["status"] == "actual"
    cents = np.array(rows, np.int64).reshape(len(rows), 2, len(names))
    return _Read(constraints, cents[:, 0], cents[:, 1], actual_days)


def _to_cents(amount: float) -> int:
    return round(amount * 100)


def _disagreements(content: Mapping[str, Any], plan: _Read) -> Iterator[str]:
    """Yield every date, status and amount that does not follow from the days' cents."""
    constraints, cents = plan.constraints, plan.cents
    start, flight = np.datetime64(content["flight"]["start"], "D"), content["flight"]
    if not len(cents) == constraints.days == flight["days"]:
        yield f"{len(cents)} days are listed; expected the flight's {flight['days']}"
    if flight["end"] != str(start + len(cents) - 1):
        yield f"flight: end {flight['end']}; expected {start + len(cents) - 1}"
    if flight["actual_days"] != plan.actual_days:
        yield f"flight: actual_days {flight['actual_days']}; expected {plan.actual_days}"
    spent = int(cents[: plan.actual_days].sum())
    rest = int(cents[plan.actual_days :].sum())
    yield from _errors(
        "flight", flight, {"budget": spent + rest, "spent": spent, "remaining": rest}
    )
    for t, day in enumerate(content["days"]):
        yield from _day_errors(day, str(start + t), t, plan)
    yield from _row_errors("totals", content["totals"], plan, slice(None))
    if len(content["campaigns"]) != len(constraints.names):
        yield f"{len(content['campaigns'])} campaigns are listed; expected {len(constraints.names)}"
    for row in content["campaigns"]:
        k = constraints.names.index(campaign_name(row))
        yield from _row_errors(campaign_name(row), row, plan, slice(k, k + 1))
        if plan.actual_days < len(cents):
            yield from _errors(campaign_name(row), row, {"today": int(cents[plan.actual_days, k])})
    for row in content["channels"]:
        campaigns = constraints.tree.parents[1] == constraints.channels.index(row["channel"])
        yield from _row_errors(row["channel"], row, plan, campaigns)
    yield from _pace_errors(content["pace"], plan, spent)


def _day_errors(day: Mapping[str, Any], date: str, t: int, plan: _Read) -> Iterator[str]:
    if day["date"] != date:
        yield f"date {day['date']}; expected {date}"
    status = "actual" if t < plan.actual_days else "planned"
    if day["status"] != status:
        yield f"{date}: status {day['status']}; expected {status}: days that are over come first"
    yield from _errors(date, day, {"budget": int(plan.cents[t].sum())})
    so_far = {"budget": int(plan.cents[: t + 1].sum())}
    yield from _errors(f"{date}, so far", day["cumulative"], so_far)
    for entry in day["campaigns"]:
        k, where = plan.constraints.names.index(campaign_name(entry)), campaign_name(entry)
        yield from _errors(f"{date}, {where}", entry, {"budget": int(plan.cents[t, k])})
        if (entry["actual"] is None) != (status == "planned"):
            yield f"{date}, {where}: a day that is {status} {_HOLDS[status]}"
        elif entry["actual"] is not None:
            yield from _errors(
                f"{date}, {where}", entry["actual"], {"spend": int(plan.cents[t, k])}
            )
        elif entry["planned"] is not None:
            yield f"{date}, {where}: only days that are over hold what was planned before"


def _row_errors(where: str, row: Mapping[str, Any], plan: _Read, campaigns: Any) -> Iterator[str]:
    cents = plan.cents[:, campaigns]
    spent, rest = int(cents[: plan.actual_days].sum()), int(cents[plan.actual_days :].sum())
    amounts = {"budget": spent + rest, "spent": spent, "planned_rest": rest}
    yield from _errors(where, row, amounts)


def _pace_errors(pace: Mapping[str, Any] | None, plan: _Read, spent: int) -> Iterator[str]:
    if pace is not None:
        planned = int(plan.planned[: plan.actual_days].sum())
        yield from _errors("pace", pace, {"spent": spent, "planned_by_now": planned})


def _errors(where: str, row: Mapping[str, Any], cents: Mapping[str, int]) -> Iterator[str]:
    """Yield the amounts of a row that are not what the days' cents add up to."""
    for key, amount in cents.items():
        if row[key] != to_units(amount):
            yield f"{where}: {key} {row[key]}; expected {to_units(amount)}, the sum of its days"
