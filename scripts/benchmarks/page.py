"""Tables of the benchmarks on a page: each between markers, so that one can be measured anew."""

import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mediagym.data.storage import write_text
from mediagym.scripts.benchmarks.figure import Figures

_HEAD = """# Speed and memory

    OMP_NUM_THREADS=1 python scripts/benchmark.py all page=docs/benchmark.md

Each table is written by this command, for the benchmarks that are named, with the day and the
machine on which they ran; a quantity and its rival are measured in one run. CPU seconds are those
of one core.
"""


def write_page(path: Path, measured: Mapping[str, Figures]) -> Path:
    """Write the tables of the benchmarks that ran into a page; tables of others stay.

    Args:
        path: Markdown file, made if it does not exist.
        measured: figures by the name of the benchmark.
    """
    text = path.read_text(encoding="utf-8") if path.is_file() else _HEAD
    for name, figures in measured.items():
        begin, end = f"<!-- benchmark {name} -->", f"<!-- end of {name} -->"
        section = "\n".join([begin, "", f"## {name}", "", *_lines(figures), "", end])
        old = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if old.search(text):
            text = old.sub(lambda _, new=section: new, text)  # type: ignore[misc]
        else:
            text = f"{text.rstrip()}\n\n{section}\n"
    return write_text(path, text)


def _lines(figures: Figures) -> list[str]:
    day, machine = datetime.now(UTC).date().isoformat(), platform.machine()
    return [
        f"{day}, {os.cpu_count()} cores ({machine}), Python {platform.python_version()}.",
        "",
        "| quantity | measured | target | unit |",
        "|---|---:|---|---|",
        *(f"| {k} | {each.shown} | {each.goal} | {each.unit} |" for k, each in figures.items()),
    ]
