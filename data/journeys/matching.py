"""Campaign of the history to which each landing belongs."""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote_plus

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..exports import LABELS, DataSettings, Records
from ..formats import LandingFormat, canonical_heading
from ..history import METRICS, History
from ..units import units_of
from .csv_text import canonical
from .declared import DeclaredVisits
from .labels import Label, known_sources
from .site_log import CAMPAIGN_TYPE, CHANNEL, PAID, SOURCE

ChannelOf = Callable[[str], str | None]
"""Channel of a source as it is written; None if it is no channel's."""
_SEPARATORS = re.compile(r"[\W_]+")


def site_log_channels(settings: DataSettings) -> ChannelOf:
    """Channel of each source of the site log."""
    found = {canonical(name): channel for name, channel in settings.landing_sources.items()}
    return lambda source: found.get(canonical(source))


def declared_channels(
    declared: LandingFormat, settings: DataSettings, history: History
) -> ChannelOf:
    """Channel of the history of each source of a declared log.

    A source may stand for several channels (YouTube for itself or for Google): the first that the
    history has counts. The name of a channel is a source too.
    """
    channels = {campaign.channel for campaign in history.campaigns}
    found = {canonical_heading(channel).text: channel for channel in channels}
    for source, candidates in known_sources(declared, settings).items():
        present = [channel for channel in candidates if channel in channels]
        found[source] = (present or list(candidates))[0]
    return lambda source: found.get(canonical_heading(source).text)


def site_log_campaigns(
    frame: pd.DataFrame, channel_of: ChannelOf, history: History
) -> NDArray[np.int16]:
    """(rows,) index of each landing's campaign in the history, -1 for none.

    Args:
        frame: see `read_visits`.
        channel_of: channel of each source.
        history: the ads' history.
    """
    campaign_index = {
        (campaign.channel, canonical(campaign.campaign_type or "")): k
        for k, campaign in enumerate(history.campaigns)
    }
    sources = ["", *(channel_of(str(name)) or "" for name in frame[SOURCE].cat.categories)]
    types = ["", *(canonical(str(name)) for name in frame[CAMPAIGN_TYPE].cat.categories)]
    # Code -1 stands for a null. Only pairs that occur are looked up: there may be many names.
    source, kind = (frame[name].cat.codes.to_numpy() + 1 for name in (SOURCE, CAMPAIGN_TYPE))
    pairs, pair = np.unique(source.astype(np.int64) * len(types) + kind, return_inverse=True)
    found = [
        campaign_index.get((sources[code // len(types)], types[code % len(types)]), -1)
        for code in pairs.tolist()
    ]
    return np.where(frame[CHANNEL] == PAID, np.array(found)[pair], -1).astype(np.int16)


def declared_campaigns(
    visits: DeclaredVisits,
    declared: LandingFormat,
    channel_of: ChannelOf,
    settings: DataSettings,
    history: History,
) -> NDArray[np.int16]:
    """(landings,) index of each landing's campaign in the history, -1 for none.

    Within the channel of its source, a paid landing belongs to the campaign of its campaign's name,
    else to the only one that its campaign type or group of channels may stand for. A channel of one
    campaign has all its paid landings. Where the units of the plan are groups, the name of the
    campaign's group counts.

    Raises:
        ConfigError: the groups put a campaign of the log into two groups.
    """
    labels = _in_groups(visits.labels, channel_of, settings)
    table = [
        _campaign(label, declared, channel_of, history) if label.channel == PAID else -1
        for label in labels
    ]
    return np.array(table, np.int16)[visits.label]


def _campaign(
    label: Label, declared: LandingFormat, channel_of: ChannelOf, history: History
) -> int:
    """Index of a paid label's campaign, -1 if there is none or more than one."""
    channel = channel_of(label.source)
    own = {
        k: campaign.campaign_type
        for k, campaign in enumerate(history.campaigns)
        if campaign.channel == channel or (channel is None and not label.source)
    }
    if channel is not None and len(own) == 1:
        return next(iter(own))
    exact = [k for k, name in own.items() if name == label.campaign]
    if len(exact) == 1:
        return exact[0]
    folded = _folded(label.campaign)
    named = [k for k, name in own.items() if folded and _folded(name or "") == folded]
    if len(named) == 1:
        return named[0]
    types = (label.campaign_type, *declared.campaign_types.get(label.campaign_type, ()))
    typed = [k for k, name in own.items() if name and canonical_heading(name).text in types]
    return typed[0] if len(typed) == 1 and channel is not None and not named else -1


def _in_groups(labels: list[Label], channel_of: ChannelOf, settings: DataSettings) -> list[Label]:
    """Labels with groups for campaigns, if the units of the plan are groups."""
    if settings.unit != "group":
        return labels
    frame = pd.DataFrame(
        {
            **dict.fromkeys(LABELS, ""),
            **dict.fromkeys(METRICS, 0.0),
            "date": pd.Timestamp(0),
            "platform": [channel_of(label.source) or "" for label in labels],
            "campaign": [label.campaign for label in labels],
        }
    )
    units, _ = units_of(Records(frame, (), None, ()), settings)
    return [
        label._replace(campaign=str(unit)) if label.campaign else label
        for label, unit in zip(labels, units, strict=True)
    ]


def _folded(name: str) -> str:
    """Name without regard to case, separators and the encoding of addresses."""
    text = unquote_plus(name) if "%" in name else name
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
