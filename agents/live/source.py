"""What a re-plan takes from ``plan.json``: days, campaigns, constraints, and the planned cents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import DataError, data_error
from ...data.storage import read_json
from ..plans import SCHEMA_VERSION, campaign_name


@dataclass(frozen=True)
class SourcePlan:
    """The plan that is under way."""

    path: Path
    policy: str
    objective: str
    currency: str | None
    start: np.datetime64  # first day of the flight
    days: int
    channel_of: dict[str, str]  # channel of each campaign
    constraints: dict[str, Any]  # as plan.json holds them
    planned: dict[str, NDArray[np.int64]]  # cents per day and campaign, (days,) each
    dated: dict[str, NDArray[np.int64]]  # the same, but spent on days that were over; its total

    @property
    def names(self) -> tuple[str, ...]:
        """Campaigns in the order of the plan."""
        return tuple(self.channel_of)

    def cents(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the planned cents in an order of campaigns, (days, campaigns)."""
        return np.stack([self.planned[name] for name in names], axis=1)

    def dated_cents(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the cents of the plan as it is dated: spent so far, then planned."""
        return np.stack([self.dated[name] for name in names], axis=1)


def read_source(path: Path) -> SourcePlan:
    """Read a plan of ``scripts/plan.py`` or ``scripts/replan.py``.

    Days that are over count with what had been planned for them.

    Raises:
        DataError: if the file is not a plan of this version.
    """
    content = read_json(path)
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise data_error(
            str(path),
            f"schema_version {version!r}",
            f"a plan of schema version {SCHEMA_VERSION}",
            "write it again with scripts/plan.py",
        )
    try:
        return _parsed(path, content)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DataError(
            f"{path}: not a plan as scripts/plan.py writes it: {' '.join(reason.split())}. "
            "Write it again."
        ) from None


def _parsed(path: Path, content: Mapping[str, Any]) -> SourcePlan:
    constraints, days = content["constraints"], content["days"]
    names = [str(name) for name in constraints["channel_of"]]
    planned = {name: np.zeros(len(days), np.int64) for name in names}
    dated = {name: np.zeros(len(days), np.int64) for name in names}
    for t, day in enumerate(days):
        listed = [campaign_name(row) for row in day["campaigns"]]
        if sorted(listed) != sorted(names):
            raise ValueError(f"{day['date']} does not list every campaign once")
        for name, row in zip(listed, day["campaigns"], strict=True):
            before = row.get("planned")
            planned[name][t] = round(100 * (row["budget"] if before is None else before))
            dated[name][t] = round(100 * row["budget"])
    start = np.datetime64(content["flight"]["start"], "D")
    if len(days) != content["flight"]["days"] or not days:
        raise ValueError(f"{len(days)} days are listed; expected {content['flight']['days']}")
    return SourcePlan(
        path=path,
        policy=str(content["policy"]),
        objective=str(content["objective"]),
        currency=content.get("currency"),
        start=start,
        days=len(days),
        channel_of=dict(constraints["channel_of"]),
        constraints=dict(constraints),
        planned=planned,
        dated=dated,
    )
