"""All exports of a folder as one set of records, each campaign-day once."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError, Problems, data_error
from ..formats import canonical_heading, landing_formats
from ..history import METRICS
from ..sheets import Sheet, read_sheets
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


def read_exports(settings: DataSettings, progress: Progress = _silent) -> Records:
    """Records of all exports of a folder.

    Args:
        settings: folder and reading options.
        progress: called with the name of each file.

    Raises:
        ConfigError: no folder was given.
        DataError: the problems of all files, together; or exports that do not fit together.
    """
    paths, notes = find_files(settings)
    parts: list[Part] = []
    written: list[float] = []
    problems = Problems()
    for path in paths:
        progress(path.name)
        with problems.collected():
            found, file_notes = _parts(path, settings)
            parts += found
            written += [_written(path)] * len(found)
            notes += file_notes
    problems.raise_if_any()
    _refuse_unknown_channels(parts, settings)
    parts, written, channel_notes = _chosen(parts, written, settings)
    currency, currency_notes = one_currency(parts, settings)
    sources = tuple(_source(part, currency) for part in parts)
    frames = [summed(f, KEY) for f in _labelled([_sections(part) for part in parts], notes)]
    counts = [part.frame["section"].nunique() for part in parts]
    owners = [k for k, count in enumerate(counts) for _ in range(count)]
    order = [written[k] + 1e-3 * j for j, k in enumerate(owners)]
    exports = [
        Export(parts[k].file, frame, when)
        for k, frame, when in zip(owners, frames, order, strict=True)
    ]
    frame, merge_notes = merged(exports, settings)
    frame = summed(frame, KEY).sort_values([*LABELS, "date"], ignore_index=True)
    frame["date"] = frame["date"].astype("datetime64[ns]")
    every = [note for source in sources for note in source.notes]
    every = [*notes, *every, *channel_notes, *currency_notes, *merge_notes]
    return Records(frame.loc[:, list(COLUMNS)], sources, currency, tuple(every))


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _parts(path: Path, settings: DataSettings) -> tuple[list[Part], list[str]]:
    """Parts of a file, one per sheet, and notes on sheets that are no export."""
    sheets = read_sheets(path)
    landings = [sheet for sheet in sheets if _is_site_log(sheet)]
    if landings:
        name = landings[0].file
        return [], [
            f"{name}: a log of site landings, not an export of ads; data.landings_file={path.name} "
            "reads it as such."
        ]
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


def _chosen(
    parts: list[Part], written: list[float], settings: DataSettings
) -> tuple[list[Part], list[float], list[str]]:
    """Parts of the channels of the settings, and a note on the channels that are left out."""
    found = sorted({name for part in parts for name in part.frame["platform"].unique()})
    if settings.channels is None:
        return parts, written, []
    missing = [name for name in settings.channels if name not in found]
    if missing:
        raise data_error(
            str(settings.location()),
            f"no export of {', '.join(missing)} was found; the files are of {', '.join(found)}",
            "an export of every channel of data.channels",
            "add it to the folder, or remove the channel from data.channels",
        )
    left_out = [name for name in found if name not in settings.channels]
    kept: list[Part] = []
    times: list[float] = []
    for part, when in zip(parts, written, strict=True):
        part.frame = part.frame[part.frame["platform"].isin(settings.channels)]
        part.frame = part.frame.reset_index(drop=True)
        if len(part.frame):
            kept.append(part)
            times.append(when)
    notes = [f"not read: {', '.join(left_out)}, not in data.channels."] if left_out else []
    return kept, times, notes


def _source(part: Part, currency: str | None) -> Source:
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
        campaigns=len(frame[list(LABELS)].drop_duplicates()),
        currency=named[0] if len(named) == 1 else (", ".join(named) or None),
        first=days.min(),
        last=days.max(),
        totals=totals,
        left_out=tuple(part.left_out),
        notes=(*map(partial(_left_out_note, part.file), part.left_out), *part.notes),
    )


def _left_out_note(file: str, left_out: LeftOut) -> str:
    """Note on rows that are left out, with their lines."""
    lines = ", ".join(map(str, left_out.lines))
    more = ", ..." if left_out.rows > len(left_out.lines) else ""
    rows = "1 row" if left_out.rows == 1 else f"{left_out.rows:,} rows"
    return f"{file}: {rows} left out ({left_out.reason}): {lines}{more}."


def _sections(part: Part) -> list[pd.DataFrame]:
    columns = [*KEY, *METRICS, "currency"]
    return [rows[columns] for _, rows in part.frame.groupby("section", sort=True)]


def _labelled(sections: Sequence[list[pd.DataFrame]], notes: list[str]) -> list[pd.DataFrame]:
    """All sections with one name and one type per campaign; adds to the notes."""
    frames = [frame for group in sections for frame in group]
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
