"""Would tests notice a fault in the code that decides?

- `settings`: options of the command
- `operators`: what a mutant changes, by Cosmic Ray and two operators of our own
- `draw`: mutants of a package at random
- `sandbox`: a copy of the repository with one faulty file
- `imports`: what a change of a file reaches, compiled functions included
- `selection`: a plugin of pytest that measures tests and orders them
- `worker`: the process that runs tests in a fork per mutant
- `run`: all mutants of a package
- `report`: results as JSON and as a section of a page
- `mutants`: the command
"""

from .draw import Mutant, draw
from .report import (
    is_equivalent,
    read_results,
    score,
    section,
    survivors,
    write_results,
    write_section,
)
from .run import PackageResult, Verdict, laboratory, run_package
from .settings import Equivalent, MutationCommand

__all__ = [
    "Equivalent",
    "Mutant",
    "MutationCommand",
    "PackageResult",
    "Verdict",
    "draw",
    "is_equivalent",
    "laboratory",
    "read_results",
    "run_package",
    "score",
    "section",
    "survivors",
    "write_results",
    "write_section",
]
