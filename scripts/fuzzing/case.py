"""One case: a folder of exports of a known market, mutated, and the verdict on reading it."""

import math
from collections.abc import Callable
from random import Random
from typing import Generic, Literal, NamedTuple, TypeVar

from . import harmful, harmless
from .damage import DAMAGES
from .export import Draft, Export, Key, Values, simulate, sums_of
from .packing import file_of
from .reading import merged, read_again
from .styles import draw_exports
from .worker import Answer, is_clean

Verdict = Literal[
    "ok",  # read, and right
    "refused",  # refused, as it had to be or might be
    "suspicious",  # nobody can tell whether it is right, but a note names the file
    "wrong",  # read, and not what the files say, or not to be read
    "needless",  # refused though it can be read
    "garbled",  # refused by a message that cannot be printed
    "traceback",
    "hang",
    "memory",
]
FAILURES: tuple[Verdict, ...] = ("wrong", "garbled", "traceback", "hang", "memory")
_TOLERANCE = 1e-6  # of a sum
Truth = Literal["same", "refused", "either"]
Mutate = Callable[[Draft, Random], bool]
Sums = dict[str, Values]  # by "platform/day/campaign"
SAME: dict[str, Mutate] = {
    mutate.__name__: mutate
    for mutate in (
        harmless.encode,
        harmless.delimit,
        harmless.quote,
        harmless.end_lines,
        harmless.reorder_columns,
        harmless.add_columns,
        harmless.add_percent,
        harmless.add_titles,
        harmless.add_total,
        harmless.blank_lines,
        harmless.group_thousands,
        harmless.decimal_comma,
        harmless.sign_amounts,
        harmless.second_ads,
        harmless.pad_cells,
        harmless.stack_parts,
        harmless.write_dates,
        harmless.pack_file,
        harmless.split_months,
        harmless.overlap,
        harmless.rename_headings,
        harmless.translate,
        harmless.camel_case,
        harmless.shuffle_rows,
    )
}
REFUSED: dict[str, Mutate] = {
    mutate.__name__: mutate
    for mutate in (
        harmful.two_currencies,
        harmful.cut_off,
        harmful.ambiguous_dates,
        harmful.mixed_orders,
        harmful.weekly_rows,
        harmful.other_values,
        harmful.pasted_below,
        harmful.overlap_differs,
        harmful.negative_cost,
        harmful.blank_cost,
        harmful.text_in_number,
        harmful.not_finite,
        harmful.without_dates,
        harmful.without_cost,
        harmful.two_costs,
        harmful.wrong_year,
        harmful.no_such_day,
        harmful.mixed_marks,
        harmful.ragged_row,
        harmful.open_quote,
        harmful.nul_characters,
        harmful.wide_table,
        harmful.wrong_total,
        harmful.utc_evenings,
    )
}
MUTATIONS: dict[str, Truth] = {
    **dict.fromkeys(SAME, "same"),
    **dict.fromkeys(REFUSED, "refused"),
    **dict.fromkeys(DAMAGES, "either"),
}
_LAST = ("second_ads",)  # mutations that others would make ambiguous
_ATTEMPTS = 50


Expected = TypeVar("Expected")


class Case(NamedTuple, Generic[Expected]):
    """A folder, and what is true of it."""

    name: str  # "17 encode + flip_bytes"
    mutations: tuple[str, ...]  # at most the last is not of SAME
    truth: Truth
    files: dict[str, bytes]
    expected: Expected  # what a right reading gives


class ExpectedSums(NamedTuple):
    """What a right reading of exports gives."""

    original: Sums  # of the market, as far as the exports show it
    damaged: Sums | None = None  # of the damaged files, None if no reading of them is sure
    intact: dict[str, bytes] = {}  # noqa: RUF012  # before the damage, if there was one
    victim: str = ""  # name of the damaged file, "" if none is


def draw_case(seed: int, number: int) -> Case[ExpectedSums]:
    """A case; equal numbers give equal cases.

    Args:
        seed: of the whole run.
        number: of the case. Its last mutation goes round all of `MUTATIONS`.
    """
    rng = Random(f"{seed} {number}")  # noqa: S311  # reproducible, and no secret
    last = list(MUTATIONS)[number % len(MUTATIONS)]
    for _ in range(_ATTEMPTS):
        exports = draw_exports(simulate(rng), rng)
        original = _truth(exports)
        names: list[str] = []
        for _ in range(rng.choice((0, 0, 1, 2))):
            name = rng.choice([name for name in SAME if name not in _LAST])
            changed = changed_draft(SAME[name], exports, rng)
            if changed is not None and name not in (*names, last):
                exports = changed
                names.append(name)
        if last in DAMAGES:
            return _damaged_case(number, (*names, last), exports, original, rng)
        changed = changed_draft({**SAME, **REFUSED}[last], exports, rng)
        if changed is not None:
            files = dict(map(file_of, changed))
            mutations = (*names, last)
            original = _truth(changed) if last in _LAST else original
            title = _title(number, mutations)
            return Case(title, mutations, MUTATIONS[last], files, ExpectedSums(original))
    raise AssertionError(f"{last} fits no export")  # pragma: no cover


def _truth(exports: Draft) -> Sums:
    """Sums of all files, what several files say counted once."""
    known: dict[Key, Values] = {}
    for export in exports:
        sums: dict[Key, Values] = {}
        for key, values in export.records():
            before = sums.get(key, (0.0,) * len(values))
            sums[key] = tuple(a + b for a, b in zip(before, values, strict=True))
        known.update(sums)
    return sums_of(known.items())


def _title(number: int, mutations: tuple[str, ...]) -> str:
    return f"{number:05d} {' + '.join(mutations)}"


def changed_draft(mutate: Mutate, draft: Draft, rng: Random) -> Draft | None:
    """The files after a mutation, None if it does not fit them."""
    copies = [file.copy() for file in draft]
    return copies if mutate(copies, rng) else None


def _damaged_case(
    number: int, mutations: tuple[str, ...], exports: Draft, original: Sums, rng: Random
) -> Case[ExpectedSums]:
    victim: Export = rng.choice(exports)
    name, data = file_of(victim)
    damaged = DAMAGES[mutations[-1]](data, rng)
    read = victim.records() if damaged == data else read_again(victim, damaged)
    others = [export.records() for export in exports if export is not victim]
    together = None if read is None else merged([*others, read])
    files = dict(map(file_of, exports))
    return Case(
        _title(number, mutations),
        mutations,
        "either",
        {**files, name: damaged},
        ExpectedSums(original, None if together is None else sums_of(together), files, name),
    )


def judge(case: Case[ExpectedSums], answer: Answer) -> tuple[Verdict, str]:
    """Verdict on a case and what explains it.

    A damaged file that is read must agree with the independent reading. Where that is not sure, the
    sums must be those of the market; otherwise the case is wrong, or suspicious if the reader has a
    note on the file (`with_notes` decides).
    """
    if at_once := verdict_at_once(case.truth, answer):
        return at_once
    original, damaged, *_ = case.expected
    difference = difference_of(answer.sums, original if damaged is None else damaged)
    return ("wrong", difference) if difference else ("ok", "")


def verdict_at_once(truth: Truth, answer: Answer) -> tuple[Verdict, str] | None:
    """Verdict that needs no sums, and what explains it; None for what was rightly read or not.

    Args:
        truth: of the case.
        answer: of the reader.
    """
    if answer.status in ("traceback", "hang", "memory"):
        return answer.status, answer.message
    if answer.status == "died":
        return "memory", answer.message
    if answer.status == "refused":
        if not is_clean(answer.message):
            return "garbled", repr(answer.message)
        return ("needless" if truth == "same" else "refused"), answer.message
    return ("wrong", "read, though it must be refused") if truth == "refused" else None


def with_notes(case: Case[ExpectedSums], answer: Answer, intact: Answer) -> bool:
    """True if a note on the damaged file was not there before the damage."""
    new = set(answer.notes) - set(intact.notes)
    return any(case.expected.victim in note for note in new)


def difference_of(found: Sums, expected: Sums) -> str:
    """First difference of two sets of sums in words, "" if there is none."""
    extra, lost = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
    if extra or lost:
        return (
            f"{len(lost)} keys are lost ({', '.join(lost[:3])}), "
            f"{len(extra)} are new ({', '.join(extra[:3])})"
        )
    for key, values in expected.items():
        pairs = zip(found[key], values, strict=True)
        if not all(math.isclose(a, b, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE) for a, b in pairs):
            return f"{key}: read {list(found[key])}, expected {list(values)}"
    return ""
