"""Rules that a plan breaks, by name: violations of single days are counted under one rule."""

import re
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ...envs.constraints import Constraints, violations

_DAY = re.compile(r"day [0-9]+(?:, |$)")
_RULE = re.compile(r"((?:above|below).*?):?(?:\s+\S*?\s?-?[0-9.,]+)")  # without its amount


class BrokenRule(NamedTuple):
    """A rule that a plan breaks, on one day or on several."""

    name: str  # "microsoft: below its floor"
    times: int  # days on which it is broken; 1 for a rule of the whole flight
    example: str  # the first violation, with its amounts


def broken_rules(constraints: Constraints, plan: NDArray[Any]) -> tuple[BrokenRule, ...]:
    """Return the rules that a plan breaks.

    Args:
        constraints: the set.
        plan: (days, campaigns), whole cents if of an integer dtype, else units of the currency.
    """
    found: dict[str, list[str]] = {}
    for text in violations(constraints, plan):
        found.setdefault(_name(text), []).append(text)
    return tuple(BrokenRule(name, len(texts), texts[0]) for name, texts in found.items())


def _name(violation: str) -> str:
    """Return node and rule of a violation, such as "day 2, meta: $9 is above its daily cap $7"."""
    left, _, right = violation.rpartition(" is ")
    place = _DAY.sub("", left.rpartition(": ")[0], count=1) if left.startswith("day ") else None
    node = left.rpartition(": ")[0] if place is None else place or "total of a day"
    rule = _RULE.fullmatch(right)
    return f"{node}: {rule[1] if rule else right}"
