"""Site landings matched to campaigns, and a report that compares them with the ads' clicks."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..display import shortened
from ..errors import DataError, data_error
from ..exports import DataSettings
from ..history import History
from .declared import read_declared
from .log_file import LandingLog, find_log
from .matching import (
    ChannelOf,
    declared_campaigns,
    declared_channels,
    site_log_campaigns,
    site_log_channels,
)
from .site_log import CAMPAIGN_TYPE, CHANNEL, IS_CONVERTED, LANDING_TIME, PAID, SOURCE, USER_ID
from .visits import read_visits

CAMPAIGN = "Campaign"  # column added to the frame
_MIN_USER_MARKED_SHARE = 0.999  # marked share of rows from which Is Converted marks users
_MAX_UNMATCHED_SHARE = 0.5  # share of expected landings from which a label is wrong
MAX_LISTED = 12  # unmatched labels that are named one by one; of more, the most frequent
_IMPUTED_SECONDS = 600  # seconds after midnight within which imputed times lie


class ClickMatch(NamedTuple):
    """Paid landings and ad clicks of one campaign on the days that both cover."""

    campaign: str
    landings: int
    clicks: float  # ad clicks; missing days count as 0
    ratio: float  # landings per click; NaN without clicks


@dataclass(frozen=True)
class LandingsReport:
    """Counts of the landings, and how well they agree with the ads."""

    rows: int
    users: int
    converted_rows: int
    converted_users: int  # users with at least one converted row
    first: np.datetime64  # time of the earliest landing
    last: np.datetime64  # time of the latest landing
    rows_outside: int  # rows outside the ads' period
    converted_share: float  # marked share of rows of converters with several; [0, 1] or NaN
    marked_unit: Literal["row", "user"] | None  # what Is Converted marks; None: undetermined
    matches: tuple[ClickMatch, ...]  # per campaign, in the history's order
    unmatched: tuple[tuple[str, int], ...]  # paid source/type labels without campaign, and rows
    notes: tuple[str, ...]  # tolerated irregularities, for the user

    def summary(self) -> str:
        """One line for the user: counts, what Is Converted marks, and landings per ad click."""
        marks = f"marks {self.marked_unit}s" if self.marked_unit else "may mark rows or users"
        clicks = ", ".join(f"{m.campaign} {m.ratio:.3f}" for m in self.matches if m.clicks)
        return (
            f"site landings: {self.rows:,} rows of {self.users:,} users, {self.converted_rows:,} "
            f"converted; Is Converted {marks}; {self.rows_outside:,} outside the ads' period; paid "
            f"landings per click: {clicks}."
        )


@dataclass(frozen=True, eq=False)
class Landings:
    """Site landings and their report."""

    frame: pd.DataFrame  # see `read_visits`, and Campaign: int16 index, -1 for none
    report: LandingsReport


def load_landings(settings: DataSettings, history: History) -> LandingsReport | None:
    """Report on the site landings; see `read_landings`."""
    landings = read_landings(settings, history)
    return None if landings is None else landings.report


def read_landings(settings: DataSettings, history: History) -> Landings | None:
    """Landings joined to the campaigns, with a report; None if the folder has no landing log.

    Args:
        settings: folder, reading options and the channel of each source.
        history: the ads' history over the same period.

    Raises:
        ConfigError: `data.path` is null.
        DataError: the file is malformed or ambiguous, or no landing belongs to any campaign.
    """
    log = find_log(settings)
    if log is None:
        return None
    if log.format.strict:
        channel_of = site_log_channels(settings)
        frame, notes = read_visits(log.path, settings)
        frame[CAMPAIGN] = site_log_campaigns(frame, channel_of, history)
    else:
        channel_of = declared_channels(log.format, settings, history)
        visits = read_declared(log, settings)
        frame, notes = visits.frame, visits.notes
        frame[CAMPAIGN] = declared_campaigns(visits, log.format, channel_of, settings, history)
    return Landings(frame, _report(log, frame, channel_of, history, notes))


def _report(
    log: LandingLog,
    frame: pd.DataFrame,
    channel_of: ChannelOf,
    history: History,
    notes: list[str],
) -> LandingsReport:
    file = log.name
    days = frame[LANDING_TIME].to_numpy().astype("datetime64[D]")
    paid = (frame[CHANNEL] == PAID).to_numpy()
    unmatched = _unmatched(frame[paid & (frame[CAMPAIGN] < 0).to_numpy()])
    matches = _matches(frame, days, history)
    if sum(match.landings for match in matches) == 0:
        raise _no_join(log, days, unmatched, history)
    _refuse_lost_channel(log, matches, unmatched, channel_of, history)
    users = frame[USER_ID].cat.codes.to_numpy().astype(np.intp)
    converted = frame[IS_CONVERTED].to_numpy()
    share = _converted_share(users, converted)
    outside = int(np.count_nonzero((days < history.dates[0]) | (days > history.dates[-1])))
    unit: Literal["row", "user"] = "user" if share >= _MIN_USER_MARKED_SHARE else "row"
    return LandingsReport(
        rows=len(frame),
        users=int(users.max()) + 1,
        converted_rows=int(np.count_nonzero(converted)),
        converted_users=len(np.unique(users[converted])),
        first=frame[LANDING_TIME].to_numpy().min(),
        last=frame[LANDING_TIME].to_numpy().max(),
        rows_outside=outside,
        converted_share=share,
        marked_unit=None if np.isnan(share) else unit,
        matches=matches,
        unmatched=unmatched,
        notes=(*notes, *_notes(file, frame, history, outside, unmatched, matches)),
    )


def _matches(
    frame: pd.DataFrame, days: NDArray[np.datetime64], history: History
) -> tuple[ClickMatch, ...]:
    """Landings and clicks of each campaign on the days that both landings and ads cover."""
    shared = (history.dates >= days.min()) & (history.dates <= days.max())
    clicks = np.nansum(history.clicks[shared], axis=0)
    inside = (days >= history.dates[0]) & (days <= history.dates[-1])
    campaign = frame[CAMPAIGN].to_numpy()
    landings = np.bincount(campaign[inside & (campaign >= 0)], minlength=len(history.campaigns))
    ratios = np.divide(landings, clicks, out=np.full(clicks.shape, np.nan), where=clicks > 0)
    lines = zip(history.names, landings.tolist(), clicks.tolist(), ratios.tolist(), strict=True)
    return tuple(ClickMatch(*line) for line in lines)


def _unmatched(paid: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    """Labels (source/type) of paid landings without a campaign, most frequent first."""
    counts = paid.groupby([SOURCE, CAMPAIGN_TYPE], observed=True, dropna=False).size()
    pairs = counts.index.to_frame(index=False).astype(object)
    parts = pairs.where(pairs.notna(), "(none)").itertuples(index=False, name=None)
    labels = [("/".join(pair), int(n)) for pair, n in zip(parts, counts, strict=True)]
    return tuple(sorted(labels, key=lambda label: (-label[1], label[0])))


def _no_join(
    log: LandingLog,
    days: NDArray[np.datetime64],
    unmatched: tuple[tuple[str, int], ...],
    history: History,
) -> DataError:
    labels = ", ".join(shortened(label) for label, _ in unmatched[:8]) or "none at all"
    names = "" if log.format.strict else "; data.unit=campaign plans by campaigns' names"
    return data_error(
        log.name,
        f"no paid landing belongs to a campaign in the ads' period, {history.dates[0]} to "
        f"{history.dates[-1]}; the landings cover {days.min()} to {days.max()}, their paid labels "
        f"(source/type) are {labels}",
        f"rows with Channel paid and labels of {', '.join(history.names)} in that period",
        "export the same period, with sources and campaign types as the ads have them",
        column=SOURCE,
        setting=f"data.landing_sources maps sources to channels{names}",
    )


def _refuse_lost_channel(
    log: LandingLog,
    matches: tuple[ClickMatch, ...],
    unmatched: tuple[tuple[str, int], ...],
    channel_of: ChannelOf,
    history: History,
) -> None:
    """Raises for a channel without landings when as many have labels that may be its own."""
    types = "data.campaign_types lists its types"
    if not log.format.strict:
        types = "data.unit=campaign plans by campaigns' names"
    label_channels = [channel_of(label.partition("/")[0]) for label, _ in unmatched]
    coverage = sum(m.landings for m in matches) / max(sum(m.clicks for m in matches), 1.0)
    for channel, (landings, clicks) in _by_channel(matches, history).items():
        candidates = [
            label
            for label, label_channel in zip(unmatched, label_channels, strict=True)
            if label_channel in (None, channel)
        ]
        rows = sum(count for _, count in candidates)
        if landings == 0 and rows >= _MAX_UNMATCHED_SHARE * coverage * clicks > 0:
            raise data_error(
                log.name,
                f"no paid landing belongs to channel {channel}, which has {clicks:,.0f} ad clicks, "
                f"while {rows:,} have a label (source/type) that belongs to no campaign: "
                + ", ".join(f"{shortened(label)} ({count:,})" for label, count in candidates[:8]),
                f"labels of {', '.join(m.campaign for m in matches)}",
                f"write the source of {channel} and its campaign types as the ads have them",
                column=SOURCE,
                setting=f"data.landing_sources.NAME={channel} maps its Source to the channel, "
                f"{types}",
            )


def _by_channel(matches: tuple[ClickMatch, ...], history: History) -> dict[str, tuple[int, float]]:
    """Sums of landings and clicks of each channel."""
    sums: dict[str, tuple[int, float]] = {}
    for campaign, match in zip(history.campaigns, matches, strict=True):
        landings, clicks = sums.get(campaign.channel, (0, 0.0))
        sums[campaign.channel] = (landings + match.landings, clicks + match.clicks)
    return sums


def _converted_share(users: NDArray[np.intp], converted: NDArray[np.bool_]) -> float:
    """Share of marked rows among all rows of converters with several landings; NaN if none."""
    landings = np.bincount(users)
    marked = np.bincount(users, weights=converted)
    several = (marked > 0) & (landings > 1)
    return float(marked[several].sum() / landings[several].sum()) if several.any() else float("nan")


def _notes(
    file: str,
    frame: pd.DataFrame,
    history: History,
    outside: int,
    unmatched: tuple[tuple[str, int], ...],
    matches: tuple[ClickMatch, ...],
) -> list[str]:
    notes = []
    for channel, (landings, clicks) in _by_channel(matches, history).items():
        if landings == 0 < clicks:
            notes.append(
                f"{file}: WARNING, no landing of {channel}, which has {clicks:,.0f} ad clicks."
            )
    if outside:
        notes.append(f"{file}: {outside:,} rows lie outside the ads' period; not matched to ads.")
    for label, count in unmatched[:MAX_LISTED]:
        named = shortened(label)
        notes.append(f"{file}: {count:,} paid landings of {named} belong to no campaign.")
    if len(unmatched) > MAX_LISTED:
        rest = sum(count for _, count in unmatched[MAX_LISTED:])
        notes.append(
            f"{file}: {rest:,} paid landings of {len(unmatched) - MAX_LISTED:,} more labels belong "
            "to no campaign."
        )
    for k in campaigns_with_imputed_times(frame, len(history.names)):
        notes.append(
            f"{file}: landings of {history.names[k]} lie just after midnight, so their times look "
            "imputed; do not trust their order within a day."
        )
    return notes


def campaigns_with_imputed_times(frame: pd.DataFrame, campaigns: int) -> list[int]:
    """Indices of campaigns most of whose landings lie just after midnight.

    Args:
        frame: frame of `Landings`.
        campaigns: number of campaigns.
    """
    campaign = frame[CAMPAIGN].to_numpy()
    seconds = frame[LANDING_TIME].to_numpy().astype("int64") % 86_400
    paid = campaign >= 0
    counts = np.bincount(campaign[paid], minlength=campaigns)
    early = np.bincount(campaign[paid & (seconds < _IMPUTED_SECONDS)], minlength=campaigns)
    return [int(k) for k in np.flatnonzero((counts > 1) & (early > 0.5 * counts))]
