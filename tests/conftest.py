"""Fixtures shared by all tests; helper modules are loaded by path, as tests are no package."""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import pytest
import yaml
from mediagym.data.settings import DataSettings

ROOT = Path(__file__).parent.parent


def _load(name: str) -> ModuleType:
    path = ROOT / "tests" / "data" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"mediagym_tests_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


hypothesis.settings.register_profile(
    "mediagym",
    deadline=None,  # machines differ in speed
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],  # ours are only read
)
hypothesis.settings.load_profile("mediagym")
_EXPORTS = _load("exports")
_MALFORMED = _load("malformed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `malformed` runs once for each way a folder goes wrong."""
    if "malformed" in metafunc.fixturenames:
        mutations = _MALFORMED.MUTATIONS
        metafunc.parametrize("malformed", mutations, ids=[each.name for each in mutations])


@pytest.fixture
def exports() -> ModuleType:
    """The module tests/data/exports.py."""
    return _EXPORTS


@pytest.fixture
def export_folder(tmp_path: Path) -> Path:
    """A valid folder of exports: 60 days, 6 campaigns, no landings."""
    return _EXPORTS.write_exports(tmp_path / "exports")


@pytest.fixture
def data_settings() -> Callable[..., DataSettings]:
    """Makes settings for a folder: the shipped defaults with overrides."""
    text = (ROOT / "conf" / "data" / "default.yaml").read_text(encoding="utf-8")

    def make(path: Path | str | None, **overrides: Any) -> DataSettings:
        return DataSettings.from_mapping({**yaml.safe_load(text), "path": path, **overrides})

    return make


@pytest.fixture
def advertiser_a() -> Path:
    """The real advertiser's folder, where it is at hand."""
    folder = ROOT.parent / "shared" / "data" / "advertiser_a"
    if not folder.is_dir():
        pytest.skip("advertiser A (../shared/data/advertiser_a) is not here")
    return folder
