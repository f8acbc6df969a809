"""What a re-plan takes from ``plan.json``: days, campaigns, constraints, and the planned cents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import DataError, data_error
from ...data.names import by_full_name
from ...data.storage import read_json
from ..plans import campaign_name

SCHEMA_VERSION = 2
_NAMED = ("channels", "campaigns")  # settings that hold keys by name
_OTHERS = {
    "off": ("floor", "cap", "fixed"),
    "fixed": ("floor", "cap", "off"),
}  # what a key replaces


@dataclass(frozen=True)
class SourcePlan:
    """The plan that is under way."""

    path: Path
    policy: str
    objective: str
    currency: str | None
    start: np.datetime64  # first day of the flight
    days: int
    channel_of: dict[str, str]  # channel of each campaign
    settings: dict[str, Any]  # constraints as plan.json holds them
    planned: dict[str, NDArray[np.int64]]  # cents per day and campaign, (days,) each

    @property
    def names(self) -> tuple[str, ...]:
        """Campaigns in the order of the plan."""
        return tuple(self.channel_of)

    def cents(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the planned cents in an order of campaigns, (days, campaigns)."""
        return np.stack([self.planned[name] for name in names], axis=1)


def read_source(path: Path) -> SourcePlan:
    """Read a plan of ``scripts/plan.py`` or ``scripts/replan.py``.

    Days that are over count with what had been planned for them.

    Raises:
        DataError: if the file is not a plan of this version.
    """
    content = read_json(path)
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise data_error(
            str(path),
            f"schema_version {version!r}",
            f"a plan of schema version {SCHEMA_VERSION}",
            "write it again with scripts/plan.py",
        )
    try:
        return _parsed(path, content)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DataError(
            f"{path}: not a plan as scripts/plan.py writes it: {' '.join(reason.split())}. "
            "Write it again."
        ) from None


def _parsed(path: Path, content: Mapping[str, Any]) -> SourcePlan:
    constraints, days = content["constraints"], content["days"]
    names = [str(name) for name in constraints["channel_of"]]
    planned = {name: np.zeros(len(days), np.int64) for name in names}
    for t, day in enumerate(days):
        listed = [campaign_name(row) for row in day["campaigns"]]
        if sorted(listed) != sorted(names):
            raise ValueError(f"{day['date']} does not list every campaign once")
        for name, row in zip(listed, day["campaigns"], strict=True):
            before = row.get("planned")
            planned[name][t] = round(100 * (row["budget"] if before is None else before))
    start = np.datetime64(content["flight"]["start"], "D")
    if len(days) != content["flight"]["days"] or not days:
        raise ValueError(f"{len(days)} days are listed; expected {content['flight']['days']}")
    return SourcePlan(
        path=path,
        policy=str(content["policy"]),
        objective=str(content["objective"]),
        currency=content.get("currency"),
        start=start,
        days=len(days),
        channel_of=dict(constraints["channel_of"]),
        settings=dict(constraints["settings"]),
        planned=planned,
    )


def laid_over(source: SourcePlan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan's constraint settings with those that are given laid over them.

    Args:
        source: the plan.
        given: keys of ``conf/constraints``; None: as planned. Floors and caps of single nodes
            replace the plan's one by one.

    Raises:
        ConfigError: for a name that is no campaign or channel of the plan.
    """
    settings = dict(source.settings)
    known = {
        "channels": tuple(dict.fromkeys(source.channel_of.values())),
        "campaigns": source.names,
    }
    for key, value in given.items():
        if value is None:
            continue
        if key not in _NAMED or not isinstance(value, Mapping):
            settings[key] = value
            continue
        kind, example = key[:-1], f"'constraints.{key}={{ID: {{floor: 5%}}}}'"
        named = by_full_name(value, known[key], f"constraints.{key}", kind, example)
        nodes = dict(settings.get(key) or {})
        for name, (keys, _) in named.items():
            nodes[name] = _changed(nodes.get(name) or {}, keys)
        settings[key] = nodes
    return settings


def _changed(before: Mapping[str, Any], given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given  # refused with its key where constraints are parsed
    keys = {"off" if key is False else key: value for key, value in given.items()}
    gone = {other for key in keys for other in _OTHERS.get(key, ())}
    return {key: value for key, value in before.items() if key not in gone} | keys
