"""Writes the corpus into a folder; see `helpers.platforms`."""

import sys
from pathlib import Path

from . import EXPORTS, FOLDERS


def dump(folder: Path) -> None:
    """One subfolder per case, with `expected.txt` beside it."""
    files = [(case.name, {case.file_name: case.content}, case) for case in EXPORTS]
    files += [(f"folder-{name}", case.files, case) for name, case in FOLDERS.items()]
    for name, contents, case in files:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file, content in contents.items():
            (folder / name / file).write_bytes(content)
        wanted = f"refused: {case.refused}" if case.refused else str(case.expected)
        (folder / f"{name}.expected.txt").write_text(wanted + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m helpers.platforms FOLDER")
    dump(Path(sys.argv[1]))
