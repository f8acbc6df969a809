"""Does reading survive any file?

Exports of a known market are mutated: harmlessly, so that they must be read to the same sums;
harmfully, so that they must be refused; or at random, so that they must be refused or read as an
independent reading reads them.

- `export`: what happened, known, and an export before it is written
- `styles`: exports in the styles of the platforms
- `packing`: encodings, archives and workbooks
- `harmless`, `harmful`, `damage`: the mutations
- `reading`: the independent reading of a damaged file
- `case`: one folder, what is true of it, and the verdict on a reading
- `hostile`: files that are made to hang a reader or to fill its memory
- `worker`: the reader in a process of its own, with limits of time and memory
- `run`: all cases of a suite, in several processes; `landings` is another suite
"""

from .case import (
    FAILURES,
    MUTATIONS,
    Case,
    ExpectedSums,
    Mutate,
    Truth,
    Verdict,
    changed_draft,
    difference_of,
    draw_case,
    judge,
    verdict_at_once,
)
from .damage import DAMAGES
from .export import Cell, Draft, Export
from .hostile import HOSTILE
from .packing import file_of
from .run import (
    COLUMNS,
    EXPORTS,
    FuzzCommand,
    Result,
    Suite,
    result_of,
    run_all,
    run_suite,
    table_of,
    write_failure,
)
from .worker import Answer, Worker, is_clean

__all__ = [
    "COLUMNS",
    "DAMAGES",
    "EXPORTS",
    "FAILURES",
    "HOSTILE",
    "MUTATIONS",
    "Answer",
    "Case",
    "Cell",
    "Draft",
    "ExpectedSums",
    "Export",
    "FuzzCommand",
    "Mutate",
    "Result",
    "Suite",
    "Truth",
    "Verdict",
    "Worker",
    "changed_draft",
    "difference_of",
    "draw_case",
    "file_of",
    "is_clean",
    "judge",
    "result_of",
    "run_all",
    "run_suite",
    "table_of",
    "verdict_at_once",
    "write_failure",
]
