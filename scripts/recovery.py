"""Calibrate advertisers whose truth is known: curve errors, coverage, and what the plans cost."""

from omegaconf import DictConfig
from rich.progress import Progress

from mediagym.agents.studies import (
    RecoveryCommand,
    draw_recovery,
    recovery_markdown,
    recovery_summary,
    recovery_table,
    run_study,
)
from mediagym.data.storage import write_json, write_text
from mediagym.scripts.cli import (
    command_line,
    console,
    launch,
    print_line,
    run_folder,
    to_plain_dict,
)


def main(config: DictConfig) -> None:
    """Study; write ``recovery.json``, ``recovery.md`` and ``recovery.png``."""
    settings = to_plain_dict(config)
    asked = RecoveryCommand.read(settings)
    with Progress(console=console) as bar:
        task = bar.add_task("advertisers", total=len(asked.cases()))
        cases = run_study(settings, lambda _: bar.advance(task))
    rows = recovery_summary(cases, asked.goals)
    heads, *cells = recovery_table(rows)
    for heading, *values in zip(heads, *cells, strict=True):
        print_line(f"{heading:32}" + "".join(f"{value:>20}" for value in values))
    folder = asked.output or run_folder()
    write_text(folder / "recovery.md", recovery_markdown(rows, command_line("recovery")))
    print_line(
        f"\nstudy    {write_json(folder / 'recovery.json', {'forms': rows, 'cases': cases})}"
    )
    print_line(f"picture  {draw_recovery(cases, folder)}")


def run() -> None:
    """Console entry."""
    launch(main, "recovery")


if __name__ == "__main__":
    run()
