"""Amounts of all files in one unit: millionths, currencies, rates; blanks of several platforms."""

from collections.abc import Sequence

import numpy as np

from ..errors import DataError, data_error, with_setting
from ..formats import currency_of
from ..history import METRICS
from .rows import Part
from .settings import DataSettings

_MICROS = 1e6
_MICROS_CPC = 10_000.0  # mean cost per click of a whole file from which micros are thought of
_DEAR_CPC = 1_000.0  # mean cost per click that is worth a note if no currency is named
_MIN_CPC = 1e-4  # least mean cost per click of micros
_MAX_PRICE_RATIO = 10_000.0  # of a row's cost per click to the file's median
_HIDDEN_MICROS = 10_000  # costs in micros are multiples of it: cents times 1e6 / 100


def settle_blanks(part: Part) -> None:
    """Raises for a blank number among numbers of a platform, in a table of several platforms.

    A platform whose column is wholly blank does not export it.

    Raises:
        DataError: names the first blank cell.
    """
    if part.header.channel is not None:
        return
    for metric in METRICS:
        values = part.frame[metric]
        for _, rows in values.groupby(part.frame["platform"]):
            blank = rows.isna()
            if blank.any() and not blank.all():
                column = "cost" if metric == "spend" else metric
                raise data_error(
                    part.file,
                    "the cell is blank, and other rows of this platform have a number",
                    "a number, 0 or more, or no number of this platform at all",
                    "write 0 if nothing happened, or delete the whole row",
                    row=int(part.frame["line"].to_numpy()[rows.index[blank.to_numpy()][0]]),
                    column=part.header.name(column),  # type: ignore[arg-type]
                )


def scale_micros(part: Part, settings: DataSettings) -> None:
    """Divides amounts in millionths by a million, in place, and adds a note.

    Micros are known by the heading or by `data.cost_in_micros`; amounts that only look like micros
    are refused: every cost a multiple of 10,000 and clicks that would cost more than 10,000.

    Raises:
        DataError: the costs sum to 0, or look wrong by a factor of a million.
    """
    header, frame = part.header, part.frame
    given = set(frame["platform"].unique()) & set(settings.cost_in_micros)
    rows = frame["platform"].isin(given).to_numpy()
    for column, metric in (("cost", "spend"), ("revenue", "revenue")):
        place = header.position.get(column)  # type: ignore[call-overload]
        if place is None:
            continue
        text = header.headings[place].text
        is_micros = text in header.format.micros or text.endswith("micros")
        scaled = np.ones(len(frame), dtype=bool) if is_micros else rows & (column == "cost")
        if scaled.any():
            frame[metric] = np.where(scaled, frame[metric] / _MICROS, frame[metric])
            name = header.names[place]
            part.notes.append(f"{part.file}: column {name} in millionths, divided by 1,000,000.")
    _refuse_scale(part, rows)


def _refuse_scale(part: Part, given: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> None:
    header, spend = part.header, part.frame["spend"].to_numpy()
    clicks = float(np.nansum(part.frame["clicks"].to_numpy()))
    total = float(spend.sum())
    name = header.name("cost")
    micros = bool(given.any()) or header.headings[header.position["cost"]].text.endswith("micros")
    channels = ", ".join(sorted(part.frame["platform"].unique()))
    if total == 0.0:
        raise data_error(
            part.file,
            "the whole column sums to 0",
            "some spend in every file",
            "export the costs too, or leave the file out",
            column=name,
            setting=f"data.ignore_files=[{part.file}] leaves it out",
        )
    if micros and total < _MIN_CPC * clicks:
        raise data_error(
            part.file,
            f"read as micros, the whole file costs {total:.4f} for {clicks:,.0f} clicks",
            "costs in micros where they are declared",
            "rename the column to Cost",
            column=name,
            setting=f"data.cost_in_micros lists channels with such costs; remove {channels} if "
            "it is there",
        )
    _refuse_outlier(part)
    mean = total / clicks if clicks else 0.0
    if not micros and mean > _MICROS_CPC and not np.any(spend % _HIDDEN_MICROS):
        raise data_error(
            part.file,
            f"a click costs {mean:,.0f} on average and all costs are multiples of "
            f"{_HIDDEN_MICROS:,}: the column seems to be in micros (millionths)",
            "costs in the units of the currency",
            "rename the column to Cost micros if so; otherwise name the currency in a column "
            "Currency",
            column=name,
            setting=f"add {channels} to data.cost_in_micros, or name the currency by data.currency",
        )
    if not micros and mean > _DEAR_CPC and part.frame["currency"].isna().all():
        part.notes.append(
            with_setting(
                f"{part.file}: WARNING, a click costs {mean:,.0f} on average and no currency is "
                "named; read as whole units of the currency. A column Currency would name it.",
                "data.currency names it too",
            )
        )


def _refuse_outlier(part: Part) -> None:
    """Raises for a click ten thousand times as dear as the file's median: one cell in micros."""
    frame = part.frame
    clicked = (frame["clicks"] > 0) & (frame["spend"] > 0)
    price = (frame["spend"] / frame["clicks"].where(clicked)).dropna()
    if not len(price) or float(price.max()) <= _MAX_PRICE_RATIO * float(price.median()):
        return
    spend, clicks = frame["spend"].to_numpy(), frame["clicks"].to_numpy()
    row = int(price.index.to_numpy()[int(price.argmax())])
    raise data_error(
        part.file,
        f"{spend[row]:,.2f} for {clicks[row]:g} clicks, which cost "
        f"{float(price.median()):,.2f} each in most rows: this cell seems to be in micros "
        "(millionths)",
        f"at most {_MAX_PRICE_RATIO:,.0f} times the usual cost per click",
        "correct the cell",
        row=int(frame["line"].to_numpy()[row]),
        column=part.header.name("cost"),
    )


def one_currency(parts: Sequence[Part], settings: DataSettings) -> tuple[str | None, list[str]]:
    """The currency of all amounts, which are converted in place where rates are given; and notes.

    Raises:
        DataError: the files are in several currencies without a rate, or in another than
            `data.currency`.
    """
    named: dict[str, Part] = {}
    for part in parts:
        for code in part.frame["currency"].dropna().unique():
            named.setdefault(code, part)
    notes: list[str] = []
    if settings.exchange_rates:
        notes += _convert(parts, named, settings)
        return settings.currency, notes
    every = [*([settings.currency] if settings.currency else []), *named]
    common = currency_of(*every) if every else None
    if every and common is None:
        raise _several(named, settings)
    unnamed = [part.file for part in parts if part.frame["currency"].isna().any()]
    if named and unnamed and settings.currency is None:
        notes.append(
            f"{', '.join(unnamed)}: WARNING, no currency is named; taken as {common}, as in "
            f"{', '.join(dict.fromkeys(part.file for part in named.values()))}."
        )
    return common, notes


def _convert(parts: Sequence[Part], named: dict[str, Part], settings: DataSettings) -> list[str]:
    """Amounts in the currency of the settings; a note per currency."""
    target = settings.currency
    rates: dict[str, float] = {code: float(rate) for code, rate in settings.exchange_rates.items()}
    for code in named:
        if code not in rates and currency_of(code, target or code) is None:
            raise _several(named, settings)
    for part in parts:
        factor = part.frame["currency"].map(lambda code: rates.get(code, 1.0) if code else 1.0)
        for metric in ("spend", "revenue"):
            part.frame[metric] = part.frame[metric] * factor.astype(float)
    return [
        f"{part.file}: amounts in {code} converted at {rates[code]:g} {target} per {code}."
        for code, part in named.items()
        if code in rates
    ]


def _several(named: dict[str, Part], settings: DataSettings) -> DataError:
    found = " and ".join(f"{code} ({part.file})" for code, part in named.items())
    target = settings.currency or next(iter(named))
    other = next((code for code in named if code != target), target)
    if settings.currency and len(named) == 1:
        found += f", but {settings.currency} was given as the currency of all"
    first = next(iter(named.values()))
    return data_error(
        ", ".join(dict.fromkeys(part.file for part in named.values())),
        f"amounts are in {found}",
        "one currency in all files",
        "export in one currency",
        column=first.header.name("cost"),
        setting=f"data.currency={target} data.exchange_rates={{{other}: RATE}} gives rates",
    )
