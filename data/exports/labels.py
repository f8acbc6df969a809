"""Labels of rows: platform, account, campaign, its id and its type, as plans write them."""

from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, data_error, shown
from ..formats import Format, canonical_heading, formats
from ..parsing import is_blank
from .body import Body
from .records import LABELS
from .settings import DataSettings
from .table import Header

_TELLING = ("platform", "account", "campaign", "campaign_id", "campaign_type", "group")
_NUMERIC = frozenset("0123456789.,%+-() $€£¥'’\u00a0\u202f")
_CLOSE = 0.85  # similarity from which a campaign type is a typing error of a known one
Text = NDArray[np.object_]


def label_columns(header: Header, rows: Sequence[Sequence[str]]) -> dict[str, Text]:
    """Columns of text that tell rows of one day apart, by heading, (rows,) each.

    Those are the labels that are read, ids, and columns with any cell that is no number.
    """
    metrics = {"cost", "impressions", "clicks", "conversions", "revenue", "currency"}
    numbers = {place for column, place in header.position.items() if column in metrics}
    numbers.add(header.position[header.period])
    numbers |= {p for column, p in header.position.items() if column == "date_end"}
    labels = {place for column, place in header.position.items() if column in _TELLING}
    found: dict[str, Text] = {}
    for place, name in enumerate(header.names):
        if place in numbers or name in found:
            continue
        cells = [row[place] for row in rows]
        is_id = "id" in header.headings[place].text.split()
        is_text = any(not _NUMERIC.issuperset(cell) for cell in set(cells))
        if (place in labels or is_id or is_text) and (name or any(cells)):
            found[name] = np.array(cells, dtype=object)
    return found


def labels_of(
    header: Header, body: Body, settings: DataSettings
) -> tuple[dict[str, Text], list[str]]:
    """Labels of each row, (rows,) text each, "" where there is none; and notes.

    Raises:
        DataError: a campaign type is nearly a known one, or a platform is blank.
    """
    count = len(body.data.cells)
    cells: dict[str, list[str]] = {}
    for column in LABELS:
        place = header.position.get(column)  # type: ignore[call-overload]
        cells[column] = [""] * count if place is None else [row[place] for row in body.data.cells]
        if column != "platform":
            blank = {cell: "" if is_blank(cell) else cell for cell in set(cells[column])}
            cells[column] = [blank[cell] for cell in cells[column]]
    notes: list[str] = []
    if header.channel is not None:
        cells["platform"] = [header.channel] * count
    else:
        cells["platform"], notes = _platforms(header, cells["platform"], body.data.lines)
    types, type_notes = _types(header, cells, body.data.lines, settings)
    cells["campaign_type"] = types
    return {name: np.array(texts, dtype=object) for name, texts in cells.items()}, [
        *notes,
        *type_notes,
    ]


def _platforms(header: Header, cells: list[str], lines: list[int]) -> tuple[list[str], list[str]]:
    """Channel of each row: the platform that a cell names, otherwise the cell as it is written."""
    meant: dict[str, list[str]] = {}
    for cell in dict.fromkeys(cells):
        if is_blank(cell):
            raise data_error(
                header.file,
                "the platform is blank",
                "a platform or channel in every row",
                "fill it in or delete the row",
                row=lines[cells.index(cell)],
                column=header.name("platform"),
            )
        meant.setdefault(_platform(cell) or cell.casefold(), []).append(cell)
    channel: dict[str, str] = {}
    for key, written in meant.items():
        spellings = {cell.casefold() for cell in written}
        for cell in written:
            known = key in {form.platform for form in formats()} and len(spellings) == 1
            channel[cell] = (
                key if known else min(w for w in written if w.casefold() == cell.casefold())
            )
    read = [f"{shown(cell)} as {name}" for cell, name in channel.items() if cell != name]
    notes = [f"{header.file}: read channel {', '.join(read)}."] if read else []
    return [channel[cell] for cell in cells], notes


def _platform(cell: str) -> str | None:
    """Platform that a cell of a generic table names, None if it names none for certain."""
    text = canonical_heading(cell).text
    joined = text.replace(" ", "")
    for form in formats():
        names = {form.platform, canonical_heading(form.title).text, *form.file_words}
        if text in names or joined in names:
            return form.platform
    return None


def _types(
    header: Header, cells: dict[str, list[str]], lines: list[int], settings: DataSettings
) -> tuple[list[str], list[str]]:
    """Campaign type of each row as plans write it, and a note on how types were read."""
    by_platform = {form.platform: form for form in formats()}
    read: dict[tuple[str, str], str] = {}
    pairs = list(zip(cells["platform"], cells["campaign_type"], strict=True))
    known_spellings = _known_spellings(dict.fromkeys(pairs), by_platform, settings)
    for row, pair in enumerate(pairs):
        if pair in read:
            continue
        platform, cell = pair
        known = known_spellings[platform]
        name = known.get(canonical_heading(cell).text, "") if cell else ""
        if cell and not name:
            near = get_close_matches(canonical_heading(cell).text, known, n=1, cutoff=_CLOSE)
            if near:
                raise _misspelled(header, lines[row], cell, known[near[0]], platform)
            name = cell
        read[pair] = name
    changed = [f"{shown(cell)} as {name}" for (_, cell), name in read.items() if cell != name]
    notes = []
    if changed:
        notes.append(f"{header.file}: read campaign type {', '.join(dict.fromkeys(changed))}.")
    unknown = [
        name
        for (platform, _), name in read.items()
        if name and name not in set(known_spellings[platform].values())
    ]
    if unknown:
        names = ", ".join(map(shown, dict.fromkeys(unknown)))
        notes.append(f"{header.file}: campaign type {names} is new; kept as it is written.")
    return [read[pair] for pair in pairs], notes


def _known_spellings(
    pairs: dict[tuple[str, str], None], by_platform: dict[str, Format], settings: DataSettings
) -> dict[str, dict[str, str]]:
    """Campaign types of each channel by canonical spelling."""
    found: dict[str, dict[str, str]] = {}
    for platform, _ in pairs:
        form = by_platform.get(platform)
        types = dict(form.types) if form else {}
        types |= {canonical_heading(name).text: name for name in types.values()}
        own = settings.campaign_types.get(platform, ())
        found[platform] = types | {canonical_heading(name).text: name for name in own}
    return found


def _misspelled(header: Header, line: int, cell: str, near: str, platform: str) -> DataError:
    return data_error(
        header.file,
        f"{shown(cell)} is not a known campaign type of {platform}",
        "the platform's campaign types, and new ones that resemble none of them",
        f"write {shown(near)} if that is what you mean; otherwise give the type another name",
        row=line,
        column=header.name("campaign_type"),
        setting=f"data.campaign_types.{platform} lists further types",
    )
