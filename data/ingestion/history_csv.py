"""The records as `history.csv`, in the common record of ad reporting.

The columns are those of Fivetran's dbt_ad_reporting, so that other tools take the file as it is.
"""

import csv
import io

import numpy as np

from ..exports import Records

COLUMNS = {  # of the file -> of the records' frame
    "date_day": "date",
    "platform": "platform",
    "account_name": "account",
    "campaign_id": "campaign_id",
    "campaign_name": "campaign",
    "campaign_type": "campaign_type",
    "currency_code": None,  # the currency of all records
    "clicks": "clicks",
    "impressions": "impressions",
    "spend": "spend",
    "conversions": "conversions",
    "conversions_value": "revenue",
}
_NUMBERS = ("clicks", "impressions", "spend", "conversions", "revenue")
_GROUP_DIGITS = 3  # digits between two thousands separators


def history_csv(records: Records) -> str:
    """Content of `history.csv`: one row per date, platform, account, campaign and type.

    Reading the file again gives the same records. So numbers are the shortest text that reads
    back to the same float (see `number_text`), blank where NaN, and names are as they are, quoted
    where CSV needs it. A name that begins with `=`, `+`, `-` or `@` is not altered either: a
    spreadsheet takes such a cell for a formula, so open the file there as text.

    Args:
        records: result of reading a folder.

    Returns:
        Text with a line of headings and lines that end in a line feed.
    """
    columns = [_cells(records, source) for source in COLUMNS.values()]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue()


def number_text(value: float) -> str:
    """Shortest text of a number >= 0 that reads back to it, without exponent; "" if NaN.

    A number with exactly three decimals gets a zero more (`1.2340`): alone in its column, `1.234`
    may also be a thousand.
    """
    if np.isnan(value):
        return ""
    text = repr(float(value)).removesuffix(".0")
    if "e" in text:
        text = np.format_float_positional(value, unique=True, trim="-")
    decimals = text.partition(".")[2]
    return f"{text}0" if len(decimals) == _GROUP_DIGITS else text


def _cells(records: Records, source: str | None) -> list[str]:
    """Text of a column."""
    frame = records.frame
    if source is None:
        return [records.currency or ""] * len(frame)
    if source == "date":
        return [str(day) for day in records.days]
    if source in _NUMBERS:
        values = frame[source].to_numpy(dtype=float)
        texts = {value: number_text(value) for value in np.unique(values).tolist()}
        return ["" if np.isnan(value) else texts[value] for value in values.tolist()]
    return [str(name) for name in frame[source]]
