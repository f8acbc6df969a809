"""Scores of mutants, and their section of a page."""

from collections.abc import Iterable, Sequence
from pathlib import Path

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


def score(verdicts: Sequence[Verdict], known: Sequence[Equivalent]) -> tuple[int, int, int]:
    """Return how many mutants tests stopped, at last and at first, and how many they should have.

    Mutants that are equivalent by judgement count only if they were stopped.
    """
    counted = [v for v in verdicts if v.is_caught or not is_equivalent(v.mutant, known)]
    stopped, at_first = sum(v.is_caught for v in counted), sum(v.was_caught for v in counted)
    return stopped, at_first, len(counted)


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
    """Return Markdown: a table by package, the survivors, and the equivalent mutants."""
    lines = [
        "| package | mutants | killed | too slow | equivalent | survived | score | at first "
        "| tests run |",
        f"|---|{'---:|' * 7}---|",
    ]
    for package in dict.fromkeys(result.package for result in results):
        batches = [result for result in results if result.package == package]
        lines.append(_row(f"`{package}`", batches, known, _tests(batches[-1])))
    lines.append(_row("all", results, known, ""))
    alive = [mutant for each in results for mutant in survivors(each.verdicts, known)]
    lines += ["", "Survivors:", ""] if alive else ["", "No mutant survived.", ""]
    lines += [f"- `{m.file}:{m.line}` {_code(m.before)} became {_code(m.after)}" for m in alive]
    drawn = [v.mutant for each in results for v in each.verdicts if not v.is_caught]
    judged = [e for e in known if any(is_equivalent(mutant, [e]) for mutant in drawn)]
    if judged:
        lines += ["", "Judged equivalent, by hand:", ""]
        lines += [
            f"- `{e.file}` {_code(e.before)} became {_code(e.after)}: {e.reason}" for e in judged
        ]
    return "\n".join(lines) + "\n"


def _row(
    name: str, results: Sequence[PackageResult], known: Sequence[Equivalent], tests: str
) -> str:
    verdicts = [verdict for result in results for verdict in result.verdicts]
    outcomes = [verdict.outcome for verdict in verdicts]
    stopped, at_first, counted = score(verdicts, known)
    cells = [
        name,
        len(outcomes),
        outcomes.count("killed"),
        outcomes.count("stopped"),
        len(outcomes) - counted,
        len(survivors(verdicts, known)),
        *(f"{part / counted:.2f}" if counted else "none" for part in (stopped, at_first)),
        tests,
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _tests(result: PackageResult) -> str:
    left_out = f", without {result.left_out} of more than {result.test_seconds:g} s"
    return f"{result.tests}{left_out if result.left_out else ''}"


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`" if len(text) <= 120 else f"`{text[:117]}...`"
