"""Many mutated artefacts through their loaders, each in a process of its own, and what came of it.

A process that has imported everything and written the originals forks once per case: the child
loads one artefact under limits and reports; its writes, processes and unpickling are seen by an
audit hook.
"""

import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PositiveFloat, PositiveInt

from mediagym.data.errors import MediaGymError
from mediagym.data.settings import Command

from .cases import lay_out, mutated, mutation_of
from .mutations import HUGE, MARKER
from .originals import Originals, digest_of

LOADING_FAILURES = ("traceback", "hang", "memory", "code", "outside", "garbled")
OUTCOMES = ("equal", "refused", "changed", *LOADING_FAILURES)
_LONGEST_MESSAGE = 4000  # characters
_WRITES = ("os.rename", "os.mkdir", "os.remove", "os.symlink", "os.link", "shutil.")
_CODE = ("pickle.find_class", "os.system", "subprocess.Popen", "os.exec", "socket.connect")


class ArtefactsCommand(Command):
    """Options of the command, as documented in `conf/fuzz_artefacts.yaml`."""

    cases: Annotated[int, Field(ge=1)]
    first: Annotated[int, Field(ge=0)]  # number of the first case
    seed: int
    processes: PositiveInt | None  # None: one per core
    seconds: PositiveFloat  # limit of one loading
    megabytes: PositiveInt  # limit of the memory of one loading
    output: Path | None  # folder of the cases that failed


class Loading(NamedTuple):
    """What loading one mutated artefact gave."""

    number: int
    kind: str
    mutation: str  # file and what was done to it
    outcome: str  # one of OUTCOMES
    message: str


def fuzz_artefacts(options: ArtefactsCommand, report: Callable[[Loading], object]) -> list[Loading]:
    """Loads all cases in several processes.

    Args:
        options: options of the command.
        report: called with each loading, from several threads.

    Returns:
        Loadings by number.
    """
    count = options.processes or os.cpu_count() or 1
    numbers = list(range(options.first, options.first + options.cases))

    def share(process: int) -> list[Loading]:
        limits = options.seed, options.seconds, options.megabytes, str(options.output or "")
        job = json.dumps([numbers[process::count], *limits])
        code = f"from {__name__} import serve; serve()"
        with subprocess.Popen(  # noqa: S603  # this file
            [sys.executable, "-c", code, job], stdout=subprocess.PIPE
        ) as server:
            assert server.stdout is not None  # noqa: S101  # it is a pipe
            loadings = []
            for line in server.stdout:
                loadings.append(Loading(*json.loads(line)))
                report(loadings[-1])
        if server.returncode:
            raise RuntimeError("the process that loads has ended")
        return loadings

    with ThreadPoolExecutor(count) as pool:
        shares = list(pool.map(share, range(count)))
    return sorted(each for loadings in shares for each in loadings)


def serve() -> None:
    """Loads the cases of the command line and prints each loading as a line of JSON."""
    numbers, seed, seconds, megabytes, output = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a loader prints goes elsewhere
    with tempfile.TemporaryDirectory() as root:
        originals = Originals(Path(root) / "originals")
        for number in numbers:
            keep = Path(output) if output else None
            loading = load_case(number, seed, originals, seconds, megabytes, keep)
            print(json.dumps(loading), file=answers, flush=True)


def load_case(
    number: int,
    seed: int,
    originals: Originals,
    seconds: float,
    megabytes: int,
    keep: Path | None = None,
) -> Loading:
    """Loads one case in a fork of this process.

    Args:
        number: of the case.
        seed: of all cases.
        originals: artefacts that are mutated.
        seconds: limit of the loading.
        megabytes: memory that the loading may take.
        keep: folder that gets the files of a case that failed.
    """
    mutation = mutation_of(number)
    rng = Random(f"{seed}/{number}")  # noqa: S311  # reproducible, and no secret
    files = mutated(mutation, rng, originals.files(mutation.kind))
    name = f"{mutation.file} {mutation.group} {mutation.how}"
    with tempfile.TemporaryDirectory() as root:
        run = Path(root) / "a" / "b" / "c"  # so that a path can lead out of it and stay in root
        place = run / mutation.kind
        lay_out(mutation, files, place)
        before = _listing(Path(root))
        load, digest = originals.loaders[mutation.kind], originals.digests[mutation.kind]

        def loaded() -> tuple[str, str]:
            os.chdir(run)
            return answer_of(lambda: load(place), digest)

        outcome, message = forked(loaded, seconds, megabytes)
        if (run / MARKER).exists():
            outcome, message = "code", "a pickle was loaded"
        elif outcome in ("equal", "refused", "changed") and _listing(Path(root)) != before:
            outcome, message = "outside", "files were written while loading"
        if keep is not None and outcome in LOADING_FAILURES:
            shutil.copytree(place, keep / f"{outcome}-{number}", symlinks=True, ignore=_pipes)
    return Loading(number, mutation.kind, name, outcome, message)


def answer_of(load: Callable[[], Any], digest: str) -> tuple[str, str]:
    """Outcome and message of a loading in this process, whatever it does."""
    try:
        same = digest_of(load()) == digest
    except MediaGymError as error:
        if _ran_out(error):
            return "memory", str(error)
        readable = all(line.isprintable() for line in str(error).split("\n"))
        short = len(str(error)) <= _LONGEST_MESSAGE
        return ("refused" if readable and short else "garbled"), str(error)[:_LONGEST_MESSAGE]
    except BaseException as error:
        return ("memory" if _ran_out(error) else "traceback"), traceback.format_exc()[-3000:]
    return ("equal" if same else "changed"), ""


def forked(work: Callable[[], tuple[str, str]], seconds: float, megabytes: int) -> tuple[str, str]:
    """Result of a function in a fork of this process, under limits of time and memory."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            answer = _limited(work, megabytes)
            with os.fdopen(writer, "wb") as stream:
                stream.write(json.dumps(answer).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        data, end = b"", time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([reader], [], [], left)[0]:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return "hang", f"more than {seconds:g} seconds"
            part = os.read(stream.fileno(), 1 << 16)
            if not part:
                break
            data += part
    os.waitpid(child, 0)
    if not data:
        return "memory", "the process died"
    outcome, message = json.loads(data)
    return outcome, message


def _limited(work: Callable[[], tuple[str, str]], megabytes: int) -> tuple[str, str]:
    """The work with limits, and with all that it does to the system seen by an audit hook."""
    seen: list[tuple[str, str]] = []
    sys.dont_write_bytecode = True

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and len(args) == 3 and args[2] and args[2] & (os.O_WRONLY | os.O_RDWR):
            seen.append(("outside", f"{event} {args[0]!r}"))
        elif event.startswith(_WRITES):
            seen.append(("outside", f"{event} {args!r}"[:200]))
        elif event.startswith(_CODE):
            seen.append(("code", f"{event} {args!r}"[:200]))

    limit = min(_kilobytes("VmSize") * 1024 + megabytes * (1 << 20), HUGE * 8)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    sys.addaudithook(hook)
    before = _kilobytes("VmRSS")
    outcome, message = work()
    peak = (_kilobytes("VmHWM") - before) // 1024
    if peak > megabytes // 2 and outcome != "memory":
        return "memory", f"{peak} MB were used; {message}"
    return seen[0] if seen else (outcome, message)


def loading_table(loadings: Iterable[Loading]) -> list[tuple[str, ...]]:
    """Header and rows of the table of counts: one row per kind, and all."""
    counts: dict[str, Counter[str]] = {}
    for loading in loadings:
        for row in (loading.kind, "all"):
            counts.setdefault(row, Counter())[loading.outcome] += 1
    rows = sorted(counts.items(), key=lambda item: (item[0] == "all", item[0]))
    return [
        ("artefact", *OUTCOMES),
        *((name, *(str(c[each]) if c[each] else "." for each in OUTCOMES)) for name, c in rows),
    ]


def _ran_out(error: BaseException) -> bool:
    """True if memory was missing anywhere in the chain of errors."""
    each: BaseException | None = error
    while each is not None:
        text = str(each)
        if isinstance(each, MemoryError) or "allocate" in text:
            return True
        each = each.__cause__ or each.__context__
    return False


def _listing(root: Path) -> list[str]:
    return sorted(str(path) for path in root.rglob("*"))


def _pipes(folder: str, names: list[str]) -> list[str]:
    """Names of a folder that cannot be copied."""
    return [name for name in names if (Path(folder) / name).is_fifo()]


def _kilobytes(name: str) -> int:
    """A size of this process from Linux; 0 elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
