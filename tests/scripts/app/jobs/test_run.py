"""Jobs are the commands themselves, with the data and folders of the store."""

import json
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediagym.data.cache import Entry
from mediagym.scripts.app.jobs import Kind, Places, claim, job, submit, sweep
from mediagym.scripts.app.jobs.kinds import KINDS
from mediagym.scripts.app.jobs.run import Work, run_job
from mediagym.scripts.app.jobs.worker import Worker
from mediagym.scripts.app.storage import Dataset, Job, Store, manifest
from mediagym.scripts.cli import print_line, progress, progress_bar, run_folder

HEAD = "Day,Campaign,Cost,Impressions,Clicks,Conversions"
ROWS = [f"2025-01-{day:02d},Search,{day}.5,{90 * day},{9 * day},{day}" for day in range(1, 31)]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    store = Store(tmp_path / "data")
    store.add_advertiser("a")
    yield store
    store.close()


@pytest.fixture
def dataset(store: Store, files: Callable[..., Path]) -> Callable[[list[str]], Dataset]:
    """Function that keeps an export with some rows."""
    return lambda rows: store.add_dataset(
        "a", "exports", files(google_csv="\n".join([HEAD, *rows]) + "\n")
    )


def asked(store: Store, kind: str, body: dict[str, Any], dataset: str | None) -> Job:
    submit(store, kind, body, advertiser="a", dataset=dataset, requested_by="me")
    found = claim(store, "here", 60)
    assert found is not None
    return found


def test_a_job_has_the_files_of_its_command(
    store: Store, dataset: Callable[[list[str]], Dataset], tmp_path: Path
) -> None:
    made = asked(store, "ingest", {}, dataset(ROWS).id)
    Worker(store, "here", 60, KINDS).run(made)
    done = job(store, made.id)
    assert done.state == "done", done.error
    result = store.result(str(done.result))
    names = [file.name for file in result.files]
    assert names == ["history.csv", "ingest.html", "ingest.json", "log.txt"]
    content = json.loads(store.result_file(result.id, "ingest.json").read_text())
    assert content["files"][0]["file"] == "google.csv"
    log = store.result_file(result.id, "log.txt").read_text()
    assert "history.csv" in log
    assert str(tmp_path) not in log


def test_exports_that_are_refused_fail_with_file_and_row(
    store: Store, dataset: Callable[[list[str]], Dataset], tmp_path: Path
) -> None:
    made = asked(store, "ingest", {}, dataset([*ROWS[:-1], "2025-01-30,Search,many,1,1,1"]).id)
    Worker(store, "here", 60, KINDS).run(made)
    failed = job(store, made.id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert (failed.error["status"], failed.error["code"]) == (422, "invalid-data")
    (problem,) = failed.error["problems"]
    assert (problem["file"], problem["row"]) == ("google.csv", 31)
    assert str(tmp_path) not in str(failed.error)
    assert failed.result is None


def test_progress_of_a_command_reaches_the_job_and_not_the_terminal(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    class Shown(Kind):
        def options(self, body: Any, places: Places) -> Any:
            return places

        def run(self, options: Any) -> None:
            assert run_folder() == options.output
            with progress("planning") as show_progress:
                show_progress(f"budget of {options.cache}/x")
                show_progress("optimising the plan: 3 of 12")
            with progress_bar("origins", 2) as advance:
                advance()
                advance()
            print_line("printed")

    notified: list[Any] = []
    made = asked(store, "shown", {}, None)
    kinds: dict[str, Kind] = {"shown": Shown("shown", "")}
    folder = run_job(store, made, lambda *given: notified.append(given), kinds)
    assert notified == [
        ("reading the request", 0, None),
        ("planning", 0, None),
        ("planning: budget of cache/x", 0, None),
        ("planning: optimising the plan: 3 of 12", 3, 12),
        ("origins", 0, 2),
        ("origins", 1, 2),
        ("origins", 2, 2),
    ]
    assert (folder / "log.txt").read_text() == "printed\n"
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
    Work(store, made).clear()
    assert list((store.folder / "work").iterdir()) == []


def test_what_a_job_finds_or_leaves_in_the_cache_is_noted_as_that_of_its_data_set(
    store: Store, dataset: Callable[[list[str]], Dataset]
) -> None:
    class Caching(Kind):
        def options(self, body: Any, places: Places) -> Any:
            return places

        def run(self, options: Any) -> None:
            for folder in ("posterior-made", "experiment-made", "../elsewhere"):
                (options.cache / folder).mkdir()
                entry = Entry(options.cache / folder / "plan.npz", folder, 1)
                entry.write_arrays({"plan": np.zeros(2)})
            assert found.arrays({"plan": (2,)}) is not None
            assert Entry(found.path, "another", 1).arrays({"plan": (2,)}) is None

    found = Entry(store.folder / "cache" / "posterior-found" / "plan.npz", "found", 1)
    unread = Entry(store.folder / "cache" / "posterior-unread" / "plan.npz", "unread", 1)
    for entry in (found, unread):
        entry.path.parent.mkdir()
        entry.write_arrays({"plan": np.zeros(2)})
    made = asked(store, "plan", {}, dataset(ROWS).id)
    run_job(store, made, lambda *_: None, {"plan": Caching("plan", "nothing:at_all")})
    markers = list(store.folder.rglob("used-by-*"))
    assert {each.parent.relative_to(store.folder / "cache").as_posix() for each in markers} == {
        "posterior-made",
        "experiment-made",
        "posterior-found",
    }
    assert {each.name for each in markers} == {f"used-by-{made.dataset}"}


def test_only_leftovers_are_swept(
    store: Store, dataset: Callable[[list[str]], Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = dataset(ROWS)
    running = asked(store, "ingest", {}, kept.id)
    Work(store, running).begin()
    for name in ("work/gone", "results/" + "0" * 32, "datasets/" + "1" * 32):
        (store.folder / name).mkdir()
    assert sweep(store) == []  # they may belong to a process that is about to refer to them
    monkeypatch.setattr(import_module("mediagym.scripts.app.jobs.sweep"), "_OLD", -1.0)
    assert {path.name for path in sweep(store)} == {"gone", "0" * 32, "1" * 32}
    assert Work(store, running).result.is_dir()
    assert store.dataset_folder(kept.id).is_dir()


def test_a_leftover_that_is_written_anew_is_not_swept(
    store: Store, files: Callable[..., Path]
) -> None:
    def kept(folder: Path) -> str:
        with store.writing() as connection:
            key = store.add_result(connection, "plan", folder, manifest(folder))
            connection.rollback()  # the process is killed before its transaction ends
            return key

    key = kept(files(plan_json="{}"))
    target = store.folder / "results" / key
    os.utime(target, (0, 0))  # a killed worker's, whose job is taken up now
    assert kept(files(plan_json="{}")) == key
    assert sweep(store) == []
    os.utime(target, (0, 0))
    assert sweep(store) == [target]
