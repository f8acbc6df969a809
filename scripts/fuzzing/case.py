"""One case: a folder of exports of a known market, mutated, and the verdict on reading it."""

import math
from collections.abc import Callable
from random import Random
from typing import Literal, NamedTuple

from . import harmful, harmless
from .damage import DAMAGES
from .export import Draft, Export, Key, Values, simulate, sums_of
from .packing import file_of
from .reading import merged, read_again
from .styles import draw_exports
from .worker import Answer

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


class Case(NamedTuple):
    """A folder, and what is true of it."""

    name: str  # "17 encode + flip_bytes"
    mutations: tuple[str, ...]  # at most the last is not of SAME
    truth: Truth
    files: dict[str, bytes]
    original: Sums  # of the market, as far as the exports show it
    expected: Sums | None  # of the damaged files, None if no reading of them is sure
    intact: dict[str, bytes]  # files before the damage; empty unless truth is "either"
    damaged: str  # name of the damaged file, "" unless truth is "either"


def draw_case(seed: int, number: int) -> Case:
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
            changed = _changed(SAME[name], exports, rng)
            if changed is not None and name not in (*names, last):
                exports = changed
                names.append(name)
        if last in DAMAGES:
            return _damaged_case(number, (*names, last), exports, original, rng)
        changed = _changed({**SAME, **REFUSED}[last], exports, rng)
        if changed is not None:
            files = dict(map(file_of, changed))
            mutations = (*names, last)
            original = _truth(changed) if last in _LAST else original
            title = _title(number, mutations)
            return Case(title, mutations, MUTATIONS[last], files, original, None, {}, "")
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


def _changed(mutate: Mutate, exports: Draft, rng: Random) -> Draft | None:
    """The exports after a mutation, None if it does not fit them."""
    copies = [export.copy() for export in exports]
    return copies if mutate(copies, rng) else None


def _damaged_case(
    number: int, mutations: tuple[str, ...], exports: Draft, original: Sums, rng: Random
) -> Case:
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
        original,
        None if together is None else sums_of(together),
        files,
        name,
    )


def judge(case: Case, answer: Answer) -> tuple[Verdict, str]:
    """Verdict on a case and what explains it.

    A damaged file that is read must agree with the independent reading. Where that is not sure, the
    sums must be those of the market; otherwise the case is wrong, or suspicious if the reader has a
    note on the file (`with_notes` decides).
    """
    if answer.status in ("traceback", "hang", "memory"):
        return answer.status, answer.message
    if answer.status == "died":
        return "memory", answer.message
    if answer.status == "refused":
        return ("needless" if case.truth == "same" else "refused"), answer.message
    if case.truth == "refused":
        return "wrong", "read, though it must be refused"
    expected = case.original if case.expected is None else case.expected
    difference = difference_of(answer.sums, expected)
    return ("wrong", difference) if difference else ("ok", "")


def with_notes(case: Case, answer: Answer, intact: Answer) -> bool:
    """True if a note on the damaged file was not there before the damage."""
    new = set(answer.notes) - set(intact.notes)
    return any(case.damaged in note for note in new)


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
