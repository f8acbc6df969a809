"""Content of `ingest.json` as plain mappings; `ingest.schema.json` is its schema."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..exports import Records, Source
from ..history import METRICS, Campaign, History
from ..names import short_ids
from .lifetimes import Lifetime, Succession, lifetimes, successors
from .panel import Panel, panel_of

Document = dict[str, Any]
SCHEMA = Path(__file__).with_name("ingest.schema.json")
SCHEMA_VERSION = 1
WARNING = "WARNING"  # word in notes that a user must not miss
READ, REFUSED = "read", "refused"
_PROBLEM_KEYS = ("file", "row", "column", "given", "allowed", "fix", "setting")
_ROUNDING = 1e-9  # relative error of a sum of floats, above which two sums differ


def ingest_document(
    records: Records, history: History | None, units: Iterable[str] | None
) -> Document:
    """Content of `ingest.json` for a folder that was read; unknown numbers are null.

    Args:
        records: result of reading the folder.
        history: history of the plan's units, made of the records; None leaves it out.
        units: result of `units_of`, (rows,) the plan's unit of each row of the records, "" where
            its channel is one unit; None where not known.

    Raises:
        ValueError: there are no records, or `units` is not as long.
    """
    panel = panel_of(records)
    names, spend = panel.names, panel.values("spend")
    lives = lifetimes(panel.days, spend, names)
    groups = [(key.platform, key.campaign_type) for key in panel.campaigns]
    pairs = successors(panel.days, spend, names, groups)
    ids = short_ids(names)
    notes = [*records.notes, *(history.notes if history else ())]
    return {
        "schema_version": SCHEMA_VERSION,
        "status": READ,
        "currency": records.currency,
        "period": [str(panel.days[0]), str(panel.days[-1])],
        "files": [_file(source) for source in records.sources],
        "totals": _totals(records, history),
        "campaigns": _campaigns(panel, lives, ids, _unit_names(panel, units)),
        "successors": [_successor(pair, names, ids) for pair in pairs],
        "notes": sorted(dict.fromkeys(notes), key=lambda note: WARNING not in note),
    }


def problems_document(error: DataError) -> Document:
    """Content of `ingest.json` for a folder that was refused: all problems of all files."""
    problems = [
        {key: problem.details.get(key) for key in _PROBLEM_KEYS} | {"message": str(problem)}
        for problem in error.problems
    ]
    return {"schema_version": SCHEMA_VERSION, "status": REFUSED, "problems": problems}


def _file(source: Source) -> Document:
    return {
        "file": source.file,
        "platforms": list(source.platforms),
        "title": source.title,
        "language": source.language,
        "rows": source.rows,
        "days": int((source.last - source.first).astype("timedelta64[D]").astype(int)) + 1,
        "campaigns": source.campaigns,
        "currency": source.currency,
        "first": str(source.first.astype("datetime64[D]")),
        "last": str(source.last.astype("datetime64[D]")),
        "sums": {metric: _number(source.totals.get(metric)) for metric in METRICS},
        "left_out": [
            {"reason": left.reason, "rows": left.rows, "lines": list(left.lines)}
            for left in source.left_out
        ],
        "notes": list(source.notes),
    }


def _totals(records: Records, history: History | None) -> Document:
    """Sums over the files, over the merged records and over the history, and their differences."""
    files = {
        metric: _sum(source.totals.get(metric) for source in records.sources) for metric in METRICS
    }
    merged = {metric: _sum(records.frame[metric].to_numpy(dtype=float)) for metric in METRICS}
    planned = None
    if history is not None:
        planned = {
            m: None if merged[m] is None else _sum(getattr(history, m).ravel(), empty=0.0)
            for m in METRICS
        }
    return {
        "rows": {"files": sum(s.rows for s in records.sources), "merged": len(records.frame)},
        "files": files,
        "merged": merged,
        "merging": {m: _difference(files[m], merged[m]) for m in METRICS},
        "history": planned,
        "planning": planned and {m: _difference(merged[m], planned[m]) for m in METRICS},
    }


def _campaigns(
    panel: Panel, lives: Sequence[Lifetime], ids: Sequence[str], units: Sequence[str | None]
) -> list[Document]:
    sums = {metric: panel.sums(metric) for metric in METRICS}
    observed = panel.observed
    return [
        {
            "id": ids[at],
            "name": life.campaign,
            **key._asdict(),
            "unit": units[at],
            **_lifetime(life),
            **_rows(panel.days, observed[:, at]),
            "sums": {metric: sums[metric][at] for metric in METRICS},
        }
        for at, (key, life) in enumerate(zip(panel.campaigns, lives, strict=True))
    ]


def _lifetime(life: Lifetime) -> Document:
    ends = [life.runs[at : at + 2] for at in range(len(life.runs) - 1)]
    return {
        "first": _day(life.first),
        "last": _day(life.last),
        "runs": [
            {"first": str(run.first), "last": str(run.last), "days": run.days} for run in life.runs
        ],
        "gaps": [
            {"first": str(before.last + 1), "last": str(after.first - 1)} for before, after in ends
        ],
        "days": life.days,
        "gap_days": life.gap_days,
    }


def _rows(days: NDArray[np.datetime64], observed: NDArray[np.bool_]) -> Document:
    """Number of days with a row, and of days without one between the first and the last."""
    at = np.flatnonzero(observed)
    missing = int(at[-1] - at[0]) + 1 - len(at)
    return {
        "first_row": str(days[at[0]]),
        "last_row": str(days[at[-1]]),
        "days_with_row": len(at),
        "days_without_row": missing,
    }


def _successor(pair: Succession, names: Sequence[str], ids: Sequence[str]) -> Document:
    ended, started = ({"id": ids[at], "name": names[at]} for at in (pair.ended, pair.started))
    return {
        "ended": ended,
        "started": started,
        "end": str(pair.end),
        "start": str(pair.start),
        "lag": pair.lag,
        "spend_before": pair.spend_before,
        "spend_after": pair.spend_after,
        "name_similarity": pair.name_similarity,
        "certainty": pair.certainty,
    }


def _unit_names(panel: Panel, units: Iterable[str] | None) -> list[str | None]:
    """(campaigns,) full name of the plan's unit; of several, should a campaign have them, all."""
    if units is None:
        return [None] * len(panel.campaigns)
    names: list[dict[str, None]] = [{} for _ in panel.campaigns]
    for at, unit in zip(panel.campaign_of.tolist(), units, strict=True):
        names[at][Campaign(panel.campaigns[at].platform, unit or None).name] = None
    return [" + ".join(each) for each in names]


def _sum(values: Iterable[float | None], empty: float | None = None) -> float | None:
    """Sum of the numbers, correctly rounded; `empty` if there are none."""
    numbers = [float(v) for v in values if v is not None and not math.isnan(v)]
    return math.fsum(numbers) if numbers else empty


def _difference(before: float | None, after: float | None) -> float | None:
    """`before - after`, 0 if they differ by rounding only; None if neither is known."""
    if before is None and after is None:
        return None
    first, second = before or 0.0, after or 0.0
    close = math.isclose(first, second, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    return 0.0 if close else first - second


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _day(day: np.datetime64 | None) -> str | None:
    return None if day is None else str(day)
