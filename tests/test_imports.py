"""The rules that make it one house, kept true by reading the code."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("data", "envs", "agents", "scripts")  # each may import itself and those before it
FILES = [path for room in ROOMS for path in sorted((ROOT / room).glob("*.py"))]
ONLY_IN = {
    "gymnasium": ("envs", "agents", "scripts"),
    "stable_baselines3": ("agents",),
    "sb3_contrib": ("agents",),
    "safetensors": ("agents",),
    "hydra": ("scripts",),
    "omegaconf": ("scripts",),
    "torch": ("envs", "agents", "scripts"),
}


def imported(path):
    """Absolute names of all that a file imports, wherever in the file."""
    room = path.parent.name
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = {0: "", 1: f"mediagym.{room}.", 2: "mediagym."}[node.level]
            names.append(base + (node.module or ""))
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_imports_go_one_way(path):
    allowed = ROOMS[: ROOMS.index(path.parent.name) + 1]
    for name in imported(path):
        top, _, rest = name.partition(".")
        if top == "mediagym":
            assert rest.split(".")[0] in allowed, name
        assert path.parent.name in ONLY_IN.get(top, ROOMS), name


def test_only_the_file_of_gradients_imports_torch_in_envs_at_its_top():
    for path in (ROOT / "envs").glob("*.py"):
        tops = {
            alias
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import)
            for alias in (name.name for name in node.names)
        }
        assert "torch" not in tops or path.name == "projection_torch.py", path.name


def test_importing_the_simulator_does_not_import_torch():
    modules = [
        f"mediagym.envs.{path.stem}"
        for path in (ROOT / "envs").glob("*.py")
        if path.stem not in ("__init__", "projection_torch")
    ]
    code = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_file_outgrows_its_name(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def test_the_packages_that_are_installed_are_those_that_exist():
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert set(listed) == {"mediagym", "mediagym.conf", *(f"mediagym.{room}" for room in ROOMS)}
