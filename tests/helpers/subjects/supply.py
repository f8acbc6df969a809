"""Small policies, packages, pins and programs of the supply chain."""

import stat
import sys
from pathlib import Path

from packaging.requirements import Requirement

from mediagym.scripts.supply import (
    Package,
    Pin,
    Policy,
    Project,
    read_policy,
    review,
)

PYTHON = sys.executable
A, B, C = "a" * 64, "b" * 64, "c" * 64
POLICY_TEXT = """
allowed = ["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"]
[texts]
"MIT License" = "MIT"
[declared.vague]
states = "BSD License"
licence = "BSD-3-Clause"
evidence = "LICENSE"
[exceptions.copyleft]
licence = "GPL-2.0-or-later"
scope = "development"
reason = "tests only"
"""


def a_policy(tmp_path: Path, more: str = "") -> Policy:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY_TEXT + more, encoding="utf-8")
    return read_policy(path)


def a_project(runtime: str = "top", optional: str = "", development: str = "copyleft") -> Project:
    return Project(*(tuple(map(Requirement, t.split())) for t in (runtime, optional, development)))


def some_packages(**changes: Package) -> dict[str, Package]:
    packages = {
        "top": Package("top", "1.0", ("vague>=1", 'windows; sys_platform == "win32"'), "MIT"),
        "vague": Package("vague", "2.0", classifiers=("BSD License",)),
        "copyleft": Package("copyleft", "3.0", expression="GPL-2.0-or-later"),
        "mediagym": Package("mediagym", "0.1.0", expression="MIT"),
        "pip": Package("pip", "23.0", expression="MIT"),
    }
    return {**packages, **changes}


def some_pins(**changes: str) -> dict[str, Pin]:
    versions = {"top": "1.0", "vague": "2.0", "copyleft": "3.0", **changes}
    return {name: Pin(name, version, ()) for name, version in versions.items()}


def with_hashes(pins: dict[str, Pin]) -> dict[str, Pin]:
    return {name: pin._replace(hashes=(A, B)) for name, pin in pins.items()}


def violations_of(policy: Policy, project: Project | None = None, **packages: Package) -> list[str]:
    pins = some_pins()
    found = review(
        pins, with_hashes(pins), project or a_project(), some_packages(**packages), policy
    )
    return list(found.violations)


def a_wheel(version: str) -> str:
    file = f"top-{version}-cp311-cp311-linux_x86_64.whl"
    return f'[[wheels]]\nfile = "{file}"\nsha256 = "{C}"\nreason = "why"\n'


PYLOCK = f"""
[[packages]]
name = "top"
version = "1.0"
sdist = {{ url = "x://host/top-1.0.tar.gz", hashes = {{ sha256 = "{A}" }} }}
wheels = [{{ url = "x://host/top-1.0%2B-cp311-gpu.whl", hashes = {{ sha256 = "{B}" }} }}]
"""


def a_program(folder: Path, name: str, code: str) -> None:
    path = folder / name
    path.write_text(f"#!{PYTHON}\n{code}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
