"""Pages of the Python API: one per sub-package, what its face offers with docstrings."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from links import ROOT

ROOMS = {
    "data": "What happened",
    "envs": "What would happen",
    "agents": "What to do",
    "scripts": "Run it",
}
_EXTRA = ("scripts.fuzzing.mutation",)  # needs a library that no extra of the project installs
_LONGEST = 70  # characters of a constant that is shown whole


def api_pages() -> Iterator[tuple[str, str]]:
    """Yield name and text of the pages of all faces, and of their index."""
    packages = list(faces())
    for package in packages:
        yield package, _page(package, packages)
    yield "mediagym", _automodule("mediagym", "mediagym", ["evaluate", "describe"])
    index = [
        "# Python API\n",
        "What a sub-package offers to others is its face, the names in its `__all__`; each page",
        "lists them with their docstrings. `mediagym` itself registers the environments.\n",
        "```{toctree}\n:maxdepth: 1\n\nmediagym\n```\n",
    ]
    for room, question in ROOMS.items():
        own = [name for name in packages if name.split(".")[0] == room]
        index += [
            f"## {room}: {question[0].lower()}{question[1:]}\n",
            "| sub-package | question |\n|---|---|",
            *(f"| [{name}]({name}.md) | {question_of(name)} |" for name in own),
            "\n```{toctree}\n:hidden:\n",
            *own,
            "```\n",
        ]
    yield "index", "\n".join(index)


def faces() -> Iterator[str]:
    """Yield the dotted names of all sub-packages with a face, room by room."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("__init__.py")):
            name = ".".join(path.parent.relative_to(ROOT).parts)
            if name != room and name not in _EXTRA:
                yield name


def question_of(package: str) -> str:
    """Return the first line of a face's docstring: the question that it answers."""
    source = _folder(package).joinpath("__init__.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]


def _folder(package: str) -> Path:
    return ROOT.joinpath(*package.split("."))


def _page(package: str, packages: list[str]) -> str:
    """Return the page of a face: what it defines, its constants, what it passes on."""
    lower = [f"mediagym.{name}." for name in packages if name.startswith(f"{package}.")]
    name = f"mediagym.{package}"
    face = importlib.import_module(name)
    own, constants, passed = [], [], []
    for member in face.__all__:
        value = getattr(face, member)
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            constants.append(member)
        elif value.__module__.startswith(name) and not value.__module__.startswith(tuple(lower)):
            own.append(member)
        else:
            passed.append(f"`{member}` of `{value.__module__.rpartition('.')[0]}`")
    text = _automodule(name, package, own)
    rows = [row for member in constants if (row := _constant(package, member))]
    if rows:
        text += "\n## Constants and types\n\n" + "\n".join(rows) + "\n"
    if passed:
        text += f"\nPassed on from below: {', '.join(passed)}.\n"
    return text


def _automodule(module: str, title: str, members: list[str]) -> str:
    listed = f"   :members: {', '.join(members)}" if members else "   :no-members:"
    return f"# {title}\n\n```{{eval-rst}}\n.. automodule:: {module}\n{listed}\n```\n"


def _constant(package: str, name: str) -> str:
    """Return a constant as an item of a list; empty where it is set elsewhere."""
    for path in sorted(_folder(package).glob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if name in _targets(node) and node.value is not None:  # type: ignore[attr-defined]
                value = ast.unparse(node.value)  # type: ignore[attr-defined]
                line = source.splitlines()[(node.end_lineno or 1) - 1]
                comment = line.partition("  # ")[2].removeprefix("noqa").strip()
                shown = f" = `{value}`" if len(value) <= _LONGEST else ""
                return f"- `{name}`{shown}{comment and f': {comment}'}"
    return ""


def _targets(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets]
    return [ast.unparse(node.target)] if isinstance(node, ast.AnnAssign) else []
