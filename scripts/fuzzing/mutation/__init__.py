"""Would tests notice a fault in the code that decides?

- `settings`: options of the command
- `operators`: what a mutant changes, by Cosmic Ray and two operators of our own
- `draw`: mutants of a package at random
- `sandbox`: a copy of the repository with one faulty file
- `imports`: what a change of a file reaches, compiled functions included
- `selection`: a plugin of pytest that measures tests and orders them
- `worker`: the process that runs tests in a fork per mutant
- `run`: all mutants of a package
- `faults`: faults that are described by hand
- `report`: scores, and their section of a page
- `record`: results as JSON
- `mutants`: the command
"""

from .draw import Mutant, draw
from .faults import Finding, faults_section, faulty, run_faults
from .record import Record
from .report import BY_HAND, DRAWN, is_equivalent, score, section, survivors, write_section
from .run import Laboratory, PackageResult, Verdict, laboratory, run_package
from .settings import Equivalent, Fault, MutationCommand

__all__ = [
    "BY_HAND",
    "DRAWN",
    "Equivalent",
    "Fault",
    "Finding",
    "Laboratory",
    "Mutant",
    "MutationCommand",
    "PackageResult",
    "Record",
    "Verdict",
    "draw",
    "faults_section",
    "faulty",
    "is_equivalent",
    "laboratory",
    "run_faults",
    "run_package",
    "score",
    "section",
    "survivors",
    "write_section",
]
