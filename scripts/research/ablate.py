"""Train variants of a learner with the same seeds and compare them."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, console, print_line, progress, progress_bar

if TYPE_CHECKING:
    from mediagym.agents.studies import AblationCommand


@command("ablate", "mediagym.agents.studies:AblationCommand.read")
def run(options: "AblationCommand") -> None:
    """Train, compare and write ``evaluation.json`` and its table."""
    from mediagym.agents.evaluation import policy_table
    from mediagym.agents.studies import check_variants, compare_variants, train_variants

    with progress("checking the variants") as show_progress:
        check_variants(options, show_progress)
    with progress_bar("training runs", len(options.runs())) as advance:
        train_variants(options, lambda _: advance())
    with progress("comparing on held-out markets") as show_progress:
        document, folder = compare_variants(options, show_progress), options.output
    console.print(policy_table(document["tasks"][0]))
    print_line(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.md'}")


if __name__ == "__main__":
    run()
