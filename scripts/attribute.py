"""Attribute the conversions of site journeys: credits, roles, influence, and platform ratios."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json
from mediagym.scripts.cli import command, console, print_line, print_notes, progress, run_folder

if TYPE_CHECKING:
    from mediagym.data.attribution import AttributeCommand


@command("attribute", "mediagym.data.attribution:AttributeCommand.read")
def run(options: "AttributeCommand") -> None:
    """Write ``attribution.json`` and its figures."""
    from mediagym.data.attribution import (
        attribution_document,
        attribution_study,
        attribution_tables,
    )
    from mediagym.data.attribution.figures import draw_attribution

    folder = options.output or run_folder()
    with progress("reading the landings and attributing") as show_progress:
        document = attribution_document(attribution_study(options.data, options.attribution))
        path = write_json(folder / "attribution.json", document)
        show_progress("drawing the figures")
        pictures = draw_attribution(document, folder)
    for table in attribution_tables(document):
        console.print(table)
    print_notes(document["notes"], path)
    print_line(f"\nattribution  {path}")
    print_line(f"figures      {', '.join(str(picture) for picture in pictures)}")


if __name__ == "__main__":
    run()
