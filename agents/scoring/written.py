"""`WrittenPlan`: amounts of a file by day and campaign, before they are held against a flight."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...data.errors import ConfigError, DataError
from ...data.names import full_name, resolve
from ...data.parsing import DateFormat, Mark
from ...data.types import Floats

Period = Literal["date", "day", "flight"]

_ESCAPED = ("=", "+", "-", "@", "\t", "\r")  # beginnings that our own files put a ' before


class Notation(NamedTuple):
    """How dates and numbers are written, where a file leaves it open."""

    date_format: DateFormat | None = None
    decimal_mark: Mark | None = None


class WrittenPlan(NamedTuple):
    """Amounts as a file gives them; (amounts,) each."""

    file: str
    dates: NDArray[np.datetime64]  # days; NaT where the file has none
    campaigns: NDArray[np.int64]  # index of the campaign
    amounts: Floats  # units of the currency, >= 0
    places: tuple[str, ...]  # where each stands, such as "row 7", for messages
    named: frozenset[int]  # campaigns that the file names at all
    currency: str | None  # ISO code or shared sign; None: not given
    notes: tuple[str, ...]
    per: Period = "date"  # what an amount is for: its date, every day, or the whole flight

    @classmethod
    def of_json(cls, path: Path, content: Mapping[str, Any], names: Sequence[str]) -> Self:
        """Return the days of a ``plan.json`` of any version, with the money that they list."""
        rows: list[tuple[np.datetime64, int, float, str]] = []
        known: dict[str, int] = {}
        for day in content["days"]:
            for row in day["campaigns"]:
                written = _name_of(row)
                if written not in known:
                    known[written] = campaign_index(written, names, f"{path.name}, {day['date']}")
                place = f"{day['date']}, {written}"
                rows.append((np.datetime64(day["date"], "D"), known[written], row["budget"], place))
        total, stated = sum(row[2] for row in rows), content["flight"].get("budget")
        notes = []
        if stated is not None and abs(total - float(stated)) > 0.005:
            notes.append(
                f"{path.name}: its days sum to {total:,.2f} and its flight says {stated:,.2f}; the "
                "days are scored."
            )
        return cls(
            path.name,
            np.array([row[0] for row in rows], "datetime64[D]"),
            np.array([row[1] for row in rows], np.int64),
            np.array([row[2] for row in rows], np.float64),
            tuple(row[3] for row in rows),
            frozenset(known.values()),
            content.get("currency"),
            tuple(notes),
        )


def _name_of(row: Mapping[str, Any]) -> str:
    kind = row.get("campaign_type")
    return str(row["channel"]) if kind is None else f"{row['channel']}/{kind}"


def campaign_index(written: str, names: Sequence[str], place: str) -> int:
    """Return the index of the campaign that a text names.

    In full, by short id, without its channel, in any of these without regard to capitals and
    spaces, and with the apostrophe that keeps spreadsheets from reading a name as a formula.

    Raises:
        DataError: the text names none of the campaigns, or several.
    """
    name = found_name(written, names)
    if name is None:
        try:
            name = full_name(written, names, place, "campaign of this flight", "ID")
        except ConfigError as error:
            raise DataError(str(error)) from None
    return list(names).index(name)


def found_name(written: str, names: Sequence[str]) -> str | None:
    """Return the campaign that a text names, None if it is none or not certain which."""
    channel, slash, kind = written.partition("/")
    texts = dict.fromkeys([written, _bare(written), _bare(channel) + slash + _bare(kind)])
    for text in texts:
        if (name := resolve(text, names)) is not None:
            return name
    plain = {_plain(text) for text in texts}
    full = [name for name in names if _plain(name) in plain]
    partial = [name for name in names if "/" in name and _plain(name.partition("/")[2]) in plain]
    matches = full or partial
    return matches[0] if len(matches) == 1 else None


def _bare(text: str) -> str:
    """Return a text without the apostrophe that keeps it from being read as a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_ESCAPED) else text


def _plain(name: str) -> str:
    return "/".join(" ".join(part.split()) for part in name.casefold().split("/"))
