"""The container's parts, without building it: what it copies, installs, runs and asks."""

import ast
import json
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

from hydra import compose, initialize_config_dir

from mediagym.data.storage import CONF
from mediagym.scripts.app import ServeCommand
from mediagym.scripts.cli import to_plain_dict

ROOT = Path(__file__).parents[1]
INSTRUCTIONS = (
    *("FROM", "ENV", "RUN", "ARG", "COPY", "USER", "WORKDIR", "VOLUME", "EXPOSE"),
    *("STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"),
)


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Containerfile with their arguments, one line each."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in pairs]


def one(name: str) -> str:
    (found,) = [rest for instruction, rest in instructions() if instruction == name]
    return found


def test_every_instruction_is_one_and_the_first_names_the_image() -> None:
    names = [name for name, _ in instructions()]
    assert set(names) <= set(INSTRUCTIONS)
    assert names[0] == "FROM"
    python = one("FROM").rpartition("python:")[2].removesuffix("-slim")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert tuple(map(int, python.split("."))) >= tuple(map(int, wanted.lstrip(">=").split(".")))


def test_what_it_installs_from_is_copied() -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    ignored = [line for line in lines if line and not line.startswith("#")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert one("COPY") == ". /src"
    copied = {
        path.name
        for path in ROOT.iterdir()
        if not any(fnmatch(path.name, pattern) for pattern in ignored)
    }
    packages = {each.split(".")[1] for each in project["tool"]["setuptools"]["packages"][1:]}
    needed = {"pyproject.toml", "constraints.txt", "__init__.py", "py.typed"}
    needed |= {project["project"]["readme"], *project["project"]["license-files"]}
    assert needed | packages <= copied
    (install,) = [rest for name, rest in instructions() if name == "RUN" and "pip" in rest]
    words = shlex.split(install)
    assert words[words.index("-c") + 1] == "/src/constraints.txt"
    (target,) = [word for word in words if word.startswith("/src[")]
    extras = target.removeprefix("/src[").removesuffix("]").split(",")
    assert set(extras) <= set(project["project"]["optional-dependencies"])


def test_it_runs_the_server_not_as_root_with_options_that_exist() -> None:
    entry, command = json.loads(one("ENTRYPOINT")), json.loads(one("CMD"))
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry[0] in scripts
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = to_plain_dict(compose("serve", [*entry[1:], *command]))
    options = ServeCommand.read(config)
    assert options.folder == Path(one("VOLUME"))
    assert (options.host, str(options.port)) == ("0.0.0.0", one("EXPOSE"))  # noqa: S104
    assert options.allowed_hosts  # without which the server refuses this host
    assert one("USER") not in ("root", "0")
    names = [name for name, _ in instructions()]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_its_health_check_asks_an_address_of_the_server() -> None:
    check = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    assert check[:2] == ["python", "-c"]
    constants = [n.value for n in ast.walk(ast.parse(check[2])) if isinstance(n, ast.Constant)]
    assert f"http://127.0.0.1:{one('EXPOSE')}/readyz" in constants
