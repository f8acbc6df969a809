"""The ingest document as one self-contained HTML page, without scripts or fonts."""

import base64
from collections.abc import Mapping
from pathlib import Path

from ..display import page_environment
from ..formats import format_amount, long_day
from ..recommendations import export_recommendations
from .document import WARNING, Document
from .figures import MAX_PANELS, MAX_ROWS, outcome_of
from .lifetimes import GAP_DAYS

_TEMPLATE = "page.html.j2"
_MOST_NOTES = 8  # notes that are shown without a click; warnings always are
_UNDEFINED = "-"  # in place of a null


def ingest_page(document: Document, figures: Mapping[str, bytes]) -> str:
    """The page as HTML; names of campaigns and files are escaped.

    Args:
        document: result of `ingest_document`.
        figures: PNG files by the names of `ingest_figures`.
    """
    environment = page_environment(Path(__file__).parent)
    currency = document["currency"]
    environment.filters |= {
        "count": _count,
        "whole": lambda value: _amount(value, currency, 0),
        "amount": lambda value: _amount(value, currency),
        "amount_in": lambda value, own: _amount(value, own or currency),
        "long_day": long_day,
    }
    environment.tests["warns"] = lambda note: WARNING in note
    return environment.get_template(_TEMPLATE).render(
        document=document,
        figures={name: _data_uri(png) for name, png in figures.items()},
        outcome=outcome_of(document),
        caption=_caption(len(document["campaigns"])),
        gap_days=GAP_DAYS,
        most_notes=_MOST_NOTES,
        advice=export_recommendations(document),
    )


def _caption(campaigns: int) -> str:
    """How to read the figures."""
    if campaigns <= MAX_PANELS:
        return "The number on the left is the highest value of the campaign."
    text = (
        "Each campaign has a colour scale of its own, up to its highest value, on the right; in "
        "long periods a column is several days, its colour their mean."
    )
    rest = campaigns - MAX_ROWS
    return text if rest <= 0 else f"{text} {rest:,} campaigns with less spend are not shown."


def _count(value: float | None) -> str:
    return _UNDEFINED if value is None else f"{value:,.1f}".removesuffix(".0")


def _amount(value: float | None, currency: str | None, decimals: int | None = None) -> str:
    return _UNDEFINED if value is None else format_amount(value, currency, decimals)


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
