"""Site landings: loaded, checked against the ads' clicks, and reported."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, data_error
from ..exports import DataSettings, canonical, list_files
from ..history import History
from .site_log import CHANNEL, CONVERTED, SOURCE, TIME, TYPE, USER
from .visits import read_visits

CAMPAIGN = "Campaign"  # column added to the frame
_PAID = "paid"
_ROW_SHARE = 0.999  # share of a converter's rows marked above which the user is what is marked
_STRAY_SHARE = 0.5  # of a channel's expected landings, under unknown labels: a wrong name
_MIDNIGHT = 600  # seconds after midnight in which imputed times lie


class ClickMatch(NamedTuple):
    """One campaign's paid landings against its ad clicks, over the days that both cover."""

    campaign: str
    landings: int
    clicks: float  # a missing day adds nothing
    ratio: float  # landings a click; NaN without clicks


@dataclass(frozen=True)
class LandingsReport:
    """What the landings say, and how far they agree with the ads."""

    rows: int
    users: int
    converted_rows: int
    converted_users: int  # with at least one converted row
    first: np.datetime64  # time of the earliest landing
    last: np.datetime64  # time of the latest landing
    rows_outside: int  # before or after the ads' period
    converted_share: float  # of the rows of converters with several landings, in [0, 1]; or NaN
    marks: Literal["row", "user"] | None  # what Is Converted marks; None: cannot be told
    matches: tuple[ClickMatch, ...]  # one a campaign, in the history's order
    unmatched: tuple[tuple[str, int], ...]  # paid labels of no campaign and their rows
    notes: tuple[str, ...]  # what was tolerated, for the user

    def summary(self) -> str:
        """One line for the user: how many, what is marked, and how they agree with ad clicks."""
        marks = (
            f"Is Converted marks the {self.marks}" if self.marks else "what is marked is unclear"
        )
        clicks = ", ".join(f"{m.campaign} {m.ratio:.3f}" for m in self.matches if m.clicks)
        return (
            f"site landings: {self.rows:,} rows of {self.users:,} users, {self.converted_rows:,} "
            f"converted; {marks}; {self.rows_outside:,} outside the ads' period; paid landings a "
            f"click: {clicks}."
        )


@dataclass(frozen=True, eq=False)
class Landings:
    """The landings and their report."""

    frame: pd.DataFrame  # one row a landing: see `read_visits`; and Campaign, int16, -1 for none
    report: LandingsReport


def load_landings(settings: DataSettings, history: History) -> LandingsReport | None:
    """Reads the site landings and reports on them; see `read_landings`."""
    landings = read_landings(settings, history)
    return None if landings is None else landings.report


def read_landings(settings: DataSettings, history: History) -> Landings | None:
    """Reads the site landings, joins them to the campaigns and reports.

    Args:
        settings: where the file is, how to read it, and what its sources stand for.
        history: the ads' own record over the same period.

    Returns:
        The landings, or None when there is no such file (which the history's notes tell).

    Raises:
        ConfigError: no folder was given.
        DataError: the file cannot be read with certainty, or no landing belongs to any campaign.
    """
    paths = list_files(settings.folder()).get(settings.landings_file.lower())
    if not paths:
        return None
    frame, notes = read_visits(paths[0], settings)
    frame[CAMPAIGN] = _campaigns(frame, settings, history)
    return Landings(frame, _report(paths[0].name, frame, settings, history, notes))


def _campaigns(frame: pd.DataFrame, settings: DataSettings, history: History) -> NDArray[np.int16]:
    """(rows,) position of each landing's campaign in the history, -1 for none."""
    positions = {
        (campaign.channel, canonical(campaign.campaign_type or "")): at
        for at, campaign in enumerate(history.campaigns)
    }
    channel_of = {canonical(name): channel for name, channel in settings.landing_sources.items()}
    table = np.full(
        (frame[SOURCE].cat.categories.size + 1, frame[TYPE].cat.categories.size + 1), -1
    )
    for i, source in enumerate(frame[SOURCE].cat.categories):
        for j, kind in enumerate([*frame[TYPE].cat.categories, ""]):
            key = (channel_of.get(canonical(str(source)), ""), canonical(str(kind)))
            table[i, j] = positions.get(key, -1)
    found = table[frame[SOURCE].cat.codes, frame[TYPE].cat.codes]  # code -1, null, is the last
    return np.where(frame[CHANNEL] == _PAID, found, -1).astype(np.int16)


def _report(
    file: str, frame: pd.DataFrame, settings: DataSettings, history: History, notes: list[str]
) -> LandingsReport:
    days = frame[TIME].to_numpy().astype("datetime64[D]")
    paid = (frame[CHANNEL] == _PAID).to_numpy()
    unmatched = _unmatched(frame[paid & (frame[CAMPAIGN] < 0).to_numpy()])
    matches = _matches(frame, days, history)
    if sum(match.landings for match in matches) == 0:
        raise _no_join(file, days, unmatched, history)
    _refuse_lost_channel(file, matches, unmatched, settings, history)
    users = frame[USER].cat.codes.to_numpy().astype(np.intp)
    converted = frame[CONVERTED].to_numpy()
    share = _converted_share(users, converted)
    outside = int(np.count_nonzero((days < history.dates[0]) | (days > history.dates[-1])))
    marks: Literal["row", "user"] = "user" if share >= _ROW_SHARE else "row"
    return LandingsReport(
        rows=len(frame),
        users=int(users.max()) + 1,
        converted_rows=int(np.count_nonzero(converted)),
        converted_users=len(np.unique(users[converted])),
        first=frame[TIME].to_numpy().min(),
        last=frame[TIME].to_numpy().max(),
        rows_outside=outside,
        converted_share=share,
        marks=None if np.isnan(share) else marks,
        matches=matches,
        unmatched=unmatched,
        notes=(*notes, *_notes(file, frame, history, outside, unmatched, matches)),
    )


def _matches(
    frame: pd.DataFrame, days: NDArray[np.datetime64], history: History
) -> tuple[ClickMatch, ...]:
    """Landings and clicks of each campaign over the days that both records cover."""
    shared = (history.dates >= days.min()) & (history.dates <= days.max())
    clicks = np.nansum(history.clicks[shared], axis=0)
    inside = (days >= history.dates[0]) & (days <= history.dates[-1])
    own = frame[CAMPAIGN].to_numpy()
    landings = np.bincount(own[inside & (own >= 0)], minlength=len(history.campaigns))
    ratios = np.divide(landings, clicks, out=np.full(clicks.shape, np.nan), where=clicks > 0)
    columns = zip(history.names, landings.tolist(), clicks.tolist(), ratios.tolist(), strict=True)
    return tuple(ClickMatch(*line) for line in columns)


def _unmatched(paid: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    """Labels of paid landings that no campaign has, most frequent first."""
    counts = paid.groupby([SOURCE, TYPE], observed=True, dropna=False).size()
    pairs = counts.index.to_frame(index=False).astype(object)
    parts = pairs.where(pairs.notna(), "(none)").itertuples(index=False, name=None)
    labels = [("/".join(pair), int(n)) for pair, n in zip(parts, counts, strict=True)]
    return tuple(sorted(labels, key=lambda label: (-label[1], label[0])))


def _no_join(
    file: str,
    days: NDArray[np.datetime64],
    unmatched: tuple[tuple[str, int], ...],
    history: History,
) -> DataError:
    labels = ", ".join(label for label, _ in unmatched[:8]) or "none at all"
    return data_error(
        file,
        f"not one paid landing belongs to a campaign of the ads' period, {history.dates[0]} to "
        f"{history.dates[-1]}; the landings run {days.min()} to {days.max()}, their paid labels "
        f"(source/type) are {labels}",
        f"rows of Channel paid with labels of {', '.join(history.names)} in that period",
        "export the same period, or map the sources to channels in data.landing_sources",
        column=SOURCE,
    )


def _refuse_lost_channel(
    file: str,
    matches: tuple[ClickMatch, ...],
    unmatched: tuple[tuple[str, int], ...],
    settings: DataSettings,
    history: History,
) -> None:
    """A channel none of whose landings are found while as many stand under labels it may have."""
    channel_of = {canonical(name): own for name, own in settings.landing_sources.items()}
    owners = [channel_of.get(canonical(label.partition("/")[0])) for label, _ in unmatched]
    coverage = sum(m.landings for m in matches) / max(sum(m.clicks for m in matches), 1.0)
    for channel, (landings, clicks) in _by_channel(matches, history).items():
        labels = [
            label for label, own in zip(unmatched, owners, strict=True) if own in (None, channel)
        ]
        stray = sum(count for _, count in labels)
        if landings == 0 and stray >= _STRAY_SHARE * coverage * clicks > 0:
            raise data_error(
                file,
                f"not one paid landing belongs to channel {channel}, which has {clicks:,.0f} ad "
                f"clicks, while {stray:,} have a label (source/type) that belongs to no campaign: "
                + ", ".join(f"{label} ({count:,})" for label, count in labels[:8]),
                f"labels of {', '.join(m.campaign for m in matches)}",
                f"say which Source stands for {channel}: data.landing_sources.NAME={channel}, and "
                "which types it has: data.campaign_types",
                column=SOURCE,
            )


def _by_channel(matches: tuple[ClickMatch, ...], history: History) -> dict[str, tuple[int, float]]:
    """Landings and clicks of each channel."""
    sums: dict[str, tuple[int, float]] = {}
    for campaign, match in zip(history.campaigns, matches, strict=True):
        landings, clicks = sums.get(campaign.channel, (0, 0.0))
        sums[campaign.channel] = (landings + match.landings, clicks + match.clicks)
    return sums


def _converted_share(users: NDArray[np.intp], converted: NDArray[np.bool_]) -> float:
    """Share of converted rows among all rows of converters with several landings; NaN if none."""
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
    for label, count in unmatched:
        notes.append(f"{file}: {count:,} paid landings of {label} belong to no campaign.")
    for at in imputed(frame, len(history.names)):
        notes.append(
            f"{file}: landings of {history.names[at]} lie just after midnight, so their times look "
            "imputed; do not trust their order within a day."
        )
    return notes


def imputed(frame: pd.DataFrame, campaigns: int) -> list[int]:
    """Positions of the campaigns most of whose landings lie just after midnight."""
    own, seconds = frame[CAMPAIGN].to_numpy(), frame[TIME].to_numpy().astype("int64") % 86_400
    paid = own >= 0
    counts = np.bincount(own[paid], minlength=campaigns)
    early = np.bincount(own[paid & (seconds < _MIDNIGHT)], minlength=campaigns)
    return [int(at) for at in np.flatnonzero((counts > 1) & (early > 0.5 * counts))]
