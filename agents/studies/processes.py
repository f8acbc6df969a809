"""Independent jobs in several processes, which end with the process that started them."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Result = TypeVar("Result")


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
    count = min(workers or os.cpu_count() or 1, len(jobs))
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
