"""Verdict on a reading: what it gave against what is true of the folder."""

import math
from typing import Literal

from .case import Case, Sums
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
