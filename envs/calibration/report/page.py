"""Calibration report as files: ``calibration.json``, figures, and one self-contained page."""

import base64
from pathlib import Path
from typing import Any

import jinja2

from ....data.display import html_text
from ....data.formats import sign_of
from ....data.plotting import png_of
from ....data.storage import write_bytes, write_json, write_text
from .content import CalibrationContent, calibration_document
from .figures import FIGURES

_TEMPLATE = Path(__file__).with_name("calibration.html")
_SECTIONS = (
    ("curves", "Response curves", "Steady-state conversions per day at the current level, with 50 "
     "and 90 % bands. The bands widen outside the observed spends."),
    ("parameters", "Priors and posteriors", "Prior in grey, posterior in blue."),
    ("weekdays", "Weekdays", "Conversions at equal spend, as a multiple of the mean day."),
    ("levels", "Level", "Changes in conversions that spend and weekday do not explain: demand, "
     "offers, tracking, competitors. The level reverts to its long-run mean."),
    ("residuals", "One day ahead", "Reported conversions (dots) and the forecast from the days "
     "before. A well-calibrated band covers nine days in ten."),
)  # fmt: skip


def write_report(content: CalibrationContent, objective: str, folder: Path) -> list[Path]:
    """Write the report.

    Args:
        content: content of the report.
        objective: name of the planning objective, shown on the page.
        folder: folder for the files, created if needed.

    Returns:
        Paths of ``calibration.html``, ``calibration.json`` and the figures.

    Raises:
        DataError: if the folder cannot be written to.
    """
    document = {"objective": objective, **calibration_document(content)}
    figures = {name: png_of(draw(content)) for name, draw in FIGURES.items()}
    written = [
        write_text(folder / "calibration.html", _page(document, figures)),
        write_json(folder / "calibration.json", document),
    ]
    return written + [write_bytes(folder / f"{name}.png", png) for name, png in figures.items()]


def _page(document: dict[str, Any], figures: dict[str, bytes]) -> str:
    campaigns = {
        name: {**campaign, "width_beyond": _width(campaign["curve"])}
        for name, campaign in document["campaigns"].items()
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, finalize=html_text
    )
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return page.render(
        history=document["history"],
        objective=document["objective"],
        sign=sign_of(document["currency"]),
        campaigns=campaigns,
        notes=document["notes"],
        sections=_SECTIONS,
        figures={k: base64.b64encode(v).decode() for k, v in figures.items()},
    )


def _width(curve: dict[str, Any]) -> float:
    """Return the ratio of the 90 % interval's bounds at twice the observed maximum."""
    index = min(range(len(curve["spend"])), key=lambda i: abs(curve["times_observed_max"][i] - 2))
    return float(curve["conversions"][-1][index] / max(curve["conversions"][0][index], 1e-9))
