"""A plugin of pytest that measures what tests cost and runs the cheap ones first."""

import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

import hypothesis
import pytest


def is_named(test: str, names: Sequence[str]) -> bool:
    """Return whether a node id is that of a test, or in a file or folder, of the given names."""
    return any(
        test == name or test.startswith((f"{name}/", f"{name}::", f"{name}[")) for name in names
    )


class Costs(NamedTuple):
    """CPU seconds of tests and of the fixtures that several tests share."""

    tests: dict[str, float]  # by node id, without shared fixtures
    fixtures: dict[str, float]  # by name
    uses: dict[str, list[str]]  # shared fixtures of each test

    def of(self, test: str) -> float:
        """Return the CPU seconds of a test that runs alone; 0 for one that was not measured."""
        shared = sum(self.fixtures[name] for name in self.uses.get(test, ()))
        return self.tests.get(test, 0.0) + shared


class Selection:
    """Plugin that runs the tests of given node ids, in their order, and remembers costs."""

    def __init__(self, tests: Sequence[str], order: Mapping[str, int] | None) -> None:
        """Make the plugin.

        Args:
            tests: as `is_named` takes them.
            order: positions by node id; None: all tests, as pytest orders them.
        """
        self.tests, self.order = tests, order
        self.costs = Costs({}, {}, {})
        self.failed: list[str] = []

    def pytest_sessionstart(self) -> None:
        """Make hypothesis draw the same examples every time, and report the first failure."""
        generate = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        parent = hypothesis.settings.get_profile("mediagym")  # of tests/conftest.py
        hypothesis.settings.register_profile(
            "mutation", parent=parent, derandomize=True, database=None, phases=generate
        )
        hypothesis.settings.load_profile("mutation")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that are named, in their order."""
        if self.order is None:
            items[:] = [item for item in items if is_named(item.nodeid, self.tests)]
        else:
            items[:] = [item for item in items if item.nodeid in self.order]
            items.sort(key=lambda item: (self.order or {})[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        """Measure fixtures that tests share."""
        start = time.process_time()
        result = yield
        if fixturedef.scope != "function":
            self.costs.fixtures[fixturedef.argname] = time.process_time() - start
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Function) -> Generator[None, Any, Any]:
        """Measure a test, and take off what shared fixtures took."""
        before, start = dict(self.costs.fixtures), time.process_time()
        result = yield
        new = sum(c for name, c in self.costs.fixtures.items() if name not in before)
        self.costs.tests[item.nodeid] = max(time.process_time() - start - new, 0.0)
        self.costs.uses[item.nodeid] = [n for n in item.fixturenames if n in self.costs.fixtures]
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember tests that fail."""
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember files that cannot be imported."""
        if report.failed:
            self.failed.append(report.nodeid)
