"""Software bill of materials in CycloneDX 1.5."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from packaging.requirements import Requirement

from .licences import licence_of
from .pins import Pin
from .policy import Policy
from .tree import Package, Project, every_environment, reached, scopes_of, this_environment

_SCOPES = {"runtime": "required", "optional": "optional", "development": "excluded"}


def purl_of(name: str, version: str) -> str:
    """Package URL of a package of the Python package index.

    Args:
        name: normalised name.
        version: its version.
    """
    return f"pkg:pypi/{name}@{quote(version, safe='')}"


def bill_of_materials(
    lock: Mapping[str, Pin],
    project: Project,
    packages: Mapping[str, Package],
    policy: Policy,
) -> dict[str, Any]:
    """Document of all locked packages, the same for the same input.

    `hashes` are the SHA-256 of every file of the version: wheels by platform, and the source. A
    package that only development needs has the scope `excluded`.

    Args:
        lock: pins with hashes by normalised name.
        project: requirements of the project.
        packages: installed packages by normalised name, for licences and dependencies.
        policy: declared licences.
    """
    own = packages["mediagym"]
    root = purl_of("mediagym", own.version)
    scopes = scopes_of(project, packages, every_environment())
    components = [
        _component(name, pin, _SCOPES[scopes[name]], packages.get(name), policy)
        for name, pin in sorted(lock.items())
    ]
    dependencies = _dependencies(root, lock, project, packages)
    content = json.dumps([components, dependencies], sort_keys=True)
    application = {
        "type": "application",
        "bom-ref": root,
        "name": "mediagym",
        "version": own.version,
        "purl": root,
        "licenses": [{"license": {"id": own.expression}}],
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, root + content)}",
        "version": 1,
        "metadata": {"component": application},
        "components": components,
        "dependencies": dependencies,
    }


def _dependencies(
    root: str, lock: Mapping[str, Pin], project: Project, packages: Mapping[str, Package]
) -> list[dict[str, Any]]:
    """Direct dependencies in this environment, of the project and of each locked package."""
    here = this_environment()
    refs = {name: purl_of(name, pin.version) for name, pin in lock.items()}
    below = {root: [each for requirements in project for each in requirements]}
    for name, ref in refs.items():
        needs = packages[name].requires if name in packages else ()
        below[ref] = [Requirement(text) for text in needs]
    return [
        {"ref": ref, "dependsOn": sorted(refs[n] for n in reached(needs, {}, here) if n in refs)}
        for ref, needs in sorted(below.items())
    ]


def _component(
    name: str, pin: Pin, scope: str, package: Package | None, policy: Policy
) -> dict[str, Any]:
    ref = purl_of(name, pin.version)
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": ref,
        "name": name,
        "version": pin.version,
        "scope": scope,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in pin.hashes],
        "purl": ref,
    }
    licence = licence_of(name, package, policy) if package else None
    if licence:
        is_single = " " not in licence
        component["licenses"] = [
            {"license": {"id": licence}} if is_single else {"expression": licence}
        ]
    return component
