"""Parts of one cell of dates, and diagnosis of cells that stand for more than a day."""

import datetime
import re
import unicodedata
from typing import Literal, NamedTuple

DateFormat = Literal["YYYY-MM-DD", "DD-MM-YYYY", "MM-DD-YYYY"]
DMY: DateFormat = "DD-MM-YYYY"
MDY: DateFormat = "MM-DD-YYYY"
YMD: DateFormat = "YYYY-MM-DD"
PIVOT = 69  # years 69 to 99 are of the 1900s, 00 to 68 of the 2000s, as in POSIX
MONTHS = {  # by language, in lower case and without accents
    "en": "january jan, february feb, march mar, april apr, may, june jun, july jul, august aug, "
    "september sep sept, october oct, november nov, december dec",
    "de": "januar jan, februar feb, marz maerz mrz, april apr, mai, juni jun, juli jul, "
    "august aug, september sep sept, oktober okt, november nov, dezember dez",
    "es": "enero ene, febrero feb, marzo mar, abril abr, mayo may, junio jun, julio jul, "
    "agosto ago, septiembre setiembre sept sep set, octubre oct, noviembre nov, diciembre dic",
    "fr": "janvier janv jan, fevrier fevr fev, mars, avril avr, mai, juin, juillet juil, aout, "
    "septembre sept sep, octobre oct, novembre nov, decembre dec",
    "pt": "janeiro jan, fevereiro fev, marco mar, abril abr, maio mai, junho jun, julho jul, "
    "agosto ago, setembro set, outubro out, novembro nov, dezembro dez",
    "id": "januari jan, februari feb, maret mar, april apr, mei, juni jun, juli jul, "
    "agustus agu agt, september sep, oktober okt, november nov, desember des",
}
WEEKDAYS = {  # by language, Monday first; those of de and pt without abbreviations of two letters
    "en": "monday mon, tuesday tue tues, wednesday wed, thursday thu thur thurs, friday fri, "
    "saturday sat, sunday sun",
    "de": "montag mo, dienstag di, mittwoch mi, donnerstag do, freitag fr, samstag sonnabend sa, "
    "sonntag so",
    "es": "lunes lun, martes mar, miercoles mie, jueves jue, viernes vie, sabado sab, domingo dom",
    "fr": "lundi lun, mardi mar, mercredi mer, jeudi jeu, vendredi ven, samedi sam, dimanche dim",
    "pt": "segunda-feira seg, terca-feira ter, quarta-feira qua, quinta-feira qui, "
    "sexta-feira sex, sabado sab, domingo dom",
    "id": "senin sen, selasa sel, rabu rab, kamis kam, jumat jum, sabtu sab, minggu min",
}
_SERIALS = range(32_874, 73_051)  # spreadsheet numbers of 1990-01-01 to 2099-12-31
_SERIAL_SHAPE = "the day number of a spreadsheet"
_SERIAL_ZERO = datetime.date(1899, 12, 30)
_MAX_LENGTH = 60  # characters of a cell
_MAX_OFFSET = datetime.timedelta(hours=14)  # of a time zone

_WEEKDAY = r"(?:(?P<weekday>[^\W\d_]+(?:-[^\W\d_]+)?)\.?,? )?"
_CLOCK = (
    r"(?:(?:T|,? )(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r" ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_NAME = r"(?P<{}>[^\W\d_]{{3,12}})\.?"
_NUMBERS = r"(?P<a>[0-9]{{{}}})(?P<mark>[-/.])(?P<b>[0-9]{{1,2}})(?P=mark)(?P<c>[0-9]{{{}}})"
_ORDINAL = r"(?:\.|er|º|ª|st|nd|rd|th)?"
_SHAPES: tuple[tuple[str, tuple[DateFormat, ...], str], ...] = (
    # name for messages, formats that the text allows, pattern with the parts a, b, c
    ("YYYY{0}MM{0}DD", (YMD,), _NUMBERS.format("4", "1,2")),
    ("DD{0}MM{0}YYYY or MM{0}DD{0}YYYY", (DMY, MDY), _NUMBERS.format("1,2", "4")),
    ("a year of two digits", (DMY, MDY, YMD), _NUMBERS.format("1,2", "1,2")),
    ("YYYYMMDD", (YMD,), r"(?P<a>(?:19|20)[0-9]{2})(?P<b>[0-9]{2})(?P<c>[0-9]{2})"),
    (
        "YYYY年M月D日",
        (YMD,),
        r"(?P<a>[0-9]{4}) ?[年년] ?(?P<b>[0-9]{1,2}) ?[月월] ?(?P<c>[0-9]{1,2}) ?[日일]",
    ),
    (
        "day, name of the month, year",
        (DMY,),
        rf"(?P<a>[0-9]{{1,2}}){_ORDINAL}(?: de |[- /]| ?){_NAME.format('b')}"
        r"(?: de | del |[- /]|, ?| ?)(?P<c>[0-9]{4})",
    ),
    (
        "name of the month and a year of two digits",
        (DMY, YMD),
        rf"(?P<a>[0-9]{{1,2}})(?P<mark>[- /]){_NAME.format('b')}(?P=mark)'?(?P<c>[0-9]{{1,2}})",
    ),
    (
        "name of the month, day, year",
        (MDY,),
        rf"{_NAME.format('a')}[- /](?P<b>[0-9]{{1,2}}){_ORDINAL}(?:,? |[-/])(?P<c>[0-9]{{4}})",
    ),
    (
        "year, name of the month, day",
        (YMD,),
        rf"(?P<a>[0-9]{{4}})[- /]{_NAME.format('b')}[- /](?P<c>[0-9]{{1,2}})",
    ),
)
_PATTERNS = [(name, formats, re.compile(_WEEKDAY + p + _CLOCK)) for name, formats, p in _SHAPES]
_SERIAL = re.compile(r"([0-9]{5})(\.[0-9]+)?")
_YEAR = r"(?:19|20)[0-9]{2}"
_NOT_DAYS = (  # pattern, what the cell is
    (rf"{_YEAR}[- ]?W[0-9]{{1,2}}(?:-?[1-7])?|W[0-9]{{1,2}}[ ,/-]+{_YEAR}", "a week"),
    (r"(?:week|wk|kw|semaine|semana|woche|minggu)\b.*[0-9].*", "a week"),
    (r".*[0-9].*(?: (?:-|to|bis|al?|au|hasta|até|sampai) | ?[–—~〜～] ?).*[0-9].*", "a period"),
    (rf"{_YEAR}-[0-9]{{1,2}}-[0-9]{{1,2}}[/-]{_YEAR}-[0-9]{{1,2}}-[0-9]{{1,2}}", "a period"),
    (r"[0-9]{1,2}([/.])[0-9]{1,2}\1[0-9]{2,4}-[0-9]{1,2}\1[0-9]{1,2}\1[0-9]{2,4}", "a period"),
    (rf"{_YEAR}[-/.][0-9]{{1,2}}|[0-9]{{1,2}}[-/.]{_YEAR}|{_YEAR}(?:0[1-9]|1[0-2])", "a month"),
    (rf"{_YEAR} ?[年년] ?[0-9]{{1,2}} ?[月월]", "a month"),
    (rf"{_YEAR}[- ]?Q[1-4]|Q[1-4][- /]?{_YEAR}|[1-4]\. ?quartal {_YEAR}", "a quarter"),
    (rf"{_YEAR} ?[年년]?", "a year"),
)
_NAMED_MONTH = re.compile(
    r"([^\W\d_]{3,12})\.?(?: de | del |[- ,/]+)'?[0-9]{2,4}|'?[0-9]{2,4}[- /]([^\W\d_]{3,12})\.?"
)


class DateCell(NamedTuple):
    """Parts of one cell; days of a month and months may still be in either order."""

    shape: str  # the same in the whole column; for messages
    formats: tuple[DateFormat, ...]  # that the text allows
    parts: tuple[int, int, int]  # in the order of the text; (number, 0, 0) of a spreadsheet
    clock: datetime.time | None = None  # time of day
    offset: datetime.timedelta | None = None  # of the time zone from UTC
    weekday: int | None = None  # 0 is Monday

    @property
    def is_serial(self) -> bool:
        """The cell is the number of a day, as spreadsheets count them."""
        return self.shape == _SERIAL_SHAPE

    def day(self, date_format: DateFormat) -> datetime.date | None:
        """The day if the parts are in the order of the format, None if there is no such day."""
        a, b, c = self.parts
        if self.is_serial:
            return _SERIAL_ZERO + datetime.timedelta(a)
        year, month, day = {DMY: (c, b, a), MDY: (c, a, b), YMD: (a, b, c)}[date_format]
        if "two digits" in self.shape:
            year += 1900 if year >= PIVOT else 2000
        try:
            date = datetime.date(year, month, day)
        except ValueError:
            return None
        is_right = 1 < year < datetime.MAXYEAR and self.weekday in (None, date.weekday())
        return date if is_right else None


def read_cell(text: str) -> DateCell | None:
    """Parts of a cell, None if it is no date."""
    if len(text) > _MAX_LENGTH:
        return None
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if serial := _SERIAL.fullmatch(text):
        return _serial(int(serial[1]), float(serial[2] or 0))
    for name, formats, pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            return _date_cell(name, formats, match.groupdict())
    return None


def _serial(number: int, fraction: float) -> DateCell | None:
    if number not in _SERIALS:
        return None
    second = min(round(fraction * 86_400), 86_399)
    clock = datetime.time(second // 3600, second // 60 % 60, second % 60) if fraction else None
    return DateCell(_SERIAL_SHAPE, (YMD,), (number, 0, 0), clock)


def _date_cell(
    name: str, formats: tuple[DateFormat, ...], groups: dict[str, str | None]
) -> DateCell | None:
    """Cell from the parts of its text, None if a name or a time of day is unknown."""
    texts = [groups[part] or "" for part in "abc"]
    parts = [int(text) if text.isdigit() else month_of(text) for text in texts]
    weekday = None
    if groups["weekday"]:
        weekday = _WEEKDAY_OF.get(_plain(groups["weekday"]), -1)
    clock, offset = _clock(groups), _offset(groups["zone"])
    if weekday == -1 or (groups["hour"] and clock is None):
        return None
    a, b, c = parts
    if a is None or b is None or c is None:
        return None
    if offset is not None and abs(offset) > _MAX_OFFSET:
        return None
    if "two digits" in name:  # a year of one digit is none
        year_at = {DMY: 2, MDY: 2, YMD: 0}
        formats = tuple(f for f in formats if len(texts[year_at[f]]) == 2)
    if not formats:
        return None
    shape = name.format(groups.get("mark")) + (" with a time zone" if groups["zone"] else "")
    return DateCell(shape, formats, (a, b, c), clock, offset, weekday)


def _clock(groups: dict[str, str | None]) -> datetime.time | None:
    """Time of day, None if there is none or it does not exist."""
    if groups["hour"] is None or groups["minute"] is None:
        return None
    hour = int(groups["hour"])
    if groups["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if groups["half"] in "Pp" else 0)
    try:
        return datetime.time(hour, int(groups["minute"]), int(groups["second"] or 0))
    except ValueError:
        return None


def _offset(zone: str | None) -> datetime.timedelta | None:
    """Offset of a time zone from UTC: of Z, UTC, +01, +0100 or +01:00."""
    if zone is None:
        return None
    if zone[0] not in "+-":
        return datetime.timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = datetime.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def month_of(name: str) -> int | None:
    """Number of a month from its name or abbreviation, None if unknown."""
    return _MONTH_OF.get(_plain(name))


def not_a_day(text: str) -> str | None:
    """What a cell stands for that is longer than a day, such as "a week"; None if nothing."""
    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH:
        return None
    for pattern, kind in _NOT_DAYS:
        if re.fullmatch(pattern, text, re.IGNORECASE):
            return kind
    match = _NAMED_MONTH.fullmatch(text)
    return "a month" if match and month_of(match[1] or match[2]) else None


def _plain(name: str) -> str:
    """Name in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _numbered(names: dict[str, str], first: int) -> dict[str, int]:
    return {
        name: number
        for language in names.values()
        for number, group in enumerate(language.split(", "), start=first)
        for name in group.split()
    }


_MONTH_OF = _numbered(MONTHS, 1)
_WEEKDAY_OF = _numbered(WEEKDAYS, 0)
