"""Which field of the plan's form a problem belongs to."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mediagym.data.names import resolve

from .form_words import LABELS
from .plan_form import NODE_KEYS, Errors, Fields, Node, nodes_of

FORM = ""  # the field of what belongs to no single one
_RERUN = re.compile(r" (?:To fix: c|C)hange \S+ and run again\.")  # beside the field it is plain
_CAP_BELOW = re.compile(
    r"^constraints\.(?P<kind>channel|campaign)\.floor: '?(?P<floor>[^ ']+)'? does not fit\. "
    r"Allowed: at most the cap, '?(?P<cap>[^ ']+)'? "
    r"\(constraints\.(?P=kind)(?:s\.(?P<node>.+))?\.cap\)"
)
_NUMBERED = ("calendar", "locks")


def errors_of(problem: Mapping[str, Any], fields: Fields, names: Sequence[str]) -> Errors:
    """Return what a problem says, by the field that it is about.

    Args:
        problem: document of RFC 9457, with the node and the bound that are infeasible, or with the
            pointer of the key that is not valid.
        fields: the form.
        names: campaigns, full names.
    """
    detail = str(problem.get("detail", "The plan could not be made."))
    node, pointer = problem.get("node"), problem.get("pointer")
    if node is not None:
        field = _infeasible(str(node), str(problem.get("bound")), fields, names)
        others = [each.field("") for each in nodes_of(names) if each.name != node]
        stands_elsewhere = field.startswith(tuple(others))
        said = _words(detail.removeprefix(f"{node}: "), names)
        return {field: f"{node}: {said}" if stands_elsewhere else said}
    if cap := _CAP_BELOW.search(detail):
        field, message = _cap_below(cap, fields, names)
        if fields.get(field):
            return {field: message}
    words = pointer.split("/")[1:] if isinstance(pointer, str) else []
    field = _pointed(words, names) if words else _named(detail, names)
    # beside its field a message needs no name of the key, which is a program's
    return {field: detail if field == FORM else _words(detail.partition(": ")[2] or detail, names)}


def _words(detail: str, names: Sequence[str]) -> str:
    """Return a message in the words of the form, where keys are those of the configuration."""
    for node in nodes_of(names):
        for key, label in LABELS.items():
            path = key.replace("ramp_", "ramp.")
            detail = detail.replace(
                f"constraints.{node.kind}s.{node.name}.{path}", f"“{label}” of {node.name}"
            )
    for key in NODE_KEYS["campaign"]:
        detail = detail.replace(f"Allowed: {key} without", f"Allowed: “{LABELS[key]}” without")
        detail = detail.replace(f"without {key},", f"without “{LABELS[key]}”,")
    detail = _RERUN.sub("", detail)
    return detail[:1].upper() + detail[1:]


def _cap_below(found: re.Match[str], fields: Fields, names: Sequence[str]) -> tuple[str, str]:
    """Return the field of a cap below a floor for all alike, and what is wrong with it."""
    kind, node = found["kind"], found["node"]
    every = f"“{LABELS['floor']}” of every {kind}, {found['floor']}"
    if node is None:
        fix = f"raise it, or lower “Every {kind}, at least”"
        return f"{kind}_cap", f"{found['cap']} is below {every}. To fix: {fix}."
    field = _bound([node, "cap"], names, kind)
    fix = f"raise it, or enter a lower “{LABELS['floor']}” for {node}"
    return field, f"{found['cap']} is below {every}. To fix: {fix}."


def _infeasible(node: str, bound: str, fields: Fields, names: Sequence[str]) -> str:
    if node == "total":
        return bound if bound in ("cpa", "roas") else "total"
    key = bound if bound in ("floor", "cap", "cpa", "roas") else "floor"
    # a channel without types is its only campaign too: the one whose field is filled in is meant
    same = [each for each in nodes_of(names) if each.name == node]
    filled = [
        each.field(word)
        for each in same
        for word in (key, "fixed")
        if fields.get(each.field(word)) and (word == key or key in ("floor", "cap"))
    ]
    if filled:
        return filled[0]
    if key == "floor" and (narrow := _bounds_below(node, fields, names)):
        return narrow
    found = same[-1] if same else _node(node, names)
    return FORM if found is None else found.field(key)


def _bounds_below(channel: str, fields: Fields, names: Sequence[str]) -> str:
    """Return the first filled cap or lock of a channel's campaigns; empty if there is none."""
    own = [each for each in nodes_of(names) if each.name.partition("/")[0] == channel]
    bounds = [
        each.field(key) for each in own if each.kind == "campaign" for key in ("cap", "fixed")
    ]
    return next((field for field in bounds if fields.get(field)), "")


def _named(detail: str, names: Sequence[str]) -> str:
    """Return the field of the key that a message begins with, where its name has no pointer."""
    for node in nodes_of(names):
        start = f"constraints.{node.kind}s.{node.name}."
        if detail.startswith(start):
            key = detail.removeprefix(start).partition(":")[0]
            return _bound([node.name, *key.split(".")], names, node.kind)
    return FORM


def _node(name: str, names: Sequence[str]) -> Node | None:
    nodes = nodes_of(names)
    exact = [node for node in nodes if node.name == name]
    if exact:
        return exact[-1]
    full = resolve(name, names)
    return next((node for node in nodes if node.name == full), None)


def _pointed(words: list[str], names: Sequence[str]) -> str:
    words = [word.replace("~1", "/").replace("~0", "~") for word in words]
    if words[:1] == ["env"] or words[:1] == ["objective"]:
        last = words[-1]
        return last if last in ("days", "margin") else words[0]
    if words[:1] == ["agent"]:
        return "agent"
    if words[:1] != ["constraints"] or len(words) < 2:
        return FORM
    return _constraint(words[1:], names)


def _constraint(words: list[str], names: Sequence[str]) -> str:
    group, rest = words[0], words[1:]
    if group in ("channels", "campaigns"):
        return _bound(rest, names, group.removesuffix("s"))
    if group in ("channel", "campaign") and rest:
        return f"{group}_{rest[0]}"
    if group == "ramp":
        return f"ramp_{rest[0]}" if rest else "ramp_up"
    if group in _NUMBERED:
        number = rest[0] if rest and rest[0].isdecimal() else "0"
        column = rest[1] if len(rest) > 1 else {"calendar": "start", "locks": "date"}[group]
        return f"{group}.{number}.{column}"
    simple = {"changes": "change_every", "pacing": "pacing_low"}
    return simple.get(group, group)


def _bound(words: list[str], names: Sequence[str], kind: str) -> str:
    """Return the field of a node's key; a name with full stops was taken apart by the pointer."""
    for length in range(len(words), 0, -1):
        node = _node(".".join(words[:length]), names)
        if node is None:
            continue
        node = next((n for n in nodes_of(names) if n.name == node.name and n.kind == kind), node)
        keys = words[length:]
        if keys[:1] == ["ramp"]:
            return node.field(f"ramp_{keys[1]}" if len(keys) > 1 else "ramp_up")
        return node.field(keys[0] if keys else "floor")
    return FORM
