"""All exports of a folder as one set of records, each campaign-day once."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, Problems, data_error, with_setting
from ..formats import canonical_heading, landing_formats
from ..history import METRICS
from ..sheets import Sheet, read_sheets, uncollected
from ..types import Progress
from .copies import KEY, Export, drop_copies, merged
from .folder import find_files
from .money import one_currency, scale_micros, settle_blanks
from .records import COLUMNS, LABELS, LeftOut, Records, Source
from .rows import Part, read_rows
from .settings import DataSettings, config_error
from .sums import summed
from .table import has_no_header
from .weekly import settle_rhythm

_LANDING_ROWS = 3  # rows among which the header of a site log is looked for


def _silent(line: str) -> None:
    """Progress that nobody sees."""


@dataclass(eq=False)
class _Found:
    """What the files of a folder hold."""

    parts: list[Part]
    written: list[float]  # (parts,) when the part's file was written, seconds
    site_logs: list[str]  # files of site landings
    notes: list[str]


def read_exports(settings: DataSettings, progress: Progress = _silent) -> Records:
    """Records of all exports of a folder.

    Args:
        settings: folder and reading options.
        progress: called with the name of each file.

    Raises:
        ConfigError: no folder was given.
        DataError: the problems of all files, together; or exports that do not fit together.
    """
    found = _read_files(settings, progress)
    _refuse_unknown_channels(found.parts, settings)
    _keep_channels(found, settings)
    currency, currency_notes = one_currency(found.parts, settings)
    sources = tuple(_source(part) for part in found.parts)
    notes = [*found.notes, *(note for source in sources for note in source.notes)]
    frame, merge_notes = merged(_exports(found, notes), settings)
    frame = summed(frame, KEY).sort_values([*LABELS, "date"], ignore_index=True)
    frame = frame.astype({"date": "datetime64[ns]", **dict.fromkeys(LABELS, str)})
    return Records(
        frame.loc[:, list(COLUMNS)],
        sources,
        currency,
        (*notes, *currency_notes, *merge_notes),
        tuple(found.site_logs),
    )


def _read_files(settings: DataSettings, progress: Progress) -> _Found:
    """Parts of all files.

    Raises:
        DataError: the problems of all files, or no file is an export.
    """
    paths, notes = find_files(settings)
    found = _Found([], [], [], notes)
    problems = Problems()
    for path in paths:
        progress(path.name)
        with problems.collected(), uncollected():
            sheets = read_sheets(path)
            if any(map(_is_site_log, sheets)):
                found.site_logs.append(path.name)
                continue
            parts, file_notes = _parts(sheets, settings)
            found.parts += parts
            found.written += [_written(path)] * len(parts)
            found.notes += file_notes
    problems.raise_if_any()
    if not found.parts:
        raise data_error(
            str(settings.location()),
            f"no export of ads was found, only site landings ({', '.join(found.site_logs)})",
            "exports of the ad platforms beside them",
            "add them to the folder",
        )
    return found


def _exports(found: _Found, notes: list[str]) -> list[Export]:
    """Sums of each section of each part; adds to the notes."""
    sections = [_sections(part) for part in found.parts]
    owners = [k for k, group in enumerate(sections) for _ in group]
    orders = [
        found.written[k] + 1e-3 * j for k, group in enumerate(sections) for j in range(len(group))
    ]
    frames = _labelled([frame for group in sections for frame in group], notes)
    return [
        Export(found.parts[k].file, summed(frame, KEY), order)
        for k, frame, order in zip(owners, frames, orders, strict=True)
    ]


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _parts(sheets: list[Sheet], settings: DataSettings) -> tuple[list[Part], list[str]]:
    """Parts of a file, one per sheet, and notes on sheets that are no export."""
    parts: list[Part] = []
    problems = Problems()
    without: list[DataError] = []
    for sheet in sheets:
        with problems.collected():
            try:
                part = read_rows(sheet, settings)
            except DataError as error:
                if len(sheets) > 1 and has_no_header(sheet, settings):
                    without.append(error)
                    continue
                raise
            _settle(part, sheet, settings)
            parts.append(part)
    if not parts and not problems.found:
        problems.found += without
    problems.raise_if_any()
    return parts, [f"{error.details['file']}: no table of ads; not read." for error in without]


def _is_site_log(sheet: Sheet) -> bool:
    rows = [{canonical_heading(c).text for c in row} for row in sheet.rows[:_LANDING_ROWS]]
    return any(each.fits(texts) for each in landing_formats() for texts in rows)


def _settle(part: Part, sheet: Sheet, settings: DataSettings) -> None:
    """Copies, blanks, millionths and weeks of a part, in place."""
    if part.frame["key"].duplicated().any():
        drop_copies(part, lambda line: sheet.rows[bisect_left(sheet.lines, line)])
    settle_blanks(part)
    scale_micros(part, settings)
    settle_rhythm(part, settings)


def _refuse_unknown_channels(parts: list[Part], settings: DataSettings) -> None:
    """Raises for settings about a channel that no export has."""
    found = sorted({str(name) for part in parts for name in part.frame["platform"].unique()})
    given = {"cost_in_micros": settings.cost_in_micros}
    given["campaign_types"] = tuple(settings.campaign_types)
    for key, names in given.items():
        for name in names:
            if name not in found:
                allowed = f"the channels of the exports: {', '.join(found)}"
                raise config_error(key, name, allowed, "correct the name or remove it")


def _keep_channels(found: _Found, settings: DataSettings) -> None:
    """Drops the rows of channels that the settings leave out, in place, and notes them.

    Raises:
        DataError: no file has a channel of the settings.
    """
    if settings.channels is None:
        return
    names = sorted({str(name) for part in found.parts for name in part.frame["platform"].unique()})
    missing = [name for name in settings.channels if name not in names]
    if missing:
        raise data_error(
            str(settings.location()),
            f"no export of {', '.join(missing)} was found; the files are of {', '.join(names)}",
            "an export of every channel that is asked for",
            "add it to the exports",
            setting="remove the channel from data.channels",
        )
    for part in found.parts:
        chosen = part.frame["platform"].isin(settings.channels)
        part.frame = part.frame[chosen].reset_index(drop=True)
    kept = [k for k, part in enumerate(found.parts) if len(part.frame)]
    found.written = [found.written[k] for k in kept]
    found.parts = [found.parts[k] for k in kept]
    left_out = [name for name in names if name not in settings.channels]
    if left_out:
        found.notes.append(
            with_setting(
                f"not read: {', '.join(left_out)}, not among the channels that are asked for.",
                "data.channels lists them",
            )
        )


def _source(part: Part) -> Source:
    """What was found in a part."""
    frame = part.frame
    days = frame["date"].to_numpy().astype("datetime64[D]")
    totals = {
        metric: None if frame[metric].isna().all() else float(frame[metric].sum())
        for metric in METRICS
    }
    named = list(frame["currency"].dropna().unique())
    return Source(
        file=part.file,
        platforms=tuple(sorted(frame["platform"].unique())),
        title=part.header.format.title,
        language=part.header.language,
        rows=part.rows,
        campaigns=_campaigns(frame),
        currency=named[0] if len(named) == 1 else (", ".join(named) or None),
        first=days.min(),
        last=days.max(),
        totals=totals,
        left_out=tuple(part.left_out),
        notes=(*map(partial(_left_out_note, part.file), part.left_out), *part.notes),
    )


def _campaigns(frame: pd.DataFrame) -> int:
    """Number of campaigns, or of campaign types where no campaigns are named."""
    name = frame["campaign"].where(frame["campaign"] != "", frame["campaign_id"])
    name = name.where(name != "", frame["campaign_type"])
    return int((frame["platform"] + "\n" + frame["account"] + "\n" + name).nunique())


def _left_out_note(file: str, left_out: LeftOut) -> str:
    """Note on rows that are left out, with their lines."""
    lines = ", ".join(map(str, left_out.lines))
    more = ", ..." if left_out.rows > len(left_out.lines) else ""
    rows = "1 row" if left_out.rows == 1 else f"{left_out.rows:,} rows"
    return f"{file}: {rows} left out ({left_out.reason}): {lines}{more}."


def _sections(part: Part) -> list[pd.DataFrame]:
    columns = [*KEY, *METRICS, "currency"]
    return [rows[columns] for _, rows in part.frame.groupby("section", sort=True)]


def _labelled(frames: list[pd.DataFrame], notes: list[str]) -> list[pd.DataFrame]:
    """All sections with one name and one type per campaign; adds to the notes."""
    together = pd.concat(frames, keys=range(len(frames)), names=["part", "row"])
    together = _one_name(together, notes)
    together = _one_type(together, notes)
    return [rows.droplevel("part") for _, rows in together.groupby(level="part", sort=True)]


def _one_name(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Latest name of each campaign id."""
    key = ["platform", "account", "campaign_id"]
    named = frame[(frame["campaign_id"] != "") & (frame["campaign"] != "")]
    pairs = named[[*key, "campaign", "date"]].sort_values("date", kind="stable")
    names = pairs.drop_duplicates([*key, "campaign"])[key].value_counts()
    renamed = names[names > 1].index
    if not len(renamed):
        return frame
    latest = pairs.drop_duplicates(key, keep="last").set_index(key)["campaign"]
    index = pd.MultiIndex.from_frame(frame[key])
    chosen = index.isin(renamed)
    frame = frame.copy()
    frame.loc[chosen, "campaign"] = latest.reindex(index[chosen]).to_numpy()
    examples = ", ".join(f"{key[2]} is {latest[key]}" for key in list(renamed)[:4])
    notes.append(f"{len(renamed)} campaigns were renamed; each has its latest name ({examples}).")
    return frame


def _one_type(frame: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Types that are blank filled from the campaign's rows that have one."""
    blank = (frame["campaign_type"] == "").to_numpy() & (frame["campaign"] != "").to_numpy()
    if not blank.any() or blank.all():
        return frame
    key = ["platform", "account", "campaign"]
    known = frame[frame["campaign_type"] != ""].drop_duplicates([*key, "campaign_type"])
    only = known.drop_duplicates(key, keep=False).set_index(key)["campaign_type"]
    index = pd.MultiIndex.from_frame(frame[key])
    fill = blank & index.isin(only.index)
    if not fill.any():
        return frame
    frame = frame.copy()
    frame.loc[fill, "campaign_type"] = only.reindex(index[fill]).to_numpy()
    campaigns = len(frame[fill].drop_duplicates(key))
    notes.append(
        f"{int(np.count_nonzero(fill))} rows of {campaigns} campaigns have a blank campaign type; "
        "filled with the type of the same campaign's other rows."
    )
    return frame
