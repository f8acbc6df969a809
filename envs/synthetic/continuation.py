"""A known advertiser goes on: days are appended to exports that ``synthesize`` wrote.

``truth.json`` holds the market and its state at the end of the exports, so the days go on from the
same truth. Each day has a generator of its own: ten days at once are five days and five more.
"""

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ...data.errors import data_error
from ...data.history import Campaign
from ...data.journeys import SITE_LOG_HEADER
from ...data.names import full_name
from ...data.settings import Settings
from ...data.storage import read_json, write_json, write_text
from ...data.types import Floats
from ..market import Market, MarketState, Noise, Outcome, day_number, draw_noise, generator
from .advertiser import Advertiser, export_file, export_table, share_credit, truth_of
from .landings import draw_landings
from .response_forms import RESPONSE_FORMS, ResponseForm, step_with_form
from .settings import MAX_DAYS, SyntheticSettings
from .spend_file import read_spend

LANDINGS = "website-landings.csv"
_RECENT = 7  # days whose mean spend goes on where no plan is given
_AT_END = {"stock_at_end": "stock", "level_at_end": "level", "drift_at_end": "drift"}
_FIX = "give a folder that scripts/synthesize.py wrote, or a copy of one"


class BreakSettings(Settings):
    """A campaign's efficiency changes for good."""

    campaign: str
    day: Annotated[int, Field(ge=1, le=MAX_DAYS)]  # first day with it, from 1
    factor: Annotated[float, Field(gt=0, le=100)]  # of conversions at the same spend


class DeliverySettings(Settings):
    """What the platforms spend of a planned dollar; see ``conf/synthesize.yaml``."""

    sd: Annotated[float, Field(ge=0, le=2)]
    over: Annotated[float, Field(ge=0, le=1)]
    most: Annotated[float, Field(ge=1, le=10)]
    shares: dict[str, Annotated[float, Field(ge=0, le=10)]]


class ContinuationSettings(Settings):
    """The keys of ``conf/synthesize.yaml`` that append days to exports."""

    continue_days: Annotated[int, Field(ge=0, le=MAX_DAYS)]  # 0: draw a new advertiser
    plan: Path | None  # spend of the days; None: each campaign's mean of the last 7 days
    break_: BreakSettings | None = Field(alias="break")
    delivery: DeliverySettings


class Truth(NamedTuple):
    """A known market and its state at the end of its exports; fields are (campaigns,)."""

    content: dict[str, Any]  # of truth.json
    campaigns: list[Campaign]
    form: ResponseForm
    market: Market
    state: MarketState

    @property
    def names(self) -> list[str]:
        """Names of the campaigns."""
        return [campaign.name for campaign in self.campaigns]


def read_truth(folder: Path) -> Truth:
    """Return the truth of a folder that ``synthesize`` wrote.

    Raises:
        DataError: if there is no ``truth.json`` or it is not one.
    """
    path = folder / "truth.json"
    content = read_json(path)
    try:
        rows = content["campaigns"]
        campaigns = [Campaign(n.partition("/")[0], n.partition("/")[2] or None) for n in rows]
        known = set(next(iter(rows.values())))
        fields = {
            name: np.array([row[name] for row in rows.values()], float).T
            for name in (*Market._fields, *_AT_END)
            if name in known
        }
        ends = {_AT_END[name]: fields.pop(name) for name in _AT_END if name in fields}
        day = day_number(np.datetime64(content["start"], "D")) + int(content["days"])
        form = RESPONSE_FORMS[content["form"]]
        return Truth(content, campaigns, form, Market(**fields), MarketState(day, **ends))
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
        allowed = "what scripts/synthesize.py writes"
        raise data_error(str(path), "it is not a truth of exports", allowed, _FIX) from None


def continue_advertiser(settings: SyntheticSettings, more: ContinuationSettings) -> list[Path]:
    """Append days to an advertiser's exports, its log of landings and its truth.

    Args:
        settings: folder; share of missing rows and the campaigns that have them.
        more: number of days, their spend, and what happens on them.

    Returns:
        The files, which are replaced; ``truth.json`` is the last.

    Raises:
        DataError: if the folder's files or the plan do not fit.
        ConfigError: if a campaign of a break or of a delivery is not known.
    """
    truth = read_truth(settings.path)
    files = {c: export_file(c) for c in dict.fromkeys(c.channel for c in truth.campaigns)}
    tables = {c: _read_export(settings.path / file, truth) for c, file in files.items()}
    first = np.datetime64(truth.state.day, "D")
    if more.plan is None:
        recent = [_recent_spend(tables[c.channel], c, first) for c in truth.campaigns]
        planned = np.tile(recent, (more.continue_days, 1))
    else:
        planned = read_spend(more.plan, truth.names, first, more.continue_days)
    days = _draw(truth, planned, settings, more)
    written = [
        _append(settings.path / file, export_table(days, channel), tables[channel])
        for channel, file in files.items()
    ]
    landings = settings.path / LANDINGS
    if landings.is_file():
        written.append(_append_landings(landings, truth, days, list(tables.values())))
    content = truth_of(days, truth.content["seed"], truth.content["form"])
    history = {"start": truth.content["start"], "days": truth.content["days"] + len(days.dates)}
    return [*written, write_json(settings.path / "truth.json", {**content, **history})]


def _draw(
    truth: Truth, planned: Floats, settings: SyntheticSettings, more: ContinuationSettings
) -> Advertiser:
    """Run the market on, day by day, under planned dollars (days, campaigns)."""
    market, state, names = truth.market, truth.state, truth.names
    broken = more.break_
    hit = None if broken is None else _position(broken.campaign, names, "break.campaign")
    shares = np.ones(len(names))
    for name, share in more.delivery.shares.items():
        shares[_position(name, names, "delivery.shares")] = share
    gaps = np.array([(c := settings.campaigns.get(n)) is not None and c.gaps for n in names])
    columns: dict[str, list[Any]] = {}
    for t, dollars in enumerate(planned):
        rng = generator(truth.content["seed"], 2, state.day)
        if broken is not None and t + 1 == broken.day:
            factor = np.where(np.arange(len(names)) == hit, broken.factor, 1.0)
            changed = market.reference_conversions * factor
            market = market._replace(reference_conversions=changed)
        noise = Noise(*(f if f is None else f[0] for f in draw_noise(market, 1, rng)))
        spend = (dollars * shares * delivered_share(more.delivery, len(names), rng)).round(2)
        state, outcome = step_with_form(truth.form, market, state, spend, noise)
        present = ~(gaps & (rng.random(len(names)) < settings.gap_share))
        for key, value in _day(truth, state, outcome, spend, present, rng).items():
            columns.setdefault(key, []).append(value)
    dates = np.datetime64(truth.state.day, "D") + np.arange(len(planned))
    arrays = {key: np.stack(values) for key, values in columns.items()}
    return Advertiser(truth.campaigns, dates, market, state, **arrays)


def _day(
    truth: Truth,
    state: MarketState,
    outcome: Outcome,
    spend: Floats,
    present: NDArray[np.bool_],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return the fields of an `Advertiser` for one day, rounded as the exports are."""
    clicks = np.round(outcome.clicks)
    return {
        "levels": state.level if state.drift is None else state.level + state.drift,
        "spend": spend,
        "impressions": np.round(np.maximum(outcome.impressions, clicks)),
        "clicks": clicks,
        "conversions": share_credit(outcome.conversions[None], truth.campaigns, rng)[0],
        "revenue": np.asarray(outcome.revenue).round(1),
        "present": present,
    }


def delivered_share(settings: DeliverySettings, campaigns: int, rng: np.random.Generator) -> Floats:
    """Return the share of a planned dollar that each campaign spends today, (campaigns,)."""
    normal, uniform = rng.standard_normal(campaigns), rng.random(campaigns)
    share = np.minimum(np.exp(settings.sd * normal), settings.most)
    return np.where(uniform < settings.over, settings.most, share)


def _position(name: str, names: list[str], key: str) -> int:
    return names.index(full_name(name, names, key, "campaign", f"{key}=ID"))


def _read_export(path: Path, truth: Truth) -> pd.DataFrame:
    """Return an export, which must not go on after the truth's last day."""
    try:
        table = pd.read_csv(path)
        last = str(table["Date"].max())
    except (OSError, ValueError, KeyError) as error:
        raise data_error(str(path), f"it cannot be read ({error})", "an export", _FIX) from None
    end = str(np.datetime64(truth.state.day - 1, "D"))
    if last > end:
        given = f"its last day is {last}, that of truth.json {end}"
        raise data_error(str(path), given, "files of one run", _FIX)
    return table


def _recent_spend(table: pd.DataFrame, campaign: Campaign, first: np.datetime64) -> float:
    """Return a campaign's mean daily spend of the last days, rows that are missing left out."""
    rows = table["Date"] >= str(first - _RECENT)
    if campaign.campaign_type is not None:
        rows &= table["Campaign type"] == campaign.campaign_type
    mean = float(table.loc[rows, "Cost"].mean())
    return round(mean, 2) if np.isfinite(mean) else 0.0


def _append(path: Path, rows: pd.DataFrame, before: pd.DataFrame) -> Path:
    """Append rows to an export."""
    if list(rows.columns) != list(before.columns):
        given = f"its columns are {', '.join(map(str, before.columns))}"
        raise data_error(str(path), given, f"{', '.join(map(str, rows.columns))}", _FIX)
    text = path.read_text(encoding="utf-8")
    end = "" if text.endswith("\n") else "\n"
    return write_text(path, f"{text}{end}{rows.to_csv(index=False, header=False)}")


def _append_landings(
    path: Path, truth: Truth, days: Advertiser, tables: list[pd.DataFrame]
) -> Path:
    """Append landings, as many per click as there were."""
    text = path.read_text(encoding="utf-8")
    clicks = sum(float(table["Clicks"].sum()) for table in tables)
    rows = round((text.count("\n") - 1) * float(days.clicks.sum()) / max(clicks, 1.0))
    rng = generator(truth.content["seed"], 1, truth.state.day)
    visits = draw_landings(days.dates, days.campaigns, days.clicks, rows, rng)
    more = visits.to_csv(index=False, header=False, columns=list(SITE_LOG_HEADER))
    return write_text(path, text + (more if rows else ""))
