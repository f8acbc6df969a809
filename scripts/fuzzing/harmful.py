"""Mutations after which a folder must be refused, as no reading of it is certain."""

import datetime
from random import Random

from .export import METRICS, Cell, Draft, Export

_NO_NUMBERS = ("abc", "about 12", "1.2.3", "#REF!", "12 or 13", "1e", "0x1F", "1,2,3", "٣٤")
_AROUND = '",;|\t\r\n'  # before an opening quote, or within a cell
_NOT_FINITE = ("NaN", "nan", "inf", "-Infinity")


def two_currencies(exports: Draft, rng: Random) -> bool:
    """Amounts in euros beside amounts in dollars."""
    if len({export.platform for export in exports}) < 2:
        export = rng.choice(exports)
        half = len(export.rows) // 2
        _add_currency(export, ["EUR"] * half + ["USD"] * (len(export.rows) - half))
        return True
    odd = rng.choice(exports)
    for export in exports:
        code = "EUR" if export is odd else "USD"
        names = [k for k, role in enumerate(export.roles) if role == "constant:USD"]
        for row in export.rows:
            for position in names:
                row[position] = code
        export.headings = [h.replace("(USD)", f"({code})") for h in export.headings]
        if not names and not any(f"({code})" in h for h in export.headings):
            _add_currency(export, [code] * len(export.rows))
    return True


def cut_off(exports: Draft, rng: Random) -> bool:
    """A file that ends within its last row."""
    export = _text_file(exports, rng)
    if export is None:
        return False
    export.footers, export.totals = [], []
    share = rng.random()

    def edit(text: str) -> str:
        text = text.rstrip()
        last = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
        places = [k for k, c in enumerate(last) if c == export.delimiter]
        inside = [k for k in places if last[:k].count('"') % 2 == 0]
        cut = inside[1 + int(share * (len(inside) - 2))]
        return text[: len(text) - len(last) + cut]

    export.edits.append(edit)
    return True


def ambiguous_dates(exports: Draft, rng: Random) -> bool:
    """Days up to the 12th of a month alone, with slashes."""
    export = rng.choice(exports)
    place = export.roles.index("date")
    rows = [row for row in export.rows if isinstance(d := row[place], datetime.date) and d.day < 13]
    months = {d.month for row in rows if isinstance(d := row[place], datetime.date)}
    if export.packing == "xlsx" or len(months) < 2:
        return False
    export.rows, export.date_pattern = rows, rng.choice(("%d/%m/%Y", "%m/%d/%Y"))
    return True


def mixed_orders(exports: Draft, rng: Random) -> bool:
    """Days up to the 12th with the month first and the others with the day first."""
    export = rng.choice(exports)
    place = export.roles.index("date")
    if len({row[place] for row in export.rows}) < 45:
        return False
    for row in export.rows:
        for position, cell in enumerate(row):
            if isinstance(cell, datetime.date):
                row[position] = cell.strftime("%m/%d/%Y" if cell.day < 13 else "%d/%m/%Y")
    return True


def weekly_rows(exports: Draft, rng: Random) -> bool:
    """One row per week under the heading of a day."""
    export = rng.choice(exports)
    place = export.roles.index("date")
    labels = [k for k, role in enumerate(export.roles) if role not in METRICS and k != place]
    weeks: dict[tuple[Cell, ...], list[Cell]] = {}
    for row in export.rows:
        day = row[place]
        if not isinstance(day, datetime.date):
            return False
        monday = day - datetime.timedelta(day.weekday())
        names = [row[k] for k in labels if export.roles[k] in ("platform", "campaign")]
        names += [row[k] for k in labels if export.roles[k] == "campaign_type"]
        week = weeks.setdefault((monday, *names), list(row))
        week[place] = monday
        if week is not row and week[place] != day:
            _add(export, week, row)
    export.rows = list(weeks.values())
    return len({row[place] for row in export.rows}) >= 5 and "date_end" not in export.roles


def other_values(exports: Draft, rng: Random) -> bool:
    """Rows that are there twice, with other costs and nothing else that differs."""
    export = rng.choice(exports)
    place, factor = export.roles.index("cost"), rng.choice((1.01, 1.03))
    for row in rng.sample(export.rows, min(3, len(export.rows))):
        copy = list(row)
        copy[place] = round(float(row[place]) * factor + 0.05, 2)  # type: ignore[arg-type]
        export.rows.insert(rng.randrange(len(export.rows)), copy)
    return True


def pasted_below(exports: Draft, rng: Random) -> bool:
    """A corrected export pasted below the first, without its header."""
    export = rng.choice(exports)
    later = [list(row) for row in export.rows[len(export.rows) // 3 :]]
    for row in later:
        for role in ("cost", "conversions"):
            place = export.roles.index(role)
            row[place] = round(float(row[place]) * 1.02 + 0.5, 1)  # type: ignore[arg-type]
    export.rows += later
    return True


def overlap_differs(exports: Draft, rng: Random) -> bool:
    """A second export of some of the days with other costs."""
    export = rng.choice(exports)
    place = export.roles.index("cost")
    if export.date_pattern != "%Y-%m-%d":
        return False
    second = export.copy(name=export.name.replace(".csv", "-new.csv"))
    second.rows = second.rows[len(second.rows) // 2 :]
    for row in second.rows:
        row[place] = round(float(row[place]) * 1.1 + 1, 2)  # type: ignore[arg-type]
    exports.append(second)
    return True


def negative_cost(exports: Draft, rng: Random) -> bool:
    """A cost below zero."""
    return _replace(exports, rng, "cost", ("-12.50", "-1", "(12.50)"))


def blank_cost(exports: Draft, rng: Random) -> bool:
    """A cost that is blank."""
    return _replace(exports, rng, "cost", ("", " --", "-"))


def text_in_number(exports: Draft, rng: Random) -> bool:
    """A cell of a number that is none."""
    return _replace(exports, rng, rng.choice(METRICS), _NO_NUMBERS)


def not_finite(exports: Draft, rng: Random) -> bool:
    """A cost that is no finite number."""
    return _replace(exports, rng, "cost", _NOT_FINITE)


def without_dates(exports: Draft, rng: Random) -> bool:
    """No column of days."""
    export = rng.choice(exports)
    keep = [k for k, role in enumerate(export.roles) if not role.startswith("date")]
    export.totals, export.footers = [], []
    export.roles = [export.roles[k] for k in keep]
    export.headings = [export.headings[k] for k in keep]
    export.rows = [[row[k] for k in keep] for row in export.rows]
    return True


def without_cost(exports: Draft, rng: Random) -> bool:
    """No column of costs."""
    export = rng.choice(exports)
    place = export.roles.index("cost")
    del export.roles[place], export.headings[place]
    for row in export.rows:
        del row[place]
    return not export.totals


def two_costs(exports: Draft, rng: Random) -> bool:
    """Two columns of costs of the same name that differ."""
    export = rng.choice(exports)
    place = export.roles.index("cost")
    export.headings.append(export.headings[place])
    export.roles.append("cost")
    for row in export.rows:
        row.append(round(float(row[place]) * 1.2 + 1, 2))  # type: ignore[arg-type]
    return True


def wrong_year(exports: Draft, rng: Random) -> bool:
    """A day of another year."""
    export = rng.choice(exports)
    row = rng.choice(export.rows)
    for position, cell in enumerate(row):
        if isinstance(cell, datetime.date):
            row[position] = cell.replace(year=cell.year + rng.choice((-8, 10, 27)), day=1)
    return True


def no_such_day(exports: Draft, rng: Random) -> bool:
    """A day that no calendar has."""
    return _replace(exports, rng, "date", ("2025-02-30", "2025-13-01", "31/31/2025", "", "n/a"))


def mixed_marks(exports: Draft, rng: Random) -> bool:
    """One cost with a decimal comma among those with points."""
    export = rng.choice(exports)
    if export.micros or export.decimal == "," or export.thousands:
        return False
    rng.choice(export.rows)[export.roles.index("cost")] = rng.choice(("12,50", "1.234,56", "0,5"))
    return True


def ragged_row(exports: Draft, rng: Random) -> bool:
    """A row with a cell too few or too many, which shifts the others."""
    export = _text_file(exports, rng)
    if export is None:
        return False
    share, is_short = rng.random(), rng.random() < 0.5

    def edit(text: str) -> str:
        lines = text.split(export.line_end)
        filled = [k for k, line in enumerate(lines) if line.count(export.delimiter) > 3]
        line = filled[1 + int(share * (len(filled) - 2))]
        cut = lines[line].rindex(export.delimiter)
        lines[line] = lines[line][:cut] if is_short else lines[line] + export.delimiter + "12"
        return export.line_end.join(lines)

    export.edits.append(edit)
    return True


def open_quote(exports: Draft, rng: Random) -> bool:
    """A quote that is never closed."""
    export = _text_file(exports, rng)
    if export is None:
        return False
    export.quote_all = True
    share = rng.random()

    def edit(text: str) -> str:
        closing = [
            k for k, c in enumerate(text[1:-1], 1) if c == '"' and text[k - 1] not in _AROUND
        ]
        cut = closing[int(share * len(closing))]
        return text[:cut] + text[cut + 1 :]

    export.edits.append(edit)
    return True


def nul_characters(exports: Draft, rng: Random) -> bool:
    """NUL within the text."""
    export = _text_file(exports, rng)
    if export is None:
        return False
    share = rng.random()
    export.edits.append(lambda text: _inserted(text, share, "\0" * 3))
    return True


def wide_table(exports: Draft, rng: Random) -> bool:
    """One row per day, with a column of cost for each platform."""
    days: dict[str, dict[str, float]] = {}
    for export in exports:
        if any(isinstance(row[export.roles.index("date")], str) for row in export.rows):
            return False
        for (platform, day, _, _), values in export.records():
            costs = days.setdefault(day, {})
            costs[platform] = round(costs.get(platform, 0.0) + values[0], 2)
    platforms = sorted({platform for costs in days.values() for platform in costs})
    ending = rng.choice(("_spend", "_S", " cost"))
    headings = ["date", *(platform + ending for platform in platforms), "conversions"]
    rows: list[list[Cell]] = [
        [day, *(f"{costs.get(p, 0):.2f}" for p in platforms), "12"] for day, costs in days.items()
    ]
    roles = ["text"] * len(headings)
    exports[:] = [Export("media.csv", "", roles, headings, rows)]
    return True


def wrong_total(exports: Draft, rng: Random) -> bool:
    """A row of totals that is not the sum of the others."""
    export = rng.choice(exports)
    if export.at("date") != 0:
        return False
    export.totals, export.totals_factor = ["Total"], rng.choice((0.5, 0.9, 1.3, 2.0))
    return True


def utc_evenings(exports: Draft, rng: Random) -> bool:
    """Time stamps of the evening before in UTC."""
    export = rng.choice(exports)
    for row in export.rows:
        for position, cell in enumerate(row):
            if isinstance(cell, datetime.date):
                row[position] = f"{cell - datetime.timedelta(1)}T23:00:00Z"
    return "date_end" not in export.roles


def _add(export: Export, week: list[Cell], row: list[Cell]) -> None:
    for position, role in enumerate(export.roles):
        if role in METRICS:
            total = float(week[position]) + float(row[position])  # type: ignore[arg-type]
            week[position] = round(total, 2)


def _add_currency(export: Export, codes: list[str]) -> None:
    export.headings.append("Currency" if export.platform == "meta" else "Currency code")
    export.roles.append("currency")
    for row, code in zip(export.rows, codes, strict=True):
        row.append(code)


def _replace(exports: Draft, rng: Random, role: str, texts: tuple[str, ...]) -> bool:
    """Puts one of the texts into a random row."""
    export = rng.choice(exports)
    rng.choice(export.rows)[export.roles.index(role)] = rng.choice(texts)
    return True


def _text_file(exports: Draft, rng: Random) -> Export | None:
    texts = [export for export in exports if export.packing != "xlsx"]
    return rng.choice(texts) if texts else None


def _inserted(text: str, share: float, part: str) -> str:
    cut = int(share * (len(text) - 2)) + 1
    return text[:cut] + part + text[cut:]
