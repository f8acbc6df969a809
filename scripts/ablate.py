"""Train variants of a learner by several seeds and compare them: what each choice is worth."""

from omegaconf import DictConfig

from mediagym.agents.evaluation import policy_table
from mediagym.agents.studies import AblationCommand, ablate
from mediagym.scripts.cli import console, launch, print_line, to_plain_dict


def main(config: DictConfig) -> None:
    """Train, compare and write ``evaluation.json`` and its table."""
    settings = to_plain_dict(config)
    asked = AblationCommand.read(settings)
    document = ablate(settings, asked)
    console.print(policy_table(document["tasks"][0]))
    print_line(
        f"\ncomparison   {asked.output / 'evaluation.json'}, {asked.output / 'evaluation.md'}"
    )


def run() -> None:
    """Console entry."""
    launch(main, "ablate")


if __name__ == "__main__":
    run()
