"""Installed packages, and the tree of dependencies below the project's own."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Literal, NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mediagym.data.storage import ROOT

Environment = Mapping[str, str]  # variables of markers, such as sys_platform
Scope = Literal["runtime", "optional", "development"]
SCOPES: tuple[Scope, ...] = ("runtime", "optional", "development")
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_PLATFORMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
)


class Package(NamedTuple):
    """What the metadata of an installed package say."""

    name: str
    version: str
    requires: tuple[str, ...] = ()  # requirements with markers, PEP 508
    expression: str = ""  # SPDX, from License-Expression
    text: str = ""  # first line of License
    classifiers: tuple[str, ...] = ()  # last parts of the licence classifiers


class Project(NamedTuple):
    """Requirements of the project."""

    runtime: tuple[Requirement, ...]
    optional: tuple[Requirement, ...]  # of the extras that a user may choose
    development: tuple[Requirement, ...]  # of the extra `dev`


def read_project(path: Path = ROOT / "pyproject.toml") -> Project:
    """Requirements in `pyproject.toml`."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    extras = dict(table.get("optional-dependencies", {}))
    development = extras.pop("dev", [])
    return Project(
        tuple(Requirement(text) for text in table["dependencies"]),
        tuple(Requirement(text) for group in extras.values() for text in group),
        tuple(Requirement(text) for text in development),
    )


def installed() -> dict[str, Package]:
    """Packages of this environment by normalised name; of two versions, the one that imports."""
    packages: dict[str, Package] = {}
    for distribution in distributions():
        package = _package(distribution)
        packages.setdefault(canonicalize_name(package.name), package)
    return packages


def _package(distribution: Distribution) -> Package:
    def values(key: str) -> list[str]:
        return [str(value).strip() for value in distribution.metadata.get_all(key) or []]

    def line(key: str) -> str:
        return "".join(values(key)[:1]).partition("\n")[0].strip()

    licences = [value for value in values("Classifier") if value.startswith("License :: ")]
    return Package(
        name=line("Name"),
        version=line("Version"),
        requires=tuple(distribution.requires or ()),
        expression=line("License-Expression"),
        text=line("License"),
        classifiers=tuple(value.rpartition(" :: ")[2] for value in licences),
    )


def this_environment() -> list[Environment]:
    """The environment of this interpreter."""
    return [{key: str(value) for key, value in default_environment().items()}]


def every_environment() -> list[Environment]:
    """That of this interpreter, and those of Linux, macOS and Windows with each Python."""
    (here,) = this_environment()
    others = [
        {**here, **platform, "python_version": python, "python_full_version": f"{python}.0"}
        for platform in _PLATFORMS
        for python in _PYTHONS
    ]
    return [here, *others]


def reached(
    requirements: Iterable[Requirement],
    packages: Mapping[str, Package],
    environments: Sequence[Environment],
) -> dict[str, str]:
    """Packages that requirements bring, directly and through other packages.

    Args:
        requirements: where to start.
        packages: installed packages by normalised name; others are named but lead no further.
        environments: a requirement counts if its marker holds in one of these.

    Returns:
        Who requires it, by normalised name: a package, or `pyproject.toml`.
    """
    todo = [(each, "pyproject.toml", "") for each in requirements]
    sources: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    while todo:
        requirement, source, extra = todo.pop()
        marker = requirement.marker
        if marker and not any(marker.evaluate({**e, "extra": extra}) for e in environments):
            continue
        name = canonicalize_name(requirement.name)
        sources.setdefault(name, source)
        for wanted in ("", *requirement.extras):
            if name in packages and (name, wanted) not in done:
                done.add((name, wanted))
                below = packages[name]
                todo += [(Requirement(text), below.name, wanted) for text in below.requires]
    return sources


def scopes_of(
    project: Project, packages: Mapping[str, Package], environments: Sequence[Environment]
) -> dict[str, Scope]:
    """Who needs a package, by normalised name: the first of runtime, optional and development.

    Args:
        project: requirements of the project.
        packages: installed packages by normalised name.
        environments: as in `reached`.
    """
    scopes: dict[str, Scope] = {}
    for scope in SCOPES:
        for name in reached(getattr(project, scope), packages, environments):
            scopes.setdefault(name, scope)
    return scopes
