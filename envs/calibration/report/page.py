"""The report of a calibration: ``calibration.json``, pictures, and one self-contained page."""

import base64
from pathlib import Path
from typing import Any

import jinja2

from ....data.plotting import png_of
from ....data.storage import write_bytes, write_json, write_text
from .content import CalibrationContent, calibration_document
from .figures import FIGURES

_TEMPLATE = Path(__file__).with_name("calibration.html")
_SECTIONS = (
    ("curves", "Response curves", "Steady conversions a day at today's level, with 50 and 90 % "
     "bands. The bands widen where nothing was observed."),
    ("parameters", "What was believed before, and after", "Prior in grey, posterior in blue."),
    ("weekdays", "Weekdays", "How many conversions the same spend brings."),
    ("levels", "Level", "What moved conversions that spend and weekday do not explain: demand, "
     "offers, tracking, rivals. It returns to its long-run mean at its own pace."),
    ("residuals", "One day ahead", "What happened (dots) against what the days before led to "
     "expect. A band that covers nine days in ten is an honest one."),
)  # fmt: skip


def write_report(content: CalibrationContent, objective: str, folder: Path) -> list[Path]:
    """Write the report.

    Args:
        content: what is shown.
        objective: what the plan will be made for, named on the page.
        folder: where everything goes.

    Returns:
        ``calibration.html``, ``calibration.json`` and the pictures.

    Raises:
        DataError: the folder cannot be written to.
    """
    document = {"objective": objective, **calibration_document(content)}
    pictures = {name: png_of(draw(content)) for name, draw in FIGURES.items()}
    written = [
        write_text(folder / "calibration.html", _page(document, pictures)),
        write_json(folder / "calibration.json", document),
    ]
    return written + [write_bytes(folder / f"{name}.png", p) for name, p in pictures.items()]


def _page(document: dict[str, Any], pictures: dict[str, bytes]) -> str:
    campaigns = {
        name: {**found, "width_beyond": _width(found["curve"])}
        for name, found in document["campaigns"].items()
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return page.render(
        history=document["history"],
        objective=document["objective"],
        campaigns=campaigns,
        notes=document["notes"],
        sections=_SECTIONS,
        pictures={k: base64.b64encode(v).decode() for k, v in pictures.items()},
    )


def _width(curve: dict[str, Any]) -> float:
    """Return upper over lower end of the 90 % interval at twice the observed maximum."""
    at = min(range(len(curve["spend"])), key=lambda i: abs(curve["times_observed_max"][i] - 2))
    return float(curve["conversions"][-1][at] / max(curve["conversions"][0][at], 1e-9))
