"""One case: a log of a known site, mutated, and the verdict on its attribution."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from .. import (
    DAMAGES,
    Answer,
    Case,
    Mutate,
    Result,
    Suite,
    Truth,
    Verdict,
    Worker,
    changed_draft,
    difference_of,
    file_of,
    result_of,
    verdict_at_once,
)
from .. import harmful as any_harm
from .. import harmless as any_style
from . import harmful, harmless
from .cleaning import cleaned
from .hostile import HOSTILE, run_hostile
from .kinds import KINDS, STRICT, draft_of
from .log import Site, draw_site, export_files

_STRICT_SAME: tuple[Mutate, ...] = (  # of the log that is read fast and strictly
    any_style.quote,
    any_style.end_lines,
    any_style.reorder_columns,
    any_style.blank_lines,
    any_style.shuffle_rows,
    harmless.capitals,
)
SAME: dict[str, Mutate] = {
    mutate.__name__: mutate
    for mutate in (
        *_STRICT_SAME,
        any_style.encode,
        any_style.delimit,
        any_style.add_titles,
        any_style.pad_cells,
        any_style.pack_file,
        harmless.rows_without_user,
        harmless.total_below,
        harmless.words_for_converted,
        harmless.other_clocks,
        harmless.two_periods,
        harmless.hostile_unpaid,
    )
}
REFUSED: dict[str, Mutate] = {
    mutate.__name__: mutate
    for mutate in (
        any_harm.cut_off,
        any_harm.ragged_row,
        any_harm.open_quote,
        any_harm.nul_characters,
        harmful.no_such_time,
        harmful.mixed_zones,
        harmful.mixed_dates,
        harmful.no_answer,
        harmful.swapped_headings,
        harmful.heading_twice,
        harmful.column_lost,
        harmful.no_rows,
        harmful.no_conversion,
        harmful.other_years,
        harmful.two_logs,
    )
}
MUTATIONS: dict[str, Truth] = {
    **dict.fromkeys(SAME, "same"),
    **dict.fromkeys(REFUSED, "refused"),
    **dict.fromkeys(DAMAGES, "either"),
}
_ATTEMPTS = 50


class SameLog(NamedTuple):
    """A folder whose attribution is that of a right reading of the case."""

    files: dict[str, bytes]
    is_sure: bool  # False: nobody can tell what the log says; these are the files before the damage


def draw_case(seed: int, number: int) -> Case[SameLog]:
    """A case; equal numbers give equal cases.

    Args:
        seed: of the whole run.
        number: of the case. Its last mutation goes round all of `MUTATIONS`.
    """
    rng = Random(f"{seed} {number}")  # noqa: S311  # reproducible, and no secret
    last = list(MUTATIONS)[number % len(MUTATIONS)]
    for _ in range(_ATTEMPTS):
        site, kind = draw_site(rng), rng.choice(list(KINDS))
        ads = export_files(site, rng)
        title = f"{number:05d} {kind}: "
        if last in DAMAGES:
            return _damaged(title, (site, kind), ads, last, rng)
        logs = [draft_of(site.landings, kind)]
        names: list[str] = []
        others = rng.sample(sorted(SAME), rng.choice((0, 0, 1, 2))) if last in SAME else []
        for name in dict.fromkeys((*others, last)):
            changed = changed_draft({**SAME, **REFUSED}[name], logs, rng)
            if changed is not None:
                logs = changed
                names.append(name)
        if last not in names:
            continue
        truth = MUTATIONS[last]
        if kind == STRICT and any(SAME.get(name) not in (None, *_STRICT_SAME) for name in names):
            truth = "either"
        clean = {**ads, **dict([file_of(draft_of(site.landings, STRICT))])}
        files = {**ads, **dict(map(file_of, logs))}
        name = title + " + ".join(names)
        return Case(name, tuple(names), truth, files, SameLog(clean, True))
    raise AssertionError(f"{last} fits no log")  # pragma: no cover


def _damaged(
    title: str, log: tuple[Site, str], ads: dict[str, bytes], damage: str, rng: Random
) -> Case[SameLog]:
    site, kind = log
    draft = draft_of(site.landings, kind)
    name, data = file_of(draft)
    damaged = DAMAGES[damage](data, rng)
    again = cleaned(draft, damaged, kind)
    return Case(
        title + damage,
        (damage,),
        "either",
        {**ads, name: damaged},
        SameLog({**ads, name: data if again is None else again}, again is not None),
    )


def run_case(seed: int, number: int, worker: Worker) -> Result:
    """Attributes one case, and the folder that must have the same attribution."""
    case = draw_case(seed, number)
    answer = worker.read_files(case.files)
    verdict, reason = judge(case, answer, lambda: worker.read_files(case.expected.files))
    return result_of(case, verdict, reason, answer)


def judge(case: Case[SameLog], answer: Answer, clean: Callable[[], Answer]) -> tuple[Verdict, str]:
    """Verdict on a case and what explains it.

    Args:
        case: the case.
        answer: to its files.
        clean: returns the answer to the folder that must have the same attribution.
    """
    if at_once := verdict_at_once(case.truth, answer):
        return at_once
    expected = clean()
    if expected.status != "read":
        difference = f"attributed, though the clean log is not: {expected.message}"
    else:
        difference = difference_of(answer.sums, expected.sums)
    if difference and not case.expected.is_sure and set(answer.notes) - set(expected.notes):
        return "suspicious", difference
    return ("wrong", difference) if difference else ("ok", "")


LANDINGS = Suite(
    "mediagym.scripts.fuzzing.landings.attribution:attributed",
    run_case,
    {name: hostile.is_slow for name, hostile in HOSTILE.items()},
    run_hostile,
)
