"""What is not known in flight: what each latent costs, and how fast an ideal filter finds it."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json
from mediagym.scripts.cli import command, command_line, print_line, progress_bar, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import LatentsCommand


@command("latents", "mediagym.agents.studies:LatentsCommand.read")
def run(options: "LatentsCommand") -> None:
    """Print a line per latent; write ``latents.md`` and ``latents.json``."""
    import torch

    from mediagym.agents.studies import (
        latents_markdown,
        latents_parts,
        latents_study,
        latents_text,
        write_table,
    )

    torch.set_num_threads(options.threads)
    with progress_bar("flights", latents_parts(options)) as advance:
        document = latents_study(options, advance)
    print_line(latents_text(document))
    folder = options.output or run_folder()
    table = latents_markdown(document, command_line("research/latents"))
    print_line(f"\ntable  {write_table(folder / 'latents.md', table)}")
    print_line(f"study  {write_json(folder / 'latents.json', document)}")


if __name__ == "__main__":
    run()
