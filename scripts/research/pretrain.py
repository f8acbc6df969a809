"""Pretrain one policy for every advertiser on random ones; interrupted, it goes on where it was."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line, progress_bar

if TYPE_CHECKING:
    from mediagym.agents.pretraining import PretrainCommand


@command("pretrain", "mediagym.agents.pretraining:PretrainCommand.read")
def run(options: "PretrainCommand") -> None:
    """Train; write the policy, its learning curve and the checkpoint."""
    from mediagym.agents.pretraining import pretrain

    with progress_bar("iterations", options.pretraining.iterations) as advance:
        folder = pretrain(options, lambda text: advance())
    print_line(f"policy  {folder}")


if __name__ == "__main__":
    run()
