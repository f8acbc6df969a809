"""The insights document as one self-contained page: no link, no script, no font from elsewhere."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from . import narrative as storyline
from .document import ALL

Document = dict[str, Any]
_TEMPLATE = "page.html.j2"


def report_of(document: Document, pictures: Mapping[str, bytes]) -> str:
    """Return the page.

    Args:
        document: of `insights.document_of`.
        pictures: PNG files by the names of `insights_figures`.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda value: "-" if value is None else f"{value:,.0f}",
        "dollars": lambda value: "-" if value is None else storyline.dollars(value),
        "cents": lambda value: "-" if value is None else f"${value:,.2f}",
        "share": lambda value: "-" if value is None else f"{value:.1%}",
        "signed": lambda value: "-" if value is None else f"{value:+.0%}",
        "ratio": lambda value: "-" if value is None else f"{value:.2f}",
        "spoken": storyline.spoken,
    }
    return environment.get_template(_TEMPLATE).render(
        document=document,
        pictures={name: _inline(picture) for name, picture in pictures.items()},
        story={
            name: getattr(storyline, name)(document)
            for name in ("happened", "who", "changed", "expected")
        },
        everyone=ALL,
    )


def _inline(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")
