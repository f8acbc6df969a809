"""Results of mutants as JSON and as a section of a page."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mediagym.data.errors import DataError
from mediagym.data.storage import read_json, write_json, write_text

from .draw import Mutant
from .run import PackageResult, Verdict
from .settings import Equivalent

BEGIN = "<!-- mutation: written by scripts/fuzzing/mutation/mutants.py -->"
END = "<!-- mutation: end -->"


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


def read_results(path: Path) -> list[PackageResult]:
    """Return recorded results; none if there is no file.

    Raises:
        DataError: if the file has another form.
    """
    if not path.exists():
        return []
    try:
        return [
            PackageResult(
                **{
                    **each,
                    "verdicts": [
                        Verdict(**{**v, "mutant": Mutant(**v["mutant"])}) for v in each["verdicts"]
                    ],
                }
            )
            for each in read_json(path)["packages"]
        ]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}: has another form ({error}). Allowed: results that this command wrote. To "
            "fix: name another file."
        ) from error


def write_results(path: Path, results: Sequence[PackageResult]) -> Path:
    """Write results as JSON."""
    return write_json(path, {"packages": [_plain(result) for result in results]})


def write_section(
    page: Path, results: Sequence[PackageResult], known: Sequence[Equivalent]
) -> Path:
    """Replace the section of a page between its two marks.

    Raises:
        DataError: if the page does not have the marks.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise DataError(
            f"{page}: has no section of mutants. Allowed: a page with the lines {BEGIN} and {END}. "
            "To fix: add them where the table belongs."
        )
    return write_text(page, f"{head}{BEGIN}\n{section(results, known)}{END}{tail}")


def section(results: Sequence[PackageResult], known: Sequence[Equivalent]) -> str:
    """Return Markdown: a table by package, the survivors, and the equivalent mutants."""
    lines = [
        "| package | mutants | killed | too slow | equivalent | survived | score | tests run |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for result in results:
        lines.append(_row(result, known))
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


def _row(result: PackageResult, known: Sequence[Equivalent]) -> str:
    outcomes = [verdict.outcome for verdict in result.verdicts]
    stopped, counted = score(result.verdicts, known)
    alive = len(survivors(result.verdicts, known))
    equivalent = len(outcomes) - counted
    tests = f"{result.tests}, without {result.left_out} of more than {result.test_seconds:g} s"
    cells = [
        f"`{result.package}`",
        len(outcomes),
        outcomes.count("killed"),
        outcomes.count("stopped"),
        equivalent,
        alive,
        f"{stopped / counted:.2f}" if counted else "none",
        tests if result.left_out else result.tests,
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`" if len(text) <= 120 else f"`{text[:117]}...`"


def _plain(result: PackageResult) -> dict[str, Any]:
    verdicts = [{**v._asdict(), "mutant": v.mutant._asdict()} for v in result.verdicts]
    return {**result._asdict(), "verdicts": verdicts}
