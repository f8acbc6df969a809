"""What is built for the package index: complete, usable from anywhere, and never written into."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import BytesParser
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import pytest

import mediagym

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
SHIPPED = ("agents/", "conf/", "data/", "envs/", "scripts/")  # folders that are installed whole
IGNORED = shutil.ignore_patterns(
    *(".git", ".venv", ".types", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info"),
    ".slurm",
    *("outputs", "multirun", "build", "dist", "reference", "benchmark.json", ".*.swp"),
)
USE = """
import sys
import gymnasium as gym
import mediagym
assert mediagym.__file__.startswith(sys.argv[1]), mediagym.__file__
other = {"constraints": {"total": 150_000}, "solver": {"iterations": 3, "draws": 4}}
for name, settings in (("Full-S", {}), ("Calibrated", other)):
    env = gym.make(f"mediagym/{name}-v1", **settings)
    env.reset(seed=0)
    assert abs(env.step(env.action_space.sample())[1]) < 100
sys.argv[1:] = sys.argv[2:]
from mediagym.scripts.plan import run
run()
"""


class Built(NamedTuple):
    """The two files for the package index, unpacked."""

    source: Path  # folder of the source distribution
    site: Path  # folder with the content of the wheel, as it is installed
    copied: set[str]  # files of the checkout, by their path
    wheel: str  # name of the wheel


def files_in(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def commands() -> dict[str, str]:
    """Modules of the commands by name: the files with ``@command("NAME", ...)``."""
    found = {}
    for folder in ("scripts", "scripts/research"):
        for path in (ROOT / folder).glob("*.py"):
            match = re.search(r'^@command\("(\w+)"', path.read_text(encoding="utf-8"), re.M)
            if match:
                found[match[1]] = f"mediagym.{folder.replace('/', '.')}.{path.stem}:run"
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The source distribution of a copy of the checkout, and the wheel that is built from it."""
    pytest.importorskip("build", reason="the package `build` is not installed")
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT, folder / "checkout", ignore=IGNORED)
    copied = files_in(folder / "checkout")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "../files"],
        cwd=folder / "checkout",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (archive,), (wheel,) = ((folder / "files").glob(end) for end in ("*.tar.gz", "*.whl"))
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")  # noqa: S202  # our own archive
    return Built(folder / archive.name.removesuffix(".tar.gz"), folder / "site", copied, wheel.name)


@pytest.mark.slow
def test_the_source_distribution_has_all_of_the_checkout(built: Built) -> None:
    assert built.copied - files_in(built.source) == set()
    added = files_in(built.source) - built.copied
    assert {name for name in added if "egg-info" not in name} == {"PKG-INFO", "setup.cfg"}


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_package_and_no_other(built: Built) -> None:
    expected = {name for name in built.copied if name.startswith(SHIPPED)}
    expected |= {path.name for path in ROOT.glob("*.py")} | {"py.typed"}
    assert files_in(built.site / "mediagym") == expected
    assert {path.name for path in built.site.iterdir()} == {
        "mediagym",
        f"mediagym-{mediagym.__version__}.dist-info",
    }


@pytest.mark.slow
def test_the_metadata_say_the_version_of_the_module_and_the_licence(built: Built) -> None:
    (folder,) = built.site.glob("*.dist-info")
    metadata = BytesParser().parsebytes((folder / "METADATA").read_bytes())
    assert metadata["Version"] == mediagym.__version__
    assert built.wheel.startswith(f"mediagym-{mediagym.__version__}-py3-none-any")
    assert metadata["License-Expression"] == "MIT"
    assert (folder / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize(("package", "patterns"), SETUPTOOLS["package-data"].items())
def test_each_pattern_of_package_data_names_files(package: str, patterns: list[str]) -> None:
    folder = ROOT / "/".join(package.split(".")[1:])
    for pattern in patterns:
        assert any(path.is_file() for path in folder.glob(pattern)), pattern


def test_every_command_has_a_console_script_and_a_configuration() -> None:
    scripts = {f"mediagym-{name.replace('_', '-')}": target for name, target in commands().items()}
    declared = PROJECT["project"]["scripts"]
    assert {name: declared[name] for name in declared if name in scripts} == scripts
    for name in commands():
        assert (ROOT / "conf" / f"{name}.yaml").is_file()
    installed = {entry.name: entry.value for entry in entry_points(group="console_scripts")}
    assert installed["mediagym-plan"] == scripts["mediagym-plan"]


@pytest.mark.slow
def test_every_console_script_has_a_function(built: Built) -> None:
    for target in PROJECT["project"]["scripts"].values():
        module, _, function = target.partition(":")
        path = built.site / f"{module.replace('.', '/')}.py"
        assert re.search(rf"^def {function}\(", path.read_text(encoding="utf-8"), re.M), target


@pytest.mark.slow
def test_the_installed_package_plans_elsewhere_and_is_not_written_into(
    built: Built, toy: list[str], tmp_path: Path
) -> None:
    def state() -> dict[str, tuple[int, int]]:
        files = (built.site / name for name in files_in(built.site))
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    before, work, home = state(), tmp_path / "work", tmp_path / "home"
    work.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(built.site), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    arguments = [*toy, "agent=universal", "output=plan.json", "page=false"]
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-c", USE, str(built.site), *arguments],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert state() == before
    names = files_in(tmp_path)
    assert "work/plan.json" in names
    assert any(name.startswith("home/.cache/mediagym/compiled/") for name in names)
    for name in names:
        assert name.startswith(("work/plan.json", "work/outputs/cache/", "home/.cache/")), name
