"""Benchmark tasks, each at several sizes, and their settings.

A task is one file of ``conf/suite`` merged over its ``default.yaml``; a size is one file of
``conf/size``.
"""

from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, model_validator

from ...data.errors import ConfigError
from ...data.history import Campaign
from ...data.settings import Settings
from ...data.storage import shipped_yaml
from ..calibration import LogNormal, Priors
from ..market import ShockSettings
from .names import every_task, keys_of, size_names, task_names

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Interval = tuple[float, float]
UPPER_FUNNEL = ("display", "video", "social")  # kinds of campaign


class SlopeSettings(Settings):
    """Share of campaigns with an S-curve, and the interval of their Hill exponents."""

    share: Share
    low: Positive
    high: Positive


class WeekdaySettings(Settings):
    """Weekday profile of log demand, Monday first, and its standard deviation by campaign."""

    profile: Annotated[list[float], Field(min_length=7, max_length=7)]
    sd: Positive


class AnnualSettings(Settings):
    """Interval of the annual wave's amplitude in log demand."""

    low: NotNegative
    high: NotNegative


class OrnsteinUhlenbeck(Settings):
    """A stationary Ornstein-Uhlenbeck process."""

    sd: NotNegative  # stationary sd
    half_life: Positive  # days
    shared: Share = 0.0  # share of the variance that all campaigns have in common


class FatigueSettings(Settings):
    """Wear by impressions; the audience is ``reach_days`` of impressions at the reference spend."""

    exponent: Interval
    half_life: Positive
    reach_days: Positive


class HaloSettings(Settings):
    """Lift of the lower funnel by upper-funnel spend."""

    exponent: Interval
    half_life: Positive


class LagSettings(Settings):
    """Share of conversions that land on the same day, and mean lag of the rest in days."""

    same_day: Interval
    mean_days: Interval


class ClaimSettings(Settings):
    """Conversions that platforms claim, per true conversion and beyond."""

    rate: LogNormal
    social: LogNormal
    organic: Interval
    view_through: Interval


class FormSettings(Settings):
    """How often each form of response occurs, relative to the others."""

    hill: NotNegative
    unsaturated: NotNegative
    s_curve: NotNegative

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.hill + self.unsaturated + self.s_curve <= 0:
            raise ValueError("at least one form must occur")
        return self


class HeldOutSettings(Settings):
    """How held-out markets differ from those of training."""

    forms: FormSettings
    exponent: Interval  # of S-shaped curves
    regime: Share  # probability per day that a campaign's efficiency changes for good
    regime_sd: NotNegative  # sd of the change of log efficiency


class TaskSettings(Settings):
    """The keys of a task; ``conf/suite/default.yaml`` documents them."""

    summary: str
    versions: Annotated[dict[str, str], Field(min_length=1)]
    days: Annotated[int, Field(ge=2)] | None
    conversions_sd: NotNegative
    uncertain: bool
    elasticity_sd: Positive | None
    slope: SlopeSettings
    warm_stock: NotNegative
    carryover: bool
    build_half_life: Positive | None
    weekday: WeekdaySettings | None
    annual: AnnualSettings | None
    level: OrnsteinUhlenbeck | None
    drift_sd: NotNegative | None
    dispersion: LogNormal
    price_sd: NotNegative
    order_value_sd: NotNegative
    delivery_sd: NotNegative | None
    competition: OrnsteinUhlenbeck | None
    fatigue: FatigueSettings | None
    halo: HaloSettings | None
    lag: LagSettings | None
    credit_days: NotNegative | None
    claims: ClaimSettings | None
    shocks: ShockSettings | None
    constraints: dict[str, Any] | None  # keys of conf/constraints that differ
    held_out: HeldOutSettings | None
    value_of_information: bool


class SizedCampaign(Settings):
    """A campaign: kind, dollars per day, dollars per click, conversions per click, order value."""

    kind: str
    spend: Positive
    cpc: Positive
    cvr: Share
    order: Positive


class SizeSettings(Settings):
    """The keys of a file of ``conf/size``."""

    days: Annotated[int, Field(ge=2)]
    first_day: date
    total: Positive
    campaigns: Annotated[dict[str, SizedCampaign], Field(min_length=1)]
    click_rate: dict[str, Share]

    def ordered(self) -> tuple[Campaign, ...]:
        """Return the campaigns in the order of all arrays."""
        pairs = (name.partition("/") for name in self.campaigns)
        return tuple(Campaign(channel, kind or None) for channel, _, kind in pairs)


class Task(NamedTuple):
    """A task at one size."""

    name: str  # such as Full
    size_name: str  # such as M
    settings: TaskSettings
    size: SizeSettings
    priors: Priors  # with the changes that the task makes

    @property
    def version(self) -> str:
        """The newest version, such as ``v1``."""
        return list(self.settings.versions)[-1]

    @property
    def key(self) -> str:
        """``Full-M``."""
        return f"{self.name}-{self.size_name}"

    @property
    def id(self) -> str:
        """``mediagym/Full-M-v1``."""
        return f"mediagym/{self.key}-{self.version}"


@cache
def task_of(key: str) -> Task:
    """Read a task at a size, such as ``Full-M``.

    Raises:
        ConfigError: if there is no such task or size, or a YAML has a key that is not allowed.
    """
    name, _, size = key.partition("-")
    if name not in task_names() or size not in size_names():
        near = get_close_matches(key, [other for other, _ in every_task()], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(
            f"task: {key!r} is not known; allowed: one of {', '.join(task_names())}, a dash, and "
            f"one of {', '.join(size_names())}, such as Full-M.{hint}"
        )
    settings = TaskSettings.of(keys_of(name), f"conf/suite/{name}.yaml")
    priors = shipped_yaml("priors/default")
    priors["conversions_sd"] = max(settings.conversions_sd, 1e-12)
    priors["dispersion"] = settings.dispersion.model_dump()
    if settings.elasticity_sd is not None:
        priors["elasticity"]["sd"] = settings.elasticity_sd
    if settings.weekday is not None:
        priors["weekday_sd"] = settings.weekday.sd
    size_settings = SizeSettings.of(shipped_yaml(f"size/{size}"), f"conf/size/{size}.yaml")
    if settings.days is not None:
        total = size_settings.total * settings.days / size_settings.days
        size_settings = size_settings.model_copy(update={"days": settings.days, "total": total})
    return Task(name, size, settings, size_settings, Priors.of(priors, "priors"))
