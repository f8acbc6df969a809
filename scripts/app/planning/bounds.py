"""The constraint set of a form or of a plan, as the server can check it without a calibration."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import numpy as np

from mediagym.data.errors import ConstraintError
from mediagym.data.formats import name_of
from mediagym.data.history import Campaign
from mediagym.data.settings import merged
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import (
    Constraints,
    ConstraintSettings,
    FlightStart,
    KnownSpend,
    parse_constraints,
)
from mediagym.envs.environment import EnvSettings
from mediagym.envs.market import ObjectiveSettings


def campaign_of(name: str) -> Campaign:
    """Return the campaign of a full name, ``channel/campaign type`` or the channel alone."""
    channel, slash, kind = name.partition("/")
    return Campaign(channel, kind if slash else None)


def bounds_of(
    group: Mapping[str, Any],
    names: Sequence[str],
    days: int,
    currency: str | None,
    spend: KnownSpend | None = None,
) -> Constraints:
    """Return the total, floors and caps of a flight, checked to be feasible.

    Ramps and rules of single days are left to the job, which knows the rhythm of the week.

    Args:
        group: keys of ``constraints`` that differ from the defaults.
        names: campaigns, full names.
        days: length of the flight.
        currency: of all amounts; None: not named.
        spend: dearest days, for caps by ``most_times_recent``; None: no such caps.

    Raises:
        ConfigError: naming the key whose value is not allowed.
        ConstraintError: naming the node whose bounds contradict each other, with the numbers.
    """
    keys = merged(shipped_yaml("constraints/default"), group)
    settings = ConstraintSettings.of(keys, "constraints")
    return parse_constraints(settings, [campaign_of(n) for n in names], days, currency, spend)


def check_rules(
    body: Mapping[str, Any],
    names: Sequence[str],
    currency: str | None,
    live: Mapping[str, float],
    start: date,
) -> None:
    """Check all of a plan's body that can be checked without a calibration.

    Whether ramps reach every bound depends on the rhythm of the week, so it is left to the job.

    Args:
        body: keys that differ from the defaults.
        names: campaigns, full names.
        currency: of all amounts; None: not named.
        live: daily budgets of today by campaign.
        start: first day of the flight.

    Raises:
        ConfigError: naming the key whose value is not allowed.
        ConstraintError: naming the node whose bounds contradict each other, with the numbers.
    """
    shipped = {"env": "env/default", "objective": "objective/conversions"}
    groups = {key: merged(shipped_yaml(file), body.get(key, {})) for key, file in shipped.items()}
    env = EnvSettings.of(groups["env"], "env")
    ObjectiveSettings.of(groups["objective"], "objective")
    group = body.get("constraints", {})
    bounds_of(group, names, env.days, currency)
    keys = merged(shipped_yaml("constraints/default"), group)
    settings = ConstraintSettings.of(keys, "constraints")
    today = FlightStart(
        np.array([live.get(name, 0.0) for name in names]), (start - date(1970, 1, 1)).days
    )
    with suppress(ConstraintError):
        campaigns = [campaign_of(name) for name in names]
        parse_constraints(settings, campaigns, env.days, currency, None, today)


def known_spend(plan: Mapping[str, Any]) -> KnownSpend:
    """Return the dearest days of a plan's campaigns, from ``plan.json``."""
    rows = plan["campaigns"]
    recent = np.array([row["recent_max_daily"] or 0.0 for row in rows])
    season = np.array([row["season_max_daily"] or 0.0 for row in rows])
    ever = np.array([row["observed_max_daily"] or 0.0 for row in rows])
    return KnownSpend(recent, np.maximum(recent, season), np.maximum(ever, recent))


def names_of(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the full names of a plan's campaigns, in its order."""
    return tuple(name_of(row) for row in plan["campaigns"])
