"""The task suite: a task's YAML and a size's YAML make a family of markets to plan in.

A task is one file of ``conf/suite`` over its ``default.yaml``; a size one file of ``conf/size``.
"""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from ...data.errors import ConfigError
from ...data.history import Campaign
from ...data.settings import Settings
from ...data.storage import CONF, shipped_yaml
from ..calibration import LogNormal, Priors
from ..market import ShockSettings

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Pair = tuple[float, float]
UPPER = ("display", "video", "social")  # kinds of the upper funnel


class Slopes(Settings):
    """Which campaigns have S-curves."""

    share: Share
    low: Positive
    high: Positive


class Rhythm(Settings):
    """A weekly rhythm of demand."""

    profile: Annotated[list[float], Field(min_length=7, max_length=7)]
    sd: Positive


class Wave(Settings):
    """The annual wave's amplitude in the logarithm."""

    low: NotNegative
    high: NotNegative


class Level(Settings):
    """A stationary Ornstein-Uhlenbeck process."""

    sd: NotNegative
    half_life: Positive
    shared: Share = 0.0


class Fatigue(Settings):
    """Wear by impressions; the audience is so many days' impressions at the reference."""

    exponent: Pair
    half_life: Positive
    reach_days: Positive


class Halo(Settings):
    """Lift by the upper funnel."""

    exponent: Pair
    half_life: Positive


class Lag(Settings):
    """When conversions land."""

    same_day: Pair
    mean_days: Pair


class Claims(Settings):
    """What platforms claim."""

    rate: LogNormal
    social: LogNormal
    organic: Pair
    view_through: Pair


class TaskSettings(Settings):
    """The keys of ``conf/suite/default.yaml``, where their meanings are."""

    summary: str
    versions: Annotated[dict[str, str], Field(min_length=1)]
    conversions_sd: NotNegative
    uncertain: bool
    slope: Slopes
    warm_stock: NotNegative
    carryover: bool
    build_half_life: Positive | None
    weekday: Rhythm | None
    annual: Wave | None
    level: Level | None
    drift_sd: NotNegative | None
    dispersion: LogNormal
    price_sd: NotNegative
    order_value_sd: NotNegative
    delivery_sd: NotNegative | None
    competition: Level | None
    fatigue: Fatigue | None
    halo: Halo | None
    lag: Lag | None
    credit_days: NotNegative | None
    claims: Claims | None
    shocks: ShockSettings | None


class SizedCampaign(Settings):
    """One campaign of a size."""

    kind: str
    spend: Positive
    cpc: Positive
    cvr: Share
    order: Positive


class SizeSettings(Settings):
    """The keys of ``conf/size``."""

    days: Annotated[int, Field(ge=2)]
    first_day: date
    total: Positive
    campaigns: Annotated[dict[str, SizedCampaign], Field(min_length=1)]
    click_rate: dict[str, Share]

    def ordered(self) -> tuple[Campaign, ...]:
        """Return the campaigns in the order of every array."""
        pairs = (name.partition("/") for name in self.campaigns)
        return tuple(Campaign(channel, kind or None) for channel, _, kind in pairs)


class Task(NamedTuple):
    """A task at one size."""

    name: str  # Full
    size_name: str  # M
    settings: TaskSettings
    size: SizeSettings
    priors: Priors  # with what the task changes in them

    @property
    def version(self) -> str:
        """The newest version."""
        return list(self.settings.versions)[-1]

    @property
    def key(self) -> str:
        """``Full-M``."""
        return f"{self.name}-{self.size_name}"

    @property
    def id(self) -> str:
        """``mediagym/Full-M-v0``."""
        return f"mediagym/{self.key}-{self.version}"


def task_names() -> list[str]:
    """Return the tasks that have a YAML, in alphabetic order."""
    return sorted(path.stem for path in (CONF / "suite").glob("*.yaml") if path.stem != "default")


def size_names() -> list[str]:
    """Return the sizes, smallest first."""
    found = {path.stem for path in (CONF / "size").glob("*.yaml")}
    usual = [name for name in ("S", "M", "L") if name in found]
    return usual + sorted(found - set(usual))


def every_task() -> list[tuple[str, str]]:
    """Return every task's key and newest version: ``("Full-M", "v0")``."""
    return [(f"{name}-{size}", _newest(name)) for name in task_names() for size in size_names()]


def _newest(name: str) -> str:
    """Return the newest version of a task by reading no more than that."""
    given = _merged(shipped_yaml("suite/default"), shipped_yaml(f"suite/{name}"))
    return str(list(given["versions"])[-1])


@cache
def task_of(key: str) -> Task:
    """Read a task at a size, such as ``Full-M``.

    Raises:
        ConfigError: if there is none of that name, or a YAML has a key that is not allowed.
    """
    name, _, size = key.partition("-")
    if name not in task_names() or size not in size_names():
        near = get_close_matches(key, [known for known, _ in every_task()], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"task: {key!r} is not known; allowed: one of {', '.join(task_names())}, a dash, and "
            f"one of {', '.join(size_names())}, such as Full-M.{hint}"
        )
    given = _merged(shipped_yaml("suite/default"), shipped_yaml(f"suite/{name}"))
    settings = TaskSettings.of(given, f"conf/suite/{name}.yaml")
    priors = shipped_yaml("priors/default")
    priors["conversions_sd"] = max(settings.conversions_sd, 1e-12)
    priors["dispersion"] = settings.dispersion.model_dump()
    if settings.weekday is not None:
        priors["weekday_sd"] = settings.weekday.sd
    sized = SizeSettings.of(shipped_yaml(f"size/{size}"), f"conf/size/{size}.yaml")
    return Task(name, size, settings, sized, Priors.of(priors, "priors"))


def overrides_of(given: Any, name: str) -> dict[str, Any]:
    """Return the keys that differ from the defaults; ConfigError if it is no mapping."""
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(
            f"{name}: {given!r} was given; a mapping of the keys that differ is allowed."
        )
    return dict(given or {})


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {**base, **change}
