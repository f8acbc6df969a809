"""Numbers of a column of text, in one notation that the whole column settles.

A notation is a decimal mark, point or comma; the other separates thousands (also 2,36,000), as do
spaces and apostrophes. If every cell fits both notations and the numbers differ, as in a column of
`1,234` and `980`, the column is refused unless one notation alone meets all of these:

- `decimal`, the mark that the user or the other columns of the file give (`decimal_mark`);
- counts are whole, and have decimals (`316.000`) in every cell or in none;
- amounts in a currency without decimals (`Rp 150.000`) have none; if the sign is not in the cells,
  the rule of counts holds.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from ..errors import DataError, data_error, shown
from ..formats import SIGN, currency_of, decimals_of
from ..types import Floats

Blank = Literal["error", "zero", "nan"]
Kind = Literal["money", "number", "count", "share"]
Mark = Literal[".", ","]

_MAX_VALUE = 1e15  # per cell; a larger value is damaged data, and sums would lose cents
_ALLOWED = "a number, 0 or more, in one notation in the whole column, such as 1234.5 or 1,234.50"
_PLAIN = r"(?:[0-9]+(?:{mark}[0-9]{least})?|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?"
_GROUPED = r"[1-9][0-9]{{0,2}}(?P<sep>[{separators} '])[0-9]{{3}}(?:(?P=sep)[0-9]{{3}})*"
_INDIAN = r"[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
_NOTATIONS: dict[Mark, re.Pattern[str]] = {
    ".": re.compile(
        _PLAIN.format(mark=r"\.", least="*")
        + rf"|(?:{_GROUPED.format(separators=',')}|{_INDIAN})(?:\.[0-9]+)?"
    ),
    ",": re.compile(
        _PLAIN.format(mark=",", least="+") + rf"|{_GROUPED.format(separators='.')}(?:,[0-9]+)?"
    ),
}
_SPELLINGS = str.maketrans(  # of spaces, apostrophes, minus signs and full-width signs
    dict.fromkeys("\t\u00a0\u2007\u2009\u202f\u3000", " ")
    | dict.fromkeys("’‘ʼ`´", "'")
    | dict.fromkeys("−‐‑‒–—―－", "-")
    | {"％": "%", "￥": "¥", "＄": "$", "￦": "₩", "￡": "£"}
)
_SIGNS = rf"(?:{SIGN})(?: ?(?:{SIGN}))?"
_CELL = re.compile(
    rf"(?P<open>\()? ?(?P<minus>[+-])? ?(?P<before>{_SIGNS})? ?(?P<inner>-)? ?"
    r"(?P<digits>[.,]?[0-9](?:[0-9.,' ]*[0-9])?\.?(?:e[+-]?[0-9]+)?)"
    rf" ?(?P<after>{_SIGNS})? ?(?P<percent>%)? ?(?P<last>-)? ?(?P<close>\))?",
    re.IGNORECASE,
)
_BLANK = re.compile(
    rf"-*|(?P<before>{SIGN}) ?-+|-+ ?(?P<after>{SIGN})|n\.?/?a\.?|null|none|nan", re.IGNORECASE
)
_DIAGNOSES = (  # pattern of the whole cell, problem, fix
    (r"", "the cell is blank", "write 0 if nothing happened, or delete the whole row"),
    (
        r"[+-]?nan|n\.?/?a\.?|null|none|-+|#.*",
        "{} stands for an unknown value",
        "write 0 if nothing happened, or delete the whole row so that the day counts as missing",
    ),
    (r"[+-]?inf(?:inity)?|∞", "{} is infinite", "replace it with the actual number"),
    (r".*%", "{} is a percentage", "write the number itself"),
    (
        rf"(?=.*[0-9])(?:{_SIGNS} ?[^A-Za-z]*|[^A-Za-z]*{_SIGNS})",
        "{} has a currency that is not known, or no number",
        "write the number with one ISO code such as EUR, or without a currency",
    ),
)


class ParsedNumbers(NamedTuple):
    """Numbers of one column, and what was found beside them."""

    values: Floats  # (rows,) finite, >= 0; NaN only where blank and blank="nan"
    currency: str | None  # ISO code, or a sign that several currencies share; None if none
    notes: tuple[str, ...]  # notation that was inferred, blanks read as 0, ...


class _Column(NamedTuple):
    """Arguments of `parse_numbers`."""

    cells: Sequence[str]
    lines: Sequence[int]
    file: str
    name: str
    kind: Kind
    decimal: Mark | None

    def line(self, cell: str) -> int:
        """Line of the first row with this cell."""
        return self.lines[self.cells.index(cell)]

    def error(self, cell: str, given: str, fix: str, allowed: str = _ALLOWED) -> DataError:
        """Error about the first row with this cell."""
        return data_error(self.file, given, allowed, fix, row=self.line(cell), column=self.name)


class _Number(NamedTuple):
    """Parts of a cell, before its notation is known."""

    digits: str  # digits and marks; spaces and apostrophes in one spelling
    negative: bool = False
    currency: str | None = None  # as `currency_of`
    percent: bool = False

    def value(self, mark: Mark) -> float:
        """Number in the notation of a decimal mark, which must fit; NaN if it does not."""
        if not _NOTATIONS[mark].fullmatch(self.digits):
            return math.nan
        digits = self.digits.replace(" ", "").replace("'", "")
        digits = digits.replace(",", "") if mark == "." else digits.replace(".", "")
        number = float(digits.replace(",", "."))
        return -number if self.negative else number

    @property
    def is_zero(self) -> bool:
        return not any(digit in self.digits for digit in "123456789")


_Numbers = dict[str, _Number]  # by cell, without blank cells, in the order of the rows


def parse_numbers(
    cells: Sequence[str],
    lines: Sequence[int],
    file: str,
    column: str,
    *,
    blank: Blank = "error",
    kind: Kind = "money",
    decimal: Mark | None = None,
    currency: str | None = None,
) -> ParsedNumbers:
    """Numbers of one column, >= 0.

    Args:
        cells: (rows,) trimmed text.
        lines: (rows,) line of each cell, for messages.
        file: name, for messages.
        column: name, for messages.
        blank: what empty cells, `--`, `-`, `n/a`, `null` and `nan` are: an error, 0 or NaN.
        kind: amounts, which may have a currency; other numbers; counts, which are whole numbers; or
            shares, which may be percentages (`18.18%` is 0.1818).
        decimal: decimal mark where the column leaves it open, see the module.
        currency: currency known from elsewhere, such as the heading; ISO code or sign.

    Raises:
        DataError: a cell is not a number >= 0, two cells contradict each other in notation or
            currency, or the notation is ambiguous; names the row.
    """
    place = _Column(cells, lines, file, column, kind, decimal)
    numbers, blanks = _split(place, blank)
    signed = _signed_currency(place, numbers, currency)
    mark = _notation(place, numbers, signed, currency)
    values = dict.fromkeys(blanks, 0.0 if blank == "zero" else math.nan)
    for cell, number in numbers.items():
        values[cell] = _checked(place, cell, number.value(mark)) + 0.0  # no -0.0
        values[cell] /= 100 if number.percent else 1
    notes = [] if signed is None else [f"{file}: column {column}: amounts in {signed}."]
    notes += _notation_notes(place, numbers, mark) + _blank_notes(place, blanks, blank)
    return ParsedNumbers(np.array([values[cell] for cell in cells], float), signed, tuple(notes))


def decimal_mark(columns: Iterable[Sequence[str]]) -> Mark | None:
    """Decimal mark of a file, None if no column settles it or two columns disagree.

    Args:
        columns: cells of each column, also of those that are not read otherwise (`18.18%`); columns
            that do not consist of numbers are left out.
    """
    found: set[Mark] = set()
    for cells in columns:
        numbers = [_number(cell) for cell in dict.fromkeys(cells) if not is_blank(cell)]
        digits = [number.digits for number in numbers if number is not None]
        if len(digits) == len(numbers):
            marks = [m for m, pattern in _NOTATIONS.items() if all(map(pattern.fullmatch, digits))]
            found.update(marks if len(marks) == 1 else ())
    return found.pop() if len(found) == 1 else None


def is_blank(cell: str) -> bool:
    """True for a cell that stands for no number: empty, `--`, `n/a`, `null`, `$ -`."""
    match = _BLANK.fullmatch(cell.translate(_SPELLINGS).strip())
    sign = match and (match["before"] or match["after"])  # accounting formats write 0 as $-
    return match is not None and (not sign or currency_of(sign) is not None)


def _number(cell: str) -> _Number | None:
    """Parts of a cell, None if it is no number with signs and marks."""
    if cell.isascii() and cell.replace(".", "", 1).isdigit():  # as most, and fast
        return _Number(cell)
    match = _CELL.fullmatch(cell.translate(_SPELLINGS).strip())
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    minus = [s for s in (match["open"], match["minus"], match["inner"], match["last"]) if s]
    signs = re.findall(SIGN, f"{match['before'] or ''} {match['after'] or ''}", re.IGNORECASE)
    currency = currency_of(*signs) if signs else None
    fits = any(pattern.fullmatch(match["digits"]) for pattern in _NOTATIONS.values())
    if len(minus) > 1 or (signs and currency is None) or not fits:
        return None
    return _Number(
        match["digits"], minus not in ([], ["+"]), currency, match["percent"] is not None
    )


def _split(place: _Column, blank: Blank) -> tuple[_Numbers, list[str]]:
    """Parts of each distinct cell, and the distinct blank cells."""
    numbers: _Numbers = {}
    blanks: list[str] = []
    for cell in dict.fromkeys(place.cells):
        number = _number(cell)
        if number is None and blank != "error" and is_blank(cell):
            blanks.append(cell)
        elif number is None or (number.percent and place.kind != "share"):
            raise _explain(place, cell)
        elif number.currency and place.kind != "money":
            given = f"{shown(cell)} has a currency, but {place.name} is not an amount of money"
            raise place.error(cell, given, "check which column is which; export the numbers alone")
        else:
            numbers[cell] = number
    signs = {number.percent: cell for cell, number in numbers.items() if not number.is_zero}
    if len(signs) > 1:
        given = f"{shown(signs[True])} is a percentage and {shown(signs[False])} is not"
        raise place.error(signs[True], given, "write all with a percent sign, or none")
    return numbers, blanks


def _explain(place: _Column, cell: str) -> DataError:
    """Error about a cell that is no number."""
    if cell.lower() == place.name.lower():
        return place.error(cell, "the header is repeated in this row", "delete this row")
    text = cell.translate(_SPELLINGS).strip()
    for pattern, problem, fix in _DIAGNOSES:
        if re.fullmatch(pattern, text, re.IGNORECASE):
            return place.error(cell, problem.format(shown(cell)), fix)
    return place.error(cell, f"{shown(cell)} is not a number", "write it or delete the row")


def _checked(place: _Column, cell: str, value: float) -> float:
    """The value, if it is plausible."""
    if value < 0:
        raise place.error(cell, f"{shown(cell)} is negative", "subtract refunds from sales")
    if value > _MAX_VALUE:
        raise place.error(cell, f"{shown(cell)} is implausibly large", "write the actual number")
    return value


def _signed_currency(place: _Column, numbers: _Numbers, known: str | None) -> str | None:
    """Currency that the cells have, all but zeros; None if none."""
    if not any(n.currency for n in numbers.values()):
        return None
    amounts = {c: n for c, n in numbers.items() if n.currency or not n.is_zero}
    counts = Counter(amounts[cell].currency for cell in place.cells if cell in amounts)
    if len(counts) > 1:
        majority = counts.most_common(1)[0][0]
        cell = next(c for c, n in amounts.items() if n.currency != majority)
        example = next(c for c, n in amounts.items() if n.currency == majority)
        given = f"{shown(cell)} has another currency than {shown(example)} and most rows"
        if None in counts:
            given = f"{shown(cell)} and {shown(example)}: some amounts have a currency, others none"
        fix = "export each currency to its own file, with the currency in every cell or in none"
        raise place.error(cell, given, fix, "one currency in the whole column")
    found = next(iter(counts), None)
    if found is None or known is None:
        return found
    both = currency_of(found, known)
    if both is None:
        cell = next(c for c, n in amounts.items() if n.currency == found)
        given = f"{shown(cell)} is in {found}, but the file names {known}"
        raise place.error(cell, given, "correct one of the two", "one currency in the file")
    return both


def _notation(place: _Column, numbers: _Numbers, signed: str | None, known: str | None) -> Mark:
    """Decimal mark of the whole column, by the rules of the module."""
    digits = [number.digits for number in numbers.values()]
    fitting = [m for m, pattern in _NOTATIONS.items() if all(map(pattern.fullmatch, digits))]
    if not fitting:
        raise _mixed(place, numbers)
    cell = next((c for c, n in numbers.items() if n.value(".") != n.value(",")), None)
    if len(fitting) == 1 or cell is None:
        return fitting[0]
    if signed is not None and decimals_of(signed) == 0:
        fitting = [m for m in fitting if not any(m in text for text in digits)]
    elif place.kind == "count" or decimals_of(known) == 0:
        fitting = [m for m in fitting if _is_count(numbers, m)]
    fitting = [m for m in fitting if place.decimal in (None, m)]
    if len(fitting) == 1:
        return fitting[0]
    point, comma = (abs(numbers[cell].value(mark)) for mark in _NOTATIONS)
    given = f"{shown(cell)} may be {point:.10g} or {comma:.10g}, and no other row settles which"
    fix = "write the column without marks of thousands"
    mark = "data.decimal_mark is '.' or ',', whichever separates the decimals in this file"
    row, name = place.line(cell), place.name
    raise data_error(place.file, given, _ALLOWED, fix, row=row, column=name, setting=mark)


def _is_count(numbers: _Numbers, mark: Mark) -> bool:
    """All numbers are whole, and written with decimals everywhere or nowhere."""
    written = {mark in number.digits for number in numbers.values()}
    return len(written) == 1 and all(number.value(mark) % 1 == 0 for number in numbers.values())


def _mixed(place: _Column, numbers: _Numbers) -> DataError:
    """Error about the first cell that differs in notation from most rows."""
    rows = Counter(place.cells)
    marks: dict[Mark, list[str]] = {  # cells that fit
        m: [c for c, n in numbers.items() if p.fullmatch(n.digits)] for m, p in _NOTATIONS.items()
    }
    majority = max(marks, key=lambda mark: sum(rows[cell] for cell in marks[mark]))
    cell = next(cell for cell in numbers if cell not in set(marks[majority]))
    other: Mark = "," if majority == "." else "."
    example = next(c for c in marks[majority] if c not in set(marks[other]))
    name = {".": "point", ",": "comma"}
    problem = f"a decimal {name[other]}"
    if re.search(rf"[{re.escape(majority)} '][0-9]{{3}}(?![0-9])", numbers[cell].digits):
        problem = f"thousands separators of another notation (decimal {name[other]})"
    return place.error(
        cell,
        f"{shown(cell)} has {problem}, but {shown(example)} in row {place.line(example)} has a "
        f"decimal {name[majority]}, as most rows",
        "format the whole column as plain numbers with a decimal point, and export again",
    )


def _notation_notes(place: _Column, numbers: _Numbers, mark: Mark) -> list[str]:
    """An example of the notation, if it is not the plain one."""
    marks = {",", " ", "'"} | ({"."} if mark == "," else set())
    for cell, number in numbers.items():
        if marks & set(number.digits):
            value = f"{number.value(mark):.15g}"
            return [f"{place.file}: column {place.name}: {shown(cell)} read as {value}."]
    return []


def _blank_notes(place: _Column, blanks: list[str], blank: Blank) -> list[str]:
    """Number of blank cells and what they were read as."""
    if not blanks:
        return []
    count = sum(map(Counter(place.cells).__getitem__, blanks))
    cells = f"{count} blank cells, the first" if count > 1 else "a blank cell"
    line, meaning = min(map(place.line, blanks)), "0" if blank == "zero" else "unknown"
    return [f"{place.file}: column {place.name}: {cells} in row {line}, read as {meaning}."]
