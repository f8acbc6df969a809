"""Header of a sheet: the row that holds it, the platform that it tells, and what its columns mean.

The header is the first of the rows that name most columns of one format. The platform is told by
the headings' signature; where they fit several platforms, as `Date, Cost, Clicks` does, by a column
of platforms, by `data.files` or by a word of the file's name.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatch

from ..errors import DataError, data_error, quoted_names, shown
from ..formats import (
    API,
    GENERIC,
    LANGUAGES,
    PLAIN,
    Column,
    Format,
    Heading,
    canonical_heading,
    formats,
)
from ..sheets import Sheet
from .settings import DataSettings

_HEADER_ROWS = 60  # rows among which the header is looked for
_PERIODS: tuple[Column, ...] = ("date", "week", "month", "quarter")
_NEEDED = "a row of headings with a date and a cost, such as Date, Channel, Campaign, Cost, Clicks"
_SPELLED = re.compile(r"[^\W_]+")


@dataclass(frozen=True, eq=False)
class Header:
    """Header of a table."""

    file: str  # name, for messages
    index: int  # of its row in the sheet
    names: tuple[str, ...]  # (columns,) as written
    headings: tuple[Heading, ...]  # (columns,) canonical
    format: Format
    channel: str | None  # of all rows; None: a column tells it
    position: dict[Column, int]  # columns that are read -> position
    period: Column  # date, or week where the table has no date
    language: str | None  # of most headings; None for an API or a table of one's own
    notes: tuple[str, ...]

    def name(self, column: Column) -> str:
        """Heading of a column that is read, as written."""
        return self.names[self.position[column]]


def find_header(sheet: Sheet, settings: DataSettings) -> Header:
    """Header of a sheet.

    Args:
        sheet: all cells.
        settings: reading options.

    Raises:
        DataError: no row names a date and a cost, the platform is not certain, or two columns are
            the same.
    """
    known = formats()
    best, best_score = 0, (False, False, 0)
    for index, row in enumerate(sheet.rows[:_HEADER_ROWS]):
        score = max(_score(_texts(row), each, settings) for each in known)
        if score > best_score:
            best, best_score = index, score
    names = tuple(sheet.rows[best])
    headings = tuple(canonical_heading(name) for name in names)
    if not all(best_score[:2]):
        raise _no_header(sheet, best, names, headings, *best_score[:2])
    form, channel, notes = _platform(sheet, best, headings, settings)
    position, column_notes = _positions(sheet, best, names, headings, form, settings)
    if "cost" not in position or not any(column in position for column in _PERIODS):
        raise _no_header(sheet, best, names, headings, "date" in position, "cost" in position)
    period = next(column for column in _PERIODS if column in position)
    language = _language(form, {headings[i].text for i in position.values()})
    return Header(
        file=sheet.file,
        index=best,
        names=names,
        headings=headings,
        format=form,
        channel=channel,
        position=position,
        period=period,
        language=language,
        notes=(*notes, *column_notes),
    )


def has_no_header(sheet: Sheet, settings: DataSettings) -> bool:
    """True if no row of a sheet names a date and a cost, as in a sheet of remarks."""
    return not any(
        all(_score(_texts(row), form, settings)[:2])
        for row in sheet.rows[:_HEADER_ROWS]
        for form in formats()
    )


def _texts(row: Sequence[str]) -> set[str]:
    return {canonical_heading(cell).text for cell in row if len(cell) < 200}


def _given(settings: DataSettings) -> dict[str, Column]:
    """Column by canonical heading, as the user declared them."""
    return {canonical_heading(name).text: column for column, name in settings.columns.items()}


def _score(texts: set[str], form: Format, settings: DataSettings) -> tuple[bool, bool, int]:
    """Whether a row names a period and a cost, and how many columns of a format it names."""
    given = _given(settings)
    columns = {column for text in texts if (column := given.get(text) or form.column_of(text))}
    return any(period in columns for period in _PERIODS), "cost" in columns, len(columns)


def _platform(
    sheet: Sheet, index: int, headings: Sequence[Heading], settings: DataSettings
) -> tuple[Format, str | None, list[str]]:
    """Format and channel of a file, and notes on how they were told."""
    texts = {heading.text for heading in headings}
    fitting = [form for form in formats() if form.fits(texts)]
    own = [form for form in fitting if form.platform != GENERIC]
    declared = _declared(sheet.file, settings)
    if declared is not None:
        form = next((f for f in formats() if f.platform == declared), None)
        form = form or next(iter(own), formats()[-1])
        return form, declared, [f"{sheet.file}: read as {declared} (data.files)."]
    if own:
        best = max(_score(texts, form, settings) for form in own)
        own = [form for form in own if _score(texts, form, settings) == best]
        if len(own) > 1:
            raise _uncertain(sheet, index, [form.title for form in own])
        return own[0], _channel_of(own[0], texts), []
    generic = formats()[-1]
    if (
        any(text in generic.headings("platform") for text in texts)
        or "platform" in _given(settings).values()
    ):
        return generic, None, []
    named = _named(sheet.file)
    if len(named) != 1:
        raise _uncertain(sheet, index, [form.title for form in named])
    note = f"{sheet.file}: read as {named[0].title}, because of its name; its headings fit any."
    return named[0], named[0].platform, [note]


def _channel_of(form: Format, texts: set[str]) -> str | None:
    """Channel of a platform's file, None where a column tells the platform."""
    return None if any(text in form.headings("platform") for text in texts) else form.platform


def _declared(file: str, settings: DataSettings) -> str | None:
    """Channel that `data.files` gives to a file."""
    name = file.partition(", sheet ")[0].lower()
    for channel, patterns in settings.files.items():
        if any(fnmatch(name, pattern.lower()) for pattern in patterns):
            return channel
    return None


def _named(file: str) -> list[Format]:
    """Platforms that a word of the file's name means."""
    words = _SPELLED.findall(file.partition(", sheet ")[0].lower())
    return [
        form
        for form in formats()
        if any(
            word == known or (word.startswith(known) and word.removeprefix(known)[:2] == "ad")
            for word in words
            for known in form.file_words
        )
    ]


def _uncertain(sheet: Sheet, index: int, titles: list[str]) -> DataError:
    fits = f"fit {' and '.join(titles)}" if titles else "tell no platform"
    return data_error(
        sheet.file,
        f"its headings and its name {fits}",
        "a column of platforms (Platform or Channel), the platform's own headings, or a file name "
        "such as google.csv or meta-2025.csv",
        f"say which channel it is: 'data.files={{CHANNEL: [\"{sheet.file}\"]}}'",
        row=sheet.lines[index],
    )


def _positions(
    sheet: Sheet,
    index: int,
    names: Sequence[str],
    headings: Sequence[Heading],
    form: Format,
    settings: DataSettings,
) -> tuple[dict[Column, int], list[str]]:
    """Position of each column that is read, and notes on choices and on what is left out."""
    ignored = {canonical_heading(name).text for name in settings.ignore_columns}
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(headings):
        if heading.text not in ignored:
            places.setdefault(heading.text, []).append(place)
    position: dict[Column, int] = {}
    notes: list[str] = []
    for column in form.columns:
        found = [text for text in form.headings(column) if text in places]
        found = [text for text in found if _given(settings).get(text, column) == column]
        if column in settings.columns:
            text = canonical_heading(settings.columns[column]).text
            found = [text] if text in places else found
        found = [text for text in found if _is_filled(sheet, index, places[text])] or found[:1]
        if not found:
            continue
        position[column] = _only_place(sheet, index, names, places[found[0]])
        if len(found) > 1 and column not in ("account", "campaign", "campaign_id", "date"):
            notes.append(_choice(sheet.file, column, [names[places[text][0]] for text in found]))
    position |= _declared_columns(places, position, settings)
    notes += _left_out(sheet, index, names, headings, position, ignored)
    return position, notes


def _declared_columns(
    places: dict[str, list[int]], position: dict[Column, int], settings: DataSettings
) -> dict[Column, int]:
    """Columns of `data.columns` that the format does not have."""
    return {
        column: places[text][0]
        for text, column in _given(settings).items()
        if text in places and column not in position
    }


def _is_filled(sheet: Sheet, index: int, places: Iterable[int]) -> bool:
    """True if any of the columns holds anything below the header."""
    rows = sheet.rows[index + 1 :]
    cells = (row[place] for place in places for row in rows if place < len(row))
    return any(cell not in ("", "--") for cell in cells)


def _only_place(sheet: Sheet, index: int, names: Sequence[str], places: list[int]) -> int:
    """The column of a heading, which may be there twice only with the same cells."""
    first, *others = places
    for other in others:
        for row in sheet.rows[index + 1 :]:
            if row[first : first + 1] != row[other : other + 1]:
                raise data_error(
                    sheet.file,
                    f"columns {first + 1} and {other + 1} are the same: "
                    f"{quoted_names([names[first], names[other]])}",
                    "each column once",
                    "delete or rename one of them, or list one in data.ignore_columns",
                    row=sheet.lines[index],
                    column=names[other],
                )
    return first


def _choice(file: str, column: Column, names: list[str]) -> str:
    others = quoted_names(names[1:])
    key = f"data.columns={{{column}: HEADING}}"
    return f"{file}: {column} read from {shown(names[0])}, not from {others}; change with {key}."


def _left_out(
    sheet: Sheet,
    index: int,
    names: Sequence[str],
    headings: Sequence[Heading],
    position: dict[Column, int],
    ignored: set[str],
) -> list[str]:
    """Note that lists the columns that nothing reads."""
    read = set(position.values())
    unread = [
        name if name else f"column {place + 1}"
        for place, name in enumerate(names)
        if place not in read and headings[place].text not in ignored
    ]
    notes = []
    if ignored & {heading.text for heading in headings}:
        pairs = zip(names, headings, strict=True)
        given = [name for name, heading in pairs if heading.text in ignored]
        notes.append(f"{sheet.file}: ignored column {quoted_names(given)} (data.ignore_columns).")
    if unread:
        more = f" and {len(unread) - 12} more" if len(unread) > 12 else ""
        notes.append(f"{sheet.file}: not needed and left out: {', '.join(unread[:12])}{more}.")
    return notes


def _language(form: Format, texts: set[str]) -> str | None:
    """Language in which most headings are, English first among equals."""
    counts: Counter[str] = Counter()
    for languages in form.columns.values():
        for language, names in languages.items():
            counts[language] += bool(texts.intersection(names))
    code = max(counts, key=lambda each: (counts[each], each == "en"), default=PLAIN)
    return None if code in (API, PLAIN) else LANGUAGES[code]


def _no_header(
    sheet: Sheet,
    index: int,
    names: Sequence[str],
    headings: Sequence[Heading],
    has_date: bool,
    has_cost: bool,
) -> DataError:
    """Error about a sheet in which no row names a date and a cost."""
    missing = [name for name, has in (("date", has_date), ("cost", has_cost)) if not has]
    given = f"no column of {' or of '.join(missing)} was found; the headings are "
    given += quoted_names([name for name in names if name][:12])
    fix = f"add the column, or name it with data.columns={{{missing[0]}: HEADING}}"
    near = _nearest(headings, missing[0])
    if near:
        fix += f"; {near}"
    if missing == ["cost"] and len(names) > 2:
        fix += "; a wide table with a column per channel has to become one row per day and channel"
    return data_error(
        sheet.file, given, _NEEDED, fix, row=sheet.lines[index], column=missing[0].capitalize()
    )


def _nearest(headings: Sequence[Heading], column: str) -> str | None:
    """Hint at a heading that is nearly one of a column's."""
    known = {text for form in formats() for text in form.headings(column)}  # type: ignore[arg-type]
    for heading in headings:
        if near := get_close_matches(heading.text, known, n=1, cutoff=0.8):
            return f"{shown(heading.text)} may be meant for {near[0]}"
    return None
