"""What `attribution.json` holds, as plain mappings; `attribution.schema.json` describes it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import data_error
from ..exports import DataSettings, campaigns_without_conversions, load_history
from ..history import History
from ..journeys import (
    Journeys,
    Landings,
    LandingsReport,
    ambiguous_order,
    build_journeys,
    imputed,
    inter_visit_days,
    read_landings,
)
from ..settings import Command
from ..types import Floats
from .attribute import CAVEAT, Attribution, AttributionSettings, Credit, attribute
from .bootstrap import interval
from .platform_ratios import Ratios, coverage_of, platform_conversions, ratios_of
from .roles import ROLES, index_of

SCHEMA = Path(__file__).with_name("attribution.schema.json")
Document = dict[str, Any]


@dataclass(frozen=True, eq=False)
class AttributionStudy:
    """One advertiser's journeys and what they say."""

    history: History
    landings: Landings
    journeys: Journeys
    attribution: Attribution
    settings: AttributionSettings


class AttributeCommand(Command):
    """Options of ``scripts/attribute.py``."""

    data: DataSettings
    attribution: AttributionSettings
    output: Path | None  # folder of the results; None: the run's own


def attribution_study(data: DataSettings, settings: AttributionSettings) -> AttributionStudy:
    """Read, cut and attribute.

    Raises:
        ConfigError: a setting is not allowed.
        DataError: an export cannot be read, there is no landings file, or nothing to attribute.
    """
    settings.check_method()  # before anything is read
    history = load_history(data)
    landings = read_landings(data, history)
    if landings is None:
        raise data_error(
            data.landings_file,
            f"there is no landings file in {data.folder()}, and journeys are made of landings",
            "the site analytics export with the columns User Id, Website Landing Time, Is "
            "Converted, Source, Channel and Campaign Type",
            "put it there, or give its name with data.landings_file",
        )
    return attribution_study_of(history, landings, settings)


def attribution_study_of(
    history: History, landings: Landings, settings: AttributionSettings
) -> AttributionStudy:
    """Cut and attribute what was read.

    Raises:
        ConfigError: a setting is not allowed.
        DataError: nothing to attribute.
    """
    settings.check_method()
    journeys = build_journeys(landings, history, settings.lookback_days, settings.converted)
    return AttributionStudy(history, landings, journeys, attribute(journeys, settings), settings)


def attribution_document(found: AttributionStudy) -> Document:
    """Everything that was found, JSON-able; what is undefined is null."""
    attribution, settings = found.attribution, found.settings
    report = found.landings.report
    return {
        "caveat": CAVEAT,
        "period": [str(found.history.dates[0]), str(found.history.dates[-1])],
        "level": settings.level,
        "labels": list(attribution.names),
        "campaigns": list(found.history.names),
        "journeys": _journeys(found.journeys, settings),
        "methods": {
            name: _credit(attribution, credit, settings.level)
            for name, credit in attribution.credits.items()
        },
        "roles": _roles(attribution, settings.level),
        "influence": _influence(attribution, settings.level),
        "disagreement": _agreement(attribution),
        "inter_touch_days": _gaps(found.journeys),
        "ratios": _ratios(found),
        "reconciliation": _reconciliation(found, report),
        "notes": [*found.history.notes, *report.notes, *attribution.notes],
    }


def _told(told: NDArray[np.bool_], *ends: Floats) -> tuple[Floats, ...]:
    """Ends of intervals, NaN where too few journeys stand behind them."""
    return tuple(np.where(told, end, np.nan) for end in ends)


def _number(value: Any) -> float | None:
    """A float, or None for what is not a number."""
    return float(value) if np.isfinite(value) else None


def _journeys(journeys: Journeys, settings: AttributionSettings) -> Document:
    length, converting = journeys.paths.length, journeys.paths.conversions > 0
    return {
        "landings": int(length.sum()),
        "users": int(journeys.user.max()) + 1,
        "journeys": len(length),
        "converting": int(np.count_nonzero(converting)),
        "landings_per_converting": float(length[converting].mean()),
        "lookback_days": settings.lookback_days,
        "reading": journeys.reading,
    }


def _credit(attribution: Attribution, credit: Credit, level: float) -> Document:
    low, high = interval(credit.draws, level)
    entries: Document = {}
    for at, name in enumerate(attribution.names):
        entries[name] = {
            "credit": float(credit.credit[at]),
            "low": float(low[at]),
            "high": float(high[at]),
            "share": float(credit.credit[at] / attribution.conversions),
        }
        if credit.effect is not None:
            entries[name]["removal_effect"] = float(credit.effect[at])
    return entries


def _roles(attribution: Attribution, level: float) -> Document:
    roles = attribution.roles
    low, high = interval(roles.draws, level)
    index = index_of(roles.counts)
    index_low, index_high = _told(roles.told, *interval(index_of(roles.draws), level))
    entries: Document = {}
    for at, name in enumerate(attribution.names):
        entries[name] = {
            role: {
                "count": float(roles.counts[row, at]),
                "low": float(low[row, at]),
                "high": float(high[row, at]),
            }
            for row, role in enumerate(ROLES)
        }
        ends = (index[at], index_low[at], index_high[at])
        entries[name]["index"] = dict(
            zip(("value", "low", "high"), map(_number, ends), strict=True)
        )
    return entries


def _influence(attribution: Attribution, level: float) -> list[Document]:
    """Pairs that occur, by lower bound of their lift, highest first."""
    found, names = attribution.influence, attribution.names
    low, high = _told(found.told, *interval(found.lift_draws, level))
    order = np.argsort(-np.nan_to_num(low), kind="stable")
    return [
        {
            "label": names[found.label[at]],
            "closer": names[found.closer[at]],
            "journeys": float(found.journeys[at]),
            "closed": float(found.closed[at]),
            "share": float(found.journeys[at] / found.closed[at]),
            "base": float(found.base[at]),
            "lift": float(found.lift[at]),
            "low": _number(low[at]),
            "high": _number(high[at]),
        }
        for at in order
    ]


def _agreement(attribution: Attribution) -> Document:
    names = list(attribution.credits)
    rows = attribution.agreement
    return {
        name: {other: _number(rows[i, j]) for j, other in enumerate(names)}
        for i, name in enumerate(names)
    }


def _gaps(journeys: Journeys) -> Document:
    """Days from a landing of each label to the journey's next one."""
    days, label = inter_visit_days(journeys)
    order = np.argsort(label, kind="stable")
    names = journeys.paths.names
    ends = np.cumsum(np.bincount(label, minlength=len(names)))
    entries: Document = {}
    for name, own in zip(names, np.split(days[order], ends[:-1]), strict=True):
        low, middle, high = np.quantile(own, (0.25, 0.5, 0.75)).tolist() if own.size else [None] * 3
        entries[name] = {"count": len(own), "q1": low, "median": middle, "q3": high}
    return entries


def _ratios(found: AttributionStudy) -> Document | None:
    """The ratios of the method that was asked for, and the plain numbers of all."""
    how, report = found.settings.ratios, found.landings.report
    platform = platform_conversions(found.history, report)
    seen = np.array([match.landings > 0 for match in report.matches])
    seen[campaigns_without_conversions(found.history)] = False
    coverage = coverage_of(report, how)

    def by(method: str) -> Ratios | None:
        weight = how.prior_conversions
        return ratios_of(found.attribution, method, platform, seen, coverage, weight)

    method = how.method
    if method not in found.attribution.credits:
        raise data_error(
            "attribution.ratios.method",
            f"{method} was left out: " + " ".join(found.attribution.notes),
            f"one of {', '.join(found.attribution.credits)}",
            "choose another method, or raise attribution.rate_labels",
        )
    chosen = by(method)
    if chosen is None:
        return None
    names = found.history.names
    columns = (chosen.journeys, chosen.platform, chosen.ratio, chosen.log_sd)
    keys = ("journeys", "platform", "ratio", "log_sd")
    return {
        "method": method,
        "overall": chosen.overall,
        "coverage": coverage,
        "campaigns": {
            name: {key: float(column[at]) for key, column in zip(keys, columns, strict=True)}
            for at, name in enumerate(names)
        },
        "by_method": {
            other: _named(names, ratios.ratio)
            for other in found.attribution.credits
            if (ratios := by(other)) is not None
        },
    }


def _named(names: tuple[str, ...], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _reconciliation(found: AttributionStudy, report: LandingsReport) -> Document:
    odd = imputed(found.landings.frame, len(found.history.names))
    return {
        "rows": report.rows,
        "users": report.users,
        "converted_rows": report.converted_rows,
        "converted_users": report.converted_users,
        "first": str(report.first),
        "last": str(report.last),
        "rows_outside": report.rows_outside,
        "converted_share": _number(report.converted_share),
        "marks": report.marks,
        "campaigns": {
            match.campaign: {
                "landings": match.landings,
                "clicks": match.clicks,
                "ratio": _number(match.ratio),
            }
            for match in report.matches
        },
        "unmatched": dict(report.unmatched),
        "imputed_times": [found.history.names[at] for at in odd],
        "journeys_of_unsure_order": ambiguous_order(found.journeys, odd),
    }
