"""The mutation test of landing logs: that its rules find faults, and a small run of it."""

from collections import Counter
from random import Random

import pytest

from mediagym.scripts.fuzzing import FAILURES, Answer, Case, FuzzCommand, run_all
from mediagym.scripts.fuzzing.landings import HOSTILE, LANDINGS, MUTATIONS, SameLog, draw_case
from mediagym.scripts.fuzzing.landings.case import judge
from mediagym.scripts.fuzzing.landings.cleaning import cleaned
from mediagym.scripts.fuzzing.landings.kinds import KINDS, draft_of
from mediagym.scripts.fuzzing.landings.log import draw_site
from mediagym.scripts.fuzzing.packing import file_of


def case_of(truth: str, is_sure: bool = True) -> Case[SameLog]:
    return Case("0 x", ("x",), truth, {}, SameLog({}, is_sure))  # type: ignore[arg-type]


def read(credit: float, *notes: str) -> Answer:
    return Answer("read", sums={"/methods/last/meta/credit": (credit,)}, notes=notes)


def test_equal_numbers_give_equal_cases_and_every_mutation_has_its_turn() -> None:
    cases = [draw_case(3, number) for number in range(len(MUTATIONS))]
    assert {case.mutations[-1] for case in cases} == set(MUTATIONS)
    assert cases == [draw_case(3, number) for number in range(len(MUTATIONS))]
    assert draw_case(4, 0).files != draw_case(3, 0).files
    assert {case.truth for case in cases} == {"same", "refused", "either"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_independent_reading_is_sure_of_a_digit_and_not_of_a_broken_cell(kind: str) -> None:
    log = draft_of(draw_site(Random(1)).landings, kind)  # noqa: S311
    _, data = file_of(log)
    lines = data.split(b"\n")
    again = cleaned(log, data, kind)
    assert again is not None
    assert again.replace(b'"', b"") == data
    shorter = cleaned(log, b"\n".join([*lines[:5], *lines[6:]]), kind)
    assert shorter is not None
    assert shorter.count(b"\n") == again.count(b"\n") - 1
    row = lines[5].split(b",")
    place = next(k for k, r in enumerate(log.roles) if r in ("time", "seconds", "microseconds"))
    for damaged in (
        b"\n".join([*lines[:5], b",".join(row[:-1]), *lines[6:]]),
        b"\n".join([*lines[:5], b",".join([*row[:place], b"x", *row[place + 1 :]]), *lines[6:]]),
        b"\n".join([*lines[:5], lines[5] + b"\xff", *lines[6:]]),
        b"\n".join(lines[1:]),
        data[:-40] + b'"',
    ):
        assert cleaned(log, damaged, kind) is None


def test_an_event_of_another_name_is_another_event_to_the_independent_reading() -> None:
    log = draft_of(draw_site(Random(1)).landings, "ga4")  # noqa: S311
    _, data = file_of(log)
    for event in (b"page_vie\x1b", b"page_vie"):
        again = cleaned(log, data.replace(b"page_view", event, 1), "ga4")
        assert again is not None
        assert again.count(b"page_view") == data.count(b"page_view") - 1


@pytest.mark.parametrize(
    ("case", "answer", "clean", "verdict"),
    [
        (case_of("same"), read(1.0), read(1.0), "ok"),
        (case_of("same"), read(1.1), read(1.0), "wrong"),
        (case_of("same"), Answer("refused", "no"), read(1.0), "needless"),
        (case_of("refused"), Answer("refused", "no"), read(1.0), "refused"),
        (case_of("refused"), read(1.0), read(1.0), "wrong"),
        (case_of("either"), Answer("refused", "a \x1b[31m"), read(1.0), "garbled"),
        (case_of("either"), read(1.0), Answer("refused", "no"), "wrong"),
        (case_of("either"), read(2.0, "a note"), read(1.0), "wrong"),
        (case_of("either", is_sure=False), read(2.0, "a note"), read(1.0), "suspicious"),
        (case_of("either", is_sure=False), read(2.0), read(1.0), "wrong"),
        (case_of("either"), Answer("traceback", "KeyError"), read(1.0), "traceback"),
        (case_of("either"), Answer("died"), read(1.0), "memory"),
    ],
)
def test_verdicts(case: Case[SameLog], answer: Answer, clean: Answer, verdict: str) -> None:
    assert judge(case, answer, lambda: clean)[0] == verdict


@pytest.mark.slow
def test_a_small_run_finds_no_fault() -> None:
    options = FuzzCommand(
        files=len(MUTATIONS),
        first=0,
        seed=0,
        hostile=True,
        slow=False,
        processes=2,
        seconds=60,
        megabytes=3000,
        output=None,
    )
    results = run_all(options, lambda _: None, LANDINGS)
    counts = Counter(result.verdict for result in results)
    assert len(results) == len(MUTATIONS) + sum(not each.is_slow for each in HOSTILE.values())
    told = [f"{r.name}: {r.verdict}: {r.reason}" for r in results if r.verdict in FAILURES]
    assert not told, told
    assert not counts["needless"], [r.reason for r in results if r.verdict == "needless"]
    assert min(counts["ok"], counts["refused"]) >= 10
