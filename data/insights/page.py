"""The insights document as one self-contained HTML page, without scripts or fonts."""

import base64
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ..attribution import Document
from ..display import page_environment
from ..formats import money
from ..recommendations import performance_recommendations
from . import narrative
from .document import ALL_CAMPAIGNS

_TEMPLATE = "page.html.j2"
_UNDEFINED = "-"  # in place of a null


def insights_page(document: Document, figures: Mapping[str, bytes], plan: str | None = None) -> str:
    """The page as HTML, which begins with what to do.

    Args:
        document: result of `insights_document`.
        figures: PNG files by the names of `insights_figures`.
        plan: address of the plan's page that is linked; None: no link.
    """
    currency = document["currency"]
    environment = page_environment(Path(__file__).parent)
    environment.filters |= {
        "count": lambda value: _UNDEFINED if value is None else f"{value:,.0f}",
        "whole": partial(_amount, currency=currency, decimals=0),
        "money": partial(_amount, currency=currency),
        "per_unit": partial(_amount, currency=currency, decimals=2),
        "share": lambda value: _UNDEFINED if value is None else f"{value:.1%}",
        "signed": lambda value: _UNDEFINED if value is None else f"{value:+.0%}",
        "ratio": lambda value: _UNDEFINED if value is None else f"{value:.2f}",
        "date": narrative.format_date,
    }
    return environment.get_template(_TEMPLATE).render(
        document=document,
        figures={name: _data_uri(png) for name, png in figures.items()},
        narrative={
            "history": narrative.describe_history(document),
            "attribution": narrative.describe_attribution(document),
            "changes": narrative.describe_changes(document),
            "forecast": narrative.describe_forecast(document),
        },
        advice=performance_recommendations(document),
        precedence=narrative.describe_precedence(document),
        plan=plan,
        all_campaigns=ALL_CAMPAIGNS,
        one_unit=narrative.one_unit(currency),
    )


def _amount(value: float | None, currency: str | None, decimals: int | None = None) -> str:
    return _UNDEFINED if value is None else money(value, currency, decimals)


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
