"""Templates of the pages, with the words for numbers, dates, jobs and places that they share."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment

from mediagym.data.display import page_environment
from mediagym.data.formats import (
    change,
    count,
    day_of,
    duration,
    long_day,
    moment,
    name_of,
    rate,
    share,
    short_day,
    signed,
)

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
    "frontier": "Planning other budgets",
    "replan": "Planning the days that are left",
    "score": "Comparing plans",
}
"""What a job of each kind does, as people read it."""


_DAY = re.compile(r"(?i)(?:(?<=since )|(?<=until )|(?<=from ))\d{4}-\d{2}-\d{2}\b")


def with_days(text: str) -> str:
    """Return a sentence with its ISO dates as people read them: `1 Jul 2024`."""

    def shown(found: re.Match[str]) -> str:
        try:
            return long_day(found[0])
        except ValueError:  # no day, but part of a campaign's name
            return found[0]

    return _DAY.sub(shown, text)


@cache
def environment() -> Environment:
    """Environment of `templates`, made once."""
    made = page_environment(FOLDER / "templates", settings=False)
    made.filters |= {
        "count": count,
        "share": share,
        "signed": signed,
        "day": day_of,
        "short_day": short_day,
        "long_day": long_day,
        "moment": moment,
        "duration": duration,
        "name": name_of,
        "with_days": with_days,
    }
    made.globals |= {
        "count": count,
        "rate": rate,
        "share": share,
        "change": change,
        "navigation": NAVIGATION,
        "job_titles": JOB_TITLES,
    }
    return made
