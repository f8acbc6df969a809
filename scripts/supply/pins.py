"""Pins of `constraints.txt`, and hashes of `requirements.lock`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

from mediagym.data.errors import data_error, shown
from mediagym.data.storage import ROOT

from .policy import Policy

CONSTRAINTS = ROOT / "constraints.txt"
LOCK = ROOT / "requirements.lock"
_HASH = r"--hash=sha256:(?P<hash>[0-9a-f]{64})"
_LINE = re.compile(
    rf"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[A-Za-z0-9.+!-]+)(?P<hashes>(?:\s+{_HASH})*)"
)
_HEADER = """\
# Versions of constraints.txt with the SHA-256 of each version's files, for hash-checking mode.
# Written by `python scripts/supply/lock.py`; see docs/supply_chain.md.
"""


class Pin(NamedTuple):
    """One version of one package."""

    name: str  # as it is written in the file
    version: str
    hashes: tuple[str, ...]  # SHA-256 in hex, sorted; empty in constraints.txt


def read_pins(path: Path) -> dict[str, Pin]:
    """Pins of a file by normalised name; see `parse_pins`.

    Raises:
        DataError: the file cannot be read, or a line is no pin.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise data_error(
            path.name, f"it cannot be read ({error})", "a text file in UTF-8", "restore it"
        ) from error
    return parse_pins(text, path.name)


def parse_pins(text: str, file: str) -> dict[str, Pin]:
    """Pins by normalised name.

    Args:
        text: lines `NAME==VERSION`, each with any number of `--hash=sha256:...`; a backslash at
            its end continues a line, `#` starts a comment.
        file: name of the file, for messages.

    Raises:
        DataError: a line is no pin, or a package is pinned twice.
    """
    pins: dict[str, Pin] = {}
    line, start = "", 1
    for row, part in enumerate([*text.splitlines(), ""], 1):
        bare = re.sub(r"(^|\s)#.*", "", part).strip()
        start = row if not line else start
        line = f"{line} {bare.removesuffix(chr(92)).strip()}".strip()
        if bare.endswith("\\") or not line:
            continue
        pin = _pin(line, file, start)
        key = canonicalize_name(pin.name)
        if key in pins:
            raise data_error(
                file, f"{pin.name} is pinned twice", "once", "remove one of the lines", row=start
            )
        pins[key], line = pin, ""
    return pins


def _pin(line: str, file: str, row: int) -> Pin:
    match = _LINE.fullmatch(line)
    if match is None:
        raise data_error(
            file,
            f"{shown(line)} is not an exact version",
            "NAME==VERSION, with or without --hash=sha256:HEX",
            "pin one version",
            row=row,
        )
    hashes = re.findall(_HASH, match["hashes"])
    return Pin(match["name"], match["version"], tuple(sorted(set(hashes))))


def write_pins(pins: Mapping[str, Pin]) -> str:
    """Text of `requirements.lock`."""
    entries = [
        " \\\n    ".join([f"{name}=={pin.version}", *(f"--hash=sha256:{h}" for h in pin.hashes)])
        for name, pin in sorted(pins.items())
    ]
    return _HEADER + "\n".join([*entries, ""])


def disagreements(pins: Mapping[str, Pin], lock: Mapping[str, Pin], policy: Policy) -> list[str]:
    """What differs between `constraints.txt` and `requirements.lock`, one line per difference."""
    fix = "To fix: run `python scripts/supply/lock.py`."
    expected = {name: pin.version for name, pin in pins.items()}
    found = []
    for name, extra in policy.also_locked.items():
        if name in expected:
            found.append(
                f"{name}: it is in constraints.txt and in also_locked of policy.toml. Allowed: "
                "one of them. To fix: remove it from policy.toml."
            )
        expected.setdefault(name, extra.version)
    for name in sorted(expected.keys() | lock.keys()):
        locked = lock[name].version if name in lock else "nothing"
        if locked != expected.get(name, "nothing"):
            found.append(
                f"{name}: requirements.lock has {locked}. Allowed: "
                f"{expected.get(name, 'nothing')}, as constraints.txt has it. {fix}"
            )
        elif not lock[name].hashes:
            found.append(f"{name}: requirements.lock has no hash. Allowed: one or more. {fix}")
    for wheel in policy.wheels:
        name, version = wheel.package
        if version != expected.get(name):
            found.append(
                f"{name}: policy.toml has the hash of {wheel.file}. Allowed: files of "
                f"{expected.get(name, 'a pinned package')}. To fix: replace the entry of `wheels`."
            )
        elif name in lock and wheel.sha256 not in lock[name].hashes:
            found.append(f"{name}: requirements.lock lacks the hash of {wheel.file}. {fix}")
    return found
