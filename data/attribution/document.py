"""Content of `attribution.json` as plain mappings; `attribution.schema.json` is its schema."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..display import shortened
from ..errors import data_error, without_settings
from ..exports import DataSettings
from ..history import History
from ..journeys import (
    Journeys,
    Landings,
    ambiguous_order,
    build_journeys,
    campaigns_with_imputed_times,
    inter_visit_days,
    read_landings,
)
from ..settings import Command
from ..types import Floats
from ..units import campaigns_without_conversions, load_history
from .attribute import CAVEAT, Attribution, Credit, attribute
from .bootstrap import interval
from .platform_ratios import Ratios, coverage_of, platform_conversions, ratios_of
from .read import read_attribution
from .roles import ROLES, index_of
from .settings import AttributionSettings

SCHEMA = Path(__file__).with_name("attribution.schema.json")
Document = dict[str, Any]
_MOST_UNMATCHED = 1_000  # labels that match no campaign, the most frequent; notes count the others
_MAX_UNMATCHED = 256  # characters of such a label


@dataclass(frozen=True, eq=False)
class AttributionStudy:
    """One advertiser's history, landings, journeys and their attribution."""

    history: History
    landings: Landings
    journeys: Journeys
    attribution: Attribution
    settings: AttributionSettings


class AttributeCommand(Command):
    """Options of ``scripts/attribute.py``."""

    data: DataSettings
    attribution: AttributionSettings
    output: Path | None  # folder of the results; None: the run's folder


def attribution_study(data: DataSettings, settings: AttributionSettings) -> AttributionStudy:
    """Attribution of the exports and landings in a data folder.

    Raises:
        ConfigError: a setting is not allowed.
        DataError: an export cannot be read, there is no landings file, or no journey converted.
    """
    settings.check_method()  # before anything is read
    history = load_history(data)
    landings = read_landings(data, history)
    if landings is None:
        raise data_error(
            data.landings_file,
            f"there is no landings file in {data.folder()}, and journeys are built from landings",
            "the site analytics export with the columns User Id, Website Landing Time, Is "
            "Converted, Source, Channel and Campaign Type",
            "add the file to the exports",
            setting="data.landings_file is its name",
        )
    return attribution_study_of(history, landings, settings)


def attribution_study_of(
    history: History, landings: Landings, settings: AttributionSettings
) -> AttributionStudy:
    """Attribution of a history and landings that are already loaded.

    Raises:
        ConfigError: a setting is not allowed.
        DataError: no journey converted.
    """
    settings.check_method()
    journeys = build_journeys(landings, history, settings.lookback_days, settings.converted)
    return AttributionStudy(history, landings, journeys, attribute(journeys, settings), settings)


def attribution_document(study: AttributionStudy) -> Document:
    """Content of `attribution.json`; undefined numbers are null."""
    attribution, settings, history = study.attribution, study.settings, study.history
    report = study.landings.report
    return {
        "caveat": CAVEAT,
        "period": [str(history.dates[0]), str(history.dates[-1])],
        "level": settings.level,
        "labels": list(attribution.names),
        "campaigns": list(history.names),
        "journeys": _journeys(study.journeys, settings),
        "methods": {
            name: _credit(attribution, credit, settings.level)
            for name, credit in attribution.credits.items()
        },
        "roles": _roles(attribution, settings.level),
        "influence": _influence(attribution, settings.level),
        "disagreement": _agreement(attribution),
        "inter_touch_days": _inter_touch_days(study.journeys),
        "ratios": _ratios(study),
        "reconciliation": _reconciliation(study),
        "notes": [*history.notes, *report.notes, *attribution.notes],
    }


def attribution_reader(
    data: DataSettings, attribution: AttributionSettings
) -> Callable[[Path | None], Mapping[str, Any]]:
    """Return a function that reads an attribution document, each one once.

    The function raises ``MediaGymError`` if the file is no such document or there are no landings.
    """

    @cache
    def read(path: Path | None) -> Mapping[str, Any]:
        if path is None:
            return attribution_document(attribution_study(data, attribution))
        return read_attribution(path)

    return read


def _where_supported(supported: NDArray[np.bool_], *ends: Floats) -> tuple[Floats, ...]:
    """Ends of intervals, NaN where too few journeys support them."""
    return tuple(np.where(supported, end, np.nan) for end in ends)


def _number(value: Any) -> float | None:
    """A float, or None if it is not finite."""
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
        "reading": journeys.marked_unit,
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
    index_low, index_high = _where_supported(
        roles.has_interval, *interval(index_of(roles.draws), level)
    )
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
        entries[name]["index"] = {
            "value": _number(index[at]),
            "low": _number(index_low[at]),
            "high": _number(index_high[at]),
        }
    return entries


def _influence(attribution: Attribution, level: float) -> list[Document]:
    """Pairs that occur, by the lower end of their lift's interval, highest first."""
    pairs, names = attribution.influence, attribution.names
    low, high = _where_supported(pairs.has_interval, *interval(pairs.lift_draws, level))
    order = np.argsort(-np.nan_to_num(low), kind="stable")
    return [
        {
            "label": names[pairs.label[at]],
            "closer": names[pairs.closer[at]],
            "journeys": float(pairs.journeys[at]),
            "closed": float(pairs.closed[at]),
            "share": float(pairs.journeys[at] / pairs.closed[at]),
            "base": float(pairs.base[at]),
            "lift": float(pairs.lift[at]),
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


def _inter_touch_days(journeys: Journeys) -> Document:
    """Quartiles of the days from a landing of each label to the journey's next one."""
    days, label = inter_visit_days(journeys)
    order = np.argsort(label, kind="stable")
    names = journeys.paths.names
    ends = np.cumsum(np.bincount(label, minlength=len(names)))
    entries: Document = {}
    for name, gaps in zip(names, np.split(days[order], ends[:-1]), strict=True):
        q1, median, q3 = np.quantile(gaps, (0.25, 0.5, 0.75)).tolist() if gaps.size else [None] * 3
        entries[name] = {"count": len(gaps), "q1": q1, "median": median, "q3": q3}
    return entries


def _ratios(study: AttributionStudy) -> Document | None:
    """Ratios of the configured method in detail, and the bare ratios of every method."""
    settings, report = study.settings.ratios, study.landings.report
    history, attribution = study.history, study.attribution
    platform = platform_conversions(history, report)
    observed = np.array([match.landings > 0 for match in report.matches])
    observed[campaigns_without_conversions(history)] = False
    coverage = coverage_of(report, settings)

    def ratios_by(method: str) -> Ratios | None:
        weight = settings.prior_conversions
        return ratios_of(attribution, method, platform, observed, coverage, weight)

    _check_credited(attribution, settings.method)
    ratios = ratios_by(settings.method)
    if ratios is None:
        return None
    names = history.names
    columns = (ratios.journeys, ratios.platform, ratios.ratio, ratios.log_sd)
    keys = ("journeys", "platform", "ratio", "log_sd")
    return {
        "method": settings.method,
        "overall": ratios.overall,
        "coverage": coverage,
        "campaigns": {
            name: {key: float(column[at]) for key, column in zip(keys, columns, strict=True)}
            for at, name in enumerate(names)
        },
        "by_method": {
            other: dict(zip(names, other_ratios.ratio.tolist(), strict=True))
            for other in attribution.credits
            if (other_ratios := ratios_by(other)) is not None
        },
    }


def _check_credited(attribution: Attribution, method: str) -> None:
    """Refuse a method of the ratios that was left out for its cost."""
    if method not in attribution.credits:
        raise data_error(
            "attribution.ratios.method",
            f"{method} was left out: "
            + " ".join(map(without_settings, attribution.notes)).removesuffix("."),
            f"one of {', '.join(attribution.credits)}",
            "choose another method",
            setting="raise attribution.rate_labels",
        )


def _unmatched(labels: tuple[tuple[str, int], ...]) -> dict[str, int]:
    """Return the landings of the most frequent labels without campaign, shortened."""
    counts: dict[str, int] = {}
    for label, count in labels[:_MOST_UNMATCHED]:
        name = shortened(label, _MAX_UNMATCHED)
        counts[name] = counts.get(name, 0) + count
    return counts


def _reconciliation(study: AttributionStudy) -> Document:
    """Landings reconciled with the ads' own clicks, and what does not fit."""
    report, names = study.landings.report, study.history.names
    imputed_campaigns = campaigns_with_imputed_times(study.landings.frame, len(names))
    return {
        "rows": report.rows,
        "users": report.users,
        "converted_rows": report.converted_rows,
        "converted_users": report.converted_users,
        "first": str(report.first),
        "last": str(report.last),
        "rows_outside": report.rows_outside,
        "converted_share": _number(report.converted_share),
        "marks": report.marked_unit,
        "campaigns": {
            match.campaign: {
                "landings": match.landings,
                "clicks": match.clicks,
                "ratio": _number(match.ratio),
            }
            for match in report.matches
        },
        "unmatched": _unmatched(report.unmatched),
        "imputed_times": [names[at] for at in imputed_campaigns],
        "journeys_of_unsure_order": ambiguous_order(study.journeys, imputed_campaigns),
    }
