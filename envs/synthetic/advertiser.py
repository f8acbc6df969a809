"""Synthetic advertiser: a known market, a spend history, and exports in the platforms' formats."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data.history import Campaign
from ...data.journeys import SITE_LOG_HEADER
from ...data.names import short_ids
from ...data.storage import write_json, write_text
from ...data.types import Floats
from ..arrays import select
from ..calibration import (
    CORE_DIMENSIONS,
    PriorCentres,
    Priors,
    contrast_basis,
    parameters_from_normals,
)
from ..market import (
    Market,
    MarketState,
    Noise,
    Outcome,
    carryover_of,
    day_number,
    draw_noise,
    generator,
    weekday_of,
)
from .landings import draw_landings
from .response_forms import (
    RESPONSE_FORMS,
    ResponseForm,
    demand_following_spend,
    step_with_form,
    with_form,
)
from .settings import SyntheticSettings

_FILES = {  # of the sample; other channels have a file of their name and a column Channel
    "google": "googleads-performance.csv",
    "meta": "metaads-performance.csv",
    "microsoft": "microsoftads-performance.csv",
}
_RAMP_START = 0.03  # spend before the ramp, as a share of the spend after it
_MARKET_KEYS = ("spend", "cpc", "cvr", "order", "order_sd", "ctr", "dispersion", "level_sd")


class Advertiser(NamedTuple):
    """A known market and its history; arrays are (days, campaigns) unless noted."""

    campaigns: list[Campaign]
    dates: NDArray[np.datetime64]
    market: Market  # true parameters, fields (campaigns,)
    state: MarketState  # state at the end of the history
    levels: Floats  # log level including drift
    spend: Floats
    impressions: Floats
    clicks: Floats
    conversions: Floats
    revenue: Floats
    present: NDArray[np.bool_]  # False where the row is missing


def synthesize(settings: SyntheticSettings, priors: Priors) -> Advertiser:
    """Draw an advertiser: elasticities and half-lives from the priors, the rest as configured."""
    rng = generator(settings.seed)
    start = np.datetime64(settings.start, "D")
    dates = start + np.arange(settings.days)
    form = RESPONSE_FORMS[settings.form]
    market = with_form(form, _market(settings, priors, rng))
    spend = _spend(settings, dates, rng).round(1)
    noise = draw_noise(market, settings.days, rng)
    state = MarketState(day_number(start), spend[:7].mean(0), 0 * market.elasticity)
    if form.demand_elasticity:
        demand = _history(form, market, state, spend, noise)
        levels = np.stack([s.level for s, _ in demand])
        spend = demand_following_spend(form, market, spend, levels, state.day).round(1)
    days = list(_history(form, market, state, spend, noise))
    state, outcomes = days[-1][0], [outcome for _, outcome in days]
    levels = np.stack([s.level if s.drift is None else s.level + s.drift for s, _ in days])
    clicks, impressions, conversions, revenue = (
        np.stack([getattr(o, name) for o in outcomes])
        for name in ("clicks", "impressions", "conversions", "revenue")
    )
    gaps = np.array([c.gaps for c in settings.campaigns.values()])
    return Advertiser(
        campaigns=settings.ordered(),
        dates=dates,
        market=market,
        state=state,
        levels=levels,
        spend=spend,
        impressions=np.round(np.maximum(impressions, np.round(clicks))),
        clicks=np.round(clicks),
        conversions=share_credit(conversions, settings.ordered(), rng),
        revenue=revenue.round(1),
        present=~(gaps & (rng.random(spend.shape) < settings.gap_share)),
    )


def _history(
    form: ResponseForm, market: Market, state: MarketState, spend: Floats, noise: Noise
) -> Iterator[tuple[MarketState, Outcome]]:
    """Yield the state and outcome of every day of spend, (days, campaigns) dollars."""
    for t, dollars in enumerate(spend):
        state, outcome = step_with_form(form, market, state, dollars, select(noise, t))
        yield state, outcome


def write_advertiser(advertiser: Advertiser, settings: SyntheticSettings) -> list[Path]:
    """Write the exports, the landings log and ``truth.json``; return the files."""
    folder = settings.path
    written = []
    for channel in dict.fromkeys(campaign.channel for campaign in advertiser.campaigns):
        text = export_table(advertiser, channel).to_csv(index=False)
        written.append(write_text(folder / export_file(channel), text))
    if settings.landings:
        rng = generator(settings.seed, 1)
        visits = draw_landings(
            advertiser.dates, advertiser.campaigns, advertiser.clicks, settings.landings, rng
        )
        text = visits.to_csv(index=False, columns=list(SITE_LOG_HEADER))
        written.append(write_text(folder / "website-landings.csv", text))
    written.append(
        write_json(folder / "truth.json", truth_of(advertiser, settings.seed, settings.form))
    )
    return written


def _market(settings: SyntheticSettings, priors: Priors, rng: np.random.Generator) -> Market:
    """Draw the market: elasticity, carryover and inflation; the rest is configured."""
    table = list(settings.campaigns.values())
    column = {key: np.array([getattr(c, key) for c in table], float) for key in _MARKET_KEYS}
    profile = np.array(settings.weekday) - np.mean(settings.weekday)
    kinds = [priors.half_life[priors.kind(campaign)] for campaign in settings.ordered()]
    centres = PriorCentres(
        spend=column["spend"],
        conversions=column["spend"] / column["cpc"] * column["cvr"],
        half_life=np.array([kind.median for kind in kinds]),
        half_life_sd=np.array([kind.sd for kind in kinds]),
        weekday=profile[:, None],
    )
    parameters = parameters_from_normals(
        rng.standard_normal((len(table), CORE_DIMENSIONS)), priors, centres
    )
    ones = np.ones(len(table))
    spread = 0.3 * priors.weekday_sd * contrast_basis() @ rng.standard_normal((6, len(table)))
    return Market(
        reference_spend=centres.spend,
        reference_conversions=centres.conversions,
        elasticity=parameters.elasticity,
        slope=ones,
        carryover=parameters.carryover,
        weekday=centres.weekday + spread,
        level_kept=carryover_of(settings.level_half_life) * ones,
        level_sd=column["level_sd"] * np.sqrt(1 - priors.level_shared),
        demand_sd=column["level_sd"] * np.sqrt(priors.level_shared),
        dispersion=column["dispersion"],
        reference_cpc=column["cpc"],
        inflation=rng.uniform(priors.inflation.low, priors.inflation.high, len(table)),
        price_sd=0.08 * ones,
        click_rate=column["ctr"],
        order_value=column["order"],
        order_value_sd=column["order_sd"],
    )


def _spend(
    settings: SyntheticSettings, dates: NDArray[np.datetime64], rng: np.random.Generator
) -> Floats:
    """Draw spend as a log AR(1) around each campaign's mean, with weekends and ramps."""
    process, table = settings.spend, list(settings.campaigns.values())
    sd = np.array([process.sd if c.spend_sd is None else c.spend_sd for c in table])
    days = len(dates)
    log_spend = np.zeros((days, len(table)))
    innovation = rng.standard_normal(log_spend.shape) * np.sqrt(1 - process.persistence**2)
    log_spend[0] = rng.standard_normal(len(table))
    for t in range(1, days):
        log_spend[t] = process.persistence * log_spend[t - 1] + innovation[t]
    weekend = np.isin(weekday_of(dates.astype(int)), [5, 6])
    weekly = np.where(weekend[:, None] & (sd > 0.1), process.weekend, 1.0)
    ramp = [np.where(np.arange(days) < days * (c.ramp or 0), _RAMP_START, 1.0) for c in table]
    mean = np.array([c.spend for c in table])
    return np.asarray(mean * weekly * np.stack(ramp, 1) * np.exp(sd * log_spend - sd * sd / 2))


def share_credit(counts: Floats, campaigns: list[Campaign], rng: np.random.Generator) -> Floats:
    """Shift a fraction of one conversion a day between Google campaigns.

    Data-driven attribution splits conversions that way; the daily total is unchanged.
    """
    google = [k for k, c in enumerate(campaigns) if c.channel == "google"]
    shared = counts.copy()
    for giver, taker in zip(google, [*google[1:], *google[:1]], strict=True):
        both = (counts[:, giver] >= 1) & (counts[:, taker] >= 1)
        fraction = np.where(both, rng.integers(0, 10, len(counts)) / 10, 0.0)
        shared[:, giver] -= fraction
        shared[:, taker] += fraction
    return np.asarray(np.maximum(shared, 0.0).round(1))


def export_file(channel: str) -> str:
    """Return the name of a channel's export."""
    return _FILES.get(channel, f"{short_ids([channel])[0]}.csv")


def export_table(advertiser: Advertiser, channel: str) -> pd.DataFrame:
    """Return one channel's export, rows by date and type."""
    tables = []
    for k, campaign in enumerate(advertiser.campaigns):
        if campaign.channel != channel:
            continue
        columns: dict[str, Any] = {"Date": np.datetime_as_string(advertiser.dates)}
        if channel not in _FILES:
            columns["Channel"] = channel
        if campaign.campaign_type is not None:
            columns["Campaign type"] = campaign.campaign_type
        columns["Impressions"] = advertiser.impressions[:, k]
        if campaign.campaign_type is None:
            columns["Reach"] = np.round(advertiser.impressions[:, k] * 0.74)
            columns |= {"Cost": advertiser.spend[:, k], "Clicks": advertiser.clicks[:, k]}
        else:
            columns |= {"Clicks": advertiser.clicks[:, k], "Cost": advertiser.spend[:, k]}
        columns |= {
            "Conversions": advertiser.conversions[:, k],
            "Revenue": advertiser.revenue[:, k],
        }
        tables.append(pd.DataFrame(columns)[advertiser.present[:, k]])
    keys = ["Date", "Campaign type"] if "Campaign type" in tables[0] else ["Date"]
    return pd.concat(tables).sort_values(keys, kind="stable")


def truth_of(advertiser: Advertiser, seed: int, form: str) -> Mapping[str, Any]:
    """Return the content of ``truth.json``: the market, and its state after the last day."""
    fields = {k: v for k, v in advertiser.market._asdict().items() if v is not None}
    weekday = fields.pop("weekday")
    ends = {"stock_at_end": advertiser.state.stock, "level_at_end": advertiser.state.level}
    if advertiser.state.drift is not None:
        ends["drift_at_end"] = advertiser.state.drift
    return {
        "seed": seed,
        "form": form,
        "start": str(advertiser.dates[0]),
        "days": len(advertiser.dates),
        "campaigns": {
            campaign.name: {name: float(value[k]) for name, value in fields.items()}
            | {"weekday": weekday[:, k].tolist()}
            | {name: float(value[k]) for name, value in ends.items()}
            for k, campaign in enumerate(advertiser.campaigns)
        },
    }
