"""Parsing of the constraint settings: total, floors, caps, daily caps, pacing, change limit.

All amounts are whole cents, so that "the floors fit under the caps" is exact arithmetic.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Protocol, Self

from pydantic import AfterValidator

from ...data.errors import ConfigError, shown
from ...data.names import by_full_name
from ...data.settings import Settings
from ..projection import Tree
from .constraints import Constraints
from .feasibility import limits, require_feasible
from .file import with_file
from .money import MAX_CENTS, displayed, dollars, refused, share
from .parse_rules import FlightStart, check_rules, with_rules
from .recent import KnownSpend, times_of, with_recent_caps
from .rules import rules_from_json

_MAX_DAYS = 366  # days of a flight
_MAX_PACE = 1e6  # multiple of an even pace
_MAX_CHANGE = 1000.0  # share of yesterday's spend


_LATER = (  # keys that were added after the first ones
    "file",
    "most_times_recent",
    "ramp",
    "changes",
    "calendar",
    "locks",
    "min_run",
    "steadiness",
    "cpa",
    "roas",
)


class Named(Protocol):
    """A campaign as constraints need it: its name and its channel's."""

    @property
    def name(self) -> str:
        """`google/Search Network`."""

    @property
    def channel(self) -> str:
        """`google`."""


class ConstraintSettings(Settings):
    """Keys of `conf/constraints`, which documents them and holds their defaults."""

    total: Any  # dollars
    total_type: Any  # equal or at_most
    channel: Any  # keys of every channel, unless overridden
    campaign: Any  # keys of every campaign, unless overridden
    channels: Any  # by name, keys that differ from the default
    campaigns: Any  # by name, keys that differ from the default
    pacing: Any  # band of a day's total over an even pace, [<= 1, >= 1], or null
    change_limit: Any  # share of yesterday's spend, > 0, or null
    ramp: Any  # up, down, least, against, live, or null
    changes: Any  # weekdays or every, or null
    calendar: Any  # rows of dates with bounds, or null
    locks: Any  # rows of amounts that stand, or null
    min_run: Any  # days that a campaign stays on or off, or null
    steadiness: Any  # share of the value that may be given up for fewer changes, or null
    cpa: Any  # cost per conversion over the flight, at most, or null
    roas: Any  # revenue per unit spent over the flight, at least, or null
    most_times_recent: Any  # daily cap as a multiple of the dearest recent day, >= 1, or null
    file: Any  # null once read: a file's keys are laid over the others
    _file: str = ""  # path of the file that was read
    _from_file: tuple[str, ...] = ()  # how messages about its keys begin

    @classmethod
    def of(cls, mapping: Mapping[str, Any], where: str) -> Self:
        """Settings from a mapping, validated, with the keys of their file laid over them.

        Documents written before there was one of the keys `_LATER` do not need it: no such rule.

        Raises:
            ConfigError: a key is unknown or missing, or the file cannot be used.
        """
        given = {**dict.fromkeys(_LATER), **mapping} if isinstance(mapping, Mapping) else mapping
        settings = super().of(given, where)
        if settings.file is None:
            return settings
        group = {key: getattr(settings, key) for key in cls.model_fields}
        merged, beginnings = with_file(group)
        laid_over = super().of(merged, where)
        laid_over._file, laid_over._from_file = str(settings.file), beginnings
        return laid_over

    def located(self, error: ConfigError) -> ConfigError:
        """Error about a key, with the file that the key is in, if it is in one."""
        named = str(error).startswith(self._from_file)
        return ConfigError(f"{self._file}: {error}") if named else error


@dataclass(frozen=True)
class _Campaign:
    name: str
    channel: str


def parse_constraints(
    settings: ConstraintSettings,
    campaigns: Sequence[Named],
    days: int,
    currency: str | None = None,
    spend: KnownSpend | None = None,
    start: FlightStart | None = None,
) -> Constraints:
    """Return the constraint set of a flight, checked to be feasible.

    Args:
        settings: the group `constraints` of the configuration.
        campaigns: the campaigns to budget; arrays follow their order.
        days: length of the flight, >= 1.
        currency: ISO code or shared sign of all amounts; None: not known.
        spend: what the campaigns have spent, for caps by `most_times_recent`; None: no such caps,
            as in a task, whose campaigns have no history.
        start: live budgets and first date, for ramps and rules of days; None: no such rules.

    Raises:
        ConfigError: naming the key that is unknown, or whose value is not allowed.
        ConstraintError: naming the node whose bounds contradict each other, with the numbers.
    """
    try:
        times = times_of(settings.most_times_recent)
        constraints = _parsed(settings, campaigns, days, currency)
        if times is not None and spend is not None:
            has_ramp = start is not None and settings.ramp is not None
            constraints = with_recent_caps(constraints, times, spend, has_ramp)
        if start is None:
            return constraints
        nodes = (
            _by_name(settings, "channel", constraints.channels),
            _by_name(settings, "campaign", constraints.names),
        )
        return with_rules(constraints, settings, nodes, start)
    except ConfigError as error:
        raise settings.located(error) from None


def require_plausible(settings: ConstraintSettings) -> ConstraintSettings:
    """Return the settings if nothing is wrong with them whatever the campaigns are.

    It needs no data, so that commands can refuse a value before they read any. What depends on the
    campaigns, the length of the flight or the currency is left to `parse_constraints`.

    Raises:
        ConfigError: naming the key that is unknown, or whose value is not allowed.
    """
    try:
        times_of(settings.most_times_recent)
        total = _total(settings.total, None)
        _spend_all(settings.total_type)
        _, change_limit = _pace(settings.pacing, settings.change_limit, 1)
        nodes = (_named(settings, "channel"), _named(settings, "campaign"))
        for kind, part in zip(_KEYS, nodes, strict=True):
            floors = limits(part, tuple(part), total, None)[0]
            if (least := int(max(floors[0], floors[1:].sum()))) > total:
                amounts = f"{displayed(least, None)} as floors of {kind}s"
                fix = "lower floors or raise the total"
                raise refused("total", settings.total, f"at least {amounts}", fix)
        check_rules(settings, nodes, total, change_limit)
    except ConfigError as error:
        raise settings.located(error) from None
    return settings


PlausibleConstraints = Annotated[ConstraintSettings, AfterValidator(require_plausible)]
"""Field of a command's options, refused before the command reads any data."""


def _named(settings: ConstraintSettings, kind: str) -> dict[str, dict[str, tuple[Any, str]]]:
    """Return the keys of a kind's default, under no name, and of each name as it is written."""
    names = _overrides(settings, kind)
    default = _keys(getattr(settings, kind), kind, kind)
    return {"": default} | {
        str(name): default | _keys(keys, kind, f"{kind}s.{name}") for name, keys in names.items()
    }


def _parsed(
    settings: ConstraintSettings, campaigns: Sequence[Named], days: int, currency: str | None
) -> Constraints:
    names = tuple(campaign.name for campaign in campaigns)
    owners = [campaign.channel for campaign in campaigns]
    channels = tuple(dict.fromkeys(owners))
    _check_flight(names, days)
    total = _total(settings.total, currency)
    by_channel = _by_name(settings, "channel", channels)
    by_campaign = _by_name(settings, "campaign", names)
    pacing, change_limit = _pace(settings.pacing, settings.change_limit, days)
    bounds = [
        limits(by_channel, channels, total, currency),
        limits(by_campaign, names, total, currency),
    ]
    constraints = Constraints(
        names=names,
        channels=channels,
        tree=Tree.of([[0] * len(channels), [channels.index(owner) for owner in owners]]),
        days=days,
        total_cents=total,
        spend_all=_spend_all(settings.total_type),
        floor_cents=(bounds[0][0], bounds[1][0]),
        cap_cents=(bounds[0][1], bounds[1][1]),
        daily_cap_cents=bounds[1][2],
        pacing=pacing,
        change_limit=change_limit,
    ).in_currency(currency)
    require_feasible(constraints)
    return constraints


def constraints_from_json(document: Mapping[str, Any]) -> Constraints:
    """Return the constraint set that `Constraints.to_json` wrote."""
    campaigns = [_Campaign(*pair) for pair in document["channel_of"].items()]
    settings = ConstraintSettings.of(document["settings"], "constraints")
    constraints = parse_constraints(settings, campaigns, document["days"])
    return replace(constraints, **rules_from_json(document.get("rules"), constraints))


def _check_flight(names: tuple[str, ...], days: int) -> None:
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MAX_DAYS:
        raise ConfigError(
            f"days of the flight: {days!r} does not fit. Allowed: a whole number from 1 to "
            f"{_MAX_DAYS}. "
            "To fix: give the number of days to plan."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        raise ConfigError(
            f"campaigns: {', '.join(twice) or 'none'} given. Allowed: one campaign or more, each "
            "name once. To fix: give every campaign a name of its own."
        )


def _total(value: Any, currency: str | None) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise refused("total", value, "an amount above 0", "write the budget of the flight")
    exact = dollars(value, "total", currency) * 100
    if exact != exact.to_integral_value() or not 0 < exact <= MAX_CENTS:
        allowed = f"{currency or 'an amount'} in whole cents, above 0 and up to {MAX_CENTS / 100:g}"
        raise refused("total", value, allowed, "round it to cents")
    return int(exact)


def _spend_all(value: Any) -> bool:
    if value not in ("equal", "at_most"):
        raise refused("total_type", value, "equal or at_most", "choose one")
    return bool(value == "equal")


def _pace(pacing: Any, change_limit: Any, days: int) -> tuple[tuple[float, float], float | None]:
    """Read the pacing band and the change limit, which needs an even pace."""
    band = [0.0, float(days)] if pacing is None else pacing
    allowed = "two numbers [a, b] with 0 <= a <= 1 <= b, or null"
    try:
        low, high = (float(end) for end in band)
    except (TypeError, ValueError, OverflowError):
        raise refused("pacing", pacing, allowed, "start from [0.5, 1.5]") from None
    if not 0 <= low <= 1 <= high <= _MAX_PACE:
        raise refused("pacing", pacing, allowed, "start from [0.5, 1.5]")
    if change_limit is None:
        return (low, high), None
    limit = float(share(change_limit, "change_limit"))
    if not 0 < limit <= _MAX_CHANGE:
        allowed = f"a share above 0% and up to {_MAX_CHANGE:.0%}, or null"
        raise refused("change_limit", change_limit, allowed, "change it")
    if (low, high) != (1.0, 1.0):
        # At an uneven pace, limited changes of yesterday's spend may not reach today's total.
        raise refused("pacing", pacing, "[1, 1] where there is a change_limit", "set it to [1, 1]")
    return (low, high), limit


_KEYS = {
    "channel": ("floor", "cap", "fixed", "off", "ramp", "cpa", "roas"),
    "campaign": ("floor", "cap", "daily_cap", "fixed", "off", "daily_floor", "ramp", "cpa", "roas"),
}


def _by_name(
    settings: ConstraintSettings, kind: str, names: tuple[str, ...]
) -> dict[str, dict[str, tuple[Any, str]]]:
    """Return each node's keys, each with its value and the setting that it comes from."""
    group = f"{kind}s"
    default = _keys(getattr(settings, kind), kind, kind)
    key, example = f"constraints.{group}", f"'constraints.{group}={{ID: {{floor: 5%}}}}'"
    named = by_full_name(_overrides(settings, kind), names, key, kind, example)
    return dict.fromkeys(names, default) | {
        name: default | _keys(keys, kind, f"{group}.{written}")
        for name, (keys, written) in named.items()
    }


def _overrides(settings: ConstraintSettings, kind: str) -> Mapping[Any, Any]:
    group = f"{kind}s"
    given = getattr(settings, group)
    if given is not None and not isinstance(given, Mapping):
        raise refused(group, given, f"a mapping from {kind} names to keys", "write {} for none")
    return given or {}


def _keys(group: Any, kind: str, where: str) -> dict[str, tuple[Any, str]]:
    allowed = _KEYS[kind]
    if group is None:
        return {}
    if not isinstance(group, Mapping):
        raise refused(where, group, f"the keys {', '.join(allowed)}", "write {floor: 10%}")
    group = {"off" if key is False else key: value for key, value in group.items()}  # YAML's `off`
    for key in group:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"did you mean {near[0]}?" if near else "remove it"
            raise ConfigError(
                f"constraints.{where}: unknown key {shown(key)}. Allowed: {', '.join(allowed)}. "
                f"To fix: {hint}"
            )
    return {key: (value, f"{where}.{key}") for key, value in group.items()}
