"""What a synthetic advertiser is drawn from: the group ``advertiser`` of the configuration."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator

from ...data.errors import ConfigError
from ...data.history import Campaign
from ...data.names import short_ids
from ...data.settings import Seed, Settings
from .response_forms import FormName

MAX_DAYS = 3660  # days of a history
MAX_LANDINGS = 10**7  # landings of the site log
MAX_CAMPAIGNS = 1000
MAX_MONEY = 1e9  # dollars of a day, a click or an order
MAX_LOG_SD = 10.0  # standard deviation of a logarithm
MAX_HALF_LIFE = 36_600.0  # days
LEAST = 1e-6  # dollars of a click or an order, and clicks per impression: counts stay finite
Money = Annotated[float, Field(ge=LEAST, le=MAX_MONEY)]
LogSd = Annotated[float, Field(ge=0, le=MAX_LOG_SD)]
LogDemand = Annotated[float, Field(ge=-10, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]


class CampaignSettings(Settings):
    """One campaign of the synthetic advertiser; see ``conf/advertiser/default.yaml``."""

    spend: Money
    cpc: Money
    cvr: Share
    order: Money
    order_sd: Annotated[float, Field(ge=0, le=MAX_MONEY)]
    ctr: Annotated[float, Field(ge=LEAST, le=1)]
    dispersion: Annotated[float, Field(ge=0, le=1000)]
    level_sd: LogSd
    spend_sd: LogSd | None = None  # null: the advertiser's
    gaps: bool = False  # True: rows are missing at random
    ramp: Share | None = None  # share of the history before it is scaled up; null: no ramp


class SpendSettings(Settings):
    """AR(1) of log spend; see ``conf/advertiser/default.yaml``."""

    sd: LogSd
    persistence: Annotated[float, Field(ge=0, lt=1)]
    weekend: Annotated[float, Field(gt=0, le=1000)]


class SyntheticSettings(Settings):
    """The configuration of ``scripts/synthesize.py``."""

    path: Path
    seed: Seed
    start: Annotated[date, Field(ge=date(1970, 1, 1), le=date(2100, 1, 1))]
    days: Annotated[int, Field(ge=28, le=MAX_DAYS)]
    landings: Annotated[int, Field(ge=0, le=MAX_LANDINGS)]
    form: FormName
    spend: SpendSettings
    weekday: Annotated[list[LogDemand], Field(min_length=7, max_length=7)]
    level_half_life: Annotated[float, Field(gt=0, le=MAX_HALF_LIFE)]
    gap_share: Share
    campaigns: Annotated[dict[str, CampaignSettings], Field(min_length=1, max_length=MAX_CAMPAIGNS)]

    @field_validator("campaigns", mode="before")
    @classmethod
    def _by_full_name(cls, given: Any) -> Any:
        """Lay the keys of a campaign that is given by its short id over those of its name."""
        if not isinstance(given, Mapping):
            return given
        names = [name for name in given if isinstance(name, str)]
        full = {id_: name for name, id_ in zip(names, short_ids(names), strict=True)}
        merged: dict[Any, Any] = {}
        for key, keys in given.items():
            name = full.get(key, key)
            known = merged.get(name)
            if isinstance(known, Mapping) and isinstance(keys, Mapping):
                keys = {**known, **keys}
            merged[name] = keys
        return merged

    def ordered(self) -> list[Campaign]:
        """Return the campaigns in the order of the configuration.

        Raises:
            ConfigError: if a channel stands beside its own campaigns.
        """
        campaigns = [Campaign(name.split("/")[0], _type_of(name)) for name in self.campaigns]
        whole = {campaign.channel for campaign in campaigns if campaign.campaign_type is None}
        for campaign in campaigns:
            if campaign.campaign_type is not None and campaign.channel in whole:
                raise ConfigError(
                    f"campaigns.{campaign.name}: {campaign.channel!r} stands there too, as one "
                    "campaign. Allowed: a channel alone, or campaigns of it such as "
                    "google/YouTube. To fix: remove one of the two."
                )
        return campaigns


def _type_of(name: str) -> str | None:
    _, slash, kind = name.partition("/")
    return kind if slash else None
