"""A plan as one self-contained HTML page: no scripts, no links to other files, no network."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment

from ...data.display import page_environment
from ...data.errors import DataError, shown
from ...data.formats import (
    Currency,
    change,
    count,
    day_of,
    interval,
    long_day,
    name_of,
    share,
    signed,
)
from ...data.storage import write_text
from . import charts, narrative
from .moves import all_moves, dearest, first, known_most
from .periods import periods, unit

SCHEMA_VERSION = 2
_FOLDER = Path(__file__).parent


def write_plan_page(content: Mapping[str, Any], path: Path) -> None:
    """Write ``plan.html``, whole or not at all.

    Args:
        content: `plan.json` of schema version 2.
        path: file to write; a regular file of that name is replaced.

    Raises:
        DataError: the content is of another version, or the path cannot be written.
    """
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        raise DataError(
            f"{path}: not written: schema_version {shown(version)} was given. Allowed: "
            f"{SCHEMA_VERSION}. To fix: write the plan again with scripts/plan.py."
        )
    write_text(path, plan_page(content))


def plan_page(content: Mapping[str, Any]) -> str:
    """Return a plan as an HTML page.

    Args:
        content: `plan.json` of schema version 2.
    """
    currency = Currency(content["currency"])
    moves = first(content)
    flags: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for flag in content["flags"]:
        flags[flag["kind"]].append(flag)
    return (
        _environment(currency)
        .get_template("page.html.j2")
        .render(
            plan=content,
            first=moves,
            first_sentence=narrative.first_sentence(moves, currency),
            moves=narrative.moves(moves, currency),
            periods=periods(content["days"]),
            period_unit=unit(content["days"]),
            planned_days=content["flight"]["days"] - content["flight"]["actual_days"],
            stack=charts.stack(content),
            band=charts.band(content),
            pairs=charts.pairs(content),
            flags=flags,
            beyond=content["totals"]["extrapolated_share"] > 0,
            beyond_today={move.campaign for move in all_moves(content) if move.extrapolated},
            dearest=dearest(content),
            narrative=narrative,
        )
    )


def _environment(currency: Currency) -> Environment:
    environment = page_environment(_FOLDER, settings=False)
    environment.filters |= {
        "exact": currency.exact,
        "whole": currency.whole,
        "difference": currency.signed,
        "count": count,
        "interval": interval,
        "share": share,
        "signed": signed,
        "day": day_of,
        "long_day": long_day,
        "name": name_of,
        "known_most": known_most,
    }
    environment.globals |= {"change": change}
    return environment
