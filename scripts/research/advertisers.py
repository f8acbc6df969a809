"""Fly policies at random advertisers that nothing was trained on: gains, kept rules."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json
from mediagym.scripts.cli import command, command_line, print_line, progress_bar, run_folder

if TYPE_CHECKING:
    from mediagym.agents.transfer import AdvertisersCommand


@command("advertisers_study", "mediagym.agents.transfer:AdvertisersCommand.read")
def run(options: "AdvertisersCommand") -> None:
    """Fly; print a line per policy; write ``advertisers.json`` and ``advertisers.md``."""
    from mediagym.agents.studies import write_table
    from mediagym.agents.transfer import advertisers_markdown, advertisers_summary, fly_advertisers

    with progress_bar("advertisers", options.advertisers) as advance:
        rows = fly_advertisers(options, lambda _: advance())
    summary = advertisers_summary(rows, options.resamples, options.experiment.evaluation.seed)
    for row in summary["policies"]:
        gains = "   ".join(
            f"over {name} {gain['mean']:+.2f} % ({gain['ci'][0]:+.2f}..{gain['ci'][1]:+.2f})"
            for name, gain in row["gains"].items()
        )
        print_line(f"{row['policy']:12}{gains}")
    folder = options.output or run_folder()
    table = advertisers_markdown(summary, command_line("research/advertisers"))
    print_line(f"\ntable  {write_table(folder / 'advertisers.md', table)}")
    content = {"summary": summary, "rows": rows}
    print_line(f"study  {write_json(folder / 'advertisers.json', content)}")


if __name__ == "__main__":
    run()
