"""Calibrate advertisers whose truth is known: curve errors, coverage, and the regret of plans."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json, write_text
from mediagym.scripts.cli import command, command_line, print_line, progress_bar, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import RecoveryCommand


@command("recovery", "mediagym.agents.studies:RecoveryCommand.read")
def run(options: "RecoveryCommand") -> None:
    """Study; write ``recovery.json``, ``recovery.md`` and ``recovery.png``."""
    from mediagym.agents.studies import (
        draw_recovery,
        recovery_markdown,
        recovery_summary,
        recovery_table,
        run_study,
    )

    with progress_bar("advertisers", len(options.cases())) as advance:
        cases = run_study(options, lambda _: advance())
    rows = recovery_summary(cases, options.study.goals)
    heads, *cells = recovery_table(rows)
    for heading, *values in zip(heads, *cells, strict=True):
        print_line(f"{heading:32}" + "".join(f"{value:>20}" for value in values))
    folder = options.output or run_folder()
    write_text(folder / "recovery.md", recovery_markdown(rows, command_line("recovery")))
    content = {"forms": rows, "cases": cases}
    print_line(f"\nstudy    {write_json(folder / 'recovery.json', content)}")
    print_line(f"picture  {draw_recovery(cases, folder)}")


if __name__ == "__main__":
    run()
