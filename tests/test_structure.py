"""The laws of the house, kept true by reading the code: which rooms and sub-packages there are, in
which order they stand on each other, and what each may import."""

import ast
import runpy
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES = {  # each room's sub-packages; each may import those before it, and all of the rooms before
    "data": "sheets formats parsing calendar exports units recommendations ingestion forecasting "
    "journeys diagnosis attribution insights",
    "envs": "arrays market projection constraints calibration.sampling "
    "calibration.filtering calibration.demand calibration calibration.report flight synthetic "
    "planning environment suite",
    "agents": "networks policies.bandits policies training pretraining external setup plans "
    "plan_files plan_page scoring frontier live evaluation leaderboard worlds studies.latents "
    "studies transfer",
    "scripts": "cli app.storage app.security app.jobs app.api app.planning app.pages "
    "app.pages.planning app fuzzing.durability fuzzing.flights fuzzing.mutation "
    "fuzzing.settings_cases fuzzing.requests fuzzing fuzzing.landings benchmarks research "
    "supply",
}
LOOSE = {  # files of a room that belong to no sub-package: its vocabulary, before them all
    "data": {
        "bounded",
        "cache",
        "errors",
        "types",
        "settings",
        "storage",
        "plotting",
        "history",
        "names",
        "display",
        "pace",
    },
    "envs": set(),
    "agents": {"policy", "rollout", "experiment", "processes"},
}
LIBRARIES = {  # where a library may be imported
    "gymnasium": ("envs", "agents", "scripts"),
    "stable_baselines3": ("agents",),
    "sb3_contrib": ("agents",),
    "safetensors": ("agents",),
    "hydra": ("scripts",),
    "omegaconf": ("scripts",),
    "torch": ("envs", "agents", "scripts"),
    "fastapi": ("scripts.app",),
    "starlette": ("scripts.app",),
    "uvicorn": ("scripts.app",),
    "sqlalchemy": ("scripts.app",),
    "prometheus_client": ("scripts.app",),
}
WITHOUT_DRAWING = {"figures", "page"}  # the files of a sub-package that a face leaves out, ...
GRADIENTS = {"autograd"}  # ... and the one file of envs that imports torch at its top
ROOMS = tuple(LINES)
PACKAGES = [p for r in ROOMS for p in (r, *(f"{r}.{name}" for name in LINES[r].split()))]
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def module_of(path):
    """``envs.market.step`` of a file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def package_of(module):
    """The sub-package, or the room, that a module lies in."""
    return max((p for p in PACKAGES if f"{module}.".startswith(f"{p}.")), key=len)


def floor_of(module):
    """How high a module stands: a room's loose files under its sub-packages, commands on top."""
    package = package_of(module)
    if "." not in package and package == "scripts":
        return len(PACKAGES)
    return PACKAGES.index(package)


def imports_of(path):
    """Pairs (absolute module, names) of all that a file imports, wherever in the file."""
    here = path.relative_to(ROOT).parts
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ("mediagym", *here)[: 1 + len(here) - node.level] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            found.append((module, [alias.name for alias in node.names]))
    return found


def ours(path):
    """The project's own modules that a file imports."""
    for module, names in imports_of(path):
        if module.startswith("mediagym."):
            yield module.removeprefix("mediagym."), names


def by_name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_a_file_imports_only_what_stands_below_it(path):
    here = floor_of(module_of(path))
    for module, _ in ours(path):
        assert floor_of(module) <= here, module


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_another_sub_package_is_imported_by_its_face(path):
    own = package_of(module_of(path))
    for module, names in ours(path):
        other = package_of(module)
        if other == own or module == other:
            continue
        rest = module.removeprefix(f"{other}.")
        assert rest in LOOSE.get(other, set()) or rest in WITHOUT_DRAWING, (module, names)


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_libraries_stay_in_their_rooms(path):
    for module, _ in imports_of(path):
        top = module.partition(".")[0]
        here = f"{module_of(path)}."
        assert here.startswith(tuple(f"{p}." for p in LIBRARIES.get(top, ROOMS))), module


def test_every_folder_of_code_is_a_package_with_a_question_and_a_face():
    folders = {module_of(path.parent / "__init__.py") for path in FILES}
    assert folders == set(PACKAGES)
    for package in PACKAGES:
        tree = ast.parse((ROOT / package.replace(".", "/") / "__init__.py").read_text())
        assert ast.get_docstring(tree), package
        if "." in package:
            assert (ast.get_docstring(tree) or "").splitlines()[0].endswith("?"), package
            exported = next(
                ast.literal_eval(node.value)
                for node in tree.body
                if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            )
            imported = {
                alias.name
                for node in tree.body
                if isinstance(node, ast.ImportFrom)
                for alias in node.names
            }
            assert set(exported) == imported, package
            assert len(exported) == len(set(exported))


def test_a_rooms_docstring_prints_its_line():
    for room, line in LINES.items():
        text = " ".join(
            (ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())) or "").split()
        )
        positions = [text.index(f"`{package}`") for package in line.split()]
        assert all(first < second for first, second in pairwise(positions)), room


def test_loose_files_are_those_that_are_named():
    for room, loose in LOOSE.items():
        assert {path.stem for path in (ROOT / room).glob("*.py")} == {"__init__", *loose}


@pytest.mark.parametrize("package", [p for p in PACKAGES if p.startswith("envs.")])
def test_importing_the_simulator_brings_neither_torch_nor_anything_that_draws(package):
    heavy = ("torch", "matplotlib", "jinja2", "sklearn", "statsmodels", "stable_baselines3")
    code = f"import sys, mediagym.{package}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)  # noqa: S603
    assert done.stdout.strip() == "[]"


def test_only_the_file_of_gradients_imports_torch_in_envs_at_its_top():
    for path in (ROOT / "envs").rglob("*.py"):
        tops = {
            alias
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import)
            for alias in (name.name for name in node.names)
        }
        assert "torch" not in tops or path.stem in GRADIENTS, path


@pytest.mark.parametrize("path", FILES, ids=by_name)
def test_no_file_outgrows_its_name(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def test_no_folder_outgrows_its_question():
    for package in PACKAGES:
        files = [p for p in (ROOT / package.replace(".", "/")).glob("*.py") if p.stem != "__init__"]
        assert len(files) <= 15, package


def test_the_packages_that_are_installed_are_those_that_exist():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    assert set(listed) == {"mediagym", "mediagym.conf", *(f"mediagym.{p}" for p in PACKAGES)}


def test_tests_mirror_the_folders():
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        folder = path.parent.relative_to(ROOT / "tests")
        assert (ROOT / folder).is_dir(), path


def test_the_picture_of_the_architecture_shows_the_imports() -> None:
    drawn = runpy.run_path(str(ROOT / "docs" / "architecture.py"))["picture"]()
    assert drawn == (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8"), (
        "run `python docs/architecture.py` and commit the picture"
    )
