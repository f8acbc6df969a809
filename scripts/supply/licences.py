"""Licence of a package, whether the policy allows it, and the table of all."""

from collections.abc import Collection, Mapping

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from .policy import Policy
from .tree import SCOPES, Package, Scope


def stated(package: Package) -> str:
    """What the metadata of a package say about its licence; empty if nothing."""
    return package.expression or "; ".join(package.classifiers) or package.text


def licence_of(name: str, package: Package, policy: Policy) -> str | None:
    """SPDX expression of a package's licence, or None if its metadata do not tell.

    A declared licence counts as long as the metadata say what they said when it was declared. Of
    several classifiers all hold, so the result asks for all of them.

    Args:
        name: normalised name of the package.
        package: its metadata.
        policy: texts and declared licences.
    """
    declared = policy.declared.get(name)
    if declared and declared.states == stated(package):
        return declared.licence
    for text in (package.expression, package.text):
        expression = _spdx(policy.texts.get(text, text))
        if expression:
            return expression
    known = [_spdx(policy.texts.get(text, text)) for text in package.classifiers]
    names = [name for name in known if name is not None]
    return " AND ".join(names) if names and len(names) == len(known) else None


def _spdx(text: str) -> str | None:
    try:
        return str(canonicalize_license_expression(text)) if text else None
    except InvalidLicenseExpression:
        return None


def is_allowed(expression: str, allowed: Collection[str]) -> bool:
    """True if an SPDX expression can be met with allowed licences alone.

    Args:
        expression: canonical, as `licence_of` returns it; AND binds tighter than OR.
        allowed: identifiers, with their exception if they have one.
    """
    tokens = expression.replace("(", " ( ").replace(")", " ) ").split()

    def any_of() -> bool:
        result = all_of()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            other = all_of()
            result = result or other
        return result

    def all_of() -> bool:
        result = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            other = one()
            result = result and other
        return result

    def one() -> bool:
        name = tokens.pop(0)
        if name == "(":
            result = any_of()
            tokens.pop(0)
            return result
        if tokens and tokens[0] == "WITH":
            name = " ".join([name, tokens.pop(0), tokens.pop(0)])
        return name in allowed

    return any_of()


def licence_faults(
    scopes: Mapping[str, Scope], packages: Mapping[str, Package], policy: Policy
) -> list[str]:
    """Packages whose licence the policy does not allow, one line per package.

    Args:
        scopes: who needs a package, by normalised name; those not installed are skipped.
        packages: installed packages by normalised name.
        policy: allowed licences and exceptions.
    """
    found = []
    for name in sorted(scopes):
        if name not in packages:
            continue
        licence = licence_of(name, packages[name], policy)
        exception = policy.exceptions.get(name)
        if licence is None:
            given = repr(stated(packages[name])) if stated(packages[name]) else "nothing"
            found.append(
                f"{name}: its metadata say {given} about its licence. Allowed: an SPDX expression "
                "or a text of policy.toml. To fix: read its licence and add it to `declared`."
            )
        elif exception and exception.licence == licence:
            if SCOPES.index(scopes[name]) < SCOPES.index(exception.scope):
                found.append(
                    f"{name}: {scopes[name]} dependencies bring it, licence {licence}. Allowed: "
                    f"{exception.scope} only. To fix: drop the dependency, or decide anew in "
                    "policy.toml."
                )
        elif not is_allowed(licence, policy.allowed):
            found.append(
                f"{name}: its licence is {licence}. Allowed: {', '.join(policy.allowed)}, or an "
                "exception for this licence. To fix: replace the package, or add an exception "
                "with its reason to policy.toml."
            )
    return found


def licence_table(
    scopes: Mapping[str, Scope], packages: Mapping[str, Package], policy: Policy
) -> str:
    """Table of licences in Markdown, without versions; parameters as in `licence_faults`."""
    lines = ["| package | licence | needed by | note |", "|---|---|---|---|"]
    for name in sorted(scopes.keys() & packages.keys()):
        licence = licence_of(name, packages[name], policy) or f"unknown ({stated(packages[name])})"
        notes = []
        if name in policy.declared:
            notes.append(f"declared: {policy.declared[name].evidence}")
        if name in policy.exceptions:
            notes.append(f"exception: {policy.exceptions[name].reason}")
        lines.append(f"| {name} | {licence} | {scopes[name]} | {'; '.join(notes)} |")
    return "\n".join([*lines, ""])
