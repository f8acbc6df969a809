"""Train variants of a learner with the same seeds and compare them."""

from mediagym.agents.evaluation import policy_table
from mediagym.agents.studies import AblationCommand, ablate
from mediagym.scripts.cli import command, console, print_line


@command("ablate", AblationCommand.read)
def run(options: AblationCommand) -> None:
    """Train, compare and write ``evaluation.json`` and its table."""
    document, folder = ablate(options), options.output
    console.print(policy_table(document["tasks"][0]))
    print_line(f"\ncomparison   {folder / 'evaluation.json'}, {folder / 'evaluation.md'}")


if __name__ == "__main__":
    run()
