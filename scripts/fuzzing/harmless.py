"""Mutations after which a folder still says the same."""

import re
from random import Random

from .export import METRICS, Draft

_EXTRA = {
    "Quality score": ("7", "8", "--"),
    "Avg. CPC": ("1.10", "0.95"),
    "Search impr. share": ("< 10%", "45.10%"),
    "Notes": ("", "checked, twice", 'so-called "test"'),
    "Ad relevance": ("Above average", "Average"),
}
_SYNONYMS = {
    "Day": ("Date",),
    "Date": ("Day",),
    "Campaign": ("Campaign name",),
    "Campaign name": ("Campaign",),
    "Conv. value": ("Total conv. value", "Conv. value (USD)"),
    "Purchases": ("Website purchases",),
    "Link clicks": ("Clicks (all)",),
    "Cost": ("Cost (USD)",),
    "Amount spent (USD)": ("Amount spent",),
    "Impr.": ("Impressions", "impr"),
    "Currency code": ("Currency",),
    "Spend": ("spend", "SPEND", "Spend (USD)"),
    "spend": ("Ad spend", "cost", "Spend"),
    "conversion_value": ("revenue", "Conversion value"),
    "conversions": ("orders", "purchases", "Total conversions"),
    "platform": ("channel", "Platform"),
    "Channel": ("platform",),
}
_GERMAN = {
    "Day": "Tag",
    "Campaign": "Kampagne",
    "Campaign type": "Kampagnentyp",
    "Currency code": "Währungscode",
    "Cost": "Kosten",
    "Clicks": "Klicks",
    "Conv. value": "Conv.-Wert",
    "Reporting starts": "Berichtsstart",
    "Reporting ends": "Berichtsende",
    "Campaign name": "Kampagnenname",
    "Amount spent (USD)": "Ausgegebener Betrag (USD)",
    "Impressions": "Impressionen",
    "Link clicks": "Link-Klicks",
    "Purchases": "Käufe",
    "Purchases conversion value": "Conversion-Wert",
}
_TIMES = ("%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00")
_DATES = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%d-%b-%y", "%b %d, %Y", "%Y/%m/%d")


def encode(exports: Draft, rng: Random) -> bool:
    """Another encoding."""
    encoding = rng.choice(("utf-8-sig", "utf-16", "utf-16-be", "cp1252"))
    for export in _some(exports, rng):
        is_outside = encoding == "cp1252" and export.thousands == "\u202f"
        export.encoding = "utf-8-sig" if is_outside else encoding
    return True


def delimit(exports: Draft, rng: Random) -> bool:
    """Another delimiter."""
    delimiter = rng.choice((";", "\t", "|"))
    for export in _some(exports, rng):
        export.delimiter = delimiter
    return True


def quote(exports: Draft, rng: Random) -> bool:
    """Quotes around every cell."""
    rng.choice(exports).quote_all = True
    return True


def end_lines(exports: Draft, rng: Random) -> bool:
    """Line ends of Windows or of old Macs, or none after the last line."""
    export = rng.choice(exports)
    export.line_end = rng.choice(("\r\n", "\r", "\n"))
    if export.line_end == "\n":
        export.edits.append(lambda text: text.rstrip("\n"))
    return True


def reorder_columns(exports: Draft, rng: Random) -> bool:
    """Columns in another order; the first stays, as it has the words of totals and footers."""
    export = rng.choice(exports)
    order = list(range(1, len(export.roles)))
    rng.shuffle(order)
    order.insert(0, 0)
    export.roles = [export.roles[k] for k in order]
    export.headings = [export.headings[k] for k in order]
    export.rows = [[row[k] for k in order] for row in export.rows]
    return True


def add_columns(exports: Draft, rng: Random) -> bool:
    """Columns that nobody reads."""
    export = rng.choice(exports)
    for heading in rng.sample(sorted(_EXTRA), rng.randrange(1, 4)):
        if heading in export.headings:
            continue
        position = rng.randrange(1, len(export.roles) + 1)
        export.headings.insert(position, heading)
        export.roles.insert(position, "extra")
        for row in export.rows:
            row.insert(position, rng.choice(_EXTRA[heading]))
    return True


def add_percent(exports: Draft, rng: Random) -> bool:
    """A column of percentages."""
    export = rng.choice(exports)
    impressions, clicks = export.at("impressions"), export.at("clicks")
    if "percent" in export.roles or impressions is None or clicks is None:
        return False
    export.headings.append("CTR")
    export.roles.append("percent")
    for row in export.rows:
        row.append(float(row[clicks]) / float(row[impressions]))  # type: ignore[arg-type]
    return True


def add_titles(exports: Draft, rng: Random) -> bool:
    """Lines before the header."""
    titles = rng.choice(([["Performance report"]], [["Report"], ["Last 60 days"], []]))
    rng.choice(exports).titles[:0] = titles
    return True


def add_total(exports: Draft, rng: Random) -> bool:
    """A row that is the sum of the others."""
    export = rng.choice(exports)
    if export.totals or export.at("date") != 0:
        return False
    export.totals = [rng.choice(("Total", "Grand total", "Total: Account"))]
    return True


def blank_lines(exports: Draft, rng: Random) -> bool:
    """Blank lines between the rows."""
    export = rng.choice(exports)
    if export.packing == "xlsx":
        return False
    places = [rng.random() for _ in range(rng.randrange(1, 6))]
    end = export.line_end

    def edit(text: str) -> str:
        lines = text.split(end)
        for place in places:
            lines.insert(int(place * (len(lines) - 1)), "")
        return end.join(lines)

    export.edits.append(edit)
    return True


def group_thousands(exports: Draft, rng: Random) -> bool:
    """Thousands separators; the decimals of the costs show which they are."""
    export = rng.choice(exports)
    if export.micros:
        return False
    export.thousands = rng.choice((",", " ", "'", "\u202f") if export.decimal == "." else (".",))
    if export.thousands == "\u202f" and export.encoding == "cp1252":
        export.encoding = "utf-8"  # Windows-1252 has no such space
    return True


def decimal_comma(exports: Draft, rng: Random) -> bool:
    """Decimal commas, with semicolons between the cells."""
    export = rng.choice(exports)
    if export.micros:
        return False
    export.decimal, export.thousands = ",", rng.choice(("", "."))
    export.delimiter = ";"
    return "Avg. CPC" not in export.headings  # whose cells have points


def second_ads(exports: Draft, rng: Random) -> bool:
    """Campaigns of two ads, one row each, which only their numbers tell apart."""
    export = rng.choice(exports)
    files = [each for each in exports if each.platform == export.platform]
    if "campaign" not in export.roles or len(files) > 1 or export.edits:
        return False
    for row in list(export.rows):
        copy = list(row)
        for position, role in enumerate(export.roles):
            if role in METRICS:
                copy[position] = round(float(row[position]) * 3 + 7, 2)  # type: ignore[arg-type]
        export.rows.append(copy)
    return True


def sign_amounts(exports: Draft, rng: Random) -> bool:
    """A currency before every amount."""
    export = rng.choice(exports)
    if export.micros:
        return False
    export.sign = rng.choice(("$", "US$", "USD "))
    return True


def pad_cells(exports: Draft, rng: Random) -> bool:
    """Spaces around the cells, and a delimiter after the last."""
    export = rng.choice(exports)
    export.headings = [f" {heading}" for heading in export.headings]
    for row in export.rows:
        row[:] = [f"{cell} " if isinstance(cell, str) and cell else cell for cell in row]
    if not export.totals:
        export.headings.append("")
        export.roles.append("extra")
        for row in export.rows:
            row.append("")
    return True


def stack_parts(exports: Draft, rng: Random) -> bool:
    """A file whose header stands again before its second half."""
    export = rng.choice(exports)
    if export.packing == "xlsx" or export.totals:
        return False
    end, titles = export.line_end, len(export.titles)

    def edit(text: str) -> str:
        lines = text.split(end)
        lines.insert((titles + len(lines)) // 2, lines[titles])
        return end.join(lines)

    export.edits.append(edit)
    return True


def write_dates(exports: Draft, rng: Random) -> bool:
    """Another notation of the days, certain for a period of sixty of them."""
    export = rng.choice(exports)
    if len({row[export.roles.index("date")] for row in export.rows}) < 45:
        return False
    export.date_pattern = rng.choice((*_DATES, *_TIMES))
    return True


def pack_file(exports: Draft, rng: Random) -> bool:
    """A file as gz, zip or xlsx."""
    export = rng.choice(exports)
    export.packing = rng.choice(("gz", "zip", "xlsx"))
    return export.packing != "xlsx" or not export.edits


def split_months(exports: Draft, rng: Random) -> bool:
    """One file per month."""
    export = rng.choice(exports)
    if export.date_pattern != "%Y-%m-%d":
        return False  # a single month may be ambiguous
    place = export.roles.index("date")
    exports.remove(export)
    for month in sorted({str(row[place])[:7] for row in export.rows}):
        rows = [row for row in export.rows if str(row[place]).startswith(month)]
        name = export.name.replace(".csv", f"-{month}.csv")
        exports.append(export.copy(rows=rows, name=name))
    return True


def overlap(exports: Draft, rng: Random) -> bool:
    """A second export of some of the days that says the same."""
    export = rng.choice(exports)
    if export.date_pattern != "%Y-%m-%d":
        return False
    half = len(export.rows) // 2
    name = export.name.replace(".csv", "-2.csv")
    exports.append(export.copy(rows=export.rows[half:], name=name))
    return True


def rename_headings(exports: Draft, rng: Random) -> bool:
    """Headings of the same platform in other words."""
    export = rng.choice(exports)
    for position, heading in enumerate(export.headings):
        if heading in _SYNONYMS and rng.random() < 0.5:
            new = rng.choice(_SYNONYMS[heading])
            if new.lower() not in [h.lower() for h in export.headings]:
                export.headings[position] = new
    return True


def translate(exports: Draft, rng: Random) -> bool:
    """Headings in German."""
    export = rng.choice(exports)
    if not {"Conv. value", "Amount spent (USD)"} & set(export.headings):
        return False
    export.headings = [_GERMAN.get(heading, heading) for heading in export.headings]
    return True


def camel_case(exports: Draft, rng: Random) -> bool:
    """Headings in camel case, without spaces."""
    export = rng.choice(exports)
    for position, heading in enumerate(export.headings):
        words, bracket, rest = heading.partition(" (")
        if export.roles[position] in ("cost", *METRICS, "campaign", "campaign_type", "date"):
            camel = "".join(w[:1].upper() + w[1:] for w in re.split(r"[ _.]+", words))
            export.headings[position] = camel + bracket + rest
    return True


def shuffle_rows(exports: Draft, rng: Random) -> bool:
    """Rows in another order."""
    rng.shuffle(rng.choice(exports).rows)
    return True


def _some(exports: Draft, rng: Random) -> Draft:
    return exports if rng.random() < 0.5 else [rng.choice(exports)]
