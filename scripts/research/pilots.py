"""Fly pilots in worlds that their calibration does not describe: regret, turnover, kept rules."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json
from mediagym.scripts.cli import command, command_line, print_line, progress_bar, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import PilotsCommand


@command("pilots", "mediagym.agents.studies:PilotsCommand.read")
def run(options: "PilotsCommand") -> None:
    """Fly; print a line per world, rules and pilot; write ``pilots.json`` and ``pilots.md``."""
    from mediagym.agents.studies import fly_pilots, pilots_markdown, pilots_summary, write_table

    with progress_bar("advertisers", len(options.cases())) as advance:
        rows = fly_pilots(options, lambda _: advance())
    summary = pilots_summary(rows, options.pilots.resamples, options.pilots.noise)
    for row in summary:
        rules = "ramps" if row["ramps"] else ""
        print_line(
            f"{row['world']:14}{row['pilot']:12}{rules:7}regret {row['regret']:6.2f} %   "
            f"within its rules {row['regret_within']:6.2f} %   turnover {row['turnover']:5.1f} %"
        )
    folder = options.output or run_folder()
    table = pilots_markdown(summary, command_line("research/pilots"))
    print_line(f"\ntable  {write_table(folder / 'pilots.md', table)}")
    content = {"summary": summary, "rows": rows}
    print_line(f"study  {write_json(folder / 'pilots.json', content)}")


if __name__ == "__main__":
    run()
