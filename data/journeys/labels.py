"""Source, traffic channel and campaign of each row of a declared landing log."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np

from ..display import shortened
from ..errors import with_setting
from ..exports import DataSettings
from ..formats import LandingColumn, LandingFormat, canonical_heading
from ..types import Ints
from .log_table import LogTable
from .site_log import PAID

_MAX_LISTED = 8  # labels in a note
_MAX_BLANK = 24  # characters of a cell that says nothing


class Label(NamedTuple):
    """Where a landing comes from; "" where that is not known."""

    source: str
    channel: str  # traffic channel
    campaign: str  # name, as in the file
    campaign_type: str  # type or group of channels, canonical

    @property
    def is_known(self) -> bool:
        """The row says where the landing comes from."""
        return bool(self.source or self.campaign or self.channel not in ("", "direct"))


class _Cells(NamedTuple):
    """Cells of one row that say where a landing comes from; "" if blank."""

    source: str
    medium: str
    group: str
    campaign: str
    campaign_type: str
    referrer: str
    clicked: str  # source of an ad click's identifier


def read_labels(table: LogTable, settings: DataSettings) -> tuple[Ints, list[Label], list[str]]:
    """Label of each row.

    Args:
        table: the log.
        settings: channels of further sources.

    Returns:
        (rows,) index into the labels, the distinct labels, and notes on media that are not known.
    """
    known = known_sources(table.format, settings)
    codes_of: dict[tuple[str, ...], int] = {}
    codes = [codes_of.setdefault(row, len(codes_of)) for row in _coalesced(table)]
    distinct = [_Cells(*row) for row in codes_of]
    labels = [_label(table.format, row, known) for row in distinct]
    counts = np.bincount(codes, minlength=len(labels))
    unknown: dict[str, int] = {}
    for row, label, count in zip(distinct, labels, counts.tolist(), strict=True):
        if not label.channel:
            key = f"{row.source or '(none)'} / {row.medium or row.group or '(none)'}"
            unknown[key] = unknown.get(key, 0) + count
    labels = [label if label.channel else label._replace(channel="referral") for label in labels]
    return np.array(codes, np.int64), labels, _unknown_note(table, unknown)


def known_sources(declared: LandingFormat, settings: DataSettings) -> dict[str, tuple[str, ...]]:
    """Channels of plans that each source, canonical, may stand for."""
    own = {_key(name): (channel,) for name, channel in settings.landing_sources.items()}
    return {**declared.sources, **own}


def _unknown_note(table: LogTable, unknown: Mapping[str, int]) -> list[str]:
    if not unknown:
        return []
    most = sorted(unknown.items(), key=lambda item: (-item[1], item[0]))[:_MAX_LISTED]
    listed = ", ".join(f"{shortened(name)} ({count:,})" for name, count in most)
    return [
        with_setting(
            f"{table.file}: WARNING, {sum(unknown.values()):,} rows have a medium that is not "
            f"known and count as referrals, not as ads (source / medium): {listed}. Ads are known "
            "by media such as cpc.",
            f"media of conf/data/landings/{table.format.kind}.yaml declares what is an ad",
        )
    ]


def _coalesced(table: LogTable) -> Iterable[tuple[str, ...]]:
    """The parts of `_Cells` of each row, from the preferred column that it fills."""
    source = _first_filled(table, "source")
    medium = _first_filled(table, "medium")
    for heading in table.present("source_medium")[:1]:
        pairs = {cell: cell.rpartition("/") for cell in set(table.cells(heading))}
        cells = [pairs[cell] for cell in table.cells(heading)]
        source = _filled(table, source, [pair[0] for pair in cells])
        medium = _filled(table, medium, [pair[2] for pair in cells])
    others: tuple[LandingColumn, ...] = ("channel_group", "campaign", "campaign_type", "referrer")
    columns = [source, medium, *(_first_filled(table, name) for name in others), _clicked(table)]
    return zip(*columns, strict=True)


def _first_filled(table: LogTable, column: LandingColumn) -> list[str]:
    """(rows,) first cell that says something among the columns of one meaning."""
    filled = [""] * len(table.rows)
    for heading in table.present(column):
        filled = _filled(table, filled, table.cells(heading))
    return list(map(_host, filled)) if column == "referrer" else filled


def _clicked(table: LogTable) -> list[str]:
    """(rows,) source of the ad whose identifier of a click the row has."""
    clicked = [""] * len(table.rows)
    for heading, source in table.format.click_ids.items():
        if heading in table.headings:
            said = _filled(table, [""] * len(table.rows), table.cells(heading))
            clicked = [a or (source if b else "") for a, b in zip(clicked, said, strict=True)]
    return clicked


def _filled(table: LogTable, first: list[str], second: list[str]) -> list[str]:
    """Cells of the first column, of the second where it says nothing."""
    blanks = {"", *table.format.blanks}
    said = {cell: _said(cell, blanks) for cell in set(second)}
    return [a or said[b] for a, b in zip(first, second, strict=True)]


def _said(cell: str, blanks: Collection[str]) -> str:
    """Cell, "" if it says nothing."""
    cell = cell.strip()
    return "" if not cell or (len(cell) <= _MAX_BLANK and _key(cell) in blanks) else cell


@lru_cache(maxsize=65_536)
def _host(referrer: str) -> str:
    """Host of an address, any other text as it is."""
    if "://" not in referrer:
        return referrer
    try:
        return (urlsplit(referrer).hostname or "").removeprefix("www.")
    except ValueError:
        return referrer


def _key(text: str) -> str:
    return canonical_heading(text).text


def _label(declared: LandingFormat, cells: _Cells, known: Mapping[str, tuple[str, ...]]) -> Label:
    """Label of one row; the channel is "" if a medium is not declared."""
    types = _key(cells.campaign_type) or _key(cells.group)
    if cells.clicked:
        source = cells.source if _key(cells.source) in known else cells.clicked
        return Label(source, PAID, cells.campaign, types)
    channel = _traffic_channel(declared, cells)
    if channel == "display" and _key(cells.source) in known:
        channel = PAID
    if channel == PAID:
        return Label(cells.source, PAID, cells.campaign or cells.referrer, types)
    return Label(cells.source or cells.referrer, channel, "", "")


def _traffic_channel(declared: LandingFormat, cells: _Cells) -> str:
    medium = declared.media.get(_key(cells.medium), "")
    group = declared.channels.get(_key(cells.group), "")
    if medium and (medium == PAID or group in ("", PAID)):
        return medium
    if group or cells.medium or cells.group:
        return group
    if _key(cells.source) == "direct" or not (cells.source or cells.referrer or cells.campaign):
        return "direct"
    if cells.source or cells.campaign:
        return ""
    words = _key(cells.referrer).split()
    return next((declared.referrers[w] for w in words if w in declared.referrers), "referral")
