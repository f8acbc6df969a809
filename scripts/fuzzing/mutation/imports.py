"""Which modules and which compiled functions a change of one file reaches."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

PROJECT = "mediagym"


class Imports(NamedTuple):
    """Imports of the project's modules, by name."""

    files: dict[str, Path]  # file of each module
    direct: dict[str, set[str]]  # modules that each imports, faces included


def imports_of(root: Path) -> Imports:
    """Return the imports of all modules below a root."""
    files: dict[str, Path] = {}
    for room in ("data", "envs", "agents", "scripts"):
        for path in sorted((root / room).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            files[".".join((PROJECT, *parts)).removesuffix(".__init__")] = path
    direct = {
        module: {
            each
            for target, name in _imported(module, path).values()
            for each in (target, f"{target}.{name}")
            if each in files and each != module
        }
        for module, path in files.items()
    }
    return Imports(files, direct)


def module_of(file: str) -> str:
    """Return the module of a file of the repository: ``mediagym.envs.market.step``."""
    return ".".join((PROJECT, *Path(file).with_suffix("").parts)).removesuffix(".__init__")


def reached(imports: Imports, module: str) -> set[str]:
    """Return a module and all that import it, directly or through others."""
    importers: dict[str, set[str]] = {}
    for importer, targets in imports.direct.items():
        for target in targets:
            importers.setdefault(target, set()).add(importer)
    found, waiting = {module}, [module]
    while waiting:
        for importer in importers.get(waiting.pop(), ()):
            if importer not in found:
                found.add(importer)
                waiting.append(importer)
    return found


def stale(imports: Imports, module: str) -> list[Path]:
    """Return the files whose compiled functions may have changed with a module.

    numba looks only at the file of a function. A file is stale too if its compiled functions, or
    the values of its globals, use a name that comes from a module which the change reaches.
    """
    changed = reached(imports, module)
    files = [imports.files[module]]
    for other in sorted(changed - {module}):
        path = imports.files[other]
        sources = _imported(other, path)
        for name in _used_when_compiled(ast.parse(path.read_text("utf-8"))):
            target, attribute = sources.get(name, ("", ""))
            if target in changed or f"{target}.{attribute}" in changed:
                files.append(path)
                break
    return files


def remove_compiled(cache: Path, files: Iterable[Path]) -> None:
    """Remove the compiled functions of files from a cache of numba."""
    for path in files:
        for entry in cache.glob(f"{path.parent.name}_*/{path.stem}.*"):
            entry.unlink()


def _imported(module: str, path: Path) -> Mapping[str, tuple[str, str]]:
    """Module and attribute behind each imported name of a file."""
    names: dict[str, tuple[str, str]] = {}
    package = module.split(".") if path.stem == "__init__" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: (alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*above, *([node.module] if node.module else [])])
            names |= {alias.asname or alias.name: (target, alias.name) for alias in node.names}
    return names


def _used_when_compiled(tree: ast.Module) -> set[str]:
    """Names in the bodies of functions that numba compiles and in the values of globals."""
    parts: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and "compiled" in map(
            ast.unparse, node.decorator_list
        ):
            parts += node.body
    parts += [n.value for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign) and n.value]
    return {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}
