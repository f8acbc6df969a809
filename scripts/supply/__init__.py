"""Where do the dependencies come from, and may they be used?

- `policy`: allowed licences, exceptions with their reasons, additional files (`policy.toml`)
- `pins`: versions of `constraints.txt`, hashes of `requirements.lock`
- `tree`: installed packages and the tree of dependencies
- `licences`: the licence of a package
- `review`: verdict on the installed environment
- `advisories`: known vulnerabilities, by pip-audit
- `bill`: software bill of materials, CycloneDX
- `arguments`: options of the commands `check`, `lock`, `sbom` and `table`
"""

from .advisories import Advisories, audit, read_answer
from .arguments import read_arguments, run_command
from .bill import bill_of_materials, purl_of
from .licences import is_allowed, licence_of, licence_table
from .pins import CONSTRAINTS, LOCK, Pin, disagreements, parse_pins, read_pins, write_pins
from .policy import Policy, read_policy
from .review import Review, review
from .tree import (
    Package,
    Project,
    installed,
    reached,
    read_project,
    scopes_of,
    this_environment,
)

__all__ = [
    "CONSTRAINTS",
    "LOCK",
    "Advisories",
    "Package",
    "Pin",
    "Policy",
    "Project",
    "Review",
    "audit",
    "bill_of_materials",
    "disagreements",
    "installed",
    "is_allowed",
    "licence_of",
    "licence_table",
    "parse_pins",
    "purl_of",
    "reached",
    "read_answer",
    "read_arguments",
    "read_pins",
    "read_policy",
    "read_project",
    "review",
    "run_command",
    "scopes_of",
    "this_environment",
    "write_pins",
]
