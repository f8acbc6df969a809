"""Crashes: that the harness sees what it looks for, and kills of a process that writes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mediagym.data import storage
from mediagym.scripts.fuzzing.durability import CRASH_FAILURES, Crash, crash_table
from mediagym.scripts.fuzzing.durability.faults import MOMENTS, install
from mediagym.scripts.fuzzing.durability.hosts import HOSTS
from mediagym.scripts.fuzzing.durability.plans import Run
from mediagym.scripts.fuzzing.durability.writers import (
    NAMES,
    compared,
    contents_of,
    killed_writer,
    write_all,
)

KILLS = range(len(MOMENTS) * len(NAMES))  # each moment of each file once


def status_of(work: Callable[[], object]) -> int:
    """Wait status of a fork that does the work."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_process_dies_at_the_chosen_moment_of_the_chosen_write(
    moment: str, tmp_path: Path
) -> None:
    def work() -> None:
        install(moment, 2)
        for name in ("first", "second", "third"):
            storage.write_bytes(tmp_path / name, b"0123456789")

    status = status_of(work)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL
    files = contents_of(tmp_path)
    assert files.pop("first") == b"0123456789"
    assert ("second" in files) == (moment == "after_rename")
    assert "third" not in files
    (content,) = files.values()  # of the temporary file, or of the second
    expected = {"before_write": b"", "half_way": b"01234"}
    assert content == expected.get(moment, b"0123456789")


@pytest.mark.parametrize("number", KILLS)
def test_after_a_kill_every_file_is_whole_and_the_next_run_gives_the_same(number: int) -> None:
    crash = killed_writer(number)
    assert crash.verdict in ("ok", "stray"), crash


def test_after_a_kill_the_next_run_leaves_no_temporary_file() -> None:
    assert {killed_writer(number).verdict for number in KILLS} == {"ok"}


def test_a_writer_that_is_not_atomic_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def write_in_place(path: Path, content: bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        return path

    monkeypatch.setattr(storage, "write_bytes", write_in_place)
    torn = [killed_writer(MOMENTS.index(moment)) for moment in ("before_write", "half_way")]
    assert [crash.verdict for crash in torn] == ["torn", "torn"]


def test_versions_of_the_files_differ_and_are_reproducible(tmp_path: Path) -> None:
    for name, version in (("a", 1), ("b", 1), ("c", 2)):
        write_all(tmp_path / name, version)
    first, again, other = (contents_of(tmp_path / name) for name in "abc")
    assert first == again
    assert set(first) == set(other) == set(NAMES)
    assert all(len(first[name]) != len(other[name]) for name in NAMES)


def test_files_are_compared_with_those_of_an_undisturbed_run() -> None:
    expected = {"plan.json": b"1", "cache/a.npz": b"2"}
    assert compared("x", expected, expected) == Crash("x", "ok")
    assert compared("x", {**expected, ".plan.json.abc": b""}, expected).verdict == "stray"
    assert compared("x", {**expected, "plan.json": b"3"}, expected).verdict == "differs"
    assert compared("x", {"plan.json": b"1"}, expected).verdict == "differs"


def test_a_refusal_is_one_message_with_status_2() -> None:
    assert Run(2, "a warning of a library\nerror: no space. Free the disk.\n").is_refusal
    assert not Run(1, "error: no space").is_refusal
    assert not Run(2, "error: no space\nerror: again").is_refusal
    assert not Run(2, "Traceback (most recent call last):\nerror: x").is_refusal


def test_the_table_counts_by_crash_and_over_all() -> None:
    crashes = [Crash("writer a.json half_way", "ok"), Crash("full_disk", "skipped", "no root")]
    rows = crash_table(crashes)
    assert rows[0] == ("crash", "ok", "skipped", *CRASH_FAILURES)
    assert [row[0] for row in rows[1:]] == ["writer", "full_disk", "all"]
    assert rows[-1][1:3] == ("1", "1")


def test_every_odd_machine_says_what_is_odd_about_it() -> None:
    assert {"no_home", "optimised", "c_locale", "two_at_once"} <= HOSTS.keys()
    assert all(host.__doc__ for host in HOSTS.values())
