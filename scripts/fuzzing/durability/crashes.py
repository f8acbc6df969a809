"""Many kills and odd machines, one after the other, and what was left."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field, StrictBool

from mediagym.data.settings import Command

from .hosts import HOSTS
from .plans import killed_plan, undisturbed, write_tiny_advertiser
from .writers import Crash, killed_writer

CRASH_FAILURES = ("torn", "stray", "differs", "refused", "traceback", "outside")
VERDICTS = ("ok", "skipped", *CRASH_FAILURES)


class CrashesCommand(Command):
    """Options of the command, as documented in `conf/fuzz_crashes.yaml`."""

    kills: Annotated[int, Field(ge=0)]  # of a process that only writes
    plans: Annotated[int, Field(ge=0)]  # kills of scripts/plan.py
    hosts: StrictBool  # run on odd machines too
    seed: int


def all_crashes(options: CrashesCommand, report: Callable[[Crash], object]) -> list[Crash]:
    """Kills and runs everything that the options ask for; `report` is called with each result."""
    results = []
    for crash in _crashes(options):
        results.append(crash)
        report(crash)
    return results


def crash_table(crashes: Iterable[Crash]) -> list[tuple[str, ...]]:
    """Header and rows of the table of counts: writers, plans, and each odd machine."""
    counts: dict[str, Counter[str]] = {}
    for crash in crashes:
        for row in (crash.name.split()[0], "all"):
            counts.setdefault(row, Counter())[crash.verdict] += 1
    rows = sorted(counts.items(), key=lambda item: item[0] == "all")
    return [
        ("crash", *VERDICTS),
        *((name, *(str(c[each]) if c[each] else "." for each in VERDICTS)) for name, c in rows),
    ]


def _crashes(options: CrashesCommand) -> Iterator[Crash]:
    for number in range(options.kills):
        yield killed_writer(number)
    if not options.plans and not options.hosts:
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_tiny_advertiser(root / "exports")
        reference = undisturbed(root / "exports", root / "reference")
        for number in range(options.plans):
            rng = Random(f"{options.seed}/{number}")  # noqa: S311  # reproducible, and no secret
            yield killed_plan(number, rng, reference, root / f"plan_{number}")
        for name, host in HOSTS.items() if options.hosts else ():
            (root / name).mkdir()
            yield host(reference, root / name)
