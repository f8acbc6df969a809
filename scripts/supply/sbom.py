"""Write the software bill of materials of the locked packages as CycloneDX 1.5 JSON."""

from collections.abc import Sequence
from pathlib import Path

from mediagym.data.errors import MediaGymError
from mediagym.data.storage import write_json
from mediagym.scripts.supply import (
    CONSTRAINTS,
    LOCK,
    bill_of_materials,
    installed,
    read_arguments,
    read_pins,
    read_policy,
    read_project,
    review,
    run_command,
)


def main(words: Sequence[str]) -> int:
    """Write the document to `output=FILE`, unless the environment violates the policy."""
    options = read_arguments(words, {"output": ()})
    if "output" not in options:
        raise MediaGymError("output: nothing was given. Allowed: a file. To fix: output=sbom.json.")
    policy, lock, project, packages = read_policy(), read_pins(LOCK), read_project(), installed()
    violations = review(read_pins(CONSTRAINTS), lock, project, packages, policy).violations
    if violations:
        more = f" ({len(violations) - 1} more: scripts/supply/check.py)" * (len(violations) > 1)
        raise MediaGymError(f"{violations[0]}{more}")
    if "mediagym" not in packages:
        raise MediaGymError("mediagym: it is not installed. To fix: run `make install`.")
    document = bill_of_materials(lock, project, packages, policy)
    path = write_json(Path(options["output"]), document)
    print(f"{path}: {len(document['components'])} components")
    return 0


if __name__ == "__main__":
    run_command(main)
