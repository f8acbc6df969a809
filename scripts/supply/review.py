"""Verdict on the installed environment: pins, tree and licences."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

from .licences import licence_faults
from .pins import Pin, disagreements
from .policy import Policy
from .tree import (
    Package,
    Project,
    every_environment,
    reached,
    scopes_of,
    this_environment,
)


class Review(NamedTuple):
    """What was found, one line each."""

    violations: tuple[str, ...]
    notes: tuple[str, ...]
    checked: tuple[str, ...]  # normalised names of the dependencies that were judged


def review(
    pins: Mapping[str, Pin],
    lock: Mapping[str, Pin],
    project: Project,
    packages: Mapping[str, Package],
    policy: Policy,
) -> Review:
    """Compares an environment with the pins, the lock and the policy.

    Args:
        pins: of `constraints.txt`, by normalised name.
        lock: of `requirements.lock`.
        project: requirements of the project.
        packages: installed packages by normalised name.
        policy: the policy.

    Returns:
        Violations and notes; a package of the environment that no dependency brings is a note.
    """
    roots = [each for requirements in project for each in requirements]
    tree = reached(roots, packages, this_environment())
    anywhere = reached(roots, packages, every_environment())
    violations = disagreements(pins, lock, policy)
    notes = []
    judged = sorted(name for name in tree if not policy.is_unpinned(name))
    for name in sorted(tree.keys() - set(judged)):
        notes.append(f"{name}: {tree[name]} asks for it; neither pinned nor judged (`unpinned`)")
    for name in judged:
        fault, note = _compare(name, tree[name], pins, packages, policy)
        violations += fault
        notes += note
    for name in sorted(pins.keys() - anywhere.keys()):
        violations.append(
            f"{name}: constraints.txt pins it and no dependency brings it. Allowed: packages of "
            "the dependency tree. To fix: remove the line."
        )
    scopes = scopes_of(project, packages, every_environment())
    own = {name: scope for name, scope in scopes.items() if not policy.is_unpinned(name)}
    violations += licence_faults(own, packages, policy)
    violations += _stale(pins, policy)
    locked = pins.keys() | policy.also_locked.keys()
    others = {name: anywhere[name] for name in anywhere.keys() - tree.keys() - locked}
    notes += _asides(others, packages.keys() - anywhere.keys(), policy)
    return Review(tuple(violations), tuple(notes), tuple(judged))


def _compare(
    name: str,
    source: str,
    pins: Mapping[str, Pin],
    packages: Mapping[str, Package],
    policy: Policy,
) -> tuple[list[str], list[str]]:
    """Violations and notes about the version of one dependency."""
    if name not in pins and name not in policy.also_locked:
        return [
            f"{name}: {source} asks for it and constraints.txt does not pin it. Allowed: pinned "
            "dependencies. To fix: add NAME==VERSION to constraints.txt."
        ], []
    if name not in packages:
        return [
            f"{name}: {source} asks for it and it is not installed. Allowed: the environment of "
            "`make install`. To fix: run `make install`."
        ], []
    version = packages[name].version
    if name not in pins:
        locked = policy.also_locked[name].version
        note = f"{name}: {version} is installed, {locked} locked; constraints.txt does not pin it"
        return [], [note] * (not _same(version, locked))
    pin = pins[name].version
    if not _same(version, pin):
        return [
            f"{name}: {version} is installed. Allowed: {pin}, as constraints.txt has it. "
            "To fix: run `make install`."
        ], []
    return [], [f"{name}: {version} is installed, a build of {pin}"] * ("+" in version)


def _same(version: str, pin: str) -> bool:
    """True if a version meets `==PIN`: without a local part in the pin, any build of it."""
    try:
        ours, wanted = Version(version), Version(pin)
    except InvalidVersion:
        return version == pin
    return ours == wanted or (wanted.local is None and ours.public == wanted.public)


def _asides(others: Mapping[str, str], strays: Collection[str], policy: Policy) -> list[str]:
    """Notes on what other systems ask for, by who asks, and on packages that nothing asks for."""
    asked = [
        f"{name}: {source} asks for it on other systems; it is not pinned"
        for name, source in sorted(others.items())
        if not policy.is_unpinned(name)
    ]
    return asked + [
        f"{name}: installed, but no dependency of this project; not judged"
        for name in sorted(set(strays) - policy.tools.keys())
    ]


def _stale(pins: Mapping[str, Pin], policy: Policy) -> list[str]:
    """Entries of the policy about packages that are not pinned."""
    named = policy.declared.keys() | policy.exceptions.keys()
    return [
        f"{name}: policy.toml names it and nothing pins it. Allowed: pinned packages. "
        "To fix: remove the entry."
        for name in sorted(named - pins.keys() - policy.also_locked.keys())
    ]
