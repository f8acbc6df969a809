"""Jobs in other processes, which end with the process that started them."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, Protocol, TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Result = TypeVar("Result")


class Submit(Protocol):
    """Starts a job beside this process."""

    def __call__(self, job: Callable[[], Result]) -> Callable[[], Result]:
        """Return the function that waits for the result of a job, which can be pickled."""


def results_of(
    jobs: Sequence[Callable[[], Result]],
    workers: int | None,
    done: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Return the results of all jobs, in their order.

    Each job has one thread for linear algebra, so that results do not depend on ``workers``.

    Args:
        jobs: functions without arguments that can be pickled; the last are started first.
        workers: processes; None: one per core; 1: this process.
        done: called with each result when it is there.

    Raises:
        BrokenProcessPool: if a process ended without a result.
    """
    count = min(workers or cores(), len(jobs))
    results: dict[int, Result] = {}
    if count <= 1:
        for number, job in enumerate(jobs):
            results[number] = _on_one_thread(job)
            done(results[number])
        return list(results.values())
    with _processes(count) as pool:
        with _interrupts_ignored():  # the processes that submit() starts inherit it
            order = reversed(range(len(jobs)))
            numbers = {pool.submit(_on_one_thread, jobs[n]): n for n in order}
        for future in as_completed(numbers):
            results[numbers[future]] = future.result()
            done(results[numbers[future]])
    return [results[number] for number in range(len(jobs))]


def at_once(job: Callable[[], Result]) -> Callable[[], Result]:
    """Do a job in this process, before anything else; return the function with its result."""
    result = _on_one_thread(job)
    return lambda: result


@contextmanager
def beside(workers: int | None = None) -> Iterator[Submit]:
    """Have a second process for work that this one need not wait for.

    Its jobs are done one after the other, all of them before the block ends. Where there is one
    core, a job is done in this process, at once; the result is the same.

    Args:
        workers: processes in all; None: two, if there are as many cores; 1: this one alone.

    Yields:
        A function that starts a job, and returns the function that waits for its result.
    """
    if (workers or cores()) < 2:
        yield at_once
        return
    started: list[Future[Any]] = []
    with _processes(1) as pool:

        def submit(job: Callable[[], Result]) -> Callable[[], Result]:
            with _interrupts_ignored():
                future = pool.submit(_on_one_thread, job)
            started.append(future)
            return future.result

        yield submit
        for future in started:
            future.result()


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _on_one_thread(job: Callable[[], Result]) -> Result:
    with threadpool_limits(limits=1):
        return job()


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Pool whose processes are ended at once by an exception, such as that of Ctrl-C."""
    context = get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent)
    try:
        yield pool
    except BaseException:
        processes = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        raise
    finally:
        pool.shutdown()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C for a moment; outside the main thread, which alone receives it, do nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_with_parent() -> None:
    """Leave Ctrl-C to the parent process, and end when it has ended in any other way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
