"""Options of the command, which need no library that plants faults."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from mediagym.data.errors import ConfigError
from mediagym.data.settings import Command, Seed, Settings


class PackageSettings(Settings):
    """Files of one package that are mutated, and the tests that judge them."""

    files: Annotated[list[str], Field(min_length=1)]
    tests: Annotated[list[str], Field(min_length=1)]  # folders, files or tests, below tests


class Equivalent(Settings):
    """A mutant that behaves like the original, by the judgement of a reader."""

    file: str
    before: str  # text of the line
    after: str
    reason: str


class Fault(Settings):
    """A fault that is described by hand."""

    file: str
    fault: str  # in words
    before: str  # text that stands in the file once
    after: str
    tests: Annotated[list[str], Field(min_length=1)]  # files or tests, below tests


class MutationCommand(Command):
    """Options of the command `mutation`, as documented in `conf/mutation.yaml`."""

    mutants: PositiveInt  # of each package
    first: NonNegativeInt  # number of the first one in the draw
    seed: Seed
    packages: list[str] | None  # None: all
    test_seconds: PositiveFloat  # CPU seconds above which a test is left out
    keep: Literal["none", "killed", "all"]  # verdicts in results that are not tried again
    results: Path | None  # JSON file of results
    page: Path | None  # page with the table
    operators: dict[str, list[str]]  # by kind of fault
    rooms: dict[str, PackageSettings]
    equivalent: list[Equivalent]
    by_hand: bool  # whether the faults are tried, after the packages
    faults: list[Fault]

    def chosen(self) -> dict[str, PackageSettings]:
        """Return the settings of the packages that are run.

        Raises:
            ConfigError: if one has no settings.
        """
        for name in self.packages or ():
            if name not in self.rooms:
                raise ConfigError(
                    f"packages: {name!r} was given. Allowed: {', '.join(self.rooms)}. To fix: "
                    "choose one of these, or add its files and tests to rooms."
                )
        return {n: s for n, s in self.rooms.items() if self.packages is None or n in self.packages}
