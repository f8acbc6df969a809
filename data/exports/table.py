"""Header of a sheet: the row that holds it, the platform that it tells, and what its columns mean.

The header is the first of the rows that name most columns of one format. A column that the format
does not name is read by the headings of other platforms, where these agree.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import DataError, data_error, quoted_names, shown, with_setting
from ..formats import (
    API,
    COLUMNS,
    GENERIC,
    LANGUAGES,
    PLAIN,
    Column,
    Format,
    Heading,
    canonical_heading,
    formats,
    shared_headings,
)
from ..sheets import Sheet
from .platform import given_columns, platform_of
from .settings import DataSettings

_TELLING: tuple[Column, ...] = (
    "campaign", "campaign_type", "impressions", "clicks", "conversions", "revenue"
)  # fmt: skip
_MISSPELLED = 0.88  # similarity from which a heading is a typing error of a known one
_SHORT = 5  # letters of headings that resemble each other by chance
_HEADER_ROWS = 60  # rows among which the header is looked for
_OWN: tuple[Column, ...] = ("platform", "date_end", "week", "month", "quarter")
_PERIODS: tuple[Column, ...] = ("date", "week", "month", "quarter")
_NEEDED = "a row of headings with a date and a cost, such as Date, Channel, Campaign, Cost, Clicks"


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
    form, channel, notes = platform_of(sheet, headings, settings)
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


def _score(texts: set[str], form: Format, settings: DataSettings) -> tuple[bool, bool, int]:
    """Whether a row names a period and a cost, and how many columns of a format it names."""
    given, shared = given_columns(settings), shared_headings()
    columns = {given.get(text) or form.column_of(text) or shared.get(text) for text in texts}
    columns.discard(None)
    return any(period in columns for period in _PERIODS), "cost" in columns, len(columns)


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
    for column in COLUMNS:
        found = [text for text in form.headings(column) if text in places]
        found = found or _shared(column, form, places)
        found = [text for text in found if given_columns(settings).get(text, column) == column]
        if column in settings.columns:
            text = canonical_heading(settings.columns[column]).text
            found = [text] if text in places else found
        found = [text for text in found if _is_filled(sheet, index, places[text])] or found[:1]
        if not found:
            continue
        position[column] = _only_place(sheet, index, names, places[found[0]])
        if len(found) > 1 and column not in ("account", "campaign", "campaign_id", "date"):
            notes.append(_choice(sheet.file, column, [names[places[text][0]] for text in found]))
    _refuse_misspelled(sheet, index, form, places, position)
    notes += _left_out(sheet, index, names, headings, position, ignored)
    return position, notes


def _refuse_misspelled(
    sheet: Sheet,
    index: int,
    form: Format,
    places: dict[str, list[int]],
    position: dict[Column, int],
) -> None:
    """Raises for an unread heading that is nearly one of a column that the file lacks."""
    read = set(position.values())
    unread = [text for text, where in places.items() if not read.intersection(where)]
    for column in _TELLING:
        if column in position:
            continue
        for text in (text for text in unread if len(text) > _SHORT):
            words = len(text.split())
            known = [name for name in form.headings(column) if len(name.split()) == words]
            near = get_close_matches(text, known, n=1, cutoff=_MISSPELLED)
            if near:
                name = sheet.rows[index][places[text][0]]
                what = column.replace("_", " ")
                raise data_error(
                    sheet.file,
                    f"no column of {what} was found, and {shown(name)} is nearly {shown(near[0])}",
                    "headings as the platform writes them",
                    "correct the heading",
                    row=sheet.lines[index],
                    column=name,
                    setting=f'data.columns={{{column}: "{name}"}} says what it is, '
                    "data.ignore_columns that it is not needed",
                )


def _shared(column: Column, form: Format, places: Iterable[str]) -> list[str]:
    """Headings of a column that only other platforms' exports are known to write."""
    if column in _OWN and form.platform != GENERIC:
        return []
    generic = formats()[-1].headings(column)
    found = [text for text in places if shared_headings().get(text) == column]
    return sorted(found, key=lambda text: generic.index(text) if text in generic else len(generic))


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
                    "delete or rename one of them",
                    row=sheet.lines[index],
                    column=names[other],
                    setting="data.ignore_columns lists columns that are not read",
                )
    return first


def _choice(file: str, column: Column, names: list[str]) -> str:
    others = quoted_names(names[1:])
    text = f"{file}: {column} read from {shown(names[0])}, not from {others}."
    return with_setting(text, f"data.columns={{{column}: HEADING}} names another")


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
        text = f"{sheet.file}: ignored column {quoted_names(given)}."
        notes.append(with_setting(text, "data.ignore_columns says so"))
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
    fix = f"add the column, or give it the heading {missing[0].capitalize()}"
    near = _nearest(headings, missing[0])
    if near:
        fix += f"; {near}"
    if missing == ["cost"] and len(names) > 2:
        fix += "; a wide table with a column per channel has to become one row per day and channel"
    return data_error(
        sheet.file,
        given,
        _NEEDED,
        fix,
        row=sheet.lines[index],
        column=missing[0].capitalize(),
        setting=f"data.columns={{{missing[0]}: HEADING}} names it",
    )


def _nearest(headings: Sequence[Heading], column: str) -> str | None:
    """Hint at a heading that is nearly one of a column's."""
    known = {text for form in formats() for text in form.headings(column)}  # type: ignore[arg-type]
    for heading in headings:
        if near := get_close_matches(heading.text, known, n=1, cutoff=0.8):
            return f"{shown(heading.text)} may be meant for {near[0]}"
    return None
