"""The insights document as one self-contained HTML page, without links, scripts or fonts."""

import base64
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..attribution import Document
from . import narrative
from .document import ALL_CAMPAIGNS

_TEMPLATE = "page.html.j2"
_UNDEFINED = "-"  # in place of a null


def insights_page(document: Document, figures: Mapping[str, bytes]) -> str:
    """The page as HTML.

    Args:
        document: result of `insights_document`.
        figures: PNG files by the names of `insights_figures`.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda value: _UNDEFINED if value is None else f"{value:,.0f}",
        "dollars": lambda value: _UNDEFINED if value is None else narrative.format_dollars(value),
        "cents": lambda value: _UNDEFINED if value is None else f"${value:,.2f}",
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
        all_campaigns=ALL_CAMPAIGNS,
    )


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
