"""The standings in Markdown and in HTML."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.display import markdown_text, page_environment, visible
from ...data.storage import write_text
from .standings import Standings

_FOLDER = Path(__file__).parent
_ABOUT = (
    "Percent of the clairvoyant, mean over {markets} test markets per task, with 95 % intervals; "
    "differences are paired by market. ms per decision: CPU-milliseconds per day of one flight, in "
    "a batch, on the machine of its authors."
)
_MOST = 400  # characters of a statement in a table


def write_standings(found: Standings, folder: Path) -> list[Path]:
    """Write ``leaderboard.md`` and ``leaderboard.html``; return the files.

    Args:
        found: result of ``standings``.
        folder: folder of the files.
    """
    return [
        write_text(folder / "leaderboard.md", markdown(found)),
        write_text(folder / "leaderboard.html", html(found)),
    ]


def markdown(found: Standings) -> str:
    """Return the standings as a Markdown page."""
    parts = ["# Leaderboard", _about(found)]
    for title, rows, overall in _tables(found):
        heads, *lines = _cells(rows, found, overall)
        table = [heads, ["---", *["---:"] * (len(heads) - 1)]]
        table += [[markdown_text(cell, _MOST) for cell in line] for line in lines]
        parts.append(f"## {title}")
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in table))
    parts.append("## Training")
    parts.append("\n".join(f"- {markdown_text(line, 4 * _MOST)}" for line in _statements(found)))
    return "\n\n".join(parts) + "\n"


def html(found: Standings) -> str:
    """Return the standings as one page of HTML without scripts or links to other files."""
    tables = [
        (title, *_split(_cells(rows, found, overall)), [row["url"] for row in rows])
        for title, rows, overall in _tables(found)
    ]
    template = page_environment(_FOLDER).get_template("leaderboard.html.j2")
    return template.render(about=_about(found), rankings=tables, statements=_statements(found))


def summary_lines(found: Standings) -> list[str]:
    """Return the overall rows as lines for the terminal."""
    lines = []
    for row in found.overall:
        beside = [
            f"vs {name} {_within(pair['difference'], pair['ci'], '+.2f')}"
            for name, pair in row["versus"].items()
        ]
        mean = _within(row["mean"], row["ci"], ".2f")
        tasks = f"{row['tasks']} of {len(found.tasks)} tasks"
        lines.append("  ".join([f"{visible(row['policy']):20}", tasks, mean, *beside]))
    return lines


def _about(found: Standings) -> str:
    return _ABOUT.format(markets=found.markets)


def _tables(found: Standings) -> list[tuple[str, Sequence[Mapping[str, Any]], bool]]:
    """Return title and rows of every table, and whether it is the one over all tasks."""
    tasks = [(key, rows, False) for key, rows in found.by_task.items()]
    return [(f"All {len(found.tasks)} tasks", found.overall, True), *tasks]


def _cells(rows: Sequence[Mapping[str, Any]], found: Standings, overall: bool) -> list[list[str]]:
    """Return the headings and the cells of a table."""
    extra = ["tasks", "authors"] if overall else []
    versus = [f"vs {name}" for name in found.references]
    lines = [["policy", "mean", *versus, "seeds", "ms per decision", *extra]]
    for row in rows:
        pairs = [row["versus"].get(name) for name in found.references]
        beside = [_within(pair["difference"], pair["ci"], "+.2f") if pair else "" for pair in pairs]
        cells = [row["policy"], _within(row["mean"], row["ci"], ".2f"), *beside]
        cells += [str(row["seeds"]), f"{1000 * row['seconds_per_decision']:.3g}"]
        cells += [f"{row['tasks']} of {len(found.tasks)}", row["authors"]] if overall else []
        lines.append(cells)
    return lines


def _split(lines: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return lines[0], lines[1:]


def _statements(found: Standings) -> list[str]:
    """Return how each policy was trained, a line each."""
    rows = {row["policy"]: row for rows in found.by_task.values() for row in rows}
    lines = []
    for name, row in sorted(rows.items()):
        spent = row["training_cpu_seconds"]
        time = "" if spent is None else f" ({spent:,.0f} CPU-seconds per task and seed)"
        page = "" if row["url"] is None else f" {row['url']}"
        lines.append(f"{name}: {row['training']}{time}{page}")
    return lines


def _within(middle: float, ci: Sequence[float], shape: str) -> str:
    return f"{middle:{shape}} ({ci[0]:{shape}}..{ci[1]:{shape}})"
