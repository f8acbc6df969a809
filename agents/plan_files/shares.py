"""Mapping from campaign types of a plan to the campaigns of an account, with their shares."""

from collections.abc import Hashable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from ...data.errors import ConfigError, shown
from ...data.names import by_full_name
from ...data.settings import require_plain

Shares = Mapping[str, Mapping[str, Fraction]]  # by full name of the plan's campaign, by campaign
KEY = "export_mapping"
_MAX_BYTES = 2**20  # of a mapping file
_TOLERANCE = Fraction(1, 10**6)  # by which shares may miss 1
_FORM = "per campaign type, campaigns and their shares, such as {Search: {Brand: 0.6, Other: 0.4}}"


class _UniqueKeys(yaml.SafeLoader):
    """Loader that refuses a key that stands twice, of which YAML would keep the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node."""
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            for key in keys:
                if keys.count(key) > 1:
                    raise yaml.YAMLError(f"the key {shown(key)} stands twice")
        return super().construct_mapping(node, deep)


def read_shares(path: Path, names: list[str], key: str = KEY) -> Shares:
    """Campaigns of an account and their shares, by campaign type of the plan.

    Args:
        path: YAML file; per campaign type a mapping from a campaign's name in the account to its
            share of the budget, a number in [0, 1] or a percentage such as 60%.
        names: full names of the plan's campaigns that need an entry.
        key: setting that names the file, for messages.

    Raises:
        ConfigError: the file is no such mapping, a type is missing, unknown or given twice, the
            shares of a type do not sum to 1, or a campaign stands under two types.
    """
    given = _content(path, key)
    require_plain(given, key)
    example = f"{{ID: {{Campaign name: 1}}}} in {path}"
    resolved = by_full_name(given, names, key, "campaign type", example)
    missing = [name for name in names if name not in resolved]
    if missing:
        raise ConfigError(
            f"{key}: {path} has no campaigns for {_listed(missing)}. Allowed: {_FORM}, for every "
            "campaign type. To fix: add them"
        )
    shares = {name: _shares(resolved[name][0], f"{key}.{resolved[name][1]}") for name in names}
    _refuse_twice(shares, key)
    return shares


def split(cents: int, shares: Mapping[str, Fraction], unit: int = 1) -> dict[str, int]:
    """Whole amounts by share that sum to the total exactly: the largest remainders get the rest.

    Args:
        cents: total, in cents, >= 0.
        shares: share of each campaign; they are scaled to sum to 1.
        unit: smallest amount, cents; the total has to be a multiple, or cents are taken.
    """
    unit = unit if cents % unit == 0 else 1
    units, whole = cents // unit, sum(shares.values(), Fraction(0))
    exact = {name: units * share / whole for name, share in shares.items()}
    parts = {name: int(value) for name, value in exact.items()}  # rounds down
    order = sorted(exact, key=lambda name: parts[name] - exact[name])  # stable, so deterministic
    for name in order[: units - sum(parts.values())]:
        parts[name] += 1
    return {name: unit * part for name, part in parts.items()}


def _content(path: Path, key: str) -> dict[Any, Any]:
    try:
        if not path.is_file():
            raise OSError("it is no file")
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise OSError(f"it has more than {_MAX_BYTES:,} bytes")
        given = _UniqueKeys(data.decode("utf-8-sig")).get_single_data()
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise ConfigError(
            f"{key}: {path} cannot be read ({reason}). Allowed: a YAML file with, {_FORM}. "
            f"To fix: correct the file, or set {key} to another one"
        ) from error
    if not isinstance(given, dict) or not given:
        raise ConfigError(f"{key}: {path} holds no mapping. Allowed: {_FORM}. To fix: write it so")
    return given


def _shares(given: Any, where: str) -> dict[str, Fraction]:
    if not isinstance(given, Mapping) or not given:
        raise ConfigError(
            f"{where}: {shown(given)} was given. Allowed: {_FORM}. To fix: name the campaigns"
        )
    shares = {}
    for name, share in given.items():
        if not isinstance(name, str) or not name.strip():
            raise ConfigError(
                f"{where}: {shown(name)} is read as no text. Allowed: names of campaigns. "
                f'To fix: put it in quotes, "{name}"'
            )
        shares[name] = _share(share, f"{where}.{name}")
    total = sum(shares.values(), Fraction(0))
    if abs(total - 1) > _TOLERANCE:
        raise ConfigError(
            f"{where}: the shares sum to {float(total):.10g}. Allowed: a sum of 1. To fix: change "
            f"the shares of {_listed(list(shares))}"
        )
    return shares


def _share(given: Any, where: str) -> Fraction:
    share = None
    if isinstance(given, str) and given.strip().endswith("%"):
        share = _fraction(given.strip()[:-1], 100)
    elif isinstance(given, int | float) and not isinstance(given, bool):
        share = _fraction(str(given), 1)
    if share is None or not 0 <= share <= 1:
        raise ConfigError(
            f"{where}: {shown(given)} was given. Allowed: a share from 0 to 1, or a percentage "
            "such as 60%. To fix: change it"
        )
    return share


def _fraction(text: str, of: int) -> Fraction | None:
    try:
        value = float(text)  # first, so that "1/3" and 1e400 are refused
        return Fraction(text.strip()) / of if abs(value) <= of else None
    except (ValueError, OverflowError):
        return None


def _refuse_twice(shares: Shares, key: str) -> None:
    seen: dict[str, str] = {}
    for kind, campaigns in shares.items():
        for name in campaigns:
            if name in seen:
                raise ConfigError(
                    f"{key}: the campaign {shown(name)} stands under {shown(seen[name])} and under "
                    f"{shown(kind)}. Allowed: each campaign once, because it has one budget. "
                    "To fix: take it out of one of them"
                )
            seen[name] = kind


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown(name) for name in names[:most]) + more
