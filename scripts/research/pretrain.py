"""Pretrain one policy for every advertiser on random ones; interrupted, it goes on where it was."""

from mediagym.agents.pretraining import PretrainCommand, pretrain
from mediagym.scripts.cli import command, print_line, progress_bar


@command("pretrain", PretrainCommand.read)
def run(options: PretrainCommand) -> None:
    """Train; write the policy, its learning curve and the checkpoint."""
    with progress_bar("iterations", options.pretraining.iterations) as advance:
        folder = pretrain(options, lambda text: advance())
    print_line(f"policy  {folder}")


if __name__ == "__main__":
    run()
