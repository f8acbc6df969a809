"""Cut site landings into journeys and say which labels start, carry on and close conversions."""

from omegaconf import DictConfig

from mediagym.data.attribution import AttributeCommand, attribution_tables, document_of, study
from mediagym.data.attribution.figures import draw_attribution
from mediagym.data.storage import write_json
from mediagym.scripts.cli import console, launch, plain, run_folder, tell, warn, working


def main(config: DictConfig) -> None:
    """Attribute; write ``attribution.json`` and its figures."""
    asked = AttributeCommand.of(plain(config), "attribute")
    folder = asked.output or run_folder()
    with working("reading the landings and attributing"):
        document = document_of(study(*asked.checked()))
    path = write_json(folder / "attribution.json", document)
    pictures = draw_attribution(document, folder)
    for table in attribution_tables(document):
        console.print(table)
    warn(document["notes"])
    tell(f"\nattribution  {path}")
    tell(f"figures      {', '.join(str(picture) for picture in pictures)}")


def run() -> None:
    """Console entry."""
    launch(main, "attribute")


if __name__ == "__main__":
    run()
