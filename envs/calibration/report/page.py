"""Calibration report as files: ``calibration.json``, figures, and one self-contained page."""

import base64
from pathlib import Path
from typing import Any

from ....data.display import page_environment
from ....data.formats import long_day, sign_of
from ....data.plotting import png_of
from ....data.recommendations import curve_recommendations
from ....data.storage import write_bytes, write_json, write_text
from .content import CalibrationContent, calibration_document
from .figures import FIGURES

_TEMPLATE = "calibration.html.j2"
_HEADS = {
    "elasticity": "Elasticity",
    "follow": "Follow",
    "half_life": "Carry-over half-life, days",
}
_SECTIONS = (
    ("demand", "Demand", "Demand that all campaigns share: season, events and movements of a few "
     "days, the mean of the structures by their weights, of at most the last two years, "
     "and of the 400 days after the history with a 90 % band."),
    ("lifetimes", "Lifetimes", "When each campaign ran. More than 7 days without spend end a run; "
     "at the right, days off until the end of the history."),
    ("curves", "Response curves", "Steady-state conversions per day at the current level and usual "
     "demand, with 50 and 90 % bands. The bands widen outside the observed spends."),
    ("parameters", "Priors and posteriors", "Prior in grey, posterior in blue. Where structures "
     "of demand are listed above, they set how levels move."),
    ("weekdays", "Weekdays", "Conversions at equal spend, as a multiple of the mean day."),
    ("levels", "Level", "Changes in conversions that neither spend, weekday nor the shared demand "
     "explain: offers, tracking, competitors. The level reverts to its long-run mean."),
    ("residuals", "One day ahead", "Reported conversions (dots) and the forecast from the days "
     "before, the shared demand known. A well-calibrated band covers nine days in ten."),
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
    document = calibration_document(content) | {"objective": objective}
    figures = {
        name: png_of(draw(content))
        for name, draw in FIGURES.items()
        if name != "demand" or document["demand"] is not None
    }
    plan = "../plan.html" if (folder.parent / "plan.html").exists() else None
    written = [
        write_text(folder / "calibration.html", _page(document, figures, plan)),
        write_json(folder / "calibration.json", document),
    ]
    return written + [write_bytes(folder / f"{name}.png", png) for name, png in figures.items()]


def _page(document: dict[str, Any], figures: dict[str, bytes], plan: str | None) -> str:
    campaigns = {
        name: {**campaign, "width_beyond": _width(campaign["curve"])}
        for name, campaign in document["campaigns"].items()
    }
    environment = page_environment(Path(__file__).parent)
    environment.filters["long_day"] = long_day
    parameters = [p for p in _HEADS if p in next(iter(campaigns.values()))["parameters"]]
    return environment.get_template(_TEMPLATE).render(
        advice=curve_recommendations(document),
        plan=plan,
        heads=[_HEADS[name] for name in parameters],
        verdict=document["verdict"],
        past=document["past"],
        season=document["season"],
        events=bool((document["demand"] or {}).get("events")),
        least_separable=document["least_separable"],
        parameters=parameters,
        history=document["history"],
        objective=document["objective"],
        sign=sign_of(document["currency"]),
        campaigns=campaigns,
        notes=document["notes"],
        sections=[section for section in _SECTIONS if section[0] in figures],
        figures={
            name: f"data:image/png;base64,{base64.b64encode(png).decode()}"
            for name, png in figures.items()
        },
    )


def _width(curve: dict[str, Any]) -> float:
    """Return the ratio of the 90 % interval's bounds at twice the observed maximum."""
    index = min(range(len(curve["spend"])), key=lambda i: abs(curve["times_observed_max"][i] - 2))
    return float(curve["conversions"][-1][index] / max(curve["conversions"][0][index], 1e-9))
