"""Mutants of several packages, each with its tests, in one worker."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mediagym.data.errors import DataError

from .draw import Mutant, code_of, draw
from .sandbox import Sandbox
from .selection import Costs
from .settings import MutationCommand

ROOT = Path(__file__).parents[3]
_CAUGHT = ("killed", "stopped")
_SPARE = 20  # CPU seconds, beyond what the tests take, after which a mutant counts as stopped
_BASELINE = 3600  # CPU seconds that the tests of a package may take without a mutant


class Verdict(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    outcome: str  # killed, stopped (too much CPU time), survived, hung (too much wall time)
    test: str  # the first that failed
    seconds: float  # CPU
    at_first: str = ""  # outcome when it was first tried; empty: the same

    @property
    def is_caught(self) -> bool:
        """Whether the tests noticed; a hung mutant may as well be a busy machine."""
        return self.outcome in _CAUGHT

    @property
    def was_caught(self) -> bool:
        """Whether the tests noticed when the mutant was first tried."""
        return (self.at_first or self.outcome) in _CAUGHT


class PackageResult(NamedTuple):
    """Mutants of a package."""

    package: str
    first: int  # number of the first mutant in the draw
    tests: int  # that were run
    left_out: int  # tests that cost too much
    test_seconds: float  # the limit of their cost
    verdicts: list[Verdict]


class Laboratory(NamedTuple):
    """A copy of the repository, and a worker in it."""

    sandbox: Sandbox
    ask: Callable[[dict[str, Any]], dict[str, Any]]  # does a job, returns its answer


@contextmanager
def laboratory(root: Path = ROOT) -> Iterator[Laboratory]:
    """Copy a repository into a temporary folder and start a worker there."""
    command = [sys.executable, "-m", "mediagym.scripts.fuzzing.mutation.worker"]
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(root, Path(folder))
        with subprocess.Popen(  # noqa: S603
            command,
            cwd=sandbox.tree,
            env=sandbox.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            jobs, answers = process.stdin, process.stdout
            if jobs is None or answers is None:
                raise RuntimeError("the worker has no pipes")

            def ask(job: dict[str, Any]) -> dict[str, Any]:
                print(json.dumps(job), file=jobs, flush=True)
                return dict(json.loads(answers.readline()))

            yield Laboratory(sandbox, ask)
            jobs.close()


def run_package(
    lab: Laboratory, options: MutationCommand, package: str, known: Mapping[Mutant, Verdict]
) -> Iterator[PackageResult]:
    """Yield the result so far, after each mutant of a package.

    Args:
        lab: where the mutants live.
        options: options of the command.
        package: one of its packages.
        known: verdicts that are not tried again.

    Raises:
        DataError: if a test fails without a mutant, at first or in a fork.
    """
    settings = options.rooms[package]
    mutants = draw(
        ROOT,
        package,
        settings.files,
        options.operators,
        options.mutants,
        options.seed,
        options.first,
    )
    costs = measured(lab, [f"tests/{name}" for name in settings.tests])
    tests = [test for test in costs.tests if costs.of(test) <= options.test_seconds]
    if not tests or not mutants:
        raise DataError(
            f"{package}: {len(mutants)} mutants and {len(tests)} tests within "
            f"{options.test_seconds:g} CPU seconds. Allowed: at least one of each. To fix: raise "
            "test_seconds, or name other files or tests."
        )
    left_out = len(costs.tests) - len(tests)
    verdicts: list[Verdict] = []
    sound: dict[str, set[str]] = {}  # by file, tests that pass if it is imported anew
    for mutant in mutants:
        verdict = known.get(mutant) or _judged(lab, mutant, tests, costs)
        passed = sound.setdefault(mutant.file, set())
        if mutant not in known and verdict.outcome == "killed" and verdict.test not in passed:
            passed.update(_require_sound(lab, verdict, tests, costs))
        verdicts.append(verdict)
        yield PackageResult(
            package, options.first, len(tests), left_out, options.test_seconds, verdicts
        )


def ordered(tests: Sequence[str], costs: Costs, file: str) -> list[str]:
    """Return tests, those of the file itself first, among equals the cheapest first."""
    own = f"/test_{Path(file).name}::"
    return sorted(tests, key=lambda test: (costs.of(test) > 1, own not in test, costs.of(test)))


def _judged(lab: Laboratory, mutant: Mutant, tests: Sequence[str], costs: Costs) -> Verdict:
    order = ordered(tests, costs, mutant.file)
    answer = tried(lab, mutant.file, code_of(ROOT, mutant), order, costs)
    return Verdict(mutant, answer["outcome"], answer["test"], answer["seconds"])


def _require_sound(
    lab: Laboratory, verdict: Verdict, tests: Sequence[str], costs: Costs
) -> list[str]:
    """Raise if the test that killed a mutant, after those before it, fails without a fault too.

    Returns:
        All tests that passed, each after those before it, and the one that killed.
    """
    file, failed = verdict.mutant.file, verdict.test
    order = ordered(tests, costs, file)
    if failed in order:
        order = order[: order.index(failed) + 1]
    else:  # a file that could not be imported
        order = [test for test in order if test.startswith(failed)]
    answer = tried(lab, file, (ROOT / file).read_text("utf-8"), order, costs)
    if answer["outcome"] != "survived":
        raise DataError(
            f"{answer['test'] or failed}: fails once {file} is imported anew, unchanged. Allowed: "
            "tests that pass then. To fix: run pytest on that test alone and in another order."
        )
    return [*order, failed]


def tried(
    lab: Laboratory, file: str, code: str, order: Sequence[str], costs: Costs
) -> dict[str, Any]:
    """Return the worker's answer on other code in a file.

    Args:
        lab: where the file is changed.
        file: within the repository.
        code: its source.
        order: node ids of the tests, in the order in which they are run.
        costs: of these tests and of others, which bound the time they may take.
    """
    seconds = sum(costs.tests.values()) + sum(costs.fixtures.values())
    job = {"file": file, "tests": order, "seconds": _SPARE + int(3 * seconds)}
    with lab.sandbox.changed(file, code):
        return lab.ask(job)


def measured(lab: Laboratory, tests: Sequence[str]) -> Costs:
    """Return what tests cost on the program as it is, once more if numba had to compile for them.

    Args:
        lab: where they are run.
        tests: files, folders or node ids of tests, without their parameters.

    Raises:
        DataError: if one fails.
    """
    while True:
        before = sum(1 for _ in lab.sandbox.cache.rglob("*"))
        answer = lab.ask({"file": "", "tests": tests, "seconds": _BASELINE})
        if answer["outcome"] != "survived":
            raise DataError(
                f"{answer['test'] or ' '.join(tests)}: fails without a mutant. Allowed: tests "
                "that pass. To fix: run it with pytest and mend it."
            )
        if sum(1 for _ in lab.sandbox.cache.rglob("*")) == before:
            return Costs(**answer["costs"])
