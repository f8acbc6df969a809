import os
import subprocess
import sys
import time
from functools import partial

import pytest

from mediagym.agents.processes import beside, results_of


@pytest.mark.parametrize("workers", [1, 2])
def test_work_beside_this_process_has_the_same_result(workers: int) -> None:
    with beside(workers) as submit:
        jobs = [submit(partial(pow, n, 2)) for n in (3, 4)]
        assert [wait() for wait in jobs] == [9, 16]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_beside_this_process_is_raised_even_if_nobody_asks(workers: int) -> None:
    with pytest.raises(ValueError, match="'x'"), beside(workers) as submit:
        submit(partial(int, "x"))


def test_work_beside_this_process_is_done_in_another() -> None:
    with beside(2) as submit, beside(1) as here:
        assert submit(os.getpid)() != os.getpid() == here(os.getpid)()


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_jobs(workers: int) -> None:
    seen: list[int] = []
    assert results_of([partial(pow, n, 2) for n in range(5)], workers, seen.append) == [
        0, 1, 4, 9, 16,
    ]  # fmt: skip
    assert sorted(seen) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_ends_the_others_and_is_raised(workers: int) -> None:
    jobs = [partial(int, "3"), partial(int, "x")]
    with pytest.raises(ValueError, match="'x'"):
        results_of(jobs, workers)


INTERRUPTED = """
import os, signal, sys, threading, time
from functools import partial
from mediagym.agents.processes import results_of

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell ignores it
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        results_of([partial(time.sleep, 600)] * 4, 2)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_an_interrupt_ends_all_processes_quietly(tmp_path: "os.PathLike[str]") -> None:
    script = os.path.join(tmp_path, "interrupted.py")
    with open(script, "w", encoding="utf-8") as file:
        file.write(INTERRUPTED)
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == "interrupted\n"
    assert done.stderr == ""
    assert time.monotonic() - started < 60
