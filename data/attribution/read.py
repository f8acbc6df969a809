"""Reader of `attribution.json` that verifies every part a calibration uses."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from ..errors import DataError, shown
from ..storage import read_json

_MOST = 1e6  # of a ratio, a lift or a number of days
_MOST_LOG_SD = 10.0


def read_attribution(path: Path) -> Mapping[str, Any]:
    """Content of an attribution document; parts that it lacks are left to whoever needs them.

    Raises:
        DataError: the file cannot be read, or a part is not as `attribution.schema.json` has it.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        return {}
    fault = next(_faults(content), None)
    if fault is not None:
        raise DataError(
            f"{path}: {fault}. Allowed: an attribution.json that scripts/attribute.py wrote. To "
            "fix: run scripts/attribute.py again."
        )
    return content


def _faults(content: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the parts that are there."""
    gaps, influence, ratios = (
        content.get("inter_touch_days", {}),
        content.get("influence", []),
        content.get("ratios"),
    )
    if not isinstance(gaps, dict):
        yield _fault("inter_touch_days", gaps, "an object")
    else:
        yield from _faults_of_numbers("inter_touch_days", gaps, {"median": (_MOST, True)})
    if isinstance(influence, list):
        yield from _faults_of_pairs(influence)
    else:
        yield _fault("influence", influence, "a list")
    if ratios is None:
        return
    campaigns = ratios.get("campaigns") if isinstance(ratios, dict) else None
    if not isinstance(campaigns, dict):
        yield _fault("ratios.campaigns", campaigns, "an object")
    else:
        bounds = {"ratio": (_MOST, False), "log_sd": (_MOST_LOG_SD, False)}
        yield from _faults_of_numbers("ratios.campaigns", campaigns, bounds)


def _faults_of_pairs(influence: list[Any]) -> Iterator[str]:
    for number, pair in enumerate(influence):
        where = f"influence[{number}]"
        if not isinstance(pair, dict):
            yield _fault(where, pair, "an object")
            continue
        for key in ("label", "closer"):
            if not isinstance(pair.get(key), str):
                yield _fault(f"{where}.{key}", pair.get(key), "a text")
        bounds = {"share": (1.0, False), "lift": (_MOST, True), "low": (_MOST, True)}
        yield from _faults_of_numbers("influence", {f"[{number}]": pair}, bounds)
        supported = isinstance(pair.get("low"), int | float) and pair["low"] > 1
        if supported and (pair.get("lift") or 0) < pair["low"]:
            yield _fault(f"{where}.lift", pair.get("lift"), "a number that is not below low")


def _faults_of_numbers(
    part: str, entries: Mapping[str, Any], bounds: Mapping[str, tuple[float, bool]]
) -> Iterator[str]:
    """What is wrong with the numbers of entries.

    Args:
        part: key of the part.
        entries: objects by name.
        bounds: key of an entry -> (largest value, whether null is allowed); the least is 0.
    """
    for name, entry in entries.items():
        where = f"{part} of {shown(name)}"
        if not isinstance(entry, dict):
            yield _fault(where, entry, "an object")
            continue
        for key, (most, optional) in bounds.items():
            value = entry.get(key)
            if value is None and optional and key in entry:
                continue
            if not _is_number(value) or not 0 <= value <= most:
                yield _fault(f"{where}, {key}", value, f"a number from 0 to {most:g}")


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether a value of JSON is a number that fits a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def _fault(where: str, given: Any, expected: str) -> str:
    return f"{where} is {shown(given)}; expected {expected}"
