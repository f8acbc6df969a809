"""Operators that make mutants: those of Cosmic Ray, and two of our own on its trees."""

from collections.abc import Iterator, Sequence
from typing import Any

from mediagym.data.errors import MediaGymError

try:
    from cosmic_ray.ast import Visitor, ast_nodes, get_ast
    from cosmic_ray.mutating import MutationVisitor
    from cosmic_ray.operators.operator import Example, Operator
    from cosmic_ray.plugins import get_operator
    from parso.python.tree import Keyword
except ModuleNotFoundError as error:
    raise MediaGymError(
        "mutation: the package cosmic-ray, which plants the faults, is not installed. To fix: "
        "pip install cosmic-ray."
    ) from error

Place = tuple[tuple[int, int], tuple[int, int]]  # line and column of the start and of the end
_ANNOTATIONS = ("annassign", "tfpdef")  # and the result type of a function: no behaviour


class ReturnNone(Operator):  # type: ignore[misc]  # the library has no types
    """Replaces the value of a return statement with None."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """Yield the place of each value that is returned and is not None already."""
        if node.type == "return_stmt" and node.children[1].get_code().strip() != "None":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the statement with another value."""
        node.children[1:] = [Keyword("None", node.children[1].start_pos, " ")]
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a statement before and after."""
        return (Example("def f():\n  return x", "def f():\n  return None"),)


class RemoveStatement(Operator):  # type: ignore[misc]
    """Replaces a call, a raise, or an assignment into something that exists with ``pass``."""

    def mutation_positions(self, node: Any) -> Iterator[Place]:
        """Yield the place of each statement whose removal leaves every name defined."""
        if node.type == "simple_stmt" and _removable(node.children[0]):
            yield node.start_pos, node.children[0].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """Return the line without the statement."""
        first = node.get_first_leaf()
        node.children[0] = Keyword("pass", node.start_pos, first.prefix)
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Return a statement before and after."""
        return (Example("x += 1\n", "pass\n"),)


OWN: dict[str, type[Operator]] = {"ReturnNone": ReturnNone, "RemoveStatement": RemoveStatement}


def places(source: str, name: str) -> list[Place]:
    """Return where an operator can change a source, one place per occurrence, in order.

    Args:
        source: Python code.
        name: name of an operator of Cosmic Ray, such as ``core/AddNot``, or of `OWN`.
    """
    operator = _operator(name)
    return [
        place for node in ast_nodes(get_ast(source)) for place in operator.mutation_positions(node)
    ]


def mutated(source: str, name: str, occurrence: int) -> str:
    """Return the source with one occurrence changed by an operator."""
    return str(MutationVisitor.mutate_code(source, _operator(name), occurrence))


def annotated(source: str) -> list[Place]:
    """Return the places of annotations of types, which no test can tell apart."""
    found: list[Place] = []

    class Annotations(Visitor):  # type: ignore[misc]
        def visit(self, node: Any) -> Any:
            if node.type in _ANNOTATIONS:
                last = node.children[1] if node.type == "annassign" else node.children[-1]
                found.append((node.start_pos, last.end_pos))
            if node.type == "funcdef" and node.annotation is not None:
                found.append((node.annotation.start_pos, node.annotation.end_pos))
            return node

    Annotations().walk(get_ast(source))
    return found


def _operator(name: str) -> Any:
    return (OWN.get(name) or get_operator(name))()


def _removable(statement: Any) -> bool:
    if statement.type == "raise_stmt":
        return True
    if statement.type in ("atom_expr", "power"):
        return str(statement.children[-1].get_code()).startswith("(")
    if statement.type != "expr_stmt" or statement.children[1].type == "annassign":
        return False
    is_plain = statement.children[1].get_code().strip() == "="
    return not is_plain or statement.children[0].type in ("atom_expr", "power")
