"""The mutation test of the reader: that it finds faults, and a small run of it."""

import gzip
import math
import textwrap
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mediagym.scripts.fuzzing import (
    COLUMNS,
    FAILURES,
    HOSTILE,
    MUTATIONS,
    Answer,
    Case,
    ExpectedSums,
    FuzzCommand,
    Result,
    draw_case,
    judge,
    run_all,
    table_of,
    write_failure,
)
from mediagym.scripts.fuzzing import worker as worker_module
from mediagym.scripts.fuzzing.export import METRICS, Export, simulate, sums_of
from mediagym.scripts.fuzzing.hostile import is_clean, lay_out, verdict_of
from mediagym.scripts.fuzzing.packing import file_of
from mediagym.scripts.fuzzing.reading import read_again
from mediagym.scripts.fuzzing.styles import STYLES, draw_exports
from mediagym.scripts.fuzzing.worker import Worker

SHARE = len(MUTATIONS)  # cases of the small run, so that each mutation has its turn


def case_of(truth: str, damaged: Any = None) -> Case[ExpectedSums]:
    sums = {"meta/2025-01-01/": (1.0, 2.0, 3.0, 4.0, 5.0)}
    expected = ExpectedSums(sums, damaged, {}, "meta.csv")
    return Case("0 x", ("x",), truth, {}, expected)  # type: ignore[arg-type]


def read(cost: float) -> Answer:
    return Answer("read", sums={"meta/2025-01-01/": (cost, 2.0, 3.0, 4.0, 5.0)})


def plain(seed: int = 0) -> Export:
    rng = Random(seed)  # noqa: S311
    return STYLES["meta"][1]([row for row in simulate(rng) if row.platform == "meta"], rng)


def test_equal_numbers_give_equal_cases_and_every_mutation_has_its_turn() -> None:
    cases = [draw_case(3, number) for number in range(len(MUTATIONS))]
    assert {case.mutations[-1] for case in cases} == set(MUTATIONS)
    assert cases == [draw_case(3, number) for number in range(len(MUTATIONS))]
    assert all(case.truth == MUTATIONS[case.mutations[-1]] for case in cases)
    assert draw_case(4, 0).files != draw_case(3, 0).files
    assert {MUTATIONS[name] for case in cases for name in case.mutations[:-1]} <= {"same"}


def test_exports_of_every_style_say_what_the_market_says() -> None:
    for seed in range(10):
        rng = Random(seed)  # noqa: S311
        market = simulate(rng)
        exports = draw_exports(market, rng)
        found = sums_of(record for export in exports for record in export.records())
        for index, _ in enumerate(METRICS):
            total = math.fsum(row.values[index] for row in market)
            assert math.fsum(v[index] for v in found.values()) == pytest.approx(total, abs=1e-6)


@pytest.mark.parametrize("number", range(0, 49, 7))
def test_an_undamaged_file_is_read_again_to_what_it_says(number: int) -> None:
    rng = Random(number)  # noqa: S311
    for export in draw_exports(simulate(rng), rng):
        name, data = file_of(export)
        again = read_again(export, data)
        assert again is not None, name
        assert again == export.records()


def test_the_independent_reading_is_sure_of_a_digit_and_not_of_a_broken_cell() -> None:
    export = plain()
    _, data = file_of(export)
    lines = data.split(b"\n")
    cells = lines[5].split(b",")

    def changed(position: int, cell: bytes) -> bytes:
        row = [*cells[:position], cell, *cells[position + 1 :]]
        return b"\n".join([*lines[:5], b",".join(row), *lines[6:]])

    again = read_again(export, changed(1, b"7.25"))
    assert again is not None
    assert again[4][1][0] == 7.25
    assert read_again(export, b"\n".join([*lines, lines[3]])) == export.records()  # a copy
    for damaged in (
        changed(1, b"7.2.5"),
        changed(1, b"x"),
        changed(0, b"2025-13-01"),
        changed(0, lines[4].split(b",")[0]),  # a day twice, with other values
        changed(1, b"7\xff"),
        changed(1, b'"7'),
        changed(1, b"1,2"),
        data.replace(b"Cost", b"Coxt"),
    ):
        assert read_again(export, damaged) is None


def test_packed_files_unpack_to_the_same_text() -> None:
    export = plain()
    _, data = file_of(export)
    name, packed = file_of(export.copy(packing="gz"))
    assert (name, gzip.decompress(packed)) == ("metaads-performance.csv.gz", data)
    assert read_again(export.copy(packing="zip"), file_of(export.copy(packing="zip"))[1])
    assert file_of(export.copy(encoding="utf-16-be"))[1].decode("utf-16") == data.decode()


@pytest.mark.parametrize(
    ("truth", "expected", "answer", "verdict"),
    [
        ("same", None, read(1.0), "ok"),
        ("same", None, read(1.0 + 1e-9), "ok"),
        ("same", None, read(1.01), "wrong"),
        ("same", None, read(math.nan), "wrong"),
        ("same", None, Answer("read"), "wrong"),
        ("same", None, Answer("refused", "no"), "needless"),
        ("refused", None, Answer("refused", "no"), "refused"),
        ("refused", None, read(1.0), "wrong"),
        ("either", {"meta/2025-01-01/": (7.0, 2.0, 3.0, 4.0, 5.0)}, read(7.0), "ok"),
        ("either", {"meta/2025-01-01/": (7.0, 2.0, 3.0, 4.0, 5.0)}, read(1.0), "wrong"),
        ("either", None, read(1.0), "ok"),
        ("either", None, read(2.0), "wrong"),
        ("either", None, Answer("refused", "no"), "refused"),
        ("either", None, Answer("refused", "a \x1b[31m"), "garbled"),
        ("either", None, Answer("traceback", "KeyError"), "traceback"),
        ("same", None, Answer("hang"), "hang"),
        ("same", None, Answer("died"), "memory"),
    ],
)
def test_verdicts(truth: str, expected: Any, answer: Answer, verdict: str) -> None:
    assert judge(case_of(truth, expected), answer)[0] == verdict


def test_hostile_files_must_be_refused_or_left_out_with_a_note() -> None:
    hostile, sums = HOSTILE["dangling_link"], {"google/2025-01-01/": (1.0,) * 5}
    told = ("meta.csv: a link to nothing; left out.",)
    for answer, verdict in (
        (Answer("refused", "meta.csv: a link"), "refused"),
        (Answer("refused", "meta\n.csv"), "garbled"),
        (Answer("read", sums=sums), "wrong"),
        (Answer("read", sums=sums, notes=told), "ok"),
        (Answer("read", sums={}, notes=told), "wrong"),
        (Answer("hang"), "hang"),
    ):
        assert verdict_of(hostile, answer, sums)[0] == verdict
    assert is_clean("2 problems were found.\n1. a\n2. b")
    assert not is_clean("a \x1b[31m")


def test_hostile_files_are_small_on_the_disk(tmp_path: Path) -> None:
    for name, hostile in HOSTILE.items():
        if hostile.is_slow and "bomb" not in name:
            continue
        (tmp_path / name).mkdir()
        assert lay_out(hostile, tmp_path / name)
        for path in (tmp_path / name).iterdir():
            assert path.lstat().st_blocks * 512 < 30e6, name


def test_the_table_counts_by_mutation_and_failures_are_written(tmp_path: Path) -> None:
    wrong = Result("1 a + b", ("a", "b"), "wrong", "why", Answer("read"), {"x.csv": b"1"})
    fine = Result("2 b", ("b",), "ok", "", Answer("read"), {})
    heads, *rows = table_of([wrong, fine])
    assert heads == ("mutation", *COLUMNS)
    counts = {name: dict(zip(COLUMNS, row, strict=True)) for name, *row in rows}
    assert (counts["b"]["wrong"], counts["b"]["ok"], counts["a"]["ok"]) == ("1", "1", ".")
    assert counts["all"]["wrong"] == "1"
    for result in (wrong, fine):
        write_failure(result, tmp_path)
    (folder,) = tmp_path.iterdir()
    assert (folder / "exports" / "x.csv").read_bytes() == b"1"
    assert "why" in (folder / "case.txt").read_text()


def test_a_process_that_hangs_dies_or_fills_its_memory_is_told_from_one_that_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
        import json, os, sys

        def serve(megabytes, reader):
            print("{}", flush=True)
            for line in sys.stdin:
                name = os.path.basename(json.loads(line))
                if name == "hang":
                    sys.stdin.read()
                if name == "die":
                    os._exit(3)
                print(json.dumps({"status": name, "sums": {"a": [1, 2]}}), flush=True)
    """
    (tmp_path / "pretender.py").write_text(textwrap.dedent(script))
    monkeypatch.setattr(worker_module, "__name__", "pretender")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Worker(3.0, 100) as worker:
        assert worker.read(Path("read")).sums == {"a": (1, 2)}
        statuses = [worker.read(Path(n)).status for n in ("hang", "die", "memory", "read")]
    assert statuses == ["hang", "died", "memory", "read"]


def test_a_small_run_finds_no_fault() -> None:
    options = FuzzCommand(
        files=SHARE,
        first=0,
        seed=0,
        hostile=True,
        slow=False,
        processes=2,
        seconds=20,
        megabytes=2000,
        output=None,
    )
    results = run_all(options, lambda _: None)
    counts = Counter(result.verdict for result in results)
    assert len(results) == SHARE + sum(not h.is_slow for h in HOSTILE.values())
    told = [f"{r.name}: {r.verdict}: {r.reason}" for r in results if r.verdict in FAILURES]
    assert not told, told
    assert not counts["needless"], [r.reason for r in results if r.verdict == "needless"]
    assert min(counts["ok"], counts["refused"]) >= 15
