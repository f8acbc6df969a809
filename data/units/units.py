"""Units of a plan: what receives a budget in each channel, and which campaigns are pooled."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from ..errors import ConfigError, quoted_names, shown, with_setting
from ..exports import DataSettings, Records, config_error, expanded

OTHERS = "Other campaigns"  # pooled small campaigns, and campaigns of no group
UNSPECIFIED = "Unspecified"  # rows without the label that the unit is
_RECENT_DAYS = 90  # last days whose spend ranks campaigns for pooling
_MAX_GROUPS_FILE = 1_000_000  # bytes


def units_of(
    records: Records, settings: DataSettings, known_until: np.datetime64 | None = None
) -> tuple[NDArray[np.object_], list[str]]:
    """Unit of each row of the records, and notes.

    A channel's unit is the campaign type, the campaign or the group, as `data.unit` says; "" where
    the channel has no such labels and is one unit. Where units are campaigns and there are more
    than `data.max_campaigns`, those with the highest spend of the last 90 days keep their names,
    and the others are pooled as "Other campaigns".

    Args:
        records: all exports.
        settings: unit, groups, and how many campaigns are kept apart.
        known_until: last day whose spend ranks campaigns, such as the eve of a flight whose units
            stay those of its plan; None: the last day of the exports.

    Returns:
        (rows,) text, and notes on what was pooled.

    Raises:
        ConfigError: the file of groups is not valid, or puts a campaign into two groups.
    """
    frame = records.frame
    units = np.full(len(frame), "", dtype=object)
    notes: list[str] = []
    groups = _groups(settings)
    for channel, rows in frame.groupby("platform"):
        name, places = str(channel), rows.index.to_numpy()
        campaigns = rows["campaign"].where(rows["campaign"] != "", rows["campaign_id"])
        has_types = bool((rows["campaign_type"] != "").any())
        if groups is not None:
            units[places] = _grouped(name, campaigns, groups, notes)
        elif settings.unit == "type" or (settings.unit is None and has_types):
            units[places] = _specified(rows["campaign_type"])
            blank = int((rows["campaign_type"] == "").sum()) if has_types else 0
            if blank:
                notes.append(
                    with_setting(
                        f"{name}: WARNING, {blank:,} campaign-days have no campaign type; they are "
                        f"the unit {UNSPECIFIED}. Fill in the column to tell them apart.",
                        "data.unit=campaign plans by campaign, data.groups by groups of them",
                    )
                )
        else:
            known = rows if known_until is None else rows[rows["date"] <= known_until]
            pooled = _pooled(name, known, campaigns, settings.max_campaigns, notes)
            units[places] = _specified(pooled)
    return units, notes


def _specified(labels: "pd.Series[str]") -> NDArray[np.object_]:
    """Labels with a word for blanks, unless all are blank."""
    if (labels == "").all():
        return labels.to_numpy(dtype=object)
    return labels.where(labels != "", UNSPECIFIED).to_numpy(dtype=object)


def _pooled(
    channel: str, rows: pd.DataFrame, campaigns: "pd.Series[str]", most: int, notes: list[str]
) -> "pd.Series[str]":
    """Campaigns of all rows, those that are small in the rows that are known under one name."""
    named = campaigns.loc[rows.index]
    if named.nunique() <= most:
        return campaigns
    recent = rows["date"] > rows["date"].max() - pd.Timedelta(days=_RECENT_DAYS)
    spend = pd.DataFrame(
        {
            "recent": (rows["spend"] * recent).groupby(named).sum(),
            "all": rows["spend"].groupby(named).sum(),
        }
    )
    spend = spend.rename_axis("name").reset_index()
    ranked = spend.sort_values(["recent", "all", "name"], ascending=[False, False, True])
    kept = set(ranked["name"][: max(most - 1, 0)])
    others = ranked[~ranked["name"].isin(kept)]
    share = others["all"].sum() / max(spend["all"].sum(), 1e-12)
    notes.append(
        with_setting(
            f"{channel}: {len(spend)} campaigns; the {len(kept)} with the highest spend of the "
            f"last {_RECENT_DAYS} days are units of the plan, the other {len(others)} "
            f"({share:.0%} of all spend) are pooled as {OTHERS}.",
            f"data.max_campaigns={most} was given; data.groups says which belong together",
        )
    )
    return campaigns.where(campaigns.isin(kept), OTHERS)


def _grouped(
    channel: str, campaigns: "pd.Series[str]", groups: Mapping[str, list[str]], notes: list[str]
) -> NDArray[np.object_]:
    """Group of each campaign, by the patterns that match its name."""
    group_of: dict[str, str] = {}
    for name in campaigns.unique():
        full = f"{channel}/{name}".casefold()
        found = [
            group
            for group, patterns in groups.items()
            if any(fnmatchcase(name.casefold(), p) or fnmatchcase(full, p) for p in patterns)
        ]
        if len(found) > 1:
            raise config_error(
                "groups",
                f"{channel}/{name}",
                f"each campaign in one group; it is in {quoted_names(found)}",
                "make the patterns narrower",
            )
        group_of[name] = found[0] if found else OTHERS
    outside = [name for name, group in group_of.items() if group == OTHERS]
    if outside:
        notes.append(
            with_setting(
                f"{channel}: {len(outside)} campaigns are in no group and are pooled as {OTHERS}: "
                f"{quoted_names(outside[:8])}{', ...' if len(outside) > 8 else ''}.",
                "data.groups is the file of the groups",
            )
        )
    return np.array([group_of[name] for name in campaigns], dtype=object)


def _groups(settings: DataSettings) -> dict[str, list[str]] | None:
    """Patterns of campaign names by group, in lower case; None if units are no groups.

    Raises:
        ConfigError: the file is missing, too large or no mapping of names to patterns.
    """
    if settings.groups is None:
        return None
    path = expanded(settings.groups, "groups")
    content = _yaml(path)
    allowed = "a mapping from groups to lists of patterns, such as {Brand: ['*brand*']}"
    if not isinstance(content, Mapping) or not content:
        raise config_error("groups", str(path), allowed, "correct the file")
    groups: dict[str, list[str]] = {}
    for name, patterns in content.items():
        listed = [patterns] if isinstance(patterns, str) else patterns
        if not isinstance(name, str) or not isinstance(listed, list) or not listed:
            raise config_error("groups", f"{path}: {name}", allowed, "quote names and patterns")
        if not all(isinstance(pattern, str) and pattern for pattern in listed):
            raise config_error("groups", f"{path}: {name}", allowed, "quote each pattern")
        groups[name] = [pattern.casefold() for pattern in listed]
    return groups


def _yaml(path: Path) -> object:
    try:
        if not path.is_file() or path.stat().st_size > _MAX_GROUPS_FILE:
            raise config_error("groups", str(path), "a YAML file of at most 1 MB", "correct it")
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"data.groups: {shown(str(path))} cannot be read ({reason[:200]}). Allowed: a YAML "
            "file in UTF-8. To fix: correct the file."
        ) from error
