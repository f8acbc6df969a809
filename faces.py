"""Faces that load a name at its first use, so that no command waits for what it does not run.

The face of a sub-package, its ``__init__.py``, imports the public names from its files as usual;
that is what readers, editors and mypy see. At run time those relative imports are carried out one
by one, when a name is asked for: ``from mediagym.agents.setup import PlanCommand`` brings the file
of the options, and not torch, which other files of the sub-package need.
"""

import ast
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any


class _Face(ModuleType):
    """A package whose public names are imported from its files when they are first used."""

    # public name -> relative module, and its name there; "" for the module itself
    origins: dict[str, tuple[str, str]]

    def __getattr__(self, name: str) -> Any:
        """Import a public name."""
        if name not in self.__dict__.get("origins", {}):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module, original = self.origins[name]
        value: Any = import_module(module, self.__name__)
        value = getattr(value, original) if original else value
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a file does not hide the public name that it shares with a function."""
        if isinstance(value, ModuleType) and self.origins.get(name) == (f".{name}", name):
            value = getattr(value, name)
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        """Return the public names too."""
        return sorted({*super().__dir__(), *self.origins})


def _origin(node: ast.ImportFrom, alias: ast.alias) -> tuple[str, str]:
    """Return the module that a name of a face comes from, and its name there."""
    dots = "." * node.level
    if node.module is None:
        return f"{dots}{alias.name}", ""
    return f"{dots}{node.module}", alias.name


class _FaceLoader(SourceFileLoader):
    """Runs a face without its relative imports, and remembers them."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the package, empty."""
        return _Face(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run what the face holds beside its imports: docstring and ``__all__``."""
        tree = ast.parse(self.get_data(self.path), self.path)
        relative = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.level]
        tree.body = [node for node in tree.body if node not in relative]
        module.__dict__["origins"] = {
            alias.asname or alias.name: _origin(node, alias)
            for node in relative
            for alias in node.names
        }
        exec(compile(tree, self.path, "exec"), module.__dict__)  # noqa: S102  # as any import does


class _FaceFinder(MetaPathFinder):
    """Finds the sub-packages of one package as faces."""

    def __init__(self, package: str) -> None:
        self.prefix = f"{package}."

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a sub-package; None for anything else."""
        if not name.startswith(self.prefix):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        if spec.submodule_search_locations is not None:
            spec.loader = _FaceLoader(spec.loader.name, spec.loader.path)
        return spec


def load_lazily(package: str) -> None:
    """Let all sub-packages of a package load their public names at first use."""
    sys.meta_path.insert(0, _FaceFinder(package))
