"""Write `requirements.lock`: the versions of `constraints.txt` with hashes, by uv."""

import shutil
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mediagym.data.errors import MediaGymError
from mediagym.data.storage import write_text
from mediagym.scripts.supply import (
    CONSTRAINTS,
    LOCK,
    Pin,
    Policy,
    disagreements,
    read_arguments,
    read_pins,
    read_policy,
    run_command,
    write_pins,
)

# pip knows only the file that it picks here; uv lists those of all platforms, with their names
_COMPILE = (
    "pip compile - --format pylock.toml --no-deps --universal --python-version 3.11 "
    "--generate-hashes --no-header --no-annotate --no-config --quiet"
)


def lock_of(pins: Mapping[str, Pin], policy: Policy) -> dict[str, Pin]:
    """Pins with the hashes of the package index and of the policy's files.

    Raises:
        MediaGymError: uv is not installed, failed, or gave other versions.
    """
    program = shutil.which("uv")
    if program is None:
        raise MediaGymError("uv: it was not found. Allowed: uv on PATH. To fix: pip install uv.")
    lines = [f"{pin.name}=={pin.version}" for pin in pins.values()]
    lines += [f"{name}=={extra.version}" for name, extra in policy.also_locked.items()]
    done = subprocess.run(  # noqa: S603
        [program, *_COMPILE.split()],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise MediaGymError(f"uv: it failed ({said}). To fix: check the versions and the network.")
    lock = locked(done.stdout, policy)
    differences = disagreements(pins, lock, policy)
    if differences:
        raise MediaGymError(" ".join(differences))
    return lock


def locked(text: str, policy: Policy) -> dict[str, Pin]:
    """Pins with hashes, without the files that the policy excludes, and with those that it adds.

    Args:
        text: content of a `pylock.toml`.
        policy: files to exclude and to add.
    """
    lock = {}
    for package in tomllib.loads(text)["packages"]:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        hashes = {
            file["hashes"]["sha256"]
            for file in files
            if not any(fnmatch(_name_of(file), each.files) for each in policy.excluded)
        }
        name = package["name"]
        hashes |= {wheel.sha256 for wheel in policy.wheels if wheel.package[0] == name}
        lock[name] = Pin(name, package["version"], tuple(sorted(hashes)))
    return lock


def _name_of(file: Mapping[str, Any]) -> str:
    """Name of a file, which is the end of its address unless it is given."""
    return str(file.get("name") or unquote(file["url"].rpartition("/")[2]))


def main(words: Sequence[str]) -> int:
    """Write the lock; `output=FILE` writes it elsewhere."""
    options = read_arguments(words, {"output": ()})
    lock = lock_of(read_pins(CONSTRAINTS), read_policy())
    path = write_text(Path(options.get("output", LOCK)), write_pins(lock))
    print(f"{path}: {len(lock)} packages, {sum(len(pin.hashes) for pin in lock.values())} files")
    return 0


if __name__ == "__main__":
    run_command(main)
