"""A process with everything imported, which forks once per mutant and runs tests in the fork.

It reads one job per line, as JSON, from its input, and answers each with one line.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
import pytest

from mediagym.scripts.fuzzing.mutation.imports import (
    Imports,
    imports_of,
    module_of,
    reached,
    remove_compiled,
    stale,
)
from mediagym.scripts.fuzzing.mutation.selection import Selection

_OPTIONS = ["-q", "--rootdir=.", "-p", "no:cacheprovider", "--tb=no", "--no-header"]
_OF_TESTS = ("tests", "helpers", "conftest", "_pytest", "pytest", "__mp", "mediagym.scripts")
_WALL = 600  # wall seconds per CPU second, after which a mutant waits for something


def serve() -> None:
    """Answer jobs until the input ends."""
    imports, answers = imports_of(Path.cwd()), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed is no answer
    for line in sys.stdin:
        job = json.loads(line)
        answer = _forked(job, imports)
        for name in answer.pop("modules", ()):
            with contextlib.suppress(Exception):
                import_module(name)
        print(json.dumps(answer), file=answers, flush=True)


def _forked(job: dict[str, Any], imports: Imports) -> dict[str, Any]:
    """Run a job in a fork of this process, under its limit of CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        child = os.fork()
        if child == 0:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"] + 5))
            code = 1
            try:
                result.write_text(json.dumps(_run(job, imports, Path(folder))))
                code = 0
            finally:
                os._exit(code)
        outcome, until = "stopped", time.monotonic() + _WALL * job["seconds"]
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                outcome = "hung"
                break
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # whatever it started
        if not result.exists():
            return {"outcome": outcome, "test": "", "seconds": job["seconds"]}
        return dict(json.loads(result.read_text()))


def _run(job: dict[str, Any], imports: Imports, folder: Path) -> dict[str, Any]:
    """Run the tests of a job in this process, which imports anew what the mutant reaches."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    order = None
    if job["file"]:
        sys.dont_write_bytecode = True
        _forget(reached(imports, module_of(job["file"])))
        cache = folder / "cache"
        shutil.copytree(os.environ["NUMBA_CACHE_DIR"], cache, copy_function=os.link)
        remove_compiled(cache, stale(imports, module_of(job["file"])))
        os.environ["NUMBA_CACHE_DIR"] = str(cache)
        vars(numba.config)["CACHE_DIR"] = str(cache)
        order = {name: place for place, name in enumerate(job["tests"])}
    selection = Selection(job["tests"], order)
    stop = ["-x"] if job["file"] else []
    # whole files are collected: one test of a parametrised family cannot be named safely
    files = sorted({name.partition("::")[0] for name in job["tests"]})
    status = pytest.main([*_OPTIONS, *stop, *files], plugins=[selection])
    outcome = "survived" if status == pytest.ExitCode.OK else "killed"
    answer = {
        "outcome": outcome,
        "test": selection.failed[0] if selection.failed else "",
        "seconds": round(time.process_time(), 2),
    }
    if not job["file"]:
        modules = [name for name in sys.modules if not name.startswith(_OF_TESTS)]
        answer |= {"costs": selection.costs._asdict(), "modules": modules}
    return answer


def _forget(modules: set[str]) -> None:
    """Drop modules, so that they are imported anew; the package itself holds no behaviour."""
    for name in modules - {"mediagym"}:
        sys.modules.pop(name, None)


if __name__ == "__main__":
    serve()
