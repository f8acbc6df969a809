"""Known vulnerabilities of the locked versions, by pip-audit if it is installed and online."""

import json
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

_SECONDS = 300  # limit of one run of pip-audit


class Advisories(NamedTuple):
    """Answer about known vulnerabilities."""

    vulnerable: tuple[str, ...]  # one line per vulnerability
    gap: str  # why packages were not checked; empty if all of them were


def audit(lock: Path, names: Collection[str]) -> Advisories:
    """Asks pip-audit about the packages of a lock.

    Args:
        lock: file with exact versions.
        names: normalised names of its packages; each must be in the answer.

    Returns:
        Vulnerabilities; and the gap, since pip-audit also exits with 0 if it skipped packages.
    """
    here = shutil.which("pip-audit", path=str(Path(sys.executable).parent))
    program = here or shutil.which("pip-audit")
    if program is None:
        return Advisories((), "pip-audit is not installed (`pip install pip-audit`)")
    options = ["--no-deps", "--disable-pip", "--format=json", "--progress-spinner=off"]
    try:
        done = subprocess.run(  # noqa: S603
            [program, "-r", str(lock), *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Advisories((), f"pip-audit did not finish within {_SECONDS} seconds")
    except OSError as error:
        return Advisories((), f"pip-audit cannot be run ({error.strerror})")
    try:
        return read_answer(json.loads(done.stdout), names)
    except (ValueError, KeyError, TypeError):
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        return Advisories((), f"pip-audit ended with status {done.returncode} and said: {said}")


def read_answer(answer: Any, names: Collection[str]) -> Advisories:
    """Reads the JSON of pip-audit; see `audit`.

    Raises:
        KeyError: the answer lacks a field.
        TypeError: the answer has another form.
    """
    checked, vulnerable = set(), []
    for package in answer["dependencies"]:
        if "skip_reason" in package:
            continue
        checked.add(package["name"])
        for fault in package["vulns"]:
            fixed = ", ".join(fault["fix_versions"]) or "no version yet"
            vulnerable.append(
                f"{package['name']}: {package['version']} has the known vulnerability "
                f"{fault['id']}. Allowed: versions without one. To fix: pin {fixed}."
            )
    missing = sorted(set(names) - checked)
    gap = ""
    if missing:
        shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        gap = f"pip-audit skipped {len(missing)} of {len(names)} packages ({shown}): no answer"
    return Advisories(tuple(vulnerable), gap)
