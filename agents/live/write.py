"""The files of a re-plan: ``plan.json``, ``changes.json``, ``plan.html`` and the chosen exports."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...data.storage import write_json
from ...data.types import Progress
from ..plan_files import export_plan
from ..plan_page import write_plan_page
from ..plans import document
from .flight import Flight
from .settings import ReplanCommand

_TO_ENTER = ("today_csv", "google_ads_editor")  # formats of budgets that are still to be set


class Written(NamedTuple):
    """What was written."""

    content: Mapping[str, Any]  # of plan.json
    paths: list[Path]


def write_replan(
    flight: Flight, options: ReplanCommand, progress: Progress = lambda _: None
) -> Written:
    """Write the files of a re-plan into a folder, each whole or not at all.

    Exports are written first: where one of them is refused, nothing is. After the flight's last day
    there is nothing to enter, and the files for that are left out.

    Raises:
        ConfigError: if an export cannot be made of this plan.
        DataError: if a file cannot be written.
    """
    folder, plan = options.output, flight.plan()
    progress("writing the files")
    content = document(plan)
    formats = [name for name in options.export if flight.days_left or name not in _TO_ENTER]
    exports = export_plan(content, formats, folder, mapping=options.export_mapping)
    changes = {"as_of": content["made"]["as_of"], "today": _today(flight), **_changes(content)}
    page = folder / "plan.html"
    write_plan_page(content, page)
    write_json(folder / "plan.json", content)
    write_json(folder / "changes.json", changes)
    named = [folder / "plan.json", folder / "changes.json", page]
    return Written(content, [*named, *exports])


def _today(flight: Flight) -> dict[str, Any] | None:
    """Return the day and the budgets to set; None after the last day."""
    if not flight.days_left:
        return None
    day = str(flight.dates[flight.reports.days])
    return {"date": day, "budgets": flight.today()}


def _changes(content: Mapping[str, Any]) -> dict[str, Any]:
    return {"changes": content["changes"], "flags": content["flags"]}
