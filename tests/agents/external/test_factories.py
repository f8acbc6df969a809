"""Factories of the user's own policies: by module or by file; every mistake is one line."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mediagym.agents.experiment import Experiment
from mediagym.agents.external import describe_experiment, load_factory, made_by, names_factory
from mediagym.agents.policies import baseline
from mediagym.agents.rollout import rollout_policy
from mediagym.agents.setup import candidates_of, require_known
from mediagym.data.errors import ConfigError

ZERO = """
import numpy as np
calls = []

def make(task):
    calls.append(task.id)
    return lambda observations: np.zeros((len(observations), 1 + len(task.campaigns)))

def seeds(task):
    return [make(task), make(task)]

class Zero:
    def __init__(self, task):
        self.size = 1 + len(task.campaigns)
    def act(self, observations):
        return np.zeros((len(observations), self.size))
    @classmethod
    def of(cls, task):
        return cls(task)

def fails(task):
    raise OSError("weights.pt\\nis missing")

number = 3
"""


@pytest.fixture(scope="module")
def small(task_experiment: Callable[..., Experiment]) -> Experiment:
    return task_experiment("Uncertain-S", markets=3)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with modules that no other test has imported."""
    known, path = set(sys.modules), list(sys.path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_zero.py").write_text(ZERO)
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").write_text("")
    (tmp_path / "own_package" / "inner.py").write_text(ZERO)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - known:
        if name.startswith(("own_", "mediagym_policy_", "replan")):
            del sys.modules[name]


NAMES = ["own_zero:make", "own_package.inner:Zero", "own_zero:Zero.of", "own_zero.py:make"]


@pytest.mark.parametrize("name", [*NAMES, "./own_package/inner.py:Zero"])
def test_a_factory_takes_part_by_its_name(small: Experiment, folder: Path, name: str) -> None:
    require_known(["static", name], small.id)
    static, own = candidates_of(["static", name], small)
    assert static.name == "static"
    assert own.name == name.rpartition("/")[2].replace(".py", "")
    plan = baseline("follow" if small.env.action.follow else "static", small)  # an action of 0
    markets = small.held_out("test")
    found = [rollout_policy(small.problem, each, markets).total for each in (own.policies[0], plan)]
    np.testing.assert_allclose(*found, rtol=1e-4)


def test_a_list_of_policies_is_one_entry_with_training_seeds(
    small: Experiment, folder: Path
) -> None:
    (entry,) = candidates_of(["own_zero:seeds"], small)
    assert len(entry.policies) == 2


def test_the_factory_is_called_once_per_task_with_its_description(
    small: Experiment, folder: Path
) -> None:
    require_known(["own_zero:make"], small.id)
    assert sys.modules["own_zero"].calls == []  # importing is not calling
    candidates_of(["own_zero:make"], small)
    assert sys.modules["own_zero"].calls == [small.id]


def test_two_files_of_one_name_are_told_apart(small: Experiment, folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "own_zero.py").write_text(ZERO)
    names = ["own_zero.py:make", "a/own_zero.py:make"]
    assert [each.name for each in candidates_of(names, small)] == names


def test_the_current_folder_comes_before_the_folder_of_the_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = Path(__file__).parents[3] / "scripts"
    monkeypatch.setattr(sys, "path", [str(scripts), *sys.path])
    (folder / "replan.py").write_text(ZERO)
    assert load_factory("replan:make").__module__ == "replan"
    assert sys.modules["replan"].__file__ == str(folder / "replan.py")


def test_a_file_that_was_changed_is_read_anew_and_imports_its_neighbours(folder: Path) -> None:
    inner = folder / "deeper"
    inner.mkdir()
    (inner / "own_neighbour.py").write_text("size = 4\n")
    path = inner / "own.py"
    path.write_text("import own_neighbour\ndef make(task): return own_neighbour.size\n")
    assert load_factory(f"{path}:make")(None) == 4  # type: ignore[arg-type]
    assert load_factory(f"{path}:make") is load_factory(f"{path}:make")
    path.write_text("def make(task):\n    return 5 + 0\n")
    assert load_factory(f"{path}:make")(None) == 5  # type: ignore[arg-type]


def test_a_path_with_a_colon_and_a_plain_name_are_no_factories(folder: Path) -> None:
    (folder / "run:1").mkdir()
    assert not names_factory("run:1")
    assert not names_factory("static")
    assert names_factory("static:make")


WRONG = {
    "no module": ("nowhere_at_all:make", ["no module 'nowhere_at_all'", "path/to/file.py"]),
    "no package": ("own_package.nothing:make", ["no module 'own_package.nothing'"]),
    "no name of a module": ("my-policy:make", ["no module 'my-policy'"]),
    "no words": (":make", ["no module ''"]),
    "no attribute": ("own_zero:mak", ["own_zero.py has no 'mak'", "Did you mean 'make'"]),
    "nothing after the colon": ("own_zero:", ["has no ''"]),
    "no function": ("own_zero:number", ["type int", "name the function"]),
    "no file": ("lost/own.py:make", ["no file 'lost/own.py'"]),
    "a mistake inside": ("own_broken:make", ["ZeroDivisionError", "own_broken.py, line 2"]),
    "no Python": ("own_syntax.py:make", ["SyntaxError"]),
    "a library that is missing": ("own_missing:make", ["No module named 'nowhere_at_all'"]),
    "an exit": ("own_exit:make", ["raised SystemExit: stop"]),
}


@pytest.mark.parametrize(("name", "fragments"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_one_line_before_anything_slow(
    small: Experiment, folder: Path, name: str, fragments: list[str]
) -> None:
    (folder / "own_broken.py").write_text("\n1 / 0\n")
    (folder / "own_syntax.py").write_text("def make(task:\n")
    (folder / "own_missing.py").write_text("import nowhere_at_all\n")
    (folder / "own_exit.py").write_text("import sys\nsys.exit('stop')\n")
    with pytest.raises(ConfigError) as caught:
        require_known([name], small.id)
    message = str(caught.value)
    assert message.startswith(f"policy {name!r}: ")
    assert "\n" not in message
    for fragment in fragments:
        assert fragment in message, message


def test_a_factory_that_fails_is_one_line(small: Experiment, folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"the factory raised OSError: weights\.pt is missing"):
        made_by("own_zero:fails", describe_experiment(small))
