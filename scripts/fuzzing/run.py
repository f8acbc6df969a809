"""Many cases and all hostile files, in several processes, and what came of them."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PositiveFloat, PositiveInt, StrictBool
from rich.progress import Progress
from rich.table import Table

from mediagym.data.settings import Command
from mediagym.data.storage import write_bytes, write_text
from mediagym.scripts.cli import console, print_line, run_folder

from .case import FAILURES, Case, Verdict, draw_case, judge, with_notes
from .hostile import HOSTILE, lay_out, verdict_of
from .worker import Answer, Worker

COLUMNS = ("ok", "refused", "suspicious", "needless", *FAILURES)


class FuzzCommand(Command):
    """Options of the command `fuzz`, as documented in `conf/fuzz.yaml`."""

    files: Annotated[int, Field(ge=0)]  # number of cases
    first: Annotated[int, Field(ge=0)]  # number of the first case
    seed: int
    hostile: StrictBool  # read the hostile files too
    slow: StrictBool  # those too that take seconds
    processes: PositiveInt | None  # None: one per core
    seconds: PositiveFloat  # limit of one reading
    megabytes: PositiveInt  # limit of the memory of one reading
    output: Path | None  # folder of the cases that failed


class Result(NamedTuple):
    """A case, the reader's answer and the verdict."""

    name: str
    mutations: tuple[str, ...]
    verdict: str
    reason: str
    answer: Answer
    files: dict[str, bytes]  # empty unless somebody should look at them


class Suite(NamedTuple):
    """A kind of files: how a folder of them is read, and its cases."""

    reader: str  # of a folder, "module:function"; see `Worker`
    run_case: Callable[[int, int, Worker], Result]  # from a seed and a number
    hostile: Mapping[str, bool]  # names of the hostile files, True if one takes seconds
    run_hostile: Callable[[str, Worker], Result]


def run_suite(options: FuzzCommand, suite: Suite) -> None:
    """Prints counts by mutation and verdict; ends with status 1 if a case failed.

    Cases that should be looked at are written into the folder of the output.
    """
    folder = options.output or run_folder()
    with Progress(console=console) as bar:
        names = _hostile_names(options, suite)
        task = bar.add_task("reading", total=options.files + len(names))

        def report(result: Result) -> None:
            write_failure(result, folder)
            bar.advance(task)

        results = run_all(options, report, suite)
    heads, *rows = table_of(results)
    table = Table(*heads)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    failed = [result for result in results if result.verdict in FAILURES]
    slowest = max(results, key=lambda result: result.answer.seconds)
    print_line(f"\nslowest   {slowest.answer.seconds:.1f} s of CPU: {slowest.name}")
    print_line(f"failures  {len(failed)} of {len(results)}")
    print_line(f"cases     {folder}")
    if failed:
        sys.exit(1)


def run_all(
    options: FuzzCommand, report: Callable[[Result], object], suite: Suite | None = None
) -> list[Result]:
    """Reads all cases and hostile files.

    Args:
        options: options of the command.
        report: called with each result, from several threads.
        suite: the kind of files; None: exports.

    Returns:
        Results, cases first, by number.
    """
    suite = suite or EXPORTS
    count = options.processes or os.cpu_count() or 1
    names = _hostile_names(options, suite)
    numbers = range(options.first, options.first + options.files)

    def share(process: int) -> list[Result]:
        results = []
        with Worker(options.seconds, options.megabytes, suite.reader) as worker:
            for number in numbers[process::count]:
                results.append(suite.run_case(options.seed, number, worker))
                report(results[-1])
            for name in names[process::count]:
                results.append(suite.run_hostile(name, worker))
                report(results[-1])
        return results

    with ThreadPoolExecutor(count) as pool:
        shares = list(pool.map(share, range(count)))
    return sorted((r for results in shares for r in results), key=lambda result: result.name)


def _hostile_names(options: FuzzCommand, suite: Suite) -> list[str]:
    is_slow = suite.hostile if options.hostile else {}
    return [name for name, slow in is_slow.items() if options.slow or not slow]


def run_case(seed: int, number: int, worker: Worker) -> Result:
    """Reads one case of exports."""
    case = draw_case(seed, number)
    answer = worker.read_files(case.files)
    verdict, reason = judge(case, answer)
    is_unsure = case.truth == "either" and case.expected.damaged is None
    if verdict == "wrong" and is_unsure:
        intact = worker.read_files(case.expected.intact)
        verdict = "suspicious" if with_notes(case, answer, intact) else verdict
    return result_of(case, verdict, reason, answer)


def result_of(case: Case[Any], verdict: Verdict, reason: str, answer: Answer) -> Result:
    """Result of a case; its files are kept if somebody should look at them."""
    files = {} if verdict in ("ok", "refused") else case.files
    return Result(case.name, case.mutations, verdict, reason, answer, files)


def run_hostile(name: str, worker: Worker) -> Result:
    """Reads a folder with one hostile file."""
    with tempfile.TemporaryDirectory() as root:
        sums = lay_out(HOSTILE[name], Path(root))
        answer = worker.read(Path(root))
    verdict, reason = verdict_of(HOSTILE[name], answer, sums)
    return Result(f"hostile {name}", (name,), verdict, reason, answer, {})


def table_of(results: Iterable[Result]) -> list[tuple[str, ...]]:
    """Header and rows of the table of counts: one row per mutation or hostile file, and all."""
    counts: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    for result in results:
        total[result.verdict] += 1
        for mutation in result.mutations:
            counts.setdefault(mutation, Counter())[result.verdict] += 1
    rows = [*sorted(counts.items()), ("all", total)]
    cells = [(name, *(str(c[v]) if c[v] else "." for v in COLUMNS)) for name, c in rows]
    return [("mutation", *COLUMNS), *cells]


def write_failure(result: Result, folder: Path) -> None:
    """Writes a case if somebody should look at it, with the reason in `case.txt`.

    Raises:
        DataError: the folder cannot be written.
    """
    if result.verdict in ("ok", "refused"):
        return
    place = folder / f"{result.verdict}-{result.name.replace(' + ', '+').replace(' ', '-')}"
    for name, data in result.files.items():
        write_bytes(place / "exports" / name, data)
    notes = "\n".join(result.answer.notes)
    text = f"{result.name}\n{result.verdict}: {result.reason}\n\nnotes\n{notes}\n"
    write_text(place / "case.txt", text)


EXPORTS = Suite(
    "mediagym.scripts.fuzzing.worker:exported",
    run_case,
    {name: hostile.is_slow for name, hostile in HOSTILE.items()},
    run_hostile,
)
