"""Faults that are described by hand, such as those that once passed all tests: each must fail."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mediagym.data.errors import DataError

from .run import ROOT, Laboratory, measured, ordered, tried
from .selection import is_named
from .settings import Fault


class Finding(NamedTuple):
    """What became of a fault."""

    fault: str  # in words
    file: str
    test: str  # the first that failed; empty if the fault survived
    outcome: str  # as of a `Verdict`

    @property
    def is_caught(self) -> bool:
        """Whether a test failed; a fault that only takes too long is not caught."""
        return self.outcome == "killed"


def faulty(root: Path, fault: Fault) -> str:
    """Return the source of a fault's file with the fault in it.

    Raises:
        DataError: if the text that it replaces does not stand there exactly once.
    """
    source = (root / fault.file).read_text("utf-8")
    count = source.count(fault.before)
    if count != 1:
        raise DataError(
            f"{fault.file}: the text {fault.before!r} of the fault {fault.fault!r} stands there "
            f"{count} times. Allowed: once. To fix: write the fault anew in conf/mutation.yaml."
        )
    return source.replace(fault.before, fault.after)


def run_faults(lab: Laboratory, faults: Sequence[Fault]) -> Iterator[Finding]:
    """Yield what became of each fault, under the tests that stand beside it.

    Args:
        lab: where the faults live.
        faults: what is replaced by what, and the tests that must notice.

    Raises:
        DataError: if a fault does not fit its file, or a test fails without one.
    """
    codes = [faulty(ROOT, fault) for fault in faults]
    named = sorted({f"tests/{name}" for fault in faults for name in fault.tests})
    costs = measured(lab, named)
    for fault, code in zip(faults, codes, strict=True):
        own = tuple(f"tests/{name}" for name in fault.tests)
        tests = [test for test in costs.tests if is_named(test, own)]
        order = ordered(tests, costs, fault.file)
        answer = tried(lab, fault.file, code, order, costs)
        yield Finding(fault.fault, fault.file, answer["test"], answer["outcome"])


def faults_section(findings: Sequence[Finding]) -> str:
    """Return Markdown: a table of faults and the tests that noticed them."""
    if not findings:
        return "The command has not tried these faults yet.\n"
    caught = sum(finding.is_caught for finding in findings)
    rows = [
        f"| `{each.file}` | {each.fault} | {_test(each) if each.is_caught else '**none**'} |"
        for each in findings
    ]
    table = ["| place | fault | first test that fails |", "|---|---|---|", *rows]
    return "\n".join([f"{caught} of {len(findings)} faults are caught.", "", *table]) + "\n"


def _test(finding: Finding) -> str:
    file, _, name = finding.test.partition("::")
    words = name.partition("[")[0].removeprefix("test_").replace("_", " ")
    return f"`{file.removeprefix('tests/')}`: {words}"
