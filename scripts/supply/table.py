"""Write the table of licences into docs/supply_chain.md, between its two marks."""

from collections.abc import Sequence

from mediagym.data.errors import data_error
from mediagym.data.storage import ROOT, write_text
from mediagym.scripts.supply import (
    LOCK,
    installed,
    licence_table,
    read_arguments,
    read_pins,
    read_policy,
    read_project,
    run_command,
    scopes_of,
    this_environment,
)

PAGE = ROOT / "docs" / "supply_chain.md"
_START, _END = "<!-- licences -->\n", "<!-- end of licences -->"


def page_of(text: str) -> str:
    """The page with the table of the installed environment.

    Raises:
        DataError: the page lacks one of the marks.
    """
    before, start, rest = text.partition(_START)
    _, end, after = rest.partition(_END)
    if not start or not end:
        raise data_error(PAGE.name, "a mark is missing", f"{_START.strip()} ... {_END}", "add it")
    packages = installed()
    scopes = scopes_of(read_project(), packages, this_environment())
    policy, lock = read_policy(), read_pins(LOCK)
    table = licence_table({n: scopes[n] for n in lock.keys() & scopes.keys()}, packages, policy)
    return f"{before}{start}\n{table}\n{end}{after}"


def main(words: Sequence[str]) -> int:
    """Write the page."""
    read_arguments(words, {})
    path = write_text(PAGE, page_of(PAGE.read_text(encoding="utf-8")))
    print(path)
    return 0


if __name__ == "__main__":
    run_command(main)
