"""Templates of the pages, with the words for numbers, dates, jobs and places that they share."""

from functools import cache
from pathlib import Path

from jinja2 import Environment

from mediagym.data.display import page_environment
from mediagym.data.formats import text

FOLDER = Path(__file__).parent
NAVIGATION = (
    ("", "Overview"),
    ("data", "Data"),
    ("performance", "Performance"),
    ("curves", "Curves"),
    ("plan", "Plan"),
    ("compare", "Compare"),
    ("pacing", "Pacing"),
    ("replan", "Re-plan"),
    ("attribution", "Attribution"),
    ("share", "Share"),
)
"""Pages of an advertiser: the last part of the address, and the name of the link."""
JOB_TITLES = {
    "ingest": "Reading the exports",
    "insights": "Analysing what happened",
    "attribute": "Crediting journeys",
    "calibrate": "Calibrating the response curves",
    "plan": "Optimising the plan",
    "replan": "Planning the days that are left",
    "score": "Scoring a plan",
}
"""What a job of each kind does, as people read it."""


@cache
def environment() -> Environment:
    """Environment of `templates`, made once."""
    made = page_environment(FOLDER / "templates")
    made.filters |= {
        "count": text.count,
        "interval": text.interval,
        "share": text.share,
        "signed": text.signed,
        "day": text.day_of,
        "short_day": text.short_day,
        "long_day": text.long_day,
        "moment": text.moment,
        "duration": text.duration,
        "name": text.name_of,
    }
    made.globals |= {
        "count": text.count,
        "rate": text.rate,
        "share": text.share,
        "change": text.change,
        "navigation": NAVIGATION,
        "job_titles": JOB_TITLES,
    }
    return made
