"""What every plan must keep to, by name: total, floors, caps, daily caps, pacing, changes.

All amounts are kept as whole cents, so that "the floors fit under the caps" is exact arithmetic.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ...data.errors import ConfigError, shown
from ...data.settings import Settings
from ..projection import Tree
from .constraints import Cents, Constraints
from .feasibility import require_feasible
from .money import cents, dollars, refused, share


class Named(Protocol):
    """What is asked of a campaign: the name of its own and that of its channel."""

    @property
    def name(self) -> str:
        """`google/Search Network`."""

    @property
    def channel(self) -> str:
        """`google`."""


class ConstraintSettings(Settings):
    """The keys of `conf/constraints`, where their meanings and defaults are."""

    total: Any  # dollars
    total_type: Any  # equal or at_most
    channel: Any  # defaults of every channel
    campaign: Any  # defaults of every campaign
    channels: Any  # by name, what differs
    campaigns: Any  # by name, what differs
    pacing: Any  # two multiples, or null
    change_limit: Any  # share, or null


@dataclass(frozen=True)
class _Campaign:
    name: str
    channel: str


def parse_constraints(
    settings: ConstraintSettings, campaigns: Sequence[Named], days: int
) -> Constraints:
    """Read the settings for these campaigns, and refuse what no plan could satisfy.

    Args:
        settings: the group `constraints` of the configuration.
        campaigns: what gets a budget; the order is that of every array.
        days: length of the flight, >= 1.

    Raises:
        ConfigError: naming the key that is unknown, missing or not allowed.
        ConstraintError: naming the node whose bounds contradict each other, with the numbers.
    """
    names = tuple(campaign.name for campaign in campaigns)
    owners = [campaign.channel for campaign in campaigns]
    channels = tuple(dict.fromkeys(owners))
    _check_flight(names, days)
    total = _total(settings.total)
    by_channel = _by_name(settings, "channel", channels)
    by_campaign = _by_name(settings, "campaign", names)
    pacing, change_limit = _pace(settings.pacing, settings.change_limit, days)
    limits = [
        _limits(by_channel, "channel", channels, total),
        _limits(by_campaign, "campaign", names, total),
    ]
    constraints = Constraints(
        names=names,
        channels=channels,
        tree=Tree.of([[0] * len(channels), [channels.index(owner) for owner in owners]]),
        days=days,
        total_cents=total,
        spend_all=_spend_all(settings.total_type),
        floor_cents=(limits[0][0], limits[1][0]),
        cap_cents=(limits[0][1], limits[1][1]),
        daily_cap_cents=limits[1][2],
        pacing=pacing,
        change_limit=change_limit,
    )
    require_feasible(constraints)
    return constraints


def constraints_from_json(document: Mapping[str, Any]) -> Constraints:
    """Rebuild what `Constraints.to_json` wrote."""
    campaigns = [_Campaign(*pair) for pair in document["channel_of"].items()]
    settings = ConstraintSettings.of(document["settings"], "constraints")
    return parse_constraints(settings, campaigns, document["days"])


def _check_flight(names: tuple[str, ...], days: int) -> None:
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise ConfigError(
            f"days of the flight: {days!r} does not fit. Allowed: a whole number, 1 or more. "
            "To fix: give the number of days to plan."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise ConfigError(
            f"campaigns: {', '.join(twice) or 'none'} given. Allowed: one campaign or more, each "
            "name once. To fix: give every campaign a name of its own."
        )


def _total(given: Any) -> int:
    exact = dollars(given, "total") * 100
    if exact != exact.to_integral_value() or exact <= 0:
        raise refused("total", given, "dollars in whole cents, above 0", "round it to cents")
    return int(exact)


def _spend_all(given: Any) -> bool:
    if given not in ("equal", "at_most"):
        raise refused("total_type", given, "equal or at_most", "choose one")
    return bool(given == "equal")


def _pace(pacing: Any, change_limit: Any, days: int) -> tuple[tuple[float, float], float | None]:
    """Read the pacing band and the change limit, which needs an even pace."""
    band = [0.0, float(days)] if pacing is None else pacing
    allowed = "two numbers [a, b] with 0 <= a <= 1 <= b, or null"
    try:
        low, high = (float(end) for end in band)
    except (TypeError, ValueError):
        raise refused("pacing", pacing, allowed, "start from [0.5, 1.5]") from None
    if not 0 <= low <= 1 <= high < np.inf:
        raise refused("pacing", pacing, allowed, "start from [0.5, 1.5]")
    if change_limit is None:
        return (low, high), None
    limit = float(share(change_limit, "change_limit"))
    if limit <= 0:
        raise refused("change_limit", change_limit, "a share above 0%, or null", "raise it")
    if (low, high) != (1.0, 1.0):
        # An uneven pace can corner itself: yesterday's spends may not reach today's total.
        raise refused("pacing", pacing, "[1, 1] where there is a change_limit", "set pacing=[1, 1]")
    return (low, high), limit


_KEYS = {
    "channel": ("floor", "cap", "fixed", "off"),
    "campaign": ("floor", "cap", "daily_cap", "fixed", "off"),
}


def _by_name(
    given: ConstraintSettings, kind: str, names: tuple[str, ...]
) -> dict[str, dict[str, tuple[Any, str]]]:
    """Per node its keys' values with where each came from: the default, or an override."""
    group = f"{kind}s"
    default = _keys(getattr(given, kind), kind, kind)
    overrides = getattr(given, group)
    if overrides is not None and not isinstance(overrides, Mapping):
        raise refused(group, overrides, f"{kind} names with what differs", "write {} for none")
    for name in overrides or {}:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else "use one of these names"
            raise ConfigError(
                f"constraints.{group}: {shown(name)} is no {kind} here. "
                f"Allowed: {', '.join(names)}. To fix: {hint}"
            )
    return {
        name: default | _keys((overrides or {}).get(name), kind, f"{group}.{name}")
        for name in names
    }


def _keys(given: Any, kind: str, where: str) -> dict[str, tuple[Any, str]]:
    allowed = _KEYS[kind]
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise refused(where, given, f"the keys {', '.join(allowed)}", "write {floor: 10%}")
    given = {"off" if key is False else key: value for key, value in given.items()}  # YAML's `off`
    for key in given:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else "remove it"
            raise ConfigError(
                f"constraints.{where}: unknown key {shown(key)}. Allowed: {', '.join(allowed)}. "
                f"To fix: {hint}"
            )
    return {key: (value, f"{where}.{key}") for key, value in given.items()}


def _limits(
    nodes: dict[str, dict[str, tuple[Any, str]]], kind: str, names: tuple[str, ...], total: int
) -> tuple[Cents, Cents, Cents]:
    """Floors, caps and daily caps in cents, (nodes,) each."""
    rows = np.array([_limit(nodes[name], total) for name in names], dtype=np.int64)
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _limit(node: dict[str, tuple[Any, str]], total: int) -> tuple[int, int, int]:
    """One node's floor, cap and daily cap in cents; no cap is the total."""

    def amount(key: str, absent: int, up: bool) -> int:
        value, where = node.get(key, (None, key))
        return absent if value is None else min(cents(value, total, where, up), total + 1)

    off, where = node.get("off", (False, "off"))
    if off not in (True, False, None):
        raise refused(where, off, "true or false", "write off: true, or remove it")
    daily = min(amount("daily_cap", total, False), total)
    if off:
        return 0, 0, daily
    if node.get("fixed", (None, ""))[0] is not None:
        fixed = amount("fixed", 0, True)
        return fixed, fixed, daily
    floor, cap = amount("floor", 0, True), min(amount("cap", total, False), total)
    if floor > cap:
        value, where = node["floor"]
        limit, limit_key = node.get("cap", (None, "total"))
        limit_text = "the total" if limit is None else f"{limit} (constraints.{limit_key})"
        raise refused(where, value, f"at most the cap, {limit_text}", "lower the floor")
    return floor, cap, daily
