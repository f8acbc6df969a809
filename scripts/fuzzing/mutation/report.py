"""Scores of mutants, and their section of a page."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mediagym.data.errors import DataError
from mediagym.data.storage import write_text

from .draw import Mutant
from .run import PackageResult, Verdict
from .settings import Equivalent

_MARK = "<!-- {}: written by scripts/fuzzing/mutation/mutants.py -->"
_END = "<!-- {}: end -->"
DRAWN, BY_HAND = "mutation", "faults by hand"  # names of the two sections


def is_equivalent(mutant: Mutant, known: Iterable[Equivalent]) -> bool:
    """Return whether a reader has judged a mutant to behave like the original."""
    key = (mutant.file, mutant.before, mutant.after)
    return any(key == (each.file, each.before, each.after) for each in known)


def score(verdicts: Sequence[Verdict], known: Sequence[Equivalent]) -> tuple[int, int]:
    """Return how many mutants tests stopped, and how many they should have stopped."""
    counted = [v for v in verdicts if v.is_caught or not is_equivalent(v.mutant, known)]
    return sum(verdict.is_caught for verdict in counted), len(counted)


def survivors(verdicts: Sequence[Verdict], known: Sequence[Equivalent]) -> list[Mutant]:
    """Return the mutants that no test stopped though they are not equivalent."""
    alive = [each.mutant for each in verdicts if not each.is_caught]
    return [mutant for mutant in alive if not is_equivalent(mutant, known)]


def write_section(page: Path, name: str, content: str) -> Path:
    """Replace a section of a page between its two marks.

    Args:
        page: a Markdown file.
        name: of the section, which stands in its marks.
        content: whole lines.

    Raises:
        DataError: if the page does not have the marks.
    """
    first, last = _MARK.format(name), _END.format(name)
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    head, begin, rest = text.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise DataError(
            f"{page}: has no section of {name}. Allowed: a page with the lines {first} and {last}. "
            "To fix: add them where the table belongs."
        )
    return write_text(page, f"{head}{first}\n{content}{last}{tail}")


def section(results: Sequence[PackageResult], known: Sequence[Equivalent]) -> str:
    """Return Markdown: a table by package, the survivors, and the equivalent mutants.

    Where a package has several batches of the same draw, the last one is fresh: no test was written
    for its mutants. The others are counted together.
    """
    packages = list(dict.fromkeys(result.package for result in results))
    older, fresh = zip(*(_batches(results, package) for package in packages), strict=True)
    lines = [
        "| package | mutants | killed | too slow | equivalent | survived | score "
        "| fresh mutants | equivalent | survived | fresh score | tests run |",
        f"|---|{'---:|' * 10}---|",
    ]
    for package, one, other in zip(packages, older, fresh, strict=True):
        last = [result for result in results if result.package == package][-1]
        lines.append(
            _row([f"`{package}`", *_seen(one, known), *_unseen(other, known), _tests(last)])
        )
    sums = _seen([v for each in older for v in each], known)
    news = _unseen([v for each in fresh for v in each], known)
    lines.append(_row(["all", *sums, *news, ""]))
    return "\n".join([*lines, *_lists(results, known)]) + "\n"


def _batches(results: Sequence[PackageResult], package: str) -> tuple[list[Verdict], list[Verdict]]:
    """Verdicts of a package on the mutants for which tests were written, and on fresh ones."""
    *older, last = [result for result in results if result.package == package]
    if not older:
        return last.verdicts, []
    return [verdict for result in older for verdict in result.verdicts], last.verdicts


def _lists(results: Sequence[PackageResult], known: Sequence[Equivalent]) -> list[str]:
    """Survivors, fresh ones marked, and mutants that are equivalent by judgement."""
    packages = list(dict.fromkeys(result.package for result in results))
    lines = []
    for package in packages:
        for name, verdicts in zip(("", ", fresh"), _batches(results, package), strict=True):
            lines += [
                f"- `{m.file}:{m.line}`{name}: {_code(m.before)} became {_code(m.after)}"
                for m in survivors(verdicts, known)
            ]
    lines = ["", "Survivors:", "", *lines] if lines else ["", "No mutant survived.", ""]
    drawn = [v.mutant for each in results for v in each.verdicts if not v.is_caught]
    judged = [e for e in known if any(is_equivalent(mutant, [e]) for mutant in drawn)]
    if judged:
        lines += ["", "Judged equivalent, by hand:", ""]
        lines += [
            f"- `{e.file}` {_code(e.before)} became {_code(e.after)}: {e.reason}" for e in judged
        ]
    return lines


def _seen(verdicts: Sequence[Verdict], known: Sequence[Equivalent]) -> list[Any]:
    """Cells of mutants for which tests were written."""
    outcomes = [verdict.outcome for verdict in verdicts]
    stopped = [outcomes.count("killed"), outcomes.count("stopped")]
    return [len(outcomes), *stopped, *_alive(verdicts, known)]


def _unseen(verdicts: Sequence[Verdict], known: Sequence[Equivalent]) -> list[Any]:
    """Cells of fresh mutants."""
    return [len(verdicts), *_alive(verdicts, known)] if verdicts else [""] * 4


def _alive(verdicts: Sequence[Verdict], known: Sequence[Equivalent]) -> list[Any]:
    """Equivalent mutants, survivors, and the score."""
    stopped, counted = score(verdicts, known)
    share = f"{stopped / counted:.2f}" if counted else "none"
    return [len(verdicts) - counted, len(survivors(verdicts, known)), share]


def _tests(result: PackageResult) -> str:
    left_out = f", without {result.left_out} of more than {result.test_seconds:g} s"
    return f"{result.tests}{left_out if result.left_out else ''}"


def _row(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`" if len(text) <= 120 else f"`{text[:117]}...`"
