"""Say what the exports tell: what happened, who starts and closes, what changed, what to expect."""

from omegaconf import DictConfig

from mediagym.agents.studies import InsightsCommand, gather_insights
from mediagym.data.insights import document_of, insights_tables
from mediagym.data.insights.figures import insights_figures
from mediagym.data.insights.page import report_of
from mediagym.data.plotting import png_of
from mediagym.data.storage import write_bytes, write_json, write_text
from mediagym.scripts.cli import (
    console,
    launch,
    print_line,
    print_notes,
    progress,
    run_folder,
    to_plain_dict,
)


def main(config: DictConfig) -> None:
    """Find out; write ``insights.json``, ``insights.html`` and the figures."""
    asked = InsightsCommand.of(to_plain_dict(config), "insights")
    folder = asked.output or run_folder()
    with progress("finding out") as say:
        found = gather_insights(asked, say)
    document = document_of(found)
    pictures = {name: png_of(figure) for name, figure in insights_figures(document).items()}
    path = write_json(folder / "insights.json", document)
    page = write_text(folder / "insights.html", report_of(document, pictures))
    for name, picture in pictures.items():
        write_bytes(folder / f"{name}.png", picture)
    for table in insights_tables(document):
        console.print(table)
    print_notes(document["notes"])
    print_line(f"\nreport    {page}")
    print_line(f"document  {path}")
    print_line(f"figures   {', '.join(f'{name}.png' for name in pictures)}")


def run() -> None:
    """Console entry."""
    launch(main, "insights")


if __name__ == "__main__":
    run()
