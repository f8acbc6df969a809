"""Faces load their names at first use: as `from ... import` says, and nothing before it is used."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from mediagym.faces import load_lazily

ROOT = Path(__file__).parents[1]
FACES = sorted(
    ".".join(("mediagym", *path.parent.relative_to(ROOT).parts))
    for room in ("data", "envs", "agents", "scripts")
    for path in (ROOT / room).rglob("__init__.py")
)
HEAVY = (
    "torch",
    "numba",
    "stable_baselines3",
    "sb3_contrib",
    "sklearn",
    "matplotlib",
    "statsmodels",
)
COMMANDS = {  # each with what it cannot do without
    "research.ablate": [],
    "attribute": [],
    "backtest": [],
    "calibrate": [],
    "evaluate": [],
    "ingest": [],
    "insights": [],
    "plan": ["output=plan.json"],
    "recovery": [],
    "score": [f"plan={ROOT / 'README.md'}"],  # any file: it is not read
    "serve": [],
    "synthesize": ["path=DIR", "seed=1", "days=365"],
    "train": [],
    "tune": [],
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a face: two files, of which one has the name of what it holds."""
    (tmp_path / "shop" / "goods").mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").write_text("")
    face = "from .price import price\nfrom .weight import gram as unit\n"
    (tmp_path / "shop" / "goods" / "__init__.py").write_text(f'"""What is it worth?"""\n\n{face}')
    (tmp_path / "shop" / "goods" / "price.py").write_text("def price():\n    return 3\n")
    (tmp_path / "shop" / "goods" / "weight.py").write_text("gram = 'g'\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    load_lazily("shop")
    yield import_module("shop.goods")
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def test_a_face_loads_a_name_when_it_is_first_used(package):
    assert not {"shop.goods.price", "shop.goods.weight"} & set(sys.modules)
    assert package.unit == "g"
    assert "shop.goods.weight" in sys.modules
    assert "shop.goods.price" not in sys.modules
    assert package.__doc__ == "What is it worth?"
    assert {"price", "unit"} <= set(dir(package))


def test_a_file_does_not_hide_the_function_of_its_name(package):
    import_module("shop.goods.price")
    assert package.price() == 3


def test_a_name_that_a_face_does_not_have_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=r"'shop\.goods' has no attribute 'colour'"):
        _ = package.colour


@pytest.mark.parametrize("face", FACES)
def test_every_public_name_is_there(face):
    if face.endswith(".mutation"):
        pytest.importorskip("cosmic_ray", reason="cosmic-ray is not installed")
    module = import_module(face)
    for name in getattr(module, "__all__", ()):
        assert not isinstance(getattr(module, name), ModuleType)


def _imported(code, libraries=HEAVY):
    """Those of the libraries that a new process has imported after some code."""
    code += f"\nimport sys; print([name for name in {libraries} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_importing_the_package_brings_nothing_heavy():
    assert _imported("import mediagym", (*HEAVY, "scipy", "pandas", "numba", "pydantic")) == "[]"


PARSING = """
from importlib import import_module
from hydra import compose, initialize_config_dir
from mediagym.agents.live import ReplanCommand  # to be parsed, it needs a plan
from mediagym.agents.setup import TrainCommand
from mediagym.scripts.cli import launch, to_plain_dict

with initialize_config_dir({conf!r}, version_base="1.3"):
    for name, words in {commands!r}.items():
        config = to_plain_dict(compose(name.rpartition(".")[2], words))
        # what trains looks for a run to go on with in the words of the command line
        parse = TrainCommand.read if name == "train" else import_module(
            "mediagym.scripts." + name
        ).run.parse
        parse(config)
"""


def test_parsing_the_options_of_a_command_brings_nothing_heavy():
    """All commands in one process: what one of them imports would show."""
    code = PARSING.format(conf=str(ROOT / "conf"), commands=COMMANDS)
    assert _imported(code) == "[]"
